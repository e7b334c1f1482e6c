"""What the two sides of an urgent consult do while it runs; each move sent twice is as good as once.

Every move locks the consult first and looks at what is true then. What does not follow is refused with a
sentence; the states and all that is kept of them stand in services/urgent_steps.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from confsched.domain.kinds import Recommendation, TransferItem, UrgentKind, UrgentState, UrgentStepKind
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.domain.urgent import ENDED_STATES, RINGING_STATES, is_open
from confsched.domain.urgent_clocks import WALL_CLOCKS_DIFFER, Milestone
from confsched.errors import Conflict, Refusal, msg
from confsched.models.people import Person
from confsched.models.urgent import UrgentConsult, UrgentStep
from confsched.services import bookings, escalation, urgent_claims, urgent_steps
from confsched.services.urgent_sides import demand_answering

MAX_REASON = 400
MAX_NAME = 120
# The same move by the same person within this time is a form that was sent again.
SENT_AGAIN = timedelta(seconds=60)
_OVER = msg("This consult is over. There is nothing left to do.")


def acknowledge(
    session: Session,
    person_id: uuid.UUID,
    consult: UrgentConsult,
    *,
    actor: Actor | None = None,
    now: datetime,
) -> None:
    """Let a person take a consult, and call nobody else any more; twice is as good as once.

    `actor` is the person where they are signed in; None for who answers the signed link of an alert.
    Raises Conflict where somebody else was faster, and names them, or where it is over.
    """
    urgent_steps.lock(session, consult)
    if consult.consultant_id == person_id:
        return
    demand_ringing(session, consult, person_id)
    consult.consultant_id = person_id
    consult.join_link = consult.join_link or bookings.new_join_link(consult.service.join_base)
    urgent_steps.enter(session, actor, consult, UrgentState.ACKNOWLEDGED, now=now, person_id=person_id)
    escalation.stop(session, consult, now=now)
    urgent_claims.take(session, consult, person_id, now=now)


def demand_ringing(session: Session, consult: UrgentConsult, person_id: uuid.UUID) -> None:
    """Raise Conflict where a locked consult is taken, saying by whom, is over, or calls nobody yet."""
    if consult.consultant_id == person_id:
        raise Conflict(msg("You have taken this consult already. Hand it over on its page."))
    if consult.consultant_id is not None:
        name = session.get_one(Person, consult.consultant_id).name
        raise Conflict(msg("%(name)s has taken this consult already.", name=name))
    if not is_open(consult.state):
        raise Conflict(_OVER)
    if consult.state not in RINGING_STATES:
        raise Conflict(
            msg("Nobody has been called yet. This consult cannot be taken before it is requested.")
        )


def connect(session: Session, actor: Actor, consult: UrgentConsult, *, now: datetime) -> None:
    """Keep that both sides see each other."""
    move(session, actor, consult, UrgentState.CONNECTED, now=now)


def recommend(
    session: Session,
    actor: Actor,
    consult: UrgentConsult,
    recommendation: Recommendation,
    *,
    note: str = "",
    now: datetime,
) -> None:
    """Keep what the consultant recommends; another one takes its place, and both stay on record."""
    demand_answering(session, actor, consult)
    code = recommendation.value
    move(session, actor, consult, UrgentState.RECOMMENDED, now=now, code=code, reason=words(note, "note"))


def phoned(
    session: Session,
    actor: Actor,
    consult: UrgentConsult,
    *,
    to: str,
    at: datetime,
    read_back: bool,
    note: str = "",
    now: datetime,
) -> None:
    """Keep to whom a result was told by telephone when, and whether they read it back.

    A reading is phoned after its images; what is said of a stroke stands beside its states.
    """
    demand_answering(session, actor, consult)
    name = " ".join(to.split())[:MAX_NAME]
    if not name:
        raise Refusal(msg("Say to whom the result was told."), field="to")
    if at > now + WALL_CLOCKS_DIFFER:
        raise Refusal(msg("This time has not come yet. Say when it was told."), field="at")
    details = {"to": name, "read_back": read_back}
    reason, taken_at = words(note, "phone_note"), min(at, now)
    if consult.kind is UrgentKind.TELERADIOLOGY:
        return move(
            *(session, actor, consult, UrgentState.PHONED),
            now=now,
            taken_at=taken_at,
            reason=reason,
            details=details,
        )
    kind, code = UrgentStepKind.PHONED_RESULT, "phoned"
    if not _is_sent_again(session, actor, consult, kind, code, reason, details, now):
        _demand_open(consult)
        urgent_steps.add_step(
            session, actor, consult, kind, code, now=now, taken_at=taken_at, reason=reason, details=details
        )
    return None


def report(session: Session, actor: Actor, consult: UrgentConsult, *, now: datetime) -> None:
    """Keep that the written report is there; it lies where reports are kept, not here."""
    demand_answering(session, actor, consult)
    move(session, actor, consult, UrgentState.REPORTED, now=now)


def close(session: Session, actor: Actor, consult: UrgentConsult, *, now: datetime) -> None:
    """End a consult whose work is done."""
    move(session, actor, consult, UrgentState.CLOSED, now=now)


def cancel(
    session: Session, actor: Actor, consult: UrgentConsult, *, code: str, reason: str = "", now: datetime
) -> None:
    """End a consult that was a false alarm or a duplicate; whoever was called is called no more.

    Raises Refusal where a duplicate does not say of which consult, or the kind of end is none of the two.
    """
    if code not in ("false_alarm", "duplicate"):
        raise Refusal(msg("Choose whether it was a false alarm or a duplicate."), field="code")
    kept = words(reason, "end_reason")
    if code == "duplicate" and not kept:
        raise Refusal(msg("Say which consult it doubles."), field="end_reason")
    move(session, actor, consult, UrgentState.CANCELLED, now=now, code=code, reason=kept)


def tick(
    session: Session,
    actor: Actor,
    consult: UrgentConsult,
    item: TransferItem | Milestone,
    *,
    is_done: bool = True,
    now: datetime,
) -> None:
    """Keep that a part of a transfer, or something at the bedside, is done; or that this was wrong."""
    kind = UrgentStepKind.TRANSFER if isinstance(item, TransferItem) else UrgentStepKind.FACTS
    urgent_steps.lock(session, consult)
    if is_ticked(consult, item) is is_done:
        return
    _demand_open(consult)
    details = {"done": is_done}
    urgent_steps.add_step(session, actor, consult, kind, item.value, now=now, details=details)


def is_ticked(consult: UrgentConsult, item: TransferItem | Milestone) -> bool:
    """Tell whether an item stands as done: the last word counts."""
    last = find_tick(consult, item)
    return last is not None and last.details.get("done", True) is True


def find_tick(consult: UrgentConsult, item: TransferItem | Milestone) -> UrgentStep | None:
    """Return the last step about an item."""
    kinds = (UrgentStepKind.TRANSFER, UrgentStepKind.FACTS)
    said = [step for step in consult.steps if step.kind in kinds and step.code == item.value]
    return said[-1] if said else None


def move(
    session: Session,
    actor: Actor,
    consult: UrgentConsult,
    state: UrgentState,
    *,
    now: datetime,
    taken_at: datetime | None = None,
    code: str = "",
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Enter a state unless this very move was made a moment ago; raises Conflict where it does not follow."""
    kept = dict(details or {}) | ({"code": code} if code else {})
    if _is_sent_again(session, actor, consult, UrgentStepKind.STATE, state.value, reason, kept, now):
        return
    urgent_steps.enter(
        session,
        actor,
        consult,
        state,
        now=now,
        taken_at=taken_at,
        code=code,
        reason=reason,
        details=details,
    )
    if state in ENDED_STATES:
        escalation.stop(session, consult, now=now)
        urgent_claims.give_back(session, consult, now=now)


