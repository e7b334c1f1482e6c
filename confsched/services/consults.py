"""Elective teleconsults: asked, found again, withdrawn."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from confsched import clock
from confsched.domain.bookings import normalise_case_ref
from confsched.domain.consults import ACCEPTED_STATES, ASKING, ENDED_STATES, OPEN_STATES, deadline
from confsched.domain.kinds import ConsultState, SlotAnswer
from confsched.domain.permissions import Actor, Permission
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.consults import Consult
from confsched.models.network import CooperationAgreement
from confsched.models.people import Membership, Person
from confsched.services import access, claims, consult_notices, consult_steps, idempotency, waiting_line
from confsched.services.access import CLINICIANS
from confsched.services.findings import Findings
from confsched.services.lists import Page

MAX_QUESTION = 2000
MAX_REPLY_DAYS = 92
PAGE_SIZE = 50
MAX_CLINICIANS = 400


@dataclass(frozen=True)
class Question:
    """Hold what was typed; without a requester, whoever typed it asks for themselves."""

    service_id: uuid.UUID | None
    case_ref: str
    question: str
    reply_by_on: date | None
    requester_id: uuid.UUID | None = None


class Show(StrEnum):
    """Name a part of the list of consults."""

    CURRENT = "current"
    OPEN = "open"
    TRIAGE = "triage"
    BOOKED = "booked"
    ENDED = "ended"


SHOWN_STATES = {
    Show.CURRENT: frozenset(ConsultState) - ENDED_STATES,
    Show.OPEN: ACCEPTED_STATES,
    Show.TRIAGE: frozenset({ConsultState.REQUESTED}),
    Show.BOOKED: frozenset({ConsultState.BOOKED, ConsultState.TOOK_PLACE, ConsultState.REPORTED}),
    Show.ENDED: ENDED_STATES,
}


def list_services(session: Session, actor: Actor, *, now: datetime) -> list[Service]:
    """Return the services that an agreement opens to a site at which the actor may ask."""
    today = clock.local_day(now, actor.zone)
    return list(session.scalars(agreed_services(actor.sites_with(Permission.REQUEST_CONSULT), today)))


def agreed_services(sites: Collection[uuid.UUID], today: date) -> Select[Service]:
    """Return the query for what agreements let any of the sites ask on a day, by name."""
    is_agreed = exists().where(
        CooperationAgreement.service_id == Service.id,
        CooperationAgreement.site_id.in_(sites),
        CooperationAgreement.valid_from <= today,
        or_(CooperationAgreement.valid_until.is_(None), CooperationAgreement.valid_until > today),
    )
    return (
        select(Service)
        .where(is_agreed, Service.is_urgent.is_(False), Service.is_open.is_(True))
        .options(selectinload(Service.site))
        .order_by(Service.name, Service.id)
    )


def list_clinicians(session: Session, actor: Actor, *, now: datetime) -> list[Person]:
    """Return for whom the actor may ask: the clinicians of the sites at which they book for others."""
    today = clock.local_day(now, actor.zone)
    query = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.site_id.in_(actor.sites_with(Permission.BOOK_FOR_OTHERS)), *_works_as_clinician(today)
        )
        .distinct()
        .order_by(Person.family_name, Person.given_name, Person.id)
        .limit(MAX_CLINICIANS)
    )
    return list(session.scalars(query))


def _works_as_clinician(today: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Membership.function.in_(CLINICIANS),
        Membership.valid_from <= today,
        or_(Membership.valid_until.is_(None), Membership.valid_until > today),
    )


def request(session: Session, actor: Actor, question: Question, *, now: datetime, key: str) -> Consult:
    """Record what is asked of whom and until when; the same key returns the first request.

    Where the service is triaged, those who decide get a mail; otherwise times may be chosen at once.
    Raises Unfit with all that is wrong with the question.
    """
    known = idempotency.find_result(session, actor, "consult", key)
    if known is not None:
        return access.get_consult(session, actor, known)
    consult = _checked(session, actor, question, now)
    session.add(consult)
    session.flush()
    idempotency.remember(session, actor, "consult", key, consult.id, now=now)
    consult_steps.record_step(session, actor, consult, now=now)
    if consult.state is ConsultState.REQUESTED:
        consult_notices.tell_triagers(session, consult, consult_notices.WAITS, now=now)
    if consult.requested_by_id is not None:
        heading = msg("%(name)s has asked for a teleconsult for you", name=actor.name)
        consult_notices.tell_asking(session, consult, heading, now=now)
    return consult


def _checked(session: Session, actor: Actor, question: Question, now: datetime) -> Consult:
    """Return the consult as it would be, on no record."""
    found, today = Findings(), clock.local_day(now, actor.zone)
    service = found.keep(_offered_service, session, actor, question.service_id, now)
    asking = service and found.keep(_requester, session, actor, question, service, now)
    case_ref = found.keep(normalise_case_ref, question.case_ref)
    text = found.keep(_checked_question, question.question)
    reply_by_on = found.keep(_checked_deadline, question.reply_by_on, today)
    found.raise_all()
    assert service and asking and case_ref and text and reply_by_on, "what is missing was refused"
    requester, site_id = asking
    return Consult(
        service=service,
        site_id=site_id,
        requester=requester,
        requested_by_id=actor.person_id if actor.person_id != requester.id else None,
        case_ref=case_ref,
        question=text,
        reply_by_on=reply_by_on,
        state=ConsultState.REQUESTED if service.needs_triage else ConsultState.OFFERED,
        created_at=now,
        booking_id=None,
    )


def _offered_service(session: Session, actor: Actor, service_id: uuid.UUID | None, now: datetime) -> Service:
    if service_id is None:
        raise Refusal(msg("Choose a service."), field="service_id")
    for service in list_services(session, actor, now=now):
        if service.id == service_id:
            return service
    raise Refusal(
        msg("Your site has no agreement for this service. Choose one from the list."), field="service_id"
    )


def _requester(
    session: Session, actor: Actor, question: Question, service: Service, now: datetime
) -> tuple[Person, uuid.UUID]:
    """Return who asks, and at which site of the actor: a clinician, or a secretary on their behalf."""
    person_id = question.requester_id or actor.person_id
    permission = Permission.REQUEST_CONSULT if person_id == actor.person_id else Permission.BOOK_FOR_OTHERS
    today = clock.local_day(now, actor.zone)
    query = (
        select(Person, Membership.site_id)
        .join(Membership, Membership.person_id == Person.id)
        .join(CooperationAgreement, CooperationAgreement.site_id == Membership.site_id)
        .where(
            Person.id == person_id,
            *_works_as_clinician(today),
            Membership.site_id.in_(actor.sites_with(permission)),
            CooperationAgreement.service_id == service.id,
            CooperationAgreement.valid_from <= today,
            or_(CooperationAgreement.valid_until.is_(None), CooperationAgreement.valid_until > today),
        )
    )
    found = {site_id: person for person, site_id in session.execute(query)}
    for seat in actor.seats:
        if seat.site_id in found:
            return found[seat.site_id], seat.site_id
    raise Refusal(
        msg("Choose for whom you ask: a clinician of your site, which has the agreement."),
        field="requester_id",
    )


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


def is_over(consult: Consult, now: datetime) -> bool:
    """Tell whether the reply deadline has passed, whatever the worker has noted yet."""
    return deadline(consult.reply_by_on, consult.site.zone) <= now


def list_consults(session: Session, actor: Actor, show: Show, *, page: int = 1) -> Page[Consult]:
    """Return what the actor asks, answers or triages by its meeting, or without one by its deadline.

    What ended stands in reverse, the last first.
    """
    query = access.visible(actor, Consult).where(Consult.state.in_(SHOWN_STATES[show]))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, page), pages)
    meeting = aliased(Booking)
    starts_at = select(meeting.starts_at).where(meeting.id == Consult.booking_id).scalar_subquery()
    due = func.coalesce(starts_at, Consult.reply_by_on)
    order = due.desc() if show is Show.ENDED else due
    rows = session.scalars(
        query.options(
            joinedload(Consult.service).joinedload(Service.site),
            *(joinedload(Consult.site), joinedload(Consult.requester), joinedload(Consult.booking)),
        )
        .order_by(order, Consult.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Page(tuple(rows), page, pages, total)


def list_of_booking(session: Session, actor: Actor, booking: Booking) -> list[Consult]:
    """Return the consults that a meeting is about and that the actor may read."""
    query = access.visible(actor, Consult).where(Consult.booking_id == booking.id).order_by(Consult.id)
    return list(session.scalars(query))


def asks(actor: Actor, consult: Consult) -> bool:
    """Tell whether the actor is the requester, or asked on their behalf."""
    return actor.person_id in (consult.requester_id, consult.requested_by_id)


def answers(actor: Actor, consult: Consult) -> bool:
    """Tell whether the actor takes part in the meeting as one who answers."""
    parts = consult.booking.participations if consult.booking else []
    return any(
        part.person_id == actor.person_id and part.removed_at is None and part.serves != ASKING
        for part in parts
    )


def withdraw(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> None:
    """Take back a request that is not booked; its held time is free at once, twice is the same as once."""
    if consult.state is ConsultState.CANCELLED and consult.booking_id is None:
        return
    if consult.state not in OPEN_STATES:
        raise Conflict(msg("This consult is booked already, or it has ended. Cancel its meeting instead."))
    if consult.hold is not None:
        claims.release_hold(session, consult.hold)
        session.expire(consult, ["hold"])
    waiting_line.leave(session, consult, SlotAnswer.WITHDRAWN, now=now)
    consult_steps.enter(session, actor, consult, ConsultState.CANCELLED, now=now)
