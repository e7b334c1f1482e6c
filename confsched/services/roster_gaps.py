"""What of a month's lines is open, by the draft or by what is published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from confsched.domain.coverage import Cover
from confsched.domain.duty_codes import PlannedDuty
from confsched.domain.intervals import Span, subtract
from confsched.domain.open_duties import open_duties
from confsched.domain.roster_marks import OpenTime, open_times, spans_by_line
from confsched.domain.roster_month import StandingDuty, days_of
from confsched.domain.roster_rules import DutyRules
from confsched.models.rosters import DutyLine
from confsched.services.roster_cells import MonthState
from confsched.services.standing import intended_gaps


def open_lines(
    session: Session,
    state: MonthState,
    planned: Sequence[PlannedDuty],
    odd: Iterable[StandingDuty],
    *,
    known_at: datetime,
) -> list[tuple[DutyLine, list[OpenTime]]]:
    """Return each line of the month with the required time of each day, and what of it is open.

    `planned` is what the cells say, `odd` are the duties of which no cell says anything.
    """
    around = [duty for duty in state.standing if not state.span.contains(duty.span.starts_at)]
    held = spans_by_line(planned, [*odd, *around])
    declared = intended_gaps(session, state.span, known_at)
    days, is_holiday = days_of(state.month), state.legend.is_holiday
    return [
        (
            line,
            open_times(
                days, _cover(line, state), held.get(line.id, []), declared.get(line.id, []), is_holiday
            ),
        )
        for line in state.lines
    ]


def _cover(line: DutyLine, state: MonthState) -> Cover:
    return Cover(line.covered_from, line.covered_until, line.covered_workdays_only, state.legend.zone)


@dataclass(frozen=True)
class OpenPart:
    """Hold open time of a line as a secretary says it: the duty of a code, else the bare minutes."""

    line: DutyLine
    code: str
    day: date
    span: Span


def open_parts(
    state: MonthState,
    opened: Iterable[tuple[DutyLine, list[OpenTime]]],
    planned: Sequence[PlannedDuty],
    odd: Iterable[StandingDuty],
    rules: DutyRules,
) -> list[OpenPart]:
    """Return the gaps of the month cut as the legend cuts them, so that a night is one and not two halves."""
    lines = {line.id: line for line, _ in opened}
    gaps = {line.id: [gap for one in times for gap in one.gaps] for line, times in opened}
    duties = open_duties(state.legend, days_of(state.month), gaps, spans_by_line(planned, odd), rules)
    named = [OpenPart(lines[duty.line_id], duty.code, duty.day, duty.span) for duty in duties]
    bare = (
        OpenPart(lines[line_id], "", state.day_of(gap.starts_at), gap)
        for line_id, spans in gaps.items()
        for gap in subtract(spans, [duty.span for duty in duties if duty.line_id == line_id])
    )
    return sorted([*named, *bare], key=lambda part: (part.span, part.line.name))
