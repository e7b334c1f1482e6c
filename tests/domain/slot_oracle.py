"""Instances in plain minutes, and an oracle that asks every minute and tries every team.

It knows nothing of bit rows, spans or layers: a day is a list of minutes, painted from the weakest word to
the strongest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from random import Random
from zoneinfo import ZoneInfo

Ranges = tuple[tuple[int, int], ...]

FREE, UNKNOWN, BUSY = 0, 1, 2
AROUND = 60  # minutes kept before and after the window
ZONES = ("Europe/Berlin", "Europe/Berlin", "UTC", "Asia/Kathmandu")


@dataclass(frozen=True)
class Calendar:
    """Hold busy times, the minutes it speaks of, and whether it was read lately."""

    busy: Ranges
    known: tuple[int, int] | None
    is_fresh: bool


@dataclass(frozen=True)
class Human:
    """Hold what is on record, in minutes from the start of the window."""

    working: Ranges | None
    duties: Ranges
    against: Ranges
    claims: Ranges
    confirmed: Ranges
    calendars: tuple[Calendar, ...]


@dataclass(frozen=True)
class Wanted:
    pool: tuple[int, ...]
    count: int
    optional: bool
    may_double: bool


@dataclass(frozen=True)
class Instance:
    """Hold one search; lengths are minutes."""

    starts_at: datetime
    minutes: int
    zone: str
    step: int
    length: int
    before: int
    after: int
    notice: int
    people: tuple[Human, ...]
    needs: tuple[Wanted, ...]


@dataclass(frozen=True)
class Verdict:
    """Hold what is true of one time: who is free, who may be, and the fewest unknown in a team.

    The team is of those who meet one need only. `is_known` tells whether known people meet what is required,
    `is_whole` whether a team with the fewest unknown leaves known people for every optional need.
    """

    known: frozenset[int]
    possible: frozenset[int]
    unknown: int | None
    is_known: bool
    is_whole: bool


@dataclass(frozen=True)
class Wishes:
    """Hold minutes to choose from; a search in whole quarters is answered in cells of a quarter."""

    starts: tuple[int, ...]
    steps: tuple[int, ...]
    lengths: tuple[int, ...]
    buffers: tuple[int, ...]


WHOLE_QUARTERS = Wishes((0, 0, 15), (15, 15, 30, 60), (15, 30, 30, 45, 60), (0, 0, 15, 30))
FINER = Wishes((0, 0, 3, 47), (5, 10, 15, 15, 20, 30), (5, 15, 20, 30, 45), (0, 0, 5, 10, 15))


def build(chance: Random, starts_at: datetime) -> Instance:
    """Make up a search of two to five people over two to five hours."""
    minutes = chance.choice([120, 150, 180, 240, 297])
    people = tuple(_human(chance, minutes) for _ in range(chance.randint(2, 5)))
    needs = tuple(_wanted(chance, len(people)) for _ in range(chance.choice([1, 2, 2, 3, 3, 4])))
    wishes = chance.choice([WHOLE_QUARTERS, FINER])
    return Instance(
        starts_at=starts_at + timedelta(minutes=chance.choice(wishes.starts)),
        minutes=minutes,
        zone=chance.choice(ZONES),
        step=chance.choice(wishes.steps),
        length=chance.choice(wishes.lengths),
        before=chance.choice(wishes.buffers),
        after=chance.choice(wishes.buffers),
        notice=chance.choice([0, 0, 33]),
        people=people,
        needs=needs,
    )


def _human(chance: Random, minutes: int) -> Human:
    always = ((-100, minutes + 100),)
    return Human(
        working=chance.choice([None, always, always, _ranges(chance, minutes, 3)]),
        duties=_ranges(chance, minutes, 1),
        against=_ranges(chance, minutes, 1),
        claims=_ranges(chance, minutes, 2),
        confirmed=_ranges(chance, minutes, 1) if chance.random() < 0.2 else (),
        calendars=tuple(_calendar(chance, minutes) for _ in range(chance.choice([0, 0, 1, 2]))),
    )


def _calendar(chance: Random, minutes: int) -> Calendar:
    known = chance.choice([None, (-200, minutes + 200), (-200, minutes + 200), (20, minutes - 20)])
    return Calendar(_ranges(chance, minutes, 2), known, chance.random() < 0.8)


def _ranges(chance: Random, minutes: int, most: int) -> Ranges:
    grain = chance.choice([1, 5, 5])
    firsts = [chance.randint(-30, minutes) // grain * grain for _ in range(chance.randint(0, most))]
    return tuple((first, first + grain * chance.randint(1, 60 // grain)) for first in firsts)


def _wanted(chance: Random, people: int) -> Wanted:
    sizes = (0, *range(1, people + 1), *range(1, people + 1))
    pool = tuple(chance.sample(range(people), chance.choice(sizes)))
    return Wanted(pool, chance.choice([1, 1, 1, 2]), chance.random() < 0.2, chance.random() < 0.25)


def starts(instance: Instance) -> Iterator[int]:
    """Return the minutes that are a whole step past a full hour of the zone's clock and leave room."""
    zone = ZoneInfo(instance.zone)
    for minute in range(instance.notice, instance.minutes - instance.length + 1):
        local = (instance.starts_at + timedelta(minutes=minute)).astimezone(zone)
        if local.minute % instance.step == 0:
            yield minute


