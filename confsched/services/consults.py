"""Elective teleconsults: asked, found again, withdrawn."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from confsched import clock
from confsched.domain.bookings import normalise_case_ref
from confsched.domain.consults import OPEN_STATES
from confsched.domain.kinds import ConsultState
from confsched.domain.permissions import Actor, Permission
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.consults import Consult
from confsched.models.network import CooperationAgreement
from confsched.services import access, claims, consult_steps, idempotency

MAX_QUESTION = 2000
MAX_REPLY_DAYS = 92
OPEN_REQUESTS = 20


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
            Service.is_open.is_(True),
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
        state=ConsultState.REQUESTED if service.needs_triage else ConsultState.OFFERED,
        created_at=now,
        booking_id=None,
    )
    session.add(consult)
    session.flush()
    idempotency.remember(session, actor, "consult", key, consult.id, now=now)
    consult_steps.record_step(session, actor, consult, now=now)
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


def list_open(session: Session, actor: Actor) -> list[Consult]:
    """Return the actor's own requests that are not booked yet, newest first."""
    query = (
        access.visible(actor, Consult)
        .where(
            Consult.requester_id == actor.person_id,
            Consult.state.in_(OPEN_STATES),
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
    if consult.state not in OPEN_STATES:
        raise Conflict(msg("This consult is booked already, or it has ended. Cancel its meeting instead."))
    if consult.hold is not None:
        claims.release_hold(session, consult.hold)
        session.expire(consult, ["hold"])
    consult_steps.enter(session, actor, consult, ConsultState.CANCELLED, now=now)
