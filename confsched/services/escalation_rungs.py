"""The rungs of a ladder as rows: written as a plan, taken by one, left, and brought forward."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, joinedload

from confsched.domain.escalation import (
    CLOSE_TOGETHER,
    PASSED_ON,
    Rung,
    Step,
    plan,
    positions_of_round,
    step_of,
    time_saved,
)
from confsched.models.ladders import EscalationStep
from confsched.models.urgent import Alert, UrgentConsult, UrgentRung, UrgentStep

OPEN = (UrgentRung.entered_at.is_(None), UrgentRung.stopped_at.is_(None))


def write_round(session: Session, consult: UrgentConsult, starts_at: datetime, number: int) -> None:
    """Write every call of one round by the ladder as it is set now."""
    query = (
        select(EscalationStep)
        .where(EscalationStep.service_id == consult.service_id)
        .options(joinedload(EscalationStep.line))
        .order_by(EscalationStep.position)
    )
    rows = list(session.scalars(query))
    steps = [step_of_row(row) for row in rows]
    names = {row.line_id: row.line.name for row in rows if row.line}
    for rung in plan(steps, starts_at, round_number=number):
        session.add(_row(consult, rung, names.get(rung.step.line_id, "")))
    session.flush()


def step_of_row(row: EscalationStep) -> Step:
    """Return a step as the domain knows it."""
    return Step(row.target, row.line_id, row.phone, row.delay_seconds, row.repeats, row.repeat_seconds)


def _row(consult: UrgentConsult, rung: Rung, line_name: str) -> UrgentRung:
    return UrgentRung(
        consult_id=consult.id,
        position=rung.position,
        repeat=rung.repeat,
        target=rung.step.target,
        line_id=rung.step.line_id,
        label=line_name or consult.service.name,
        phone=rung.step.phone,
        due_at=rung.due_at,
    )


def waiting() -> Select[UrgentRung]:
    """Return the query for what was neither entered nor stopped."""
    return select(UrgentRung).where(*OPEN)


def take(session: Session, rung: UrgentRung, now: datetime) -> bool:
    """Be the one who enters it: of all that try, the database lets one pass (PEER_FAILURES 36)."""
    is_open = (UrgentRung.id == rung.id, *OPEN)
    done = session.execute(update(UrgentRung).where(*is_open).values(entered_at=now))
    return int(done.rowcount) == 1  # type: ignore[attr-defined]


def is_just_called(session: Session, rung: UrgentRung, now: datetime) -> bool:
    """Tell whether this step has called a few seconds ago: its repeats were held up, and come together."""
    if rung.repeat == 0:
        return False
    query = select(UrgentRung.id).where(
        UrgentRung.consult_id == rung.consult_id,
        UrgentRung.position == rung.position,
        UrgentRung.repeat < rung.repeat,
        UrgentRung.entered_at > now - CLOSE_TOGETHER,
    )
    return session.scalar(query.limit(1)) is not None


def called_by_others(session: Session, rung: UrgentRung) -> set[uuid.UUID]:
    """Return whom other steps of this round have called."""
    if step_of(rung.position) == 1:
        return set()
    positions = positions_of_round(rung.position)
    query = (
        select(Alert.person_id)
        .join(UrgentRung, UrgentRung.id == Alert.rung_id)
        .where(
            Alert.consult_id == rung.consult_id,
            UrgentRung.position.between(positions.start, positions.stop - 1),
            UrgentRung.position != rung.position,
        )
    )
    return set(session.scalars(query))


def passed_on_by(session: Session, rung: UrgentRung) -> set[uuid.UUID]:
    """Return who has said in this round that they cannot take it."""
    said = (UrgentStep.consult_id == rung.consult_id, UrgentStep.code == PASSED_ON)
    query = select(UrgentStep).where(*said, UrgentStep.person_id.is_not(None))
    here = positions_of_round(rung.position)
    return {
        one.person_id for one in session.scalars(query) if one.person_id and one.details["position"] in here
    }


def stop_repeats(session: Session, rung: UrgentRung, now: datetime) -> bool:
    """Stop the repeats of a step once nobody rings on it any more, and tell whether there were any."""
    same_step = (UrgentRung.consult_id == rung.consult_id, UrgentRung.position == rung.position)
    called = select(Alert.person_id).join(UrgentRung, UrgentRung.id == Alert.rung_id).where(*same_step)
    if set(session.scalars(called)) - passed_on_by(session, rung):
        return False
    done = session.execute(update(UrgentRung).where(*same_step, *OPEN).values(stopped_at=now))
    return int(done.rowcount) > 0  # type: ignore[attr-defined]


def leave_step(session: Session, rung: UrgentRung, now: datetime) -> None:
    """Enter the repeats of a step that reaches nobody as skipped too: the next step begins."""
    repeats = (UrgentRung.consult_id == rung.consult_id, UrgentRung.position == rung.position, *OPEN)
    session.execute(update(UrgentRung).where(*repeats).values(entered_at=now, skipped=rung.skipped))


def bring_forward(session: Session, rung: UrgentRung, now: datetime) -> None:
    """Let the next step be due now, and all after it earlier by the time saved; one begun already stays."""
    of_consult = UrgentRung.consult_id == rung.consult_id
    rest = list(session.scalars(waiting().where(of_consult, UrgentRung.position > rung.position)))
    if not any((one.position, one.repeat) == (rung.position + 1, 0) for one in rest):
        return
    saved = time_saved([one.due_at for one in rest], now)
    for one in rest:
        one.due_at -= saved
