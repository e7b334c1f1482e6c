"""What a handover of duties brings about: rest and limits of both people, meetings, bookings that follow."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.duty_codes import planned_duties
from confsched.domain.intervals import Span, intersect, subtract
from confsched.domain.kinds import CountsAs, DutyType, WishKind
from confsched.domain.permissions import Actor, Permission
from confsched.domain.roster_checks import check_roster
from confsched.domain.roster_month import month_of, month_span
from confsched.domain.roster_rules import DutyRules, PersonFacts, RosterWarning, Rule
from confsched.domain.rosters import belongs_to_day
from confsched.errors import Message, msg
from confsched.models.duty_rosters import DutyRoster, RosterEdition
from confsched.models.network import Department, Site
from confsched.models.people import Membership, Person
from confsched.models.rosters import Absence, Duty
from confsched.models.rotations import DutyWish
from confsched.services.affected import AffectedMeeting, Loss, affected_meetings
from confsched.services.duty_codes import legend_of
from confsched.services.duty_rules import rules_of
from confsched.services.roster_cells import read_cells
from confsched.services.roster_publication import Handed
from confsched.services.roster_staff import valid_in
from confsched.services.standing import standing

ONE_DAY = timedelta(days=1)
PERCENT = 100


@dataclass(frozen=True)
class NamedWarning:
    """Hold a warning that a handover would bring, and for whom."""

    person_id: uuid.UUID
    name: str
    day: date
    message: Message


@dataclass(frozen=True)
class Consequences:
    """Hold what follows from a handover; `following` are the bookings of the line that go along."""

    warnings: tuple[NamedWarning, ...] = ()
    meetings: tuple[AffectedMeeting, ...] = ()
    following: tuple[AffectedMeeting, ...] = ()

    @property
    def is_harmless(self) -> bool:
        return not (self.warnings or self.meetings or self.following)


@dataclass(frozen=True)
class _Held:
    """Hold a published duty, or a day at work without a line, as the checks of a roster ask for it."""

    line_id: uuid.UUID | None
    person_id: uuid.UUID
    day: date
    span: Span
    duty_type: DutyType
    counts_as: CountsAs = CountsAs.NOTHING


def weigh(
    session: Session, handovers: Sequence[Handed], *, now: datetime, actor: Actor | None = None
) -> Consequences:
    """Return what handovers that happen together would bring about; nothing is changed."""
    losses = [
        Loss(handover.from_person_id, handover.span, handover.line.id, msg("The duty goes to somebody else."))
        for handover in handovers
        if handover.from_person_id
    ]
    clashes = [
        Loss(handover.to_person_id, handover.span, None, msg("On duty at this time then."))
        for handover in handovers
        if handover.line.blocks
    ]
    return Consequences(
        warnings=tuple(_new_warnings(session, handovers, now, actor)),
        meetings=tuple(affected_meetings(session, clashes, now=now, actor=actor)),
        following=tuple(affected_meetings(session, losses, now=now, actor=actor)),
    )


def _new_warnings(
    session: Session, handovers: Sequence[Handed], now: datetime, actor: Actor | None
) -> list[NamedWarning]:
    """Return the warnings that were not there before, each once, by day."""
    people = {person.id: person for person in session.scalars(_people(handovers))}
    department = handovers[0].line.department  # a duty in return is one of its lines as well
    site = department.site
    rules = rules_of(session, site.organisation_id)
    found: dict[tuple[uuid.UUID, date, Rule], RosterWarning] = {}
    for month in sorted({month_of(belongs_to_day(handover.span, site.zone)) for handover in handovers}):
        window = month_span(month, site.zone).widen(_reach(rules), _reach(rules))
        before = _held(session, people.keys(), window, site.zone, now)
        before += _days_at_work(session, department, people.keys(), window)
        facts = {person.id: _facts(session, person, window) for person in people.values()}
        known = {one.key for one in check_roster(before, facts, month, site.zone, rules)}
        after = _after(before, handovers, site.zone)
        warnings = check_roster(after, facts, month, site.zone, rules)
        found |= {one.key: one for one in warnings if one.key not in known and _may_read(actor, one, site)}
    ordered = sorted(found.values(), key=lambda one: (one.day, people[one.person_id].name))
    return [NamedWarning(one.person_id, people[one.person_id].name, one.day, one.message) for one in ordered]


def _may_read(actor: Actor | None, warning: RosterWarning, site: Site) -> bool:
    """Keep a fixed day off, which is a wish, from colleagues; it is for who has it and who plans with it."""
    if warning.rule is not Rule.DAY_OFF or actor is None or actor.person_id == warning.person_id:
        return True
    return site.organisation_id in actor.organisations_with(Permission.EDIT_ROSTER)


def _reach(rules: DutyRules) -> timedelta:
    return ONE_DAY * (rules.compensation_days + 1)


def _people(handovers: Iterable[Handed]) -> Select[Person]:
    ids = {one for handover in handovers for one in (handover.from_person_id, handover.to_person_id) if one}
    return select(Person).where(Person.id.in_(ids))


def _held(
    session: Session, person_ids: Collection[uuid.UUID], window: Span, zone: str, now: datetime
) -> list[_Held]:
    query = (
        select(Duty)
        .where(Duty.person_id.in_(person_ids), *standing(window, now))
        .options(joinedload(Duty.line))
        .order_by(Duty.starts_at)
    )
    return [_as_held(duty, Span(duty.starts_at, duty.ends_at), zone) for duty in session.scalars(query)]


def _days_at_work(
    session: Session, department: Department, person_ids: Collection[uuid.UUID], window: Span
) -> list[_Held]:
    """Return the published days at work whose code has hours and no line: no duty row tells of them."""
    zone = department.site.zone
    first, last = (clock.local_day(at, zone) for at in (window.starts_at, window.ends_at))
    query = (
        select(RosterEdition.cells)
        .join(DutyRoster, DutyRoster.id == RosterEdition.roster_id)
        .where(
            DutyRoster.department_id == department.id,
            DutyRoster.month.between(month_of(first), last),
            RosterEdition.number == DutyRoster.edition,
        )
    )
    cells = {
        cell: text
        for edition in session.scalars(query)
        for cell, text in read_cells(edition).items()
        if cell[0] in person_ids and first <= cell[1] <= last
    }
    planned = planned_duties(cells, legend_of(session, department)) if cells else []
    return [
        _Held(None, one.person_id, one.day, one.span, one.duty_type, one.counts_as)
        for one in planned
        if one.line_id is None
    ]


def _as_held(duty: Duty, span: Span, zone: str) -> _Held:
    day = belongs_to_day(span, zone)
    return _Held(duty.line_id, duty.person_id, day, span, duty.line.duty_type)


def _after(before: Sequence[_Held], handovers: Sequence[Handed], zone: str) -> list[_Held]:
    """Return the duties as they would stand; what is left of a duty keeps its day."""
    held = list(before)
    for handover in handovers:
        held = [part for duty in held for part in _without(duty, handover)]
    taken = [
        _Held(
            handover.line.id,
            handover.to_person_id,
            belongs_to_day(handover.span, zone),
            handover.span,
            handover.line.duty_type,
        )
        for handover in handovers
    ]
    return held + taken


def _without(duty: _Held, handover: Handed) -> list[_Held]:
    is_given = (duty.line_id, duty.person_id) == (handover.line.id, handover.from_person_id)
    if not is_given or intersect(duty.span, handover.span) is None:
        return [duty]
    return [replace(duty, span=part) for part in subtract([duty.span], [handover.span])]


def _facts(session: Session, person: Person, window: Span) -> PersonFacts:
    return PersonFacts(
        share=_share(session, person, window) / PERCENT,
        absences=tuple(_absences(session, person.id, window)),
        days_off=frozenset(days_off(session, person.id, window, person.zone)),
        has_contact=bool(person.phone.strip() or person.email.strip()),
    )


def _share(session: Session, person: Person, window: Span) -> int:
    query = select(Membership.employment_percent).where(
        Membership.person_id == person.id,
        *valid_in(window.starts_at.date(), window.ends_at.date() + ONE_DAY),
    )
    return max(session.scalars(query), default=PERCENT)


def _absences(session: Session, person_id: uuid.UUID, window: Span) -> list[Span]:
    query = select(Absence.starts_at, Absence.ends_at).where(
        Absence.person_id == person_id,
        Absence.withdrawn_at.is_(None),
        Absence.starts_at < window.ends_at,
        Absence.ends_at > window.starts_at,
    )
    return [Span(starts_at, ends_at) for starts_at, ends_at in session.execute(query)]


def days_off(session: Session, person_id: uuid.UUID, window: Span, zone: str) -> list[date]:
    """Return the fixed days off of a person in a window."""
    first, last = (clock.local_day(at, zone) for at in (window.starts_at, window.ends_at))
    query = select(DutyWish).where(
        DutyWish.person_id == person_id,
        DutyWish.kind == WishKind.DAY_OFF,
        DutyWish.withdrawn_at.is_(None),
        DutyWish.starts_on <= last,
        DutyWish.ends_on >= first,
    )
    days = [first + ONE_DAY * number for number in range((last - first).days + 1)]
    wishes = list(session.scalars(query))
    return [
        day
        for day in days
        if any(
            wish.starts_on <= day <= wish.ends_on and wish.weekday in (None, day.weekday()) for wish in wishes
        )
    ]
