"""The days away that published months say: one absence a day, as long as one department's month says it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind
from confsched.domain.permissions import Actor
from confsched.domain.roster_month import Cell, CellDiff, day_span, find_absence
from confsched.errors import msg
from confsched.models.duty_rosters import DutyRoster, RosterEdition
from confsched.models.network import Department, Site
from confsched.models.people import Person
from confsched.models.rosters import Absence
from confsched.services import rosters
from confsched.services.affected import Loss
from confsched.services.duty_codes import legend_of
from confsched.services.roster_cells import MonthState, read_cells

AWAY = msg("Absent then.")
Kinds = Mapping[Cell, frozenset[AbsenceKind]]


def change_absences(
    session: Session,
    actor: Actor,
    state: MonthState,
    diffs: Sequence[CellDiff],
    people: Mapping[uuid.UUID, Person],
    *,
    now: datetime,
) -> list[Loss]:
    """Record the days away that codes now say, withdraw those that none says any more, return what was lost.

    Each day is one absence, also of who stands in the months of two departments: it goes when neither says
    it. One that was entered elsewhere and covers the day is left alone, either way. The people are locked, so
    that the months of others are those of now.
    """
    changed = [diff for diff in diffs if _kind(diff.before, state) is not _kind(diff.after, state)]
    if not changed:
        return []
    known = _load_absences(session, state, {diff.person_id for diff in changed})
    written_at = publication_instants(session, state)
    elsewhere = said_elsewhere(session, state, {diff.cell for diff in changed})
    losses = []
    for diff in changed:
        kind, said = _kind(diff.after, state), elsewhere.get(diff.cell, frozenset())
        rows, day = known[diff.person_id], day_span(diff.day, state.legend.zone)
        for row in [row for row in rows if _span(row) == day and row.recorded_at in written_at]:
            if row.kind is not kind and row.kind not in said:
                rosters.withdraw_absence(session, actor, row, now=now)
                rows.remove(row)
        kind = kind or min(said, default=None)
        if kind and not any(_span(row).covers(day) for row in rows):
            rosters.record_absence(session, actor, people[diff.person_id], day, kind=kind, now=now)
            losses.append(Loss(diff.person_id, day, None, AWAY))
    return losses


def _kind(text: str, state: MonthState) -> AbsenceKind | None:
    return find_absence(text, state.legend)


def _span(row: Absence) -> Span:
    return Span(row.starts_at, row.ends_at)


def _load_absences(
    session: Session, state: MonthState, people: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[Absence]]:
    query = select(Absence).where(
        Absence.person_id.in_(people),
        Absence.withdrawn_at.is_(None),
        Absence.starts_at < state.span.ends_at,
        Absence.ends_at > state.span.starts_at,
    )
    found: dict[uuid.UUID, list[Absence]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.person_id].append(row)
    return found


def publication_instants(session: Session, state: MonthState) -> Collection[datetime]:
    """Return when this month was published, by any department: an absence of a cell bears such an instant."""
    query = select(RosterEdition.published_at).join(DutyRoster, DutyRoster.id == RosterEdition.roster_id)
    return set(session.scalars(query.where(DutyRoster.month == state.month)))


def said_elsewhere(session: Session, state: MonthState, cells: Collection[Cell]) -> Kinds:
    """Return what the published months of other departments say of these people and days."""
    text = cast(RosterEdition.cells, String)
    query = (
        select(Department, RosterEdition.cells)
        .join(DutyRoster, DutyRoster.department_id == Department.id)
        .join(RosterEdition, RosterEdition.roster_id == DutyRoster.id)
        .join(Site, Site.id == Department.site_id)
        .where(
            DutyRoster.month == state.month,
            Department.id != state.department.id,
            Site.zone == state.legend.zone,  # elsewhere the day is another span, and an absence of its own
            RosterEdition.number == DutyRoster.edition,
            or_(*(text.contains(str(person_id)) for person_id in {person_id for person_id, _ in cells})),
        )
    )
    found: dict[Cell, frozenset[AbsenceKind]] = defaultdict(frozenset)
    for department, edition in session.execute(query):
        legend, said = legend_of(session, department), read_cells(edition)
        for cell in cells:
            kind = find_absence(said.get(cell, ""), legend)
            found[cell] |= {kind} if kind else frozenset()
    return found
