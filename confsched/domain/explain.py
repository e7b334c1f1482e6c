"""Why no earlier time is offered: whom each day lacks and why, and the smallest wishes that would help."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice, pairwise
from uuid import UUID

from confsched.domain import bitgrid
from confsched.domain.assignment import Pool
from confsched.domain.availability import Why
from confsched.domain.bitgrid import GRAIN
from confsched.domain.intervals import Span, intersect
from confsched.domain.matching import Offer, first_offer
from confsched.domain.starts import Board, Candidate, Need, Plan, Search, prepare
from confsched.errors import Message, msg

BLOCKED_LIMIT = 14
SHORTER = ((3, 4), (2, 3))
LATER = timedelta(days=7)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Blocked:
    """Hold a time of one local day without an offer and whom it lacks; need None: no time suits all."""

    span: Span
    need: str | None
    reasons: tuple[Message, ...]


@dataclass(frozen=True)
class Relaxation:
    """Hold a smaller wish and the earliest time that it would give."""

    message: Message
    first_offer: Offer


@dataclass(frozen=True)
class Explanation:
    """Hold what stands in the way before the first offer, day by day, and what would help."""

    blocked: tuple[Blocked, ...]
    relaxations: tuple[Relaxation, ...]


def explain(needs: Sequence[Need], candidates: Mapping[UUID, Candidate], search: Search) -> Explanation:
    """Say why nothing is offered before the first possible time, or at all, and what would change that.

    Reasons say by which rule a person is busy, never with what.
    """
    plan = Plan(tuple(needs), candidates, search, prepare(candidates, search))
    first = first_offer(plan)
    blocked = (part for piece in _pieces(plan, first) for part in _blocked(plan, piece))
    relaxations = (
        Relaxation(message, offer)
        for message, offer in _relaxed(plan, first)
        if first is None or _rank(offer) < _rank(first)
    )
    return Explanation(tuple(islice(blocked, BLOCKED_LIMIT)), tuple(relaxations))


def longest_common(
    needs: Sequence[Need], candidates: Mapping[UUID, Candidate], search: Search, board: Board | None = None
) -> timedelta:
    """Return the longest time that would meet the required needs in the window, whatever the step."""
    reach = search.window.widen(search.buffer_before, search.buffer_after)
    board = (board or prepare(candidates, search)).cut(reach)
    anywhere = replace(board, steps=board.grid.full)

    def fails(cells: int) -> bool:
        wish = replace(search, duration=cells * GRAIN)
        return first_offer(Plan(tuple(needs), candidates, wish, anywhere)) is None

    lengths = range(1, search.window.duration // GRAIN + 1)
    return bisect_left(lengths, True, key=fails) * GRAIN


def _rank(offer: Offer) -> tuple[bool, datetime]:
    return bool(offer.unknown), offer.span.starts_at


def _pieces(plan: Plan, first: Offer | None) -> Iterator[Span]:
    """Return the usual hours of each local day before the first offer; all hours where none is usual."""
    grid = plan.board.grid
    before = bitgrid.between(0, (first.span.starts_at - grid.starts_at) // GRAIN) if first else grid.full
    hours = before & (plan.board.usual or grid.full)
    edges = (*plan.board.day_starts, grid.cells)
    for low, high in pairwise(edges):
        day = hours & bitgrid.between(low, high)
        if not day & plan.allowed:
            continue
        part = Span(grid.instant((day & -day).bit_length() - 1), grid.instant(day.bit_length()))
        yield Span(
            max(part.starts_at, plan.search.earliest_at), min(part.ends_at, plan.search.window.ends_at)
        )


def _cells(plan: Plan, span: Span) -> int:
    start = plan.board.grid.starts_at
    return bitgrid.between((span.starts_at - start) // GRAIN, bitgrid.cells_up(span.ends_at - start))


def _blocked(plan: Plan, piece: Span) -> Iterator[Blocked]:
    """Name each need that nobody meets in the piece, or the longest common time when each alone is met."""
    cells = _cells(plan, piece)
    if plan.required(known=False) & cells:
        return
    lacking = [
        Blocked(piece, need.label, tuple(_why_not(plan, need, pool, piece)))
        for need, pool in zip(plan.needs, plan.table.pools, strict=True)
        if not need.optional and not plan.starts_of(pool, known=False) & cells
    ]
    yield from lacking or [Blocked(piece, None, (_no_common_window(plan, piece),))]


def _no_common_window(plan: Plan, piece: Span) -> Message:
    search = replace(plan.search, window=piece)
    minutes = longest_common(plan.needs, plan.candidates, search, plan.board) // MINUTE
    return msg("No common window. Longest free time of all: %(minutes)s minutes.", minutes=minutes)


def _why_not(plan: Plan, need: Need, pool: Pool, piece: Span) -> Iterator[Message]:
    if not pool.people:
        yield msg("Nobody is entered for %(need)s.", need=need.label)
    elif len(pool.people) < pool.count:
        yield msg("%(need)s needs %(count)s people, fewer are entered.", need=need.label, count=pool.count)
    for person in pool.people:
        if not plan.possible[person] & _cells(plan, piece):
            yield _in_words(plan.candidates[person], piece)


def _in_words(candidate: Candidate, piece: Span) -> Message:
    """Name the rule that takes most of the piece; whom none keeps away is free, but not long enough."""
    lost: Counter[Why] = Counter()
    for stretch in candidate.availability.stretches:
        part = intersect(stretch.span, piece)
        if part and stretch.why:
            lost[stretch.why] += part.duration // MINUTE
    if not lost:
        return msg("%(name)s is not free long enough.", name=candidate.name)
    if candidate.is_foreign:
        return msg("%(name)s is busy.", name=candidate.name)
    return _sentence(max(lost, key=lambda why: (lost[why], why)), candidate.name)


def _sentence(why: Why, name: str) -> Message:
    sentences = {
        Why.CLAIM: msg("%(name)s is already booked.", name=name),
        Why.ABSENCE: msg("%(name)s is absent.", name=name),
        Why.DUTY: msg("%(name)s is on duty.", name=name),
        Why.REST: msg("%(name)s rests after a night duty.", name=name),
        Why.CALENDAR: msg("%(name)s is busy by their own calendar.", name=name),
        Why.NOT_WORKING: msg("%(name)s does not work then.", name=name),
    }
    return sentences[why]


def _relaxed(plan: Plan, first: Offer | None) -> Iterator[tuple[Message, Offer]]:
    yield from _one_need_less(plan)
    yield from _shorter(plan, first)
    if first is None:
        yield from _later(plan)


def _one_need_less(plan: Plan) -> Iterator[tuple[Message, Offer]]:
    for number, need in enumerate(plan.needs):
        if not need.optional and not need.is_fixed:
            needs = (*plan.needs[:number], replace(need, optional=True), *plan.needs[number + 1 :])
            offer = first_offer(Plan(needs, plan.candidates, plan.search, plan.board))
            if offer:
                yield msg("%(need)s only if possible.", need=need.label), offer


def _shorter(plan: Plan, first: Offer | None) -> Iterator[tuple[Message, Offer]]:
    """Return the first of the shorter lengths that helps."""
    usual = plan.search.duration
    for share, whole in SHORTER:
        short = usual * share // whole // GRAIN * GRAIN
        if not short:
            continue
        offer = first_offer(replace(plan, search=replace(plan.search, duration=short)))
        if offer and (first is None or _rank(offer) < _rank(first)):
            minutes = {"short": short // MINUTE, "long": usual // MINUTE}
            yield msg("%(short)s instead of %(long)s minutes.", **minutes), offer
            return


def _later(plan: Plan) -> Iterator[tuple[Message, Offer]]:
    """Look one week further, as far as everyone's time is known that far."""
    window = Span(plan.search.window.starts_at, plan.search.window.ends_at + LATER)
    known = (plan.candidates[person].availability.window for person in plan.people)
    if not all(span.ends_at >= window.ends_at for span in known):
        return
    search = replace(plan.search, window=window)
    offer = first_offer(Plan(plan.needs, plan.candidates, search, prepare(plan.candidates, search)))
    if offer:
        yield msg("Search one week longer."), offer
