"""The one place where a consult changes its state: each move is checked, kept as a step, and audited."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.domain.consults import may_become
from confsched.domain.kinds import ConsultState
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, msg
from confsched.models.consults import Consult, ConsultStep
from confsched.services import agreements, audit


def enter(
    session: Session,
    actor: Actor | None,
    consult: Consult,
    state: ConsultState,
    *,
    now: datetime,
    reason: str = "",
    alternative: str = "",
    former_service_id: uuid.UUID | None = None,
) -> ConsultStep:
    """Move a consult into a state and keep who did it when and why; `actor` None: it came by itself.

    Raises Conflict where the states do not follow each other: somebody was faster, or the page is old; and
    where somebody keeps or books a time after the agreement between the hospitals has ended.
    """
    if not may_become(consult.state, state):
        raise Conflict(msg("This consult has moved on meanwhile. Look at where it stands now."))
    if actor is not None and state in (ConsultState.HELD, ConsultState.BOOKED):
        agreements.demand(session, consult, now)
    consult.state = state
    return record_step(
        session,
        actor,
        consult,
        now=now,
        reason=reason,
        alternative=alternative,
        former_service_id=former_service_id,
    )


def record_step(
    session: Session,
    actor: Actor | None,
    consult: Consult,
    *,
    now: datetime,
    reason: str = "",
    alternative: str = "",
    former_service_id: uuid.UUID | None = None,
) -> ConsultStep:
    """Keep that a consult has come into the state it is in; enter() calls it, and who makes a consult."""
    session.flush()
    last = session.scalar(select(func.max(ConsultStep.number)).where(ConsultStep.consult_id == consult.id))
    step = ConsultStep(
        consult_id=consult.id,
        number=(last or 0) + 1,
        state=consult.state,
        taken_at=now,
        person_id=actor.person_id if actor else None,
        reason=reason,
        alternative=alternative,
        former_service_id=former_service_id,
    )
    session.add(step)
    session.flush()
    session.expire(consult, ["steps"])
    audit.record(session, actor, f"consult.{consult.state.value}", consult, now=now)
    return step
