"""Lay out the open duties of a draft, and who may take them, for the automatic filling."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.autofill_facts import (
    Candidate,
    FillRules,
    HeldDuty,
    Load,
    MonthLimits,
    Problem,
)
from confsched.domain.autofill_rules import month_limits
from confsched.domain.duty_codes import PlannedDuty, planned_duties
from confsched.domain.duty_counts import count_duties
from confsched.domain.intervals import Span
from confsched.domain.kinds import CountsAs, DutyType, WishKind
from confsched.domain.open_duties import open_duties
from confsched.domain.roster_limits import on_call_count, touches_weekend
from confsched.domain.roster_marks import outside_codes, spans_by_line
from confsched.domain.roster_month import days_of, month_of, month_span
from confsched.domain.roster_rules import ON_CALL, DutyRules, PersonFacts
from confsched.models.duty_rosters import DutyRoster, RosterEdition
from confsched.models.rosters import Duty
from confsched.services.duty_codes import StaffMember, staff_of
from confsched.services.duty_shares import YearShare, shares_of
from confsched.services.roster_cells import MonthState, load_state, people_in
from confsched.services.roster_facts import MonthFacts, load_facts, person_facts
from confsched.services.roster_gaps import open_lines
from confsched.services.standing import standing

NOBODY_ELSE: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True)
class _Month:
    """Hold the draft of a month with everything that weighs on its people."""

    state: MonthState
    staff: Sequence[StaffMember]
    planned: Sequence[PlannedDuty]
    facts: MonthFacts
    people: Mapping[uuid.UUID, PersonFacts]


def load_problem(session: Session, roster: DutyRoster, *, keep_limits: bool, now: datetime) -> Problem:
    """Return what is to be filled in the draft of a month, and by whom it can be.

    With `keep_limits` the numbers of a month bind; without them they only warn afterwards.
    """
    month = _load(session, roster, now)
    odd = outside_codes(planned_duties(month.state.published, month.state.legend), month.state.standing)
    gaps = {
        line.id: [gap for one in times for gap in one.gaps]
        for line, times in open_lines(session, month.state, month.planned, odd, known_at=now)
    }
    held = spans_by_line(month.planned, odd)
    days = [day for day in days_of(month.state.month) if day >= month.state.day_of(now)]
    wanted = open_duties(month.state.legend, days, gaps, held, month.facts.rules)
    return Problem(
        wanted,
        tuple(_candidates(session, month, now, keep_limits=keep_limits)),
        FillRules(
            rest=timedelta(hours=month.facts.rules.rest_hours),
            cap=timedelta(hours=month.facts.rules.cap_hours),
        ),
    )


def _load(session: Session, roster: DutyRoster, now: datetime) -> _Month:
    state = load_state(session, roster.department, roster.month, now=now)
    staff = staff_of(session, roster.department, roster.month, also=people_in(state))
    written = select(RosterEdition.published_at).where(RosterEdition.roster_id == roster.id)
    facts = load_facts(
        session, state, [one.person_id for one in staff], set(session.scalars(written)), known_at=now
    )
    return _Month(
        state=state,
        staff=staff,
        planned=planned_duties(state.draft, state.legend),
        facts=facts,
        people=person_facts(staff, facts, state.draft, state.legend),
    )


def _candidates(session: Session, month: _Month, now: datetime, *, keep_limits: bool) -> Iterable[Candidate]:
    """Yield the people of the month whose employment says that they owe duties."""
    lines = frozenset(line.id for line in month.state.lines)
    held = _held_by_person(month)
    past, shares = _past_loads(session, month, now)
    for one in month.staff:
        facts = month.people[one.person_id]
        if not facts.share:
            continue
        yield Candidate(
            person_id=one.person_id,
            lines=lines if facts.lines is None else facts.lines & lines,
            share=float(facts.share),
            blocked=facts.absences,
            held=tuple(_as_held(duty, month) for duty in held[one.person_id]),
            past=_scaled(past.get(one.person_id, Load()), shares.get(one.person_id), float(facts.share)),
            wishes=_wishes_of(one.person_id, month.facts),
            limits=_limits(held[one.person_id], facts, month) if keep_limits else MonthLimits(),
        )


def _held_by_person(month: _Month) -> Mapping[uuid.UUID, list[PlannedDuty]]:
    held: dict[uuid.UUID, list[PlannedDuty]] = defaultdict(list)
    for duty in (*month.planned, *month.facts.around):
        held[duty.person_id].append(duty)
    return held


def _as_held(duty: PlannedDuty, month: _Month) -> HeldDuty:
    """Return a duty that stands; only those of the month itself weigh, the year before is counted apart."""
    is_ours = duty.line_id is not None and month.state.span.contains(duty.span.starts_at)
    return HeldDuty(duty.span, duty.duty_type, _load_of(duty, month) if is_ours else Load())


def _load_of(duty: PlannedDuty, month: _Month) -> Load:
    return Load(
        duties=1,
        nights=float(duty.counts_as is CountsAs.NIGHT),
        weekends=float(touches_weekend(duty, month.state.legend.zone, month.facts.rules)),
        holidays=float(month.state.legend.is_holiday(duty.day)),
    )


def _past_loads(
    session: Session, month: _Month, now: datetime
) -> tuple[Mapping[uuid.UUID, Load], Mapping[uuid.UUID, YearShare]]:
    """Return what everybody held in the twelve months before, and the part of that year they were there."""
    state = month.state
    first = state.month.replace(year=state.month.year - 1)
    window = Span(month_span(first, state.legend.zone).starts_at, state.span.starts_at)
    query = select(Duty.line_id, Duty.person_id, Duty.starts_at, Duty.ends_at).where(
        Duty.line_id.in_([line.id for line in state.lines]), *standing(window, now)
    )
    rows = [
        (row.line_id, row.person_id, Span(row.starts_at, row.ends_at))
        for row in session.execute(query)
        if window.contains(row.starts_at)
    ]
    loads: dict[uuid.UUID, list[Load]] = defaultdict(list)
    for duty in count_duties(rows, state.legend, {line.id: line.duty_type for line in state.lines}):
        loads[duty.person_id].append(_load_of(duty, month))
    shares = shares_of(session, state.department, NOBODY_ELSE, (month_of(first), state.month))
    return {person: _sum(each) for person, each in loads.items()}, shares


def _sum(loads: Iterable[Load]) -> Load:
    return Load(*(sum(values) for values in zip(*(load.values for load in loads), strict=True)))


def _scaled(past: Load, year: YearShare | None, share: float) -> Load:
    """Return the load made up to a whole year at today's share, for who was there for a part of it."""
    part = float(year.part) if year else 0.0
    if not part:
        return Load()
    return Load(*(value * share / part for value in past.values))


def _wishes_of(person_id: uuid.UUID, facts: MonthFacts) -> dict[date, WishKind]:
    return {day: kind for (person, day), kind in facts.wishes.items() if person == person_id}


def _limits(held: Iterable[PlannedDuty], facts: PersonFacts, month: _Month) -> MonthLimits:
    """Return the numbers of a month by share of employment, and what of them the draft has used up."""
    rules: DutyRules = month.facts.rules
    zone = month.state.legend.zone
    own = [
        duty
        for duty in held
        if clock.local_day(duty.span.starts_at, zone).replace(day=1) == month.state.month
    ]
    return month_limits(
        facts.share,
        rules,
        standby_used=sum(duty.duty_type is DutyType.ON_SITE_STANDBY for duty in own),
        on_call_used=sum(on_call_count(duty.span, zone) for duty in own if duty.duty_type in ON_CALL),
    )
