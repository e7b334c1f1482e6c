"""Climb the ladders of urgent consults: what is due is called, a few calls in each short transaction.

One call would do; but a file has one writer, and who waits in line for each of a hundred calls is late.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

import structlog

from confsched.db import Database
from confsched.services import engine_time, escalation

ROUND = 200  # calls in one knock; the next one takes the rest
BATCH = 8  # calls in one transaction

_log = structlog.get_logger(__name__)


def climb_ladders(database: Database, *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Enter what is due and return how many rungs that were; with several workers each rung is entered once.

    A rung that fails is put off by a little and the others go on; what was in hand of a killed worker is due
    as before.
    """
    if not _has_work(database):
        return 0
    total = 0
    while total < ROUND and not is_stopping():
        count = _enter_some(database)
        if not count:
            break
        total += count
    return total


def _has_work(database: Database) -> bool:
    """Look without taking part in the queue of writers, of which a file has only one at a time."""
    with database.read() as session:
        now = engine_time.now(session)
        return escalation.is_due(session, now=now) or engine_time.was_set(session)


def _enter_some(database: Database) -> int:
    """Enter what is due longest and return how many that were; 0: nothing that nobody else has in hand.

    A fault undoes the transaction. Its rung is put off, and what was entered before it is due as before.
    """
    rung_id: uuid.UUID | None = None
    count = 0
    try:
        with database.transaction() as session:
            while count < BATCH:
                now = engine_time.now(session)
                rung = escalation.lock_due(session, now=now)
                if rung is None:
                    break
                rung_id = rung.id
                escalation.enter(session, rung, now=now)
                count += 1
    except Exception as error:
        if rung_id is None:
            raise  # the database is not to be had: the next knock tries again
        _log.error("rung_crashed", rung=str(rung_id), exc_info=error)
        _postpone(database, rung_id)
        return 1
    return count


def _postpone(database: Database, rung_id: uuid.UUID) -> None:
    with database.transaction() as session:
        escalation.postpone(session, rung_id, now=engine_time.now(session))
