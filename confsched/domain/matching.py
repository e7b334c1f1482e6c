"""Find times at which every need is met by people who are free, the best first, each with its reasons."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from confsched.domain import bitgrid, fragments
from confsched.domain.assignment import Pool, Test, assign
from confsched.domain.bitgrid import GRAIN
from confsched.domain.intervals import Span, merge
from confsched.domain.starts import Board, Candidate, Need, Plan, Search, prepare
from confsched.errors import Message, msg

__all__ = [
    "Board",
    "Candidate",
    "Need",
    "Offer",
    "Plan",
    "Search",
    "find_assignment",
    "find_slots",
    "first_offer",
    "prepare",
]

# What a time is worth: each wish costs as much as waiting this many days for a better one (WAIT a day).
PERFECT = 1000
WAIT = 4
OUTSIDE_HOURS = 30
MISSING_OPTIONAL = 40
KNOWS_CASE = 12
FAIRNESS = 10
WHOLE_DAYS = 4  # for all who take part; their share for some
UNKNOWN = 500
UNKNOWN_EACH = 20

Key = tuple[bool, int, int]


@dataclass(frozen=True)
class Look:
    """Hold what is known of everybody at one time; the rows of `beside` show what lies around it."""

    span: Span
    is_known: Test
    is_possible: Test
    is_whole: Test
    beside: Plan


@dataclass(frozen=True)
class Offer:
    """Hold a time, who serves which need, who of them is unknown, and why it stands where it stands."""

    span: Span
    assignment: Mapping[str, tuple[UUID, ...]]
    unknown: tuple[UUID, ...]
    missing_optional: tuple[str, ...]
    score: int
    reasons: tuple[Message, ...] = ()


def find_slots(
    needs: Sequence[Need], candidates: Mapping[UUID, Candidate], search: Search, board: Board | None = None
) -> tuple[Offer, ...]:
    """Return the best offers, best first; those that ask somebody unknown come last.

    A person serves one need (more only where a need may double), is free (or unknown) all the time, and no
    claim of theirs lies in it or its buffers. Optional needs are met by people known to be free or reported
    missing. Offers do not overlap each other. Without a required need there is nothing to find. A `board` of
    the same window may be given.
    """
    plan = Plan(tuple(needs), candidates, search, board or prepare(candidates, search))
    chosen = _choose(plan)
    earliest = _first_with_everyone(plan) if chosen else None
    return tuple(
        replace(offer, reasons=tuple(_reasons(plan, offer, _look_at(plan, cell), earliest)))
        for cell, offer in chosen
    )


def find_assignment(
    needs: Sequence[Need], candidates: Mapping[UUID, Candidate], span: Span, search: Search
) -> Offer | None:
    """Decide one exact time afresh, on or off the grid; None when it fails or lies outside the search.

    Availabilities that cover no more than the time and its buffers are enough to decide; where they end, a
    day of somebody ends for the score.
    """
    if span.starts_at < search.earliest_at or span.ends_at > search.window.ends_at:
        return None
    plan = Plan(tuple(needs), candidates, search, prepare({}, search, GRAIN))
    known = {person for person in plan.people if _is_free(candidates[person], span, search, known=True)}
    possible = {person for person in plan.people if _is_free(candidates[person], span, search, known=False)}
    beside = fragments.near(plan, span, possible)
    whole = {person for person in possible if fragments.is_whole(beside, person, span)}
    look = Look(span, known.__contains__, possible.__contains__, whole.__contains__, beside)
    offer = _offer(plan, look)
    return offer and replace(offer, reasons=tuple(_reasons(plan, offer, look, None)))


def first_offer(plan: Plan) -> Offer | None:
    """Return the earliest time at all; people known to be free come before any unknown one."""
    for known in (True, False):
        for cell in bitgrid.set_bits(plan.required(known=known)):
            offer = _offer_at(plan, cell)
            if offer and (not known or not offer.unknown):
                return offer
    return None


def _first_with_everyone(plan: Plan) -> datetime | None:
    """Return the earliest time at which every need, optional or not, is met by people known to be free."""
    for cell in bitgrid.set_bits(plan.required(known=True) & plan.whole):
        offer = _offer_at(plan, cell)
        if offer and not offer.unknown and not offer.missing_optional:
            return offer.span.starts_at
    return None


def _is_free(candidate: Candidate, span: Span, search: Search, *, known: bool) -> bool:
    kept_clear = span.widen(search.buffer_before, search.buffer_after)
    if any(claim.overlaps(kept_clear) for claim in candidate.availability.taken):
        return False
    free = candidate.availability.free
    spans = free if known else merge((*free, *candidate.availability.unknown))
    return any(part.covers(span) for part in spans)


class _Picks:
    """Take offers that neither overlap a better one nor crowd its day."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.chosen: list[tuple[int, Offer]] = []
        self.a_day: Counter[int] = Counter()
        self.closed = 0

    def is_closed(self, cell: int) -> bool:
        return bool(self.closed >> cell & 1)

    def take(self, cell: int, offer: Offer) -> None:
        self.chosen.append((cell, offer))
        search, day = self.plan.search, _day_of(self.plan, cell)
        apart = self.plan.board.grid.count(max(search.duration, search.apart))
        self.closed |= bitgrid.between(cell - apart + 1, cell + apart)
        self.a_day[day] += 1
        if self.a_day[day] >= self.plan.search.per_day:
            edges = (*self.plan.board.day_starts, self.plan.board.grid.cells)
            self.closed |= bitgrid.between(edges[day], edges[day + 1])