def words(text: str, field: str) -> str:
    """Return what was typed on one line, short enough to keep; raises Refusal for a patient's name."""
    kept = " ".join(text.split())[:MAX_REASON]
    check_text(kept, field)
    return kept


def _is_sent_again(
    session: Session,
    actor: Actor,
    consult: UrgentConsult,
    kind: UrgentStepKind,
    code: str,
    reason: str,
    details: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Tell whether the last step says the same: by the same person just now, or a state that stands."""
    urgent_steps.lock(session, consult)
    session.expire(consult, ["steps"])
    last = next((step for step in reversed(consult.steps) if (step.kind, step.code) == (kind, code)), None)
    if last is None or (last.reason, last.details) != (reason, dict(details)):
        return False
    if kind is UrgentStepKind.STATE and consult.state.value != code:
        return False
    stands = code in _SAID_ONCE
    return stands or (last.person_id == actor.person_id and now - last.recorded_at <= SENT_AGAIN)


# What is true once and for all: whoever says it second has said the same.
_SAID_ONCE = frozenset(
    {UrgentState.CONNECTED, UrgentState.REPORTED, UrgentState.CLOSED, UrgentState.CANCELLED}
    | {UrgentState.RECOMMENDED, UrgentState.INDICATION_GIVEN, UrgentState.SCANNING, UrgentState.READING}
)


def _demand_open(consult: UrgentConsult) -> None:
    if not is_open(consult.state):
        raise Conflict(_OVER)
