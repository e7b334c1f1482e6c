"""One date of a series: moved or called off, while the others stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import ConferenceState
from confsched.domain.permissions import Actor
from confsched.domain.recurrence import MAX_YEARS
from confsched.errors import Conflict, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.conferences import Conference
from confsched.services import (
    audit,
    bookings,
    carry_over,
    claims,
    invitations,
    reminders,
    series_invitations,
    series_records,
)
from confsched.services.series_changes import series_of
from confsched.services.series_layouts import is_ahead

HORIZON = timedelta(days=366 * MAX_YEARS)


def move_date(
    session: Session,
    actor: Actor,
    conference: Conference,
    starts_at: datetime,
    *,
    now: datetime,
    override_reason: str = "",
    reason: str = "",
) -> Conference:
    """Give one date another time and tell its people; the time that it has changes nothing.

    Raises Taken where somebody who takes part or the room is not to be had then and no reason overrules it.
    A date that passes a neighbour, shares its day or overlaps it becomes an event of its own in calendars.
    """
    booking = _locked(session, conference, now)
    if starts_at == booking.starts_at:
        return conference
    reason = bookings.checked_reason(reason, field="reason")
    span = _checked_span(booking, starts_at, now)
    override = bookings.override_of(actor, override_reason)
    claims.line_up(session, [taking.subject_id for taking in bookings.takings(booking)])
    was, places = invitations.before(booking), claims.places_in(session, booking.id)
    claims.release_booking(session, booking.id)
    booking.starts_at, booking.ends_at = span.starts_at, span.ends_at
    reminders.forget(booking)
    takings = bookings.takings(booking, places)
    claims.take_all(session, {booking.id: takings}, now=now, override=override)
    series_invitations.leave_if_out_of_place(session, booking)
    audit.record(session, actor, "series.move_date", conference, now=now, detail=override_reason)
    invitations.announce(session, booking, was, now=now, reason=reason)
    return conference


def cancel_date(
    session: Session, actor: Actor, conference: Conference, *, now: datetime, reason: str = ""
) -> Conference:
    """Call one date off, give everybody's time back and tell them; the others stay. Twice is once.

    Its cases go on to the next open date, and who brought them is told.
    """
    if conference.series is not None and conference.state is ConferenceState.CANCELLED:
        return conference
    booking = _locked(session, conference, now)
    reason = bookings.checked_reason(reason, field="reason")
    was = invitations.before(booking)
    series_records.call_off(session, actor, [conference], now=now, reason=reason)
    invitations.announce(session, booking, was, now=now, reason=reason)
    carry_over.carry_over(session, actor, conference, now=now)
    return conference


def _locked(session: Session, conference: Conference, now: datetime) -> Booking:
    """Return the booking of a date that may be changed; its neighbours stay where they are meanwhile."""
    series_of(conference)
    if not is_ahead(conference, now):
        raise Conflict(msg("This date has begun or is called off. Choose a later one."))
    assert conference.booking is not None, "a date to come is booked"
    series_invitations.lock(session, conference.booking)
    session.refresh(conference.booking, with_for_update=True)
    return conference.booking


def _checked_span(booking: Booking, starts_at: datetime, now: datetime) -> Span:
    if starts_at <= now:
        raise Refusal(
            msg("This start is in the past. Choose a time that is still to come."), field="starts_at"
        )
    if starts_at - now > HORIZON:
        raise Refusal(msg("This is too far ahead. Choose an earlier day."), field="starts_at")
    return Span(starts_at, starts_at + (booking.ends_at - booking.starts_at))
