"""The cost of an agenda by its definition, the best by looking at all; shares no code with the search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations
from uuid import UUID

from confsched.domain.agenda import AgendaCase, Docket

Waited = tuple[int, ...]
Cost = tuple[int, int, int]  # minutes outside, minutes that urgent cases wait behind others, points


def cost_of(docket: Docket, order: Sequence[AgendaCase]) -> Cost:
    """Return what an order costs, read off each person's minutes one after the other."""
    starts, at = {}, 0
    for case in order:
        starts[case.key] = at
        at += case.minutes
    outside = sum(_outside(docket, case, starts[case.key], at) for case in order)
    points = sum(min(case.deferrals, 4) * starts[case.key] for case in order)
    for person in {person for case in order for person in case.people}:
        points += _waiting(person, order, starts) * (1 if person in docket.at_home else 4)
    return outside, _behind(order), points


def _outside(docket: Docket, case: AgendaCase, starts: int, total: int) -> int:
    closes = total if case.closes is None else case.closes
    if case.is_urgent or case.deferrals:
        closes = min(closes, docket.capacity)
    return max(0, case.opens - starts) + max(0, starts + case.minutes - closes)


def _behind(order: Sequence[AgendaCase]) -> int:
    free = [case for case in order if case.place is None]
    return sum(
        case.minutes * sum(later.is_urgent for later in free[number:])
        for number, case in enumerate(free)
        if not case.is_urgent
    )


def _waiting(person: UUID, order: Sequence[AgendaCase], starts: dict[UUID, int]) -> int:
    spans = [(starts[case.key], starts[case.key] + case.minutes) for case in order if person in case.people]
    gaps = [after[0] - before[1] for before, after in pairwise(spans)]
    return sum(min(gap, 15) for gap in gaps)


def best_of_all(docket: Docket) -> Cost:
    """Return the lowest cost of all orders that keep pinned cases at their places."""
    return min(cost_of(docket, order) for order in permutations(docket.cases) if _keeps_places(order))


def _keeps_places(order: Sequence[AgendaCase]) -> bool:
    return all(case.place in (None, number) for number, case in enumerate(order))


def best_step_by_step(docket: Docket) -> Cost:
    """Return the lowest cost of all orders, for more cases than can be written down in every order.

    What is still to pay depends on which cases are placed and on how long each person waits (-1: not there
    yet, or gone): every such state is visited, none is left out. Only for dockets without pins.
    """
    people = sorted({person for case in docket.cases for person in case.people})
    numbers = frozenset(range(len(docket.cases)))
    layer: dict[frozenset[int], dict[Waited, Cost]] = {frozenset(): {(-1,) * len(people): (0, 0, 0)}}
    for _ in docket.cases:
        grown: dict[frozenset[int], dict[Waited, Cost]] = {}
        for placed, states in layer.items():
            for number in numbers - placed:
                into = grown.setdefault(placed | {number}, {})
                for waited, cost in _placed(docket, people, placed, number, states):
                    into[waited] = min(cost, into.get(waited, cost))
        layer = grown
    return min(cost for states in layer.values() for cost in states.values())


def _placed(
    docket: Docket,
    people: Sequence[UUID],
    placed: frozenset[int],
    number: int,
    states: dict[Waited, Cost],
) -> Iterator[tuple[Waited, Cost]]:
    """Yield each state with one case more."""
    case = docket.cases[number]
    at = sum(docket.cases[one].minutes for one in placed)
    rest = [one for other, one in enumerate(docket.cases) if other != number and other not in placed]
    outside = _outside(docket, case, at, sum(one.minutes for one in docket.cases))
    behind = 0 if case.is_urgent else case.minutes * sum(one.is_urgent for one in rest)
    own = min(case.deferrals, 4) * at
    weights = [(1 if one in docket.at_home else 4) if one in case.people else 0 for one in people]
    comes_back = [any(one in later.people for later in rest) for one in people]
    for waited, cost in states.items():
        points = sum(
            min(max(minutes, 0), 15) * weight for minutes, weight in zip(waited, weights, strict=True)
        )
        later = tuple(
            -1 if not back else 0 if weight else -1 if minutes < 0 else min(minutes + case.minutes, 15)
            for minutes, weight, back in zip(waited, weights, comes_back, strict=True)
        )
        yield later, (cost[0] + outside, cost[1] + behind, cost[2] + own + points)
