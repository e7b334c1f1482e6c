"""An agenda as numbers: what an order of its cases costs, and which cases belong side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

# One minute outside a window outweighs all that is behind, and one minute behind all points.
OUTSIDE = 1 << 40
BEHIND = 1 << 20
SOFT_OUTSIDE, SOFT_BEHIND = 40, 8

Window = tuple[int, int]
Order = tuple[int, ...]


@dataclass(frozen=True)
class Problem:
    """Number the cases of an agenda, in the order that holds among equals, and the people they need.

    Times are minutes from the start. `weights` are points for a minute that a person waits, `waits` points
    for a minute until a case begins; `pins` are places and the cases that stand there.
    """

    minutes: tuple[int, ...]
    needs: tuple[tuple[int, ...], ...]
    weights: tuple[int, ...]
    windows: tuple[Window, ...]
    is_urgent: tuple[bool, ...]
    waits: tuple[int, ...]
    pins: tuple[tuple[int, int], ...]
    return_minutes: int
    is_soft: bool = False  # as if it were only a pity to be outside or behind, for a search to pass through

    @cached_property
    def count(self) -> int:
        return len(self.minutes)

    @cached_property
    def total(self) -> int:
        return sum(self.minutes)

    @cached_property
    def is_free(self) -> bool:
        """Tell whether any case may stand anywhere: no place of its own, no window that binds."""
        return not self.pins and all(opens <= 0 and closes >= self.total for opens, closes in self.windows)

    @cached_property
    def pinned(self) -> frozenset[int]:
        return frozenset(case for _, case in self.pins)

    @cached_property
    def held(self) -> tuple[int, ...]:
        """Return the cases of each person, as bits."""
        found = [0] * len(self.weights)
        for case, people in enumerate(self.needs):
            for person in people:
                found[person] |= 1 << case
        return tuple(found)

    @cached_property
    def hurried(self) -> int:
        """Return the urgent cases that have no place of their own, as bits."""
        free = (case for case in range(self.count) if case not in self.pinned)
        return sum(1 << case for case in free if self.is_urgent[case])

    @cached_property
    def kinds(self) -> tuple[object, ...]:
        """Return for each case what makes it like another one; nothing is like a pinned case."""
        parts = zip(self.minutes, self.needs, self.windows, self.is_urgent, self.waits, strict=True)
        return tuple((case if case in self.pinned else -1, *part) for case, part in enumerate(parts))

    @cached_property
    def after(self) -> tuple[int, ...]:
        """Return for each case the one before it that is alike, as a bit."""
        last: dict[object, int] = {}
        found = []
        for case, kind in enumerate(self.kinds):
            found.append(last.get(kind, 0))
            last[kind] = 1 << case
        return tuple(found)


def cost_of(problem: Problem, order: Sequence[int]) -> int:
    """Return what an order costs beyond the minutes that people are needed for: outside, behind, points."""
    at = cost = 0
    hurried, weights, longest = problem.hurried, problem.weights, problem.return_minutes
    minutes, needs, windows, waits = problem.minutes, problem.needs, problem.windows, problem.waits
    ended = [-1] * len(weights)
    for case in order:
        ends = at + minutes[case]
        opens, closes = windows[case]
        if hurried or at < opens or ends > closes:
            cost += strictness(problem, case, at, hurried)
            hurried &= ~(1 << case)
        cost += waits[case] * at
        for person in needs[case]:
            since = ended[person]
            if 0 <= since < at:
                gap = at - since
                cost += weights[person] * (gap if gap < longest else longest)
            ended[person] = ends
        at = ends
    return cost


def strictness(problem: Problem, case: int, at: int, hurried: int) -> int:
    """Return what it costs that a case begins then while those of `hurried` have to come yet."""
    opens, closes = problem.windows[case]
    outside = max(0, opens - at) + max(0, at + problem.minutes[case] - closes)
    is_passing = not hurried >> case & 1 and case not in problem.pinned
    behind = hurried.bit_count() * problem.minutes[case] if is_passing else 0
    if problem.is_soft:
        return outside * SOFT_OUTSIDE + behind * SOFT_BEHIND
    return outside * OUTSIDE + behind * BEHIND


def pinned_in(problem: Problem, order: Iterable[int]) -> Order:
    """Return the order with every pinned case at its place."""
    rest = [case for case in order if case not in problem.pinned]
    for place, case in sorted(problem.pins):
        rest.insert(place, case)
    return tuple(rest)


def in_turn(problem: Problem, order: Sequence[int]) -> Order:
    """Return the order with cases that are alike as they were registered."""
    turns: dict[object, list[int]] = {}
    for case in sorted(order, reverse=True):
        turns.setdefault(problem.kinds[case], []).append(case)
    return tuple(turns[problem.kinds[case]].pop() for case in order)


@dataclass(frozen=True)
class Grouped:
    """Hold a problem whose cases each stand for several of another one, next to each other."""

    problem: Problem
    members: tuple[Order, ...]

    def spread(self, order: Iterable[int]) -> Order:
        return tuple(case for group in order for case in self.members[group])


def grouped(problem: Problem) -> Grouped:
    """Join the cases that need the same people, where some best order has them side by side.

    Let i and j need the same, with others between them. Move j up to i, or i down to j. What a gap costs
    grows ever slower with its length (minute by minute up to a limit, then no more), so for all who wait
    through i or j the changes by the two moves, each divided by the minutes moved, add up to nothing or less:
    one of the moves costs nothing. Windows, places and waits of their own break the sum; they stay alone.
    """
    if not problem.is_free:
        return joined(problem, [(case,) for case in range(problem.count)])
    groups: dict[object, list[int]] = {}
    for case in range(problem.count):
        alone = case if problem.waits[case] else -1
        groups.setdefault((problem.needs[case], problem.is_urgent[case], alone), []).append(case)
    return joined(problem, [tuple(group) for group in groups.values()])


def joined(problem: Problem, members: Sequence[Order]) -> Grouped:
    """Take the cases of each group for one; what is in no group is left out."""
    if all(len(group) == 1 for group in members) and len(members) == problem.count:
        return Grouped(problem, tuple(members))
    firsts = [group[0] for group in members]
    minutes = tuple(sum(problem.minutes[case] for case in group) for group in members)
    small = replace(
        problem,
        minutes=minutes,
        needs=tuple(problem.needs[case] for case in firsts),
        windows=((0, sum(minutes)),) * len(members),
        is_urgent=tuple(problem.is_urgent[case] for case in firsts),
        waits=tuple(problem.waits[case] for case in firsts),
    )
    return Grouped(small, tuple(members))
