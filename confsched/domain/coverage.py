"""Minutes that somebody should hold and nobody does: by line, and by day as a heat map shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby

from confsched import clock
from confsched.domain.intervals import Span, merge, subtract
from confsched.domain.working_hours import WorkingHours, working_spans

ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)
MOST_PERCENT = 50
# No duty is longer, so whoever asks for an instant reads only what began so shortly before.
LONGEST_DUTY = timedelta(days=32)

Bounds = tuple[datetime, datetime]  # a span as rows hold it: a year of all duties is too many for objects


@dataclass(frozen=True)
class Cover:
    """Say when a line must be held; equal times mean the whole day."""

    starts: time
    ends: time
    workdays_only: bool
    zone: str


@dataclass(frozen=True)
class Holes:
    """Hold the whole minutes that are required and not held: unnoticed ones, and those declared intended."""

    gaps: tuple[Span, ...]
    intended: tuple[Span, ...] = ()


class DayState(StrEnum):
    NOT_REQUIRED = "none"
    COVERED = "on"
    INTENDED = "intended"
    GAP = "gap"


@dataclass(frozen=True)
class DayCell:
    """Hold one local day of one line, in elapsed minutes."""

    required_minutes: int
    gap_minutes: int
    intended_minutes: int

    @property
    def state(self) -> DayState:
        """Return the worst of the day: one open minute makes it a gap."""
        if self.gap_minutes:
            return DayState.GAP
        if self.intended_minutes:
            return DayState.INTENDED
        return DayState.COVERED if self.required_minutes else DayState.NOT_REQUIRED

    @property
    def covered_percent(self) -> int:
        """Return the share of the required minutes that is held, rounded down: 100 means every minute."""
        if not self.required_minutes:
            return 100
        held = self.required_minutes - self.gap_minutes - self.intended_minutes
        return max(0, held) * 100 // self.required_minutes

    @property
    def is_mostly_open(self) -> bool:
        """Tell whether an unnoticed gap takes more of the required time than what is held."""
        return self.state == DayState.GAP and self.covered_percent < MOST_PERCENT


@dataclass(frozen=True)
class Run:
    """Hold neighbouring days that look alike; `first` counts from 0."""

    first: int
    days: int
    cell: DayCell


def gaps(
    duties: Iterable[Span], required: Iterable[Span], window: Span, *, declared: Iterable[Span] = ()
) -> list[Span]:
    """Return the required minutes of one line inside `window` that no duty and no declared gap covers.

    Gaps are whole minutes, sorted and joined; a minute that is covered in part counts as a gap.
    """
    bounds = sorted((duty.starts_at, duty.ends_at) for duty in duties)
    return list(find_holes(bounds, merge(required), window, declared=declared).gaps)


def find_holes(
    duties: Iterable[Bounds], required: Sequence[Span], window: Span, *, declared: Iterable[Span] = ()
) -> Holes:
    """Return what is required inside `window` and not held; takes time in proportion to the duties.

    `duties` come by their start and may overlap; `required` is merged. A minute that is open only in part,
    or only in part declared, is a gap.
    """
    holes = list(_common(_left_open(duties, window), required))
    intended = merge(declared) if holes else []
    found = _whole_minutes(subtract(holes, intended))
    meant = _whole_minutes(_common(holes, intended))
    return Holes(tuple(found), tuple(subtract(meant, found)))


def _left_open(duties: Iterable[Bounds], window: Span) -> Iterator[Span]:
    """Yield the parts of `window` outside the duties, in order."""
    reach, end = window.starts_at, window.ends_at
    for starts_at, ends_at in duties:
        if starts_at > reach:
            if starts_at >= end:
                break
            yield Span(reach, starts_at)
        if ends_at > reach:
            reach = ends_at
    if reach < end:
        yield Span(reach, end)


def _common(spans: Iterable[Span], others: Sequence[Span]) -> Iterator[Span]:
    """Yield what both merged, sorted rows of spans have in common."""
    place = 0
    for span in spans:
        while place < len(others) and others[place].ends_at <= span.starts_at:
            place += 1
        for other in _from(others, place):
            if other.starts_at >= span.ends_at:
                break
            yield Span(max(span.starts_at, other.starts_at), min(span.ends_at, other.ends_at))


def _from(spans: Sequence[Span], place: int) -> Iterator[Span]:
    while place < len(spans):
        yield spans[place]
        place += 1


def _whole_minutes(spans: Iterable[Span]) -> list[Span]:
    return merge(Span(_floor_minute(span.starts_at), clock.whole_minute(span.ends_at)) for span in spans)


def _floor_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def required_spans(cover: Cover, window: Span, is_holiday: Callable[[date], bool]) -> list[Span]:
    """Return when the line must be held; workdays are Monday to Friday without the site's public holidays."""
    weekdays = range(5) if cover.workdays_only else range(7)
    rules = [
        WorkingHours(weekday, cover.starts, cover.ends, date.min, None, cover.zone) for weekday in weekdays
    ]
    return working_spans(rules, window, is_holiday if cover.workdays_only else _never)


def _never(_day: date) -> bool:
    return False


def days_ahead(first: date, count: int, zone: str, now: datetime) -> list[Span]:
    """Return so many local days as spans, from the running minute on; together they leave nothing out.

    Where it is still the day before in `zone`, the first span holds the rest of it as well, and where the
    first day is over, it holds the running minute alone.
    """
    began = _floor_minute(now)
    ends = [clock.start_of_day(first + (number + 1) * ONE_DAY, zone) for number in range(count)]
    spans = []
    for end in ends:
        ends_at = max(end, began + ONE_MINUTE)
        spans.append(Span(began, ends_at))
        began = ends_at
    return spans


def day_cells(holes: Holes, required: Sequence[Span], days: Sequence[Span]) -> list[DayCell]:
    """Return one cell a day: how many minutes are required, how many open, and how many so on purpose."""
    columns = zip(
        minutes_by_day(required, days),
        minutes_by_day(holes.gaps, days),
        minutes_by_day(holes.intended, days),
        strict=True,
    )
    return [DayCell(*column) for column in columns]


def minutes_by_day(spans: Iterable[Span], days: Sequence[Span]) -> list[int]:
    """Return how many minutes of merged, sorted spans lie in each of the days, which follow each other."""
    minutes = [0] * len(days)
    day = 0
    for span in spans:
        while day < len(days) and days[day].ends_at <= span.starts_at:
            day += 1
        for number, part in enumerate(_common([span], days[day:]), start=day):
            minutes[number] += part.duration // ONE_MINUTE
    return minutes


def runs(cells: Sequence[DayCell]) -> list[Run]:
    """Join neighbouring days that look alike in the heat map."""
    found, first = [], 0
    for _, members in groupby(cells, key=lambda cell: (cell.state, cell.is_mostly_open)):
        alike = list(members)
        found.append(Run(first, len(alike), alike[0]))
        first += len(alike)
    return found
