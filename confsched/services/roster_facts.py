"""What the checks of a month go by: its people's absences, wishes, lines, and duties elsewhere and around."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.duty_codes import Legend, PlannedDuty, planned_duties
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind, CountsAs, WishKind
from confsched.domain.roster_month import (
    Cell,
    Cells,
    day_span,
    days_of,
    find_absence,
    month_span,
    next_month,
    previous_month,
)
from confsched.domain.roster_rules import DutyRules, PersonFacts
from confsched.models.duty_codes import LineQualification
from confsched.models.duty_rosters import DutyRoster, RosterEdition
from confsched.models.rosters import Absence, Duty, DutyLine
from confsched.models.rotations import DutyWish
from confsched.services.duty_codes import StaffMember
from confsched.services.duty_rules import rules_of
from confsched.services.roster_absences import Kinds, publication_instants, said_elsewhere
from confsched.services.roster_cells import MonthState, read_cells
from confsched.services.standing import standing
from confsched.services.urgent_lines import not_to_alert, urgent_lines

BEFORE = timedelta(days=29)  # a shortened rest is made up for within four weeks
AFTER = timedelta(days=2)
PER_CENT = 100
# Of several wishes for one day the one that binds most is shown.
WEIGHT = (WishKind.DAY_OFF, WishKind.RATHER_NOT, WishKind.RATHER)


@dataclass(frozen=True)
class Away:
    """Hold an absence on record; `is_roster` says that a month wrote it from a code."""

    person_id: uuid.UUID
    kind: AbsenceKind
    span: Span
    is_roster: bool


@dataclass(frozen=True)
class MonthFacts:
    """Hold what is known of a month's people besides its cells."""

    rules: DutyRules
    away: tuple[Away, ...]
    wishes: Mapping[Cell, WishKind]
    qualified: Mapping[uuid.UUID, frozenset[uuid.UUID]]  # line -> who is named for it
    around: tuple[PlannedDuty, ...]
    urgent: frozenset[uuid.UUID] = frozenset()  # lines that an urgent service calls
    unalerted: frozenset[uuid.UUID] = frozenset()  # people whom it could not reach by them


def load_facts(
    session: Session,
    state: MonthState,
    people: Collection[uuid.UUID],
    written_at: Collection[datetime],
    *,
    known_at: datetime,
) -> MonthFacts:
    """Return the facts about these people; `written_at` are the instants of the month's publications."""
    urgent = urgent_lines(session, [line.id for line in state.lines])
    return MonthFacts(
        rules=rules_of(session, state.department.site.organisation_id),
        away=_load_away(session, state, people, written_at, known_at),
        wishes=_load_wishes(session, state.month, people),
        qualified=_load_qualified(session, state.lines),
        around=(
            *_load_other_duties(session, state, people, known_at),
            *_load_days_at_work(session, state),
        ),
        urgent=urgent,
        unalerted=not_to_alert(session, urgent, people),
    )


def person_facts(
    staff: Iterable[StaffMember], facts: MonthFacts, draft: Cells, legend: Legend
) -> dict[uuid.UUID, PersonFacts]:
    """Return the facts by person; absences that a month wrote are those its draft says now."""
    away: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for absence in facts.away:
        if not absence.is_roster:
            away[absence.person_id].append(absence.span)
    absences = {text for text in set(draft.values()) if find_absence(text, legend)}
    for (person_id, day), text in draft.items():
        if text in absences:
            away[person_id].append(day_span(day, legend.zone))
    days_off: dict[uuid.UUID, set[date]] = defaultdict(set)
    for (person_id, day), kind in facts.wishes.items():
        if kind is WishKind.DAY_OFF:
            days_off[person_id].add(day)
    return {
        one.person_id: PersonFacts(
            share=Fraction(one.share, PER_CENT),
            absences=tuple(away[one.person_id]),
            days_off=frozenset(days_off[one.person_id]),
            lines=_lines_for(one.person_id, facts.qualified),
            has_contact=one.has_contact,
            unalerted=facts.urgent if one.person_id in facts.unalerted else frozenset(),
        )
        for one in staff
    }


def _lines_for(
    person_id: uuid.UUID, qualified: Mapping[uuid.UUID, frozenset[uuid.UUID]]
) -> frozenset[uuid.UUID] | None:
    if not any(qualified.values()):
        return None
    return frozenset(line for line, named in qualified.items() if not named or person_id in named)


