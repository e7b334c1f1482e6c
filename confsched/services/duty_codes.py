"""The legend of a department, and who may hold its lines."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from confsched import clock
from confsched.domain.duty_codes import MAX_CODE, SEPARATORS, DutyCode, IsHoliday, Legend, split_cell
from confsched.domain.holidays import is_public_holiday
from confsched.domain.kinds import AbsenceKind, CountsAs, DayClass, DutyType
from confsched.domain.permissions import Actor
from confsched.domain.roster_month import month_of
from confsched.errors import Conflict, Refusal, msg
from confsched.models.duty_codes import DutyCodeHours, DutyCodeRow, LineQualification
from confsched.models.duty_rosters import DutyRoster, RosterCell, RosterEdition
from confsched.models.network import Department
from confsched.models.people import Membership, Person
from confsched.models.rosters import DutyLine
from confsched.services import audit
from confsched.services.roster_staff import StaffMember, is_clinician_of, staff_of

__all__ = [
    "NewCode",
    "StaffMember",
    "legend_of",
    "list_codes",
    "qualified_for",
    "remove_code",
    "save_code",
    "set_qualified",
    "staff_of",
]

MAX_NAME = 60
MAX_CODES = 60


@dataclass(frozen=True)
class NewCode:
    """Hold a code as it is entered; times are local, an end up to the start means the next day."""

    code: str
    name: str
    line_id: uuid.UUID | None = None
    absence: AbsenceKind | None = None
    duty_type: DutyType = DutyType.REGULAR
    counts_as: CountsAs = CountsAs.NOTHING
    hours: Mapping[DayClass, tuple[time, time]] = field(default_factory=dict)


def legend_of(session: Session, department: Department) -> Legend:
    """Return what the codes of a department mean, on the days of its site's state."""
    site = department.site
    codes = {row.code: _meaning(row) for row in list_codes(session, department)}
    return Legend(codes, site.zone, _holidays_of(site.state))


@lru_cache(maxsize=16)
def _holidays_of(state: str) -> IsHoliday:
    """Return one remembering function for each state: a month asks it for every cell."""

    @lru_cache(maxsize=2048)
    def is_holiday(day: date) -> bool:
        return is_public_holiday(day, state)

    return is_holiday


def list_codes(session: Session, department: Department) -> list[DutyCodeRow]:
    """Return the codes of a department in the order in which its legend shows them."""
    query = (
        select(DutyCodeRow)
        .where(DutyCodeRow.department_id == department.id)
        .options(selectinload(DutyCodeRow.hours))
        .order_by(DutyCodeRow.position, DutyCodeRow.code)
    )
    return list(session.scalars(query))


def _meaning(row: DutyCodeRow) -> DutyCode:
    return DutyCode(
        code=row.code,
        name=row.name,
        line_id=row.line_id,
        absence=row.absence,
        duty_type=row.duty_type,
        counts_as=row.counts_as,
        hours={hours.day_class: (hours.starts, hours.ends) for hours in row.hours},
    )


def save_code(
    session: Session,
    actor: Actor | None,
    department: Department,
    new: NewCode,
    *,
    now: datetime,
    code_id: uuid.UUID | None = None,
) -> DutyCodeRow:
    """Add a code or change the one with this id; the department is loaded to be changed.

    What a code stands for does not change under the months that use it from now on: hours and names may,
    and count for what is published later; letters, line and absence may not.
    """
    rows = list_codes(session, department)
    code = _checked_letters(new.code)
    row = next((row for row in rows if row.id == code_id), None)
    if code_id and row is None:
        raise Conflict(msg("Somebody removed this code meanwhile. Look at the legend again."))
    if any(other.code == code and other is not row for other in rows):
        raise Refusal(msg("The legend has %(code)s already. Choose other letters.", code=code), field="code")
    _check_meaning(session, department, new)
    if row is None:
        row = _new_row(session, department, rows)
    elif (row.code, row.line_id, row.absence) != (code, new.line_id, new.absence):
        _check_unused(session, department, row, now)
    _write(session, row, code, new)
    audit.record(session, actor, "save_code", row, now=now, detail=code)
    return row


def _checked_letters(text: str) -> str:
    code = text.strip().upper()
    if not code or len(code) > MAX_CODE or SEPARATORS.search(code):
        raise Refusal(
            msg("Choose one to %(count)s letters without blanks or strokes.", count=MAX_CODE), field="code"
        )
    return code


def _check_meaning(session: Session, department: Department, new: NewCode) -> None:
    if not new.name.strip() or len(new.name.strip()) > MAX_NAME:
        raise Refusal(msg("Enter a name of at most %(count)s letters.", count=MAX_NAME), field="name")
    if new.line_id and new.absence:
        raise Refusal(msg("A code is a duty or an absence, not both."), field="absence")
    if new.absence and new.hours:
        raise Refusal(msg("An absence is the whole day: leave the hours empty."), field="hours")
    if not new.line_id:
        return
    line = session.get(DutyLine, new.line_id)
    if line is None or line.department_id != department.id:
        raise Refusal(msg("Choose a line of this department."), field="line_id")
    if not new.hours:
        raise Refusal(msg("Enter when the duty starts and ends."), field="hours")


