"""What conferences need in time: their quorum checked, a word where a place is gone, the agenda told."""

from __future__ import annotations

from collections.abc import Callable

from confsched.db import Database
from confsched.services import agenda_due, conference_places, quorum
from confsched.worker.steps import do_due

STEPS = (quorum.check_due, conference_places.tell_lost, agenda_due.tell_due)


def look_after_conferences(database: Database, *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Do what is due and return how many conferences that were; twice, or in two workers, is once."""
    return do_due(database, STEPS, is_stopping=is_stopping)
