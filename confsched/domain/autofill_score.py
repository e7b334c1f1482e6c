"""The soft rules of filling a month: wishes, fairness over twelve months, and time between duties."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from uuid import UUID

from confsched.domain.autofill_facts import (
    MEASURES,
    Candidate,
    DutyKey,
    FillRules,
    OpenDuty,
    Problem,
    Score,
    Spread,
)
from confsched.domain.autofill_rules import AnyDuty, find_bar
from confsched.domain.kinds import WishKind

ONE_DAY = timedelta(days=1)

Eligible = tuple[frozenset[UUID], ...]


@dataclass(frozen=True)
class Ledger:
    """Hold for each measure who can get some of the month, and what a full post should have of it."""

    eligible: Eligible
    fair: tuple[float, ...]


def score_of(problem: Problem, assigned: Mapping[DutyKey, UUID]) -> Score:
    """Return the soft side of an assignment, counted anew from the facts."""
    taken: dict[UUID, list[OpenDuty]] = defaultdict(list)
    for duty in problem.open_duties:
        if duty.key in assigned:
            taken[assigned[duty.key]].append(duty)
    wishes = [
        candidate.wishes.get(duty.day)
        for candidate in problem.candidates
        for duty in taken[candidate.person_id]
    ]
    broken, met = wishes.count(WishKind.RATHER_NOT), wishes.count(WishKind.RATHER)
    weights = problem.rules.weights
    pairs = [
        cost
        for candidate in problem.candidates
        for cost in _close_pairs(candidate, taken[candidate.person_id], problem.rules)
    ]
    unfair, spreads = _fairness(problem, taken)
    cost = broken * weights.rather_not - met * weights.rather + sum(pairs) + unfair
    return Score(cost, broken, met, len(pairs), *spreads)


def nearness(one: AnyDuty, other: AnyDuty, rules: FillRules) -> float:
    """Return what two duties of one person cost for standing close; 0 when they are far enough apart."""
    days = (abs(one.span.starts_at - other.span.starts_at) + ONE_DAY / 2) // ONE_DAY
    return max(0, rules.spacing_days - days) * rules.weights.spacing


def wish_cost(duty: OpenDuty, candidate: Candidate, rules: FillRules) -> float:
    """Return what the person's wish for the day of the duty costs, or brings."""
    wish = candidate.wishes.get(duty.day)
    if wish is WishKind.RATHER_NOT:
        return rules.weights.rather_not
    return -rules.weights.rather if wish is WishKind.RATHER else 0.0


def ledger_of(problem: Problem) -> Ledger:
    """Return who shares each measure, and its fair amount by full post: all there is over all their posts."""
    eligible = _eligible(problem)
    fair = []
    for measure in range(MEASURES):
        sharing = [one for one in problem.candidates if one.person_id in eligible[measure]]
        whole = sum(duty.weight.values[measure] for duty in problem.open_duties)
        whole += sum(standing_load(one)[measure] for one in sharing)
        fair.append(whole / sum(one.share for one in sharing) if sharing else 0.0)
    return Ledger(eligible, tuple(fair))


def standing_load(candidate: Candidate) -> tuple[float, ...]:
    """Return what the person has before anything is filled."""
    loads = [candidate.past.values, *(held.load.values for held in candidate.held)]
    return tuple(map(sum, zip(*loads, strict=True)))


def _eligible(problem: Problem) -> Eligible:
    sharing: list[set[UUID]] = [set() for _ in range(MEASURES)]
    for duty in problem.open_duties:
        people = {
            candidate.person_id
            for candidate in problem.candidates
            if find_bar(duty, candidate, problem.rules) is None
        }
        for measure, weight in enumerate(duty.weight.values):
            if weight:
                sharing[measure] |= people
    return tuple(map(frozenset, sharing))


def _close_pairs(candidate: Candidate, taken: Sequence[OpenDuty], rules: FillRules) -> list[float]:
    pairs: list[tuple[AnyDuty, AnyDuty]] = [*combinations(taken, 2)]
    pairs += [(duty, held) for duty in taken for held in candidate.held]
    return [cost for one, other in pairs if (cost := nearness(one, other, rules))]


def _fairness(problem: Problem, taken: Mapping[UUID, Sequence[OpenDuty]]) -> tuple[float, tuple[Spread, ...]]:
    """Return the squared distances from the fair amount by share, weighted, and how far people are apart."""
    ledger = ledger_of(problem)
    cost, spreads = 0.0, []
    for measure, weight in enumerate(problem.rules.weights.ledger):
        by_post = []
        for candidate in problem.candidates:
            if candidate.person_id not in ledger.eligible[measure]:
                continue
            new = sum(duty.weight.values[measure] for duty in taken[candidate.person_id])
            amount = (standing_load(candidate)[measure] + new) / candidate.share
            cost += weight * candidate.share * (amount - ledger.fair[measure]) ** 2
            by_post.append(amount)
        spreads.append(Spread(min(by_post, default=0.0), max(by_post, default=0.0)))
    return cost, tuple(spreads)
