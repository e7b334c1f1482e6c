"""Which minutes of the coming days nobody holds, for every line of the network."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.coverage import (
    Bounds,
    Cover,
    DayCell,
    Holes,
    day_cells,
    days_ahead,
    find_holes,
    required_spans,
)
from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span
from confsched.models.network import Department, Site
from confsched.models.rosters import Duty, DutyLine
from confsched.services.duty_board import standing

DAYS_AHEAD = 90


@dataclass(frozen=True)
class Line:
    """Hold a line as the heat map shows it, and when it must be held."""

    line_id: uuid.UUID
    group_name: str
    name: str
    site_id: uuid.UUID
    site_name: str
    state: str
    cover: Cover


@dataclass(frozen=True)
class Demand:
    """Hold when lines of one cover and one state must be held, and the days that the heat map shows."""

    days: tuple[Span, ...]
    required: tuple[Span, ...]

    @property
    def window(self) -> Span:
        return Span(self.days[0].starts_at, self.days[-1].ends_at)


@dataclass(frozen=True)
class LineCoverage:
    """Hold what is open on one line in the coming days."""

    line: Line
    holes: Holes
    demand: Demand

    @property
    def cells(self) -> list[DayCell]:
        """Return one cell a day, made when asked for: a page shows a few lines of many."""
        return day_cells(self.holes, self.demand.required, self.demand.days)


def list_lines(session: Session) -> list[Line]:
    """Return every line of the network in the order of the duty board."""
    query = (
        select(
            DutyLine.id,
            DutyLine.group_name,
            DutyLine.name,
            DutyLine.covered_from,
            DutyLine.covered_until,
            DutyLine.covered_workdays_only,
            Site.id.label("site_id"),
            Site.name.label("site_name"),
            Site.state,
            Site.zone,
        )
        .join(Department, Department.id == DutyLine.department_id)
        .join(Site, Site.id == Department.site_id)
        .order_by(DutyLine.position, DutyLine.group_name, DutyLine.name, DutyLine.id)
    )
    return [
        Line(
            row.id,
            row.group_name,
            row.name,
            row.site_id,
            row.site_name,
            row.state,
            Cover(row.covered_from, row.covered_until, row.covered_workdays_only, row.zone),
        )
        for row in session.execute(query)
    ]


def cover_lines(
    session: Session, lines: Sequence[Line], first_day: date, *, now: datetime, days: int = DAYS_AHEAD
) -> list[LineCoverage]:
    """Return the open minutes of each line from now on, as known now; two queries however many lines."""
    if not lines:
        return []
    demands = _demands(lines, first_day, days, now)
    window = Span(
        min(demand.window.starts_at for demand in demands.values()),
        max(demand.window.ends_at for demand in demands.values()),
    )
    duties = _load_duties(session, lines, window, now)
    return [
        _cover_line(line, demands[line.cover, line.state], duties.get(line.line_id, ())) for line in lines
    ]


def _demands(
    lines: Iterable[Line], first_day: date, days: int, now: datetime
) -> dict[tuple[Cover, str], Demand]:
    """Work out each kind of cover once: a thousand lines share a handful."""
    kinds = {(line.cover, line.state) for line in lines}
    return {(cover, state): _demand(cover, state, first_day, days, now) for cover, state in kinds}


def _demand(cover: Cover, state: str, first_day: date, days: int, now: datetime) -> Demand:
    spans = days_ahead(first_day, days, cover.zone, now)
    window = Span(spans[0].starts_at, spans[-1].ends_at)
    required = required_spans(cover, window, lambda day: is_public_holiday(day, state))
    return Demand(tuple(spans), tuple(required))


def _cover_line(line: Line, demand: Demand, duties: Sequence[Bounds]) -> LineCoverage:
    return LineCoverage(line, find_holes(duties, demand.required, demand.window), demand)


def _load_duties(
    session: Session, lines: Iterable[Line], window: Span, known_at: datetime
) -> Mapping[uuid.UUID, Sequence[Bounds]]:
    """Return the standing duties of each line by their start; columns, because there are very many."""
    query = (
        select(Duty.line_id, Duty.starts_at, Duty.ends_at)
        .where(
            Duty.line_id.in_([line.line_id for line in lines]),
            *standing(window, known_at),
        )
        .order_by(Duty.line_id, Duty.starts_at)
    )
    found: dict[uuid.UUID, list[Bounds]] = defaultdict(list)
    for line_id, starts_at, ends_at in session.execute(query):
        found[line_id].append((starts_at, ends_at))
    return found
