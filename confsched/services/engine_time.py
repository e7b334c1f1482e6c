"""The time of the urgent lane: one clock for all processes, the database's own where it has one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched import clock


def now(session: Session) -> datetime:
    """Return the present instant; on PostgreSQL the server's, whatever the clocks of our machines say."""
    if session.get_bind().dialect.name == "sqlite":
        return clock.now()
    instant = session.execute(select(func.clock_timestamp())).scalar_one()
    assert isinstance(instant, datetime), "a server tells the time"
    return instant
