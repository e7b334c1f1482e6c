"""Time in five-minute cells of one big integer: sets of instants that are shrunk, spread and counted.

Cells count UTC time, so a clock change neither adds nor loses one. What is free is rounded inward and what is
busy outward: a cell counts as free only when all of it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import compress
from typing import Any, Protocol, TypeVar

from confsched import clock
from confsched.domain.intervals import Span

GRAIN = timedelta(minutes=5)
HOUR = timedelta(hours=1)
SATURDAY = 5
SECONDS = GRAIN // timedelta(seconds=1)
A_DAY = timedelta(days=1) // GRAIN
ONE_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Ordered(Protocol):
    """What can be sorted: cells and instants."""

    def __lt__(self, other: Any, /) -> bool: ...


Edge = TypeVar("Edge", bound=Ordered)

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

    def inward(self, spans: Collection[Span]) -> int:
        """Return the cells that lie wholly inside the union of the spans, which come in any order."""
        starts, ends = _outline([span.starts_at for span in spans], [span.ends_at for span in spans])
        return self._row(_floors_before(starts, self.starts_at), _floors(ends, self.starts_at))

    def outward(self, spans: Collection[Span]) -> int:
        """Return the cells that are touched by any of the spans, which come in any order."""
        lows = _floors([span.starts_at for span in spans], self.starts_at)
        highs = _floors_before([span.ends_at for span in spans], self.starts_at)
        return self._row(*_outline(lows, highs))

    def _row(self, lows: Sequence[int], highs: Sequence[int]) -> int:
        """Set the cells of each [low, high): the sum of 2**high - 2**low, from two byte arrays.

        The pairs ascend and neither overlap nor touch; one that rounding has left empty is passed over.
        """
        last = self.cells
        above, below = bytearray(last // 8 + 1), bytearray(last // 8 + 1)
        for low, high in zip(lows, highs, strict=True):
            if low >= high or high <= 0 or low >= last:
                continue
            low, high = low if low > 0 else 0, high if high < last else last
            below[low >> 3] |= 1 << (low & 7)
            above[high >> 3] |= 1 << (high & 7)
        return int.from_bytes(above, "little") - int.from_bytes(below, "little")


def _outline(starts: Sequence[Edge], ends: Sequence[Edge]) -> tuple[list[Edge], list[Edge]]:
    """Return the starts and the ends of the union of [start, end) pairs, ascending and apart.

    Sorted apart from each other they still tell: a gap opens where as many have ended as have begun.
    """
    begun, ended = sorted(starts), sorted(ends)
    gaps = [end < start for end, start in zip(ended, begun[1:], strict=False)]
    return [*begun[:1], *compress(begun[1:], gaps)], [*compress(ended, gaps), *ended[-1:]]


def _floors(instants: Sequence[datetime], start: datetime) -> list[int]:
    """Return how many whole cells lie between `start` and each instant, rounded down.

    Whole numbers only: this runs for every edge of everybody's time, and dividing a timedelta is slow.
    """
    return [(past := at - start).days * A_DAY + past.seconds // SECONDS for at in instants]


def _floors_before(instants: Sequence[datetime], start: datetime) -> list[int]:
    """Return the same rounded up: what is left until `start`, rounded down, with its sign turned."""
    return [-((left := start - at).days * A_DAY + left.seconds // SECONDS) for at in instants]


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

    low, current = 0, offset(0)
    for probe in (*range(A_DAY, grid.cells, A_DAY), grid.cells):
        ahead = offset(probe)
        if ahead == current:
            continue
        change = _first_change(offset, max(low, probe - A_DAY), probe)
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
            spans.extend(_hours_of(day, hours, zone))
        day += ONE_DAY
    return grid.inward(spans)


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
