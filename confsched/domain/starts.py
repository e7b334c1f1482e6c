"""At which starts each person and each need could be served: the bit rows under a search."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import cached_property, reduce
from itertools import combinations
from operator import and_, attrgetter
from uuid import UUID

from confsched.domain import bitgrid
from confsched.domain.assignment import Pool, Table, Test, sharing
from confsched.domain.availability import Availability, Row
from confsched.domain.bitgrid import GRAIN, QUARTER, Grid, Hours
from confsched.domain.intervals import Span
from confsched.domain.times import EPOCH
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

    Nobody stands in a pool twice. A need that `is_fixed` is what the meeting is about: doing without it is
    never proposed. One that `may_double` is met also by somebody who meets another need; else a person meets
    one need only.
    """

    key: str
    label: str
    pool: tuple[UUID, ...]
    count: int = 1
    optional: bool = False
    is_fixed: bool = False
    may_double: bool = False
    people: frozenset[UUID] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        assert self.count > 0, "a need asks for somebody"
        object.__setattr__(self, "pool", tuple(dict.fromkeys(self.pool)))
        object.__setattr__(self, "people", frozenset(self.pool))


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
        for name in ("buffer_before", "buffer_after"):
            if getattr(self, name) < timedelta(0) or getattr(self, name) % GRAIN:
                raise Refusal(msg("Please choose a buffer in steps of five minutes."), field=name)

    @property
    def earliest_at(self) -> datetime:
        return max(self.window.starts_at, self.not_before or self.window.starts_at)

    @cached_property
    def grain(self) -> timedelta:
        """Return the longest cells that lose nothing.

        Where starts, lengths and the last end are whole quarters of an hour, a meeting fills whole quarters
        and fits where each of them is wholly free.
        """
        lengths = (self.step, self.duration, self.buffer_before, self.buffer_after)
        is_whole = not any(length % QUARTER for length in (*lengths, self.window.ends_at - EPOCH))
        return QUARTER if is_whole else GRAIN


@dataclass(frozen=True)
class Board:
    """Hold what a search needs and no wish changes: rows, and the steps, days and usual hours of a zone."""

    grid: Grid
    rows: Mapping[UUID, Row]
    steps: int
    zone: str
    hours: Hours

    @cached_property
    def day_starts(self) -> tuple[int, ...]:
        """Return the first cell of each local day."""
        return bitgrid.day_starts(self.grid, self.zone)

    @cached_property
    def usual(self) -> int:
        """Return the cells in usual hours."""
        return bitgrid.weekday_hours(self.grid, self.hours, self.zone)

    def cut(self, span: Span) -> Board:
        """Return the part of the board over a span inside it; it is asked much faster."""
        grid = Grid.over(span, self.grid.grain)
        low = self.grid.cell_at(grid.starts_at)
        rows = {key: row.cut(grid) for key, row in self.rows.items()}
        return replace(self, grid=grid, rows=rows, steps=self.steps >> low & grid.full)


