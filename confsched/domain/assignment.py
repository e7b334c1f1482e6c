"""Who serves which need: a matching by augmenting paths where one person may serve one need only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

Test = Callable[[UUID], bool]


@dataclass(frozen=True)
class Pool:
    """Ask for `count` of these people, the preferred ones first; nobody stands in it twice.

    A pool that `may_double` takes also who serves another one and keeps nobody from any.
    """

    people: tuple[UUID, ...]
    count: int
    optional: bool = False
    may_double: bool = False


@dataclass(frozen=True)
class Table:
    """Hold the pools of one search and everyone in order of preference; know which pools share people."""

    pools: tuple[Pool, ...]
    order: tuple[UUID, ...]

    @cached_property
    def alone(self) -> frozenset[int]:
        """Return the numbers of the pools that compete for nobody."""
        competing = [pool for pool in self.pools if not pool.may_double]
        seats = Counter(person for pool in competing for person in pool.people)
        return frozenset(
            number
            for number, pool in enumerate(self.pools)
            if not pool.may_double and all(seats[person] == 1 for person in pool.people)
        )

    @cached_property
    def shared(self) -> tuple[int, ...]:
        """Return the numbers of the pools that compete for somebody."""
        return tuple(
            number
            for number, pool in enumerate(self.pools)
            if not pool.may_double and number not in self.alone
        )

    @cached_property
    def doubling(self) -> tuple[int, ...]:
        """Return the numbers of the pools that may double, the required ones first."""
        numbers = (number for number, pool in enumerate(self.pools) if pool.may_double)
        return tuple(sorted(numbers, key=lambda number: self.pools[number].optional))

    @cached_property
    def _competing(self) -> tuple[int, ...]:
        return tuple(number for number in self.shared if not self.pools[number].optional)

    @cached_property
    def shared_seats(self) -> int:
        """Return how many people the required, shared pools take together."""
        return sum(self.pools[number].count for number in self._competing)

    @cached_property
    def wanted_by(self) -> dict[UUID, list[int]]:
        """Return the required, shared pools of each person in `order`."""
        wanted: dict[UUID, list[int]] = {person: [] for person in self.order}
        for number in self._competing:
            for person in self.pools[number].people:
                wanted[person].append(number)
        return wanted


def sharing(pools: Sequence[Pool]) -> list[list[Pool]]:
    """Return the required pools that hang together because they compete for somebody."""
    competing = [pool for pool in pools if not pool.optional and not pool.may_double]
    groups: list[tuple[set[UUID], list[Pool]]] = []
    for pool in competing:
        people, together = set(pool.people), [pool]
        for group in [group for group in groups if group[0] & people]:
            groups.remove(group)
            people |= group[0]
            together = [*group[1], *together]
        groups.append((people, together))
    return [together for _, together in groups if len(together) > 1]


def assign(table: Table, is_known: Test, is_possible: Test) -> list[tuple[UUID, ...]] | None:
    """Fill every required pool, or return None; people known to be free come before the possible ones.

    The answer has the fewest unknown people there can be, then the most preferred ones. An optional pool is
    filled by people known to be free or stays empty. Pools that may double are filled last, in turn, first by
    who takes part already. Both tests must be true of whoever is known to be free.
    """
    found: list[tuple[UUID, ...]] = [()] * len(table.pools)
    for number in table.alone:
        pool = table.pools[number]
        tests = (is_known,) if pool.optional else (is_known, is_possible)
        if not _settle(found, number, pool, tests):
            return None
    if table.shared and _Seating(table, is_known, is_possible).fill(found) is None:
        return None
    for number in table.doubling:
        if not _double(table.pools[number], number, found, is_known, is_possible):
            return None
    return found


def _settle(found: list[tuple[UUID, ...]], number: int, pool: Pool, tests: tuple[Test, ...]) -> bool:
    """Put down the first who can, for whom nobody else competes; tell whether the pool may stand so."""
    found[number] = _pick(pool, tests)
    return pool.optional or bool(found[number])


def _pick(pool: Pool, tests: tuple[Test, ...]) -> tuple[UUID, ...]:
    """Take the first who pass the earliest tests; nobody where they are too few."""
    picked: list[UUID] = []
    for test in tests:
        for person in pool.people:
            if len(picked) == pool.count:
                return tuple(picked)
            if person not in picked and test(person):
                picked.append(person)
    return tuple(picked) if len(picked) == pool.count else ()


def _double(
    pool: Pool, number: int, found: list[tuple[UUID, ...]], is_known: Test, is_possible: Test
) -> bool:
    """Fill a pool that may double: who takes part already comes first."""
    there = {person for team in found for person in team}
    if pool.optional:
        return _settle(found, number, pool, (lambda one: one in there and is_known(one), is_known))
    return _settle(found, number, pool, (there.__contains__, is_known, is_possible))


class _Seating:
    """Move people between the pools that share them until each pool has its count."""

    def __init__(self, table: Table, is_known: Test, is_possible: Test) -> None:
        self.table = table
        self.is_known = is_known
        self.is_possible = is_possible
        self.seats: list[list[UUID]] = [[] for _ in table.pools]
        self.home: dict[UUID, int] = {}

    def fill(self, found: list[tuple[UUID, ...]]) -> list[tuple[UUID, ...]] | None:
        """Complete `found` by the shared pools.

        People are seated one by one in order of preference and never lose their seat again: sets of people
        who can be seated together form a matroid, so this greedy order gives the best set.
        """
        self._seat_everyone()
        for number in self.table.shared:
            if self.table.pools[number].optional:
                self._seat_optional(number)
            elif len(self.seats[number]) < self.table.pools[number].count:
                return None
        for number in self.table.shared:
            found[number] = tuple(person for person in self.table.order if person in self.seats[number])
        return found

    def _seat_everyone(self) -> None:
        for test in (self.is_known, self.is_possible):
            for person in self.table.order:
                if len(self.home) == self.table.shared_seats:
                    return
                if person not in self.home and self.table.wanted_by[person] and test(person):
                    self._seat(person, set())

    def _seat(self, person: UUID, tried: set[int]) -> bool:
        """Seat a person, moving others to another pool of theirs where that makes room."""
        for number in self.table.wanted_by[person]:
            if number in tried:
                continue
            tried.add(number)
            if self._has_room(number) or any(self._seat(other, tried) for other in tuple(self.seats[number])):
                self._move(person, number)
                return True
        return False

    def _has_room(self, number: int) -> bool:
        return len(self.seats[number]) < self.table.pools[number].count

    def _move(self, person: UUID, number: int) -> None:
        if person in self.home:
            self.seats[self.home[person]].remove(person)
        self.home[person] = number
        self.seats[number].append(person)

    def _seat_optional(self, number: int) -> None:
        """Fill an optional pool whole or not at all, without emptying a seat or adding an unknown person."""
        before = [list(seats) for seats in self.seats], dict(self.home)
        while self._has_room(number):
            if not self._draw(number, set()):
                self.seats, self.home = before
                return

    def _draw(self, number: int, tried: set[UUID]) -> bool:
        """Bring one more person to a pool, from another pool if that one finds a replacement.

        Moving an unknown person cannot help: whoever could take that seat would have been preferred before.
        """
        for person in self.table.pools[number].people:
            if person in tried or not self.is_known(person):
                continue
            tried.add(person)
            home = self.home.get(person)
            if home is None or (home != number and self._draw(home, tried)):
                self._move(person, number)
                return True
        return False
