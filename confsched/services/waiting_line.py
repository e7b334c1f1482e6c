"""The place of a consult in the line for freed times, and what was offered to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.kinds import SlotAnswer
from confsched.models.consults import Consult
from confsched.models.waitlist import SlotOffer, WaitlistEntry


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
