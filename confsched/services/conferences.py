"""Joint case conferences: planned once, a time found for everybody, everybody invited."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.bookings import ClaimState, check_times
from confsched.domain.explain import Explanation
from confsched.domain.intervals import Span
from confsched.domain.kinds import BookingKind, ConferenceState, RequirementKind
from confsched.domain.matching import Offer
from confsched.domain.permissions import Actor, Function, Permission
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, Forbidden, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.catalogue import Requirement, RequirementPerson
from confsched.models.conferences import Conference
from confsched.models.network import Department, Resource, Site
from confsched.models.people import Membership, Person
from confsched.services import access, audit, bookings, claims, idempotency, invitations
from confsched.services.bookings import Attendance, Meeting
from confsched.services.claims import Override
from confsched.services.matching import ROOM_KEY, Plan, plan_conference

MAX_TITLE = 120
MAX_REQUIREMENTS = 20
MAX_SEARCH_DAYS = 92
MAX_MINUTES = 480
SUGGESTIONS = 10
MIN_SEARCH_LETTERS = 3
PAGE_SIZE = 50


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
    wanted: tuple[Wanted, ...]
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
    conference.title = _checked_title(draft.title)
    conference.duration_minutes = _checked_duration(draft.duration_minutes)
    today = clock.local_day(now, actor.zone)
    conference.search_from_on, conference.search_until_on = _checked_search(draft, today)
    conference.join_link = _checked_link(draft.join_link)
    conference.resource_id = _checked_room(session, actor, draft.resource_id)
    conference.requirements = _requirements(session, draft.wanted)


def _checked_title(title: str) -> str:
    title = " ".join(title.split())
    if not title:
        raise Refusal(msg("Give the conference a title, without data of patients."), field="title")
    if len(title) > MAX_TITLE:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_TITLE), field="title")
    check_text(title, field="title")
    return title


def _checked_duration(minutes: int) -> int:
    if not 5 <= minutes <= MAX_MINUTES or minutes % 5:
        raise Refusal(
            msg("Choose a length from 5 to %(count)s minutes in steps of five.", count=MAX_MINUTES),
            field="duration_minutes",
        )
    return minutes


def _checked_search(draft: Draft, today: date) -> tuple[date, date]:
    if draft.search_from_on is None or draft.search_until_on is None:
        field = "search_from_on" if draft.search_from_on is None else "search_until_on"
        raise Refusal(msg("Choose a day."), field=field)
    if draft.search_until_on < draft.search_from_on:
        raise Refusal(
            msg("The last day must not be before the first. Choose a later one."), field="search_until_on"
        )
    if draft.search_until_on < today:
        raise Refusal(msg("This day is over. Please choose a later one."), field="search_until_on")
    if draft.search_until_on > today + timedelta(days=MAX_SEARCH_DAYS):
        raise Refusal(
            msg("Choose a day within %(days)s days.", days=MAX_SEARCH_DAYS), field="search_until_on"
        )
    return draft.search_from_on, draft.search_until_on


def _checked_link(link: str) -> str:
    link = link.strip()
    if link and (not link.startswith("https://") or len(link) > 400 or any(c.isspace() for c in link)):
        raise Refusal(msg("A join link starts with https:// and has no spaces."), field="join_link")
    return link


def _checked_room(session: Session, actor: Actor, resource_id: uuid.UUID | None) -> uuid.UUID | None:
    if resource_id is None:
        return None
    if resource_id not in {room.id for room in list_rooms(session, actor)}:
        raise Refusal(msg("Choose a room of your own sites."), field="resource_id")
    return resource_id


def _requirements(session: Session, wanted: Sequence[Wanted]) -> list[Requirement]:
    if not wanted:
        raise Refusal(msg("Say who has to be there: a discipline or a person."), field="wanted")
    if len(wanted) > MAX_REQUIREMENTS:
        raise Refusal(msg("At most %(count)s requirements.", count=MAX_REQUIREMENTS), field="wanted")
    return [_requirement(session, position, one) for position, one in enumerate(wanted)]


def _requirement(session: Session, position: int, one: Wanted) -> Requirement:
    if one.person_ids:
        _check_people(session, one)
        persons = [RequirementPerson(person_id=person_id) for person_id in sorted(set(one.person_ids))]
        return Requirement(
            position=position,
            kind=RequirementKind.PERSONS,
            persons=persons,
            count=one.count,
            is_optional=one.is_optional,
        )
    if one.discipline not in list_disciplines(session):
        raise Refusal(msg("Choose a discipline from the list."), field="wanted")
    return Requirement(
        position=position,
        kind=RequirementKind.DISCIPLINE,
        discipline=one.discipline,
        site_id=one.site_id,
        count=one.count,
        is_optional=one.is_optional,
    )


def _check_people(session: Session, one: Wanted) -> None:
    found = session.scalar(select(func.count()).where(Person.id.in_(one.person_ids))) or 0
    if found != len(set(one.person_ids)):
        raise Refusal(msg("One of these people is no longer in the network."), field="wanted")
    if not 1 <= one.count <= found:
        raise Refusal(msg("You ask for more people than you name."), field="wanted")


@dataclass(frozen=True)
class Offers:
    """Hold the offered times, the whole search for the bands, and the explanation."""

    offers: tuple[Offer, ...]
    plan: Plan
    explanation: Explanation


def offers(session: Session, conference: Conference, *, now: datetime) -> Offers:
    """Search the times at which every requirement can be met, best first."""
    search = plan_conference(session, conference, now=now)
    return Offers(search.offers(), search, search.explain())


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
    span = check_times(starts_at, ends_at, now=now, horizon_days=MAX_SEARCH_DAYS, notice_minutes=0)
    override = bookings.override_of(actor, override_reason)
    search = plan_conference(session, conference, now=now)
    offer = search.at(span)
    if offer is None and override is None:
        raise claims.Taken
    attendances = _attendances(search, offer)
    booking = bookings.create(session, actor, _meeting(conference, span), attendances, now=now)
    session.flush()
    _take(session, booking, override, now)
    conference.booking = booking
    conference.state = ConferenceState.INVITED
    invitations.announce(session, booking, invitations.before(None), now=now)
    audit.record(session, actor, "conference.invite", conference, now=now, detail=override_reason)
    return booking


def _take(session: Session, booking: Booking, override: Override | None, now: datetime) -> None:
    claims.take(
        session,
        bookings.takings(booking),
        now=now,
        state=ClaimState.FIRM,
        booking_id=booking.id,
        override=override,
    )


def _meeting(conference: Conference, span: Span) -> Meeting:
    return Meeting(
        kind=BookingKind.CONFERENCE,
        title=conference.title,
        span=span,
        zone=conference.site.zone,
        organisation_id=conference.organisation_id,
        join_link=conference.join_link,
        resource_id=conference.resource_id,
    )


def _attendances(search: Plan, offer: Offer | None) -> list[Attendance]:
    """Return who is invited: who the matching chose or, overruling, the first of each pool."""
    chosen = {
        need.key: offer.assignment.get(need.key, ()) if offer else need.pool[: need.count]
        for need in search.needs
        if need.key != ROOM_KEY
    }
    seen: set[uuid.UUID] = set()
    attendances = []
    for need in search.needs:
        for person_id in chosen.get(need.key, ()):
            if person_id not in seen:
                seen.add(person_id)
                attendances.append(Attendance(person_id, need.label, need.optional))
    return attendances


def withdraw(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> None:
    """Drop a plan to which nobody was invited."""
    if conference.booking is not None:
        raise Conflict(msg("Everybody is invited already. Call the meeting off instead."))
    conference.state = ConferenceState.CANCELLED
    audit.record(session, actor, "conference.withdraw", conference, now=now)


def list_conferences(session: Session, actor: Actor) -> list[Conference]:
    """Return planned conferences and invited ones that are not over, newest plan first."""
    query = (
        access.visible(actor, Conference)
        .where(Conference.state != ConferenceState.CANCELLED)
        .order_by(Conference.created_at.desc(), Conference.id)
        .limit(PAGE_SIZE)
    )
    return list(session.scalars(query))


def list_rooms(session: Session, actor: Actor) -> list[Resource]:
    """Return the rooms of the sites at which the actor works."""
    query = select(Resource).where(Resource.site_id.in_(actor.site_ids)).order_by(Resource.name, Resource.id)
    return list(session.scalars(query))


def list_disciplines(session: Session) -> list[str]:
    """Return the disciplines of the network's departments."""
    return list(session.scalars(select(Department.discipline).distinct().order_by(Department.discipline)))


def list_sites(session: Session) -> list[Site]:
    return list(session.scalars(select(Site).order_by(Site.name)))


def list_people(session: Session, ids: Iterable[uuid.UUID]) -> list[Person]:
    query = select(Person).where(Person.id.in_(list(ids))).order_by(Person.family_name, Person.id)
    return list(session.scalars(query))


def suggest_people(session: Session, text: str, *, now: datetime) -> list[Person]:
    """Return up to ten clinicians of the network whose family name begins so; three letters at least."""
    text = text.strip()
    if len(text) < MIN_SEARCH_LETTERS:
        return []
    today = now.date()
    query = (
        select(Person)
        .where(
            Person.family_name.istartswith(text, autoescape=True),
            Person.memberships.any(
                Membership.function.in_([Function.CONSULTANT, Function.REQUESTER, Function.COORDINATOR])
                & or_(Membership.valid_until.is_(None), Membership.valid_until > today)
            ),
        )
        .order_by(Person.family_name, Person.given_name, Person.id)
        .limit(SUGGESTIONS)
    )
    return list(session.scalars(query))
