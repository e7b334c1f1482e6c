"""A roster sheet on its way into the draft of a month: read, explained, tried out, taken over or dropped."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.permissions import Actor
from confsched.domain.roster_import import (
    Comparison,
    compare,
)
from confsched.domain.roster_import_codes import (
    alias_key,
)
from confsched.errors import NotFound, Refusal, msg
from confsched.formats.plain_text import one_line
from confsched.formats.roster_files import RosterFile, write_tables
from confsched.formats.stored_messages import store_message
from confsched.models.duty_rosters import RosterImport
from confsched.models.network import Department
from confsched.services import access, audit, idempotency
from confsched.services.duty_rosters import CellProblem, fill_cells
from confsched.services.import_effects import Effects, find_effects
from confsched.services.import_memory import (
    CODE,
    LAYOUT,
    NAME,
    load_memory,
    name_key,
    remember,
)
from confsched.services.import_names import (
    load_choosable,
    people_of,
)
from confsched.services.import_questions import NOTES, ImportView, check_open, is_over, look_at, meanings_of
from confsched.services.import_rows import ImportRow, row_of
from confsched.services.import_sheets import (
    MONTH_IS_RIGHT,
    SHEET,
    Columns,
    checked_columns,
    open_sheet,
    says,
)
from confsched.services.roster_cells import MonthState, load_state, open_roster

PURPOSE = "roster_import"
MAX_FILENAME = 120
KEPT = timedelta(days=14)
MAX_DROPPED = 100


@dataclass(frozen=True)
class DryRun:
    """Hold what taking an import over would do; nothing is changed by looking."""

    view: ImportView
    comparison: Comparison
    rows: tuple[ImportRow, ...]
    effects: Effects

    def count(self, kind: str) -> int:
        return self.comparison.count(kind)


@dataclass(frozen=True)
class Answers:
    """Hold what somebody said about a sheet: people by name (None: left out), codes ("": passed over)."""

    names: Mapping[str, uuid.UUID | None] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    sheet: int | None = None
    month: date | None = None
    columns: Columns | None = None


@dataclass(frozen=True)
class TakenOver:
    """Hold what an import wrote; `is_stale` says that nothing was, as it would do something else by now."""

    cells: int = 0
    problems: tuple[CellProblem, ...] = ()
    is_stale: bool = False


def find_department(session: Session, actor: Actor, department_id: uuid.UUID) -> Department:
    """Return a department whose months the actor may change, without locking it."""
    query = access.visible(actor, Department, to="change").where(Department.id == department_id)
    department = session.scalars(query.options(joinedload(Department.site))).one_or_none()
    if department is None:
        raise NotFound
    return department


def start(
    session: Session,
    actor: Actor,
    department: Department,
    month: date,
    file: RosterFile,
    filename: str,
    *,
    key: str,
    now: datetime,
) -> RosterImport:
    """Keep what was read from a file until it is taken over or dropped; the same form again finds it.

    The department is loaded to be changed. Whoever brings another sheet for the month drops the one before.
    """
    known = idempotency.find_result(session, actor, PURPOSE, key)
    if known is not None:
        return access.get_row(session, actor, RosterImport, known)
    roster = open_roster(session, department, month, now=now)
    _drop_others(session, actor, roster.id, now)
    row = RosterImport(
        roster_id=roster.id,
        roster=roster,
        filename=one_line(filename)[:MAX_FILENAME],
        tables=write_tables(file.tables),
        choices={NOTES: [store_message(note) for note in file.notes]},
        created_by_id=actor.person_id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    idempotency.remember(session, actor, PURPOSE, key, row.id, now=now)
    return row


def _drop_others(session: Session, actor: Actor, roster_id: uuid.UUID, now: datetime) -> None:
    query = select(RosterImport).where(
        RosterImport.roster_id == roster_id,
        RosterImport.created_by_id == actor.person_id,
        RosterImport.taken_over_at.is_(None),
        RosterImport.dropped_at.is_(None),
    )
    # Who takes one over holds its row and waits for the department, which is locked here.
    for row in session.scalars(query.with_for_update(skip_locked=True)):
        _close(row)
        row.dropped_at = now


def _close(row: RosterImport) -> None:
    """Keep no copy of a sheet that has done its work: it names people."""
    row.tables = []


# ---- what is to be explained ----


def look(session: Session, row: RosterImport, *, now: datetime) -> ImportView:
    """Return an import with everything that has to be said about its sheet."""
    state = load_state(session, row.roster.department, row.roster.month, now=now)
    return look_at(session, row, state)


def answer(
    session: Session, actor: Actor, row: RosterImport, answers: Answers, *, now: datetime
) -> RosterImport:
    """Keep what was said about a sheet; names, codes and columns for later sheets of the department too.

    A month other than the import's moves it there. Raises Refusal with the field at fault.
    """
    check_open(row)
    if answers.month is not None and answers.month != row.roster.month:
        department = access.get_department(session, actor, row.roster.department_id, to="change")
        row.roster = open_roster(session, department, answers.month, now=now)
    choices = dict(row.choices)
    if answers.month is not None:
        choices[MONTH_IS_RIGHT] = True
    if answers.sheet is not None:
        if not 0 <= answers.sheet < len(row.tables):
            raise Refusal(msg("Choose a sheet that the file has."), field="sheet")
        choices[SHEET] = answers.sheet
    row.choices = choices
    session.flush()
    _keep_columns(session, row, answers.columns)
    _keep_meanings(session, row, answers, now)
    return row


def _keep_columns(session: Session, row: RosterImport, columns: Columns | None) -> None:
    if columns is None:
        return
    department_id = row.roster.department_id
    opened = open_sheet(row, load_memory(session, department_id).layouts)
    checked = checked_columns(opened.table, row.roster.month, columns)
    remember(session, department_id, LAYOUT, {opened.fingerprint: checked.values()})


def _keep_meanings(session: Session, row: RosterImport, answers: Answers, now: datetime) -> None:
    if not answers.names and not answers.codes:
        return
    department = row.roster.department
    people = load_choosable(session, department, row.roster.month).names
    if any(person_id is not None and person_id not in people for person_id in answers.names.values()):
        raise Refusal(msg("Choose somebody who works in the house in this month."), field="names")
    legend = load_state(session, department, row.roster.month, now=now).legend
    if any(code and legend.find(code) is None for code in answers.codes.values()):
        raise Refusal(msg("Choose a code of the legend."), field="codes")
    names = {
        name_key(name): {"person_id": str(person_id) if person_id else None}
        for name, person_id in answers.names.items()
    }
    codes = {alias_key(text): {"code": code} for text, code in answers.codes.items()}
    remember(session, department.id, NAME, names)
    remember(session, department.id, CODE, codes)


# ---- dry run ----


def try_out(session: Session, actor: Actor, row: RosterImport, *, now: datetime) -> DryRun:
    """Return what taking over would change and bring about; the sheet can be read."""
    state = load_state(session, row.roster.department, row.roster.month, now=now)
    view, comparison = _compare(session, row, state)
    effects = find_effects(session, actor, state, comparison, now=now)
    names = view.choosable.names
    rows = tuple(row_of(change, state, names, effects) for change in comparison.changes)
    return DryRun(view, comparison, rows, effects)


def _compare(session: Session, row: RosterImport, state: MonthState) -> tuple[ImportView, Comparison]:
    view = look_at(session, row, state)
    if not view.opened.is_readable:
        raise Refusal(msg("Say first which sheet and which columns are meant."))
    meanings = meanings_of(state, load_memory(session, state.department.id))
    return view, compare(says(view.opened, state.month), people_of(view.names), meanings, state.draft)


# ---- the last click ----


def take_over(session: Session, actor: Actor, row: RosterImport, *, seen: str, now: datetime) -> TakenOver:
    """Write the changes into the draft as one step to be undone, if they are still those that were `seen`.

    The row is loaded to be changed. A sheet that changes nothing makes no step.
    """
    check_open(row)
    roster = open_roster(session, row.roster.department, row.roster.month, now=now)
    state = load_state(session, roster.department, roster.month, now=now)
    _, comparison = _compare(session, row, state)
    if comparison.fingerprint != seen:
        return TakenOver(is_stale=True)
    result = fill_cells(session, actor, roster, comparison.cells, now=now, only_empty=False)
    row.taken_over_at = now
    _close(row)
    audit.record(session, actor, "take_over_sheet", row, now=now, detail=f"{len(result.saved)} cells")
    return TakenOver(len(result.saved), result.problems)


def discard(session: Session, actor: Actor, row: RosterImport, *, now: datetime) -> None:
    """Drop an import; one that is over stays as it is."""
    if is_over(row):
        return
    row.dropped_at = now
    _close(row)
    audit.record(session, actor, "drop_sheet", row, now=now)


def drop_old(session: Session, *, now: datetime) -> int:
    """Drop imports that nobody has finished within 14 days, and return how many."""
    query = select(RosterImport).where(
        RosterImport.created_at <= now - KEPT,
        RosterImport.taken_over_at.is_(None),
        RosterImport.dropped_at.is_(None),
    )
    rows = session.scalars(query.limit(MAX_DROPPED).with_for_update(skip_locked=True)).all()
    for row in rows:
        _close(row)
        row.dropped_at = now
    return len(rows)
