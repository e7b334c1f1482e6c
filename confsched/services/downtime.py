"""The downtime sheet of a site: the next seven days of whom it may call, by which number, for paper.

A site reads its own sheet only: the lines of the services that it may ask, and its own.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from babel.dates import format_date
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched import clock
from confsched.domain.coverage import Cover, find_holes, required_spans
from confsched.domain.duty_board import is_continued, join
from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span, clip, intersect
from confsched.domain.kinds import EscalationTarget
from confsched.domain.permissions import Actor, Permission
from confsched.domain.rosters import DutyFact, Rotation, list_turns
from confsched.errors import Message, NotFound, msg
from confsched.formats.dates import format_day, format_time
from confsched.formats.downtime_sheet import DowntimeSheet, SheetGroup, SheetPart, SheetRow
from confsched.i18n import translate
from confsched.models.catalogue import Service
from confsched.models.ladders import EscalationStep
from confsched.models.network import CooperationAgreement, Department, Site
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.rotations import DutyRotation
from confsched.services.standing import intended_gaps, standing

DAYS = 7
FOLDER = "downtime"  # of the files that are kept, in the data folder


def file_name(site_id: uuid.UUID) -> str:
    """Return how the kept sheet of a site is called."""
    return f"{site_id}.pdf"


def list_sites(session: Session, actor: Actor) -> list[Site]:
    """Return the sites of the houses in which the actor reads the duty board."""
    houses = actor.organisations_with(Permission.SEE_DUTY_BOARD)
    return list(session.scalars(select(Site).where(Site.organisation_id.in_(houses)).order_by(Site.name)))


def get_site(session: Session, actor: Actor, site_id: uuid.UUID) -> Site:
    """Return a site of the actor's house; raises NotFound alike for foreign and for missing ones."""
    site = session.get(Site, site_id)
    if site is None or site.organisation_id not in actor.organisations_with(Permission.SEE_DUTY_BOARD):
        raise NotFound
    return site


def all_sites(session: Session) -> list[tuple[uuid.UUID, str]]:
    """Return id and zone of every site of the network."""
    rows = session.execute(select(Site.id, Site.zone).order_by(Site.id))
    return [(site_id, zone) for site_id, zone in rows]


def sheet_of(session: Session, site_id: uuid.UUID, *, language: str, now: datetime) -> DowntimeSheet:
    """Return the sheet of a site by its id, for who works for all of them."""
    return sheet(session, session.get_one(Site, site_id), language=language, now=now)


def sheet(session: Session, site: Site, *, language: str, now: datetime) -> DowntimeSheet:
    """Return the sheet of a site as known now, in its own zone; eight queries however many lines."""
    say = partial(translate, language=language)
    days = _days(site, now)
    services = _services(session, site, days)
    steps = _steps(session, services)
    lines = _lines(session, site, services, steps)
    week = _Week(days, site.zone, language, now)
    rows = _rows(session, lines, week)
    turns = _turns(session, services, lines, week)
    today, time = format_day(days[0], language), format_time(now, site.zone, language)
    return DowntimeSheet(
        language=language,
        title=say(msg("Downtime sheet %(site)s", site=site.name)),
        as_of=say(msg("As of %(time)s", time=f"{today}, {time}")),
        hint=say(_HINT),
        line_word=say(msg("Duty line")),
        phone_word=say(msg("Phone")),
        days=tuple(_short_day(day, language) for day in days),
        groups=tuple(_groups(site, services, steps, lines, rows, turns, say)),
    )


def _short_day(day: date, language: str) -> str:
    """Write "Mi 25.11." or "Wed 25/11": narrow columns leave no room for the year, which stands above."""
    return format_date(day, {"de": "ccc dd.MM."}.get(language, "ccc d/M"), locale=language)


_HINT = msg(
    "When confsched cannot be reached: call by this sheet, note the times, and enter the consult afterwards. "
    "A line is reached by its number, whoever holds it."
)


def _days(site: Site, now: datetime) -> tuple[date, ...]:
    first = clock.local_day(now, site.zone)
    return tuple(first + timedelta(days=number) for number in range(DAYS))


@dataclass(frozen=True)
class _Week:
    """Say which days are shown, on whose clock, to which reader, and as known when."""

    days: tuple[date, ...]
    zone: str
    language: str
    known_at: datetime

    @property
    def spans(self) -> list[Span]:
        return [
            Span(clock.start_of_day(day, self.zone), clock.start_of_day(day + timedelta(days=1), self.zone))
            for day in self.days
        ]

    @property
    def window(self) -> Span:
        spans = self.spans
        return Span(spans[0].starts_at, spans[-1].ends_at)


