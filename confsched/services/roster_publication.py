"""Publish the draft of a month, bring back a former edition, and follow swaps; nothing published is edited.

A change of days that are over is published like any other, as a correction: the duty rows it replaces are
superseded, never edited, so what was known then keeps its answer, and so do the figures made from it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.duty_codes import (
    MAX_CODES_A_CELL,
    Legend,
    join_codes,
    planned_duties,
    span_on,
    split_cell,
)
from confsched.domain.intervals import Span
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.domain.roster_month import (
    Cell,
    CellDiff,
    Cells,
    diff_cells,
    find_problems,
    month_of,
    overlay,
)
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.duty_rosters import DutyRoster, RosterEdition
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.services import audit, claims
from confsched.services.affected import AffectedMeeting, affected_meetings
from confsched.services.roster_absences import change_absences
from confsched.services.roster_cells import (
    MonthState,
    find_roster,
    load_state,
    read_cells,
    write_cells,
)
from confsched.services.roster_edits import put_cells
from confsched.services.roster_effects import change_duties, notify_hit
from confsched.services.roster_locks import lock_history
from confsched.services.roster_view import CellChange, Unanswered

MAX_REASON = 120  # an entry of the trail holds 200 letters
NOTHING = Unanswered()


@dataclass(frozen=True)
class Publication:
    """Hold what a publication did; without changes there is no new edition."""

    edition: int
    changes: tuple[CellChange, ...] = ()
    meetings: tuple[AffectedMeeting, ...] = ()
    notified: int = 0


@dataclass(frozen=True)
class Handed:
    """Say that a span of a line goes to a person, from another or, where nobody held it, from nobody."""

    line: DutyLine
    span: Span
    from_person_id: uuid.UUID | None
    to_person_id: uuid.UUID


@dataclass(frozen=True)
class _Step:
    """Hold a month on its way to the next edition."""

    roster: DutyRoster
    state: MonthState
    cells: Cells
    diffs: Sequence[CellDiff]
    people: Mapping[uuid.UUID, Person]


def publish(
    session: Session,
    actor: Actor,
    roster: DutyRoster,
    *,
    seen_edition: int,
    unanswered: Unanswered = NOTHING,
    reason: str = "",
    now: datetime,
) -> Publication:
    """Let the draft of a month count, if nobody has published since edition `seen_edition` was seen.

    Only what differs from the last edition is applied, so that swapped parts stay. Refuses changed cells
    that cannot be carried out; meetings that break are returned, those bound to a line follow it.
    The audit trail keeps what was `unanswered` when somebody published all the same, and the reason.
    """
    remark = _remark(unanswered, reason)
    now = _lock_seen(session, roster, seen_edition, now)
    state = load_state(session, roster.department, roster.month, now=now)
    step = _step(session, roster, state, state.draft)
    return _publish(session, actor, step, now=now, remark=remark)


def _remark(unanswered: Unanswered, reason: str) -> str:
    words = " ".join(reason.split())
    if len(words) > MAX_REASON:
        raise Refusal(msg("Say it in at most %(count)s letters.", count=MAX_REASON), field="reason")
    check_text(words, "reason")
    counts = f", gaps {unanswered.gaps}, warnings {unanswered.warnings}" if unanswered else ""
    return f"{counts}: {words}" if words else counts


def _lock_seen(session: Session, roster: DutyRoster, seen_edition: int, now: datetime) -> datetime:
    """Lock a month whose last edition is the one that was seen; nobody undoes what they have not read."""
    now = lock_history(session, roster.department, [roster.month], now=now)
    if roster.edition != seen_edition:
        raise Conflict(
            msg(
                "Somebody published edition %(number)s meanwhile. Look at the changes and publish once more.",
                number=roster.edition,
            )
        )
    return now


def restore(
    session: Session, actor: Actor, roster: DutyRoster, number: int, *, seen_edition: int, now: datetime
) -> Publication:
    """Publish the cells of a former edition once more; number 0 is what stood before the first.

    Cells of the draft that were not published yet stay as they are: nothing that somebody typed is lost.
    Raises Conflict where somebody has published since edition `seen_edition` was seen.
    """
    now = _lock_seen(session, roster, seen_edition, now)
    query = select(RosterEdition).where(RosterEdition.roster_id == roster.id, RosterEdition.number == number)
    former = session.scalars(query).one_or_none()
    if former is None:
        raise NotFound
    state = load_state(session, roster.department, roster.month, now=now)
    step = _step(session, roster, state, read_cells(former.cells))
    done = _publish(session, actor, step, now=now, restores=number)
    _write_draft(session, actor, step, now)
    return done


def follow_swaps(session: Session, actor: Actor, handed: Iterable[Handed], *, now: datetime) -> list[Handed]:
    """Let the cells of published months follow duties that change hands whole; a part keeps its cells.

    The months are locked. Returns what the cells say now.
    """
    by_month: dict[date, list[Handed]] = {}
    for one in handed:
        by_month.setdefault(month_of_duty(one), []).append(one)
    return [one for moves in by_month.values() for one in _follow_in_month(session, actor, moves, now)]


def month_of_duty(one: Handed) -> date:
    """Return the month in which a span that changes hands begins."""
    return month_of(clock.local_day(one.span.starts_at, one.line.department.site.zone))


def _follow_in_month(session: Session, actor: Actor, moves: Sequence[Handed], now: datetime) -> list[Handed]:
    department, month = moves[0].line.department, month_of_duty(moves[0])
    roster = find_roster(session, department, month)
    if roster is None or roster.edition == 0:
        return []  # the cells are read from the duties themselves until a month is published
    state = load_state(session, department, month, now=now)
    cells = dict(state.published)
    followed = [move for move in moves if _move(cells, move, state.legend)]
    step = _step(session, roster, state, {cell: text for cell, text in cells.items() if text})
    if step.diffs:
        _add_edition(session, actor, step, now, restores=None)
        _write_draft(session, actor, step, now)
        audit.record(session, actor, "follow_swap", roster, now=now, detail=f"edition {roster.edition}")
    return followed


def _move(cells: dict[Cell, str], move: Handed, legend: Legend) -> bool:
    """Move the code of a duty from one cell to the other, and tell whether there was one to move."""
    day = clock.local_day(move.span.starts_at, legend.zone)
    meaning = [code for code in legend.codes.values() if code.line_id == move.line.id]
    code = next((code.code for code in meaning if span_on(code, day, legend) == move.span), None)
    taker = (move.to_person_id, day)
    taken = dict.fromkeys((*split_cell(cells.get(taker, "")), code)) if code else {}
    if code is None or len(taken) > MAX_CODES_A_CELL:
        return False  # a mark says it instead
    if move.from_person_id is not None:
        giver = (move.from_person_id, day)
        given = split_cell(cells.get(giver, ""))
        if code not in given:
            return False  # a part that has the hours of another code, or a duty that no cell says
        cells[giver] = join_codes(one for one in given if one != code)
    cells[taker] = join_codes(taken)
    return True


def _step(session: Session, roster: DutyRoster, state: MonthState, cells: Cells) -> _Step:
    present = {person_id for person_id, _ in (*state.published, *cells)}
    people = session.scalars(select(Person).where(Person.id.in_(present)))
    return _Step(
        roster,
        state,
        cells,
        diff_cells(state.published, cells),
        {person.id: person for person in people},
    )


def _publish(
    session: Session,
    actor: Actor,
    step: _Step,
    *,
    now: datetime,
    restores: int | None = None,
    remark: str = "",
) -> Publication:
    if not step.diffs:
        return Publication(step.roster.edition)
    _check_publishable(step)
    # All at once and in one order: meetings that follow would lock the same people one by one.
    claims.line_up(session, {diff.person_id for diff in step.diffs})
    _add_edition(session, actor, step, now, restores=restores)
    losses = change_duties(session, actor, step.state, step.diffs, step.people, now=now)
    losses += change_absences(session, actor, step.state, step.diffs, step.people, now=now)
    notified = notify_hit(session, actor, step.state, step.diffs, step.people, now=now)
    detail = f"edition {step.roster.edition}, {len(step.diffs)} cells{remark}"
    audit.record(session, actor, "publish", step.roster, now=now, detail=detail)
    return Publication(
        edition=step.roster.edition,
        changes=tuple(_change(diff, step) for diff in step.diffs),
        meetings=tuple(affected_meetings(session, losses, now=now, actor=actor)),
        notified=notified,
    )


def _change(diff: CellDiff, step: _Step) -> CellChange:
    return CellChange(diff.person_id, step.people[diff.person_id].name, diff.day, diff.before, diff.after)


def _check_publishable(step: _Step) -> None:
    """Refuse changed cells that cannot be carried out; one that stood before is only shown."""
    names = {person_id: person.name for person_id, person in step.people.items()}
    legend = step.state.legend
    problems = find_problems(step.cells, planned_duties(step.cells, legend), legend, names)
    found = [(diff, problems[diff.cell]) for diff in step.diffs if diff.cell in problems]
    if not found:
        return
    diff, problem = found[0]
    values = {"name": names[diff.person_id], "day": f"{diff.day:%d.%m.}", "problem": problem}
    if len(found) == 1:
        words = msg("1 cell cannot be published. %(name)s, %(day)s: %(problem)s", **values)
    else:
        words = msg(
            "%(count)s cells cannot be published. %(name)s, %(day)s: %(problem)s", count=len(found), **values
        )
    raise Refusal(words, field="cells")


def _add_edition(session: Session, actor: Actor, step: _Step, now: datetime, *, restores: int | None) -> None:
    roster = step.roster
    if roster.edition == 0:
        before = write_cells(step.state.published)
        session.add(RosterEdition(roster_id=roster.id, number=0, published_at=now, cells=before, changed=0))
    roster.edition += 1
    session.add(
        RosterEdition(
            roster_id=roster.id,
            number=roster.edition,
            published_at=now,
            published_by_id=actor.person_id,
            cells=write_cells(overlay(step.cells, {})),
            changed=len(step.diffs),
            restores=restores,
        )
    )
    session.flush()


def _write_draft(session: Session, actor: Actor, step: _Step, now: datetime) -> None:
    """Let the draft follow where nobody has changed it, under new versions that other editors notice."""
    draft = step.state.draft
    followed = {diff.cell: diff.after for diff in step.diffs if draft.get(diff.cell, "") == diff.before}
    put_cells(session, step.roster, followed, by_id=actor.person_id, now=now)
