"""At which starts each person and each need could be served: the bit rows under a search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from itertools import combinations
from uuid import UUID

from confsched.domain import bitgrid
from confsched.domain.assignment import Pool, Table, Test
from confsched.domain.availability import Availability, Row
from confsched.domain.bitgrid import GRAIN, Grid
from confsched.domain.intervals import Span
from confsched.errors import Refusal, msg

USUAL_HOURS = ((time(8), time(12)), (time(13), time(17)))

# So many pools that share people are counted in every combination; beyond it the matching alone decides.
COMBINED_POOLS = 4

# Half a year and a little: enough for the best weekday of a series, and a bound to time and memory.
MAX_WINDOW = timedelta(days=200)


@dataclass(frozen=True)
class Candidate:
    """Hold a person or room that may serve; `recent` is how often they were booked lately.

    Of somebody who `is_foreign` to the reader nothing is said but that they are busy.
    """

    id: UUID
    name: str
    availability: Availability
    recent: int = 0
    knows_case: bool = False
    is_foreign: bool = False


@dataclass(frozen=True)
class Need:
    """Ask for `count` people out of a pool; an empty pool is nobody, never "no constraint".

    A need that `is_fixed` is what the meeting is about: doing without it is never proposed. One that
    `may_double` is met also by somebody who meets another need; else a person meets one need only.
    """

    key: str
    label: str
    pool: tuple[UUID, ...]
    count: int = 1
    optional: bool = False
    is_fixed: bool = False
    may_double: bool = False

    def __post_init__(self) -> None:
        assert self.count > 0, "a need asks for somebody"


@dataclass(frozen=True)
class Search:
    """Hold the wishes of one search; offers start a whole `step` after a full hour of `zone`, the reader's.

    The buffers keep clear of claims only: nobody need be at work in them.
    """

    duration: timedelta
    window: Span
    zone: str
    not_before: datetime | None = None
    step: timedelta = timedelta(minutes=15)
    buffer_before: timedelta = timedelta(0)
    buffer_after: timedelta = timedelta(0)
    limit: int = 14
    per_day: int = 3
    # At least this from the start of one offer to the next, so that a list offers a choice.
    apart: timedelta = timedelta(0)
    preferred_hours: tuple[tuple[time, time], ...] = USUAL_HOURS
    # Prefer times that leave the day of who takes part in one piece.
    fragments: bool = True

    def __post_init__(self) -> None:
        assert self.limit > 0 and self.per_day > 0, "a search asks for something"
        if self.window.duration > MAX_WINDOW:
            raise Refusal(msg("Choose a day within %(days)s days.", days=MAX_WINDOW.days), field="window")
        if self.duration < GRAIN or self.duration % GRAIN:
            raise Refusal(msg("Please choose a length in steps of five minutes."), field="duration")
        for field in ("buffer_before", "buffer_after"):
            if getattr(self, field) < timedelta(0) or getattr(self, field) % GRAIN:
                raise Refusal(msg("Please choose a buffer in steps of five minutes."), field=field)

    @property
    def earliest_at(self) -> datetime:
        return max(self.window.starts_at, self.not_before or self.window.starts_at)


@dataclass(frozen=True)
class Board:
    """Hold what a search needs and no wish changes: rows, local days, usual hours."""

    grid: Grid
    rows: Mapping[UUID, Row]
    day_starts: tuple[int, ...]
    usual: int
    steps: int

    def cut(self, span: Span) -> Board:
        """Return the part of the board over a span inside it; it is asked much faster."""
        grid = Grid.over(span)
        low, full = (grid.starts_at - self.grid.starts_at) // GRAIN, grid.full
        return Board(
            grid=grid,
            rows={
                key: Row(row.free >> low & full, row.possible >> low & full, row.taken >> low & full)
                for key, row in self.rows.items()
            },
            day_starts=(0, *(cell - low for cell in self.day_starts if 0 < cell - low < grid.cells)),
            usual=self.usual >> low & full,
            steps=self.steps >> low & full,
        )


def prepare(candidates: Mapping[UUID, Candidate], search: Search) -> Board:
    """Lay everyone's time on one grid; it serves any search in the same window, zone and hours."""
    grid = Grid.over(search.window.widen(search.buffer_before, search.buffer_after))
    return Board(
        grid=grid,
        rows={key: candidate.availability.row(grid) for key, candidate in candidates.items()},
        day_starts=bitgrid.day_starts(grid, search.zone),
        usual=bitgrid.weekday_hours(grid, search.preferred_hours, search.zone),
        steps=bitgrid.aligned(grid, search.step, search.zone),
    )


def _preference(candidate: Candidate) -> tuple[bool, int, str, UUID]:
    return not candidate.knows_case, candidate.recent, candidate.name, candidate.id


