"""The line for freed times: who waits, what is offered to whom until when, and how they answer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from confsched.domain.bookings import BookingState
from confsched.domain.consults import OPEN_STATES
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import ConsultState, SlotAnswer
from confsched.domain.permissions import Actor
from confsched.domain.waitlist import WAITING_STATES, take_by
from confsched.errors import Conflict, Message, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.consults import Consult
from confsched.models.waitlist import SlotOffer, WaitlistEntry
from confsched.services import (
    access,
    audit,
    claims,
    consult_notices,
    consult_steps,
    consult_times,
    freed_times,
    holds,
    rebooking,
    seats,
    waiting_line,
)
from confsched.services.freed_times import MAX_WAITING, Opening


@dataclass(frozen=True)
class Place:
    """Hold where a consult stands in the line: how many wait before it, and what is offered to it."""

    entry: WaitlistEntry
    ahead: int
    offer: SlotOffer | None


def find_place(session: Session, consult: Consult) -> Place | None:
    """Return the place of a consult in the line, None where it does not wait."""
    entry = waiting_line.find_entry(session, consult)
    if entry is None:
        return None
    query = select(func.count()).where(
        WaitlistEntry.service_id == entry.service_id,
        WaitlistEntry.left_at.is_(None),
        WaitlistEntry.joined_at < entry.joined_at,
    )
    return Place(entry, session.scalar(query) or 0, waiting_line.find_offer(session, consult))


def find_standing(session: Session, consult: Consult, place: Place | None, now: datetime) -> SlotOffer | None:
    """Return the offer that a consult may take now, None where it has run out or what it rests on is off."""
    offer = place.offer if place else None
    if offer is None or consult.hold is None or offer.expires_at <= now:
        return None
    return None if find_lost(session, consult) else offer


def find_lost(session: Session, consult: Consult) -> Message | None:
    """Say what was called off meanwhile, so that an offer is void before its time has run out."""
    is_off = consult.booking is not None and consult.booking.state is BookingState.CANCELLED
    if is_off:
        return msg("Your meeting has been called off, so it is not moved. The time goes to the next in line.")
    if consult.state not in WAITING_STATES | {ConsultState.HELD}:
        return msg("This consult has ended. The time goes to the next in line.")
    if consult.hold is not None and seats.find_lost(session, consult.hold):
        return msg("The meeting with your seat has been called off or moved. You keep your place.")
    return None


def join(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> WaitlistEntry:
    """Put a consult at the end of the line of its service; twice is the same as once.

    What they could have then is not offered to them: they have seen it and chose none of it.
    """
    known = waiting_line.find_entry(session, consult)
    if known is not None:
        return known
    if not waiting_line.may_wait(consult, now):
        raise Conflict(msg("This consult cannot wait for a time now. Look at where it stands."))
    entry = WaitlistEntry(consult_id=consult.id, service_id=consult.service_id, joined_at=now, left_at=None)
    entry.offers = [_seen(span, now) for span in freed_times.list_seen(session, consult, now=now)]
    session.add(entry)
    session.flush()
    audit.record(session, actor, "waitlist.join", entry, now=now)
    return entry


def _seen(span: Span, now: datetime) -> SlotOffer:
    """Return what was to be had when somebody joined as declined at once; a span may hold many starts."""
    return SlotOffer(
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        offered_at=now,
        expires_at=now,
        answer=SlotAnswer.DECLINED,
        answered_at=now,
    )


def leave(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> None:
    """Take a consult out of the line and give back what is offered to it; twice is the same as once."""
    place = find_place(session, consult)
    if place is None:
        return
    if place.offer is not None:
        holds.give_back(session, actor, consult, now=now)
    waiting_line.leave(session, consult, SlotAnswer.WITHDRAWN, now=now)
    audit.record(session, actor, "waitlist.leave", place.entry, now=now)


def decline(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> None:
    """Give the offered time to the next in line, and stay in the line; without an offer nothing happens."""
    if waiting_line.find_offer(session, consult) is None:
        return
    waiting_line.close_offer(session, consult, SlotAnswer.DECLINED, now=now)
    holds.give_back(session, actor, consult, now=now)
    audit.record(session, actor, "waitlist.decline", consult, now=now)


def take(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> Booking:
    """Book the offered time, or move the meeting to it, and leave the line; all or nothing."""
    offer = waiting_line.find_offer(session, consult)
    if offer is None or offer.expires_at <= now or consult.hold is None:
        if consult.booking is not None and offer is None and _took_it(session, consult):
            return consult.booking
        raise Conflict(
            msg("This offer has ended, and the time went to the next in line. You keep your place.")
        )
    if lost := find_lost(session, consult):
        raise Conflict(lost)
    if consult.booking is None:
        return consult_times.book(session, actor, consult, now=now)
    booking = rebooking.move_to_hold(session, actor, consult, consult.hold, now=now)
    waiting_line.leave(session, consult, SlotAnswer.TAKEN, now=now)
    return booking


def _took_it(session: Session, consult: Consult) -> bool:
    """Tell whether the booking of a consult is what was offered to it: the same press, sent twice."""
    query = (
        select(SlotOffer.id)
        .join(WaitlistEntry)
        .where(
            WaitlistEntry.consult_id == consult.id,
            SlotOffer.answer == SlotAnswer.TAKEN,
            SlotOffer.starts_at == (consult.booking.starts_at if consult.booking else None),
        )
    )
    return session.scalars(query).first() is not None


def offer(session: Session, opening: Opening, *, now: datetime) -> bool:
    """Keep the time for who waits and tell them by when to take it; False where somebody was faster.

    Entry and consult are locked without waiting: another worker, or the requester, is at them just now.
    """
    entry = _locked_entry(session, opening.entry_id)
    consult = _locked_consult(session, entry.consult_id) if entry else None
    until = take_by(now, opening.span.starts_at)
    if entry is None or consult is None or until is None:
        return False
    if not waiting_line.may_wait(consult, now) or waiting_line.find_offer(session, consult) is not None:
        return False
    if not _keep(session, consult, opening, now, until):
        return False
    span = opening.span
    session.add(
        SlotOffer(
            entry_id=entry.id,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            offered_at=now,
            expires_at=until,
            answer=None,
        )
    )
    _tell(session, consult, span, until, now)
    audit.record(session, None, "waitlist.offer", entry, now=now)
    return True


def _locked_entry(session: Session, entry_id: uuid.UUID) -> WaitlistEntry | None:
    query = (
        select(WaitlistEntry)
        .where(WaitlistEntry.id == entry_id, WaitlistEntry.left_at.is_(None))
        .with_for_update(of=WaitlistEntry, skip_locked=True)
    )
    return session.scalars(query).one_or_none()


def _locked_consult(session: Session, consult_id: uuid.UUID) -> Consult | None:
    query = select(Consult).where(Consult.id == consult_id)
    return session.scalars(query.with_for_update(of=Consult, skip_locked=True)).one_or_none()


def _keep(session: Session, consult: Consult, opening: Opening, now: datetime, until: datetime) -> bool:
    """Hold the time; beside its booking a consult stays booked, without one it becomes held."""
    if consult.hold is not None:
        claims.release_hold(session, consult.hold)  # one that ran out: a standing one means another state
        session.expire(consult, ["hold"])
    try:
        _hold(session, consult, opening, now, until)
    except Refusal:
        return False
    if consult.state in OPEN_STATES:
        consult_steps.enter(session, None, consult, ConsultState.HELD, now=now)
    return True


def _hold(session: Session, consult: Consult, opening: Opening, now: datetime, until: datetime) -> None:
    who = consult.requester_id
    if opening.booking_id is not None:
        seats.hold(session, who, consult, opening.booking_id, now=now, until=until)
        return
    plan = consult_times.plan_in_line(session, consult, opening.span, now)
    found = plan.at(opening.span)
    if found is None or found.unknown:
        raise claims.Taken
    holds.keep(session, who, consult, found, plan, now=now, until=until)


def _tell(session: Session, consult: Consult, span: Span, until: datetime, now: datetime) -> None:
    lines = [msg("When: %(when)s", when=span), msg("Kept for you until %(at)s", at=until)]
    if consult.booking is not None:
        booked = Span(consult.booking.starts_at, consult.booking.ends_at)
        lines.append(msg("Instead of: %(when)s", when=booked))
    consult_notices.tell_asking(
        session,
        consult,
        msg("A time has become free for you"),
        lines,
        kind=Kind.SLOT_OFFER,
        page="/waiting",
        now=now,
    )


def expire(session: Session, *, now: datetime) -> int:
    """End the offers that nobody took in time; the next run offers the times to the next in line."""
    query = (
        select(Consult)
        .join(WaitlistEntry, WaitlistEntry.consult_id == Consult.id)
        .join(SlotOffer, SlotOffer.entry_id == WaitlistEntry.id)
        .where(
            SlotOffer.answer.is_(None),
            SlotOffer.expires_at <= now,
            WaitlistEntry.left_at.is_(None),
        )
        .order_by(SlotOffer.expires_at)
        .limit(MAX_WAITING)
        .with_for_update(of=Consult, skip_locked=True)
    )
    consults = list(session.scalars(query))
    for consult in consults:
        waiting_line.close_offer(session, consult, SlotAnswer.EXPIRED, now=now)
        holds.give_back(session, None, consult, now=now)
    return len(consults)


def close_ended(session: Session, *, now: datetime) -> int:
    """Take out of the line what no longer needs a time: ended, over, or booked meanwhile."""
    query = (
        select(Consult)
        .join(WaitlistEntry, WaitlistEntry.consult_id == Consult.id)
        .where(WaitlistEntry.left_at.is_(None), Consult.state.not_in(WAITING_STATES | OPEN_STATES))
        .limit(MAX_WAITING)
        .with_for_update(of=Consult, skip_locked=True)
    )
    consults = list(session.scalars(query))
    for consult in consults:
        holds.give_back(session, None, consult, now=now)
        waiting_line.leave(session, consult, SlotAnswer.WITHDRAWN, now=now)
    return len(consults)


def list_offers(session: Session, actor: Actor, *, now: datetime) -> list[SlotOffer]:
    """Return the freed times that wait for an answer of the actor, the one that ends first first."""
    asked = access.visible(actor, Consult, to="change").with_only_columns(Consult.id)
    query = (
        select(SlotOffer)
        .join(SlotOffer.entry)
        .join(WaitlistEntry.consult)
        .where(
            WaitlistEntry.consult_id.in_(asked),
            WaitlistEntry.left_at.is_(None),
            SlotOffer.answer.is_(None),
            SlotOffer.expires_at > now,
            Consult.state.in_(WAITING_STATES | {ConsultState.HELD}),
        )
        .options(selectinload(SlotOffer.entry).selectinload(WaitlistEntry.consult))
        .order_by(SlotOffer.expires_at, SlotOffer.id)
    )
    return list(session.scalars(query))
