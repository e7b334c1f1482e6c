"""Time in five-minute cells of one big integer: sets of instants that are shrunk, spread and counted.

Cells count UTC time, so a clock change neither adds nor loses one. What is free is rounded inward and what is
busy outward: a cell counts as free only when all of it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from confsched import clock
from confsched.domain.intervals import Span

GRAIN = timedelta(minutes=5)
HOUR = timedelta(hours=1)
SATURDAY = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Hours = tuple[tuple[time, time], ...]


@dataclass(frozen=True)
class Grid:
    """Number the cells from `starts_at`, a whole five minutes; bit n of a row speaks of cell n."""

    starts_at: datetime
    cells: int

    @classmethod
    def over(cls, span: Span) -> Grid:
        """Return the smallest grid that covers the span."""
        first = (span.starts_at - _EPOCH) // GRAIN
        return cls(_EPOCH + first * GRAIN, cells_up(span.ends_at - _EPOCH) - first)

    @property
    def full(self) -> int:
        return (1 << self.cells) - 1

    def instant(self, cell: int) -> datetime:
        """Return the instant at which a cell starts."""
        return self.starts_at + cell * GRAIN

    def inward(self, spans: Iterable[Span]) -> int:
        """Return the cells that lie wholly inside; the spans come sorted and merged."""
        start = self.starts_at
        return self._row((cells_up(s.starts_at - start), (s.ends_at - start) // GRAIN) for s in spans)

    def outward(self, spans: Iterable[Span]) -> int:
        """Return the cells that are touched; the spans come sorted and merged."""
        start = self.starts_at
        return self._row(((s.starts_at - start) // GRAIN, cells_up(s.ends_at - start)) for s in spans)

    def _row(self, bounds: Iterable[tuple[int, int]]) -> int:
        """Set the cells of each [low, high), ascending: the sum of 2**high - 2**low, from two byte arrays."""
        highs, lows = bytearray(self.cells // 8 + 1), bytearray(self.cells // 8 + 1)
        done = 0
        for low, high in bounds:
            low, high = max(low, done), min(high, self.cells)
            if low >= high:
                continue
            lows[low >> 3] |= 1 << (low & 7)
            highs[high >> 3] |= 1 << (high & 7)
            done = high
        return int.from_bytes(highs, "little") - int.from_bytes(lows, "little")


def cells_up(length: timedelta) -> int:
    """Return how many cells it takes to hold `length`."""
    return -(-length // GRAIN)


def shrink(row: int, cells: int) -> int:
    """Return where a run of at least `cells` set bits starts."""
    have = 1
    while have < cells:
        by = min(have, cells - have)
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
    if count == 1:
        return _union(rows)
    planes = _tally(rows)
    above, equal = 0, _union(rows)
    for place in reversed(range(max(len(planes), count.bit_length()))):
        plane = planes[place] if place < len(planes) else 0
        if count >> place & 1:
            equal &= plane
        else:
            above |= equal & plane
            equal &= ~plane
    return above | equal


def _union(rows: Sequence[int]) -> int:
    union = 0
    for row in rows:
        union |= row
    return union


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
    assert not HOUR % step and not step % GRAIN, "a step divides the hour into whole cells"
    period = step // GRAIN
    row = 0
    for low, high, offset in _offset_runs(grid, zone):
        behind = (grid.starts_at + low * GRAIN + offset - _EPOCH) // GRAIN % period
        first = low + (-behind) % period
        count = -(-(high - first) // period)
        if count > 0:
            row |= ((1 << period * count) - 1) // ((1 << period) - 1) << first
    return row


def _offset_runs(grid: Grid, zone: str) -> Iterator[tuple[int, int, timedelta]]:
    """Return (low, high, UTC offset) of the runs between clock changes; a change is looked for once a day."""

    def offset(cell: int) -> timedelta:
        return clock.to_local(grid.instant(cell), zone).utcoffset() or timedelta(0)

    a_day = timedelta(days=1) // GRAIN
    low, current = 0, offset(0)
    for probe in (*range(a_day, grid.cells, a_day), grid.cells):
        ahead = offset(probe)
        if ahead == current:
            continue
        change = _first_change(offset, max(low, probe - a_day), probe)
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
    return tuple(max(0, cells_up(clock.start_of_day(day, zone) - grid.starts_at)) for day in days)


def weekday_hours(grid: Grid, hours: Hours, zone: str) -> int:
    """Return the cells inside the given local hours of Monday to Friday; `hours` come sorted and apart."""
    day = clock.local_day(grid.starts_at, zone)
    last = clock.local_day(grid.instant(grid.cells), zone)
    spans: list[Span] = []
    while day <= last:
        if day.weekday() < SATURDAY:
            bounds = [(clock.to_instant(day, a, zone), clock.to_instant(day, b, zone)) for a, b in hours]
            spans.extend(Span(starts_at, ends_at) for starts_at, ends_at in bounds if starts_at < ends_at)
        day += timedelta(days=1)
    return grid.inward(spans)
