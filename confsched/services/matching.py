"""From requirements on record to offered times."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Plan:
    """Hold one search: what is needed, who could serve, and the wishes."""

    needs: tuple[Need, ...]
    candidates: Mapping[uuid.UUID, Candidate]
    search: Search
    asked: Asked

    def offers(self) -> tuple[Offer, ...]:
        return find_slots(self.needs, self.candidates, self.search)

    def explain(self) -> Explanation:
        return explain(self.needs, self.candidates, self.search)

    def at(self, span: Span) -> Offer | None:
        """Decide one exact time, or None where it does not work."""
        return find_assignment(self.needs, self.candidates, span, self.search)


def plan_consult(session: Session, consult: Consult, *, now: datetime) -> Plan:
    """Lay out the search for a consult: its service's requirements and the requester."""
    service = consult.service
    zone = service.site.zone
    last = min(consult.reply_by_on, clock.local_day(now, zone) + timedelta(days=service.horizon_days))
    window = _window(now, last, zone)
    needs = _needs(session, service.requirements, window)
    requester = Need(REQUESTER_KEY, consult.requester.name, (consult.requester_id,))
    asked = _asked(
        needs,
        service.requirements,
        present=frozenset({consult.requester_id}),
        service_id=service.id,
        case_ref=consult.case_ref,
        without_hold=consult.hold.id if consult.hold else None,
    )
    search = Search(
        duration=timedelta(minutes=service.duration_minutes),
        window=window,
        zone=zone,
        not_before=now + timedelta(minutes=service.notice_minutes),
        buffer_before=timedelta(minutes=service.buffer_before_minutes),
        buffer_after=timedelta(minutes=service.buffer_after_minutes),
    )
    return Plan((*needs, requester), load_candidates(session, asked, window, now=now), search, asked)


def plan_conference(session: Session, conference: Conference, *, now: datetime) -> Plan:
    """Lay out the search for a conference: its requirements and its room."""
    zone = conference.site.zone
    from_at = max(now, clock.start_of_day(conference.search_from_on, zone))
    window = _window(from_at, conference.search_until_on, zone)
    needs = _needs(session, conference.requirements, window)
    rooms: frozenset[uuid.UUID] = frozenset()
    if conference.resource is not None:
        needs = (*needs, Need(ROOM_KEY, conference.resource.name, (conference.resource.id,)))
        rooms = frozenset({conference.resource.id})
    asked = _asked(needs, conference.requirements, rooms=rooms)
    search = Search(timedelta(minutes=conference.duration_minutes), window, zone, not_before=now)
    return Plan(needs, load_candidates(session, asked, window, now=now), search, asked)


def plan_move(session: Session, booking: Booking, until: date, *, now: datetime) -> Plan:
    """Lay out the search for another time of a booking with the people and the room it has."""
    window = _window(now, until, booking.zone)
    standing = [p for p in booking.participations if p.removed_at is None]
    needs = tuple(
        Need(str(p.person_id), p.person.name, (p.person_id,), optional=p.is_optional) for p in standing
    )
    rooms: frozenset[uuid.UUID] = frozenset()
    if booking.resource is not None:
        needs = (*needs, Need(ROOM_KEY, booking.resource.name, (booking.resource.id,)))
        rooms = frozenset({booking.resource.id})
    asked = Asked(
        people=frozenset(p.person_id for p in standing),
        resources=rooms,
        present=frozenset(p.person_id for p in standing if p.serves == REQUESTER_KEY),
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
    )
    return Plan(needs, load_candidates(session, asked, window, now=now), search, asked)


def _window(now: datetime, last: date, zone: str) -> Span:
    ends_at = clock.start_of_day(last + timedelta(days=1), zone)
    if ends_at <= now:
        raise Refusal(msg("This day is over. Please choose a later one."), field="reply_by_on")
    return Span(clock.whole_minute(now), min(ends_at, now + timedelta(days=SEARCH_DAYS)))


def _needs(session: Session, requirements: Sequence[Requirement], window: Span) -> tuple[Need, ...]:
    return tuple(
        Need(
            key=str(requirement.id),
            label=label_of(session, requirement),
            pool=_pool(session, requirement, window),
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
        case_ref=case_ref,
        without_hold=without_hold,
    )


def _pool(session: Session, requirement: Requirement, window: Span) -> tuple[uuid.UUID, ...]:
    if requirement.kind is RequirementKind.PERSONS:
        return tuple(sorted(member.person_id for member in requirement.persons))
    if requirement.kind is RequirementKind.RESOURCE:
        return (requirement.resource_id,) if requirement.resource_id else ()
    if requirement.kind is RequirementKind.DUTY_LINE:
        return _on_line(session, requirement, window)
    return _of_discipline(session, requirement, window)


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


def _of_discipline(session: Session, requirement: Requirement, window: Span) -> tuple[uuid.UUID, ...]:
    today = window.starts_at.date()
    query = (
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.discipline == requirement.discipline,
            Membership.function == Function.CONSULTANT,
            Membership.valid_from <= today,
            or_(Membership.valid_until.is_(None), Membership.valid_until > today),
        )
        .distinct()
        .order_by(Person.id)
        .limit(MAX_PEOPLE)
    )
    if requirement.site_id is not None:
        query = query.where(Membership.site_id == requirement.site_id)
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
    site = session.get(Site, requirement.site_id) if requirement.site_id else None
    return ", ".join(part for part in (requirement.discipline, site.short_name if site else None) if part)
