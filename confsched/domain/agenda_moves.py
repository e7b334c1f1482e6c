"""Better an order step by step: runs of cases are moved or turned, at first also where it costs a little."""

from __future__ import annotations

import math
from collections.abc import Sequence

from confsched.domain.agenda_problem import Order, Problem, cost_of, pinned_in
from confsched.domain.autofill_search import Chance

HOT, COLD = 60.0, 2.0  # points that a move may cost at the beginning and at the end
LONGEST_RUN = 6
TURNED = 0.3


def improve(problem: Problem, start: Sequence[int], tries: int) -> Order:
    """Return the best order that so many moves come upon, the same one every time."""
    chance = Chance(problem.count)
    current, cost = list(start), cost_of(problem, start)
    best, lowest = tuple(current), cost
    for number in range(tries if len(current) - len(problem.pins) > 1 else 0):
        candidate = _moved(problem, current, chance)
        tried = cost_of(problem, candidate)
        heat = HOT * (COLD / HOT) ** (number / tries)
        if tried <= cost or chance.share() < math.exp((cost - tried) / heat):
            current, cost = candidate, tried
            if cost < lowest:
                best, lowest = tuple(current), cost
    return best


def _moved(problem: Problem, order: list[int], chance: Chance) -> list[int]:
    """Return the order with one run elsewhere; short ones are tried more often."""
    free = [case for case in order if case not in problem.pinned] if problem.pins else order
    longest = min(LONGEST_RUN, len(free) - 1)
    length = 1 + int(chance.share() ** 2 * longest)
    start = chance.below(len(free) - length + 1)
    run, rest = free[start : start + length], free[:start] + free[start + length :]
    if chance.share() < TURNED:
        run.reverse()
    to = chance.below(len(rest) + 1)
    moved = rest[:to] + run + rest[to:]
    return list(pinned_in(problem, moved)) if problem.pins else moved


def starts_of(problem: Problem) -> Order:
    """Return the cheapest of some plain orders: as registered, by windows, by needs; the urgent first."""
    cases = range(problem.count)
    as_registered = sorted(cases, key=lambda case: not problem.is_urgent[case])
    by_window = sorted(as_registered, key=lambda case: problem.windows[case][1])
    by_needs = sorted(as_registered, key=lambda case: (not problem.is_urgent[case], problem.needs[case]))
    orders = [pinned_in(problem, order) for order in (as_registered, by_window, by_needs)]
    return min(orders, key=lambda order: cost_of(problem, order))