def prepare(candidates: Mapping[UUID, Candidate], search: Search, grain: timedelta | None = None) -> Board:
    """Lay everyone's time on one grid; it serves any search in the same window, zone and hours.

    Cells are as long as the search allows, or a `grain` for searches whose wishes are finer.
    """
    window = search.window.widen(search.buffer_before, search.buffer_after)
    grid = Grid.over(window, grain or search.grain)
    return Board(
        grid=grid,
        rows={key: candidate.availability.row(grid) for key, candidate in candidates.items()},
        steps=bitgrid.aligned(grid, search.step, search.zone),
        zone=search.zone,
        hours=search.preferred_hours,
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

    def __post_init__(self) -> None:
        assert self.board.grid.grain <= self.search.grain, "cells are as fine as the wishes"

    def on_finest(self) -> Plan:
        """Return the plan on cells that are fine enough for any wish."""
        if self.board.grid.grain == GRAIN:
            return self
        return replace(self, board=prepare(self.candidates, self.search, GRAIN))

    def wishing(self, search: Search) -> Plan:
        """Return the plan with other wishes in the same window, on finer cells where they need them."""
        plan = self.on_finest() if search.grain < self.board.grid.grain else self
        return replace(plan, search=search)

    @cached_property
    def people(self) -> tuple[UUID, ...]:
        """Return everyone of the pools who is a candidate: who knows the case, then who was booked least."""
        wanted = {person for need in self.needs for person in need.pool}
        known = [candidate for key, candidate in self.candidates.items() if key in wanted]
        return tuple(candidate.id for candidate in sorted(known, key=_preference))

    @cached_property
    def pools(self) -> tuple[Pool, ...]:
        """Return the candidates for each need."""

        def pool(need: Need) -> Pool:
            people = tuple(person for person in need.pool if person in self.candidates)
            return Pool(people, need.count, need.optional, need.may_double)

        return tuple(map(pool, self.needs))

    @cached_property
    def table(self) -> Table:
        """Return the pools of the needs, the preferred people first."""
        place = {person: number for number, person in enumerate(self.people)}
        pools = (
            replace(pool, people=tuple(sorted(pool.people, key=place.__getitem__))) for pool in self.pools
        )
        return Table(tuple(pools), self.people)

    @cached_property
    def allowed(self) -> int:
        """Return the starts on a step, not too early, whose whole length lies in the window."""
        last = self.board.grid.cell_at(self.search.window.ends_at - self.search.duration)
        return self.board.steps & bitgrid.between(self.first_cell, last + 1)

    @cached_property
    def usual(self) -> int:
        """Return the starts whose whole length lies in usual hours."""
        return bitgrid.shrink(self.board.usual, self.board.grid.count(self.search.duration))

    @cached_property
    def known(self) -> _Starts:
        """Return each person's starts at which they are known to be free."""
        return _Starts(self, attrgetter("free"))

    @cached_property
    def possible(self) -> _Starts:
        """Return each person's starts at which nothing is known against them."""
        return _Starts(self, attrgetter("possible"))

    @property
    def first_cell(self) -> int:
        """Return the first cell that the search may use; what lies before is over, or too near."""
        return self.board.grid.cell_from(self.search.earliest_at)

    def shut(self, row: Row) -> int:
        """Return the cells of the window that the person cannot give to a meeting with these buffers."""
        last = self.board.grid.cell_at(self.search.window.ends_at)
        inside = bitgrid.between(self.first_cell, min(last, self.board.grid.cells))
        return inside & ~self.possible.apart([row])[0]

    @cached_property
    def whole_days(self) -> dict[UUID, int]:
        """Return each person's possible starts beside shut time: no free time of use is cut in two."""
        near, length = self.board.grid.count(self.search.step) - 1, self.possible.length
        first = bitgrid.between(self.first_cell, self.first_cell + near + 1)
        shut = {person: self.shut(self.board.rows[person]) for person in self.people}
        return {
            person: (first | bitgrid.spread_up(row, near) << 1 | bitgrid.spread_down(row, near) >> length)
            & self.possible[person]
            for person, row in shut.items()
        }

    def starts_of(self, pool: Pool, *, known: bool) -> int:
        """Return where enough people of one pool can start."""
        starts = self.known if known else self.possible
        return starts.of_some(starts.rows_of(pool.people), pool.count)

    def required(self, *, known: bool) -> int:
        """Return where the required needs can start together; nowhere if there is none.

        Exact while at most COMBINED_POOLS pools hang together (Hall's theorem), else never too small. Those
        without whom nothing goes are laid together first.
        """
        starts = self.known if known else self.possible
        wanted = [(need.pool, need.count) for need in self.needs if not need.optional]
        row, indispensable = self.allowed if wanted else 0, []
        for people, count in (*wanted, *self._combined()):
            rows = starts.rows_of(people)
            if len(rows) == count:
                indispensable += rows
            else:
                row &= starts.of_some(rows, count)
        return row & starts.of_all(indispensable)

    def _combined(self) -> Iterator[tuple[Collection[UUID], int]]:
        """Return the unions of pools sharing people, and how many of them they need together."""
        for group in self.groups:
            sizes = range(2, len(group) + 1) if len(group) <= COMBINED_POOLS else (len(group),)
            for size in sizes:
                for pools in combinations(group, size):
                    everyone = {person for pool in pools for person in pool.people}
                    yield everyone, sum(pool.count for pool in pools)

    @cached_property
    def groups(self) -> list[list[Pool]]:
        """Return the required pools that hang together by shared people."""
        wanted = [need.people for need in self.needs if not need.optional and not need.may_double]
        is_shared = len(frozenset[UUID]().union(*wanted)) < sum(map(len, wanted))
        return sharing(self.pools) if is_shared else []

    @cached_property
    def whole(self) -> int:
        """Return where each optional need, looked at alone, finds people known to be free."""
        row = self.allowed
        for pool in self.pools:
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


class _Starts(dict[UUID, int]):
    """Say where people can start, by the cells that their rows have for them; of one person it is kept."""

    def __init__(self, plan: Plan, cells: Callable[[Row], int]) -> None:
        self.rows, self.cells, self.allowed = plan.board.rows, cells, plan.allowed
        search, count = plan.search, plan.board.grid.count
        self.length = count(search.duration)
        self.before, self.after = count(search.buffer_before), count(search.buffer_after)

    def __missing__(self, person: UUID) -> int:
        self[person] = row = self.of_all([self.rows[person]])
        return row

    def rows_of(self, people: Iterable[UUID]) -> list[Row]:
        """Return the rows of those who are candidates."""
        return [*filter(None, map(self.rows.get, people))]

    def of_all(self, rows: Sequence[Row]) -> int:
        """Return where all of them can start; what they have in common is shrunk but once."""
        return bitgrid.shrink(reduce(and_, self.apart(rows), -1), self.length) & self.allowed

    def of_some(self, rows: Sequence[Row], count: int) -> int:
        """Return where so many of them can start."""
        if count == len(rows):
            return self.of_all(rows)
        starts = [bitgrid.shrink(cells, self.length) for cells in self.apart(rows)]
        return bitgrid.at_least(count, starts) & self.allowed

    def apart(self, rows: Sequence[Row]) -> list[int]:
        """Return the cells without those so near to a claim that no meeting with these buffers reaches them.

        The claims themselves are neither free nor possible.
        """
        cells = list(map(self.cells, rows))
        if not self.before and not self.after:
            return cells
        return [one & ~self._near(row.taken) for one, row in zip(cells, rows, strict=True)]

    def _near(self, taken: int) -> int:
        return bitgrid.spread_up(taken, self.before) | bitgrid.spread_down(taken, self.after)
