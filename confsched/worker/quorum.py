"""What conferences need in time: their quorum checked, a word where a place is gone, the agenda told."""

from __future__ import annotations

from collections.abc import Callable

from confsched import clock
from confsched.db import Database
from confsched.services import agenda_due, conference_places, quorum

ROUNDS = 20  # of one step in one call; the next call takes the rest
STEPS = (quorum.check_due, conference_places.tell_lost, agenda_due.tell_due)


def look_after_conferences(database: Database, *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Do what is due and return how many conferences that were; twice, or in two workers, is once."""
    total = 0
    for step in STEPS:
        for _ in range(ROUNDS):
            if is_stopping():
                return total
            with database.transaction() as session:
                count = step(session, now=clock.now())
            total += count
            if not count:
                break
    return total
