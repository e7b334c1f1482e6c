"""What an import would bring about: gaps that close or open, warnings, and meetings that lose somebody."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.duty_codes import planned_duties
from confsched.domain.intervals import subtract
from confsched.domain.permissions import Actor
from confsched.domain.roster_import import Comparison
from confsched.domain.roster_marks import outside_codes
from confsched.domain.roster_month import (
    Cell,
    CellDiff,
    Cells,
    day_span,
    diff_cells,
    find_absence,
    overlay,
)
from confsched.domain.roster_work import LineWork, line_work
from confsched.errors import Message, msg
from confsched.models.bookings import Booking
from confsched.models.duty_rosters import RosterEdition
from confsched.services import access
from confsched.services.affected import AffectedMeeting, Loss, affected_meetings
from confsched.services.duty_codes import staff_of
from confsched.services.roster_cells import MonthState, people_in
from confsched.services.roster_facts import load_facts
from confsched.services.roster_findings import LoadedMonth, find_marks
from confsched.services.roster_gaps import open_lines

CLOSES_GAP, OPENS_GAP = msg("closes a gap"), msg("opens a gap")
NOT_ON_DUTY, AWAY = msg("No longer on duty then."), msg("Absent then.")
Place = tuple[uuid.UUID, date]  # a line and the day on which its required time begins


@dataclass(frozen=True)
class ImportMeeting:
    """Hold a meeting that the import would break, the way out, and how far the reader may go there."""

    meeting: AffectedMeeting
    proposal: Message
    may_see: bool
    may_move: bool


@dataclass(frozen=True)
class Effects:
    """Hold what comes with the changes of an import, by where it shows."""

    gaps: Mapping[Place, Message]
    findings: Mapping[Cell, tuple[Message, ...]]
    meetings: tuple[ImportMeeting, ...]

    def meetings_of(self, person_id: uuid.UUID, day: date, state: MonthState) -> int:
        """Return how many meetings of that day lose this person."""
        hits = (one.meeting for one in self.meetings if one.meeting.person_id == person_id)
        return sum(state.day_of(meeting.starts_at) == day for meeting in hits)


def find_effects(
    session: Session, actor: Actor, state: MonthState, comparison: Comparison, *, now: datetime
) -> Effects:
    """Return what taking the changes over and publishing them would bring about."""
    after = overlay(state.draft, comparison.cells)
    return Effects(
        gaps=_gaps(session, state, after, now),
        findings=_findings(session, actor, state, after, now),
        meetings=_meetings(session, actor, state, comparison, now),
    )


# ---- gaps ----


def _gaps(session: Session, state: MonthState, after: Cells, now: datetime) -> dict[Place, Message]:
    before_open = _open_minutes(session, state, state.draft, now)
    after_open = _open_minutes(session, state, after, now)
    found = {}
    for place, minutes in after_open.items():
        if minutes != before_open[place]:
            found[place] = OPENS_GAP if minutes > before_open[place] else CLOSES_GAP
    return found


def _open_minutes(session: Session, state: MonthState, cells: Cells, now: datetime) -> dict[Place, int]:
    odd = outside_codes(planned_duties(state.published, state.legend), state.standing)
    opened = open_lines(session, state, planned_duties(cells, state.legend), odd, known_at=now)
    return {(line.id, one.day): one.gap_minutes for line, times in opened for one in times}


# ---- warnings and problems ----


def _findings(
    session: Session, actor: Actor, state: MonthState, after: Cells, now: datetime
) -> dict[Cell, tuple[Message, ...]]:
    """Return the warnings and problems that stand after the import and did not before."""
    month = _load(session, actor, state, after, now)
    earlier = replace(month, cells=state.draft, planned=planned_duties(state.draft, state.legend))
    known = _messages(session, earlier)
    found = _messages(session, month)
    fresh = {cell: tuple(one for one in said if one not in known[cell]) for cell, said in found.items()}
    return {cell: said for cell, said in fresh.items() if said}


def _load(session: Session, actor: Actor, state: MonthState, after: Cells, now: datetime) -> LoadedMonth:
    everybody = {*people_in(state), *(person_id for person_id, _ in after)}
    staff = staff_of(session, state.department, state.month, also=everybody)
    published = planned_duties(state.published, state.legend)
    people = [one.person_id for one in staff]
    return LoadedMonth(
        state=state,
        cells=after,
        planned=planned_duties(after, state.legend),
        published=published,
        staff=staff,
        facts=load_facts(session, state, people, _published_at(session, state), known_at=now),
        odd=outside_codes(published, state.standing),
        names={one.person_id: one.name for one in staff},
        is_editor=True,
        reader_id=actor.person_id,
    )


def _published_at(session: Session, state: MonthState) -> set[datetime]:
    if state.roster is None:
        return set()
    query = select(RosterEdition.published_at).where(RosterEdition.roster_id == state.roster.id)
    return set(session.scalars(query))


def _messages(session: Session, month: LoadedMonth) -> Mapping[Cell, list[Message]]:
    marks = find_marks(session, month)
    found: dict[Cell, list[Message]] = defaultdict(list)
    for cell, problem in marks.problems.items():
        found[cell].append(problem)
    for cell, warnings in marks.warnings.items():
        found[cell] += [warning.message for warning in warnings]
    return found


# ---- meetings ----


def _meetings(
    session: Session, actor: Actor, state: MonthState, comparison: Comparison, now: datetime
) -> tuple[ImportMeeting, ...]:
    """Return the meetings that break once the changes are published, with the way out for each."""
    brought = comparison.cells
    after = overlay(state.draft, brought)
    changed = [diff for diff in diff_cells(state.published, after) if diff.cell in brought]
    works = line_work(changed, state.standing, state.legend)
    losses = [*_lost_duties(works), *_lost_days(changed, state)]
    meetings = affected_meetings(session, losses, now=now, actor=actor)
    ids = {meeting.booking_id for meeting in meetings}
    seen, moved = _within(session, actor, ids, "see"), _within(session, actor, ids, "change")
    names = {one.person_id: one.name for one in staff_of(session, state.department, state.month)}
    return tuple(
        ImportMeeting(
            meeting,
            _proposal(meeting, works, names),
            may_see=meeting.booking_id in seen,
            may_move=meeting.booking_id in moved,
        )
        for meeting in meetings
    )


def _lost_duties(works: Sequence[LineWork]) -> list[Loss]:
    return [
        Loss(person_id, part, work.line_id, NOT_ON_DUTY)
        for work in works
        for person_id, span in work.withdrawn
        for part in subtract([span], [kept.span for kept in work.recorded if kept.person_id == person_id])
    ]


def _lost_days(changed: Sequence[CellDiff], state: MonthState) -> list[Loss]:
    return [
        Loss(diff.person_id, day_span(diff.day, state.legend.zone), None, AWAY)
        for diff in changed
        if find_absence(diff.after, state.legend) and not find_absence(diff.before, state.legend)
    ]


def _within(session: Session, actor: Actor, ids: set[uuid.UUID], to: access.To) -> set[uuid.UUID]:
    query = access.visible(actor, Booking, to=to).where(Booking.id.in_(ids))
    return {booking.id for booking in session.scalars(query)} if ids else set()


def _proposal(meeting: AffectedMeeting, works: Sequence[LineWork], names: Mapping[uuid.UUID, str]) -> Message:
    """Return what becomes of a meeting: one that is booked through a line follows who will hold it."""
    for work in works if meeting.is_bound else ():
        lost = [span for person_id, span in work.withdrawn if person_id == meeting.person_id]
        if not any(span.contains(meeting.starts_at) for span in lost):
            continue
        for duty in work.recorded:
            if duty.span.contains(meeting.starts_at) and duty.person_id != meeting.person_id:
                return msg(
                    "%(name)s will hold the line: invitations follow on publication.",
                    name=names.get(duty.person_id, "?"),
                )
    return meeting.proposal
