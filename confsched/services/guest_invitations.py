"""Guests at a conference: asked by the house that runs it, told by mail, without calendar or claims."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.bookings import BookingState
from confsched.domain.kinds import Partstat
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.bookings import Booking, Participation
from confsched.models.conferences import Conference
from confsched.models.guests import ConferenceText, Guest
from confsched.models.outbox import OutboxMessage
from confsched.services import access, audit, bookings, conference_texts, invitations
from confsched.services.bookings import Attendance
from confsched.services.invitation_rows import Before

MAX_PEOPLE = 200  # of one conference
MAX_SERVES = 120


def invite(
    session: Session, actor: Actor, conference: Conference, guest_ids: Sequence[uuid.UUID], *, now: datetime
) -> list[Participation]:
    """Invite guests of the house to a conference; who is invited already stays as they are.

    The caller has loaded the conference for changing. Raises NotFound for a guest of another house.
    """
    booking = open_booking(conference, now)
    guests = _guests(session, actor, conference, guest_ids)
    standing = {p.person_id for p in booking.participations if p.removed_at is None}
    new = [guest for guest in guests if guest.person_id not in standing]
    if len(standing) + len(new) > MAX_PEOPLE:
        raise Refusal(msg("At most %(count)s people take part in one meeting.", count=MAX_PEOPLE))
    if not new:
        return []
    was = invitations.before(booking)
    attendances = [Attendance(g.person_id, serves_of(g), organisation_id=g.organisation_id) for g in new]
    joined = seat(session, actor, booking, attendances, now=now)
    announce(session, booking, was, conference_texts.find_last(session, conference), now=now)
    audit.record(session, actor, "conference.invite_guests", conference, now=now, detail=str(len(new)))
    return joined


def open_booking(conference: Conference, now: datetime) -> Booking:
    """Return the booking of a conference that people can still be asked to; raises Conflict else."""
    booking = conference.booking
    if booking is None:
        raise Conflict(msg("No time is fixed yet. Choose one before you invite."))
    if booking.state is BookingState.CANCELLED or booking.ends_at <= now:
        raise Conflict(msg("This meeting has been called off or is over. Book a new one."))
    return booking


def _guests(
    session: Session, actor: Actor, conference: Conference, guest_ids: Sequence[uuid.UUID]
) -> list[Guest]:
    query = (
        access.visible(actor, Guest)
        .where(Guest.id.in_(guest_ids), Guest.organisation_id == conference.organisation_id)
        .options(joinedload(Guest.person), joinedload(Guest.partner))
    )
    found = {guest.id: guest for guest in session.scalars(query)}
    if found.keys() != set(guest_ids):
        raise NotFound
    return [found[guest_id] for guest_id in dict.fromkeys(guest_ids)]


def serves_of(guest: Guest) -> str:
    """Return what a guest stands for: their role and institution."""
    return ", ".join(part for part in (guest.role, guest.partner.name if guest.partner else "") if part)[
        :MAX_SERVES
    ]


def seat(
    session: Session, actor: Actor, booking: Booking, attendances: Sequence[Attendance], *, now: datetime
) -> list[Participation]:
    """Let people take part; who was taken out before gets their old row back, and so their old link."""
    rows = {participation.person_id: participation for participation in booking.participations}
    returning = [one for one in attendances if one.person_id in rows]
    for attendance in returning:
        let_return(rows[attendance.person_id], attendance.serves, now)
    position = 1 + max((p.position for p in booking.participations), default=-1)
    new = [one for one in attendances if one.person_id not in rows]
    joined = bookings.participations_of(session, actor, new, now)
    for number, participation in enumerate(joined):
        participation.position = position + number
        booking.participations.append(participation)
    session.flush()
    return [*(rows[one.person_id] for one in returning), *joined]


def let_return(participation: Participation, serves: str, now: datetime) -> None:
    """Ask somebody anew who was taken out of a meeting."""
    participation.removed_at, participation.invited_at, participation.reminded_at = None, now, None
    participation.serves, participation.delegated_to_id = serves, None
    participation.partstat = Partstat.NEEDS_ACTION


def announce(
    session: Session,
    booking: Booking,
    was: Before,
    text: ConferenceText | None,
    *,
    now: datetime,
) -> list[OutboxMessage]:
    """Send the invitations, with the words of the organiser where there are any."""
    messages = invitations.announce(session, booking, was, now=now)
    words = text.text if text else ""
    for message in messages:
        message.snapshot = {**message.snapshot, "text": words}
    return messages


def take_out(
    session: Session, actor: Actor, conference: Conference, participation_id: uuid.UUID, *, now: datetime
) -> None:
    """Take somebody out of a conference and tell them; twice is the same as once."""
    booking = open_booking(conference, now)
    part = next((p for p in booking.participations if p.id == participation_id), None)
    if part is None:
        raise NotFound
    if part.person_id == booking.organiser_id:
        raise Refusal(msg("Who organises the meeting stays. Call it off instead."))
    if part.removed_at is not None:
        return
    was = invitations.before(booking)
    part.removed_at = now
    invitations.announce(session, booking, was, now=now)
    audit.record(session, actor, "conference.take_out", conference, now=now)


def list_seats(conference: Conference) -> list[Participation]:
    """Return who takes part now, by the order in which they were invited."""
    booking = conference.booking
    return [p for p in booking.participations if p.removed_at is None] if booking else []


def entries_of(
    session: Session, conference: Conference, person_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, Guest]:
    """Return the entries of the house for those of the people who are its guests, by person."""
    query = (
        select(Guest)
        .where(Guest.person_id.in_(list(person_ids)), Guest.organisation_id == conference.organisation_id)
        .options(joinedload(Guest.partner))
    )
    return {guest.person_id: guest for guest in session.scalars(query)}
