"""The departments of a house and how far their rosters are: this month and the next."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from confsched.clock import local_day
from confsched.domain.intervals import Span
from confsched.domain.permissions import Actor, Permission
from confsched.domain.roster_month import diff_cells, month_of, month_span, next_month
from confsched.models.duty_codes import DutyCodeRow
from confsched.models.duty_rosters import DutyRoster, RosterCell
from confsched.models.network import Department, Site
from confsched.models.rosters import DutyLine
from confsched.services import access, coverage
from confsched.services.roster_cells import load_state

MAX_DEPARTMENTS = 60


@dataclass(frozen=True)
class MonthProgress:
    """Hold how far a month is: published editions, changes that wait, and open stretches still to come."""

    month: date
    edition: int
    changes: int
    gaps: int


@dataclass(frozen=True)
class DepartmentProgress:
    """Hold a department with its months; `codes` counts its legend, `may_edit` is about the reader."""

    department_id: uuid.UUID
    name: str
    site_name: str
    codes: int
    may_edit: bool
    months: tuple[MonthProgress, ...]


def list_departments(session: Session, actor: Actor, *, now: datetime) -> list[DepartmentProgress]:
    """Return the departments of the actor's houses by site and name, with this month and the next."""
    query = access.visible(actor, Department).join(Site).order_by(Site.name, Department.name)
    rows = session.scalars(query.options(joinedload(Department.site)).limit(MAX_DEPARTMENTS)).all()
    gaps, codes = _gaps(session, rows, now), _codes(session, rows)
    houses = actor.organisations_with(Permission.EDIT_ROSTER)
    return [
        DepartmentProgress(
            department_id=row.id,
            name=row.name,
            site_name=row.site.name,
            codes=codes.get(row.id, 0),
            may_edit=row.site.organisation_id in houses,
            months=_months(session, row, row.site.organisation_id in houses, gaps.get(row.id, ()), now),
        )
        for row in rows
    ]


def _months(
    session: Session, department: Department, may_edit: bool, gaps: Sequence[Span], now: datetime
) -> tuple[MonthProgress, ...]:
    zone = department.site.zone
    this_month = month_of(local_day(now, zone))
    months = (this_month, next_month(this_month))
    editions = _editions(session, department, months)
    return tuple(
        MonthProgress(
            month=month,
            edition=editions.get(month, 0),
            changes=_changes(session, department, month, now) if may_edit and month in editions else 0,
            gaps=sum(month_span(month, zone).contains(gap.starts_at) for gap in gaps),
        )
        for month in months
    )


def _editions(session: Session, department: Department, months: Sequence[date]) -> Mapping[date, int]:
    query = select(DutyRoster.month, DutyRoster.edition)
    rows = session.execute(
        query.where(DutyRoster.department_id == department.id, DutyRoster.month.in_(months))
    )
    return {row.month: row.edition for row in rows}


def _changes(session: Session, department: Department, month: date, now: datetime) -> int:
    drafted = select(RosterCell.day).join(DutyRoster)
    of_month = (DutyRoster.department_id == department.id, DutyRoster.month == month)
    if session.execute(drafted.where(*of_month).limit(1)).first() is None:
        return 0
    state = load_state(session, department, month, now=now)
    return len(diff_cells(state.published, state.draft))


def _codes(session: Session, rows: Sequence[Department]) -> Mapping[uuid.UUID, int]:
    query = select(DutyCodeRow.department_id, func.count().label("codes"))
    query = query.group_by(DutyCodeRow.department_id)
    found = session.execute(query.where(DutyCodeRow.department_id.in_([row.id for row in rows])))
    return {row.department_id: row.codes for row in found}


def _gaps(session: Session, rows: Sequence[Department], now: datetime) -> Mapping[uuid.UUID, list[Span]]:
    """Return what is open on each department's lines from now to the end of next month, as published."""
    if not rows:
        return {}
    query = select(DutyLine.id, DutyLine.department_id)
    found_lines = session.execute(query.where(DutyLine.department_id.in_([row.id for row in rows])))
    departments = {line.id: line.department_id for line in found_lines}
    first_day = local_day(now, rows[0].site.zone)
    days = (next_month(next_month(first_day)) - first_day).days
    lines = [line for line in coverage.list_lines(session) if line.line_id in departments]
    found: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for one in coverage.cover_lines(session, lines, first_day, now=now, days=days):
        found[departments[one.line.line_id]].extend(one.holes.gaps)
    return found
