"""Triage: the house that is asked accepts a request, sends it on to a better service, or declines it."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.consults import ACCEPTED_STATES, TRIAGE_STATES
from confsched.domain.kinds import ConsultState, SlotAnswer
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, Refusal, msg
from confsched.models.catalogue import Service
from confsched.models.consults import Consult
from confsched.services import access, consult_notices, consult_steps, consults, waiting_line
from confsched.services.findings import Findings
from confsched.services.lists import Page
from confsched.services.matching import plan_consult

PAGE_SIZE = 50
MAX_REASON = 400
MAX_PASSED_ON = 3  # there, back where that was a mistake, and on


def list_waiting(session: Session, actor: Actor, *, page: int = 1) -> Page[Consult]:
    """Return what waits for a decision of the actor's house, the nearest deadline first."""
    waiting = (access.triaged_by(actor), Consult.state == ConsultState.REQUESTED)
    total = session.scalar(select(func.count()).select_from(Consult).where(*waiting)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, page), pages)
    query = (
        select(Consult)
        .where(*waiting)
        .options(joinedload(Consult.service), joinedload(Consult.site), joinedload(Consult.requester))
        .order_by(Consult.reply_by_on, Consult.created_at, Consult.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Page(tuple(session.scalars(query)), page, pages, total)


def find_case(session: Session, actor: Actor, consult_id: uuid.UUID) -> Consult | None:
    """Return a request to a service of the actor's house, if they triage there."""
    query = select(Consult).where(access.triaged_by(actor), Consult.id == consult_id)
    return session.scalars(query).one_or_none()


def list_targets(session: Session, consult: Consult, *, now: datetime) -> list[Service]:
    """Return the services that the asking site may ask instead."""
    agreed = consults.agreed_services({consult.site_id}, clock.local_day(now, consult.site.zone))
    return list(session.scalars(agreed.where(Service.id != consult.service_id)))


def accept(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> None:
    """Let the requester choose a time; where none is to be had yet, it is accepted all the same.

    Accepted twice is accepted once.
    """
    if consult.state in ACCEPTED_STATES:
        return
    check_waits(consult, now, {ConsultState.REQUESTED})
    has_times = bool(plan_consult(session, consult, now=now).offers())
    state = ConsultState.OFFERED if has_times else ConsultState.TRIAGED
    consult_steps.enter(session, actor, consult, state, now=now)
    line = (
        msg("Choose a time on the page of the consult.")
        if has_times
        else msg("No time is to be had yet. The page of the consult says who is missing when.")
    )
    consult_notices.tell_asking(session, consult, msg("Your teleconsult is accepted"), [line], now=now)


def redirect(
    session: Session,
    actor: Actor,
    consult: Consult,
    service_id: uuid.UUID | None,
    reason: str,
    *,
    now: datetime,
) -> None:
    """Send a request on to another service that the asking site may ask; there it is triaged anew."""
    check_waits(consult, now, TRIAGE_STATES)
    target, reason = _checked_redirection(session, consult, service_id, reason, now)
    former = consult.service
    waiting_line.leave(session, consult, SlotAnswer.WITHDRAWN, now=now)  # the line of the former service
    consult.service = target
    state = ConsultState.REQUESTED if target.needs_triage else ConsultState.OFFERED
    consult_steps.enter(session, actor, consult, state, now=now, reason=reason, former_service_id=former.id)
    heading = msg("Your teleconsult was passed on to %(service)s", service=target.name)
    lines = [
        msg("Before: %(service)s, %(site)s", service=former.name, site=former.site.name),
        msg("Reason: %(reason)s", reason=reason),
    ]
    consult_notices.tell_asking(session, consult, heading, lines, now=now)
    if target.needs_triage:
        consult_notices.tell_triagers(session, consult, consult_notices.WAITS, now=now)


def _checked_redirection(
    session: Session, consult: Consult, service_id: uuid.UUID | None, reason: str, now: datetime
) -> tuple[Service, str]:
    found = Findings()
    target = found.keep(_target, session, consult, service_id, now)
    sentence = found.keep(_sentence, reason, "reason")
    found.raise_all()
    assert target and sentence, "what is missing was refused"
    return target, sentence


def _target(session: Session, consult: Consult, service_id: uuid.UUID | None, now: datetime) -> Service:
    _check_not_passed_around(consult)
    for service in list_targets(session, consult, now=now):
        if service.id == service_id:
            return service
    raise Refusal(msg("Choose a service that the asking hospital has an agreement for."), field="service_id")


def _check_not_passed_around(consult: Consult) -> None:
    """Refuse to pass a request on once more that goes from house to house while its patient waits."""
    passed = sum(step.former_service_id is not None for step in consult.steps)
    if passed >= MAX_PASSED_ON:
        raise Refusal(
            msg("This request was passed on %(count)s times already. Accept or decline it.", count=passed),
            field="service_id",
        )


def decline(
    session: Session, actor: Actor, consult: Consult, reason: str, alternative: str, *, now: datetime
) -> None:
    """Turn a request away, with the reason and with what helps instead; twice is once."""
    if consult.state is ConsultState.DECLINED:
        return
    check_waits(consult, now, TRIAGE_STATES)
    found = Findings()
    why, instead = found.keep(_sentence, reason, "reason"), found.keep(_sentence, alternative, "alternative")
    found.raise_all()
    assert why and instead, "what is missing was refused"
    consult_steps.enter(
        *(session, actor, consult, ConsultState.DECLINED), now=now, reason=why, alternative=instead
    )
    lines = [msg("Reason: %(reason)s", reason=why), msg("Instead: %(alternative)s", alternative=instead)]
    consult_notices.tell_asking(session, consult, msg("Your teleconsult was declined"), lines, now=now)


def check_waits(consult: Consult, now: datetime, states: frozenset[ConsultState] | set[ConsultState]) -> None:
    """Refuse a decision that comes too late, or after another one."""
    if consult.state not in states:
        raise Conflict(msg("This request is decided already. Its page says how."))
    if consults.is_over(consult, now):
        raise Conflict(msg("The day by which the reply was needed is over: the request has run out."))


def _sentence(text: str, field: str) -> str:
    text = " ".join(text.split())
    if not text:
        wanted = {
            "reason": msg("Give the reason in a sentence: whoever asked reads it."),
            "alternative": msg("Say what helps instead: another service, a phone number, a later day."),
        }
        raise Refusal(wanted[field], field=field)
    if len(text) > MAX_REASON:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_REASON), field=field)
    check_text(text, field=field)
    return text
