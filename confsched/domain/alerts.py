"""Which ways of reaching a person are used now, and when an alert that did not leave is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol, TypeVar

from confsched.domain.kinds import AlertPurpose

RETRY_SECONDS = (5, 10, 20, 40, 60)
GIVE_UP_AFTER = {
    AlertPurpose.URGENT_CONSULT: timedelta(hours=1),
    AlertPurpose.READINESS: timedelta(minutes=30),
    AlertPurpose.CONTACT_PROOF: timedelta(minutes=10),
}


class Way(Protocol):
    """Say what of a contact point decides whether it is used."""

    @property
    def quiet_from(self) -> time | None: ...

    @property
    def quiet_until(self) -> time | None: ...

    @property
    def failed_at(self) -> datetime | None: ...


AnyWay = TypeVar("AnyWay", bound=Way)


def is_quiet(way: Way, at: time) -> bool:
    """Tell whether the local time lies in the quiet hours, which may run over midnight.

    Wall-clock times are compared, so that "22:00 to 06:00" means the same in every night of the year.
    """
    if way.quiet_from is None or way.quiet_until is None:
        return False
    if way.quiet_from <= way.quiet_until:
        return way.quiet_from <= at < way.quiet_until
    return at >= way.quiet_from or at < way.quiet_until


def in_order(ways: Sequence[AnyWay], at: time) -> list[AnyWay]:
    """Put what is quiet last, and what failed at the last try after what works."""
    return sorted(ways, key=lambda way: (is_quiet(way, at), way.failed_at is not None))


def chosen(ways: Sequence[AnyWay], at: time) -> list[AnyWay]:
    """Return what is used at once: all that is not quiet, and all there is where nothing of that works."""
    awake = [way for way in ways if not is_quiet(way, at)]
    has_working = any(way.failed_at is None for way in awake)
    return awake if has_working else list(ways)


def retry_at(attempts: int, now: datetime) -> datetime:
    """Return when to try again after this many attempts: 5, 10, 20, 40, and then every 60 s."""
    assert attempts >= 1, "what was tried was tried at least once"
    return now + timedelta(seconds=RETRY_SECONDS[min(attempts, len(RETRY_SECONDS)) - 1])


@dataclass(frozen=True)
class Life:
    """Say how long an alert is worth sending."""

    purpose: AlertPurpose
    created_at: datetime

    def is_over(self, now: datetime) -> bool:
        """Tell whether it no longer helps anybody that the alert arrives."""
        return now - self.created_at >= GIVE_UP_AFTER[self.purpose]