def _choose(plan: Plan) -> list[tuple[int, Offer]]:
    """Return the first cells and the offers of the best times, best first."""
    picks = _Picks(plan)
    for cell, offer in best_first(plan, picks.is_closed):
        if not picks.is_closed(cell):
            picks.take(cell, offer)
        if len(picks.chosen) >= plan.search.limit:
            break
    return picks.chosen


def _day_of(plan: Plan, cell: int) -> int:
    """Return the number of the local day in which a cell starts, counted from the first of the search."""
    return bisect_right(plan.board.day_starts, cell) - 1


def best_first(plan: Plan, is_closed: Callable[[int], bool]) -> Iterator[tuple[int, Offer]]:
    """Return offers by falling score without looking at every start.

    The rows give each start the best score it could have; a start is decided when its turn comes and waits
    until no start that is left could be better.
    """
    waiting: list[tuple[Key, Offer]] = []
    for bound in heapq.merge(*_bounds(plan)):
        while waiting and waiting[0][0] <= bound:
            yield waiting[0][0][2], heapq.heappop(waiting)[1]
        cell = bound[2]
        offer = None if is_closed(cell) else _offer_at(plan, cell)
        if offer:
            heapq.heappush(waiting, ((bool(offer.unknown), -offer.score, cell), offer))
    while waiting:
        yield waiting[0][0][2], heapq.heappop(waiting)[1]


def _bounds(plan: Plan) -> Iterator[Iterator[Key]]:
    """Return, for each mix of what is to be had, its starts in time with the best key they could get."""
    known, possible = plan.required(known=True), plan.required(known=False)
    best = PERFECT - min(FAIRNESS, _least_recent(plan))
    best += WHOLE_DAYS if plan.search.fragments else 0
    pieces = list(_wishes_for_whole_days(plan)) if plan.search.fragments else []
    experts = [person for person in plan.people if plan.candidates[person].knows_case]
    for unknown, row, rows in ((False, known, plan.known), (True, possible & ~known, plan.possible)):
        expert = 0
        for person in experts:
            expert |= rows[person]
        wishes = [(OUTSIDE_HOURS, plan.usual), (MISSING_OPTIONAL, plan.whole), (KNOWS_CASE, expert), *pieces]
        for penalty, part in _mixes(row, wishes):
            penalty += UNKNOWN + UNKNOWN_EACH if unknown else 0
            yield _keys(plan, unknown, best - penalty, part)


def _least_recent(plan: Plan) -> int:
    """Return how often the people picked by choice were booked at the least."""
    choices = [pool for pool in _required(plan) if not pool.may_double and len(pool.people) > pool.count]
    return sum(
        sum(sorted(plan.candidates[person].recent for person in pool.people)[: pool.count])
        for pool in choices
    )


def _required(plan: Plan) -> list[Pool]:
    return [pool for pool in plan.table.pools if not pool.optional]


def _wishes_for_whole_days(plan: Plan) -> Iterator[tuple[int, int]]:
    """Return what is lost at most where too few of all who could come would keep their day whole.

    At least `team` people take part, so where fewer than half of a team touch, the share is below a half.
    """
    team = max(
        sum(pool.count for pool in _required(plan) if not pool.may_double),
        max((pool.count for pool in _required(plan)), default=1),
    )
    half = (team + 1) // 2
    less = WHOLE_DAYS * (half - 1) // team
    rows = list(plan.whole_days.values())
    yield WHOLE_DAYS - less, bitgrid.at_least(half, rows)
    if less:
        yield less, bitgrid.at_least(1, rows)


