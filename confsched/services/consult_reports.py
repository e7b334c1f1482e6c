"""After the meeting: took place or not, the report, and the end of the consult."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.domain.bookings import BookingState
from confsched.domain.consults import (
    CLOSED_BY_ITSELF_AFTER,
    OUTCOMES,
    SAID_BY_ITSELF_AFTER,
    may_say_outcome,
)
from confsched.domain.kinds import ConsultState, NoShowSide
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.consults import Consult, ConsultStep
from confsched.services import audit, consult_notices, consult_steps
from confsched.services.consults import answers, asks

MAX_REPORT = 8000
ROUND = 50  # consults in one transaction; the next call takes the rest


def say_outcome(
    session: Session, actor: Actor, consult: Consult, no_show: NoShowSide | None, *, now: datetime
) -> None:
    """Record that a meeting took place, or which side did not come; correctable once, by either side."""
    booking = _met(consult, now)
    state = ConsultState.TOOK_PLACE if no_show is None else ConsultState.NO_SHOW
    if (consult.state, consult.no_show_side) == (state, no_show):
        return
    if not may_say_outcome(step.state for step in consult.steps):
        raise Conflict(msg("This was said and corrected already. Agree on it with the other side by phone."))
    consult_steps.enter(session, actor, consult, state, now=now)
    consult.no_show_side = no_show
    _settle_booking(session, booking)
    if no_show is not None:
        _tell_no_show(session, actor, consult, now)


def _met(consult: Consult, now: datetime) -> Booking:
    """Return the booking of a consult whose meeting is over."""
    if consult.booking is None or consult.state not in OUTCOMES | {ConsultState.BOOKED}:
        raise Conflict(msg("This consult has moved on meanwhile. Look at where it stands now."))
    if consult.booking.ends_at > now:
        raise Conflict(msg("The meeting is not over yet. Say afterwards how it was."))
    return consult.booking


def _settle_booking(session: Session, booking: Booking) -> None:
    """Let a meeting count as held when any of those who share it came."""
    session.flush()
    held = select(Consult.id).where(
        Consult.booking_id == booking.id,
        Consult.state.in_({ConsultState.TOOK_PLACE, ConsultState.REPORTED, ConsultState.CLOSED}),
    )
    was_held = session.scalar(select(held.exists()))
    booking.state = BookingState.FULFILLED if was_held else BookingState.BOOKED


def _tell_no_show(session: Session, actor: Actor, consult: Consult, now: datetime) -> None:
    heading = msg("Noted for a teleconsult: somebody did not come")
    side = {
        NoShowSide.REQUESTER: msg("Not there, says %(name)s: who asked.", name=actor.name),
        NoShowSide.CONSULTANT: msg("Not there, says %(name)s: who was asked.", name=actor.name),
    }[consult.no_show_side or NoShowSide.REQUESTER]
    lines = [side, msg("If that is wrong, correct it once on the page of the consult.")]
    consult_notices.tell_asking(session, consult, heading, lines, now=now)
    consult_notices.tell_answering(session, consult, heading, lines, now=now)


def settle_silent(session: Session, *, now: datetime) -> int:
    """Let meetings count as held of which nobody has said a word for a day; returns how many."""
    query = (
        select(Consult)
        .join(Booking, Booking.id == Consult.booking_id)
        .where(Consult.state == ConsultState.BOOKED, Booking.ends_at <= now - SAID_BY_ITSELF_AFTER)
        .order_by(Booking.ends_at, Consult.id)
        .limit(ROUND)
        .with_for_update(of=Consult, skip_locked=True)
    )
    consults = list(session.scalars(query))
    for consult in consults:
        booking = _met(consult, now)
        consult_steps.enter(session, None, consult, ConsultState.TOOK_PLACE, now=now)
        _settle_booking(session, booking)
    return len(consults)


def write_report(session: Session, actor: Actor, consult: Consult, text: str, *, now: datetime) -> None:
    """Give the answer in writing, or a better one; the mail to who asked says only that it is there."""
    if not answers(actor, consult):
        raise Conflict(msg("The report is written by those who were asked, after the meeting."))
    text = _checked_report(text)
    if consult.state is ConsultState.REPORTED and consult.report == text:
        return
    if consult.state is ConsultState.BOOKED:
        say_outcome(session, actor, consult, None, now=now)
    consult_steps.enter(session, actor, consult, ConsultState.REPORTED, now=now)
    consult.report = text
    heading = msg("The report of your teleconsult is there")
    consult_notices.tell_asking(session, consult, heading, now=now)


def _checked_report(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Refusal(msg("Write the report before you hand it over."), field="report")
    if len(text) > MAX_REPORT:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_REPORT), field="report")
    check_text(text, field="report")
    return text


def may_read_report(actor: Actor, consult: Consult) -> bool:
    """Tell whether there is a report that is meant for the actor: the requester, and who answered."""
    is_reader = actor.person_id == consult.requester_id or answers(actor, consult)
    return bool(consult.report) and is_reader


def read_report(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> str:
    """Return the report; that it was read is on record."""
    if not may_read_report(actor, consult):
        raise Conflict(msg("No report is there for you to read."))
    audit.record(session, actor, "consult.read_report", consult, now=now)
    return consult.report


def close(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> None:
    """End a consult whose report is there; only who asked does, and twice is once."""
    if not asks(actor, consult):
        raise Conflict(msg("A consult is closed by those who asked."))
    if consult.state is ConsultState.CLOSED:
        return
    consult_steps.enter(session, actor, consult, ConsultState.CLOSED, now=now)


def close_old(session: Session, *, now: datetime) -> int:
    """Close consults whose last report has been there for a month; returns how many."""
    reported_at = (
        select(func.max(ConsultStep.taken_at))
        .where(ConsultStep.consult_id == Consult.id, ConsultStep.state == ConsultState.REPORTED)
        .scalar_subquery()
    )
    query = (
        select(Consult)
        .where(Consult.state == ConsultState.REPORTED, reported_at <= now - CLOSED_BY_ITSELF_AFTER)
        .order_by(Consult.id)
        .limit(ROUND)
        .with_for_update(of=Consult, skip_locked=True)
    )
    consults = list(session.scalars(query))
    for consult in consults:
        consult_steps.enter(session, None, consult, ConsultState.CLOSED, now=now)
    return len(consults)