def _services(session: Session, site: Site, days: Sequence[date]) -> list[Service]:
    """Return what the site may ask on one of the days, what is urgent first."""
    asked = select(CooperationAgreement.service_id).where(
        CooperationAgreement.site_id == site.id,
        CooperationAgreement.valid_from <= days[-1],
        or_(CooperationAgreement.valid_until.is_(None), CooperationAgreement.valid_until > days[0]),
    )
    query = (
        select(Service)
        .where(Service.id.in_(asked), Service.is_open.is_(True))
        .options(joinedload(Service.site))
        .order_by(Service.is_urgent.desc(), Service.name, Service.id)
    )
    return list(session.scalars(query))


Steps = Mapping[uuid.UUID, Sequence[EscalationStep]]


def _steps(session: Session, services: Iterable[Service]) -> Steps:
    query = (
        select(EscalationStep)
        .where(EscalationStep.service_id.in_([service.id for service in services]))
        .order_by(EscalationStep.service_id, EscalationStep.position)
    )
    found: dict[uuid.UUID, list[EscalationStep]] = defaultdict(list)
    for step in session.scalars(query):
        found[step.service_id].append(step)
    return found


def _lines(session: Session, site: Site, services: Iterable[Service], steps: Steps) -> list[DutyLine]:
    """Return the lines of the services, those that their ladders call, and the site's own."""
    called = {step.line_id for ladder in steps.values() for step in ladder if step.line_id}
    query = (
        select(DutyLine)
        .join(Department, Department.id == DutyLine.department_id)
        .where(
            DutyLine.service_id.in_([service.id for service in services])
            | DutyLine.id.in_(called)
            | (Department.site_id == site.id)
        )
        .options(joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(DutyLine.position, DutyLine.group_name, DutyLine.name, DutyLine.id)
    )
    return list(session.scalars(query))


Cells = tuple[tuple[SheetPart, ...], ...]


def _rows(session: Session, lines: Sequence[DutyLine], week: _Week) -> dict[uuid.UUID, SheetRow]:
    held, names = _held(session, lines, week)
    declared = intended_gaps(session, week.window, week.known_at)
    return {
        line.id: _line_row(line, _line_cells(line, held[line.id], names, declared.get(line.id, ()), week))
        for line in lines
    }


def _line_row(line: DutyLine, days: Cells) -> SheetRow:
    site = line.department.site
    return SheetRow(line.name, f"{line.group_name}, {site.short_name}", line.phone or site.phone, days)


Held = Mapping[uuid.UUID, list[DutyFact]]


def _held(session: Session, lines: Iterable[DutyLine], week: _Week) -> tuple[Held, Mapping[uuid.UUID, str]]:
    query = (
        select(Duty, Person.family_name)
        .join(Person, Person.id == Duty.person_id)
        .where(Duty.line_id.in_([line.id for line in lines]), *standing(week.window, week.known_at))
        .order_by(Duty.starts_at, Duty.id)
    )
    held: dict[uuid.UUID, list[DutyFact]] = defaultdict(list)
    names: dict[uuid.UUID, str] = {}
    for duty, name in session.execute(query):
        fact = DutyFact(duty.line_id, duty.person_id, Span(duty.starts_at, duty.ends_at), duty.recorded_at)
        known = held[duty.line_id]
        if known and is_continued(known[-1], fact):
            fact = join(known.pop(), fact)
        known.append(fact)
        names[duty.person_id] = name
    return held, names


def _line_cells(
    line: DutyLine,
    held: Sequence[DutyFact],
    names: Mapping[uuid.UUID, str],
    declared: Sequence[Span],
    week: _Week,
) -> Cells:
    site = line.department.site
    cover = Cover(line.covered_from, line.covered_until, line.covered_workdays_only, site.zone)
    required = required_spans(cover, week.window, partial(is_public_holiday, state=site.state))
    bounds = sorted((duty.span.starts_at, duty.span.ends_at) for duty in held)
    holes = find_holes(bounds, required, week.window, declared=declared)
    nobody = translate(msg("nobody"), week.language)
    meant = translate(msg("nobody, as intended"), week.language)
    said = [
        *((duty.span, names[duty.person_id], False) for duty in held),
        *((gap, nobody, True) for gap in holes.gaps),
        *((gap, meant, False) for gap in holes.intended),
    ]
    return _cells(said, week)


def _cells(said: Iterable[tuple[Span, str, bool]], week: _Week) -> Cells:
    ordered = sorted(said)
    return tuple(
        tuple(
            SheetPart(_part(part, day, words, week), is_gap)
            for span, words, is_gap in ordered
            if (part := intersect(span, day))
        )
        for day in week.spans
    )


def _part(part: Span, day: Span, words: str, week: _Week) -> str:
    """Say from when until when of a day; the whole day needs no times."""
    if part == day:
        return words
    ends = "24" if part.ends_at == day.ends_at else _hour(part.ends_at, week)
    return f"{_hour(part.starts_at, week)}–{ends} {words}"


def _hour(instant: datetime, week: _Week) -> str:
    """Write a time, full hours without minutes; what the clock shows twice carries the name of the zone."""
    return format_time(instant, week.zone, week.language).replace(":00", "", 1)


def _turns(
    session: Session, services: Iterable[Service], lines: Iterable[DutyLine], week: _Week
) -> dict[uuid.UUID, SheetRow]:
    """Return for each service with a rotation between hubs whose turn it is on each day."""
    query = (
        select(DutyRotation)
        .where(
            DutyRotation.service_id.in_([service.id for service in services]),
            DutyRotation.starts_on <= week.days[-1],
            or_(DutyRotation.ends_on.is_(None), DutyRotation.ends_on > week.days[0]),
        )
        .options(selectinload(DutyRotation.members))
        .order_by(DutyRotation.starts_on, DutyRotation.id)
    )
    known = {line.id: line for line in lines}
    found: dict[uuid.UUID, SheetRow] = {}
    for row in session.scalars(query):
        if row.service_id is not None:
            found[row.service_id] = SheetRow(row.name, "", "", _cells(_said_turns(row, known, week), week))
    return found


def _said_turns(
    row: DutyRotation, known: Mapping[uuid.UUID, DutyLine], week: _Week
) -> Iterator[tuple[Span, str, bool]]:
    members = tuple(member.line_id for member in row.members if member.line_id is not None)
    ends_at = clock.to_instant(row.ends_on, row.at, row.zone) if row.ends_on else week.window.ends_at
    if not members or ends_at <= week.window.starts_at:
        return
    rotation = Rotation(row.starts_on, members, row.zone, row.every_days, row.at)
    for turn in list_turns(rotation, week.window):
        line = known.get(turn.member_id)
        if line is not None:
            words = f"{line.department.site.short_name}: {line.name}"
            yield from ((part, words, False) for part in clip([turn.span], _until(week, ends_at)))


def _until(week: _Week, ends_at: datetime) -> Span:
    return Span(week.window.starts_at, min(ends_at, week.window.ends_at))


Say = partial[str]


def _groups(
    site: Site,
    services: Sequence[Service],
    steps: Steps,
    lines: Sequence[DutyLine],
    rows: Mapping[uuid.UUID, SheetRow],
    turns: Mapping[uuid.UUID, SheetRow],
    say: Say,
) -> Iterator[SheetGroup]:
    """Give a group for each service with lines, one for all others, and one for the site's own lines."""
    known, others = {line.id: line for line in lines}, []
    for service in services:
        ladder = steps.get(service.id, ())
        called = {step.line_id for step in ladder}
        mine = [rows[line.id] for line in lines if line.service_id == service.id or line.id in called]
        first = [turns[service.id]] if service.id in turns else []
        numbers = tuple(say(one) for one in _numbers(service, ladder, known))
        if mine or ladder or service.hotline:
            yield SheetGroup(f"{service.name}, {service.site.short_name}", numbers, (*first, *mine))
        else:
            others.append(f"{service.name}: {service.site.short_name}, {service.site.phone}")
    if others:
        yield SheetGroup(say(msg("Services without a duty line")), tuple(others), ())
    own = tuple(rows[line.id] for line in lines if line.department.site_id == site.id)
    switchboard = say(msg("Switchboard %(site)s: %(phone)s", site=site.short_name, phone=site.phone))
    yield SheetGroup(say(msg("Own lines")), (switchboard,), own)


def _numbers(
    service: Service, ladder: Iterable[EscalationStep], known: Mapping[uuid.UUID, DutyLine]
) -> Iterator[Message]:
    """Give the ways that always work: the hotline, each step of the ladder, the hub's switchboard."""
    if service.hotline:
        yield msg("Hotline: %(phone)s", phone=service.hotline)
    for number, step in enumerate(ladder, start=1):
        line = known.get(step.line_id) if step.line_id else None
        if line is not None:
            site = line.department.site
            place, phone = f"{line.name}, {site.short_name}", line.phone or site.phone
            sentence = _FALLBACK if step.target is EscalationTarget.FALLBACK_HUB else _STEP
            yield msg(sentence.text, number=number, line=place, phone=phone)
        elif step.target is EscalationTarget.HUB_ROTATION:
            yield msg("%(number)s. the line whose turn it is", number=number)
        elif step.phone and step.phone != service.hotline:
            yield msg("%(number)s. call %(phone)s", number=number, phone=step.phone)
    yield msg("Switchboard %(site)s: %(phone)s", site=service.site.short_name, phone=service.site.phone)


_STEP = msg("%(number)s. %(line)s: %(phone)s")
_FALLBACK = msg("%(number)s. fallback: %(line)s: %(phone)s")
