"""Work on the draft of a month: cells that two editors never overwrite for each other."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor
from confsched.domain.roster_month import (
    Cell,
    clean_cell,
    find_text_problem,
    find_unwritable,
    month_of,
    next_month,
)
from confsched.errors import Message, Refusal, msg
from confsched.models.duty_rosters import DutyRoster, RosterCell, RosterEdit
from confsched.models.network import Department
from confsched.models.people import Membership, Person
from confsched.services import audit
from confsched.services.access import CLINICIANS
from confsched.services.roster_cells import MonthState, load_state, lock_roster, open_roster
from confsched.services.roster_staff import valid_in

MAX_PEOPLE, LONGEST_MONTH = 120, 31
MAX_EDITS = MAX_PEOPLE * LONGEST_MONTH  # so that a whole month can be pasted, and undone as one step
MAX_STEPS = 200  # that a draft remembers for undo
MAX_ECHO = 200  # letters of a refused text that come back
NOBODY = "?"


@dataclass(frozen=True)
class CellEdit:
    """Hold one cell as somebody typed it; `seen_version` is what they saw, 0 where nobody had edited it."""

    person_id: uuid.UUID
    day: date
    text: str
    seen_version: int = 0

    @property
    def cell(self) -> Cell:
        return self.person_id, self.day


@dataclass(frozen=True)
class SavedCell:
    person_id: uuid.UUID
    day: date
    text: str
    version: int


@dataclass(frozen=True)
class CellConflict:
    """Hold a cell that somebody else changed since it was seen: theirs stands, mine is kept here."""

    person_id: uuid.UUID
    day: date
    mine: str
    theirs: str
    version: int
    by: str
    at: datetime | None


@dataclass(frozen=True)
class CellProblem:
    """Say what is wrong with a cell; one that was saved all the same only keeps it from publication."""

    person_id: uuid.UUID
    day: date
    text: str
    message: Message


@dataclass(frozen=True)
class EditResult:
    saved: tuple[SavedCell, ...] = ()
    conflicts: tuple[CellConflict, ...] = ()
    problems: tuple[CellProblem, ...] = ()


def edit_cells(
    session: Session,
    actor: Actor,
    department: Department,
    month: date,
    edits: Iterable[CellEdit],
    *,
    now: datetime,
) -> EditResult:
    """Write cells of a draft as one step; the department is loaded to be changed.

    A cell that somebody changed since it was seen keeps what they wrote and comes back as a conflict. What
    cannot stand in a cell is not written; an unknown code is, and comes back as a problem beside it.
    """
    wanted = {edit.cell: edit for edit in edits}
    check_size(wanted)
    roster = open_roster(session, department, month, now=now)
    state = load_state(session, department, month, now=now)
    refused = _unwritable(session, state, wanted.values())
    passed = [edit for edit in wanted.values() if edit.cell not in refused]
    current = state.draft
    stale = [edit for edit in passed if _is_stale(edit, state, current)]
    stale_cells = {edit.cell for edit in stale}
    texts = {edit.cell: clean_cell(edit.text) for edit in passed if edit.cell not in stale_cells}
    saved = save_texts(session, actor, roster, state, texts, now=now)
    return EditResult(
        saved=saved,
        conflicts=conflicts_with(session, state, {edit.cell: edit.text for edit in stale}),
        problems=(*refused.values(), *findings_of(state, saved)),
    )


def fill_cells(
    session: Session,
    actor: Actor,
    roster: DutyRoster,
    cells: Mapping[Cell, str],
    *,
    now: datetime,
    only_empty: bool,
) -> EditResult:
    """Write cells that a sheet, a rotation or the automatic filling brings, as one step to be undone.

    With `only_empty` what stands in a cell stays, and comes back as a conflict where it differs.
    """
    check_size(cells)
    roster = lock_roster(session, roster)
    state = load_state(session, roster.department, roster.month, now=now)
    edits = [CellEdit(*cell, text) for cell, text in cells.items()]
    refused = _unwritable(session, state, edits)
    texts = {cell: clean_cell(text) for cell, text in cells.items() if cell not in refused}
    current = state.draft
    kept = {cell: text for cell, text in texts.items() if only_empty and current.get(cell, text) != text}
    written = {cell: text for cell, text in texts.items() if cell not in kept}
    saved = save_texts(session, actor, roster, state, written, now=now)
    return EditResult(
        saved=saved,
        conflicts=conflicts_with(session, state, kept),
        problems=(*refused.values(), *findings_of(state, saved)),
    )


def check_size(cells: Collection[object]) -> None:
    """Refuse more cells at once than the largest month has."""
    if len(cells) > MAX_EDITS:
        raise Refusal(
            msg(
                "Change at most %(count)s cells at once: a month of %(people)s people has no more.",
                count=MAX_EDITS,
                people=MAX_PEOPLE,
            )
        )


def _unwritable(session: Session, state: MonthState, edits: Iterable[CellEdit]) -> dict[Cell, CellProblem]:
    """Return the cells that cannot be written, and why."""
    edits = list(edits)
    known = _known_people(session, state, {edit.person_id for edit in edits})
    found = {}
    for edit in edits:
        message = _find_unwritable(edit, state.month, known)
        if message:
            found[edit.cell] = CellProblem(edit.person_id, edit.day, edit.text[:MAX_ECHO], message)
    return found


def _find_unwritable(edit: CellEdit, month: date, known: Collection[uuid.UUID]) -> Message | None:
    if month_of(edit.day) != month:
        return msg("This day lies in another month.")
    if edit.person_id not in known:
        return msg("This person does not work in the house in this month.")
    return find_unwritable(edit.text)


def _known_people(session: Session, state: MonthState, asked: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
    """Return the clinicians of the house in the month among those asked for, and who stands in it."""
    present = {person_id for person_id, _ in state.draft}
    if len(present | set(asked)) > MAX_PEOPLE:
        raise Refusal(msg("A month holds at most %(count)s people.", count=MAX_PEOPLE))
    query = select(Membership.person_id).where(
        Membership.person_id.in_(asked),
        Membership.organisation_id == state.department.site.organisation_id,
        Membership.function.in_(CLINICIANS),
        *valid_in(state.month, next_month(state.month)),
    )
    return present | set(session.scalars(query))


def _is_stale(edit: CellEdit, state: MonthState, current: Mapping[Cell, str]) -> bool:
    row = state.drafted.get(edit.cell)
    is_seen = edit.seen_version == (row.version if row else 0)
    return not is_seen and clean_cell(edit.text) != current.get(edit.cell, "")


def save_texts(
    session: Session,
    actor: Actor,
    roster: DutyRoster,
    state: MonthState,
    texts: Mapping[Cell, str],
    *,
    now: datetime,
    is_step: bool = True,
) -> tuple[SavedCell, ...]:
    """Write the cells whose text differs, and remember them as one step."""
    current = state.draft
    changes = [
        (cell, current.get(cell, ""), text) for cell, text in texts.items() if current.get(cell, "") != text
    ]
    versions = {cell: row.version for cell, row in state.drafted.items()}
    written = {cell: text for cell, _, text in changes}
    versions.update(put_cells(session, roster, written, by_id=actor.person_id, now=now))
    if changes and is_step:
        _remember(session, actor, roster, changes, now)
    if changes:
        session.flush()
        audit.record(session, actor, "edit_cells", roster, now=now, detail=f"{len(changes)} cells")
    return tuple(SavedCell(*cell, text, versions.get(cell, 0)) for cell, text in texts.items())


def put_cells(
    session: Session, roster: DutyRoster, texts: Mapping[Cell, str], *, by_id: uuid.UUID, now: datetime
) -> dict[Cell, int]:
    """Write cells of the draft and return their new versions; the caller holds the lock on the month."""
    if not texts:
        return {}
    query = select(RosterCell).where(RosterCell.roster_id == roster.id)
    of_people = query.where(RosterCell.person_id.in_({person_id for person_id, _ in texts}))
    rows = {(row.person_id, row.day): row for row in session.scalars(of_people)}
    for cell, text in texts.items():
        row = rows.get(cell)
        if row is None:
            row = rows[cell] = RosterCell(roster_id=roster.id, person_id=cell[0], day=cell[1], version=0)
            session.add(row)
        row.text, row.version = text, row.version + 1
        row.edited_by_id, row.edited_at = by_id, now
    session.flush()
    return {cell: rows[cell].version for cell in texts}


def _remember(
    session: Session,
    actor: Actor,
    roster: DutyRoster,
    changes: Iterable[tuple[Cell, str, str]],
    now: datetime,
) -> None:
    last = session.scalar(select(func.max(RosterEdit.number)).where(RosterEdit.roster_id == roster.id)) or 0
    session.execute(
        delete(RosterEdit).where(RosterEdit.roster_id == roster.id, RosterEdit.number <= last - MAX_STEPS)
    )
    step = [[str(person_id), day.isoformat(), old, new] for (person_id, day), old, new in changes]
    session.add(
        RosterEdit(
            roster_id=roster.id, number=last + 1, person_id=actor.person_id, edited_at=now, changes=step
        )
    )


def conflicts_with(session: Session, state: MonthState, mine: Mapping[Cell, str]) -> tuple[CellConflict, ...]:
    """Return these cells with what stands there instead, and who wrote it."""
    edited = _last_edits(session, state, mine) if mine else {}
    current = state.draft
    return tuple(
        CellConflict(
            *cell,
            mine=text,
            theirs=current.get(cell, ""),
            version=state.drafted[cell].version if cell in state.drafted else 0,
            by=by,
            at=at,
        )
        for cell, text in mine.items()
        for by, at in (edited.get(cell, (NOBODY, None)),)
    )


def _last_edits(
    session: Session, state: MonthState, cells: Collection[Cell]
) -> dict[Cell, tuple[str, datetime]]:
    """Return who wrote last what stands in these cells of the draft, and when."""
    query = (
        select(RosterCell.person_id, RosterCell.day, RosterCell.edited_at, Person)
        .outerjoin(Person, Person.id == RosterCell.edited_by_id)
        .join(DutyRoster, DutyRoster.id == RosterCell.roster_id)
        .where(DutyRoster.department_id == state.department.id, DutyRoster.month == state.month)
        .where(RosterCell.person_id.in_({person_id for person_id, _ in cells}))
    )
    return {
        (person_id, day): (person.name if person else NOBODY, edited_at)
        for person_id, day, edited_at, person in session.execute(query)
    }


def findings_of(state: MonthState, saved: Iterable[SavedCell]) -> tuple[CellProblem, ...]:
    """Return what the legend has against cells that were saved."""
    found = ((cell, find_text_problem(cell.text, cell.day, state.legend)) for cell in saved)
    return tuple(
        CellProblem(cell.person_id, cell.day, cell.text, message) for cell, message in found if message
    )
