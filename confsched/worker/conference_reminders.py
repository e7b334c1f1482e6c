"""What people are reminded of in time: minutes, recommendations to be asked about, polls to answer."""

from __future__ import annotations

from collections.abc import Callable

from confsched.db import Database
from confsched.services import follow_ups, minutes_reminders, poll_rounds
from confsched.worker.steps import do_due

STEPS = (minutes_reminders.remind_due, follow_ups.remind_due, poll_rounds.remind_due)


def remind_of_conferences(database: Database, *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Send the reminders that are due and return how many; twice, or in two workers, is once."""
    return do_due(database, STEPS, is_stopping=is_stopping)
