"""Search all orders of a few cases, without looking at most of them.

A label is a way to begin: which cases are placed, what that has cost, and who of those that have to come back
is waiting, with how many minutes more at most. Of two labels with the same cases placed, one may be sure to
end no worse than the other, which is dropped; so is a label that has cost as much already as an order that is
known. Where nothing was dropped for want of room, the order found is the best one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from confsched.domain.agenda_problem import Order, Problem, cost_of, strictness

Waiting = tuple[tuple[int, int], ...]
Trail = tuple[int, "Trail"] | None
Label = tuple[int, Waiting, Trail]
Layer = dict[int, list[Label]]


@dataclass(frozen=True)
class Found:
    """Hold an order and its cost; no order costs less than `bound`."""

    order: Order
    cost: int
    bound: int

    @property
    def is_proven(self) -> bool:
        return self.bound >= self.cost


def search_labels(problem: Problem, known: Sequence[int], width: int) -> Found:
    """Return the best order, `known` or better, keeping `width` labels of each length.

    The cheapest of those that were not kept bounds what may have been missed.
    """
    best, upper = tuple(known), cost_of(problem, known)
    bound, layer = upper, {0: [_START]}
    for place in range(problem.count):
        grown = _grown(problem, layer, place, upper)
        layer = {mask: _undominated(problem, list(labels.values())) for mask, labels in grown.items()}
        if sum(map(len, layer.values())) > width:
            layer, lost = _narrowed(layer, width)
            bound = min(bound, lost)
    for cost, _, trail in (label for labels in layer.values() for label in labels):
        if cost < upper:
            best, upper = _order_of(trail), cost
    return Found(best, upper, min(bound, upper))


_START: Label = (0, (), None)


def _order_of(trail: Trail) -> Order:
    order: list[int] = []
    while trail is not None:
        case, trail = trail
        order.append(case)
    return tuple(reversed(order))


def _grown(problem: Problem, layer: Layer, place: int, upper: int) -> dict[int, dict[Waiting, Label]]:
    """Place one case more after each label, in every way that may still end below `upper`."""
    grown: dict[int, dict[Waiting, Label]] = {}
    for mask, labels in layer.items():
        at = sum(problem.minutes[case] for case in range(problem.count) if mask >> case & 1)
        for case in _next(problem, mask, place):
            kept: dict[Waiting, Label] = grown.setdefault(mask | 1 << case, {})
            for label in _placed(problem, labels, mask, case, at):
                former = kept.get(label[1])
                if label[0] < upper and (former is None or label[0] < former[0]):
                    kept[label[1]] = label
    return {mask: labels for mask, labels in grown.items() if labels}


def _next(problem: Problem, mask: int, place: int) -> list[int]:
    """Return the cases that may come at a place; of two that are alike, the first goes first."""
    for pinned_place, case in problem.pins:
        if pinned_place == place:
            return [case]
    free = (case for case in range(problem.count) if not mask >> case & 1 and case not in problem.pinned)
    return [case for case in free if not problem.after[case] & ~mask]


def _placed(problem: Problem, labels: list[Label], mask: int, case: int, at: int) -> Iterator[Label]:
    """Yield each label with one case more: whoever is not needed pays for the minutes, up to the limit."""
    minutes, needs, weights = problem.minutes[case], problem.needs[case], problem.weights
    left = problem.total - at - minutes
    step = strictness(problem, case, at, problem.hurried & ~mask) + problem.waits[case] * at
    after, most = mask | 1 << case, min(problem.return_minutes, left)
    back = [(person, most) for person in needs if problem.held[person] & ~after]
    for cost, waiting, trail in labels:
        spent, now_waiting = cost + step, back.copy()
        for person, more in waiting:
            if person not in needs:
                paid = minutes if minutes < more else more
                spent += weights[person] * paid
                # Nobody can wait for longer than there are minutes left.
                if more > paid and left:
                    now_waiting.append((person, min(more - paid, left)))
        now_waiting.sort()
        yield spent, tuple(now_waiting), (case, trail)


def _undominated(problem: Problem, labels: list[Label]) -> list[Label]:
    """Drop the labels that another one is sure to end no worse than, whatever comes.

    A label that is cheaper, but by whom more is still to be paid for, is so by the difference at most.
    """
    labels.sort(key=_cost)
    kept: list[Label] = []
    for label in labels:
        more = dict(label[1])
        if not any(_is_worse(problem, label[0], more, other) for other in kept):
            kept.append(label)
    return kept


def _is_worse(problem: Problem, cost: int, more: dict[int, int], other: Label) -> bool:
    spent, waiting, _ = other
    for person, theirs in waiting:
        mine = more.get(person, 0)
        if theirs > mine:
            spent += problem.weights[person] * (theirs - mine)
            if spent > cost:
                return False
    return spent <= cost


def _cost(label: Label) -> int:
    return label[0]


def _narrowed(layer: Layer, width: int) -> tuple[Layer, int]:
    """Return the cheapest labels, and the cost of the cheapest of the others."""
    limit = sorted(label[0] for labels in layer.values() for label in labels)[width]
    kept = {mask: [label for label in labels if label[0] < limit] for mask, labels in layer.items()}
    return {mask: labels for mask, labels in kept.items() if labels}, limit
