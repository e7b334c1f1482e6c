"""Reminders of meetings: once for each who takes part, in their language and zone."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from confsched.domain.bookings import BookingState
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import BookingKind, Partstat
from confsched.errors import msg
from confsched.models.bookings import Booking, Participation
from confsched.models.catalogue import Service
from confsched.models.consults import Consult
from confsched.services import participants
from confsched.services.notices import notify

CONFERENCE_MINUTES = 1440
ROUND = 100  # mails in one transaction; the next call takes the rest


def remind_due(session: Session, *, now: datetime) -> int:
    """Remind of meetings that begin soon, each person once a time; returns how many were looked at.

    Who was invited when it was that near already, or has declined, gets none. A move forgets the reminder.
    """
    conferences = Booking.kind == BookingKind.CONFERENCE
    count = _remind(session, conferences, CONFERENCE_MINUTES, now)
    leads = session.scalars(select(Service.reminder_minutes).where(Service.reminder_minutes > 0).distinct())
    for minutes in sorted(leads):
        count += _remind(session, _of_services(minutes), minutes, now)
    return count


def _of_services(reminder_minutes: int) -> ColumnElement[bool]:
    of_service = (
        select(Consult.booking_id)
        .join(Service)
        .where(Service.reminder_minutes == reminder_minutes, Consult.booking_id.is_not(None))
    )
    return Booking.id.in_(of_service)


def _remind(session: Session, which: ColumnElement[bool], minutes: int, now: datetime) -> int:
    lead = timedelta(minutes=minutes)
    query = (
        select(Participation)
        .join(Booking, Booking.id == Participation.booking_id)
        .where(
            which,
            Booking.state == BookingState.BOOKED,
            Booking.starts_at > now,
            Booking.starts_at <= now + lead,
            Participation.removed_at.is_(None),
            Participation.reminded_at.is_(None),
            Participation.partstat.not_in([Partstat.DECLINED, Partstat.DELEGATED]),
        )
        .order_by(Booking.starts_at, Participation.id)
        .limit(ROUND)
        .with_for_update(of=Participation, skip_locked=True)
    )
    parts = list(session.scalars(query))
    for part in parts:
        part.reminded_at = now
        if part.invited_at < part.booking.starts_at - lead:
            _tell(session, part, now)
    session.flush()
    return len(parts)


def _tell(session: Session, part: Participation, now: datetime) -> None:
    booking = part.booking
    is_consult = booking.kind is BookingKind.TELECONSULT
    span = Span(booking.starts_at, booking.ends_at)
    lines = [msg("%(title)s, %(span)s", title=booking.title, span=span)]
    if booking.case_ref:
        lines.append(msg("Reference %(ref)s", ref=booking.case_ref))
    notify(
        session,
        Kind.MEETING_REMINDER,
        part.person,
        organisation_id=booking.organisation_id,
        heading=msg("Reminder: teleconsult, %(span)s", span=span)
        if is_consult
        else msg("Reminder: case conference, %(span)s", span=span),
        lines=lines,
        path=participants.way_of(part),
        now=now,
    )


def forget(booking: Booking) -> None:
    """Remind of a meeting anew, after it has got another time."""
    for part in booking.participations:
        part.reminded_at = None
