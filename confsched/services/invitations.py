"""Turn a change of a booking into the messages it causes, each with the full snapshot decided here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.invites import decide
from confsched.models.bookings import Booking
from confsched.models.outbox import OutboxMessage
from confsched.services import invitation_rows as rows
from confsched.services import participants, series_invitations
from confsched.services.invitation_rows import Before


def before(booking: Booking | None) -> Before:
    """Remember the booking as it is, to be compared after the change."""
    return rows.remember(booking)


def announce(
    session: Session, booking: Booking, was: Before, *, now: datetime, reason: str = ""
) -> list[OutboxMessage]:
    """Count the revision up, and write one message for everybody who has to know.

    Of a date of a series, its members are told by the series, everybody else as of any booking.
    """
    if was.series_id is not None or booking.series_id is not None:
        return series_invitations.announce_date(session, booking, was, now=now, reason=reason)
    session.flush()
    participants.load(session, booking)
    if was.snapshot is not None:
        rows.count_up(booking, was.snapshot, now)
    invites = decide(was.snapshot, rows.snapshot_of(booking))
    return rows.write(session, booking, invites, was.snapshot, now=now, reason=reason)


def place_of(booking: Booking) -> str:
    """Return where the meeting is held, or nothing for video only."""
    return rows.place_of(booking.resource)
