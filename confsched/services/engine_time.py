"""The time of the urgent lane: one clock for all processes, the database's own where it has one.

A file has no clock, and the machine's may be set while calls are waiting. A start of the machine that has
moved gives it away; what waits then moves with the clock, so that it is due after the same wait as before.
A machine that was halted as a whole, and takes up the time afterwards, looks alike and is treated alike.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.models.engine import EngineClock, EngineCycle
from confsched.models.outbox import OutboxMessage
from confsched.models.urgent import Alert, UrgentRung

DRIFT = timedelta(seconds=1)  # a clock that is corrected slowly was not set
SET_BY = timedelta(seconds=10)

_log = structlog.get_logger(__name__)


def now(session: Session) -> datetime:
    """Return the present instant; on PostgreSQL the server's, whatever the clocks of our machines say."""
    if session.get_bind().dialect.name == "sqlite":
        _follow_clock(session)
        return clock.now()
    instant = session.execute(select(func.clock_timestamp())).scalar_one()
    assert isinstance(instant, datetime), "a server tells the time"
    return instant


def was_set(session: Session) -> bool:
    """Tell whether the clock was set and nothing has followed it yet."""
    if session.get_bind().dialect.name != "sqlite" or not clock.boot_name():
        return False
    known = session.scalar(select(EngineClock.started_at).where(EngineClock.boot == clock.boot_name()))
    return known is None or abs(clock.machine_started_at() - known) >= SET_BY


def _follow_clock(session: Session) -> None:
    """Move what waits by as much as the clock was set; writers of a file are one after the other."""
    boot = clock.boot_name()
    may_write = session.connection().get_execution_options().get("confsched_writes", True)
    if not boot or not may_write:
        return
    started_at = clock.machine_started_at()
    known = session.get(EngineClock, boot)
    if known is None:
        session.execute(delete(EngineClock))  # of a start before: nothing can be compared
        session.add(EngineClock(boot=boot, started_at=started_at))
        return
    set_by = started_at - known.started_at
    if abs(set_by) < DRIFT:
        return
    known.started_at = started_at
    if abs(set_by) >= SET_BY:
        _move_waiting(session, set_by)
        _log.warning("clock_was_set", seconds=set_by.total_seconds())


def _move_waiting(session: Session, by: timedelta) -> None:
    """Move calls, alerts and mails that wait, and the worker's proof of life, which would lie ahead."""
    rungs = select(UrgentRung).where(UrgentRung.entered_at.is_(None), UrgentRung.stopped_at.is_(None))
    for rung in session.scalars(rungs):
        rung.due_at += by
    unsent = (Alert.sent_at.is_(None), Alert.failed_at.is_(None), Alert.stopped_at.is_(None))
    for alert in session.scalars(select(Alert).where(*unsent)):
        alert.created_at += by  # it is worth as long as before
        _move_sending(alert, by)
    mails = select(OutboxMessage).where(OutboxMessage.sent_at.is_(None), OutboxMessage.failed_at.is_(None))
    for mail in session.scalars(mails):
        _move_sending(mail, by)
    for cycle in session.scalars(select(EngineCycle)):
        cycle.completed_at += by
    session.flush()


def _move_sending(row: Alert | OutboxMessage, by: timedelta) -> None:
    row.due_at += by
    row.lease_until = row.lease_until + by if row.lease_until else None
