"""What a department settles once: whether swaps wait for the secretary, and who may hold which line."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor
from confsched.models.duty_codes import LineQualification
from confsched.models.network import Department
from confsched.models.rosters import DutyLine
from confsched.services import audit
from confsched.services.duty_codes import StaffMember, staff_of
from confsched.services.roster_cells import list_lines


@dataclass(frozen=True)
class LinePeople:
    """Hold a line and who is named for it; nobody named means every clinician of the department."""

    line: DutyLine
    named: frozenset[uuid.UUID]


def list_line_people(
    session: Session, department: Department, month: date
) -> tuple[list[LinePeople], list[StaffMember]]:
    """Return the lines of a department with who is named, and the people there are to choose from."""
    lines = list_lines(session, department)
    named = _named(session, lines)
    everybody = {person_id for people in named.values() for person_id in people}
    staff = staff_of(session, department, month, also=everybody)
    return [LinePeople(line, frozenset(named.get(line.id, ()))) for line in lines], staff


def _named(session: Session, lines: Collection[DutyLine]) -> Mapping[uuid.UUID, set[uuid.UUID]]:
    query = select(LineQualification).where(LineQualification.line_id.in_([line.id for line in lines]))
    named: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for row in session.scalars(query):
        named[row.line_id].add(row.person_id)
    return named


def set_approval(
    session: Session, actor: Actor, department: Department, needs_approval: bool, *, now: datetime
) -> None:
    """Say whether a swap waits for the secretary; those on their way go by what holds when they are taken."""
    if department.swaps_need_approval == needs_approval:
        return
    department.swaps_need_approval = needs_approval
    session.flush()
    detail = "needed" if needs_approval else "not needed"
    audit.record(session, actor, "set_swap_approval", department, now=now, detail=detail)
