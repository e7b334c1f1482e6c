"""What a publication does beyond the cells: duties, absences, meetings that follow or break, and notices."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span, intersect, merge, subtract
from confsched.domain.invites import Kind
from confsched.domain.kinds import AbsenceKind
from confsched.domain.permissions import Actor
from confsched.domain.roster_month import (
    CellDiff,
    day_span,
    find_absence,
    is_within_notice,
)
from confsched.domain.roster_work import LineWork, line_work
from confsched.errors import Message, msg
from confsched.models.people import Person
from confsched.models.rosters import Absence, DutyLine
from confsched.services import rebinding, rosters
from confsched.services.affected import Loss
from confsched.services.duty_rules import rules_of
from confsched.services.notices import notify
from confsched.services.roster_cells import ORIGIN, MonthState
from confsched.services.roster_facts import is_written

NOT_ON_DUTY, AWAY = msg("No longer on duty then."), msg("Absent then.")
People = Mapping[uuid.UUID, Person]


def change_duties(
    session: Session,
    actor: Actor,
    state: MonthState,
    diffs: Sequence[CellDiff],
    people: People,
    *,
    now: datetime,
) -> list[Loss]:
    """Apply the difference to the lines, let bound meetings follow, and return what was lost.

    First everything is taken away, then what comes is recorded, so that two people can change places.
    """
    lines = {line.id: line for line in state.lines}
    losses: list[Loss] = []
    for work in sorted(line_work(diffs, state.standing, state.legend), key=lambda work: work.line_id):
        line = lines[work.line_id]
        for span in merge(span for _, span in work.withdrawn):
            rosters.withdraw_duties(session, actor, line, span, now=now)
        duties = [(people[person_id], span) for person_id, span in work.recorded]
        rosters.record_duties(session, actor, line, duties, now=now, origin=ORIGIN)
        _let_follow(session, actor, line, work, now)
        losses += _losses(work)
    return losses


def _let_follow(session: Session, actor: Actor, line: DutyLine, work: LineWork, now: datetime) -> None:
    """Hand the meetings booked through the line to who holds it then; in what nobody holds they stay."""
    for giver_id, lost in work.withdrawn:
        for taker_id, taken in work.recorded:
            part = intersect(lost, taken)
            if part and giver_id != taker_id and part.ends_at > now:
                rebinding.rebind(session, actor, line, part, giver_id, taker_id, now=now)


def _losses(work: LineWork) -> list[Loss]:
    kept: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for person_id, span in work.recorded:
        kept[person_id].append(span)
    return [
        Loss(person_id, part, work.line_id, NOT_ON_DUTY)
        for person_id, span in work.withdrawn
        for part in subtract([span], kept[person_id])
    ]


def change_absences(
    session: Session,
    actor: Actor,
    state: MonthState,
    diffs: Sequence[CellDiff],
    people: People,
    written_at: Collection[datetime],
    *,
    now: datetime,
) -> list[Loss]:
    """Record the days away that codes now say, withdraw those they no longer say, return what was lost.

    Each day is one absence. One that was entered elsewhere and covers the day is left alone, either way.
    """
    changed = [diff for diff in diffs if _kinds(diff, state)[0] is not _kinds(diff, state)[1]]
    known = _load_absences(session, state, {diff.person_id for diff in changed}) if changed else {}
    losses = []
    for diff in changed:
        day = day_span(diff.day, state.legend.zone)
        rows = known.get(diff.person_id, [])
        same = [row for row in rows if _span(row) == day]
        for row in [one for one in same if is_written(one.recorded_at, one.starts_at, state, written_at)]:
            rosters.withdraw_absence(session, actor, row, now=now)
            rows.remove(row)
        kind = _kinds(diff, state)[1]
        if kind is None or any(_span(row).covers(day) for row in rows):
            continue
        rosters.record_absence(session, actor, people[diff.person_id], day, kind=kind, now=now)
        losses.append(Loss(diff.person_id, day, None, AWAY))
    return losses


def _kinds(diff: CellDiff, state: MonthState) -> tuple[AbsenceKind | None, AbsenceKind | None]:
    return find_absence(diff.before, state.legend), find_absence(diff.after, state.legend)


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


def notify_hit(
    session: Session,
    actor: Actor,
    state: MonthState,
    diffs: Iterable[CellDiff],
    people: People,
    *,
    now: datetime,
) -> int:
    """Write one mail to each person whose days change within the notice period, and return how many."""
    organisation_id = state.department.site.organisation_id
    notice_days = rules_of(session, organisation_id).notice_days
    hit: dict[uuid.UUID, list[CellDiff]] = defaultdict(list)
    for diff in diffs:
        if diff.person_id != actor.person_id and is_within_notice(
            diff.day, now, notice_days, state.legend.zone
        ):
            hit[diff.person_id].append(diff)
    for person_id, changes in hit.items():
        notify(
            session,
            Kind.ROSTER_CHANGE,
            people[person_id],
            organisation_id=organisation_id,
            heading=msg("Your duties in %(department)s have changed", department=state.department.name),
            lines=[_change_line(diff) for diff in changes],
            path=roster_path(state.department.id, state.month),
            now=now,
        )
    return len(hit)


def roster_path(department_id: uuid.UUID, month: date) -> str:
    """Return where the page of a month stands."""
    return f"/rosters/{department_id}/{month:%Y-%m}"


def _change_line(diff: CellDiff) -> Message:
    if not diff.before:
        return msg("%(day)s: %(after)s", day=diff.day, after=diff.after)
    if not diff.after:
        return msg("%(day)s: no longer %(before)s", day=diff.day, before=diff.before)
    return msg("%(day)s: %(after)s instead of %(before)s", day=diff.day, after=diff.after, before=diff.before)
