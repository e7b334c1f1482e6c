"""Figures of urgent consults: how long each step took, how often within its target, when and between whom.

A target belongs to a service or a line, never to a person (a response time on somebody's on-call duty would
make it another kind of duty in labour law); so nothing here knows who answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import partial
from math import sqrt
from typing import NamedTuple
from uuid import UUID

from confsched import clock
from confsched.domain.holidays import is_public_holiday
from confsched.domain.kinds import Urgency, UrgentKind
from confsched.domain.urgent_clocks import ROUTINE_KEY, default_targets, end_of_next_working_day

FEWEST = 5  # consults below which a percentage says more about chance, and about people, than about a service
WORK_FROM, WORK_UNTIL = 8, 17  # regular hours, Monday to Friday but holidays of the hub's state
_HOUR, _DAY = 3600, 86_400  # seconds
_EPOCH, _EPOCH_WEEKDAY = date(1970, 1, 1), 3
_AT_ONCE = 0.001  # seconds that are lost on the way through a database's idea of a day
_Z = 1.96  # of a range of 95 %


class Measure(StrEnum):
    """Name a step that is timed."""

    ACKNOWLEDGE = "acknowledge"
    VIDEO = "video"
    RECOMMENDATION = "recommendation"
    REPORT = "report"
    DOOR_OUT = "door_out"
    INDICATION = "indication"
    TURNAROUND = "turnaround"


MEASURES: Mapping[UrgentKind, tuple[Measure, ...]] = {
    UrgentKind.TELESTROKE: (
        *(Measure.ACKNOWLEDGE, Measure.VIDEO, Measure.RECOMMENDATION, Measure.REPORT, Measure.DOOR_OUT),
    ),
    UrgentKind.TELERADIOLOGY: (Measure.ACKNOWLEDGE, Measure.INDICATION, Measure.TURNAROUND),
}
_BY_URGENCY = {Measure.INDICATION, Measure.TURNAROUND}


class Times(NamedTuple):
    """Hold a consult as its steps tell it: when it was asked, and how long each step of its kind took.

    Instants are seconds since 1970, `seconds` stand in the order of MEASURES; None is what did not happen.
    """

    service_id: UUID
    spoke_id: UUID
    urgency: Urgency | None
    is_downtime: bool
    requested: float
    images: float | None
    seconds: tuple[float | None, ...]


@dataclass(frozen=True)
class Place:
    """Hold what of a service and its hub decides targets and hours."""

    service_id: UUID
    hub_id: UUID
    kind: UrgentKind
    zone: str
    state: str
    targets: Mapping[str, int]


class Case(NamedTuple):
    """Hold one consult on the clock of its hub; `seconds` and `goals` stand in the order of MEASURES."""

    service_id: UUID
    hub_id: UUID
    spoke_id: UUID
    hour: int
    weekday: int
    is_out_of_hours: bool
    is_downtime: bool
    seconds: tuple[float | None, ...]
    goals: tuple[float | None, ...]


@dataclass(frozen=True)
class Summary:
    """Hold what may be said of a number of steps, in seconds; `within` counts those that met their goal."""

    count: int = 0
    low: float | None = None
    median: float | None = None
    high: float | None = None
    within: int = 0
    with_goal: int = 0

    @property
    def share(self) -> float | None:
        """Return the part within the target; None where there is no target, or too few to say."""
        return self.within / self.with_goal if self.with_goal >= FEWEST else None

    @property
    def share_range(self) -> tuple[float, float] | None:
        """Return between which shares the true one lies in 95 of 100 cases (Wilson's score interval)."""
        share, count = self.share, self.with_goal
        if share is None:
            return None
        middle = share + _Z * _Z / (2 * count)
        reach = _Z * sqrt(share * (1 - share) / count + _Z * _Z / (4 * count * count))
        whole = 1 + _Z * _Z / count
        return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def place_cases(rows: Iterable[Times], places: Mapping[UUID, Place]) -> list[Case]:
    """Return consults on the clocks of their hubs, each step beside its goal."""
    hours_of = {where: _Hours(*where) for where in {_where(place) for place in places.values()}}
    ends = {one.service_id: (one, hours_of[_where(one)], _Goals(one)) for one in places.values()}
    cases = []
    for row in rows:
        place, hours, goals = ends[row.service_id]
        weekday, hour, is_out = hours.at(row.requested)
        goal = goals.of(row)
        cases.append(
            Case(
                row.service_id,
                place.hub_id,
                row.spoke_id,
                hour,
                weekday,
                is_out,
                row.is_downtime,
                row.seconds,
                goal,
            )
        )
    return cases


class _Where(NamedTuple):
    zone: str
    state: str


def _where(place: Place) -> _Where:
    return _Where(place.zone, place.state)


class _Hours:
    """Tell weekday, hour and whether that is out of hours; days and offsets are worked out once."""

    def __init__(self, zone: str, state: str) -> None:
        self._zone, self._state = zone, state
        self._offsets: dict[int, int] = {}
        self._workdays: dict[int, bool] = {}

    def at(self, seconds: float) -> tuple[int, int, bool]:
        slot = int(seconds) // _HOUR  # clocks change on the hour
        offset = self._offsets.get(slot)
        if offset is None:
            offset = self._offsets[slot] = self._offset(slot)
        day, second = divmod(int(seconds) + offset, _DAY)
        is_workday = self._workdays.get(day)
        if is_workday is None:
            is_workday = self._workdays[day] = self._is_workday(day)
        hour = second // _HOUR
        return (day + _EPOCH_WEEKDAY) % 7, hour, not (is_workday and WORK_FROM <= hour < WORK_UNTIL)

    def _offset(self, slot: int) -> int:
        offset = clock.to_local(datetime.fromtimestamp(slot * _HOUR, UTC), self._zone).utcoffset()
        assert offset is not None, "local times are aware"
        return int(offset.total_seconds())

    def _is_workday(self, number: int) -> bool:
        day = _EPOCH + timedelta(days=number)
        return day.weekday() < 5 and not is_public_holiday(day, self._state)


class _Goals:
    """Return the goals of the consults of a service; looked up once for each urgency."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._known: dict[Urgency | None, tuple[float | None, ...]] = {}

    def of(self, row: Times) -> tuple[float | None, ...]:
        goals = self._known.get(row.urgency)
        if goals is None:
            goals = self._known[row.urgency] = tuple(
                self._find(measure, row.urgency) for measure in MEASURES[self._place.kind]
            )
        return (
            goals if row.urgency is not Urgency.ROUTINE or row.images is None else self._routine(row, goals)
        )

    def _find(self, measure: Measure, urgency: Urgency | None) -> float | None:
        key = f"{measure}_{urgency or Urgency.EMERGENCY}" if measure in _BY_URGENCY else measure.value
        return self._place.targets.get(key) or default_targets(self._place.kind).get(key)

    def _routine(self, row: Times, goals: tuple[float | None, ...]) -> tuple[float | None, ...]:
        """Put in what is left until the end of the next working day, by which routine is read."""
        if self._place.targets.get(ROUTINE_KEY) or row.images is None:
            return goals
        is_off = partial(is_public_holiday, state=self._place.state)
        left = _until_end(datetime.fromtimestamp(row.images, UTC), self._place.zone, is_off)
        return (*goals[:-1], left.total_seconds())


def _until_end(start: datetime, zone: str, is_off: Callable[[date], bool]) -> timedelta:
    return end_of_next_working_day(start, zone, is_off) - start


def summarise(cases: Iterable[Case], number: int) -> Summary:
    """Return the quartiles of the step with this number and how many met their goal."""
    return _summary(_ordered(cases, number), number)


def _ordered(cases: Iterable[Case], number: int) -> list[Case]:
    """Return the cases in which the step was done, the quickest first.

    The cases themselves: a new pair for each would send the garbage collector over all of them, for longer
    than the rest takes.
    """
    done = [case for case in cases if (seconds := case.seconds[number]) is not None and seconds >= 0]
    done.sort(key=lambda case: case.seconds[number] or 0.0)
    return done


def _summary(ordered: Sequence[Case], number: int) -> Summary:
    if not ordered:
        return Summary()
    taken = [case.seconds[number] or 0.0 for case in ordered]
    met = [
        seconds <= goal + _AT_ONCE
        for seconds, case in zip(taken, ordered, strict=True)
        if (goal := case.goals[number]) is not None
    ]
    low, median, high = (quantile(taken, part) for part in (0.25, 0.5, 0.75))
    return Summary(len(taken), low, median, high, sum(met), len(met))


def quantile(ordered: Sequence[float], part: float) -> float:
    """Return the value below which a part of an ordered list lies, between two neighbours in proportion."""
    place = (len(ordered) - 1) * part
    lower = int(place)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (ordered[upper] - ordered[lower]) * (place - lower)


Key = UUID | int


def summarise_by(
    cases: Iterable[Case], number: int, keys: Mapping[str, Callable[[Case], Key]]
) -> dict[str, dict[Key, Summary]]:
    """Return the summaries of the step with this number by each key, such as a spoke or an hour."""
    done = _ordered(cases, number)  # once, so that every part of it is in order
    found: dict[str, dict[Key, Summary]] = {}
    for name, key in keys.items():
        parts: dict[Key, list[Case]] = defaultdict(list)
        for case in done:
            parts[key(case)].append(case)
        found[name] = {value: _summary(entries, number) for value, entries in parts.items()}
    return found


def histogram(seconds: Sequence[float], width: float, bars: int) -> list[int]:
    """Return how many steps lie in each bar of a width; the last bar holds all that took longer."""
    counts = [0] * bars
    for one in seconds:
        counts[min(bars - 1, int(one // width))] += 1
    return counts
