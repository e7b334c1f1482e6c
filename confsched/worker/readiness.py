"""Ask "ready?" before duties, and arm the step behind where nobody answers; each in its own transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.services import engine_time, readiness

_log = structlog.get_logger(__name__)
Deed = Callable[[Session, datetime], object]


def look_after_readiness(database: Database, *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Ask and arm what is due, and return how many that were; one that fails holds up no other."""
    with database.read() as session:
        now = engine_time.now(session)
        unasked = readiness.list_unasked(session, now=now)
        unanswered = readiness.list_unanswered(session, now=now)
    deeds: list[Deed] = [partial(_ask, one=one) for one in unasked]
    deeds += [partial(_arm, check_id=check_id) for check_id in unanswered]
    return sum(_do(database, deed) for deed in deeds if not is_stopping())


def _ask(session: Session, now: datetime, *, one: readiness.Unasked) -> object:
    return readiness.ask(session, one, now=now)


def _arm(session: Session, now: datetime, *, check_id: uuid.UUID) -> object:
    return readiness.arm(session, check_id, now=now)


def _do(database: Database, deed: Deed) -> bool:
    try:
        with database.transaction() as session:
            return bool(deed(session, engine_time.now(session)))
    except Exception as error:  # the next knock tries again
        _log.error("readiness_crashed", exc_info=error)
        return False
