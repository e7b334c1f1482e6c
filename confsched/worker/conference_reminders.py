"""What people are reminded of in time: minutes, recommendations to be asked about, polls to answer."""

from __future__ import annotations

from collections.abc import Callable

from confsched import clock
from confsched.db import Database
from confsched.services import follow_ups, minutes_reminders, poll_rounds

ROUNDS = 20  # of one step in one call; the next call takes the rest
STEPS = (minutes_reminders.remind_due, follow_ups.remind_due, poll_rounds.remind_due)


def remind_of_conferences(database: Database, *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Send the reminders that are due and return how many; twice, or in two workers, is once."""
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
