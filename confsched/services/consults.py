"""Elective teleconsults: asked, a time held, booked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from confsched import clock
from confsched.domain.bookings import ClaimState, check_times, claim_span, hold_until, normalise_case_ref
from confsched.domain.explain import Explanation
from confsched.domain.intervals import Span
from confsched.domain.kinds import BookingKind, ConsultState, SubjectKind
from confsched.domain.matching import Offer
from confsched.domain.permissions import Actor, Permission
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.claims import Hold
from confsched.models.consults import Consult
from confsched.models.network import CooperationAgreement
from confsched.services import access, audit, bookings, claims, idempotency, invitations
from confsched.services.bookings import Attendance, Meeting
from confsched.services.claims import Taking
from confsched.services.matching import REQUESTER_KEY, Plan, plan_consult

MAX_QUESTION = 2000
MAX_REPLY_DAYS = 92
OPEN_REQUESTS = 20
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
class Question:
    """Hold what the requester typed."""

    service_id: uuid.UUID
    case_ref: str
    question: str
    reply_by_on: date | None


def list_services(session: Session, actor: Actor, *, now: datetime) -> list[Service]:
    """Return the services that an agreement opens to a site at which the actor may ask."""
    sites = actor.sites_with(Permission.REQUEST_CONSULT)
    today = clock.local_day(now, actor.zone)
    query = (
        select(Service)
        .join(CooperationAgreement, CooperationAgreement.service_id == Service.id)
        .where(
            CooperationAgreement.site_id.in_(sites),
            CooperationAgreement.valid_from <= today,
            or_(CooperationAgreement.valid_until.is_(None), CooperationAgreement.valid_until > today),
            Service.is_urgent.is_(False),
        )
        .options(selectinload(Service.site))
        .distinct()
        .order_by(Service.name, Service.id)
    )
    return list(session.scalars(query))


def request(session: Session, actor: Actor, question: Question, *, now: datetime, key: str) -> Consult:
    """Record what is asked of whom and until when; the same key returns the first request."""
    known = idempotency.find_result(session, actor, "consult", key)
    if known is not None:
        return access.get_consult(session, actor, known)
    service = _offered_service(session, actor, question.service_id, now)
    consult = Consult(
        service=service,
        site_id=_asking_site(session, actor, service, now),
        requester_id=actor.person_id,
        case_ref=normalise_case_ref(question.case_ref),
        question=_checked_question(question.question),
        reply_by_on=_checked_deadline(question.reply_by_on, clock.local_day(now, actor.zone)),
        state=ConsultState.REQUESTED,
        created_at=now,
        booking_id=None,
    )
    session.add(consult)
    session.flush()
    idempotency.remember(session, actor, "consult", key, consult.id, now=now)
    audit.record(session, actor, "consult.request", consult, now=now)
    return consult


def _offered_service(session: Session, actor: Actor, service_id: uuid.UUID, now: datetime) -> Service:
    for service in list_services(session, actor, now=now):
        if service.id == service_id:
            return service
    raise Refusal(
        msg("Your site has no agreement for this service. Choose one from the list."), field="service_id"
    )


def _asking_site(session: Session, actor: Actor, service: Service, now: datetime) -> uuid.UUID:
    today = clock.local_day(now, actor.zone)
    query = select(CooperationAgreement.site_id).where(
        CooperationAgreement.service_id == service.id,
        CooperationAgreement.site_id.in_(actor.sites_with(Permission.REQUEST_CONSULT)),
        CooperationAgreement.valid_from <= today,
        or_(CooperationAgreement.valid_until.is_(None), CooperationAgreement.valid_until > today),
    )
    sites = set(session.scalars(query))
    return next(seat.site_id for seat in actor.seats if seat.site_id in sites)


def _checked_question(text: str) -> str:
    text = text.strip()
    if not text:
        raise Refusal(msg("Write in a sentence what you want to know."), field="question")
    if len(text) > MAX_QUESTION:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_QUESTION), field="question")
    check_text(text, field="question")
    return text


def _checked_deadline(reply_by_on: date | None, today: date) -> date:
    if reply_by_on is None:
        raise Refusal(msg("Say until which day you need the reply."), field="reply_by_on")
    if reply_by_on < today:
        raise Refusal(msg("This day is over. Please choose a later one."), field="reply_by_on")
    if reply_by_on > today + timedelta(days=MAX_REPLY_DAYS):
        raise Refusal(msg("Choose a day within %(days)s days.", days=MAX_REPLY_DAYS), field="reply_by_on")
    return reply_by_on


@dataclass(frozen=True)
class Offers:
    """Hold the offered times of a consult, who is who in them, and why there are not more."""

    offers: tuple[Offer, ...]
    plan: Plan
    explanation: Explanation


def offers(session: Session, consult: Consult, *, now: datetime) -> Offers:
    """Search the times at which everybody needed can be there, best first, with the reasons."""
    _check_open(consult)
    plan = plan_consult(session, consult, now=now)
    return Offers(plan.offers(), plan, plan.explain())


def hold(session: Session, actor: Actor, consult: Consult, starts_at: datetime, *, now: datetime) -> Hold:
    """Keep a time for the consult while its requester confirms; an earlier hold is given back.

    Who serves is decided here and now: where the offered consultant is gone but another is free, that one is
    taken.
    """
    _check_open(consult)
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


def _check_open(consult: Consult) -> None:
    if consult.booking_id is not None:
        raise Conflict(msg("This consult is booked already. Move the meeting instead."))
    if consult.state is ConsultState.CANCELLED:
        raise Conflict(msg("This request was withdrawn. Ask your question again."))


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
    consult.state = ConsultState.HELD
    session.expire(consult, ["hold"])
    audit.record(session, actor, "consult.hold", consult, now=now)
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
    consult.state = ConsultState.REQUESTED
    session.expire(consult, ["hold"])
    audit.record(session, actor, "consult.release", consult, now=now)


def book(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> Booking:
    """Turn the held time into a booking and invite everybody; a repeated call returns the first booking."""
    if consult.booking is not None:
        return consult.booking
    _check_open(consult)
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
    consult.state = ConsultState.BOOKED
    session.delete(hold)
    session.flush()
    session.expire(consult, ["hold"])
    invitations.announce(session, booking, invitations.before(None), now=now)
    audit.record(session, actor, "consult.book", consult, now=now)
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


def list_open(session: Session, actor: Actor) -> list[Consult]:
    """Return the actor's own requests that are not booked yet, newest first."""
    query = (
        access.visible(actor, Consult)
        .where(
            Consult.requester_id == actor.person_id,
            Consult.state.in_([ConsultState.REQUESTED, ConsultState.HELD]),
        )
        .options(selectinload(Consult.service).selectinload(Service.site))
        .order_by(Consult.created_at.desc(), Consult.id)
        .limit(OPEN_REQUESTS)
    )
    return list(session.scalars(query))


def find_by_booking(session: Session, booking: Booking) -> Consult | None:
    """Return the consult that led to a booking, if one did."""
    return session.scalars(select(Consult).where(Consult.booking_id == booking.id)).one_or_none()


def withdraw(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> None:
    """Take back a request that is not booked; its held time is free at once, twice is the same as once."""
    if consult.state is ConsultState.CANCELLED and consult.booking_id is None:
        return
    _check_open(consult)
    release(session, actor, consult, now=now)
    consult.state = ConsultState.CANCELLED
    audit.record(session, actor, "consult.withdraw", consult, now=now)
