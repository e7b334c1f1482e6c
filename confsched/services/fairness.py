"""The fairness ledger of a department: a year of duties by person, beside what their part would be."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from itertools import groupby

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.duty_counts import count_duties
from confsched.domain.fairness import Ledger, LedgerRow, Measure, ledger
from confsched.domain.intervals import Span
from confsched.domain.permissions import Actor
from confsched.domain.roster_month import month_of, next_month
from confsched.models.duty_codes import LineQualification
from confsched.models.network import Department, Site
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.services import access
from confsched.services.duty_codes import legend_of
from confsched.services.duty_rules import rules_of
from confsched.services.duty_shares import DayRange, YearShare, shares_of
from confsched.services.standing import standing

MINUTES_AN_HOUR = 60
NOTHING = Fraction(0)

Pools = Mapping[uuid.UUID, frozenset[uuid.UUID]]


class Column(StrEnum):
    """Name what is compared; background duties stand with those on call from home, as in the law."""

    NIGHTS = "nights"
    WEEKENDS = "weekends"
    HOLIDAYS = "holidays"
    ON_CALL = "on_call"
    HOURS = "hours"


ADDED_UP: Mapping[Column, tuple[Measure, ...]] = {
    Column.NIGHTS: (Measure.NIGHTS,),
    Column.WEEKENDS: (Measure.WEEKENDS,),
    Column.HOLIDAYS: (Measure.HOLIDAYS,),
    Column.ON_CALL: (Measure.ON_CALL, Measure.BACKGROUND),
    Column.HOURS: (Measure.MINUTES,),
}


@dataclass(frozen=True)
class Figure:
    """Hold what somebody held and what their part was: duties, or hours."""

    held: Fraction = NOTHING
    expected: Fraction = NOTHING

    @property
    def difference(self) -> Fraction:
        return self.held - self.expected

    def __add__(self, other: Figure) -> Figure:
        return Figure(self.held + other.held, self.expected + other.expected)


Figures = Mapping[Column, Figure]


@dataclass(frozen=True)
class Holder:
    """Hold a person of the ledger; `share` is their share of full time over the whole year."""

    person_id: uuid.UUID
    name: str
    sorted_by: tuple[str, str]
    share: Fraction

    @property
    def percent(self) -> int:
        return round(self.share * 100)


@dataclass(frozen=True)
class Row:
    """Hold the figures of one person: on one line, or on all that are shown."""

    holder: Holder
    line_name: str
    figures: Figures
    is_own: bool


@dataclass(frozen=True)
class Fairness:
    """Hold the ledger of a department: a row a person, and one for each person and line."""

    department: Department
    first: date
    until: date
    known_at: datetime
    lines: tuple[DutyLine, ...]
    line: DutyLine | None
    rows: tuple[Row, ...]
    line_rows: tuple[Row, ...]
    total: Figures


def list_departments(session: Session, actor: Actor) -> list[Department]:
    """Return the departments with duty lines whose ledgers the actor may see, their own first."""
    own = [seat.department_id for seat in actor.seats]
    query = (
        access.visible(actor, Department)
        .where(Department.id.in_(select(DutyLine.department_id)))
        .join(Site)
        .options(joinedload(Department.site))
        .order_by(Site.name, Department.name)
    )
    return sorted(session.scalars(query), key=lambda one: own.index(one.id) if one.id in own else len(own))


def show(
    session: Session,
    actor: Actor,
    department: Department,
    until: date,
    *,
    known_at: datetime,
    line_id: uuid.UUID | None = None,
) -> Fairness:
    """Return the ledger of twelve months that end with the month `until`, as known at an instant.

    The department is one that the actor may see. Everybody who may see it sees all of its people: a ledger
    that shows each their own row only settles no argument about who holds more. The queries are as many for
    a year of thirty people as for a week of three.
    """
    first, until = _first_month(until), month_of(until)
    lines = tuple(session.scalars(_lines_of(department)))
    chosen = [line for line in lines if line.id == line_id] or list(lines)
    days = (first, next_month(until))
    book, holders = _ledger(session, department, chosen, days, known_at)
    line_rows = _line_rows(book, holders, chosen, actor)
    return Fairness(
        department=department,
        first=first,
        until=until,
        known_at=known_at,
        lines=lines,
        line=next((line for line in lines if line.id == line_id), None),
        rows=_person_rows(line_rows),
        line_rows=line_rows,
        total=_sum(row.figures for row in line_rows),
    )


def _first_month(until: date) -> date:
    month = month_of(until)
    return next_month(month.replace(year=month.year - 1))


def _lines_of(department: Department) -> Select[DutyLine]:
    query = select(DutyLine).where(DutyLine.department_id == department.id)
    return query.order_by(DutyLine.position, DutyLine.group_name, DutyLine.name)


def _ledger(
    session: Session, department: Department, lines: Sequence[DutyLine], days: DayRange, known_at: datetime
) -> tuple[Ledger, Mapping[uuid.UUID, Holder]]:
    zone = department.site.zone
    window = Span(clock.start_of_day(days[0], zone), clock.start_of_day(days[1], zone))
    legend = legend_of(session, department)
    held = _load_duties(session, lines, window, known_at)
    pools = _load_pools(session, lines)
    shares = shares_of(session, department, {person for pool in pools.values() for person in pool}, days)
    members = frozenset(person for person, share in shares.items() if share.in_department)
    book = ledger(
        count_duties(held, legend, {line.id: line.duty_type for line in lines}),
        {person: share.part for person, share in shares.items()},
        window,
        zone,
        legend.is_holiday,
        pools={line.id: pools.get(line.id) or members for line in lines},
        rules=rules_of(session, department.site.organisation_id),
    )
    return book, _load_holders(session, {row.person_id for row in book.rows}, shares)


def _load_duties(
    session: Session, lines: Sequence[DutyLine], window: Span, known_at: datetime
) -> list[tuple[uuid.UUID, uuid.UUID, Span]]:
    query = select(Duty.line_id, Duty.person_id, Duty.starts_at, Duty.ends_at).where(
        Duty.line_id.in_([line.id for line in lines]), *standing(window, known_at)
    )
    rows = session.execute(query)
    return [(row.line_id, row.person_id, Span(row.starts_at, row.ends_at)) for row in rows]


def _load_pools(session: Session, lines: Sequence[DutyLine]) -> Pools:
    """Return who is named for each line; a line without names belongs to the whole department."""
    query = select(LineQualification.line_id, LineQualification.person_id).where(
        LineQualification.line_id.in_([line.id for line in lines])
    )
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for line_id, person_id in session.execute(query):
        found[line_id].add(person_id)
    return {line_id: frozenset(people) for line_id, people in found.items()}


def _load_holders(
    session: Session, ids: Collection[uuid.UUID], shares: Mapping[uuid.UUID, YearShare]
) -> Mapping[uuid.UUID, Holder]:
    people = session.scalars(select(Person).where(Person.id.in_(ids)))
    return {person.id: _holder(person, shares.get(person.id)) for person in people}


def _holder(person: Person, share: YearShare | None) -> Holder:
    part = share.part if share else NOTHING
    return Holder(person.id, person.name, (person.family_name, person.given_name), part)


def _line_rows(
    book: Ledger, holders: Mapping[uuid.UUID, Holder], lines: Iterable[DutyLine], actor: Actor
) -> tuple[Row, ...]:
    """Return a row for each person and line, by name and then in the order of the lines."""
    order = {line.id: (number, line) for number, line in enumerate(lines)}
    rows = sorted(
        book.rows,
        key=lambda row: (holders[row.person_id].sorted_by, row.person_id, order[row.line_id][0]),
    )
    return tuple(
        Row(
            holder=holders[row.person_id],
            line_name=line_label(order[row.line_id][1]),
            figures={column: _figure(row, column) for column in Column},
            is_own=row.person_id == actor.person_id,
        )
        for row in rows
    )


def line_label(line: DutyLine) -> str:
    return f"{line.group_name}, {line.name}"


def _figure(row: LedgerRow, column: Column) -> Figure:
    unit = MINUTES_AN_HOUR if column is Column.HOURS else 1
    measures = ADDED_UP[column]
    held = sum(row.held[measure] for measure in measures)
    expected = sum((row.expected[measure] for measure in measures), NOTHING)
    return Figure(Fraction(held, unit), expected / unit)


def _person_rows(line_rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return one row for each person, with what they held on all lines that are shown."""
    return tuple(
        Row(holder, "", _sum(row.figures for row in own), is_own)
        for (holder, is_own), own in groupby(line_rows, key=lambda row: (row.holder, row.is_own))
    )


def _sum(figures: Iterable[Figures]) -> Figures:
    found = list(figures)
    return {column: sum((one[column] for one in found), Figure()) for column in Column}
