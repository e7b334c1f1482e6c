"""Who stands where while a month is filled, with the cost of each move kept up to date.

Places and people are numbers here, and sets of places the bits of an integer: what a move changes is then
found by a few additions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from confsched.domain.autofill_facts import Bar, MonthLimits, OpenDuty, Problem
from confsched.domain.autofill_rules import find_bar, find_clash
from confsched.domain.autofill_score import ledger_of, nearness, standing_load, wish_cost
from confsched.domain.kinds import DutyType
from confsched.domain.roster_rules import ON_CALL

NOBODY = -1
STANDBY_KIND, ON_CALL_KIND, FREE_KIND = 0, 1, 2

Row = tuple[float, ...]


@dataclass(frozen=True)
class Table:
    """Hold what does not change while filling: rules and costs between numbered places and people."""

    allowed: tuple[tuple[int, ...], ...]
    clashes: tuple[int, ...]
    near: tuple[int, ...]
    near_cost: tuple[Row, ...]
    own_cost: tuple[Row, ...]
    weights: tuple[tuple[tuple[int, float], ...], ...]
    slopes: tuple[Row, ...]
    fair: Row
    kinds: tuple[int, ...]
    limits: tuple[MonthLimits, ...]
    standing: tuple[Row, ...]


def build_table(problem: Problem) -> Table:
    """Ask the rules once for each pair of places, and of place and person."""
    duties, candidates, rules = problem.open_duties, problem.candidates, problem.rules
    near_cost = [[nearness(one, other, rules) for other in duties] for one in duties]
    people = range(len(candidates))
    ledger, prices = ledger_of(problem), rules.weights.ledger
    return Table(
        allowed=tuple(
            tuple(who for who in people if find_bar(duty, candidates[who], rules) is None) for duty in duties
        ),
        clashes=tuple(_bits([find_clash(one, other, rules) for other in duties]) for one in duties),
        near=tuple(sum(1 << place for place, cost in enumerate(row) if cost) for row in near_cost),
        near_cost=tuple(map(tuple, near_cost)),
        own_cost=tuple(_own_costs(problem, duty) for duty in duties),
        weights=tuple(
            tuple((measure, weight) for measure, weight in enumerate(duty.weight.values) if weight)
            for duty in duties
        ),
        slopes=tuple(tuple(price / one.share for price in prices) for one in candidates),
        fair=tuple(2 * price * fair for price, fair in zip(prices, ledger.fair, strict=True)),
        kinds=tuple(map(_kind, duties)),
        limits=tuple(candidate.limits for candidate in candidates),
        standing=tuple(map(standing_load, candidates)),
    )


def _bits(clashes: Iterable[Bar | None]) -> int:
    """Return the clashing places as bits, the place itself among them."""
    return sum(1 << place for place, clash in enumerate(clashes) if clash)


def _own_costs(problem: Problem, duty: OpenDuty) -> Row:
    """Return what a place costs each person whatever else is filled: the wish, and duties that stand near."""
    return tuple(
        wish_cost(duty, candidate, problem.rules)
        + sum(nearness(duty, held, problem.rules) for held in candidate.held)
        for candidate in problem.candidates
    )


def _kind(duty: OpenDuty) -> int:
    if duty.duty_type is DutyType.ON_SITE_STANDBY:
        return STANDBY_KIND
    return ON_CALL_KIND if duty.duty_type in ON_CALL else FREE_KIND


class Board:
    """Hold who stands on each place; every place is legal at any time."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.who = [NOBODY] * len(table.allowed)
        self.places = [0] * len(table.limits)
        self._load = [list(row) for row in table.standing]
        self._counts = [[0, 0, 0] for _ in table.limits]

    @property
    def filled(self) -> int:
        return len(self.who) - self.who.count(NOBODY)

    def in_the_way(self, place: int, person: int) -> int:
        """Return the places of the person that clash with this one, as bits."""
        return self.places[person] & self.table.clashes[place]

    def has_room(self, place: int, person: int) -> bool:
        """Tell whether the person's limits of the month leave room for one more of this kind."""
        kind = self.table.kinds[place]
        if kind == FREE_KIND:
            return True
        standby, on_call, _ = self._counts[person]
        return self.table.limits[person].leave_room_for(
            standby + (kind == STANDBY_KIND), on_call + (kind == ON_CALL_KIND)
        )

    def may_put(self, place: int, person: int) -> bool:
        """Tell whether the person can take the open place now."""
        return (
            person in self.table.allowed[place]
            and not self.in_the_way(place, person)
            and self.has_room(place, person)
        )

    def put(self, place: int, person: int) -> None:
        """Give an open place to a person who can take it."""
        self.who[place] = person
        self.places[person] |= 1 << place
        self._counts[person][self.table.kinds[place]] += 1
        load = self._load[person]
        for measure, weight in self.table.weights[place]:
            load[measure] += weight

    def lift(self, place: int) -> None:
        """Take the person off a place."""
        person = self.who[place]
        self.who[place] = NOBODY
        self.places[person] &= ~(1 << place)
        self._counts[person][self.table.kinds[place]] -= 1
        load = self._load[person]
        for measure, weight in self.table.weights[place]:
            load[measure] -= weight

    def price(self, place: int, person: int) -> float:
        """Return what an open place would add to the cost if the person took it now."""
        table = self.table
        cost = table.own_cost[place][person]
        load, slopes, fair = self._load[person], table.slopes[person], table.fair
        for measure, weight in table.weights[place]:
            cost += weight * ((2 * load[measure] + weight) * slopes[measure] - fair[measure])
        near = self.places[person] & table.near[place]
        costs = table.near_cost[place]
        while near:
            low = near & -near
            cost += costs[low.bit_length() - 1]
            near ^= low
        return cost


def set_places(bits: int) -> list[int]:
    """Return the numbers of the places in a set."""
    places = []
    while bits:
        low = bits & -bits
        places.append(low.bit_length() - 1)
        bits ^= low
    return places
