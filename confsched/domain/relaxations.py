"""The smallest changes of a wish that would give an earlier time, or one at all, and the time each gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations

from confsched.domain import bitgrid
from confsched.domain.availability import availability
from confsched.domain.bitgrid import GRAIN
from confsched.domain.changes import (
    MINUTE,
    AskUnknown,
    Both,
    Change,
    EarlierNotice,
    Longer,
    Shift,
    Shorter,
    SmallerBuffer,
    Without,
    a_week_longer,
    changed,
    code,
    cost,
    each_of,
    shorter_lengths,
)
from confsched.domain.matching import Offer, first_offer
from confsched.domain.starts import Candidate, Need, Plan, prepare
from confsched.errors import Message, msg

MOST = 8
MAX_SINGLE = 24  # so many changes are tried
SCARCE = 6


@dataclass(frozen=True)
class Relaxation:
    """Hold a smaller wish in words, the earliest time that it would give, and the change itself."""

    message: Message
    first_offer: Offer
    change: Change
    second: Message | None = None

    @property
    def messages(self) -> tuple[Message, ...]:
        """Return the sentences of the change; a pair has two."""
        return (self.message, self.second) if self.second else (self.message,)

    @property
    def code(self) -> str:
        """Return the change as it stands in an address."""
        return code(self.change)

    @property
    def kinds(self) -> frozenset[type[Change]]:
        """Return what is changed, of a pair both."""
        return frozenset(type(one) for one in each_of(self.change))


def relaxations(plan: Plan, first: Offer | None) -> tuple[Relaxation, ...]:
    """Return the smallest changes that give an earlier time than the first, by cost, then by time.

    Pairs of changes are tried only where no single one helps. Each change applied to the plan gives the
    promised offer as its first one.
    """
    changes = tuple(_changes(plan, first))[:MAX_SINGLE]
    found = _helping(plan, first, changes)
    if not found:
        found = _helping(plan, first, sorted(_pairs(plan, changes), key=cost))
    return smallest(found)


def smallest(found: Iterable[Relaxation]) -> tuple[Relaxation, ...]:
    """Return the few that cost the least, by cost, then by time."""
    return tuple(sorted(found, key=lambda one: (cost(one.change), one.first_offer.span))[:MOST])


def is_better(offer: Offer, first: Offer | None) -> bool:
    """Tell whether an offer comes before the first one; people known to be free come before any unknown."""
    return first is None or _rank(offer) < _rank(first)


def _rank(offer: Offer) -> tuple[bool, datetime]:
    return bool(offer.unknown), offer.span.starts_at


def apply(plan: Plan, change: Change) -> Plan:
    """Return the plan with a change; other places and other services are changed where they are loaded."""
    match change:
        case Both(one, other):
            return apply(apply(plan, one), other)
        case AskUnknown(people):
            return _with_candidates(plan, [without_doubt(plan.candidates[person]) for person in people])
        case Without(key, left):
            return replace(plan, needs=tuple(_lessened(one, left, key) for one in plan.needs))
        case Longer():
            search = changed(plan.search, change)
            return replace(plan, search=search, board=prepare(plan.candidates, search))
        case Shift():
            plan = plan.wishing(changed(plan.search, change))
            steps = bitgrid.aligned(plan.board.grid, plan.search.step, plan.search.zone)
            return replace(plan, board=replace(plan.board, steps=steps))
        case _:
            return plan.wishing(changed(plan.search, change))


def without_doubt(candidate: Candidate) -> Candidate:
    """Return the candidate as if they had said yes wherever nothing is known."""
    known = candidate.availability
    facts = replace(known.facts, confirmed=(*known.facts.confirmed, *known.unknown))
    return replace(candidate, availability=availability(facts, known.window, known.now))


def _with_candidates(plan: Plan, people: Sequence[Candidate]) -> Plan:
    candidates = {**plan.candidates, **{one.id: one for one in people}}
    rows = {one.id: one.availability.row(plan.board.grid) for one in people}
    return replace(plan, candidates=candidates, board=replace(plan.board, rows={**plan.board.rows, **rows}))


def _lessened(need: Need, left: int, key: str) -> Need:
    if need.key != key:
        return need
    return replace(need, count=left) if left > 0 else replace(need, optional=True)


def _changes(plan: Plan, first: Offer | None) -> Iterator[Change]:
    """Return what could be asked for in this search, the cheapest first."""
    search = plan.search
    if search.step > GRAIN:
        yield Shift(GRAIN // MINUTE)
    unknown = tuple(one for one in plan.people if plan.board.rows[one].possible != plan.board.rows[one].free)
    if unknown and first is not None and not first.unknown:
        yield AskUnknown(unknown)
    yield from (Shorter(minutes) for minutes in shorter_lengths(search.duration // MINUTE))
    if search.buffer_before or search.buffer_after:
        yield SmallerBuffer()
    if search.earliest_at > search.window.starts_at:
        yield EarlierNotice()
    if first is None and _is_known_until(plan, changed(search, a_week_longer(search)).window.ends_at):
        yield a_week_longer(search)
    for need in plan.needs:
        if not need.optional and not need.is_fixed:
            yield Without(need.key, need.count - 1)


def _is_known_until(plan: Plan, end: datetime) -> bool:
    return all(plan.candidates[one].availability.window.ends_at >= end for one in plan.people)


def _pairs(plan: Plan, changes: Sequence[Change]) -> list[Change]:
    """Return two changes at once: of the shorter lengths only the shortest, and few of many needs.

    The shortest length gives the most; the needs that are met most seldom are the likeliest in the way.
    """
    shortest = next((one for one in reversed(changes) if isinstance(one, Shorter)), None)
    scarce = _scarce(plan)
    few = [
        one
        for one in changes
        if (not isinstance(one, Shorter) or one is shortest)
        and (not isinstance(one, Without) or one.need in scarce)
    ]
    return [Both(*pair) for pair in combinations(few, 2)]


def _scarce(plan: Plan) -> list[str]:
    """Return the keys of the few needs that are met at the fewest starts."""
    pools = zip(plan.needs, plan.pools, strict=True)
    counts = [(plan.starts_of(pool, known=False).bit_count(), need.key) for need, pool in pools]
    return [key for _, key in sorted(counts)[:SCARCE]]


def _helping(plan: Plan, first: Offer | None, changes: Iterable[Change]) -> list[Relaxation]:
    """Return the changes that give something better; of several lengths only the longest."""
    found: list[Relaxation] = []
    for change in changes:
        if isinstance(change, Shorter) and any(isinstance(one.change, Shorter) for one in found):
            continue
        relaxed = _relaxed(plan, change)
        if relaxed and is_better(relaxed.first_offer, first):
            found.append(relaxed)
    return found


def _relaxed(plan: Plan, change: Change) -> Relaxation | None:
    offer = first_offer(apply(plan, change))
    if offer is None:
        return None
    if isinstance(change, AskUnknown):
        taking_part = {person for team in offer.assignment.values() for person in team}
        change = AskUnknown(tuple(one for one in change.people if one in taking_part))
        offer = first_offer(apply(plan, change)) or offer
    if isinstance(change, Both):
        return Relaxation(_words(plan, change.one), offer, change, _words(plan, change.other))
    return Relaxation(_words(plan, change), offer, change)


def _words(plan: Plan, change: Change) -> Message:
    match change:
        case Shift(minutes):
            return msg("A start in steps of %(minutes)s minutes.", minutes=minutes)
        case AskUnknown(people):
            names = ", ".join(plan.candidates[person].name for person in people)
            return msg("If those say yes of whom nothing is known: %(names)s.", names=names)
        case Shorter(minutes):
            usual = plan.search.duration // MINUTE
            return msg("%(short)s instead of %(long)s minutes.", short=minutes, long=usual)
        case SmallerBuffer():
            return msg("Without the pause before and after.")
        case EarlierNotice():
            return msg("At shorter notice.")
        case Longer():
            return msg("Search one week longer.")
        case Without(key, left):
            return _words_without(next(need for need in plan.needs if need.key == key), left)
    raise AssertionError("other changes get their words where they are loaded")


def _words_without(need: Need, left: int) -> Message:
    if left > 0:
        counts = {"left": left, "count": need.count}
        return msg("%(need)s: %(left)s instead of %(count)s people.", need=need.label, **counts)
    return msg("Without %(need)s.", need=need.label)
