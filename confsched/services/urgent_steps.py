"""The one place where an urgent consult changes: locked, checked, kept as a step, counted, and audited."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.domain.kinds import Recommendation, UrgentState, UrgentStepKind
from confsched.domain.permissions import Actor
from confsched.domain.urgent import FIRST_STATES, is_open, may_become
from confsched.errors import Conflict, msg
from confsched.models.urgent import UrgentConsult, UrgentStep
from confsched.services import audit


def lock(session: Session, consult: UrgentConsult) -> None:
    """Take the row's lock and read it again, so that a decision made next is made on what is true now."""
    session.flush()
    session.refresh(consult, with_for_update={"of": UrgentConsult})


def begin(
    session: Session,
    actor: Actor | None,
    consult: UrgentConsult,
    *,
    now: datetime,
    taken_at: datetime | None = None,
) -> UrgentStep:
    """Keep the first step of a consult that was just made, in the state it has."""
    assert consult.state in FIRST_STATES[consult.kind], "a consult begins at the beginning"
    session.add(consult)
    session.flush()
    return _keep(
        session, actor, consult, UrgentStepKind.STATE, consult.state.value, now=now, taken_at=taken_at
    )


def enter(
    session: Session,
    actor: Actor | None,
    consult: UrgentConsult,
    state: UrgentState,
    *,
    now: datetime,
    taken_at: datetime | None = None,
    reason: str = "",
    code: str = "",
    details: Mapping[str, Any] | None = None,
    person_id: uuid.UUID | None = None,
) -> UrgentStep:
    """Move a consult into a state and keep who did it when and why.

    `actor` None and no `person_id`: it came by itself; a `person_id` alone is who answered a signed link.
    `taken_at`: when it happened, as people remember it. The step's code is the state; `code` is the word that
    belongs to it (a recommendation, why it was cancelled), kept as details["code"].

    Raises Conflict where the states do not follow each other: somebody was faster, or the page is old.
    """
    lock(session, consult)
    if not may_become(consult.kind, consult.state, state):
        raise Conflict(msg("This consult has moved on meanwhile. Look at where it stands now."))
    happened_at = taken_at or now
    consult.state = state
    if state is UrgentState.ACKNOWLEDGED:
        consult.acknowledged_at = happened_at
    if state is UrgentState.RECOMMENDED:
        consult.recommendation = Recommendation(code)
    if not is_open(state):
        consult.ended_at = happened_at
    kept = dict(details or {}) | ({"code": code} if code else {})
    return _keep(
        session,
        actor,
        consult,
        UrgentStepKind.STATE,
        state.value,
        now=now,
        taken_at=taken_at,
        reason=reason,
        details=kept,
        person_id=person_id,
    )


def add_step(
    session: Session,
    actor: Actor | None,
    consult: UrgentConsult,
    kind: UrgentStepKind,
    code: str,
    *,
    now: datetime,
    taken_at: datetime | None = None,
    other_id: uuid.UUID | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    person_id: uuid.UUID | None = None,
) -> UrgentStep:
    """Keep what happened beside the states, and let every reader's page know that there is something new."""
    assert kind is not UrgentStepKind.STATE, "a state is entered"
    lock(session, consult)
    return _keep(
        session,
        actor,
        consult,
        kind,
        code,
        now=now,
        taken_at=taken_at,
        other_id=other_id,
        reason=reason,
        details=dict(details or {}),
        person_id=person_id,
    )


def touch(session: Session, consult: UrgentConsult) -> None:
    """Let every reader's page know of a change that is no step, as the result of an alert."""
    lock(session, consult)
    consult.revision += 1
    session.flush()


def _keep(
    session: Session,
    actor: Actor | None,
    consult: UrgentConsult,
    kind: UrgentStepKind,
    code: str,
    *,
    now: datetime,
    taken_at: datetime | None,
    other_id: uuid.UUID | None = None,
    reason: str = "",
    details: dict[str, Any] | None = None,
    person_id: uuid.UUID | None = None,
) -> UrgentStep:
    last = session.scalar(select(func.max(UrgentStep.number)).where(UrgentStep.consult_id == consult.id))
    step = UrgentStep(
        consult_id=consult.id,
        number=(last or 0) + 1,
        kind=kind,
        code=code,
        taken_at=taken_at or now,
        recorded_at=now,
        is_reconstructed=taken_at is not None and taken_at != now,
        person_id=actor.person_id if actor else person_id,
        other_id=other_id,
        reason=reason,
        details=details or {},
    )
    consult.revision = (consult.revision or 0) + 1
    session.add(step)
    session.flush()
    session.expire(consult, ["steps"])
    audit.record(session, actor, f"urgent_consult.{kind.value}", consult, now=now, detail=code)
    return step
