"""Which minutes of the coming days nobody holds, for every line of the network."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
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
from confsched.domain.kinds import SwapState
from confsched.domain.permissions import Actor, Permission
from confsched.models.network import Department, Site
from confsched.models.rosters import DutyLine
from confsched.models.swaps import DutySwap
from confsched.services import access
from confsched.services.duty_board import Choice
from confsched.services.standing import intended_gaps, stretches

DAYS_AHEAD = 90


@dataclass(frozen=True)
class Line:
    """Hold a line as the heat map shows it, and when it must be held."""

    line_id: uuid.UUID
    group_name: str
    name: str
    site_id: uuid.UUID
    site_name: str
    site_short_name: str
    organisation_id: uuid.UUID
    state: str
    cover: Cover

    def belongs_to(self, actor: Actor) -> bool:
        """Tell whether the actor looks after the roster of this line."""
        return self.organisation_id in actor.organisations_with(Permission.EDIT_ROSTER)


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

    @property
    def open_time(self) -> timedelta:
        return sum((gap.duration for gap in self.holes.gaps), timedelta())


@dataclass(frozen=True)
class Opening:
    """Hold one gap of one line, as the list shows it."""

    line: Line
    span: Span


@dataclass(frozen=True)
class Overview:
    """Hold the coverage of the chosen lines from an instant on, and what it can be narrowed to."""

    starts_at: datetime
    known_at: datetime
    days: tuple[date, ...]
    lines: tuple[LineCoverage, ...]
    sites: tuple[Choice, ...]
    group_names: tuple[str, ...]

    @property
    def openings(self) -> list[Opening]:
        """Return every gap of the chosen lines, the next one first."""
        found = [Opening(one.line, gap) for one in self.lines for gap in one.holes.gaps]
        return sorted(found, key=lambda opening: (opening.span.starts_at, opening.line.name))

    @property
    def lines_with_gaps(self) -> list[LineCoverage]:
        return [one for one in self.lines if one.holes.gaps]


def overview(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    first_day: date | None = None,
    known_at: datetime | None = None,
    site_id: uuid.UUID | None = None,
    service_group: str | None = None,
    only_gaps: bool = False,
) -> Overview:
    """Return the coverage of the network's lines for 90 days of the actor's calendar; three queries.

    It begins now, or with another day, and speaks by what is known now, or was known at `known_at`.
    """
    first, starts_at = _beginning(first_day, actor.zone, now)
    lines = list_lines(session)
    chosen = [
        line for line in lines if site_id in (None, line.site_id) and service_group in (None, line.group_name)
    ]
    covered = cover_lines(session, chosen, first, now=starts_at, known_at=known_at or now)
    sites = {line.site_id: line.site_name for line in lines}
    return Overview(
        starts_at=starts_at,
        known_at=known_at or now,
        days=tuple(first + timedelta(days=number) for number in range(DAYS_AHEAD)),
        lines=tuple(one for one in covered if one.holes.gaps or not only_gaps),
        sites=tuple(Choice(str(key), name) for key, name in sorted(sites.items(), key=lambda item: item[1])),
        group_names=tuple(dict.fromkeys(line.group_name for line in lines)),
    )


def _beginning(chosen: date | None, zone: str, now: datetime) -> tuple[date, datetime]:
    """Return the first day and where in it the coverage begins: the present day has only its rest."""
    today = clock.local_day(now, zone)
    if chosen is None or chosen == today:
        return today, now
    return chosen, clock.start_of_day(chosen, zone)


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
            Site.short_name,
            Site.organisation_id,
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
            row.short_name,
            row.organisation_id,
            row.state,
            Cover(row.covered_from, row.covered_until, row.covered_workdays_only, row.zone),
        )
        for row in session.execute(query)
    ]


def cover_lines(
    session: Session,
    lines: Sequence[Line],
    first_day: date,
    *,
    now: datetime,
    known_at: datetime | None = None,
    days: int = DAYS_AHEAD,
) -> list[LineCoverage]:
    """Return the open minutes of each line from `now` on, as known then or at `known_at`.

    Two queries however many lines. Time that is declared as an intended gap is told apart from an
    unnoticed one.
    """
    if not lines:
        return []
    demands = _demands(lines, first_day, days, now)
    window = Span(
        min(demand.window.starts_at for demand in demands.values()),
        max(demand.window.ends_at for demand in demands.values()),
    )
    known = known_at or now
    held = stretches(session, [line.line_id for line in lines], window, known)
    declared = intended_gaps(session, window, known)
    return [
        _cover_line(
            line, demands[line.cover, line.state], held.get(line.line_id, ()), declared.get(line.line_id, ())
        )
        for line in lines
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


def _cover_line(line: Line, demand: Demand, held: Sequence[Bounds], declared: Sequence[Span]) -> LineCoverage:
    holes = find_holes(held, demand.required, demand.window, declared=declared)
    return LineCoverage(line, holes, demand)


def list_asked(session: Session, actor: Actor, *, now: datetime) -> list[DutySwap]:
    """Return the requests for cover that still run, as far as the actor sees them."""
    query = access.visible(actor, DutySwap).where(
        DutySwap.duty_id.is_(None),
        DutySwap.state.in_([SwapState.PROPOSED, SwapState.ACCEPTED]),
        DutySwap.ends_at > now,
    )
    return list(session.scalars(query.order_by(DutySwap.starts_at, DutySwap.id)))
