"""The place of a consult in the line for freed times, and what was offered to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.bookings import BookingState
from confsched.domain.kinds import ConsultState, SlotAnswer
from confsched.domain.waitlist import WAITING_STATES
from confsched.models.bookings import Booking
from confsched.models.consults import Consult
from confsched.models.waitlist import SlotOffer, WaitlistEntry
from confsched.services import seats


def may_wait(consult: Consult, now: datetime) -> bool:
    """Tell whether a consult may join: it has no time yet, or one of its own that is still to come."""
    if consult.booking is not None:
        return consult.state is ConsultState.BOOKED and _is_own(consult, consult.booking, now)
    ran_out = consult.hold is None or consult.hold.expires_at <= now
    return consult.state in WAITING_STATES or (consult.state is ConsultState.HELD and ran_out)


def _is_own(consult: Consult, booking: Booking, now: datetime) -> bool:
    """Tell whether a meeting may be moved for one consult: it is to come, and nobody else shares it."""
    is_to_come = booking.state is BookingState.BOOKED and booking.starts_at > now
    return is_to_come and consult.service.seats == 1 and not seats.is_shared(booking)


def has_seat(consult: Consult) -> bool:
    """Tell whether a consult is booked into a meeting that others share, so that it is not moved for one."""
    booking = consult.booking
    if booking is None or consult.state is not ConsultState.BOOKED:
        return False
    return consult.service.seats > 1 or seats.is_shared(booking)


def find_entry(session: Session, consult: Consult) -> WaitlistEntry | None:
    """Return the place of a consult in the line, None where it does not wait."""
    query = select(WaitlistEntry).where(
        WaitlistEntry.consult_id == consult.id, WaitlistEntry.left_at.is_(None)
    )
    return session.scalars(query).one_or_none()


def find_offer(session: Session, consult: Consult) -> SlotOffer | None:
    """Return the freed time that was offered to a consult and not answered; it may have run out."""
    query = (
        select(SlotOffer)
        .join(WaitlistEntry)
        .where(
            WaitlistEntry.consult_id == consult.id,
            WaitlistEntry.left_at.is_(None),
            SlotOffer.answer.is_(None),
        )
    )
    return session.scalars(query).one_or_none()


def close_offer(session: Session, consult: Consult, answer: SlotAnswer, *, now: datetime) -> None:
    """Keep how the open offer of a consult ended; without one nothing happens."""
    offer = find_offer(session, consult)
    if offer is not None:
        offer.answer, offer.answered_at = answer, now
        session.flush()


def leave(session: Session, consult: Consult, answer: SlotAnswer, *, now: datetime) -> None:
    """End the wait of a consult, its open offer with it; without a place in the line nothing happens."""
    entry = find_entry(session, consult)
    if entry is None:
        return
    close_offer(session, consult, answer, now=now)
    entry.left_at = now
    session.flush()
