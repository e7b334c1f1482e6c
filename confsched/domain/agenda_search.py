"""The best order of an agenda: proven for the usual size, and for a long one with the distance known."""

from __future__ import annotations

from dataclasses import replace

from confsched.domain.agenda_bounds import bound_of
from confsched.domain.agenda_labels import Found, search_labels
from confsched.domain.agenda_moves import improve, starts_of
from confsched.domain.agenda_problem import Order, Problem, cost_of, grouped, in_turn

PROVABLE = 13  # cases, or groups of them
WIDTH = 20_000  # more than so many cases need
FIRST_TRIES = 1_500
TRIES = 16_000


def search(problem: Problem) -> Found:
    """Return the best order that is found, and the bound below which there is none."""
    whole = grouped(problem)
    small = whole.problem
    is_usual = small.count <= PROVABLE
    known = _bettered(small, FIRST_TRIES if is_usual else TRIES)
    if is_usual:
        found = search_labels(small, known, WIDTH)
        return Found(in_turn(problem, whole.spread(found.order)), found.cost, found.bound)
    order = in_turn(problem, whole.spread(known))
    cost = cost_of(problem, order)
    return Found(order, cost, min(cost, bound_of(problem)))


def _bettered(problem: Problem, tries: int) -> Order:
    """Better a plain order; where something binds, at first by moves that may break it."""
    plain = starts_of(problem)
    if problem.is_free and not problem.hurried:
        return improve(problem, plain, tries)
    soft = improve(replace(problem, is_soft=True), plain, tries // 3)
    best = min((soft, plain), key=lambda order: cost_of(problem, order))
    return improve(problem, best, tries - tries // 3)