def _new_row(session: Session, department: Department, rows: Collection[DutyCodeRow]) -> DutyCodeRow:
    if len(rows) >= MAX_CODES:
        raise Refusal(msg("A legend has at most %(count)s codes.", count=MAX_CODES), field="code")
    position = max((row.position for row in rows), default=0) + 1
    row = DutyCodeRow(department_id=department.id, position=position)
    session.add(row)
    return row


def _write(session: Session, row: DutyCodeRow, code: str, new: NewCode) -> None:
    row.code, row.name = code, new.name.strip()
    row.line_id, row.absence = new.line_id, new.absence
    row.duty_type, row.counts_as = new.duty_type, new.counts_as
    known = {hours.day_class: hours for hours in row.hours}
    for day_class, (starts, ends) in new.hours.items():
        hours = known.pop(day_class, None)
        if hours is None:
            row.hours.append(DutyCodeHours(day_class=day_class, starts=starts, ends=ends))
        else:
            hours.starts, hours.ends = starts, ends
    for hours in known.values():
        row.hours.remove(hours)
    session.flush()


def remove_code(session: Session, actor: Actor | None, row: DutyCodeRow, *, now: datetime) -> None:
    """Take a code out of the legend; refuses one that stands in a month from now on."""
    department = session.get_one(Department, row.department_id)
    _check_unused(session, department, row, now)
    session.delete(row)
    session.flush()
    audit.record(session, actor, "remove_code", row, now=now, detail=row.code)


def _check_unused(session: Session, department: Department, row: DutyCodeRow, now: datetime) -> None:
    this_month = month_of(clock.local_day(now, department.site.zone))
    for month, text in _texts_since(session, department, this_month):
        if row.code in split_cell(text):
            raise Conflict(
                msg(
                    "%(code)s stands in the month %(month)s. Take it out there first, or add another code.",
                    code=row.code,
                    month=f"{month:%m/%Y}",
                )
            )


def _texts_since(session: Session, department: Department, month: date) -> Iterable[tuple[date, str]]:
    """Yield the texts of the drafts and of the published months from this one on."""
    here = (DutyRoster.department_id == department.id, DutyRoster.month >= month)
    drafts = select(DutyRoster.month, RosterCell.text).join(RosterCell).where(*here).distinct()
    yield from ((row.month, row.text) for row in session.execute(drafts))
    editions = (
        select(DutyRoster.month, RosterEdition.cells)
        .join(RosterEdition)
        .where(*here, RosterEdition.number == DutyRoster.edition)
    )
    for published_month, cells in session.execute(editions):
        yield from ((published_month, text) for days in cells.values() for text in days.values())


# ---- who may hold a line ----


def qualified_for(session: Session, line: DutyLine, on: date) -> list[Person]:
    """Return who may hold a line on a day: who is named, or all clinicians where nobody is, by name."""
    named = select(LineQualification.person_id).where(LineQualification.line_id == line.id)
    is_named = session.scalar(select(func.count()).select_from(named.subquery()))
    of_department = (
        select(Membership.person_id)
        .where(is_clinician_of(line.department_id), Membership.valid_from <= on)
        .where(or_(Membership.valid_until.is_(None), Membership.valid_until > on))
    )
    wanted: Select[uuid.UUID] = named if is_named else of_department
    query = select(Person).where(Person.id.in_(wanted)).order_by(Person.family_name, Person.given_name)
    return list(session.scalars(query))


def set_qualified(
    session: Session, actor: Actor | None, line: DutyLine, person_ids: Iterable[uuid.UUID], *, now: datetime
) -> None:
    """Name the people who may hold a line; without any, every clinician of the department may."""
    wanted = set(person_ids)
    query = select(LineQualification).where(LineQualification.line_id == line.id)
    known = {row.person_id: row for row in session.scalars(query)}
    if wanted == known.keys():
        return
    if _of_house(session, line, added := wanted - known.keys()) != added:
        raise Refusal(msg("Somebody in this list does not exist any more. Open the page again."))
    for person_id in known.keys() - wanted:
        session.delete(known[person_id])
    session.add_all(LineQualification(line_id=line.id, person_id=person_id) for person_id in sorted(added))
    session.flush()
    audit.record(session, actor, "set_qualified", line, now=now, detail=f"{len(wanted)} people")


def _of_house(session: Session, line: DutyLine, person_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those among these people who belong to the house of a line; a line asks nobody else."""
    house = line.department.site.organisation_id
    query = select(Membership.person_id).where(
        Membership.person_id.in_(person_ids), Membership.organisation_id == house
    )
    return set(session.scalars(query))
