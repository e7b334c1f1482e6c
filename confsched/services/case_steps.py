"""The one place where a case changes its state: each move is checked, kept as a step, and audited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.domain.cases import may_become
from confsched.domain.kinds import CaseState
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, msg
from confsched.models.cases import CaseItem, CaseStep
from confsched.services import audit


def enter(
    session: Session,
    actor: Actor | None,
    case: CaseItem,
    state: CaseState,
    *,
    now: datetime,
    reason: str = "",
    code: str = "",
) -> CaseStep:
    """Move a case into a state and keep who did it when and why; `actor` None: it came by itself.

    Raises Conflict where the states do not follow each other: somebody was faster, or the page is old.
    """
    if not may_become(case.state, state):
        raise Conflict(msg("This case has moved on meanwhile. Look at where it stands now."))
    case.state = state
    return record_step(session, actor, case, now=now, reason=reason, code=code)


def record_step(
    session: Session,
    actor: Actor | None,
    case: CaseItem,
    *,
    now: datetime,
    reason: str = "",
    code: str = "",
) -> CaseStep:
    """Keep what happened to a case in the state it is in, and count its revision up."""
    session.flush()
    last = session.scalar(select(func.max(CaseStep.number)).where(CaseStep.case_id == case.id))
    step = CaseStep(
        case_id=case.id,
        number=(last or 0) + 1,
        state=case.state,
        code=code,
        taken_at=now,
        person_id=actor.person_id if actor else None,
        reason=reason,
    )
    case.revision += 1
    session.add(step)
    session.flush()
    session.expire(case, ["steps"])
    # The reason may name what only the desk reads; the trail keeps that there was one.
    audit.record(session, actor, f"case.{code or case.state.value}", case, now=now)
    return step
