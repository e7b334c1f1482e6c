"""Joint case conferences: planned once, a time found for everybody, everybody invited."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.availability import State
from confsched.domain.bookings import ClaimState, check_times
from confsched.domain.explain import Explanation
from confsched.domain.intervals import Span
from confsched.domain.kinds import BookingKind, ConferenceState, RequirementKind
from confsched.domain.matching import Candidate, Offer, find_slots
from confsched.domain.permissions import Actor, Permission
from confsched.errors import Conflict, Forbidden, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.catalogue import Requirement, RequirementPerson, RequirementSite
from confsched.models.conferences import Conference
from confsched.models.network import Site
from confsched.models.people import Person
from confsched.models.questions import AvailabilityQuestion
from confsched.services import (
    access,
    audit,
    bookings,
    claims,
    conference_steps,
    directory,
    idempotency,
    invitations,
)
from confsched.services.bookings import Attendance, Meeting
from confsched.services.claims import Override
from confsched.services.conference_checks import checked_duration, checked_link, checked_room, checked_title
from confsched.services.explanations import explain_conference
from confsched.services.findings import Findings
from confsched.services.matching import Plan, plan_conference

MAX_REQUIREMENTS = 20
MAX_SEARCH_DAYS = 92
MAX_COUNT = 20
PAGE_SIZE = 50
MAX_SERVES = 120
WANTED = "wanted"
# Whom to invite when a conflict is overruled: the free first, the busy last.
_RELUCTANCE = (State.FREE, State.UNKNOWN, State.BUSY)


@dataclass(frozen=True)
class Wanted:
    """Ask for `count` of a pool: a discipline (at one site or any), or named people."""

    discipline: str = ""
    site_id: uuid.UUID | None = None
    person_ids: tuple[uuid.UUID, ...] = ()
    count: int = 1
    is_optional: bool = False


@dataclass(frozen=True)
class Draft:
    """Hold what the organiser typed."""

    title: str
    duration_minutes: int
    search_from_on: date | None
    search_until_on: date | None
    wanted: tuple[Wanted, ...] | None  # None: as they stand on record
    resource_id: uuid.UUID | None = None
    join_link: str = ""


def plan(session: Session, actor: Actor, draft: Draft, *, now: datetime, key: str) -> Conference:
    """Record a conference to find a time for; the same key returns the first one."""
    known = idempotency.find_result(session, actor, "conference", key)
    if known is not None:
        return access.get_conference(session, actor, known)
    if not actor.may(Permission.PLAN_CONFERENCE):
        raise Forbidden(msg("Your function does not include planning conferences. Ask your secretariat."))
    conference = Conference(
        organiser_id=actor.person_id,
        organisation_id=actor.organisation_id,
        site_id=actor.site_id,
        state=ConferenceState.PLANNED,
        created_at=now,
        booking_id=None,
    )
    _apply(session, actor, conference, draft, now)
    session.add(conference)
    session.flush()
    idempotency.remember(session, actor, "conference", key, conference.id, now=now)
    audit.record(session, actor, "conference.plan", conference, now=now)
    return conference


def change(session: Session, actor: Actor, conference: Conference, draft: Draft, *, now: datetime) -> None:
    """Change what is looked for, as long as nobody is invited."""
    if conference.state is not ConferenceState.PLANNED:
        raise Conflict(msg("Everybody is invited already. Move the meeting instead."))
    _apply(session, actor, conference, draft, now)
    audit.record(session, actor, "conference.change", conference, now=now)


def _apply(session: Session, actor: Actor, conference: Conference, draft: Draft, now: datetime) -> None:
    """Write the draft into the conference; raises Unfit with all that is wrong with it."""
    found, today = Findings(), clock.local_day(now, actor.zone)
    title = found.keep(checked_title, draft.title)
    minutes = found.keep(checked_duration, draft.duration_minutes)
    search = found.keep(_checked_search, draft, today)
    link = found.keep(checked_link, draft.join_link)
    resource_id = found.keep(checked_room, session, actor, draft.resource_id)
    wanted = None if draft.wanted is None else found.keep(_requirements, session, draft.wanted)
    found.raise_all()
    assert title and minutes and search and link is not None, "what is missing was refused"
    conference.title, conference.duration_minutes = title, minutes
    conference.search_from_on, conference.search_until_on = search
    conference.join_link, conference.resource_id = link, resource_id
    if wanted is not None:
        conference.requirements = wanted


def _checked_search(draft: Draft, today: date) -> tuple[date, date]:
    if draft.search_from_on is None or draft.search_until_on is None:
        field = "search_from_on" if draft.search_from_on is None else "search_until_on"
        raise Refusal(msg("Choose a day."), field=field)
    if draft.search_until_on < draft.search_from_on:
        raise Refusal(
            msg("The last day must not be before the first. Choose a later one."), field="search_until_on"
        )
    if draft.search_from_on < today - timedelta(days=MAX_SEARCH_DAYS):
        raise Refusal(msg("This day is over. Please choose a later one."), field="search_from_on")
    if draft.search_until_on < today:
        raise Refusal(msg("This day is over. Please choose a later one."), field="search_until_on")
    if draft.search_until_on > today + timedelta(days=MAX_SEARCH_DAYS):
        raise Refusal(
            msg("Choose a day within %(days)s days.", days=MAX_SEARCH_DAYS), field="search_until_on"
        )
    return draft.search_from_on, draft.search_until_on


def _requirements(session: Session, wanted: Sequence[Wanted]) -> list[Requirement]:
    if not wanted:
        raise Refusal(msg("Say who has to be there: a discipline or a person."), field=WANTED)
    if len(wanted) > MAX_REQUIREMENTS:
        raise Refusal(msg("At most %(count)s requirements.", count=MAX_REQUIREMENTS), field=WANTED)
    found = Findings()
    rows = [found.keep(_requirement, session, position, one) for position, one in enumerate(wanted)]
    found.raise_all()
    return [row for row in rows if row is not None]


def _requirement(session: Session, position: int, one: Wanted) -> Requirement:
    if one.person_ids:
        _check_people(session, position, one)
        persons = [RequirementPerson(person_id=person_id) for person_id in sorted(set(one.person_ids))]
        return Requirement(
            position=position,
            kind=RequirementKind.PERSONS,
            persons=persons,
            count=one.count,
            is_optional=one.is_optional,
        )
    _check_discipline(session, position, one)
    return Requirement(
        position=position,
        kind=RequirementKind.DISCIPLINE,
        discipline=one.discipline,
        sites=[RequirementSite(site_id=one.site_id)] if one.site_id else [],
        count=one.count,
        is_optional=one.is_optional,
    )


def _check_discipline(session: Session, position: int, one: Wanted) -> None:
    if one.discipline not in directory.list_disciplines(session):
        raise Refusal(msg("Choose a discipline from the list."), field=wanted_field(position))
    if one.site_id is not None and session.get(Site, one.site_id) is None:
        raise Refusal(msg("Choose a site from the list."), field=wanted_field(position))
    if not 1 <= one.count <= MAX_COUNT:
        raise Refusal(msg("Ask for 1 to %(count)s people.", count=MAX_COUNT), field=wanted_field(position))


def _check_people(session: Session, position: int, one: Wanted) -> None:
    of_network = (Person.id.in_(one.person_ids), Person.memberships.any())
    found = session.scalar(select(func.count()).select_from(Person).where(*of_network)) or 0
    if found != len(set(one.person_ids)):
        raise Refusal(
            msg("One of these people is no longer in the network. Choose again."),
            field=wanted_field(position),
        )
    if not 1 <= one.count <= found:
        raise Refusal(
            msg("Ask for at least one, and for no more people than you name."), field=wanted_field(position)
        )


def wanted_field(position: int) -> str:
    """Return the field that a refusal of one requirement names: its place in the draft."""
    return f"{WANTED}-{position}"


@dataclass(frozen=True)
class Offers:
    """Hold the offered times, the whole search for the bands, and the explanation."""

    offers: tuple[Offer, ...]
    plan: Plan
    explanation: Explanation

    def on(self, day: date) -> tuple[Offer, ...]:
        """Return the best times of one local day, also of a day that the best times of all left out."""
        ready = self.plan.on_day(day)
        if ready is None:
            return ()
        return find_slots(ready.needs, ready.candidates, ready.search, ready.board)


def offers(session: Session, conference: Conference, *, now: datetime) -> Offers:
    """Search the times at which every requirement can be met, best first."""
    search = plan_conference(session, conference, now=now)
    return Offers(search.offers(), search, explain_conference(session, conference, search, now=now))


def invite(
    session: Session,
    actor: Actor,
    conference: Conference,
    starts_at: datetime,
    *,
    now: datetime,
    override_reason: str = "",
) -> Booking:
    """Book the time, take everybody and the room, invite them; repeated, return the first booking."""
    if conference.booking is not None:
        return conference.booking
    if conference.state is not ConferenceState.PLANNED:
        raise Conflict(msg("This conference has been called off. Plan a new one."))
    ends_at = starts_at + timedelta(minutes=conference.duration_minutes)
    span = check_times(starts_at, ends_at, now=now, horizon_days=MAX_SEARCH_DAYS + 1, notice_minutes=0)
    override = bookings.override_of(actor, override_reason)
    search = plan_conference(session, conference, now=now)
    offer = search.at(span)
    if offer is None and override is None:
        raise claims.Taken
    chosen = offer.assignment if offer else _overruling(search, span)
    meeting = _meeting(conference, span, _room(conference, search, chosen))
    booking = bookings.create(session, actor, meeting, _attendances(search, chosen), now=now)
    session.flush()
    _take(session, booking, search, override, now)
    conference.booking = booking
    conference_steps.enter(
        session, actor, conference, ConferenceState.REGISTRATION_OPEN, now=now, reason=override_reason
    )
    invitations.announce(session, booking, invitations.before(None), now=now)
    return booking


def _room(
    conference: Conference, search: Plan, chosen: Mapping[str, tuple[uuid.UUID, ...]]
) -> uuid.UUID | None:
    """Return the room of the conference, or the room or device that meets a requirement."""
    taken = (one for team in chosen.values() for one in team if one in search.asked.resources)
    return conference.resource_id or next(taken, None)


def _take(session: Session, booking: Booking, search: Plan, override: Override | None, now: datetime) -> None:
    site_id = search.asked.site_id
    places = dict.fromkeys(search.asked.on_site, site_id) if site_id else {}
    claims.take(
        session,
        bookings.takings(booking, places),
        now=now,
        state=ClaimState.FIRM,
        booking_id=booking.id,
        override=override,
    )


def _meeting(conference: Conference, span: Span, resource_id: uuid.UUID | None) -> Meeting:
    return Meeting(
        kind=BookingKind.CONFERENCE,
        title=conference.title,
        span=span,
        zone=conference.site.zone,
        organisation_id=conference.organisation_id,
        join_link=conference.join_link,
        resource_id=resource_id,
    )


def _overruling(search: Plan, span: Span) -> dict[str, tuple[uuid.UUID, ...]]:
    """Choose whom to invite although not all are free: free people first, for optional needs only them."""
    chosen: dict[str, tuple[uuid.UUID, ...]] = {}
    left = set(search.candidates)
    for need in sorted(search.needs, key=lambda need: need.optional):
        states = {
            person: _state_in(search.candidates[person], span) for person in need.pool if person in left
        }
        team = sorted(states, key=lambda one: _RELUCTANCE.index(states[one]))[: need.count]
        if need.optional and (len(team) < need.count or any(states[one] is not State.FREE for one in team)):
            continue
        chosen[need.key] = tuple(team)
        left -= set(team)
    return chosen


def _state_in(candidate: Candidate, span: Span) -> State:
    """Return the worst state of the time; what lies outside the search is unknown."""
    states = [part.state for part in candidate.availability.stretches if part.span.overlaps(span)]
    return max(states, key=_RELUCTANCE.index, default=State.UNKNOWN)


def _attendances(search: Plan, chosen: Mapping[str, tuple[uuid.UUID, ...]]) -> list[Attendance]:
    """Return who is invited, each once."""
    attendances: dict[uuid.UUID, Attendance] = {}
    # Somebody who meets two requirements comes for the one that needs them.
    for need in sorted(search.needs, key=lambda need: need.optional):
        for person_id in chosen.get(need.key, ()):
            if person_id not in search.asked.resources:
                attendance = Attendance(person_id, need.label[:MAX_SERVES], need.optional)
                attendances.setdefault(person_id, attendance)
    if not attendances:
        raise Refusal(msg("There is nobody to invite. Change who has to be there."))
    return list(attendances.values())


def withdraw(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> None:
    """Drop a plan to which nobody was invited; twice is once."""
    if conference.booking is not None:
        raise Conflict(msg("Everybody is invited already. Call the meeting off instead."))
    if conference.state is ConferenceState.CANCELLED:
        return
    conference_steps.enter(session, actor, conference, ConferenceState.CANCELLED, now=now)


def list_plans(session: Session, actor: Actor) -> list[Conference]:
    """Return the conferences that still wait for a time, newest first."""
    query = (
        access.visible(actor, Conference)
        .where(Conference.state == ConferenceState.PLANNED)
        .order_by(Conference.created_at.desc(), Conference.id)
        .limit(PAGE_SIZE)
    )
    return list(session.scalars(query))


def list_questions(session: Session, conference: Conference) -> list[AvailabilityQuestion]:
    """Return what people of unknown time were asked for a conference, the latest first."""
    query = (
        select(AvailabilityQuestion)
        .where(
            AvailabilityQuestion.conference_id == conference.id, AvailabilityQuestion.withdrawn_at.is_(None)
        )
        .options(joinedload(AvailabilityQuestion.person))
        .order_by(AvailabilityQuestion.asked_at.desc(), AvailabilityQuestion.id)
        .limit(PAGE_SIZE)
    )
    return list(session.scalars(query))
