"""Duty codes: what the letters in a cell of the month mean, day by day."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from uuid import UUID

from confsched.domain.holidays import is_pre_holiday
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind, CountsAs, DayClass, DutyType
from confsched.domain.rosters import duty_span
from confsched.errors import Refusal

ONE_DAY = timedelta(days=1)
MAX_CODE = 3
MAX_CODES_A_CELL = 3
MAX_CELL = MAX_CODE * MAX_CODES_A_CELL + MAX_CODES_A_CELL - 1
# Codes of one cell are written "N/R", "N R", "N+R" or "N,R" in the sheets of the field; we write the first.
SEPARATORS = re.compile(r"[\s/+,;|]+")

IsHoliday = Callable[[date], bool]
Hours = tuple[time, time]


@dataclass(frozen=True)
class DutyCode:
    """Hold one entry of a department's legend.

    A code with a line is a duty, and one person at a time holds the line. One with an absence kind is an
    absence. One with neither is a day at work when it has hours, and a day off without.
    `hours` gives local start and end by class of day; an end up to the start means the next day. A class
    that is missing has no such duty.
    """

    code: str
    name: str
    line_id: UUID | None = None
    absence: AbsenceKind | None = None
    duty_type: DutyType = DutyType.REGULAR
    counts_as: CountsAs = CountsAs.NOTHING
    hours: Mapping[DayClass, Hours] | None = None

    @property
    def is_duty(self) -> bool:
        return self.line_id is not None


@dataclass(frozen=True)
class Legend:
    """Hold the codes of one department with the zone and the public holidays of its site."""

    codes: Mapping[str, DutyCode]
    zone: str
    is_holiday: IsHoliday

    def find(self, text: str) -> DutyCode | None:
        """Return the code whatever the case of its letters."""
        return self.codes.get(text.upper())


@dataclass(frozen=True)
class PlannedDuty:
    """Hold one duty, or a day at work (without a line), as the draft says it.

    `day` is the day on which it starts, and to which it belongs.
    """

    line_id: UUID | None
    person_id: UUID
    day: date
    span: Span
    code: str
    duty_type: DutyType
    counts_as: CountsAs


def day_class(day: date, is_holiday: IsHoliday) -> DayClass:
    """Return the class of a local day; a public holiday comes first, then the weekend, then an eve.

    An eve is the day before a public holiday, and 24 and 31 December.
    """
    if is_holiday(day):
        return DayClass.HOLIDAY
    if day.weekday() == 6:
        return DayClass.SUNDAY
    if day.weekday() == 5:
        return DayClass.SATURDAY
    if is_pre_holiday(day) or is_holiday(day + ONE_DAY):
        return DayClass.HOLIDAY_EVE
    return DayClass.FRIDAY if day.weekday() == 4 else DayClass.WORKDAY


def split_cell(text: str) -> tuple[str, ...]:
    """Return the codes of a cell in capitals and in order, each once."""
    return tuple(dict.fromkeys(part for part in SEPARATORS.split(text.strip().upper()) if part))


def join_codes(codes: Iterable[str]) -> str:
    """Return the one way in which we write several codes in a cell."""
    return "/".join(codes)


def hours_on(code: DutyCode, day: date, legend: Legend) -> Hours | None:
    """Return the local times of a code on a day, or None where the code does not exist on such days."""
    return (code.hours or {}).get(day_class(day, legend.is_holiday))


def span_on(code: DutyCode, day: date, legend: Legend) -> Span | None:
    """Return the instants of a code on a day; a 24 h duty over a clock change lasts 23 or 25 h.

    Hours that the clock skips in the night of spring are none.
    """
    hours = hours_on(code, day, legend)
    try:
        return duty_span(day, *hours, legend.zone) if hours else None
    except Refusal:
        return None


def planned_duties(cells: Mapping[tuple[UUID, date], str], legend: Legend) -> list[PlannedDuty]:
    """Return the time at work that cells (person, day) -> text stand for, in order; absences add none."""
    # Most people of a day have the same few codes: what a text means on a day is worked out once.
    texts = {(text, day) for (_, day), text in cells.items()}
    works = {(text, day): _works(text, day, legend) for text, day in texts}
    duties = [
        PlannedDuty(code.line_id, person_id, day, span, code.code, code.duty_type, code.counts_as)
        for (person_id, day), text in cells.items()
        for code, span in works[text, day]
    ]
    return sorted(
        duties, key=lambda duty: (duty.span.starts_at, duty.span.ends_at, duty.code, duty.person_id)
    )


def _works(text: str, day: date, legend: Legend) -> list[tuple[DutyCode, Span]]:
    """Return the codes of a cell that stand for time at work on a day, with their instants."""
    codes = (legend.find(part) for part in split_cell(text))
    at_work = [code for code in codes if code is not None and code.absence is None]
    return [(code, span) for code in at_work if (span := span_on(code, day, legend))]
