"""The cells of a month as the database holds them: what was published, and the draft over it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.duty_codes import Legend
from confsched.domain.intervals import Span
from confsched.domain.roster_month import (
    Cell,
    StandingDuty,
    baseline_cells,
    month_of,
    month_span,
    overlay,
)
from confsched.errors import NotFound
from confsched.models.duty_rosters import DutyRoster, RosterCell, RosterEdition
from confsched.models.network import Department
from confsched.models.rosters import Duty, DutyLine
from confsched.services.duty_codes import legend_of
from confsched.services.standing import standing

NO_TIME, LONGEST_CODE = timedelta(), timedelta(days=2)  # the night of the 31st runs into the next month
MAX_YEARS = 20
ORIGIN = "roster"  # what stands at duties that a month has written


class Drafted(NamedTuple):
    """Hold a cell of a draft: what stands there, and how often it was changed."""

    text: str
    version: int


@dataclass(frozen=True)
class MonthState:
    """Hold a month as it is published at an instant, and the draft over it.

    A cell that nobody has edited has no draft of its own and follows what is published. Before the first
    publication that is what the legend reads from the duties that stand.
    """

    department: Department
    month: date
    legend: Legend
    lines: tuple[DutyLine, ...]
    roster: DutyRoster | None
    edition: int
    published: Mapping[Cell, str]
    drafted: Mapping[Cell, Drafted]
    standing: tuple[StandingDuty, ...]

    @cached_property
    def draft(self) -> Mapping[Cell, str]:
        return overlay(self.published, {cell: row.text for cell, row in self.drafted.items()})

    @cached_property
    def span(self) -> Span:
        return month_span(self.month, self.legend.zone)

    def day_of(self, instant: datetime) -> date:
        """Return the day of the site's calendar on which an instant lies."""
        return clock.local_day(instant, self.legend.zone)


def find_roster(session: Session, department: Department, month: date) -> DutyRoster | None:
    """Return the month of a department, or None while nobody has worked on it."""
    query = select(DutyRoster).where(
        DutyRoster.department_id == department.id, DutyRoster.month == month_of(month)
    )
    return session.scalars(query).one_or_none()


def load_state(
    session: Session, department: Department, month: date, *, now: datetime, known_at: datetime | None = None
) -> MonthState:
    """Return a month with its draft, or, with `known_at`, as it was published then and without one."""
    month = _checked_month(month, now)
    legend, lines = legend_of(session, department), list_lines(session, department)
    roster = find_roster(session, department, month)
    edition = _find_edition(session, roster, known_at) if roster else None
    window = month_span(month, legend.zone).widen(NO_TIME, LONGEST_CODE)
    duties = _load_standing(session, lines, window, known_at or now)
    return MonthState(
        department=department,
        month=month,
        legend=legend,
        lines=tuple(lines),
        roster=roster,
        edition=edition.number if edition else 0,
        published=read_cells(edition.cells) if edition else baseline_cells(duties, month, legend),
        drafted={} if known_at or roster is None else _load_drafted(session, roster),
        standing=tuple(duties),
    )


def _checked_month(month: date, now: datetime) -> date:
    """Return the first day of a month; one so far away that nobody plans it does not exist."""
    if abs(month.year - now.year) > MAX_YEARS:
        raise NotFound
    return month_of(month)


def list_lines(session: Session, department: Department) -> list[DutyLine]:
    """Return the lines of a department in the order of the duty board."""
    query = select(DutyLine).where(DutyLine.department_id == department.id)
    return list(session.scalars(query.order_by(DutyLine.position, DutyLine.name, DutyLine.id)))


def _find_edition(session: Session, roster: DutyRoster, known_at: datetime | None) -> RosterEdition | None:
    """Return the edition that stands, or stood; number 0 keeps what stood before the first and is none."""
    query = select(RosterEdition).where(RosterEdition.roster_id == roster.id, RosterEdition.number > 0)
    if known_at:
        query = query.where(RosterEdition.published_at <= known_at)
    return session.scalars(query.order_by(RosterEdition.number.desc()).limit(1)).one_or_none()


def _load_drafted(session: Session, roster: DutyRoster) -> dict[Cell, Drafted]:
    """Read columns, not rows: a month has two thousand cells, and most who load it only look."""
    query = select(RosterCell.person_id, RosterCell.day, RosterCell.text, RosterCell.version)
    rows = session.execute(query.where(RosterCell.roster_id == roster.id))
    return {(person_id, day): Drafted(text, version) for person_id, day, text, version in rows}


def _load_standing(
    session: Session, lines: Iterable[DutyLine], window: Span, known_at: datetime
) -> list[StandingDuty]:
    query = (
        select(Duty.line_id, Duty.person_id, Duty.starts_at, Duty.ends_at, Duty.day, Duty.origin)
        .where(Duty.line_id.in_([line.id for line in lines]), *standing(window, known_at))
        .order_by(Duty.starts_at)
    )
    return [
        StandingDuty(line_id, person_id, Span(starts_at, ends_at), day, origin == ORIGIN)
        for line_id, person_id, starts_at, ends_at, day, origin in session.execute(query)
    ]


def lock_roster(session: Session, roster: DutyRoster) -> DutyRoster:
    """Return the month as it is now, and keep others from changing it until the transaction ends."""
    query = select(DutyRoster).where(DutyRoster.id == roster.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def open_roster(session: Session, department: Department, month: date, *, now: datetime) -> DutyRoster:
    """Return the month to be changed, locked; the first edit makes it."""
    month = _checked_month(month, now)
    # The lock on the department lets one of two first edits make the row.
    session.execute(select(Department.id).where(Department.id == department.id).with_for_update())
    roster = find_roster(session, department, month)
    if roster is not None:
        return lock_roster(session, roster)
    roster = DutyRoster(
        department_id=department.id, department=department, month=month, edition=0, created_at=now
    )
    session.add(roster)
    session.flush()
    return roster


def read_cells(cells: Mapping[str, Mapping[str, str]]) -> dict[Cell, str]:
    """Return the cells of an edition by person and day."""
    by_person = ((uuid.UUID(person_id), days) for person_id, days in cells.items())
    return {
        (person_id, date.fromisoformat(day)): text
        for person_id, days in by_person
        for day, text in days.items()
    }


def write_cells(cells: Mapping[Cell, str]) -> dict[str, dict[str, str]]:
    """Return cells as an edition keeps them."""
    written: dict[str, dict[str, str]] = {}
    for (person_id, day), text in sorted(cells.items()):
        written.setdefault(str(person_id), {})[day.isoformat()] = text
    return written


def people_in(state: MonthState) -> Collection[uuid.UUID]:
    """Return whoever stands in the month, by cell or by a duty that begins in it."""
    in_cells = {person_id for person_id, _ in (*state.published, *state.draft)}
    return in_cells | {duty.person_id for duty in state.standing if state.span.contains(duty.span.starts_at)}
