"""Load the month of a department as its page shows it, in a constant number of queries."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.duty_codes import day_class, join_codes, planned_duties, split_cell
from confsched.domain.holidays import public_holidays
from confsched.domain.kinds import CountsAs
from confsched.domain.permissions import Actor, Permission
from confsched.domain.roster_marks import OpenTime, outside_codes
from confsched.domain.roster_month import (
    Cell,
    days_of,
    diff_cells,
    find_absence,
    next_month,
    previous_month,
)
from confsched.domain.roster_names import KnownName, short_names
from confsched.models.duty_rosters import DutyRoster, RosterEdition
from confsched.models.network import Department
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.services.duty_codes import staff_of
from confsched.services.roster_cells import MonthState, load_state, people_in
from confsched.services.roster_edits import MAX_PEOPLE, CellProblem
from confsched.services.roster_facts import load_facts
from confsched.services.roster_findings import LoadedMonth, Marks, find_marks
from confsched.services.roster_gaps import open_lines, open_parts
from confsched.services.roster_view import (
    CellChange,
    CellView,
    DayHead,
    EditionView,
    LineDay,
    LineGap,
    LineRow,
    MonthView,
    PersonRow,
)

AWAY = "–"  # what colleagues read for an absence: its kind may be an illness


def load_month(
    session: Session,
    actor: Actor,
    department: Department,
    month: date,
    *,
    now: datetime,
    known_at: datetime | None = None,
) -> MonthView:
    """Return the month of a department, which the caller has loaded through access.

    Who looks after the roster sees the draft with its findings; everybody else what is published, without
    the wishes, warnings and kinds of absence of colleagues. With `known_at` it is the month as it was
    published then, and nothing can be edited.
    """
    is_editor = department.site.organisation_id in actor.organisations_with(Permission.EDIT_ROSTER)
    state = load_state(session, department, month, now=now, known_at=known_at)
    editions = _load_editions(session, state.roster, known_at)
    loaded = _load(session, actor, state, editions, is_editor=is_editor, known_at=known_at or now)
    marks = find_marks(session, loaded)
    opened = open_lines(session, state, loaded.planned, loaded.odd, known_at=known_at or now)
    current = editions[0] if editions and state.edition else None
    return MonthView(
        department_id=department.id,
        department=department.name,
        site=department.site.name,
        month=state.month,
        zone=state.legend.zone,
        previous_month=previous_month(state.month),
        next_month=next_month(state.month),
        may_edit=is_editor and known_at is None,
        roster_id=state.roster.id if state.roster else None,
        edition=state.edition,
        published_at=current.published_at if current else None,
        published_by=current.published_by if current else "",
        known_at=known_at,
        days=_day_heads(state),
        rows=_rows(loaded, marks),
        lines=_line_rows(loaded, opened),
        gaps=_gaps(loaded, opened),
        warnings=tuple(warning for found in marks.warnings.values() for warning in found),
        changes=_changes(loaded),
        editions=editions if is_editor else (),
        codes=tuple(state.legend.codes.values()),
        problems=tuple(
            CellProblem(*cell, loaded.cells[cell], message) for cell, message in marks.problems.items()
        ),
        left_out=max(0, len(loaded.names) - MAX_PEOPLE),
    )


def _load(
    session: Session,
    actor: Actor,
    state: MonthState,
    editions: Iterable[EditionView],
    *,
    is_editor: bool,
    known_at: datetime,
) -> LoadedMonth:
    staff = staff_of(session, state.department, state.month, also=people_in(state))
    people = [one.person_id for one in staff]
    written_at = {edition.published_at for edition in editions}
    published = planned_duties(state.published, state.legend)
    cells = state.draft if is_editor else state.published
    return LoadedMonth(
        state=state,
        cells=cells,
        published=published,
        planned=published if cells == state.published else planned_duties(cells, state.legend),
        staff=staff[:MAX_PEOPLE],
        facts=load_facts(session, state, people, written_at, known_at=known_at),
        odd=outside_codes(published, state.standing),
        names={one.person_id: one.name for one in staff},
        is_editor=is_editor,
        reader_id=actor.person_id,
    )


def _load_editions(
    session: Session, roster: DutyRoster | None, known_at: datetime | None
) -> tuple[EditionView, ...]:
    """Return the publications of a month, the last one first, without their cells."""
    if roster is None:
        return ()
    query = (
        select(
            RosterEdition.number,
            RosterEdition.published_at,
            RosterEdition.changed,
            RosterEdition.restores,
            Person,
        )
        .outerjoin(Person, Person.id == RosterEdition.published_by_id)
        .where(RosterEdition.roster_id == roster.id)
        .order_by(RosterEdition.number.desc())
    )
    if known_at:
        query = query.where(RosterEdition.published_at <= known_at)
    return tuple(
        EditionView(number, published_at, person.name if person else "", changed, restores)
        for number, published_at, changed, restores, person in session.execute(query)
    )


def _day_heads(state: MonthState) -> tuple[DayHead, ...]:
    names = public_holidays(state.department.site.state, state.month.year)
    return tuple(
        DayHead(day, day_class(day, state.legend.is_holiday), names.get(day, ""))
        for day in days_of(state.month)
    )


# ---- rows ----


def _rows(month: LoadedMonth, marks: Marks) -> tuple[PersonRow, ...]:
    sums: dict[uuid.UUID, Counter[CountsAs]] = defaultdict(Counter)
    for duty in month.planned:
        if duty.counts_as is not CountsAs.NOTHING:
            sums[duty.person_id][duty.counts_as] += 1
    days, marked = days_of(month.state.month), marks.cells | month.facts.wishes.keys()
    short = short_names(
        [KnownName(one.person_id, one.title, one.given_name, one.family_name) for one in month.staff]
    )
    return tuple(
        PersonRow(
            person_id=one.person_id,
            name=one.name,
            short_name=short[one.person_id],
            note=one.note,
            cells=tuple(_cell(month, marks, (one.person_id, day), marked) for day in days),
            sums=dict(sums[one.person_id]),
        )
        for one in month.staff
    )


def _cell(month: LoadedMonth, marks: Marks, cell: Cell, marked: Collection[Cell]) -> CellView:
    text, published = month.cells.get(cell, ""), month.state.published.get(cell, "")
    if not month.is_editor and cell[0] != month.reader_id:
        text = published = _masked(month, text) if marks.absences.get(text) else text
        return CellView(cell[1], text, published, part=marks.parts.get(cell))
    row = month.state.drafted.get(cell) if month.is_editor else None
    version = row.version if row else 0
    if cell not in marked:
        return CellView(cell[1], text, published, version, marks.absences.get(text))
    return CellView(
        day=cell[1],
        text=text,
        published=published,
        version=version,
        absence=marks.absences.get(text) or marks.away.get(cell),
        wish=month.facts.wishes.get(cell),
        warnings=marks.warnings.get(cell, ()),
        problem=marks.problems.get(cell),
        part=marks.parts.get(cell),
    )


def _masked(month: LoadedMonth, text: str) -> str:
    codes = [code for code in split_cell(text) if not find_absence(code, month.state.legend)]
    return join_codes([*codes, AWAY])


def _changes(month: LoadedMonth) -> tuple[CellChange, ...]:
    return tuple(
        CellChange(diff.person_id, month.names.get(diff.person_id, ""), diff.day, diff.before, diff.after)
        for diff in diff_cells(month.state.published, month.cells)
    )


# ---- lines ----

_Opened = list[tuple[DutyLine, list[OpenTime]]]


def _line_rows(month: LoadedMonth, opened: _Opened) -> tuple[LineRow, ...]:
    return tuple(
        LineRow(
            line.id,
            line.name,
            _code_of(line, month),
            tuple(LineDay(one.day, one.state, one.gap_minutes) for one in times),
        )
        for line, times in opened
    )


def _gaps(month: LoadedMonth, opened: _Opened) -> tuple[LineGap, ...]:
    parts = open_parts(month.state, opened, month.planned, month.odd, month.facts.rules)
    return tuple(LineGap(part.line.id, part.line.name, part.code, part.day, part.span) for part in parts)


def _code_of(line: DutyLine, month: LoadedMonth) -> str:
    codes = (code for code in month.state.legend.codes.values() if code.line_id == line.id)
    return next((code.code for code in codes), "")