def _load_away(
    session: Session,
    state: MonthState,
    people: Collection[uuid.UUID],
    written_at: Collection[datetime],
    known_at: datetime,
) -> tuple[Away, ...]:
    columns = Absence.person_id, Absence.kind, Absence.starts_at, Absence.ends_at, Absence.recorded_at
    query = select(*columns).where(
        Absence.person_id.in_(people),
        Absence.starts_at < state.span.ends_at,
        Absence.ends_at > state.span.starts_at,
        Absence.recorded_at <= known_at,
        Absence.withdrawn_at.is_(None) | (Absence.withdrawn_at > known_at),
    )
    rows = session.execute(query.order_by(Absence.starts_at)).all()
    cells = [(row.person_id, state.day_of(row.starts_at)) for row in rows]
    others = _said_by_others(session, state, cells)
    instants = publication_instants(session, state) if others else written_at
    return tuple(
        Away(
            row.person_id,
            row.kind,
            Span(row.starts_at, row.ends_at),
            is_roster=row.recorded_at in instants and _is_said(cell, state) and not others.get(cell),
        )
        for cell, row in zip(cells, rows, strict=True)
    )


def _said_by_others(session: Session, state: MonthState, cells: Iterable[Cell]) -> Kinds:
    """Return what other departments say of the days away that this draft drops; where none is, ask nothing.

    One absence stands for all who say it: it goes with the last of them, whoever wrote it.
    """
    dropped = {cell for cell in cells if _is_said(cell, state) and not _says(state.draft, cell, state)}
    found = said_elsewhere(session, state, dropped) if dropped else {}
    return {cell: found.get(cell, frozenset()) for cell in dropped}


def _is_said(cell: Cell, state: MonthState) -> bool:
    """Tell whether a published cell says an absence; one it has said may stand for another department's."""
    return _says(state.published, cell, state)


def _says(cells: Cells, cell: Cell, state: MonthState) -> bool:
    return find_absence(cells.get(cell, ""), state.legend) is not None


def _load_wishes(session: Session, month: date, people: Collection[uuid.UUID]) -> dict[Cell, WishKind]:
    days = days_of(month)
    query = select(DutyWish).where(
        DutyWish.person_id.in_(people),
        DutyWish.starts_on <= days[-1],
        DutyWish.ends_on >= days[0],
        DutyWish.withdrawn_at.is_(None),
    )
    found: dict[Cell, WishKind] = {}
    for wish in sorted(session.scalars(query), key=lambda wish: WEIGHT.index(wish.kind)):
        for day in days:
            if wish.starts_on <= day <= wish.ends_on and wish.weekday in (None, day.weekday()):
                found.setdefault((wish.person_id, day), wish.kind)
    return found


def _load_qualified(session: Session, lines: Sequence[DutyLine]) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    named: dict[uuid.UUID, set[uuid.UUID]] = {line.id: set() for line in lines}
    query = select(LineQualification).where(LineQualification.line_id.in_(named))
    for row in session.scalars(query):
        named[row.line_id].add(row.person_id)
    return {line: frozenset(people) for line, people in named.items()}


def _load_other_duties(
    session: Session, state: MonthState, people: Collection[uuid.UUID], known_at: datetime
) -> list[PlannedDuty]:
    """Return the duties of these people in the weeks around, and on the lines of others in the month."""
    own = {line.id for line in state.lines}
    query = (
        select(Duty.line_id, Duty.person_id, Duty.starts_at, Duty.ends_at, DutyLine.duty_type)
        .join(DutyLine, DutyLine.id == Duty.line_id)
        .where(Duty.person_id.in_(people), *standing(state.span.widen(BEFORE, AFTER), known_at))
    )
    return [
        PlannedDuty(
            line_id=row.line_id,
            person_id=row.person_id,
            day=clock.local_day(row.starts_at, state.legend.zone),
            span=Span(row.starts_at, row.ends_at),
            code="",
            duty_type=row.duty_type,
            counts_as=CountsAs.NOTHING,
        )
        for row in session.execute(query)
        if row.line_id not in own or not state.span.contains(row.starts_at)
    ]


def _load_days_at_work(session: Session, state: MonthState) -> list[PlannedDuty]:
    """Return the days at work without a line that the months before and after say near this one."""
    near = month_span(state.month, state.legend.zone).widen(BEFORE, AFTER)
    query = (
        select(RosterEdition.cells)
        .join(DutyRoster, DutyRoster.id == RosterEdition.roster_id)
        .where(
            DutyRoster.department_id == state.department.id,
            DutyRoster.month.in_([previous_month(state.month), next_month(state.month)]),
            RosterEdition.number == DutyRoster.edition,
        )
    )
    cells: dict[Cell, str] = {}
    for edition in session.scalars(query):
        cells.update(read_cells(edition))
    first, last = (clock.local_day(at, state.legend.zone) for at in (near.starts_at, near.ends_at))
    near_cells = {cell: text for cell, text in cells.items() if first <= cell[1] <= last}
    return [duty for duty in planned_duties(near_cells, state.legend) if duty.line_id is None]