class Oracle:
    """Answer about any minute of an instance."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.days = [_paint(human, instance.minutes) for human in instance.people]
        self.claimed = [_blank(instance.minutes, 0) for _ in instance.people]
        for day, human in zip(self.claimed, instance.people, strict=True):
            _cover(day, human.claims, 1)

    def at(self, minute: int) -> Verdict:
        """Ask everybody about each minute of the meeting and of its buffers, then try every team."""
        known = frozenset(one for one in range(len(self.days)) if self._is_free(one, minute, (FREE,)))
        possible = frozenset(
            one for one in range(len(self.days)) if self._is_free(one, minute, (FREE, UNKNOWN))
        )
        wanted = [need for need in self.instance.needs if not need.optional]
        wishes = [need for need in self.instance.needs if need.optional]
        teams = _all_teams(wanted, possible, frozenset()) if wanted else []
        fewest = min((len(team - known) for team in teams), default=None)
        best = [team for team in teams if len(team - known) == fewest]
        return Verdict(
            known,
            possible,
            fewest,
            is_known=fewest == 0 and bool(_all_teams(wanted, known, frozenset())),
            is_whole=any(_all_teams(wishes, known, team) for team in best),
        )

    def _is_free(self, one: int, minute: int, states: tuple[int, ...]) -> bool:
        low, high = AROUND + minute, AROUND + minute + self.instance.length
        if any(self.claimed[one][low - self.instance.before : high + self.instance.after]):
            return False
        return all(state in states for state in self.days[one][low:high])


def _blank(minutes: int, state: int) -> bytearray:
    return bytearray([state]) * (minutes + 2 * AROUND)


def _cover(day: bytearray, ranges: Ranges, state: int) -> None:
    for first, last in ranges:
        low, high = max(first + AROUND, 0), min(last + AROUND, len(day))
        if low < high:
            day[low:high] = bytes([state]) * (high - low)


def _paint(human: Human, minutes: int) -> bytearray:
    day = _blank(minutes, UNKNOWN if human.working is None else BUSY)
    _cover(day, human.working or (), FREE)
    _cover(day, human.duties, FREE)
    for calendar in human.calendars:
        first, last = calendar.known if calendar.known and calendar.is_fresh else (0, 0)
        for place, state in enumerate(day):
            if state == FREE and not first <= place - AROUND < last:
                day[place] = UNKNOWN
    _cover(day, human.confirmed, FREE)
    for calendar in human.calendars:
        _cover(day, calendar.busy, BUSY)
    _cover(day, human.against, BUSY)
    _cover(day, human.claims, BUSY)
    return day


def _all_teams(needs: Sequence[Wanted], free: frozenset[int], seated: frozenset[int]) -> list[frozenset[int]]:
    """Return every team that meets all needs; what may double asks only whether there are enough."""
    doubling = [need for need in needs if need.may_double]
    if any(len(free.intersection(need.pool)) < need.count for need in doubling):
        return []
    return list(_teams([need for need in needs if not need.may_double], free, seated))


def _teams(needs: Sequence[Wanted], free: frozenset[int], seated: frozenset[int]) -> Iterator[frozenset[int]]:
    """Return everyone seated, for each way to meet all needs by people who meet one need each."""
    if not needs:
        yield seated
        return
    for team in combinations(sorted(free.intersection(needs[0].pool) - seated), needs[0].count):
        yield from _teams(needs[1:], free, seated | set(team))
