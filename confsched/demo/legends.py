"""Builds the legends of the departments with duty lines, and says who may hold which line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from sqlalchemy.orm import Session

from confsched.demo.network import Network
from confsched.demo.offers import LINES, LinePlan, Shift
from confsched.domain.kinds import AbsenceKind, CountsAs, DayClass, DutyType, LineKind
from confsched.models.rosters import DutyLine
from confsched.services import duty_codes
from confsched.services.duty_codes import NewCode

AT_WORK = (DayClass.WORKDAY, DayClass.FRIDAY, DayClass.HOLIDAY_EVE)
DAY_WORK, DAY_OFF, LEAVE, TRAINING = "A", "X", "U", "F"
COMMON = (
    NewCode(DAY_WORK, "Tagdienst Station", hours=dict.fromkeys(AT_WORK, (time(8), time(16)))),
    NewCode(DAY_OFF, "frei"),
    NewCode(LEAVE, "Urlaub", absence=AbsenceKind.LEAVE),
    NewCode(TRAINING, "Fortbildung", absence=AbsenceKind.TRAINING),
    NewCode("K", "krank", absence=AbsenceKind.SICK),
)
NAMES = {
    "T": "Tag",
    "N": "Nacht",
    "M": "MTR, Nacht",
    "P": "Parallele Linie",
    "H": "Hintergrund",
    "R": "Rufbereitschaft",
    "RF": "Rufbereitschaft, früh",
    "E": "Elektive Konsile",
}


def add_legends(session: Session, network: Network, now: datetime) -> None:
    """Give every department with lines its codes, and name the people of each line."""
    by_department: dict[tuple[str, str], list[tuple[LinePlan, DutyLine]]] = {}
    for plan, line in zip(LINES, network.lines, strict=True):
        by_department.setdefault((plan.site, plan.department), []).append((plan, line))
    for key, lines in by_department.items():
        codes = [code for plan, line in lines for code in _codes(plan, line)]
        for code in (*codes, *COMMON):
            duty_codes.save_code(session, None, network.departments[key], code, now=now)
        for plan, line in lines:
            people = [person.id for person in plan.people(network.staff[key])]
            duty_codes.set_qualified(session, None, line, people, now=now)


def _codes(plan: LinePlan, line: DutyLine) -> Iterator[NewCode]:
    for shift in plan.shifts:
        days = AT_WORK if shift.workdays_only else tuple(DayClass)
        yield NewCode(
            shift.code,
            NAMES[shift.code],
            line_id=line.id,
            duty_type=_duty_type(plan, shift),
            counts_as=_counts_as(plan, shift),
            hours=dict.fromkeys(days, (shift.starts, shift.ends)),
        )


def _duty_type(plan: LinePlan, shift: Shift) -> DutyType:
    """Take the day of a line that is standby at night for the ordinary work that it is."""
    if plan.new.duty_type is DutyType.ON_SITE_STANDBY and not shift.is_night:
        return DutyType.REGULAR
    return plan.new.duty_type


def _counts_as(plan: LinePlan, shift: Shift) -> CountsAs:
    if plan.new.duty_type is DutyType.ON_CALL_HOME:
        return CountsAs.BACKGROUND if plan.new.kind is LineKind.BACKGROUND else CountsAs.ON_CALL
    return CountsAs.NIGHT if shift.is_night else CountsAs.DAY
