"""Times that wait for somebody: given back without an answer, offered to the next in line when freed."""

from __future__ import annotations

from collections.abc import Callable

from confsched import clock
from confsched.db import Database
from confsched.services import asked_times, waitlist


def give_back_unanswered(database: Database) -> None:
    """Free what was asked about and not answered, and what was offered and not taken."""
    with database.transaction() as session:
        asked_times.expire(session, now=clock.now())
    with database.transaction() as session:
        waitlist.expire(session, now=clock.now())
        waitlist.close_ended(session, now=clock.now())


def serve_waiting(database: Database, *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Offer what has become free to those who wait, each line in its order; returns how many offers.

    The searches read only, so that nobody waits for them; each offer is a short transaction that looks again.
    """
    with database.read() as session:
        waiting = waitlist.list_waiting(session)
    made = 0
    for entry_id in waiting:
        if is_stopping():
            break
        with database.read() as session:
            opening = waitlist.find_opening(session, entry_id, now=clock.now())
        if opening is not None:
            with database.transaction() as session:
                made += waitlist.offer(session, opening, now=clock.now())
    return made
