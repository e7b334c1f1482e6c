"""Who is on duty, how to reach them and who follows: the same board for every site of the network."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.coverage import Cover, find_holes, required_spans
from confsched.domain.duty_board import (
    LineState,
    Stretch,
    board_window,
    is_continued,
    join,
    state_of_line,
)
from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType, LineKind
from confsched.domain.permissions import Actor
from confsched.domain.rosters import DutyFact
from confsched.models.network import CooperationAgreement, Department, Site
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.services.lists import page_of
from confsched.services.standing import intended_gaps, standing, stretches
from confsched.services.urgent_lines import not_to_alert, urgent_lines
from confsched.services.who_is_on import full_name

SOON = timedelta(hours=24)
LINES_A_PAGE = 50

Declared = Mapping[uuid.UUID, Sequence[Span]]


@dataclass(frozen=True)
class Holder:
    """Hold a duty of a person as the board shows it."""

    person_id: uuid.UUID
    name: str
    family_name: str
    span: Span
    origin: str
    recorded_at: datetime


@dataclass(frozen=True)
class BandPart:
    """Hold one stretch of the day; `first` is a half hour counted from 1."""

    stretch: Stretch
    first: int
    steps: int
    starts_text: str
    ends_text: str
    label: str


@dataclass(frozen=True)
class BoardRow:
    """Hold one line: who has it at the asked instant, who follows, and where nobody does."""

    line_id: uuid.UUID
    group_name: str
    name: str
    kind: LineKind
    duty_type: DutyType
    cover: Cover
    site_id: uuid.UUID
    site_name: str
    site_short_name: str
    phone: str
    holder: Holder | None
    next_holder: Holder | None
    gap: Span | None
    intended: Span | None
    next_gap: Span | None
    band: tuple[BandPart, ...]
    is_unalerted: bool = False  # an urgent request would not reach who holds it

    @property
    def latest(self) -> Holder | None:
        """Return the duty whose source and age speak for the line."""
        return self.holder or self.next_holder

    @property
    def is_followed_by_gap(self) -> bool:
        return self.holder is not None and self._gap_start == self.holder.span.ends_at

    @property
    def _gap_start(self) -> datetime | None:
        return self.next_gap.starts_at if self.next_gap else None


@dataclass(frozen=True)
class BoardGroup:
    name: str
    rows: tuple[BoardRow, ...]


@dataclass(frozen=True)
class Choice:
    """Hold one entry of a filter."""

    value: str
    label: str


@dataclass(frozen=True)
class Alarm:
    """Hold the gap of a line that runs at the asked instant or begins soon, and on which page the line is."""

    line_id: uuid.UUID
    group_name: str
    name: str
    gap: Span
    page: int


@dataclass(frozen=True)
class Board:
    """Hold one page of the board at an instant, as known at another, and what it can be narrowed to.

    The alarms are those of all pages.
    """

    at: datetime
    known_at: datetime
    groups: tuple[BoardGroup, ...]
    alarms: tuple[Alarm, ...]
    sites: tuple[Choice, ...]
    group_names: tuple[str, ...]
    page: int
    pages: int
    total: int

    @property
    def rows(self) -> tuple[BoardRow, ...]:
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def gaps_now(self) -> list[Alarm]:
        return [alarm for alarm in self.alarms if alarm.gap.contains(self.at)]

    @property
    def gaps_soon(self) -> list[Alarm]:
        """Return the lines that nobody holds at some time within 24 hours, without those open already."""
        return [alarm for alarm in self.alarms if not alarm.gap.contains(self.at)]


@dataclass(frozen=True)
class Moment:
    """Say which instant is asked for, with whose knowledge, in whose zone."""

    at: datetime
    known_at: datetime
    zone: str

    @property
    def window(self) -> Span:
        return board_window(self.at, self.zone)


def board(
    session: Session,
    actor: Actor,
    at: datetime,
    *,
    known_at: datetime | None = None,
    site_id: uuid.UUID | None = None,
    service_group: str | None = None,
    page: int = 1,
) -> Board:
    """Return a page of the board at an instant in the actor's zone, as known then or at `known_at`.

    Six queries however many lines.
    """
    moment = Moment(at, known_at or at, actor.zone)
    lines = list(session.scalars(_lines()))
    chosen = [
        line
        for line in lines
        if site_id in (None, line.department.site_id) and service_group in (None, line.group_name)
    ]
    shown = page_of(chosen, page, LINES_A_PAGE)
    declared = intended_gaps(session, moment.window, moment.known_at)
    return Board(
        at=at,
        known_at=moment.known_at,
        groups=_groups(_rows(session, shown.items, declared, moment)),
        alarms=tuple(_alarms(session, chosen, declared, moment)),
        sites=_site_choices(lines),
        group_names=tuple(dict.fromkeys(line.group_name for line in lines)),
        page=shown.page,
        pages=shown.pages,
        total=shown.total,
    )


def _alarms(
    session: Session, lines: Sequence[DutyLine], declared: Declared, moment: Moment
) -> Iterator[Alarm]:
    """Find the gaps of every line, by the stretches that are held instead of by single duties."""
    window = moment.window
    held = stretches(session, [line.id for line in lines], window, moment.known_at)
    required: dict[tuple[Cover, str], Sequence[Span]] = {}
    for number, line in enumerate(lines):
        kind = (_cover(line), line.department.site.state)
        if kind not in required:
            required[kind] = required_spans(kind[0], window, _holidays_of(line))
        holes = find_holes(held.get(line.id, ()), required[kind], window, declared=declared.get(line.id, ()))
        gap = next((gap for gap in holes.gaps if gap.ends_at > moment.at), None)
        if gap and gap.starts_at < moment.at + SOON:
            yield Alarm(line.id, line.group_name, line.name, gap, number // LINES_A_PAGE + 1)


def _cover(line: DutyLine) -> Cover:
    zone = line.department.site.zone
    return Cover(line.covered_from, line.covered_until, line.covered_workdays_only, zone)


def _holidays_of(line: DutyLine) -> Callable[[date], bool]:
    return partial(is_public_holiday, state=line.department.site.state)


def _groups(rows: Iterable[BoardRow]) -> tuple[BoardGroup, ...]:
    """Keep the order of the lines; a group stands where its first line stands."""
    by_name: dict[str, list[BoardRow]] = defaultdict(list)
    for row in rows:
        by_name[row.group_name].append(row)
    return tuple(BoardGroup(name, tuple(members)) for name, members in by_name.items())


def rows_for_site(session: Session, actor: Actor, site_id: uuid.UUID, at: datetime) -> tuple[BoardRow, ...]:
    """Return the lines of the services that a site may ask; a site without agreements sees its own."""
    today = clock.local_day(at, actor.zone)
    asked = select(CooperationAgreement.service_id).where(
        CooperationAgreement.site_id == site_id,
        CooperationAgreement.valid_from <= today,
        CooperationAgreement.valid_until.is_(None) | (CooperationAgreement.valid_until > today),
    )
    lines = list(session.scalars(_lines().where(DutyLine.service_id.in_(asked))))
    if not lines:
        lines = list(session.scalars(_lines().where(Department.site_id == site_id)))
    moment = Moment(at, at, actor.zone)
    return tuple(_rows(session, lines, intended_gaps(session, moment.window, at), moment))


def _lines() -> Select[DutyLine]:
    return (
        select(DutyLine)
        .join(Department, Department.id == DutyLine.department_id)
        .join(Site, Site.id == Department.site_id)
        .options(joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(DutyLine.position, DutyLine.group_name, DutyLine.name, DutyLine.id)
    )


def _rows(session: Session, lines: Sequence[DutyLine], declared: Declared, moment: Moment) -> list[BoardRow]:
    facts, holders = _load_duties(session, lines, moment)
    rows = [_row(line, facts[line.id], declared.get(line.id, ()), holders, moment) for line in lines]
    return _with_alerting(session, rows)


def _with_alerting(session: Session, rows: list[BoardRow]) -> list[BoardRow]:
    """Say of whom an urgent request would not reach, as their contact points are now (PEER_FAILURES 34)."""
    held = {row.line_id: row.holder.person_id for row in rows if row.holder}
    urgent = urgent_lines(session, held) if held else frozenset()
    people = not_to_alert(session, urgent, {held[line_id] for line_id in urgent})
    lines = {line_id for line_id in urgent if held[line_id] in people}
    return [replace(row, is_unalerted=True) if row.line_id in lines else row for row in rows]


Holders = dict[DutyFact, Holder]


def _load_duties(
    session: Session, lines: Iterable[DutyLine], moment: Moment
) -> tuple[dict[uuid.UUID, list[DutyFact]], Holders]:
    query = (
        select(
            Duty.line_id,
            Duty.person_id,
            Duty.starts_at,
            Duty.ends_at,
            Duty.recorded_at,
            Duty.origin,
            Person.title,
            Person.given_name,
            Person.family_name,
        )
        .join(Person, Person.id == Duty.person_id)
        .where(Duty.line_id.in_([line.id for line in lines]), *standing(moment.window, moment.known_at))
        .order_by(Duty.starts_at)
    )
    facts: dict[uuid.UUID, list[DutyFact]] = defaultdict(list)
    holders: Holders = {}
    for duty in session.execute(query):
        fact = DutyFact(duty.line_id, duty.person_id, Span(duty.starts_at, duty.ends_at), duty.recorded_at)
        known = facts[duty.line_id]
        if known and is_continued(known[-1], fact):
            fact = join(known.pop(), fact)
        known.append(fact)
        holders[fact] = _held_by(duty, fact)
    return facts, holders


def _held_by(duty: Row[*tuple[Any, ...]], fact: DutyFact) -> Holder:
    return Holder(fact.person_id, full_name(duty), duty.family_name, fact.span, duty.origin, fact.recorded_at)


def _row(
    line: DutyLine, facts: list[DutyFact], declared: Sequence[Span], holders: Holders, moment: Moment
) -> BoardRow:
    site, at = line.department.site, moment.at
    cover = _cover(line)
    state = state_of_line(
        facts,
        cover,
        at,
        is_holiday=_holidays_of(line),
        reader_zone=moment.zone,
        known_at=moment.known_at,
        declared=declared,
    )
    return BoardRow(
        line_id=line.id,
        group_name=line.group_name,
        name=line.name,
        kind=line.kind,
        duty_type=line.duty_type,
        cover=cover,
        site_id=site.id,
        site_name=site.name,
        site_short_name=site.short_name,
        phone=line.phone,
        holder=_holder(state.now_on, holders),
        next_holder=_holder(state.next_on, holders),
        gap=state.gap_at(at),
        intended=state.intended_at(at),
        next_gap=state.gap_after(at),
        band=_band(state, holders),
    )


def _holder(fact: DutyFact | None, holders: Holders) -> Holder | None:
    return holders[fact] if fact else None


def _band(state: LineState, holders: Holders) -> tuple[BandPart, ...]:
    return tuple(
        BandPart(
            part.stretch,
            part.first,
            part.steps,
            part.starts_text,
            part.ends_text,
            holders[part.duty].family_name if part.duty else "",
        )
        for part in state.band
    )


def _site_choices(lines: Iterable[DutyLine]) -> tuple[Choice, ...]:
    sites = {line.department.site.id: line.department.site.name for line in lines}
    return tuple(
        Choice(str(site_id), name) for site_id, name in sorted(sites.items(), key=lambda item: item[1])
    )
