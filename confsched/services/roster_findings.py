"""What is to be said of the cells of a month: problems, warnings, parts and absences."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.duty_codes import PlannedDuty
from confsched.domain.kinds import AbsenceKind, CountsAs
from confsched.domain.roster_checks import check_roster
from confsched.domain.roster_marks import part_marks
from confsched.domain.roster_month import (
    Cell,
    Cells,
    StandingDuty,
    days_of,
    find_absence,
    find_problems,
)
from confsched.domain.roster_rules import Rule, WarningKey
from confsched.errors import Message
from confsched.models.duty_rosters import DutyRoster, WarningReason
from confsched.services.duty_codes import StaffMember
from confsched.services.roster_cells import MonthState
from confsched.services.roster_facts import MonthFacts, person_facts
from confsched.services.roster_view import (
    RosterWarningView,
)

INSTANT = timedelta.resolution


@dataclass(frozen=True)
class LoadedMonth:
    """Hold everything that one page is made of."""

    state: MonthState
    cells: Cells  # the draft for who edits, what is published for the others
    planned: Sequence[PlannedDuty]
    published: Sequence[PlannedDuty]
    staff: Sequence[StaffMember]
    facts: MonthFacts
    odd: Sequence[StandingDuty]
    names: Mapping[uuid.UUID, str]
    is_editor: bool
    reader_id: uuid.UUID


class Marks(NamedTuple):
    """Hold what is to be said of the cells, besides their codes."""

    absences: Mapping[str, AbsenceKind | None]  # by the text of a cell
    away: Mapping[Cell, AbsenceKind]
    problems: Mapping[Cell, Message]
    parts: Mapping[Cell, Message]
    warnings: Mapping[Cell, tuple[RosterWarningView, ...]]

    @property
    def cells(self) -> set[Cell]:
        """Return the cells of which more is to be said than what their code says by itself."""
        return {*self.away, *self.problems, *self.parts, *self.warnings}


def find_marks(session: Session, month: LoadedMonth) -> Marks:
    """Return what is to be said of a month's cells; problems and warnings only to who edits it."""
    state = month.state
    parts = part_marks(month.published, state.standing, state.legend.zone, month.names)
    texts = set(month.cells.values())
    absences = {text: find_absence(text, state.legend) for text in texts}
    away = _away_by_cell(month)
    if not month.is_editor:
        return Marks(absences, away, {}, parts, {})
    problems = find_problems(month.cells, month.planned, state.legend, month.names)
    return Marks(absences, away, problems, parts, _warnings(session, month))


def _warnings(session: Session, month: LoadedMonth) -> dict[Cell, tuple[RosterWarningView, ...]]:
    state = month.state
    facts = person_facts(month.staff, month.facts, month.cells, state.legend)
    held = [*month.planned, *month.facts.around, *_as_planned(month)]
    reasons = _load_reasons(session, state.roster)
    found: dict[Cell, list[RosterWarningView]] = defaultdict(list)
    for warning in check_roster(held, facts, state.month, state.legend.zone, month.facts.rules):
        view = RosterWarningView(
            warning.person_id,
            month.names.get(warning.person_id, ""),
            warning.day,
            warning.rule,
            warning.message,
            warning.other_day,
            reasons.get(warning.key),
        )
        found[warning.person_id, warning.day].append(view)
    return {cell: tuple(views) for cell, views in found.items()}


def _as_planned(month: LoadedMonth) -> list[PlannedDuty]:
    """Return the duties of the month that no code says, so that the checks know them as well."""
    lines = {line.id: line for line in month.state.lines}
    return [
        PlannedDuty(
            line_id=duty.line_id,
            person_id=duty.person_id,
            day=month.state.day_of(duty.span.starts_at),
            span=duty.span,
            code="",
            duty_type=lines[duty.line_id].duty_type,
            counts_as=CountsAs.NOTHING,
        )
        for duty in month.odd
        if month.state.span.contains(duty.span.starts_at)
    ]


def _load_reasons(session: Session, roster: DutyRoster | None) -> dict[WarningKey, str]:
    if roster is None:
        return {}
    rows = session.scalars(select(WarningReason).where(WarningReason.roster_id == roster.id))
    return {(row.person_id, row.day, Rule(row.rule)): row.reason for row in rows}


def _away_by_cell(month: LoadedMonth) -> dict[Cell, AbsenceKind]:
    """Return the absences entered elsewhere by day; those that a month wrote are what its cells say."""
    state = month.state
    found: dict[Cell, AbsenceKind] = {}
    for absence in month.facts.away:
        if absence.is_roster:
            continue
        first, last = state.day_of(absence.span.starts_at), state.day_of(absence.span.ends_at - INSTANT)
        for day in days_of(state.month):
            if first <= day <= last:
                found.setdefault((absence.person_id, day), absence.kind)
    return found
