"""How often somebody without a login has brought a link that was never made, counted as the login does."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from flask import current_app, request

from confsched.errors import Refusal
from confsched.services import accounts
from confsched.services.accounts import FORGET_FAILURES, Credentials

MAX_ADDRESSES = 1000  # the longest unseen is forgotten first
GUESSES = "guesses"


class TooFast(Refusal):
    """Say how long to wait after many wrong links."""

    status = 429


def note_guess(now: datetime) -> None:
    """Count a link of this request that was never made; raises TooFast for who brings many."""
    guesses: Guesses = current_app.extensions.setdefault(GUESSES, Guesses())
    guesses.note(request.remote_addr or "", now)


@dataclass
class Guesses:
    """Count wrong links by the address they come from, in the memory of this process.

    A link of ours is answered always: behind a proxy everybody comes from one address, and nobody there may
    keep the others from answering. An old link out of a mail is nobody's guess.
    """

    _counted: OrderedDict[str, tuple[int, datetime]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, address: str, now: datetime) -> None:
        """Count one wrong link; raises TooFast within the delay that follows many."""
        with self._lock:
            count, last_at = self._known(address, now)
            try:
                accounts.demand_delay(Credentials(address, None, None, count, last_at), now=now)
            except Refusal as refusal:
                raise TooFast(refusal.message) from refusal
            self._counted[address] = (count + 1, now)
            self._counted.move_to_end(address)
            if len(self._counted) > MAX_ADDRESSES:
                self._counted.popitem(last=False)

    def _known(self, address: str, now: datetime) -> tuple[int, datetime | None]:
        count, last_at = self._counted.get(address, (0, None))
        is_old = last_at is None or last_at <= now - FORGET_FAILURES
        return (0, None) if is_old else (count, last_at)