@dataclass(frozen=True)
class Plan:
    """Hold one search made ready: its people in order of preference, and where each of them could start.

    Each row is shrunk by the duration before any pool is united: the SAME person is free all the time.
    """

    needs: tuple[Need, ...]
    candidates: Mapping[UUID, Candidate]
    search: Search
    board: Board

    @cached_property
    def people(self) -> tuple[UUID, ...]:
        """Return everyone of the pools who is a candidate: who knows the case, then who was booked least."""
        wanted = {person for need in self.needs for person in need.pool}
        known = [candidate for key, candidate in self.candidates.items() if key in wanted]
        return tuple(candidate.id for candidate in sorted(known, key=_preference))

    @cached_property
    def table(self) -> Table:
        """Return the pools of the needs, in their order."""
        place = {person: number for number, person in enumerate(self.people)}
        return Table(tuple(self._pool(need, place) for need in self.needs), self.people)

    def _pool(self, need: Need, place: Mapping[UUID, int]) -> Pool:
        numbers = sorted({place[person] for person in need.pool if person in place})
        people = tuple(self.people[number] for number in numbers)
        return Pool(people, need.count, need.optional, need.may_double)

    @cached_property
    def allowed(self) -> int:
        """Return the starts on a step, not too early, whose whole length lies in the window."""
        grid, search = self.board.grid, self.search
        last = (search.window.ends_at - search.duration - grid.starts_at) // GRAIN
        return self.board.steps & bitgrid.between(self.first_cell, last + 1)

    @cached_property
    def usual(self) -> int:
        """Return the starts whose whole length lies in usual hours."""
        return bitgrid.shrink(self.board.usual, self.search.duration // GRAIN)

    @cached_property
    def known(self) -> dict[UUID, int]:
        """Return each person's starts at which they are known to be free."""
        return {person: self._starts(self.board.rows[person], known=True) for person in self.people}

    @cached_property
    def possible(self) -> dict[UUID, int]:
        """Return each person's starts at which nothing is known against them."""
        return {
            person: self.known[person] if row.possible == row.free else self._starts(row, known=False)
            for person, row in ((person, self.board.rows[person]) for person in self.people)
        }

    def _starts(self, row: Row, *, known: bool) -> int:
        clear = self._clear_of_claims(row, row.free if known else row.possible)
        return bitgrid.shrink(clear, self.search.duration // GRAIN) & self.allowed

    def _clear_of_claims(self, row: Row, cells: int) -> int:
        """Return the cells without those so near to a claim that no meeting with these buffers reaches them.

        A row is clear of the claims themselves.
        """
        before, after = self._buffers
        if not row.taken or (not before and not after):
            return cells
        return cells & ~(bitgrid.spread_up(row.taken, before) | bitgrid.spread_down(row.taken, after))

    @cached_property
    def _buffers(self) -> tuple[int, int]:
        return self.search.buffer_before // GRAIN, self.search.buffer_after // GRAIN

    @cached_property
    def first_cell(self) -> int:
        """Return the first cell that the search may use; what lies before is over, or too near."""
        return bitgrid.cells_up(self.search.earliest_at - self.board.grid.starts_at)

    def shut(self, row: Row) -> int:
        """Return the cells of the window that the person cannot give to a meeting with these buffers."""
        last = (self.search.window.ends_at - self.board.grid.starts_at) // GRAIN
        inside = bitgrid.between(self.first_cell, min(last, self.board.grid.cells))
        return inside & ~self._clear_of_claims(row, row.possible)

    @cached_property
    def whole_days(self) -> dict[UUID, int]:
        """Return each person's possible starts beside shut time: no free time of use is cut in two."""
        near, length = self.search.step // GRAIN - 1, self.search.duration // GRAIN
        first = bitgrid.between(self.first_cell, self.first_cell + near + 1)
        shut = {person: self.shut(self.board.rows[person]) for person in self.people}
        return {
            person: (first | bitgrid.spread_up(row, near) << 1 | bitgrid.spread_down(row, near) >> length)
            & self.possible[person]
            for person, row in shut.items()
        }

    def starts_of(self, pool: Pool, *, known: bool) -> int:
        """Return where enough people of one pool can start."""
        rows = self.known if known else self.possible
        return bitgrid.at_least(pool.count, [rows[person] for person in pool.people])

    def required(self, *, known: bool) -> int:
        """Return where the required needs can start together; nowhere if there is none.

        Exact while at most COMBINED_POOLS pools hang together (Hall's theorem), else never too small.
        """
        pools = [pool for pool in self.table.pools if not pool.optional]
        row = self.allowed if pools else 0
        for pool in (*pools, *self._combined()):
            row &= self.starts_of(pool, known=known)
        return row

    def _combined(self) -> Iterator[Pool]:
        """Return the unions of pools sharing people that together must hold enough of them."""
        for group in self.table.groups:
            sizes = range(2, len(group) + 1) if len(group) <= COMBINED_POOLS else (len(group),)
            for size in sizes:
                for pools in combinations(group, size):
                    everyone = dict.fromkeys(person for pool in pools for person in pool.people)
                    yield Pool(tuple(everyone), sum(pool.count for pool in pools))

    @cached_property
    def whole(self) -> int:
        """Return where each optional need, looked at alone, finds people known to be free."""
        row = self.allowed
        for pool in self.table.pools:
            if pool.optional:
                row &= self.starts_of(pool, known=True)
        return row

    def tests_at(self, cell: int) -> tuple[Test, Test]:
        """Return the two questions about a start: known to be free, nothing known against it."""
        known, possible = self.known, self.possible
        return lambda person: bool(known[person] >> cell & 1), lambda person: bool(
            possible[person] >> cell & 1
        )

    def span_at(self, cell: int) -> Span:
        starts_at = self.board.grid.instant(cell)
        return Span(starts_at, starts_at + self.search.duration)
