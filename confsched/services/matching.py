"""From requirements on record to offered times."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain import starts
from confsched.domain.consults import ASKING
from confsched.domain.explain import Explanation, explain
from confsched.domain.intervals import Span, intersect
from confsched.domain.kinds import RequirementKind
from confsched.domain.matching import (
    Board,
    Candidate,
    Need,
    Offer,
    Search,
    find_assignment,
    find_slots,
    prepare,
)
from confsched.domain.requirements import findings, parse_hours
from confsched.errors import Message, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.catalogue import Requirement, Service
from confsched.models.claims import Claim
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.models.network import Resource
from confsched.models.people import Person
from confsched.services import participants
from confsched.services.availability import Asked, load_all, load_candidates
from confsched.services.pools import Wanted, load_sites, needs_of, needs_of_all

ROOM_KEY = "room"
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

    @cached_property
    def board(self) -> Board:
        """Return everybody's time on one grid, laid once for all that is asked of this search."""
        return prepare(self.candidates, self.search)

    def offers(self) -> tuple[Offer, ...]:
        return find_slots(self.needs, self.candidates, self.search, self.board)

    def on_day(self, day: date) -> starts.Plan | None:
        """Return the search of one local day, made ready; None where the search does not reach."""
        zone = self.search.zone
        whole_day = Span(clock.start_of_day(day, zone), clock.start_of_day(day + timedelta(days=1), zone))
        window = intersect(self.search.window, whole_day)
        if window is None:
            return None
        board = self.board.cut(window.widen(self.search.buffer_before, self.search.buffer_after))
        return starts.Plan(self.needs, self.candidates, replace(self.search, window=window), board)

    def findings(self) -> tuple[Message, ...]:
        """Say what is wrong with the requirements themselves, whoever has time."""
        return findings(self.needs)

    def explain(self) -> Explanation:
        return explain(self.needs, self.candidates, self.search, self.board)

    def at(self, span: Span) -> Offer | None:
        """Decide one exact time, or None where it does not work."""
        return find_assignment(self.needs, self.candidates, span, self.search)


def plan_consult(
    session: Session,
    consult: Consult,
    *,
    now: datetime,
    around: Span | None = None,
    until: date | None = None,
) -> Plan:
    """Lay out the search for a consult: its service's requirements and the requester.

    To decide one exact time, `around` spares what lies far from it. `until` replaces the day on which the
    reply is due.
    """
    service = consult.service
    zone = service.site.zone
    ahead = timedelta(days=min(service.horizon_days, SEARCH_DAYS))
    window = _window(now, min(until or consult.reply_by_on, clock.local_day(now, zone) + ahead), zone)
    needs = needs_of(session, service.requirements, window, zone)
    requester = Need(ASKING, consult.requester.name, (consult.requester_id,), is_fixed=True)
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
        site_id=_site_of(session, service.requirements) or service.site_id,
        cap_per_day=service.cap_per_day,
        counted_without=consult.booking_id,
        zone=zone,
    )
    search = search_of(service, window, now)
    candidates = load_candidates(session, asked, _near(around) or window, now=now)
    return Plan((*needs, requester), candidates, search, asked)


def plan_service(session: Session, service: Service, *, now: datetime, days: int = SEARCH_DAYS) -> Plan:
    """Lay out the search for whoever will ask a service: its requirements alone, on record or not."""
    return plan_services(session, [service], now=now, days=days)[0]


def plan_services(
    session: Session, services: Sequence[Service], *, now: datetime, days: int = SEARCH_DAYS
) -> list[Plan]:
    """Lay out the search of each service, for many in as many queries as for one."""
    searches = [_wanted(service, now, days) for service in services]
    windows = [wanted.window for wanted in searches]
    needs, sites = needs_of_all(session, searches), load_sites(session, searches)
    asked = [_asked_of(service, own, sites) for service, own in zip(services, needs, strict=True)]
    found = load_all(session, list(zip(asked, windows, strict=True)), now=now)
    return [
        Plan(_fixed(own), candidates, search_of(service, window, now), one)
        for service, own, candidates, window, one in zip(services, needs, found, windows, asked, strict=True)
    ]


