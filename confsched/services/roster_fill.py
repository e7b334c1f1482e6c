"""Fill the open duties of a draft automatically: asked for by a secretary, worked out by the worker."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.autofill import explain
from confsched.domain.autofill_facts import Filling, Problem, Progress, Score
from confsched.domain.duty_codes import join_codes, planned_duties, span_on, split_cell
from confsched.domain.kinds import FillState
from confsched.domain.permissions import Actor
from confsched.domain.roster_marks import spans_by_line
from confsched.domain.roster_month import Cell
from confsched.errors import Conflict, msg
from confsched.models.duty_rosters import DutyRoster, FillRun
from confsched.services import access, audit, idempotency
from confsched.services.fill_problems import load_problem
from confsched.services.roster_cells import MonthState, load_state
from confsched.services.roster_edits import EditResult, fill_cells

PURPOSE = "filling"
LEASE = timedelta(seconds=60)
ACTIVE = (FillState.WAITING, FillState.RUNNING)


@dataclass(frozen=True)
class Due:
    """Hold a filling that this worker has taken, and what it is to fill."""

    run_id: uuid.UUID
    lease_key: str
    problem: Problem


def ask(
    session: Session, actor: Actor, roster: DutyRoster, *, keep_limits: bool, now: datetime, key: str
) -> FillRun:
    """Ask for a filling of the draft, which the worker begins within a second; one at a time for a month."""
    known_id = idempotency.find_result(session, actor, PURPOSE, key)
    if known_id is not None:
        return access.get_row(session, actor, FillRun, known_id)
    run = _find_active(session, roster) or _add(session, actor, roster, keep_limits, now)
    idempotency.remember(session, actor, PURPOSE, key, run.id, now=now)
    return run


def _find_active(session: Session, roster: DutyRoster) -> FillRun | None:
    session.execute(select(DutyRoster.id).where(DutyRoster.id == roster.id).with_for_update())
    query = select(FillRun).where(FillRun.roster_id == roster.id, FillRun.state.in_(ACTIVE))
    return session.scalars(query).first()


def _add(session: Session, actor: Actor, roster: DutyRoster, keep_limits: bool, now: datetime) -> FillRun:
    run = FillRun(
        roster_id=roster.id,
        state=FillState.WAITING,
        requested_by_id=actor.person_id,
        requested_at=now,
        filled=0,
        total=0,
        result={"keep_limits": keep_limits},
    )
    session.add(run)
    session.flush()
    audit.record(session, actor, "ask_filling", run, now=now)
    return run


def stop(session: Session, actor: Actor, run: FillRun, *, now: datetime) -> None:
    """Let a filling end with the best so far; one that has ended stays as it is."""
    if run.state not in ACTIVE or run.stop_asked_at is not None:
        return
    run.stop_asked_at = now
    if run.state is FillState.WAITING:
        run.state, run.finished_at = FillState.STOPPED, now
    audit.record(session, actor, "stop_filling", run, now=now)


def claim_due(session: Session, lease_key: str, *, now: datetime) -> Due | None:
    """Take the oldest filling that waits, or whose worker has died, and lay it out."""
    query = (
        select(FillRun)
        .where(FillRun.state.in_(ACTIVE), (FillRun.lease_until.is_(None)) | (FillRun.lease_until < now))
        .order_by(FillRun.requested_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    run = session.scalars(query).one_or_none()
    if run is None:
        return None
    run.state, run.lease_key, run.lease_until = FillState.RUNNING, lease_key, now + LEASE
    keep_limits = bool(run.result.get("keep_limits"))
    problem = load_problem(session, run.roster, keep_limits=keep_limits, now=now)
    run.filled, run.total = 0, len(problem.open_duties)
    return Due(run.id, lease_key, problem)


def note_progress(session: Session, due: Due, progress: Progress, *, now: datetime) -> bool:
    """Write how far a filling has come; False when it is to end here, asked to or taken by another."""
    run = session.get(FillRun, due.run_id, with_for_update=True)
    if run is None or run.lease_key != due.lease_key or run.state is not FillState.RUNNING:
        return False
    run.filled, run.total, run.lease_until = progress.filled, progress.total, now + LEASE
    run.result = {**run.result, "score": _score(progress.score), "share_done": progress.share_done}
    return run.stop_asked_at is None


def store(session: Session, due: Due, filling: Filling, *, now: datetime) -> None:
    """Keep what was found, unless another worker has taken the filling meanwhile."""
    run = session.get(FillRun, due.run_id, with_for_update=True)
    if run is None or run.lease_key != due.lease_key or run.state is not FillState.RUNNING:
        return
    run.state = FillState.STOPPED if run.stop_asked_at else FillState.DONE
    run.finished_at, run.lease_until = now, None
    run.filled, run.total = len(filling.assigned), len(due.problem.open_duties)
    run.result = {
        **run.result,
        "score": _score(filling.score),
        "share_done": 1.0,
        "assigned": [
            [str(line_id), day.isoformat(), code, str(person_id)]
            for (line_id, day, code), person_id in sorted(filling.assigned.items())
        ],
        "unfilled": _unfilled(due.problem, filling),
    }


def give_back(session: Session, due: Due, *, now: datetime) -> None:
    """Let another worker begin a filling again; one that somebody has stopped meanwhile ends with nothing."""
    run = session.get(FillRun, due.run_id, with_for_update=True)
    if run is None or run.lease_key != due.lease_key or run.state is not FillState.RUNNING:
        return
    run.lease_key = run.lease_until = None
    run.state = FillState.STOPPED if run.stop_asked_at else FillState.WAITING
    run.finished_at = now if run.stop_asked_at else None


def store_failure(session: Session, due: Due, *, now: datetime) -> None:
    """Say that a filling ended by a fault of ours; it is not tried again by itself."""
    run = session.get(FillRun, due.run_id, with_for_update=True)
    if run is not None and run.lease_key == due.lease_key:
        run.state, run.finished_at, run.lease_until = FillState.FAILED, now, None


def _score(score: Score) -> dict[str, Any]:
    return asdict(score)


def _unfilled(problem: Problem, filling: Filling) -> list[list[Any]]:
    return [
        [
            str(line_id),
            day.isoformat(),
            code,
            [[reason.text, dict(reason.values)] for reason in explain(why, len(problem.candidates))],
        ]
        for (line_id, day, code), why in sorted(filling.unfilled.items())
    ]


def take_over(session: Session, actor: Actor, run: FillRun, *, now: datetime) -> EditResult:
    """Write the proposals into the draft as one step; the run is loaded to be changed.

    Twice is the same as once.
    """
    if run.state in ACTIVE:
        raise Conflict(msg("The filling still runs. Stop it first, or wait until it has ended."))
    if run.applied_at is not None:
        return EditResult()
    state = load_state(session, run.roster.department, run.roster.month, now=now)
    cells = _merged(state, run.result.get("assigned", []))
    result = fill_cells(session, actor, run.roster, cells, now=now, only_empty=False)
    run.applied_at = now
    audit.record(session, actor, "take_over_filling", run, now=now, detail=f"{len(result.saved)} cells")
    return result


def _merged(state: MonthState, assigned: Iterable[list[str]]) -> dict[Cell, str]:
    """Return the cells with the new codes behind what stands: a day at work and the call after it.

    A duty that somebody was given meanwhile is left to them.
    """
    held = spans_by_line(planned_duties(state.draft, state.legend), ())
    cells: dict[Cell, str] = {}
    for line_id, day, text, person_id in assigned:
        cell, code = (uuid.UUID(person_id), date.fromisoformat(day)), state.legend.find(text)
        span = span_on(code, cell[1], state.legend) if code else None
        if span is None or any(span.overlaps(other) for other in held.get(uuid.UUID(line_id), ())):
            continue
        codes = split_cell(cells.get(cell, state.draft.get(cell, "")))
        cells[cell] = join_codes(dict.fromkeys((*codes, text)))
    return cells
