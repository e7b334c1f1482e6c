"""The naive slot scan: each start asks each person each minute; the oracle that the matching is held to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from uuid import UUID

from confsched import clock
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate, Need, Search

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Best:
    """Hold the least cost of meeting the required needs: unknown people, strangers to the case, bookings."""

    people: int
    unknown: int
    strangers: int
    recent: int


def starts(search: Search) -> Iterator[datetime]:
    """Return the starts of the search: the minutes that are a whole step past a full local hour."""
    at = search.window.starts_at.astimezone(UTC).replace(second=0, microsecond=0)
    step = search.step // MINUTE
    while at + search.duration <= search.window.ends_at:
        if at >= search.earliest_at and clock.to_local(at, search.zone).minute % step == 0:
            yield at
        at += MINUTE


def is_free(candidate: Candidate, at: datetime, search: Search, *, unknown_too: bool) -> bool:
    """Ask each minute of the time and of its buffers."""
    known = candidate.availability
    ends_at = at + search.duration
    for minute in _minutes(at - search.buffer_before, ends_at + search.buffer_after):
        if any(claim.starts_at < minute + MINUTE and minute < claim.ends_at for claim in known.taken):
            return False
    spans = (*known.free, *known.unknown) if unknown_too else known.free
    return all(_is_inside(minute, spans) for minute in _minutes(at, ends_at))


def _minutes(starts_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    while starts_at < ends_at:
        yield starts_at
        starts_at += MINUTE


def _is_inside(minute: datetime, spans: Sequence[Span]) -> bool:
    return any(span.starts_at <= minute and minute + MINUTE <= span.ends_at for span in spans)


def best_at(
    at: datetime, needs: Sequence[Need], candidates: Mapping[UUID, Candidate], search: Search
) -> Best | None:
    """Try every team for every required need and return the least cost, or None."""
    required = [need for need in needs if not need.optional]
    people = {person for need in required for person in need.pool if person in candidates}
    possible = {p for p in people if is_free(candidates[p], at, search, unknown_too=True)}
    known = {p for p in people if is_free(candidates[p], at, search, unknown_too=False)}
    teams = list(_teams(required, possible, frozenset())) if required else []
    return min((_cost(team, known, candidates) for team in teams), default=None, key=_order)


def _teams(needs: Sequence[Need], free: set[UUID], seated: frozenset[UUID]) -> Iterator[frozenset[UUID]]:
    if not needs:
        yield seated
        return
    pool = [person for person in dict.fromkeys(needs[0].pool) if person in free and person not in seated]
    for team in combinations(pool, needs[0].count):
        yield from _teams(needs[1:], free, seated | set(team))


def _cost(team: frozenset[UUID], known: set[UUID], candidates: Mapping[UUID, Candidate]) -> Best:
    return Best(
        people=len(team),
        unknown=sum(person not in known for person in team),
        strangers=sum(not candidates[person].knows_case for person in team),
        recent=sum(candidates[person].recent for person in team),
    )


def _order(best: Best) -> tuple[int, int, int]:
    return best.unknown, best.strangers, best.recent