def _wanted(service: Service, now: datetime, days: int) -> Wanted:
    zone = service.site.zone
    ahead = timedelta(days=min(service.horizon_days, days))
    window = _window(now, clock.local_day(now, zone) + ahead, zone, "horizon_days")
    return Wanted(service.requirements, window, zone)


def _fixed(needs: tuple[Need, ...]) -> tuple[Need, ...]:
    return (replace(needs[0], is_fixed=True),) if len(needs) == 1 else needs


def _asked_of(service: Service, needs: Sequence[Need], sites: Mapping[uuid.UUID, uuid.UUID]) -> Asked:
    named = [one.resource_id for one in service.requirements if one.resource_id]
    return _asked(
        needs,
        service.requirements,
        service_id=service.id,
        own_house=service.site.organisation_id,
        site_id=sites[named[0]] if named else service.site_id,
        cap_per_day=service.cap_per_day,
        zone=service.site.zone,
    )


def search_of(service: Service, window: Span, now: datetime) -> Search:
    """Return the wishes that a service has for each of its meetings."""
    return Search(
        duration=timedelta(minutes=service.duration_minutes),
        window=window,
        zone=service.site.zone,
        not_before=now + timedelta(minutes=service.notice_minutes),
        buffer_before=timedelta(minutes=service.buffer_before_minutes),
        buffer_after=timedelta(minutes=service.buffer_after_minutes),
        apart=APART,
        preferred_hours=parse_hours(service.preferred_hours),
    )


def _near(around: Span | None) -> Span | None:
    return around and around.widen(BESIDE, BESIDE)


def plan_conference(
    session: Session, conference: Conference, *, now: datetime, window: Span | None = None
) -> Plan:
    """Lay out the search for a conference: its requirements and its room; a window replaces its days."""
    zone = conference.site.zone
    if window is None:
        from_at = max(now, clock.start_of_day(conference.search_from_on, zone))
        window = _window(from_at, conference.search_until_on, zone, "search_until_on")
    needs = needs_of(session, conference.requirements, window, zone)
    rooms: frozenset[uuid.UUID] = frozenset()
    if conference.resource is not None:
        needs = (*needs, Need(ROOM_KEY, conference.resource.name, (conference.resource.id,)))
        rooms = frozenset({conference.resource.id})
    at_site = conference.resource.site_id if conference.resource else None
    asked = _asked(
        needs,
        conference.requirements,
        rooms=rooms,
        own_house=conference.organisation_id,
        site_id=at_site or _site_of(session, conference.requirements) or conference.site_id,
        zone=zone,
    )
    search = Search(timedelta(minutes=conference.duration_minutes), window, zone, not_before=now, apart=APART)
    return Plan(needs, load_candidates(session, asked, window, now=now), search, asked)


def plan_move(
    session: Session, booking: Booking, until: date, *, now: datetime, around: Span | None = None
) -> Plan:
    """Lay out the search for another time of a booking with the people and the room it has.

    To decide one exact time, `around` spares what lies far from it.
    """
    window = _window(now, until, booking.zone)
    standing = participants.with_calendars(booking)
    needs = tuple(
        Need(str(p.person_id), p.person.name, (p.person_id,), optional=p.is_optional) for p in standing
    )
    rooms: frozenset[uuid.UUID] = frozenset()
    if booking.resource is not None:
        needs = (*needs, Need(ROOM_KEY, booking.resource.name, (booking.resource.id,)))
        rooms = frozenset({booking.resource.id})
    service, duty_lines = _cause_of(session, booking)
    site_id, on_site = _in_person(session, booking)
    asked = Asked(
        people=frozenset(p.person_id for p in standing),
        resources=rooms,
        present=frozenset(p.person_id for p in standing if p.serves == ASKING),
        service_id=service.id if service else None,
        duty_lines=duty_lines,
        case_ref=booking.case_ref,
        without_booking=booking.id,
        site_id=site_id,
        on_site=on_site,
        cap_per_day=service.cap_per_day if service else None,
        zone=booking.zone,
    )
    search = Search(
        booking.ends_at - booking.starts_at,
        window,
        booking.zone,
        not_before=now,
        buffer_before=timedelta(minutes=booking.buffer_before_minutes),
        buffer_after=timedelta(minutes=booking.buffer_after_minutes),
        apart=APART,
        preferred_hours=parse_hours(service.preferred_hours if service else ""),
    )
    return Plan(needs, load_candidates(session, asked, _near(around) or window, now=now), search, asked)


