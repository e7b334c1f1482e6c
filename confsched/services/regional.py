"""Regional conferences: one person fixes the time, invites guests and asks who has not answered."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.bookings import ClaimState, check_times
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import BookingKind, ConferenceKind, ConferenceState, Partstat
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.audit import AuditEvent
from confsched.models.bookings import Booking, Participation
from confsched.models.conferences import Conference
from confsched.models.network import Site
from confsched.services import (
    access,
    audit,
    bookings,
    claims,
    conference_checks,
    conference_steps,
    guest_invitations,
    idempotency,
    invitations,
    participants,
    partners,
)
from confsched.services.bookings import Attendance, Meeting
from confsched.services.findings import Findings
from confsched.services.notices import notify

HORIZON_DAYS = 400
PAGE_SIZE = 50
REMIND_AGAIN_AFTER = timedelta(hours=24)
REMINDER = "participation.remind"
ORGANISES = ""  # pages say so in the language of their reader


@dataclass(frozen=True)
class Draft:
    """Hold what was typed; `starts_at` None where day or time are missing."""

    title: str
    starts_at: datetime | None
    duration_minutes: int
    join_link: str = ""
    resource_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Listing:
    """Hold one page of regional conferences, and how many there are."""

    items: list[Conference]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def create(session: Session, actor: Actor, draft: Draft, *, now: datetime, key: str) -> Conference:
    """Fix a regional conference to a time, organised by the actor; guests are invited afterwards.

    The same key returns the first one. Raises Unfit with all that is wrong, Conflict where the actor or the
    room is taken.
    """
    known = idempotency.find_result(session, actor, "regional", key)
    if known is not None:
        return get(session, actor, known)
    span, join_link = _checked(session, actor, draft, now)
    house = partners.house_of(actor)
    site = session.get_one(Site, _site_id(actor, house))
    conference = _conference(actor, site, draft, span, join_link, now)
    session.add(conference)
    session.flush()
    _book(session, actor, conference, site, span, now)
    idempotency.remember(session, actor, "regional", key, conference.id, now=now)
    return conference


def _checked(session: Session, actor: Actor, draft: Draft, now: datetime) -> tuple[Span, str]:
    found = Findings()
    found.keep(conference_checks.checked_title, draft.title)
    minutes = found.keep(conference_checks.checked_duration, draft.duration_minutes)
    link = found.keep(conference_checks.checked_link, draft.join_link)
    found.keep(conference_checks.checked_room, session, actor, draft.resource_id)
    span = found.keep(_checked_span, draft.starts_at, minutes or 60, now)
    found.raise_all()
    assert span is not None and link is not None, "what is missing was refused"
    return span, link


def _checked_span(starts_at: datetime | None, minutes: int, now: datetime) -> Span:
    if starts_at is None:
        raise Refusal(msg("Choose a day and a time."), field="day")
    try:
        ends_at = starts_at + timedelta(minutes=minutes)
        return check_times(starts_at, ends_at, now=now, horizon_days=HORIZON_DAYS, notice_minutes=0)
    except Refusal as refusal:
        raise Refusal(refusal.message, field="day") from refusal


def _site_id(actor: Actor, house: uuid.UUID) -> uuid.UUID:
    return next(seat.site_id for seat in actor.seats if seat.organisation_id == house)


def _conference(
    actor: Actor, site: Site, draft: Draft, span: Span, join_link: str, now: datetime
) -> Conference:
    day = clock.local_day(span.starts_at, site.zone)
    return Conference(
        title=" ".join(draft.title.split()),
        kind=ConferenceKind.REGIONAL_CONFERENCE,
        duration_minutes=draft.duration_minutes,
        search_from_on=day,
        search_until_on=day,
        join_link=join_link,
        resource_id=draft.resource_id,
        site_id=site.id,
        organisation_id=site.organisation_id,
        organiser_id=actor.person_id,
        state=ConferenceState.PLANNED,
        created_at=now,
    )


def _book(
    session: Session, actor: Actor, conference: Conference, site: Site, span: Span, now: datetime
) -> None:
    meeting = Meeting(
        kind=BookingKind.CONFERENCE,
        title=conference.title,
        span=span,
        zone=site.zone,
        organisation_id=conference.organisation_id,
        join_link=conference.join_link,
        resource_id=conference.resource_id,
    )
    own = Attendance(actor.person_id, ORGANISES, organisation_id=conference.organisation_id)
    booking = bookings.create(session, actor, meeting, [own], now=now)
    session.flush()
    try:
        takings = bookings.takings(booking)
        claims.take(session, takings, now=now, state=ClaimState.FIRM, booking_id=booking.id)
    except claims.Taken as taken:
        raise Conflict(msg("You or the room are taken at this time. Choose another."), field="day") from taken
    conference.booking = booking
    conference_steps.enter(session, actor, conference, ConferenceState.REGISTRATION_OPEN, now=now)
    invitations.announce(session, booking, invitations.before(None), now=now)


def get(session: Session, actor: Actor, conference_id: uuid.UUID) -> Conference:
    """Return a regional conference that the actor runs, for reading; raises NotFound for any other."""
    query = (
        access.visible(actor, Conference, to="change")
        .where(Conference.id == conference_id, Conference.kind == ConferenceKind.REGIONAL_CONFERENCE)
        .options(
            joinedload(Conference.booking)
            .selectinload(Booking.participations)
            .joinedload(Participation.person)
        )
    )
    conference = session.scalars(query).one_or_none()
    if conference is None:
        raise NotFound
    return conference


def get_for_change(session: Session, actor: Actor, conference_id: uuid.UUID) -> Conference:
    """Return a regional conference that the actor runs, locked: changes come one after the other."""
    conference = access.get_conference(session, actor, conference_id, to="change")
    if conference.kind is not ConferenceKind.REGIONAL_CONFERENCE:
        raise NotFound
    return conference


def list_conferences(session: Session, actor: Actor, *, page: int = 1) -> Listing:
    """Return a page of the regional conferences that the actor runs, the latest first."""
    query = access.visible(actor, Conference, to="change").where(
        Conference.kind == ConferenceKind.REGIONAL_CONFERENCE
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = max(1, page)
    rows = (
        query.outerjoin(Booking, Booking.id == Conference.booking_id)
        .options(joinedload(Conference.booking).selectinload(Booking.participations))
        .order_by(Booking.starts_at.desc(), Conference.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Listing(list(session.scalars(rows)), total, page)


def remind(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> list[Participation]:
    """Ask everybody who has not answered once more, each at most once a day; returns whom.

    Pressed twice it sends nothing more, and raises Conflict that says so.
    """
    booking = guest_invitations.open_booking(conference, now)
    if not list_unanswered(conference):
        raise Conflict(msg("Everybody has answered."))
    late = list_to_ask(session, conference, now=now)
    if not late:
        raise Conflict(msg("Everybody who has not answered was asked within the last day."))
    for part in late:
        _ask(session, actor, conference, booking, part, now)
    return late


def list_unanswered(conference: Conference) -> list[Participation]:
    """Return who has not said whether they come."""
    seats = guest_invitations.list_seats(conference)
    return [part for part in seats if part.partstat is Partstat.NEEDS_ACTION]


def list_to_ask(session: Session, conference: Conference, *, now: datetime) -> list[Participation]:
    """Return who has not answered, and was neither invited nor asked within the last day."""
    unanswered = list_unanswered(conference)
    asked_lately = _asked_lately(session, unanswered, now)
    return [part for part in unanswered if part.id not in asked_lately]


def _asked_lately(session: Session, parts: list[Participation], now: datetime) -> set[uuid.UUID]:
    """Return whose invitation or reminder is younger than a day."""
    since = now - REMIND_AGAIN_AFTER
    query = select(AuditEvent.object_id).where(
        AuditEvent.action == REMINDER,
        AuditEvent.object_id.in_([part.id for part in parts]),
        AuditEvent.at > since,
    )
    reminded = {object_id for object_id in session.scalars(query) if object_id is not None}
    return reminded | {part.id for part in parts if part.invited_at > since}


def _ask(
    session: Session,
    actor: Actor,
    conference: Conference,
    booking: Booking,
    part: Participation,
    now: datetime,
) -> None:
    notify(
        session,
        Kind.CONFERENCE_NEWS,
        part.person,
        organisation_id=conference.organisation_id,
        heading=msg("Will you come? %(title)s", title=conference.title),
        lines=[
            msg("When: %(when)s", when=Span(booking.starts_at, booking.ends_at)),
            msg("Please answer by the link, or send somebody in your place."),
        ],
        path=participants.way_of(part),
        now=now,
    )
    audit.record(session, actor, REMINDER, part, now=now)
