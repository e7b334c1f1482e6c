"""The worker's proof of life: when it last completed a cycle."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from confsched.models.engine import EngineCycle

LATE_AFTER = timedelta(seconds=10)
FORGOTTEN_AFTER = timedelta(days=1)


def record_cycle(session: Session, worker: str, now: datetime) -> None:
    """Note that a worker has completed a cycle."""
    session.merge(EngineCycle(worker=worker, completed_at=now))


def last_cycle(session: Session) -> datetime | None:
    """Return when any worker last completed a cycle; None when none ever did."""
    return session.scalar(select(func.max(EngineCycle.completed_at)))


def is_late(session: Session, now: datetime) -> bool:
    """Tell whether no worker has completed a cycle for too long: mails and deadlines are waiting."""
    completed_at = last_cycle(session)
    return completed_at is None or now - completed_at > LATE_AFTER


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete the last cycles of workers that are long gone: each start of a worker adds a row."""
    session.execute(delete(EngineCycle).where(EngineCycle.completed_at < now - FORGOTTEN_AFTER))