def _mixes(row: int, wishes: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Cut the row by each wish into the starts that grant it and those that lose so much."""
    parts = [(0, row)] if row else []
    for penalty, good in wishes:
        parts = [
            (total, part)
            for before, whole in parts
            for total, part in ((before, whole & good), (before + penalty, whole & ~good))
            if part
        ]
    return ((total - KNOWS_CASE, part) for total, part in parts)


def _keys(plan: Plan, unknown: bool, score: int, row: int) -> Iterator[Key]:
    for cell in bitgrid.set_bits(row):
        yield unknown, WAIT * _day_of(plan, cell) - score, cell


def _look_at(plan: Plan, cell: int) -> Look:
    whole = plan.whole_days
    return Look(plan.span_at(cell), *plan.tests_at(cell), lambda one: bool(whole[one] >> cell & 1), plan)


def _offer_at(plan: Plan, cell: int) -> Offer | None:
    return _offer(plan, _look_at(plan, cell))


def _offer(plan: Plan, look: Look) -> Offer | None:
    found = assign(plan.table, look.is_known, look.is_possible)
    if found is None or not any(not need.optional for need in plan.needs):
        return None
    people = dict.fromkeys(person for team in found for person in team)
    offer = Offer(
        span=look.span,
        assignment={need.key: team for need, team in zip(plan.needs, found, strict=True) if team},
        unknown=tuple(person for person in people if not look.is_known(person)),
        missing_optional=tuple(need.key for need, team in zip(plan.needs, found, strict=True) if not team),
        score=0,
    )
    return replace(offer, score=_score(plan, offer, look, tuple(people)))


def _score(plan: Plan, offer: Offer, look: Look, people: Sequence[UUID]) -> int:
    score = PERFECT - WAIT * _day_of(plan, plan.board.grid.cell_at(offer.span.starts_at))
    score -= 0 if _is_usual(plan, offer.span) else OUTSIDE_HOURS
    score -= MISSING_OPTIONAL * len(offer.missing_optional)
    score += KNOWS_CASE if any(plan.candidates[person].knows_case for person in people) else 0
    score -= min(FAIRNESS, sum(plan.candidates[person].recent for person in _selected(plan, offer)))
    if plan.search.fragments:
        whole = sum(look.is_whole(person) for person in people)
        score += WHOLE_DAYS * whole // len(people)
    return score - (UNKNOWN + UNKNOWN_EACH * len(offer.unknown) if offer.unknown else 0)


def _is_usual(plan: Plan, span: Span) -> bool:
    return not plan.board.grid.around(span) & ~plan.board.usual


def _selected(plan: Plan, offer: Offer) -> frozenset[UUID]:
    """Return the people who were picked where there was a choice."""
    return frozenset(
        person
        for need, pool in zip(plan.needs, plan.table.pools, strict=True)
        if len(pool.people) > pool.count
        for person in offer.assignment.get(need.key, ())
    )


def _reasons(plan: Plan, offer: Offer, look: Look, earliest: datetime | None) -> Iterator[Message]:
    people = list(dict.fromkeys(person for team in offer.assignment.values() for person in team))
    names = {person: plan.candidates[person].name for person in people}
    if offer.span.starts_at == earliest and not offer.missing_optional and not offer.unknown:
        yield msg("Earliest time with everyone.")
    for person in people:
        if plan.candidates[person].knows_case:
            yield msg("%(name)s knows the case.", name=names[person])
    for person in dict.fromkeys(_booked_less(plan, offer, look.is_known)):
        yield msg("%(name)s was booked less often.", name=names[person])
    for person in offer.unknown:
        yield msg("%(name)s unknown, will be asked.", name=names[person])
    for need in plan.needs:
        if need.key in offer.missing_optional:
            yield msg("Without %(need)s.", need=need.label)
    if not offer.unknown:
        yield msg("Everyone confirmed free.")
    if not _is_usual(plan, offer.span):
        yield msg("Outside the usual hours, so named later.")
    if plan.search.fragments and (whole := [person for person in people if look.is_whole(person)]):
        yield fragments.spared(look.beside, look.span, whole)


def _booked_less(plan: Plan, offer: Offer, is_known: Test) -> Iterator[UUID]:
    """Return whom fairness picked: another of the pool was free as well and had been booked more often."""
    busy = {person for team in offer.assignment.values() for person in team}
    for need, pool in zip(plan.needs, plan.table.pools, strict=True):
        others = [plan.candidates[p].recent for p in pool.people if p not in busy and is_known(p)]
        for person in offer.assignment.get(need.key, ()):
            candidate = plan.candidates[person]
            if not candidate.knows_case and is_known(person) and candidate.recent < max(others, default=0):
                yield person
