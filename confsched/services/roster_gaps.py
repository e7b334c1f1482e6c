"""What of a month's lines is open, by the draft or by what is published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.coverage import Cover
from confsched.domain.duty_codes import PlannedDuty
from confsched.domain.roster_marks import OpenTime, open_times, spans_by_line
from confsched.domain.roster_month import StandingDuty, days_of
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
