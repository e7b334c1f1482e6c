"""Passing an urgent consult on before anybody has taken it: the next step of its ladder begins at once."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from confsched.domain.escalation import PASSED_ON, round_of
from confsched.domain.kinds import UrgentStepKind
from confsched.domain.permissions import Actor
from confsched.errors import Refusal, msg
from confsched.models.urgent import Alert, UrgentConsult, UrgentRung, UrgentStep
from confsched.services import escalation, urgent_live, urgent_steps


def pass_on(
    session: Session,
    person_id: uuid.UUID,
    consult: UrgentConsult,
    *,
    actor: Actor | None = None,
    now: datetime,
) -> None:
    """Keep that somebody who was called cannot take it, and begin the next step; twice is as good as once.

    Whoever else is called rings on, and who has passed it on may still take it, but is called no more in
    this round. Raises Conflict where it is taken or over, Refusal for who was not called.
    """
    urgent_steps.lock(session, consult)
    urgent_live.demand_ringing(session, consult, person_id)
    session.expire(consult, ["rungs", "steps"])
    rung = _last_call(consult, person_id)
    if rung is None:
        raise Refusal(msg("Only who is called can pass a consult on."))
    if _has_passed(consult, person_id, rung):
        return
    urgent_steps.add_step(
        session,
        actor,
        consult,
        UrgentStepKind.ESCALATED,
        PASSED_ON,
        now=now,
        person_id=person_id,
        details={"position": rung.position},
    )
    _call_off(session, consult, person_id, now)
    escalation.hurry(session, consult, rung, now=now)


def may_pass_on(consult: UrgentConsult, person_id: uuid.UUID) -> bool:
    """Tell whether a consult that rings has called somebody who has not passed it on in this round."""
    rung = _last_call(consult, person_id)
    return escalation.rings(consult) and rung is not None and not _has_passed(consult, person_id, rung)


def has_passed_on(consult: UrgentConsult, person_id: uuid.UUID) -> bool:
    """Tell whether somebody has passed on the last call that reached them."""
    rung = _last_call(consult, person_id)
    return rung is not None and _has_passed(consult, person_id, rung)


def was_passed_on(person_id: uuid.UUID) -> ColumnElement[bool]:
    """Return for an alert whether the person passed its consult on after it: it calls no more."""
    passed = select(UrgentStep.id).where(
        UrgentStep.consult_id == Alert.consult_id,
        UrgentStep.code == PASSED_ON,
        UrgentStep.person_id == person_id,
        UrgentStep.taken_at >= Alert.created_at,
    )
    return passed.exists()


def _last_call(consult: UrgentConsult, person_id: uuid.UUID) -> UrgentRung | None:
    called = [rung for rung in consult.rungs if any(one.person_id == person_id for one in rung.alerts)]
    return called[-1] if called else None


def _has_passed(consult: UrgentConsult, person_id: uuid.UUID, rung: UrgentRung) -> bool:
    rounds = {
        round_of(step.details["position"])
        for step in consult.steps
        if step.code == PASSED_ON and step.person_id == person_id
    }
    return round_of(rung.position) in rounds


def _call_off(session: Session, consult: UrgentConsult, person_id: uuid.UUID, now: datetime) -> None:
    """Let nothing more leave to who has answered; what is leaving just now may still arrive."""
    waiting = (Alert.sent_at.is_(None), Alert.failed_at.is_(None), Alert.stopped_at.is_(None))
    theirs = (Alert.consult_id == consult.id, Alert.person_id == person_id, *waiting)
    session.execute(update(Alert).where(*theirs).values(stopped_at=now))
