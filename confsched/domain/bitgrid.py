"""Time in cells of one big integer: sets of instants that are shrunk, spread and counted.

Cells count UTC time, so a clock change neither adds nor loses one. What is free is rounded inward and what is
busy outward: a cell counts as free only when all of it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, reduce
from operator import or_

from confsched import clock
from confsched.domain.intervals import Span
from confsched.domain.times import EPOCH, MINUTE, Spans, Times, minute_at

GRAIN = timedelta(minutes=5)  # lengths and buffers are whole ones
QUARTER = timedelta(minutes=15)  # what every zone's offset is a multiple of
HOUR = timedelta(hours=1)
SATURDAY = 5
ONE_DAY = timedelta(days=1)
A_WEEK = timedelta(weeks=1)

# Runs of one digit up to a day. A byte array is copied into another one faster than bytes are.
SET, UNSET = ([bytearray(digit) * cells for cells in range(ONE_DAY // GRAIN + 1)] for digit in (b"1", b"0"))

Hours = tuple[tuple[time, time], ...]


@dataclass(frozen=True)
class Grid:
    """Number the cells from `starts_at`, a whole `grain` since 1970; bit n of a row speaks of cell n."""

    starts_at: datetime
    cells: int
    grain: timedelta = GRAIN

    @classmethod
    def over(cls, span: Span, grain: timedelta = GRAIN) -> Grid:
        """Return the smallest grid that covers the span; its start is a whole quarter whatever the grain."""
        starts_at = EPOCH + (span.starts_at - EPOCH) // QUARTER * QUARTER
        return cls(starts_at, -((starts_at - span.ends_at) // grain), grain)

    @cached_property
    def full(self) -> int:
        return (1 << self.cells) - 1

    @cached_property
    def span(self) -> Span:
        return Span(self.starts_at, self.instant(self.cells))

    def instant(self, cell: int) -> datetime:
        """Return the instant at which a cell starts."""
        return self.starts_at + cell * self.grain

    def cell_at(self, instant: datetime) -> int:
        """Return the cell in which an instant lies."""
        return (instant - self.starts_at) // self.grain

    def cell_from(self, instant: datetime) -> int:
        """Return the first cell that does not start before an instant."""
        return -((self.starts_at - instant) // self.grain)

    def count(self, length: timedelta) -> int:
        """Return how many cells it takes to hold a length."""
        return -(-length // self.grain)

    def within(self, span: Span) -> int:
        """Return the cells that lie wholly inside one span."""
        if span.covers(self.span):
            return self.full
        return between(self.cell_from(span.starts_at), min(self.cell_at(span.ends_at), self.cells))

    def around(self, span: Span) -> int:
        """Return the cells that are touched by one span, also beyond the last one."""
        return between(self.cell_at(span.starts_at), self.cell_from(span.ends_at))

    def inward(self, *parts: Spans) -> int:
        """Return the cells that lie wholly inside the union of the spans, which come in any order."""
        return self.left(parts, ())

    def outward(self, *parts: Spans) -> int:
        """Return the cells that are touched by any of the spans, which come in any order."""
        return self.full & ~self.left(None, parts)

    def left(self, inside: Iterable[Spans] | None, without: Iterable[Spans]) -> int:
        """Return the cells wholly inside one union of spans, None for all, that none of others touches.

        They are painted into a text of 0 and 1, the last cell first, which is one binary number.
        """
        text, round_up = bytearray(b"1") * self.cells, self._minutes - 1
        if inside is not None:
            text = bytearray(b"0") * self.cells
            self._paint(text, SET, Times.inside(*inside), self._end, self._end + round_up)
        for spans in without:
            if spans:
                self._paint(text, UNSET, Times.around(spans), self._end + round_up, self._end)
        return int(text, 2)

    def _paint(
        self, text: bytearray, runs: list[bytearray], times: Times, start_from: int, end_from: int
    ) -> None:
        """Paint a run of cells for each span, counted back from two minutes.

        All in whole numbers, without a call: this runs for every edge of everybody's time.
        """
        cells, minutes = self.cells, self._minutes
        for start, end in zip(times.starts, times.ends, strict=True):
            low, high = (end_from - end) // minutes, (start_from - start) // minutes
            if low < 0:
                low = 0
            if high > cells:
                high = cells
            if low < high:
                try:
                    text[low:high] = runs[high - low]
                except IndexError:
                    text[low:high] = runs[1] * (high - low)

    @cached_property
    def _minutes(self) -> int:
        """Return the length of a cell."""
        return self.grain // MINUTE

    @cached_property
    def _end(self) -> int:
        """Return the end of the grid in minutes since 1970."""
        return minute_at(self.instant(self.cells))


def shrink(row: int, cells: int) -> int:
    """Return where a run of at least `cells` set bits starts."""
    have = 1
    while have < cells:
        by = have if 2 * have < cells else cells - have
        row &= row >> by
        have += by
    return row


def spread_down(row: int, cells: int) -> int:
    """Return the row with each bit repeated in the `cells` places before it."""
    have = 1
    while have <= cells:
        by = min(have, cells + 1 - have)
        row |= row >> by
        have += by
    return row


def spread_up(row: int, cells: int) -> int:
    """Return the row with each bit repeated in the `cells` places after it."""
    have = 1
    while have <= cells:
        by = min(have, cells + 1 - have)
        row |= row << by
        have += by
    return row


def at_least(count: int, rows: Sequence[int]) -> int:
    """Return where `count` or more of the rows are set; too few rows are set nowhere."""
    if count > len(rows):
        return 0
    union = reduce(or_, rows, 0)
    if count == 1:
        return union
    planes = _tally(rows)
    above, equal = 0, union
    for place in reversed(range(max(len(planes), count.bit_length()))):
        plane = planes[place] if place < len(planes) else 0
        if count >> place & 1:
            equal &= plane
        else:
            above |= equal & plane
            equal &= ~plane
    return above | equal


def _tally(rows: Sequence[int]) -> list[int]:
    """Count the rows in each place at once: plane n holds bit n of every count."""
    planes: list[int] = []
    for carry in rows:
        for place, plane in enumerate(planes):
            planes[place], carry = plane ^ carry, plane & carry
        if carry:
            planes.append(carry)
    return planes


def set_bits(row: int) -> Iterator[int]:
    """Return the places of the set bits, ascending."""
    digits = bin(row)[:1:-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)


def between(low: int, high: int) -> int:
    """Return the row of the cells [low, high); none when that is empty."""
    low = max(low, 0)
    return (1 << high) - (1 << low) if low < high else 0


def aligned(grid: Grid, step: timedelta, zone: str) -> int:
    """Return the cells that start a whole number of steps after a full hour of the zone's clock."""
    assert not HOUR % step and not step % grid.grain, "a step divides the hour into whole cells"
    period = step // grid.grain
    row = 0
    for low, high, offset in _offset_runs(grid, zone):
        behind = (grid.instant(low) + offset - EPOCH) // grid.grain % period
        first = low + (-behind) % period
        count = -(-(high - first) // period)
        if count > 0:
            row |= ((1 << period * count) - 1) // ((1 << period) - 1) << first
    return row


def _offset_runs(grid: Grid, zone: str) -> Iterator[tuple[int, int, timedelta]]:
    """Return (low, high, UTC offset) of the runs between clock changes; no zone changes twice in a week."""

    def offset(cell: int) -> timedelta:
        return clock.to_local(grid.instant(cell), zone).utcoffset() or timedelta(0)

    low, current, a_week = 0, offset(0), grid.count(A_WEEK)
    for probe in (*range(a_week, grid.cells, a_week), grid.cells):
        ahead = offset(probe)
        if ahead == current:
            continue
        change = _first_change(offset, max(low, probe - a_week), probe)
        yield low, change, current
        low, current = change, ahead
    yield low, grid.cells, current


def _first_change(offset: Callable[[int], timedelta], low: int, high: int) -> int:
    """Return the first cell after `low` whose offset is another than there; `high` is known to differ."""
    before = offset(low)
    return bisect_left(range(high), True, low, high, key=lambda cell: offset(cell) != before)


def day_starts(grid: Grid, zone: str) -> tuple[int, ...]:
    """Return the first cell of each local day that the grid touches, ascending, never below 0."""
    first = clock.local_day(grid.starts_at, zone)
    last = clock.local_day(grid.instant(grid.cells - 1), zone)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return tuple(max(0, grid.cell_from(clock.start_of_day(day, zone))) for day in days)


def weekday_hours(grid: Grid, hours: Hours, zone: str) -> int:
    """Return the cells inside the given local hours of Monday to Friday; `hours` come sorted and apart."""
    day = clock.local_day(grid.starts_at, zone)
    last = clock.local_day(grid.instant(grid.cells), zone)
    spans: list[Span] = []
    while day <= last:
        if day.weekday() < SATURDAY:
            spans.extend(_hours_of(day, hours, zone))
        day += ONE_DAY
    return grid.inward(tuple(spans))


def _hours_of(day: date, hours: Hours, zone: str) -> Iterator[Span]:
    """Return the hours of one day; on most the clock does not change, and one conversion will do."""
    midnight = clock.start_of_day(day, zone)
    is_even = clock.start_of_day(day + ONE_DAY, zone) - midnight == ONE_DAY
    for bounds in hours:
        starts_at, ends_at = (
            midnight + timedelta(hours=at.hour, minutes=at.minute)
            if is_even
            else clock.to_instant(day, at, zone)
            for at in bounds
        )
        if starts_at < ends_at:
            yield Span(starts_at, ends_at)
