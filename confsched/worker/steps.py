"""Steps of one job: each does a few due things in a transaction of its own, until nothing is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database

ROUNDS = 20  # of one step in one call; the next call takes the rest


class Step(Protocol):
    """Do a few things that are due and return how many those were."""

    def __call__(self, session: Session, *, now: datetime) -> int: ...


def do_due(
    database: Database, steps: Sequence[Step], *, is_stopping: Callable[[], bool] = lambda: False
) -> int:
    """Do what is due and return how many things that were; twice, or in two workers, is once."""
    total = 0
    for step in steps:
        for _ in range(ROUNDS):
            if is_stopping():
                return total
            with database.transaction() as session:
                count = step(session, now=clock.now())
            total += count
            if not count:
                break
    return total
