"""The order of the cases of a conference: who has to be there when, and by which order for the least time.

What counts, each before the next:
1. A pinned case keeps its place.
2. A case lies in the time that its presenter has, and an urgent or deferred one before the minutes of the
   conference are over. Where that cannot be, it is missed by as few minutes as possible, and named.
3. Urgent cases come first.
4. The rest is weighed, in points. A minute that a specialist, or a presenter from another site, waits between
   two of their cases counts 4; of a presenter of the house, 1. From the 15th minute of a gap on nothing is
   added: then it is better to leave and come back, which counts as the 15 minutes that it costs. A minute
   that a deferred case waits for its turn counts 1 for each time it was deferred, at most 4.
Among equals, cases stand as they were registered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from confsched.domain.agenda_problem import BEHIND, Problem, cost_of, pinned_in
from confsched.domain.agenda_search import search

RETURN_MINUTES = 15
POINTS = 4
POINTS_AT_HOME = 1
MAX_DEFERRALS = 4
REMEMBERED = 64  # agendas that a process knows the best order of


@dataclass(frozen=True)
class AgendaCase:
    """Hold a case: the people it needs, and when its presenter can be had, in minutes from the start.

    `place` counts from 0; None: it stands where it is best.
    """

    key: UUID
    minutes: int
    people: frozenset[UUID]
    opens: int = 0
    closes: int | None = None
    place: int | None = None
    is_urgent: bool = False
    deferrals: int = 0


@dataclass(frozen=True)
class Docket:
    """Hold the cases of one date as they were registered, and the minutes there are for them.

    `at_home` present in their own house. Who stays all the time, such as the chair, is in no case's people.
    """

    cases: tuple[AgendaCase, ...]
    capacity: int
    at_home: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Block:
    """Hold one stay of a person, in minutes from the start."""

    person: UUID
    starts: int
    ends: int


@dataclass(frozen=True)
class Layout:
    """Hold an order with its times: `minutes` are those of specialists and presenters from other sites.

    A return counts as 15 minutes. `outside` are the cases that lie where their presenter cannot be had.
    """

    order: tuple[UUID, ...]
    starts: tuple[int, ...]
    blocks: tuple[Block, ...]
    minutes: int
    outside: tuple[UUID, ...]


@dataclass(frozen=True)
class Arrangement:
    """Hold the best order that was found.

    `is_best`: no order is better, which has been proven. Otherwise none saves more than `spare_minutes` more.
    """

    layout: Layout
    is_best: bool
    spare_minutes: int


@lru_cache(maxsize=REMEMBERED)
def arrange(docket: Docket) -> Arrangement:
    """Return the best order of a docket: proven for up to 13 cases or groups of them with the same needs."""
    problem = _problem(docket)
    found = search(problem)
    gap = max(0, found.cost % BEHIND - found.bound % BEHIND)
    layout = lay_out(docket, [docket.cases[number].key for number in found.order])
    return Arrangement(layout, found.is_proven, 0 if found.is_proven else -(-gap // POINTS))


def is_as_good(docket: Docket, one: Sequence[UUID], other: Sequence[UUID]) -> bool:
    """Tell whether the first order is no worse than the second, by all that counts."""
    problem, numbers = _problem(docket), _numbers(docket)
    costs = [cost_of(problem, [numbers[key] for key in order]) for order in (one, other)]
    return costs[0] <= costs[1]


def registered(docket: Docket) -> tuple[UUID, ...]:
    """Return the order of registration, with pinned cases at their places."""
    problem = _problem(docket)
    return tuple(docket.cases[number].key for number in pinned_in(problem, range(problem.count)))


def lay_out(docket: Docket, order: Sequence[UUID]) -> Layout:
    """Return when each case of an order begins and for how long everybody has to be there."""
    known = {case.key: case for case in docket.cases}
    starts, at = [], 0
    for key in order:
        starts.append(at)
        at += known[key].minutes
    placed = [(known[key], begins) for key, begins in zip(order, starts, strict=True)]
    blocks = _blocks(placed)
    return Layout(tuple(order), tuple(starts), blocks, _minutes(docket, blocks), _outside(placed))


def _blocks(placed: Sequence[tuple[AgendaCase, int]]) -> tuple[Block, ...]:
    """Return everybody's stays in the order they come; a gap of 15 minutes or more parts two of them."""
    stays: dict[UUID, list[Block]] = {}
    for case, begins in placed:
        for person in sorted(case.people):
            block, former = Block(person, begins, begins + case.minutes), stays.setdefault(person, [])
            if former and begins - former[-1].ends < RETURN_MINUTES:
                block = Block(person, former.pop().starts, block.ends)
            former.append(block)
    return tuple(block for blocks in stays.values() for block in blocks)


def _minutes(docket: Docket, blocks: Sequence[Block]) -> int:
    counted = [block for block in blocks if block.person not in docket.at_home]
    returns = len(counted) - len({block.person for block in counted})
    return sum(block.ends - block.starts for block in counted) + returns * RETURN_MINUTES


def _outside(placed: Sequence[tuple[AgendaCase, int]]) -> tuple[UUID, ...]:
    return tuple(
        case.key
        for case, begins in placed
        if begins < case.opens or (case.closes is not None and begins + case.minutes > case.closes)
    )


def _numbers(docket: Docket) -> dict[UUID, int]:
    return {case.key: number for number, case in enumerate(docket.cases)}


@lru_cache(maxsize=REMEMBERED)
def _problem(docket: Docket) -> Problem:
    people = sorted({person for case in docket.cases for person in case.people})
    numbers = {person: number for number, person in enumerate(people)}
    total = sum(case.minutes for case in docket.cases)
    return Problem(
        minutes=tuple(case.minutes for case in docket.cases),
        needs=tuple(tuple(sorted(numbers[person] for person in case.people)) for case in docket.cases),
        weights=tuple(POINTS_AT_HOME if person in docket.at_home else POINTS for person in people),
        windows=tuple((case.opens, _closes(case, docket.capacity, total)) for case in docket.cases),
        is_urgent=tuple(case.is_urgent for case in docket.cases),
        waits=tuple(min(case.deferrals, MAX_DEFERRALS) for case in docket.cases),
        pins=_pins(docket),
        return_minutes=RETURN_MINUTES,
    )


def _closes(case: AgendaCase, capacity: int, total: int) -> int:
    """Return by when a case has to be over: what was put off is not put off again for want of time."""
    closes = total if case.closes is None else case.closes
    return min(closes, capacity) if case.is_urgent or case.deferrals else closes


def _pins(docket: Docket) -> tuple[tuple[int, int], ...]:
    """Return each pinned case at its place, or where that is taken or gone, at the nearest one."""
    taken: dict[int, int] = {}
    pinned = [(case.place, number) for number, case in enumerate(docket.cases) if case.place is not None]
    for place, number in sorted(pinned):
        free = [at for at in range(len(docket.cases)) if at not in taken]
        taken[min(free, key=lambda at: (abs(at - place), at))] = number
    return tuple(sorted(taken.items()))
