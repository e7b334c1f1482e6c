"""From requirements on record to offered times."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.explain import Explanation, explain
from confsched.domain.intervals import Span
from confsched.domain.kinds import RequirementKind
from confsched.domain.matching import Candidate, Need, Offer, Search, find_assignment, find_slots
from confsched.domain.permissions import Function
from confsched.errors import Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.catalogue import Requirement
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.models.network import Resource, Site
from confsched.models.people import Membership, Person
from confsched.models.rosters import Duty, DutyLine
from confsched.services.availability import Asked, load_candidates

REQUESTER_KEY = "requester"
ROOM_KEY = "room"
MAX_PEOPLE = 400  # a pool larger than this is a mistake in the requirements, not a wish
SEARCH_DAYS = 92
BESIDE = timedelta(days=1)
APART = timedelta(minutes=90)  # three times a day, not three times before nine


@dataclass(frozen=True)
class Plan:
    """Hold one search: what is needed, who could serve, and the wishes."""

    needs: tuple[Need, ...]
    candidates: Mapping[uuid.UUID, Candidate]
    search: Search
    asked: Asked

    @property
    def has_choice(self) -> bool:
        """Tell whether anybody could be replaced by somebody else."""
        return any(len(need.pool) > need.count for need in self.needs)

    def offers(self) -> tuple[Offer, ...]:
        return find_slots(self.needs, self.candidates, self.search)

    def explain(self) -> Explanation:
        return explain(self.needs, self.candidates, self.search)

    def at(self, span: Span) -> Offer | None:
        """Decide one exact time, or None where it does not work."""
        return find_assignment(self.needs, self.candidates, span, self.search)


def plan_consult(session: Session, consult: Consult, *, now: datetime, around: Span | None = None) -> Plan:
    """Lay out the search for a consult: its service's requirements and the requester.

    To decide one exact time, `around` spares what lies far from it.
    """
    service = consult.service
    zone = service.site.zone
    last = min(consult.reply_by_on, clock.local_day(now, zone) + timedelta(days=service.horizon_days))
    window = _window(now, last, zone)
    needs = _needs(session, service.requirements, window, zone)
    requester = Need(REQUESTER_KEY, consult.requester.name, (consult.requester_id,), is_fixed=True)
    if len(needs) == 1:
        needs = (replace(needs[0], is_fixed=True),)
    asked = _asked(
        needs,
        service.requirements,
        present=frozenset({consult.requester_id}),
        service_id=service.id,
        case_ref=consult.case_ref,
        own_house=consult.site.organisation_id,
        without_hold=consult.hold.id if consult.hold else None,
    )
    search = Search(
        duration=timedelta(minutes=service.duration_minutes),
        window=window,
        zone=zone,
        not_before=now + timedelta(minutes=service.notice_minutes),
        buffer_before=timedelta(minutes=service.buffer_before_minutes),
        buffer_after=timedelta(minutes=service.buffer_after_minutes),
        apart=APART,
    )
    candidates = load_candidates(session, asked, _near(around) or window, now=now)
    return Plan((*needs, requester), candidates, search, asked)


def _near(around: Span | None) -> Span | None:
    return around and around.widen(BESIDE, BESIDE)


def plan_conference(session: Session, conference: Conference, *, now: datetime) -> Plan:
    """Lay out the search for a conference: its requirements and its room."""
    zone = conference.site.zone
    from_at = max(now, clock.start_of_day(conference.search_from_on, zone))
    window = _window(from_at, conference.search_until_on, zone, "search_until_on")
    needs = _needs(session, conference.requirements, window, zone)
    rooms: frozenset[uuid.UUID] = frozenset()
    if conference.resource is not None:
        needs = (*needs, Need(ROOM_KEY, conference.resource.name, (conference.resource.id,)))
        rooms = frozenset({conference.resource.id})
    asked = _asked(needs, conference.requirements, rooms=rooms, own_house=conference.organisation_id)
    search = Search(timedelta(minutes=conference.duration_minutes), window, zone, not_before=now, apart=APART)
    return Plan(needs, load_candidates(session, asked, window, now=now), search, asked)


def plan_move(
    session: Session, booking: Booking, until: date, *, now: datetime, around: Span | None = None
) -> Plan:
    """Lay out the search for another time of a booking with the people and the room it has.

    To decide one exact time, `around` spares what lies far from it.
    """
    window = _window(now, until, booking.zone)
    standing = [p for p in booking.participations if p.removed_at is None]
    needs = tuple(
        Need(str(p.person_id), p.person.name, (p.person_id,), optional=p.is_optional) for p in standing
    )
    rooms: frozenset[uuid.UUID] = frozenset()
    if booking.resource is not None:
        needs = (*needs, Need(ROOM_KEY, booking.resource.name, (booking.resource.id,)))
        rooms = frozenset({booking.resource.id})
    service_id, duty_lines = _cause_of(session, booking)
    asked = Asked(
        people=frozenset(p.person_id for p in standing),
        resources=rooms,
        present=frozenset(p.person_id for p in standing if p.serves == REQUESTER_KEY),
        service_id=service_id,
        duty_lines=duty_lines,
        case_ref=booking.case_ref,
        without_booking=booking.id,
    )
    search = Search(
        booking.ends_at - booking.starts_at,
        window,
        booking.zone,
        not_before=now,
        buffer_before=timedelta(minutes=booking.buffer_before_minutes),
        buffer_after=timedelta(minutes=booking.buffer_after_minutes),
        apart=APART,
    )
    return Plan(needs, load_candidates(session, asked, _near(around) or window, now=now), search, asked)


def _cause_of(session: Session, booking: Booking) -> tuple[uuid.UUID | None, frozenset[uuid.UUID]]:
    """Return the service and the duty lines a booking came from: their duties make people available."""
    service_id = session.scalar(select(Consult.service_id).where(Consult.booking_id == booking.id))
    conference_id = session.scalar(select(Conference.id).where(Conference.booking_id == booking.id))
    owner = Requirement.conference_id == conference_id
    if service_id is not None:
        owner = Requirement.service_id == service_id
    lines = select(Requirement.duty_line_id).where(owner, Requirement.duty_line_id.is_not(None))
    return service_id, frozenset(line for line in session.scalars(lines) if line is not None)


def _window(now: datetime, last: date, zone: str, field: str = "reply_by_on") -> Span:
    starts_at = clock.whole_minute(now)
    ends_at = clock.start_of_day(last + timedelta(days=1), zone)
    if ends_at <= starts_at:
        raise Refusal(msg("This day is over. Please choose a later one."), field=field)
    return Span(starts_at, min(ends_at, starts_at + timedelta(days=SEARCH_DAYS)))


def _needs(
    session: Session, requirements: Sequence[Requirement], window: Span, zone: str
) -> tuple[Need, ...]:
    return tuple(
        Need(
            key=str(requirement.id),
            label=label_of(session, requirement),
            pool=_pool(session, requirement, window, zone),
            count=requirement.count,
            optional=requirement.is_optional,
        )
        for requirement in requirements
    )


def _asked(
    needs: Sequence[Need],
    requirements: Sequence[Requirement],
    *,
    rooms: frozenset[uuid.UUID] = frozenset(),
    present: frozenset[uuid.UUID] = frozenset(),
    service_id: uuid.UUID | None = None,
    case_ref: str | None = None,
    own_house: uuid.UUID | None = None,
    without_hold: uuid.UUID | None = None,
) -> Asked:
    resources = rooms | {r.resource_id for r in requirements if r.resource_id is not None}
    people = frozenset(member for need in needs for member in need.pool) - resources
    return Asked(
        people=people,
        resources=resources,
        present=present,
        service_id=service_id,
        duty_lines=frozenset(r.duty_line_id for r in requirements if r.duty_line_id is not None),
        only_on_duty=_only_on_duty(needs, requirements),
        case_ref=case_ref,
        own_house=own_house,
        without_hold=without_hold,
    )


def _only_on_duty(needs: Sequence[Need], requirements: Sequence[Requirement]) -> frozenset[uuid.UUID]:
    """Return who is asked as the one on duty and in no other way."""
    on_duty: set[uuid.UUID] = set()
    otherwise: set[uuid.UUID] = set()
    for requirement, need in zip(requirements, needs, strict=False):
        wanted = on_duty if requirement.kind is RequirementKind.DUTY_LINE else otherwise
        wanted.update(need.pool)
    return frozenset(on_duty - otherwise)


def _pool(session: Session, requirement: Requirement, window: Span, zone: str) -> tuple[uuid.UUID, ...]:
    if requirement.kind is RequirementKind.PERSONS:
        return tuple(sorted(member.person_id for member in requirement.persons))
    if requirement.kind is RequirementKind.RESOURCE:
        return (requirement.resource_id,) if requirement.resource_id else ()
    if requirement.kind is RequirementKind.DUTY_LINE:
        return _on_line(session, requirement, window)
    return _of_discipline(session, requirement, clock.local_day(window.starts_at, zone))


def _on_line(session: Session, requirement: Requirement, window: Span) -> tuple[uuid.UUID, ...]:
    query = (
        select(Duty.person_id)
        .where(
            Duty.line_id == requirement.duty_line_id,
            Duty.superseded_at.is_(None),
            Duty.starts_at < window.ends_at,
            Duty.ends_at > window.starts_at,
        )
        .distinct()
        .order_by(Duty.person_id)
        .limit(MAX_PEOPLE)
    )
    return tuple(session.scalars(query))


def _of_discipline(session: Session, requirement: Requirement, first_on: date) -> tuple[uuid.UUID, ...]:
    query = (
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.discipline == requirement.discipline,
            Membership.function == Function.CONSULTANT,
            Membership.valid_from <= first_on,
            or_(Membership.valid_until.is_(None), Membership.valid_until > first_on),
        )
        .distinct()
        .order_by(Person.id)
        .limit(MAX_PEOPLE)
    )
    if requirement.sites:
        query = query.where(Membership.site_id.in_([one.site_id for one in requirement.sites]))
    if requirement.specialists_only:
        query = query.where(Person.is_specialist.is_(True))
    return tuple(session.scalars(query))


def label_of(session: Session, requirement: Requirement) -> str:
    """Return the words for a requirement: "Epileptologie, Uniklinik Wendstadt"."""
    if requirement.kind is RequirementKind.DUTY_LINE and requirement.duty_line_id:
        return session.get_one(DutyLine, requirement.duty_line_id).name
    if requirement.kind is RequirementKind.RESOURCE and requirement.resource_id:
        return session.get_one(Resource, requirement.resource_id).name
    if requirement.kind is RequirementKind.PERSONS:
        names = (session.get_one(Person, member.person_id).name for member in requirement.persons)
        return ", ".join(sorted(names))
    sites = sorted(session.get_one(Site, one.site_id).short_name for one in requirement.sites)
    return ", ".join(part for part in (requirement.discipline, " / ".join(sites)) if part)
