"""The one place where a conference changes its state: each move is checked, kept as a step, and audited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.domain.conferences import may_become
from confsched.domain.kinds import ConferenceState
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, msg
from confsched.models.conferences import Conference, ConferenceStep
from confsched.services import audit


def enter(
    session: Session,
    actor: Actor | None,
    conference: Conference,
    state: ConferenceState,
    *,
    now: datetime,
    reason: str = "",
    code: str = "",
) -> ConferenceStep:
    """Move a conference into a state and keep who did it when and why; `actor` None: it came by itself.

    Raises Conflict where the states do not follow each other: somebody was faster, or the page is old.
    """
    if not may_become(conference.state, state):
        raise Conflict(msg("This conference has moved on meanwhile. Look at where it stands now."))
    conference.state = state
    return record_step(session, actor, conference, now=now, reason=reason, code=code)


def begin(
    session: Session, actor: Actor | None, conferences: Mapping[Conference, str], *, now: datetime
) -> None:
    """Open many new conferences at once; one without a booking is off from the start, for its reason."""
    for conference, reason in conferences.items():
        assert conference.state is ConferenceState.PLANNED, "new conferences are planned"
        is_held = conference.booking is not None
        conference.state = ConferenceState.REGISTRATION_OPEN if is_held else ConferenceState.CANCELLED
        conference.revision += 1
        session.add(_step(conference, 1, actor, now, "", reason))
        audit.record(
            session, actor, f"conference.{conference.state.value}", conference, now=now, detail=reason
        )
    session.flush()


def record_step(
    session: Session,
    actor: Actor | None,
    conference: Conference,
    *,
    now: datetime,
    reason: str = "",
    code: str = "",
) -> ConferenceStep:
    """Keep what happened to a conference in the state it is in, and count its revision up."""
    session.flush()
    of_conference = ConferenceStep.conference_id == conference.id
    last = session.scalar(select(func.max(ConferenceStep.number)).where(of_conference))
    step = _step(conference, (last or 0) + 1, actor, now, code, reason)
    conference.revision += 1
    session.add(step)
    session.flush()
    session.expire(conference, ["steps"])
    word = code or conference.state.value
    audit.record(session, actor, f"conference.{word}", conference, now=now, detail=reason)
    return step


def _step(
    conference: Conference, number: int, actor: Actor | None, now: datetime, code: str, reason: str
) -> ConferenceStep:
    return ConferenceStep(
        conference_id=conference.id,
        number=number,
        state=conference.state,
        code=code,
        taken_at=now,
        person_id=actor.person_id if actor else None,
        reason=reason,
    )
