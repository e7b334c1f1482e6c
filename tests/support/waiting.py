"""Time that is not to be had when somebody joins the line, and is freed afterwards."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.kinds import SubjectKind
from confsched.models.claims import Claim
from confsched.models.consults import Consult
from confsched.models.waitlist import SlotOffer, WaitlistEntry
from confsched.services import claims, waitlist
from confsched.services.claims import Taking
from tests.world import NOW, World


def take_up(session: Session, world: World, starts_at: datetime, ends_at: datetime) -> None:
    """Take the neurologist's time with something else."""
    span = Span(starts_at, ends_at)
    taking = Taking(world.neurologist.id, SubjectKind.PERSON, span)
    claims.take(session, [taking], now=NOW, state=ClaimState.FIRM)


def free_again(session: Session, starts_at: datetime) -> None:
    """Call off what took the time from there on."""
    session.execute(delete(Claim).where(Claim.starts_at == starts_at, Claim.booking_id.is_(None)))


def join_when_nothing_is_free(
    session: Session, world: World, consult: Consult, now: datetime = NOW
) -> WaitlistEntry:
    """Join the line and let all that could be had then count as freed since."""
    entry = waitlist.join(session, world.actor(consult.requester), consult, now=now)
    session.execute(delete(SlotOffer).where(SlotOffer.entry_id == entry.id))
    session.expire(entry, ["offers"])
    return entry