def plan_people(
    session: Session,
    people: Sequence[Person],
    length: timedelta,
    days: tuple[date, date],
    *,
    zone: str,
    now: datetime,
) -> Plan:
    """Lay out the search for times at which all of these people can be there."""
    first_on, last_on = days
    window = _window(max(now, clock.start_of_day(first_on, zone)), last_on, zone, "last_on")
    needs = tuple(Need(str(one.id), one.name, (one.id,)) for one in people)
    asked = Asked(people=frozenset(one.id for one in people), zone=zone)
    search = Search(length, window, zone, not_before=now, apart=APART)
    return Plan(needs, load_candidates(session, asked, window, now=now), search, asked)


def _cause_of(session: Session, booking: Booking) -> tuple[Service | None, frozenset[uuid.UUID]]:
    """Return the service and the duty lines a booking came from: their duties make people available."""
    from_consult = select(Service).join(Consult, Consult.service_id == Service.id)
    service = session.scalars(from_consult.where(Consult.booking_id == booking.id)).first()
    conference_id = session.scalar(select(Conference.id).where(Conference.booking_id == booking.id))
    owner = Requirement.conference_id == conference_id
    if service is not None:
        owner = Requirement.service_id == service.id
    lines = select(Requirement.duty_line_id).where(owner, Requirement.duty_line_id.is_not(None))
    return service, frozenset(line for line in session.scalars(lines) if line is not None)


def _in_person(session: Session, booking: Booking) -> tuple[uuid.UUID | None, frozenset[uuid.UUID]]:
    """Return where the booking takes place and who was asked to come there."""
    query = select(Claim.site_id, Claim.subject_id).where(
        Claim.booking_id == booking.id, Claim.site_id.is_not(None)
    )
    rows = session.execute(query).all()
    return (rows[0].site_id if rows else None), frozenset(row.subject_id for row in rows)


def _site_of(session: Session, requirements: Sequence[Requirement]) -> uuid.UUID | None:
    """Return where the room or device stands that is asked for by name."""
    ids = [requirement.resource_id for requirement in requirements if requirement.resource_id]
    return session.get_one(Resource, ids[0]).site_id if ids else None


def _window(now: datetime, last: date, zone: str, field: str = "reply_by_on") -> Span:
    if last > clock.local_day(now, zone) + timedelta(days=SEARCH_DAYS):
        raise Refusal(msg("Choose a day within %(days)s days.", days=SEARCH_DAYS), field=field)
    starts_at = clock.whole_minute(now)
    ends_at = clock.start_of_day(last + timedelta(days=1), zone)
    if ends_at <= starts_at:
        raise Refusal(msg("This day is over. Please choose a later one."), field=field)
    return Span(starts_at, ends_at)


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
    site_id: uuid.UUID | None = None,
    cap_per_day: int | None = None,
    counted_without: uuid.UUID | None = None,
    zone: str,
) -> Asked:
    asked_for = list(zip(requirements, needs, strict=False))
    resources = rooms.union(*(need.pool for r, need in asked_for if r.kind is RequirementKind.RESOURCE))
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
        site_id=site_id,
        on_site=frozenset(member for r, need in asked_for if r.is_on_site for member in need.pool)
        - resources,
        cap_per_day=cap_per_day,
        counted_without=counted_without,
        zone=zone,
    )


def _only_on_duty(needs: Sequence[Need], requirements: Sequence[Requirement]) -> frozenset[uuid.UUID]:
    """Return who is asked as the one on duty and in no other way."""
    on_duty: set[uuid.UUID] = set()
    otherwise: set[uuid.UUID] = set()
    for requirement, need in zip(requirements, needs, strict=False):
        wanted = on_duty if requirement.kind is RequirementKind.DUTY_LINE else otherwise
        wanted.update(need.pool)
    return frozenset(on_duty - otherwise)
