"""The times of a consult: offered, one of them held, booked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsched.domain.bookings import check_times, hold_until
from confsched.domain.consults import ACCEPTED_STATES
from confsched.domain.explain import Explanation
from confsched.domain.intervals import Span
from confsched.domain.kinds import BookingKind, ConsultState, SlotAnswer
from confsched.domain.matching import Offer
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, msg
from confsched.models.bookings import Booking
from confsched.models.claims import Hold
from confsched.models.consults import Consult
from confsched.services import bookings, claims, consult_steps, holds, invitations, seats, waiting_line
from confsched.services.bookings import Attendance, Meeting
from confsched.services.explanations import explain_consult, shown_offers
from confsched.services.matching import Plan, plan_consult

HOLD_ATTEMPTS = 3


class RanOut(Conflict):
    """Say that a held time was not confirmed soon enough."""

    def __init__(self) -> None:
        super().__init__(
            msg(
                "The held time ran out. Nothing you typed is lost: choose a time again, it may still be free."
            )
        )


@dataclass(frozen=True)
class Offers:
    """Hold the offered times of a consult, who is who in them, and why there are not more."""

    offers: tuple[Offer, ...]
    plan: Plan
    explanation: Explanation


def offers(session: Session, consult: Consult, *, now: datetime) -> Offers:
    """Search the times at which everybody needed can be there, best first, with the reasons."""
    check_open(consult)
    plan = plan_consult(session, consult, now=now)
    explanation = explain_consult(session, consult, plan, now=now)
    return Offers(shown_offers(plan, explanation.first), plan, explanation)


def hold(
    session: Session,
    actor: Actor,
    consult: Consult,
    starts_at: datetime,
    *,
    now: datetime,
    minutes: int | None = None,
) -> Hold:
    """Keep a time for the consult while its requester confirms; an earlier hold is given back.

    Who serves is decided here and now: where the offered consultant is gone but another is free, that one is
    taken. `minutes` wishes for another length than the service has.
    """
    check_open(consult)
    former, length = consult.hold, timedelta(minutes=minutes or consult.service.duration_minutes)
    if former is not None and _is_for(former, starts_at, None, now) and _length(former) == length:
        return former
    _drop(session, consult, now)
    span = _checked_span(consult, starts_at, length, now)
    held = _hold_somebody(session, actor, consult, span, now)
    consult_steps.enter(session, actor, consult, ConsultState.HELD, now=now)
    return held


def _hold_somebody(session: Session, actor: Actor, consult: Consult, span: Span, now: datetime) -> Hold:
    for attempt in range(HOLD_ATTEMPTS):
        plan = plan_in_line(session, consult, span, now)
        offer = plan.at(span)
        if offer is None:
            raise claims.Taken
        try:
            return holds.keep(session, actor.person_id, consult, offer, plan, now=now, until=hold_until(now))
        except claims.Taken:
            # On PostgreSQL another transaction may have won since the search: look again who is left.
            if attempt + 1 == HOLD_ATTEMPTS or not plan.has_choice:
                raise
    raise AssertionError("the last attempt returns or raises")


def check_open(consult: Consult) -> None:
    """Refuse what is not accepted yet, booked already, or ended."""
    if consult.booking_id is not None:
        raise Conflict(msg("This consult is booked already. Move the meeting instead."))
    if consult.state is ConsultState.REQUESTED:
        raise Conflict(msg("The hospital you asked has not accepted this request yet."))
    if consult.state not in ACCEPTED_STATES:
        raise Conflict(msg("This request has ended. Ask your question again."))


def _checked_span(consult: Consult, starts_at: datetime, length: timedelta, now: datetime) -> Span:
    service = consult.service
    return check_times(
        starts_at,
        starts_at + length,
        now=now,
        horizon_days=service.horizon_days,
        notice_minutes=service.notice_minutes,
    )


def plan_in_line(session: Session, consult: Consult, span: Span, now: datetime) -> Plan:
    """Search one exact time; where people have a cap, nobody else may count the same day meanwhile.

    Two holds of different times overlap nowhere, so no constraint would see that together they exceed it.
    """
    plan = plan_consult(session, consult, now=now, around=span)
    if consult.service.cap_per_day is None:
        return plan
    claims.line_up(session, plan.asked.people)
    return plan_consult(session, consult, now=now, around=span)


def hold_seat(
    session: Session, actor: Actor, consult: Consult, booking_id: uuid.UUID, *, now: datetime
) -> Hold:
    """Keep a seat in a meeting that stands while the requester confirms; an earlier hold is given back."""
    check_open(consult)
    former, meeting = consult.hold, session.get(Booking, booking_id)
    if former is not None and meeting is not None and _is_for(former, meeting.starts_at, booking_id, now):
        return former
    _drop(session, consult, now)
    held = seats.hold(session, actor.person_id, consult, booking_id, now=now, until=hold_until(now))
    consult_steps.enter(session, actor, consult, ConsultState.HELD, now=now)
    return held


def _is_for(hold: Hold, starts_at: datetime, booking_id: uuid.UUID | None, now: datetime) -> bool:
    return (hold.starts_at, hold.booking_id) == (starts_at, booking_id) and hold.expires_at > now


def _length(hold: Hold) -> timedelta:
    return hold.ends_at - hold.starts_at


def _drop(session: Session, consult: Consult, now: datetime) -> None:
    """Give back what is held, as something else is about to be; a freed time is declined by it."""
    waiting_line.close_offer(session, consult, SlotAnswer.DECLINED, now=now)
    if consult.hold is not None:
        claims.release_hold(session, consult.hold)
        session.expire(consult, ["hold"])


def release(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> None:
    """Give the held time back; without a hold nothing happens."""
    waiting_line.close_offer(session, consult, SlotAnswer.DECLINED, now=now)
    holds.give_back(session, actor, consult, now=now)


def book(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> Booking:
    """Turn the held time into a booking and invite everybody; a repeated call returns the first booking."""
    if consult.booking is not None:
        return consult.booking
    check_open(consult)
    hold = check_held(consult, now)
    if hold.booking_id is not None:
        booking = seats.book(session, actor, consult, hold, now=now)
    else:
        booking = _book(session, actor, consult, hold, now)
    consult_steps.enter(session, actor, consult, ConsultState.BOOKED, now=now)
    waiting_line.leave(session, consult, SlotAnswer.TAKEN, now=now)
    return booking


def check_held(consult: Consult, now: datetime) -> Hold:
    """Return the standing hold of a consult, or refuse and say what to do."""
    if consult.hold is None:
        raise Conflict(msg("No time is held for this consult. Choose one below."))
    if consult.hold.expires_at <= now:
        raise RanOut
    return consult.hold


def _book(session: Session, actor: Actor, consult: Consult, hold: Hold, now: datetime) -> Booking:
    booking = bookings.create(session, actor, _meeting(consult, hold), attendances(consult, hold), now=now)
    if holds.is_shared(hold):
        seats.share(booking, consult)
    session.flush()
    if claims.confirm(session, hold, booking.id) != len(holds.subjects_in(hold)):
        raise RanOut  # by a clock a little ahead of ours the time had run out and was given to somebody else
    consult.booking = booking
    session.delete(hold)
    session.flush()
    session.expire(consult, ["hold"])
    invitations.announce(session, booking, invitations.before(None), now=now)
    return booking


def _meeting(consult: Consult, hold: Hold) -> Meeting:
    service = consult.service
    return Meeting(
        kind=BookingKind.TELECONSULT,
        title=service.name,
        span=Span(hold.starts_at, hold.ends_at),
        zone=service.site.zone,
        organisation_id=consult.site.organisation_id,
        case_ref=None if holds.is_shared(hold) else consult.case_ref,  # those who share it read their own
        join_link=bookings.new_join_link(service.join_base),
        resource_id=resource_in(hold),
        buffer_before_minutes=service.buffer_before_minutes,
        buffer_after_minutes=service.buffer_after_minutes,
    )


def resource_in(hold: Hold) -> uuid.UUID | None:
    """Return the room or device that a hold takes, None without one."""
    return next((uuid.UUID(one["resource_id"]) for one in hold.serving if "resource_id" in one), None)


def attendances(consult: Consult, hold: Hold) -> list[Attendance]:
    """Return who takes part, each once, for the first thing that they serve."""
    asking, answering = consult.site.organisation_id, consult.service.site.organisation_id
    serving = {one["person_id"]: one for one in reversed(hold.serving) if "person_id" in one}
    return [
        Attendance(
            person_id,
            serving[str(person_id)]["label"],
            organisation_id=asking if person_id == consult.requester_id else answering,
        )
        for person_id in holds.people_in(hold)
    ]
