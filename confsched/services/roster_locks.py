"""Who changes what a month or its lines say waits for the others, and then writes after them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.domain.coverage import LONGEST_DUTY
from confsched.domain.roster_month import month_span
from confsched.models.duty_rosters import DutyRoster, RosterEdition
from confsched.models.network import Department
from confsched.models.rosters import Duty, DutyLine


def lock_history(
    session: Session, department: Department, months: Collection[date], *, now: datetime
) -> datetime:
    """Lock months of a department, then its lines, and return the instant at which a change is written.

    That is `now`, or the instant of the newest change where that is later: `now` was read before the lock was
    ours, and who held it meanwhile came first. So what was known when has one order.
    """
    session.flush()
    rosters = select(DutyRoster).where(
        DutyRoster.department_id == department.id, DutyRoster.month.in_(months)
    )
    locked = rosters.order_by(DutyRoster.month).with_for_update()
    session.scalars(locked.execution_options(populate_existing=True)).all()
    lines = select(DutyLine.id).where(DutyLine.department_id == department.id).order_by(DutyLine.id)
    # Weaker than the lock of a deletion: a swap that waits for the month has its line in use already.
    session.execute(lines.with_for_update(key_share=True))
    return max(now, *_newest_changes(session, department, months, now))


def _newest_changes(
    session: Session, department: Department, months: Collection[date], now: datetime
) -> tuple[datetime, ...]:
    """Return when the last change of the department's months and of these months' duties was written."""
    editions = (
        select(func.max(RosterEdition.published_at))
        .join(DutyRoster, DutyRoster.id == RosterEdition.roster_id)
        .where(DutyRoster.department_id == department.id)
    )
    zone = department.site.zone
    duties = (
        select(func.max(Duty.recorded_at), func.max(Duty.superseded_at))
        .join(DutyLine, DutyLine.id == Duty.line_id)
        .where(
            DutyLine.department_id == department.id,
            Duty.starts_at > month_span(min(months), zone).starts_at - LONGEST_DUTY,
            Duty.starts_at < month_span(max(months), zone).ends_at + LONGEST_DUTY,
        )
    )
    newest = (session.scalar(editions), *session.execute(duties).one())
    return tuple(instant or now for instant in newest)
