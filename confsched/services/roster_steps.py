"""Steps of work on a draft that are undone and redone, and reasons for accepting a warning."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.domain.roster_month import Cell, month_of
from confsched.domain.roster_rules import Rule
from confsched.errors import NotFound, Refusal, msg
from confsched.models.duty_rosters import DutyRoster, RosterEdit, WarningReason
from confsched.models.people import Person
from confsched.services import audit
from confsched.services.roster_cells import load_state, lock_roster
from confsched.services.roster_edits import MAX_STEPS, EditResult, conflicts_with, findings_of, save_texts

MAX_REASON = 200


def undo(session: Session, actor: Actor, roster: DutyRoster, *, now: datetime) -> EditResult:
    """Take back one's own last step; a cell that was changed since stays and comes back as a conflict."""
    roster = lock_roster(session, roster)
    step = next((step for step in _own_steps(session, actor, roster) if step.undone_at is None), None)
    if step is None:
        raise Refusal(msg("There is no step of yours to undo in this month."))
    step.undone_at = now
    return _replay(session, actor, roster, step, is_forward=False, now=now)


def redo(session: Session, actor: Actor, roster: DutyRoster, *, now: datetime) -> EditResult:
    """Do again what one has undone last; a step made since ends what can be redone."""
    roster = lock_roster(session, roster)
    undone = []
    for step in _own_steps(session, actor, roster):
        if step.undone_at is None:
            break
        undone.append(step)
    if not undone:
        raise Refusal(msg("There is no step of yours to redo in this month."))
    undone[-1].undone_at = None
    return _replay(session, actor, roster, undone[-1], is_forward=True, now=now)


def give_reason(
    session: Session,
    actor: Actor,
    roster: DutyRoster,
    person_id: uuid.UUID,
    day: date,
    rule: Rule,
    reason: str,
    *,
    now: datetime,
) -> None:
    """Note why a warning is accepted; an empty reason takes the former one away."""
    words = " ".join(reason.split())
    if len(words) > MAX_REASON:
        raise Refusal(msg("Say it in at most %(count)s letters.", count=MAX_REASON), field="reason")
    check_text(words, "reason")
    roster = lock_roster(session, roster)
    if month_of(day) != roster.month or session.get(Person, person_id) is None:
        raise NotFound
    of_cell = (WarningReason.person_id == person_id) & (WarningReason.day == day)
    of_rule = (WarningReason.roster_id == roster.id) & (WarningReason.rule == Rule(rule).value)
    session.execute(delete(WarningReason).where(of_cell & of_rule))
    if words:
        session.add(
            WarningReason(
                roster_id=roster.id,
                person_id=person_id,
                day=day,
                rule=Rule(rule).value,
                reason=words,
                given_by_id=actor.person_id,
                given_at=now,
            )
        )
    session.flush()
    audit.record(session, actor, "give_reason", roster, now=now, detail=f"{day} {Rule(rule).value}")


def _own_steps(session: Session, actor: Actor, roster: DutyRoster) -> Sequence[RosterEdit]:
    query = select(RosterEdit).where(
        RosterEdit.roster_id == roster.id, RosterEdit.person_id == actor.person_id
    )
    return session.scalars(query.order_by(RosterEdit.number.desc()).limit(MAX_STEPS)).all()


def _replay(
    session: Session, actor: Actor, roster: DutyRoster, step: RosterEdit, *, is_forward: bool, now: datetime
) -> EditResult:
    state = load_state(session, roster.department, roster.month, now=now)
    current = state.draft
    wanted: dict[Cell, str] = {}
    blocked: dict[Cell, str] = {}
    for person_id, day, before, after in step.changes:
        cell = (uuid.UUID(person_id), date.fromisoformat(day))
        old, new = (before, after) if is_forward else (after, before)
        target = wanted if current.get(cell, "") in (old, new) else blocked
        target[cell] = new
    saved = save_texts(session, actor, roster, state, wanted, now=now, is_step=False)
    return EditResult(saved, conflicts_with(session, state, blocked), findings_of(state, saved))
