"""Bookings: made, moved and called off, with their claims and messages in the same transaction."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from confsched import clock
from confsched.domain.bookings import (
    BookingState,
    ClaimState,
    check_times,
    claim_span,
    may_cancel,
    may_move,
)
from confsched.domain.explain import Explanation
from confsched.domain.intervals import Span
from confsched.domain.invites import uid_for
from confsched.domain.kinds import BookingKind, ConferenceState, ConsultState, Partstat, SubjectKind
from confsched.domain.matching import Offer
from confsched.domain.permissions import Actor, Permission
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.bookings import Booking, Cancellation, Participation
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.models.people import Person
from confsched.services import (
    access,
    audit,
    claims,
    conference_steps,
    consult_steps,
    invitations,
    participants,
    reminders,
    series_invitations,
    short_notice,
)
from confsched.services.claims import Override, Taking
from confsched.services.matching import Plan, plan_move

UID_DOMAIN = "confsched"
MOVE_HORIZON_DAYS = 92
MAX_REASON = 200


@dataclass(frozen=True)
class Attendance:
    """Say who takes part, for which house and requirement."""

    person_id: uuid.UUID
    serves: str
    is_optional: bool = False
    # For rotation doctors, who belong to several; without it the first house counts.
    organisation_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Meeting:
    """Hold what a new booking is to be."""

    kind: BookingKind
    title: str
    span: Span
    zone: str
    organisation_id: uuid.UUID
    case_ref: str | None = None
    join_link: str = ""
    resource_id: uuid.UUID | None = None
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0


def create(
    session: Session, actor: Actor, meeting: Meeting, attendances: Sequence[Attendance], *, now: datetime
) -> Booking:
    """Write the booking and its people; the caller claims their time and announces it."""
    booking = booking_of(actor, meeting, participations_of(session, actor, attendances, now), now=now)
    session.add(booking)
    audit.record(session, actor, "booking.create", booking, now=now)
    return booking


def booking_of(
    actor: Actor, meeting: Meeting, participations: list[Participation], *, now: datetime
) -> Booking:
    """Return a booking that is on no record yet."""
    booking_id = uuid.uuid4()
    return Booking(
        id=booking_id,
        kind=meeting.kind,
        state=BookingState.BOOKED,
        uid=uid_for(booking_id, UID_DOMAIN),
        sequence=0,
        revision=1,
        title=meeting.title,
        case_ref=meeting.case_ref,
        starts_at=meeting.span.starts_at,
        ends_at=meeting.span.ends_at,
        zone=meeting.zone,
        buffer_before_minutes=meeting.buffer_before_minutes,
        buffer_after_minutes=meeting.buffer_after_minutes,
        join_link=meeting.join_link,
        resource_id=meeting.resource_id,
        organiser_id=actor.person_id,
        organisation_id=meeting.organisation_id,
        created_at=now,
        revised_at=now,
        participations=participations,
    )


def participations_of(
    session: Session, actor: Actor, attendances: Sequence[Attendance], now: datetime
) -> list[Participation]:
    """Return how people take part in a booking, from now on."""
    ids = [attendance.person_id for attendance in attendances]
    query = select(Person).where(Person.id.in_(ids)).options(selectinload(Person.memberships))
    people = {person.id: person for person in session.scalars(query)}
    today = clock.local_day(now, actor.zone)
    return [
        Participation(
            person=people[attendance.person_id],
            organisation_id=_house_of(people[attendance.person_id], attendance, today),
            position=position,
            serves=attendance.serves,
            is_optional=attendance.is_optional,
            partstat=Partstat.ACCEPTED if attendance.person_id == actor.person_id else Partstat.NEEDS_ACTION,
            invited_at=now,
            removed_at=None,
        )
        for position, attendance in enumerate(attendances)
    ]


def _house_of(person: Person, attendance: Attendance, today: date) -> uuid.UUID:
    """Return the house a person takes part for: the one they are asked for, as long as they work there.

    A guest takes part for the house that invites them.
    """
    if participants.is_guest(person):
        assert attendance.organisation_id is not None, "who works nowhere is the guest of a house"
        return attendance.organisation_id
    now_held = [
        membership.organisation_id
        for membership in person.memberships
        if membership.valid_from <= today
        and (membership.valid_until is None or membership.valid_until > today)
    ]
    if attendance.organisation_id in now_held:
        return attendance.organisation_id
    return now_held[0] if now_held else person.memberships[-1].organisation_id


def takings(booking: Booking, places: Mapping[uuid.UUID, uuid.UUID] | None = None) -> list[Taking]:
    """Return what a booking takes: its people but guests with buffers, some at places, its room without."""
    span = Span(booking.starts_at, booking.ends_at)
    wide = claim_span(span, booking.buffer_before_minutes, booking.buffer_after_minutes)
    people = [
        Taking(p.person_id, SubjectKind.PERSON, wide, (places or {}).get(p.person_id))
        for p in participants.with_calendars(booking)
    ]
    room = [Taking(booking.resource_id, SubjectKind.RESOURCE, span)] if booking.resource_id else []
    return people + room


def new_join_link(base: str) -> str:
    """Return the address of an own video room that nobody can guess, or nothing without a video service."""
    return f"{base.rstrip('/')}/{secrets.token_urlsafe(12)}" if base else ""


def move_plan(session: Session, booking: Booking, *, now: datetime, around: Span | None = None) -> Plan:
    """Lay out the search for another time with the same people."""
    until = clock.local_day(now, booking.zone) + timedelta(days=MOVE_HORIZON_DAYS)
    return plan_move(session, booking, until, now=now, around=around)


@dataclass(frozen=True)
class MoveOffers:
    """Hold other times at which the people of a meeting can be there."""

    offers: tuple[Offer, ...]
    plan: Plan
    explanation: Explanation


def move_offers(session: Session, booking: Booking, *, now: datetime) -> MoveOffers:
    """Search other times for a meeting, best first."""
    plan = move_plan(session, booking, now=now)
    return MoveOffers(plan.offers(), plan, plan.explain())


def may_change(session: Session, actor: Actor, booking: Booking) -> bool:
    """Tell whether the actor may move or cancel the meeting."""
    query = access.visible(actor, Booking, to="change").where(Booking.id == booking.id)
    return session.scalar(select(query.exists())) or False


def move(
    session: Session,
    actor: Actor,
    booking: Booking,
    starts_at: datetime,
    *,
    now: datetime,
    override_reason: str = "",
    reason: str = "",
) -> Booking:
    """Give a booking another time and tell everybody; moving to the time it has changes nothing.

    Without a reason to override, everybody must be free then; with one, overlaps stand and are shown. Whoever
    asked for a consult that begins within the notice of its service gives the `reason` as well.
    """
    if starts_at == booking.starts_at:
        return booking
    span = _checked_move(booking, starts_at, now)
    override = override_of(actor, override_reason)
    short, reason = _short_notice(session, actor, booking, reason, "short_reason", now)
    series_invitations.lock(session, booking)
    claims.line_up(session, [taking.subject_id for taking in takings(booking)])
    if override is None and move_plan(session, booking, now=now, around=span).at(span) is None:
        raise claims.Taken
    was, places = invitations.before(booking), claims.places_in(session, booking.id)
    claims.release_booking(session, booking.id)
    booking.starts_at, booking.ends_at = span.starts_at, span.ends_at
    reminders.forget(booking)
    series_invitations.leave_if_out_of_place(session, booking)
    claims.take(
        session,
        takings(booking, places),
        now=now,
        state=ClaimState.FIRM,
        booking_id=booking.id,
        override=override,
    )
    invitations.announce(session, booking, was, now=now)
    audit.record(session, actor, "booking.move", booking, now=now, detail=override_reason)
    if short is not None:
        consult_steps.record_step(session, actor, short, now=now, reason=reason)
        short_notice.tell(session, short, reason, msg("A teleconsult was moved at short notice"), now=now)
    return booking


def _checked_move(booking: Booking, starts_at: datetime, now: datetime) -> Span:
    if not may_move(booking.state) or booking.starts_at <= now:
        raise Conflict(msg("This meeting has been called off or is over. Book a new one."))
    ends_at = starts_at + (booking.ends_at - booking.starts_at)
    return check_times(starts_at, ends_at, now=now, horizon_days=MOVE_HORIZON_DAYS, notice_minutes=0)


def _short_notice(
    session: Session, actor: Actor, booking: Booking, reason: str, field: str, now: datetime
) -> tuple[Consult | None, str]:
    """Return the consult whose notice the change does not keep, and the reason that it then has to have."""
    reason = checked_reason(reason, field=field)
    short = short_notice.find_short(session, actor, booking, now=now)
    short_notice.check(short, reason, field=field)
    return short, reason


def override_of(actor: Actor, reason: str) -> Override | None:
    """Return the override a reason stands for, or None without one; raises Refusal for who may not."""
    reason = reason.strip()
    if not reason:
        return None
    if not actor.may(Permission.OVERRIDE_CONFLICT):
        raise Refusal(
            msg("Only the secretariat or a consultant may overrule a conflict. Choose a free time."),
            field="override_reason",
        )
    return Override(actor.person_id, checked_reason(reason, field="override_reason"))


def checked_reason(reason: str, *, field: str) -> str:
    """Return a reason that others may read, or refuse one that is too long or names a patient."""
    reason = reason.strip()
    if len(reason) > MAX_REASON:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_REASON), field=field)
    check_text(reason, field=field)
    return reason


def cancel(session: Session, actor: Actor, booking: Booking, *, now: datetime, reason: str = "") -> Booking:
    """Call a booking off, give everybody's time back and tell them; twice is the same as once.

    Whoever asked for a consult that begins within the notice of its service has to give the reason.
    """
    if booking.state is BookingState.CANCELLED:
        return booking
    if not may_cancel(booking.state, booking.starts_at, now):
        raise Conflict(msg("This meeting has begun or is over. It can no longer be called off."))
    short, reason = _short_notice(session, actor, booking, reason, "reason", now)
    was = invitations.before(booking)
    booking.state = BookingState.CANCELLED
    booking.cancellation = Cancellation(person_id=actor.person_id, cancelled_at=now, reason=reason)
    claims.release_booking(session, booking.id)
    _close_cause(session, actor, booking, reason, now)
    invitations.announce(session, booking, was, now=now, reason=reason)
    audit.record(session, actor, "booking.cancel", booking, now=now)
    short_notice.tell(session, short, reason, msg("A teleconsult was called off at short notice"), now=now)
    return booking


def _close_cause(session: Session, actor: Actor, booking: Booking, reason: str, now: datetime) -> None:
    for consult in session.scalars(select(Consult).where(Consult.booking_id == booking.id)):
        consult_steps.enter(session, actor, consult, ConsultState.CANCELLED, now=now, reason=reason)
    conference = session.scalars(select(Conference).where(Conference.booking_id == booking.id)).one_or_none()
    # One that was merged with another date has its state already.
    if conference is not None and conference.state is not ConferenceState.MERGED:
        conference_steps.enter(session, actor, conference, ConferenceState.CANCELLED, now=now, reason=reason)


def reply(
    session: Session,
    actor: Actor,
    booking: Booking,
    partstat: Partstat,
    *,
    now: datetime,
    seen_sequence: int | None = None,
) -> Participation:
    """Record the actor's own reply; who declines gives their time back, who accepts again takes it again.

    `seen_sequence` is the SEQUENCE that the actor answers to: a yes to the old time is no yes to the new one.
    """
    # A move or a cancellation at the same moment must come wholly before or wholly after.
    session.refresh(booking, with_for_update=True)
    mine = own_participation(booking, actor)
    if mine is None:
        raise NotFound
    _check_reply(booking, seen_sequence, now)
    if mine.partstat is partstat:
        return mine
    if partstat is Partstat.DECLINED:
        claims.release_booking(session, booking.id, subject_id=actor.person_id)
    elif mine.partstat is Partstat.DECLINED:
        own = [taking for taking in takings(booking) if taking.subject_id == actor.person_id]
        claims.take(session, own, now=now, state=ClaimState.FIRM, booking_id=booking.id)
    mine.partstat = partstat
    # Feeds show a reply, and their readers believe no change without a later date.
    booking.revision, booking.revised_at = booking.revision + 1, now
    audit.record(session, actor, "booking.reply", booking, now=now, detail=partstat.value)
    return mine


def _check_reply(booking: Booking, seen_sequence: int | None, now: datetime) -> None:
    if booking.state is BookingState.CANCELLED or booking.ends_at <= now:
        raise Conflict(msg("This meeting has been called off or is over. Book a new one."))
    if seen_sequence not in (None, booking.sequence):
        raise Conflict(msg("This meeting has changed meanwhile. Look at its time and reply once more."))


def own_participation(booking: Booking, actor: Actor) -> Participation | None:
    """Return how the actor takes part now, if they do."""
    return next((p for p in people_of(booking) if p.person_id == actor.person_id), None)


def place_of(booking: Booking) -> str:
    """Return where the meeting is held, or nothing for video only."""
    return invitations.place_of(booking)


def people_of(booking: Booking) -> Iterable[Participation]:
    """Return who takes part now."""
    return [p for p in booking.participations if p.removed_at is None]
