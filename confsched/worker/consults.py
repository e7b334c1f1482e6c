"""What consults and meetings need in time: reminders, ends, and what nobody said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.services import consult_deadlines, consult_reports, reminders

ROUNDS = 20  # of one step in one call; the next call takes the rest


class Step(Protocol):
    """Stand for a function that does some of what is due and returns how much."""

    def __call__(self, session: Session, *, now: datetime) -> int: ...


# What has run out is ended before anybody is reminded of it.
STEPS: tuple[Step, ...] = (
    consult_deadlines.expire_due,
    consult_deadlines.remind_due,
    reminders.remind_due,
    consult_reports.settle_silent,
    consult_reports.close_old,
)


def look_after_consults(database: Database, *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Do what is due and return how many consults and people that were; twice, or in two workers, is once."""
    return sum(_do(database, step, is_stopping) for step in STEPS)


def _do(database: Database, step: Step, is_stopping: Callable[[], bool]) -> int:
    total = 0
    for _ in range(ROUNDS):
        if is_stopping():
            break
        with database.transaction() as session:
            count = step(session, now=clock.now())
        total += count
        if not count:
            break
    return total
