"""Why no earlier time is offered, or not a certain one: whom it lacks, by which rule, what would help."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice, pairwise
from uuid import UUID

from confsched.domain import bitgrid
from confsched.domain.assignment import Pool
from confsched.domain.availability import Source, State, Why
from confsched.domain.bitgrid import GRAIN
from confsched.domain.intervals import Span, intersect
from confsched.domain.matching import Offer, first_offer
from confsched.domain.relaxations import Relaxation, relaxations
from confsched.domain.starts import Board, Candidate, Need, Plan, Search, prepare
from confsched.errors import Message, msg

BLOCKED_LIMIT = 14
NAMED = 6  # of a large pool so many are named; the answer for one time names everybody
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Blocked:
    """Hold a time of one local day without an offer and whom it lacks; need None: no time suits all."""

    span: Span
    need: str | None
    reasons: tuple[Message, ...]


@dataclass(frozen=True)
class Explanation:
    """Hold what stands in the way before the first offer, day by day, and what would help."""

    blocked: tuple[Blocked, ...]
    relaxations: tuple[Relaxation, ...]
    first: Offer | None = field(default=None, compare=False)


@dataclass(frozen=True)
class NeedAt:
    """Hold who could meet one need at a time: free by name; unknown and busy with one sentence each."""

    key: str
    label: str
    count: int
    optional: bool
    free: tuple[str, ...]
    unknown: tuple[tuple[str, Message], ...]
    busy: tuple[tuple[str, Message], ...]

    @property
    def is_met(self) -> bool:
        """Tell whether enough are known to be free."""
        return len(self.free) >= self.count

    @property
    def is_open(self) -> bool:
        """Tell whether it hangs on people whose time is not known."""
        return not self.is_met and len(self.free) + len(self.unknown) >= self.count


def explain(
    needs: Sequence[Need], candidates: Mapping[UUID, Candidate], search: Search, board: Board | None = None
) -> Explanation:
    """Say why nothing is offered before the first possible time, or at all, and what would change that.

    Reasons say by which rule a person is busy, never with what.
    """
    plan = Plan(tuple(needs), candidates, search, board or prepare(candidates, search, GRAIN)).on_finest()
    first = first_offer(plan)
    blocked = (part for piece in _pieces(plan, first) for part in _blocked(plan, piece))
    return Explanation(tuple(islice(blocked, BLOCKED_LIMIT)), relaxations(plan, first), first)


def at_time(plan: Plan, span: Span) -> tuple[NeedAt, ...]:
    """Say for one exact time, on or off the grid, who of each need is free, unknown or busy, and why.

    A person is free for it by the rule of the search: all the time, and no claim of theirs lies in it or its
    buffers. The board of the plan is not read.
    """
    return tuple(
        _need_at(plan, need, pool, span) for need, pool in zip(plan.needs, plan.table.pools, strict=True)
    )


def limits_at(plan: Plan, span: Span) -> tuple[Message, ...]:
    """Say which bounds of the search keep a time out, whoever is free."""
    search, found = plan.search, []
    if span.starts_at < search.window.starts_at:
        found.append(msg("This time is over, or before the first day of the search."))
    elif span.starts_at < search.earliest_at:
        found.append(msg("This is too soon: those asked need more notice. Choose a later time."))
    if span.ends_at > search.window.ends_at:
        found.append(
            msg("This lies after the last day of the search. Choose a later last day, or an earlier time.")
        )
    return tuple(found)


def _need_at(plan: Plan, need: Need, pool: Pool, span: Span) -> NeedAt:
    free: list[str] = []
    unknown: list[tuple[str, Message]] = []
    busy: list[tuple[str, Message]] = []
    for candidate in (plan.candidates[person] for person in pool.people):
        if against := _busy_at(candidate, span, plan.search):
            busy.append((candidate.name, against))
        elif doubt := _unknown_at(candidate, span):
            unknown.append((candidate.name, doubt))
        else:
            free.append(candidate.name)
    return NeedAt(need.key, need.label, need.count, need.optional, tuple(free), tuple(unknown), tuple(busy))


def _busy_at(candidate: Candidate, span: Span, search: Search) -> Message | None:
    """Say what speaks against the time, None for nothing."""
    kept_clear = span.widen(search.buffer_before, search.buffer_after)
    if any(
        part.state is State.BUSY and part.span.overlaps(span) for part in candidate.availability.stretches
    ):
        return _in_words(candidate, span)
    if any(claim.overlaps(kept_clear) for claim in candidate.availability.taken):
        return _sentence(None, candidate)
    return None


def _unknown_at(candidate: Candidate, span: Span) -> Message | None:
    """Say what is not known about the time, None where all of it is known to be free."""
    parts = [part for part in candidate.availability.stretches if part.span.overlaps(span)]
    silent = [part.source for part in parts if part.state is State.UNKNOWN]
    if silent or not candidate.availability.window.covers(span):
        return _silence(silent[0] if silent else None, candidate)
    return None


def _silence(source: Source | None, candidate: Candidate) -> Message:
    if source is Source.CALENDAR and not candidate.is_foreign:
        return msg("The calendar of %(name)s says nothing about this time.", name=candidate.name)
    if source is Source.HOURS and not candidate.is_foreign:
        return msg("No working hours of %(name)s are on record.", name=candidate.name)
    return msg("It is not known whether %(name)s is free.", name=candidate.name)


def longest_common(
    needs: Sequence[Need], candidates: Mapping[UUID, Candidate], search: Search, board: Board | None = None
) -> timedelta:
    """Return the longest time that would meet the required needs in the window, whatever the step.

    A `board` has cells of the finest grain.
    """
    reach = search.window.widen(search.buffer_before, search.buffer_after)
    board = (board or prepare(candidates, search, GRAIN)).cut(reach)
    anywhere = replace(board, steps=board.grid.full)

    def fails(cells: int) -> bool:
        wish = replace(search, duration=cells * GRAIN)
        return first_offer(Plan(tuple(needs), candidates, wish, anywhere)) is None

    lengths = range(1, search.window.duration // GRAIN + 1)
    return bisect_left(lengths, True, key=fails) * GRAIN


def _pieces(plan: Plan, first: Offer | None) -> Iterator[Span]:
    """Return the usual hours of each local day before the first offer; all hours where none is usual."""
    grid = plan.board.grid
    before = bitgrid.between(0, grid.cell_at(first.span.starts_at)) if first else grid.full
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


def _blocked(plan: Plan, piece: Span) -> Iterator[Blocked]:
    """Name each need that nobody meets in the piece, or the longest common time when each alone is met."""
    cells = plan.board.grid.around(piece)
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
    cells = plan.board.grid.around(piece)
    away = [person for person in pool.people if not plan.possible[person] & cells]
    for person in away[:NAMED]:
        yield _in_words(plan.candidates[person], piece)
    if len(away) > NAMED:
        yield msg("%(count)s more are not free either.", count=len(away) - NAMED)


def _in_words(candidate: Candidate, piece: Span) -> Message:
    """Name the rule that takes most of the piece; whom none keeps away is free, but not long enough."""
    lost: Counter[Why] = Counter()
    for stretch in candidate.availability.stretches:
        part = intersect(stretch.span, piece)
        if part and stretch.why:
            lost[stretch.why] += part.duration // MINUTE
    if not lost:
        return msg("%(name)s is not free long enough.", name=candidate.name)
    return _sentence(max(lost, key=lambda why: (lost[why], why)), candidate)


def _sentence(why: Why | None, candidate: Candidate) -> Message:
    """Name a rule, or the buffers for None; of people of other houses only that they are busy."""
    name = candidate.name
    if candidate.is_foreign:
        return msg("%(name)s is busy.", name=name)
    sentences = {
        None: msg("The pause before or after another meeting of %(name)s touches it.", name=name),
        Why.CLAIM: msg("%(name)s is already booked.", name=name),
        Why.ABSENCE: msg("%(name)s is absent.", name=name),
        Why.DUTY: msg("%(name)s is on duty.", name=name),
        Why.REST: msg("%(name)s rests after a night duty.", name=name),
        Why.CALENDAR: msg("%(name)s is busy by their own calendar.", name=name),
        Why.NOT_WORKING: msg("%(name)s does not work then.", name=name),
        Why.ANSWER: msg("%(name)s was asked and cannot come then.", name=name),
        Why.CAP: msg("%(name)s has as many of these meetings that day as one may have.", name=name),
        Why.ELSEWHERE: msg("%(name)s is at another site then, or on the way.", name=name),
    }
    return sentences[why]
