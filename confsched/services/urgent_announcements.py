"""Strokes announced by the ambulance: written before the patient arrives, and nobody is called yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.kinds import UrgentKind, UrgentState
from confsched.domain.permissions import Actor
from confsched.domain.urgent import is_open
from confsched.errors import Conflict, Refusal, msg
from confsched.models.catalogue import Service
from confsched.models.urgent import UrgentConsult
from confsched.services import access, escalation, idempotency, urgent_requests, urgent_sides, urgent_steps
from confsched.services.urgent_requests import PURPOSE, NewRequest


class FormIsOver(Conflict):
    """Say that what a form has asked is over, so that it asks nothing any more without a new key."""


def announce(
    session: Session, actor: Actor, service: Service, new: NewRequest, *, key: str, now: datetime
) -> UrgentConsult:
    """Keep what is known of a stroke that is on its way; the same key announces once."""
    known = idempotency.find_result(session, actor, PURPOSE, key)
    if known is not None:
        return access.get_urgent(session, actor, known)
    offered = urgent_requests.get_offered(session, actor, service.id, now)
    if offered.service.urgent_kind is not UrgentKind.TELESTROKE:
        raise Refusal(msg("Only a stroke is announced. Request the consult."))
    state = UrgentState.PRE_ALERT
    return urgent_requests.begin(session, actor, offered, new, state=state, key=key, now=now)


def request(
    session: Session, actor: Actor, service: Service, new: NewRequest, *, key: str, now: datetime
) -> UrgentConsult:
    """Ask; where the same form had announced it before, ask for that, with what was typed since.

    Raises FormIsOver where the consult of this form has ended: who presses the button means a new one.
    """
    consult = urgent_requests.request(session, actor, service, new, key=key, now=now)
    if not is_open(consult.state):
        raise FormIsOver(
            msg("The consult of this form is over, and nobody is called. Send it now to ask anew.")
        )
    if consult.state is UrgentState.PRE_ALERT:
        known = urgent_requests.typed_of(consult)
        urgent_requests.change_facts(session, actor, consult, known, new, now=now)
        request_announced(session, actor, consult, now=now)
    return consult


def request_announced(session: Session, actor: Actor, consult: UrgentConsult, *, now: datetime) -> None:
    """Ask for what was announced: the clocks and the ladder begin now; twice is as good as once.

    Raises Conflict where it was called off, Refusal for who does not ask.
    """
    urgent_sides.demand_asking(session, actor, consult)
    urgent_steps.lock(session, consult)
    if not is_open(consult.state):
        raise Conflict(msg("This consult is over. There is nothing left to do."))
    if consult.state is not UrgentState.PRE_ALERT:
        return
    consult.requested_at = now
    urgent_steps.enter(session, actor, consult, UrgentState.REQUESTED, now=now)
    escalation.start(session, consult, now=now)
