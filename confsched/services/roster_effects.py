"""What a publication does to the lines: duties, meetings that follow or break, and notices."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from confsched.domain.intervals import Span, intersect, merge, subtract
from confsched.domain.invites import Kind
from confsched.domain.permissions import Actor
from confsched.domain.roster_month import CellDiff, is_within_notice
from confsched.domain.roster_work import LineWork, line_work
from confsched.errors import Message, msg
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.services import rebinding, rosters
from confsched.services.affected import Loss
from confsched.services.duty_rules import rules_of
from confsched.services.notices import notify
from confsched.services.roster_cells import ORIGIN, MonthState

NOT_ON_DUTY = msg("No longer on duty then.")
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
        duties = [(people[duty.person_id], duty.span) for duty in work.recorded]
        days = {duty.span: duty.day for duty in work.recorded}
        rosters.record_duties(session, actor, line, duties, now=now, origin=ORIGIN, days=days)
        _let_follow(session, actor, line, work, now)
        losses += _losses(work)
    return losses


def _let_follow(session: Session, actor: Actor, line: DutyLine, work: LineWork, now: datetime) -> None:
    """Hand the meetings booked through the line to who holds it then; in what nobody holds they stay."""
    for giver_id, lost in work.withdrawn:
        for duty in work.recorded:
            part = intersect(lost, duty.span)
            if part and giver_id != duty.person_id and part.ends_at > now:
                rebinding.rebind(session, actor, line, part, giver_id, duty.person_id, now=now)


def _losses(work: LineWork) -> list[Loss]:
    kept: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for duty in work.recorded:
        kept[duty.person_id].append(duty.span)
    return [
        Loss(person_id, part, work.line_id, NOT_ON_DUTY)
        for person_id, span in work.withdrawn
        for part in subtract([span], kept[person_id])
    ]


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
