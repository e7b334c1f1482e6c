"""The times of a consult: offered, one of them held, booked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsched.domain.bookings import ClaimState, check_times, claim_span, hold_until
from confsched.domain.consults import ACCEPTED_STATES
from confsched.domain.explain import Explanation
from confsched.domain.intervals import Span
from confsched.domain.kinds import BookingKind, ConsultState, SubjectKind
from confsched.domain.matching import Offer
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, msg
from confsched.models.bookings import Booking
from confsched.models.claims import Hold
from confsched.models.consults import Consult
from confsched.services import bookings, claims, consult_steps, invitations
from confsched.services.bookings import Attendance, Meeting
from confsched.services.claims import Taking
from confsched.services.matching import REQUESTER_KEY, Plan, plan_consult

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
    return Offers(plan.offers(), plan, plan.explain())


def hold(session: Session, actor: Actor, consult: Consult, starts_at: datetime, *, now: datetime) -> Hold:
    """Keep a time for the consult while its requester confirms; an earlier hold is given back.

    Who serves is decided here and now: where the offered consultant is gone but another is free, that one is
    taken.
    """
    check_open(consult)
    if consult.hold is not None:
        if consult.hold.starts_at == starts_at and consult.hold.expires_at > now:
            return consult.hold
        claims.release_hold(session, consult.hold)
        session.expire(consult, ["hold"])
    span = _checked_span(consult, starts_at, now)
    for attempt in range(HOLD_ATTEMPTS):
        plan = plan_consult(session, consult, now=now, around=span)
        offer = plan.at(span)
        if offer is None:
            raise claims.Taken
        try:
            return _hold(session, actor, consult, offer, plan, now)
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


def _checked_span(consult: Consult, starts_at: datetime, now: datetime) -> Span:
    service = consult.service
    return check_times(
        starts_at,
        starts_at + timedelta(minutes=service.duration_minutes),
        now=now,
        horizon_days=service.horizon_days,
        notice_minutes=service.notice_minutes,
    )


def _hold(session: Session, actor: Actor, consult: Consult, offer: Offer, plan: Plan, now: datetime) -> Hold:
    service = consult.service
    hold = Hold(
        consult_id=consult.id,
        person_id=actor.person_id,
        starts_at=offer.span.starts_at,
        ends_at=offer.span.ends_at,
        created_at=now,
        expires_at=hold_until(now),
        serving=[
            {"key": key, "label": _label(plan, key), _kind_key(plan, subject_id): str(subject_id)}
            for key, subjects in offer.assignment.items()
            for subject_id in subjects
        ],
    )
    wide = claim_span(offer.span, service.buffer_before_minutes, service.buffer_after_minutes)
    takings = [
        Taking(subject, SubjectKind.RESOURCE, offer.span)
        if subject in plan.asked.resources
        else Taking(subject, SubjectKind.PERSON, wide)
        for chosen in offer.assignment.values()
        for subject in chosen
    ]
    with session.begin_nested():
        session.add(hold)
        session.flush()
        claims.take(session, takings, now=now, state=ClaimState.HELD, hold=hold)
    session.expire(consult, ["hold"])
    consult_steps.enter(session, actor, consult, ConsultState.HELD, now=now)
    return hold


def _kind_key(plan: Plan, subject_id: uuid.UUID) -> str:
    return "resource_id" if subject_id in plan.asked.resources else "person_id"


def _label(plan: Plan, key: str) -> str:
    return key if key == REQUESTER_KEY else next(need.label for need in plan.needs if need.key == key)


def release(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> None:
    """Give the held time back; without a hold nothing happens."""
    if consult.hold is None:
        return
    claims.release_hold(session, consult.hold)
    session.expire(consult, ["hold"])
    consult_steps.enter(session, actor, consult, ConsultState.OFFERED, now=now)


def book(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> Booking:
    """Turn the held time into a booking and invite everybody; a repeated call returns the first booking."""
    if consult.booking is not None:
        return consult.booking
    check_open(consult)
    hold = consult.hold
    if hold is None:
        raise Conflict(msg("No time is held for this consult. Choose one below."))
    if hold.expires_at <= now:
        raise RanOut
    booking = bookings.create(session, actor, _meeting(consult, hold), _attendances(consult, hold), now=now)
    session.flush()
    if claims.confirm(session, hold, booking.id) != len(hold.serving):
        raise RanOut  # by a clock a little ahead of ours the time had run out and was given to somebody else
    consult.booking = booking
    session.delete(hold)
    session.flush()
    session.expire(consult, ["hold"])
    invitations.announce(session, booking, invitations.before(None), now=now)
    consult_steps.enter(session, actor, consult, ConsultState.BOOKED, now=now)
    return booking


def _meeting(consult: Consult, hold: Hold) -> Meeting:
    service = consult.service
    return Meeting(
        kind=BookingKind.TELECONSULT,
        title=service.name,
        span=Span(hold.starts_at, hold.ends_at),
        zone=service.site.zone,
        organisation_id=consult.site.organisation_id,
        case_ref=consult.case_ref,
        join_link=bookings.new_join_link(service.join_base),
        resource_id=next(
            (uuid.UUID(one["resource_id"]) for one in hold.serving if "resource_id" in one), None
        ),
        buffer_before_minutes=service.buffer_before_minutes,
        buffer_after_minutes=service.buffer_after_minutes,
    )


def _attendances(consult: Consult, hold: Hold) -> list[Attendance]:
    asking, answering = consult.site.organisation_id, consult.service.site.organisation_id
    return [
        Attendance(
            uuid.UUID(one["person_id"]),
            one["label"],
            organisation_id=asking if one["key"] == REQUESTER_KEY else answering,
        )
        for one in hold.serving
        if "person_id" in one
    ]
