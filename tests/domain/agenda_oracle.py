"""The cost of an agenda by its definition, the best by looking at all; shares no code with the search."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, permutations
from uuid import UUID

from confsched.domain.agenda import AgendaCase, Docket

State = tuple[frozenset[int], tuple[int, ...]]
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

    What is still to pay depends on which cases are placed and on how long each person waits: every such state
    is visited, none is left out. Only for dockets without pins.
    """
    people = sorted({person for case in docket.cases for person in case.people})
    layer: dict[State, Cost] = {(frozenset(), (-1,) * len(people)): (0, 0, 0)}
    for _ in docket.cases:
        grown: dict[State, Cost] = {}
        for (placed, waited), cost in layer.items():
            for number in range(len(docket.cases)):
                if number not in placed:
                    state, more = _step(docket, people, placed, waited, number)
                    total = (cost[0] + more[0], cost[1] + more[1], cost[2] + more[2])
                    grown[state] = min(total, grown.get(state, total))
        layer = grown
    return min(layer.values())


def _step(
    docket: Docket, people: Sequence[UUID], placed: frozenset[int], waited: tuple[int, ...], number: int
) -> tuple[State, Cost]:
    """Place one case: return the state after it and what it has cost; -1: not there yet, or gone."""
    case, after = docket.cases[number], placed | {number}
    at = sum(docket.cases[one].minutes for one in placed)
    rest = [one for other, one in enumerate(docket.cases) if other not in after]
    now_waited, points = [], min(case.deferrals, 4) * at
    for person, minutes in zip(people, waited, strict=True):
        is_needed = person in case.people
        if is_needed and minutes >= 0:
            points += min(minutes, 15) * (1 if person in docket.at_home else 4)
        comes_back = any(person in one.people for one in rest)
        longer = -1 if minutes < 0 else min(minutes + case.minutes, 15)
        now_waited.append(-1 if not comes_back else 0 if is_needed else longer)
    behind = 0 if case.is_urgent else case.minutes * sum(one.is_urgent for one in rest)
    outside = _outside(docket, case, at, sum(one.minutes for one in docket.cases))
    return (after, tuple(now_waited)), (outside, behind, points)
