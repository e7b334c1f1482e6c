"""Fill the draft of a month with the turns of a rotation; what stands there stays."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.duty_codes import PlannedDuty, planned_duties, split_cell
from confsched.domain.permissions import Actor
from confsched.domain.roster_month import Cell, days_of
from confsched.domain.rotation_cells import rotation_cells
from confsched.errors import Message, Refusal, msg
from confsched.models.people import Person
from confsched.models.rotations import DutyRotation
from confsched.services import audit
from confsched.services.roster_cells import MonthState, load_state, open_roster
from confsched.services.roster_edits import EditResult, fill_cells
from confsched.services.rotation_views import rotation_of
from confsched.services.rotations import department_of


@dataclass(frozen=True)
class FilledDay:
    """Hold a day of somebody's turn; `why` says why a cell stays as it is, None where it was filled."""

    day: date
    name: str
    why: Message | None = None


@dataclass(frozen=True)
class DraftFilling:
    """Hold what a rotation has brought into a draft, and which days were left as they stood."""

    filled: tuple[FilledDay, ...]
    kept: tuple[FilledDay, ...]


def fill_draft(
    session: Session, actor: Actor, rotation: DutyRotation, month: date, *, now: datetime
) -> DraftFilling:
    """Write the turns of a month into its draft as one step; the rotation is loaded to be changed.

    A cell that holds something, and a day on which somebody else has the line, stay. Twice fills nothing.
    """
    if rotation.line_id is None:
        raise Refusal(msg("Hubs take these turns; they fill no month of people."))
    department = department_of(session, rotation)
    roster = open_roster(session, department, month, now=now)
    state = load_state(session, department, roster.month, now=now)
    wanted = _wanted(rotation, state)
    taken = _taken(wanted, state, rotation.line_id)
    there = {cell for cell, text in wanted.items() if text in split_cell(state.draft.get(cell, ""))}
    free = {cell: text for cell, text in wanted.items() if cell not in taken and cell not in there}
    result = fill_cells(session, actor, roster, free, now=now, only_empty=True)
    if result.saved:
        audit.record(session, actor, "fill_draft", rotation, now=now, detail=f"{roster.month:%Y-%m}")
    return _told(session, result, taken)


def _wanted(rotation: DutyRotation, state: MonthState) -> dict[Cell, str]:
    code = state.legend.find(rotation.code)
    if code is None or code.line_id != rotation.line_id:
        raise Refusal(
            msg("The legend has no code %(code)s for this line. Change the rotation.", code=rotation.code)
        )
    turns, days = rotation_of(rotation), days_of(state.month)
    return rotation_cells(turns, rotation.ends_on, code, days, state.legend)


def _taken(
    wanted: Mapping[Cell, str], state: MonthState, line_id: uuid.UUID | None
) -> dict[Cell, PlannedDuty]:
    """Return the cells of days on which the draft gives the line to somebody else, and to whom."""
    drafted = planned_duties(state.draft, state.legend)
    held = [duty for duty in drafted if duty.line_id == line_id]
    mine = {(duty.person_id, duty.day): duty for duty in planned_duties(wanted, state.legend)}
    return {
        cell: other
        for cell, duty in mine.items()
        for other in held
        if other.person_id != cell[0] and other.span.overlaps(duty.span)
    }


def _told(session: Session, result: EditResult, taken: Mapping[Cell, PlannedDuty]) -> DraftFilling:
    ids = {one.person_id for one in result.saved} | {one.person_id for one in result.conflicts}
    ids |= {one.person_id for one in result.problems} | {cell[0] for cell in taken}
    ids |= {duty.person_id for duty in taken.values()}
    names = {one.id: one.name for one in session.scalars(select(Person).where(Person.id.in_(ids)))}
    saved = {(one.person_id, one.day) for one in result.saved}
    kept = [
        *(FilledDay(one.day, names[one.person_id], _instead(one.theirs)) for one in result.conflicts),
        *(FilledDay(cell[1], names[cell[0]], _holds(names[of.person_id])) for cell, of in taken.items()),
        *(
            FilledDay(one.day, names[one.person_id], one.message)
            for one in result.problems
            if (one.person_id, one.day) not in saved and one.person_id in names
        ),
    ]
    filled = (FilledDay(one.day, names[one.person_id]) for one in result.saved)
    return DraftFilling(
        tuple(sorted(filled, key=lambda one: (one.day, one.name))),
        tuple(sorted(kept, key=lambda one: (one.day, one.name))),
    )


def _instead(text: str) -> Message:
    return msg("%(code)s stands there", code=text)


def _holds(name: str) -> Message:
    return msg("%(name)s has the line", name=name)
