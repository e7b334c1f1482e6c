"""Two other ways to the same starts, each as it is meant to be used.

`portion` is an algebra of intervals: everybody's hours without their busy times, shortened by the length,
united over a pool and intersected over the needs. The slot scan is what booking pages do, cal.com for one:
each slot of the horizon asks each person, who walks along their busy times to the first conflict; then a team
is put together. Both work on whole minutes, the fastest numbers there are to compare.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

import portion  # type: ignore[import-untyped]

BUSY = ("duties", "rest", "absences", "claims", "busy")

Case = dict[str, Any]
Row = tuple[int, int]
Rows = list[Row]


def read(text: str) -> Case:
    """Read the raw rows."""
    case: Case = json.loads(text)
    return case


def read_intervals(text: str) -> tuple[Case, list[portion.Interval]]:
    """Return the case and everybody's free time: hours without what is in the way."""
    case = read(text)
    return case, [
        _union(zip(*person["working"], strict=True)) - _union(_busy(person)) for person in case["people"]
    ]


def _busy(person: Case) -> Iterator[Row]:
    return (row for name in BUSY for row in zip(*person[name], strict=True))


def _union(rows: Iterable[Row]) -> portion.Interval:
    return portion.Interval(*[portion.closedopen(starts, ends) for starts, ends in rows])


def search_intervals(ready: tuple[Case, list[portion.Interval]]) -> portion.Interval:
    """Return when a meeting could start at which each need finds its people."""
    case, free = ready
    starts = [_shortened(one, case["minutes"]) for one in free]
    found = portion.closed(*case["window"])
    for pool, count in _pools(case["needs"]):
        found &= _at_least(count, [starts[person] for person in pool])
    return found


def starts_of_intervals(ready: tuple[Case, list[portion.Interval]], found: portion.Interval) -> list[int]:
    """Return the whole steps in the intervals found."""
    step = ready[0]["step"]
    return [at for part in found for at in _steps(part.lower, part.upper, step)]


def _shortened(free: portion.Interval, length: int) -> portion.Interval:
    """Return the starts of a meeting of this length; the last one is a start too."""
    parts = [
        portion.closed(part.lower, part.upper - length) for part in free if part.upper - part.lower >= length
    ]
    return portion.Interval(*parts)


def _pools(needs: Sequence[Case]) -> Iterator[tuple[Sequence[int], int]]:
    """Return the pools, and the unions of two that share people: these need enough different ones."""
    for need in needs:
        yield need["pool"], need["count"]
    for one, two in combinations(needs, 2):
        if set(one["pool"]) & set(two["pool"]):
            yield sorted({*one["pool"], *two["pool"]}), one["count"] + two["count"]


def _at_least(count: int, rows: Sequence[portion.Interval]) -> portion.Interval:
    """Return where `count` of the rows hold; have[n] is where n + 1 of those seen do.

    An IntervalDict that adds up the rows gives the same and takes seven times as long for 13 of 25.
    """
    if count == 1:
        return portion.Interval(*rows)
    have = [portion.empty()] * count
    for row in rows:
        for place in range(count - 1, 0, -1):
            have[place] |= have[place - 1] & row
        have[0] |= row
    return have[-1]


def _steps(first: int, last: int, step: int) -> range:
    return range(-(-first // step) * step, last + 1, step)


def read_slots(text: str) -> tuple[Case, list[tuple[Rows, Rows]]]:
    """Return the case and everybody's hours and busy times, each as one sorted list."""
    case = read(text)
    return case, [
        (list(zip(*person["working"], strict=True)), sorted(_busy(person))) for person in case["people"]
    ]


def search_slots(ready: tuple[Case, list[tuple[Rows, Rows]]]) -> list[int]:
    """Return the starts at which each need finds its people."""
    case, people = ready
    length, (first, last) = case["minutes"], case["window"]
    found = []
    for at in _steps(first, last - length, case["step"]):
        free = {number for number, person in enumerate(people) if _is_free(*person, at, at + length)}
        if _is_team(case["needs"], free):
            found.append(at)
    return found


def _is_free(working: Rows, busy: Rows, starts: int, ends: int) -> bool:
    if not any(opens <= starts and ends <= closes for opens, closes in working):
        return False
    return not any(taken < ends and starts < given for taken, given in busy)


def _is_team(needs: Sequence[Case], free: set[int]) -> bool:
    """Count the pools, which settles those that share nobody; seat the others one after another."""
    if not all(len(free.intersection(need["pool"])) >= need["count"] for need in needs):
        return False
    return _is_seated([need for need in needs if _shares(need, needs)], free)


def _shares(need: Case, needs: Sequence[Case]) -> bool:
    return any(other is not need and set(other["pool"]) & set(need["pool"]) for other in needs)


def _is_seated(needs: Sequence[Case], free: set[int]) -> bool:
    """Seat the first who can and go back where that leads nowhere."""
    if not needs:
        return True
    first, rest = needs[0], needs[1:]
    there = [person for person in first["pool"] if person in free]
    return any(_is_seated(rest, free - set(team)) for team in combinations(there, first["count"]))
