"""Climb the ladders of urgent consults: each call that is due, in a short transaction of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import structlog

from confsched.db import Database
from confsched.services import engine_time, escalation

ROUND = 200  # calls in one knock; the next one, at once, takes the rest

_log = structlog.get_logger(__name__)


def climb_ladders(database: Database, *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Enter what is due and return how many rungs that were; with several workers each rung is entered once.

    A rung that fails is put off by a little and the others go on; what was in hand of a killed worker is due
    as before.
    """
    if not _has_work(database):
        return 0
    for count in range(ROUND):
        if is_stopping() or not _enter_next(database):
            return count
    return ROUND


def _has_work(database: Database) -> bool:
    """Look without taking part in the queue of writers, of which a file has only one at a time."""
    with database.read() as session:
        now = engine_time.now(session)
        return escalation.is_due(session, now=now) or engine_time.was_set(session)


def _enter_next(database: Database) -> bool:
    """Enter the rung that is due longest; False when there is none that nobody else has in hand."""
    rung_id: uuid.UUID | None = None
    try:
        with database.transaction() as session:
            now = engine_time.now(session)
            rung = escalation.lock_due(session, now=now)
            if rung is None:
                return False
            rung_id = rung.id
            escalation.enter(session, rung, now=now)
    except Exception as error:
        if rung_id is None:
            raise  # the database is not to be had: the next knock tries again
        _log.error("rung_crashed", rung=str(rung_id), exc_info=error)
        _postpone(database, rung_id)
    return True


def _postpone(database: Database, rung_id: uuid.UUID) -> None:
    with database.transaction() as session:
        escalation.postpone(session, rung_id, now=engine_time.now(session))
