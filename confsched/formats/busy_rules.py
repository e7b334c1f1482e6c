"""Repetition rules of foreign calendars (RFC 5545, 3.3.10), checked in linear time before expansion."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from types import MappingProxyType

from confsched.errors import Refusal, msg
from confsched.formats.busy_limits import MAX_COUNT, MAX_RULE_CHARACTERS


class Frequency(StrEnum):
    """Name the repetition periods that a calendar of appointments can need."""

    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


_DAYS = {
    Frequency.HOURLY: 1 / 24,
    Frequency.DAILY: 1.0,
    Frequency.WEEKLY: 7.0,
    Frequency.MONTHLY: 30.4,
    Frequency.YEARLY: 365.2,
}
# Measured: finding the days of a month or a year costs as much as so many candidates.
_PERIOD_STEPS = {Frequency.MONTHLY: 5, Frequency.YEARLY: 20}
_TOO_FAST = frozenset({"SECONDLY", "MINUTELY"})
_WEEKDAY = r"(?:MO|TU|WE|TH|FR|SA|SU)"
_WEEKDAY_ALONE = re.compile(_WEEKDAY)
_WEEKDAYS = re.compile(rf"(?:[+-]?\d{{1,2}})?{_WEEKDAY}(?:,(?:[+-]?\d{{1,2}})?{_WEEKDAY})*+", re.ASCII)
_NUMBERS = re.compile(r"[+-]?\d{1,3}(?:,[+-]?\d{1,3})*+", re.ASCII)
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)
# The largest value of each list, and whether it may count from the end (RFC 5545, 3.3.10).
_RANGES: Mapping[str, tuple[int, int, bool]] = MappingProxyType(
    {
        "BYSECOND": (0, 59, False),
        "BYMINUTE": (0, 59, False),
        "BYHOUR": (0, 23, False),
        "BYMONTHDAY": (1, 31, True),
        "BYYEARDAY": (1, 366, True),
        "BYWEEKNO": (1, 53, True),
        "BYMONTH": (1, 12, False),
        "BYSETPOS": (1, 366, True),
    }
)
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class Rule:
    """Hold a checked RRULE; `until` is the text of the file, `lists` are the BY parts as they stand there."""

    frequency: Frequency
    interval: int
    count: int | None
    until: str | None
    lists: Mapping[str, str]

    def size(self, name: str) -> int:
        return self.lists[name].count(",") + 1 if name in self.lists else 1

    def numbers(self, name: str) -> list[int]:
        return [int(number) for number in self.lists[name].split(",")] if name in self.lists else []

    def text(self, until: str | None) -> str:
        """Return the rule for the expansion, with an end that fits the type of its start."""
        parts = {"FREQ": self.frequency.value, "INTERVAL": str(self.interval)}
        if until:
            parts["UNTIL"] = until
        elif self.count:
            parts["COUNT"] = str(self.count)
        return ";".join(f"{name}={value}" for name, value in (parts | dict(self.lists)).items())

    def steps_per_day(self) -> float:
        """Return what an expansion costs a day, in units of one looked-at candidate."""
        return self.instances_per_day() + _PERIOD_STEPS.get(self.frequency, 1) / self._period_days()

    def counted_steps(self) -> float:
        """Return what an expansion costs up to COUNT; weekdays pass over six of seven days."""
        if self.count is None or {"BYMONTH", "BYMONTHDAY", "BYSETPOS"} & self.lists.keys():
            return inf
        return self.count * 7 * _PERIOD_STEPS.get(self.frequency, 1)

    def instances_per_day(self) -> float:
        """Return how many occurrences a day the rule can have, at most."""
        return self.candidates() / self._period_days()

    def candidates(self) -> int:
        """Return how many times one period can name, at most."""
        if self.frequency is Frequency.HOURLY:
            return self.size("BYMINUTE") * self.size("BYSECOND")
        times = self.size("BYHOUR") * self.size("BYMINUTE") * self.size("BYSECOND")
        return times * self._days_per_period()

    def _days_per_period(self) -> int:
        if self.frequency is Frequency.WEEKLY:
            return self.size("BYDAY")
        if self.frequency is Frequency.MONTHLY:
            return self._days_per_month()
        if self.frequency is Frequency.YEARLY:
            return self._days_per_year()
        return 1

    def _days_per_month(self) -> int:
        if "BYMONTHDAY" in self.lists:
            return self.size("BYMONTHDAY")
        return self.size("BYDAY") * (1 if self._counts_weekdays() else 5)

    def _days_per_year(self) -> int:
        for name, days in (("BYYEARDAY", 1), ("BYWEEKNO", 7)):
            if name in self.lists:
                return self.size(name) * days
        if "BYMONTH" in self.lists:
            return self.size("BYMONTH") * self._days_per_month()
        if "BYMONTHDAY" in self.lists:
            return 12 * self.size("BYMONTHDAY")
        return self.size("BYDAY") * (1 if self._counts_weekdays() else 53)

    def _counts_weekdays(self) -> bool:
        """Tell 2TU, one day, from TU, each of them; without BYDAY it is the one day of the start."""
        days = self.lists.get("BYDAY", "")
        return not days or not any(len(day) == 2 for day in days.split(","))

    def _period_days(self) -> float:
        return _DAYS[self.frequency] * self.interval


def read_rule(text: str) -> Rule:
    """Read an RRULE value (RFC 5545, 3.3.10); raises Refusal for an attack, ValueError for nonsense."""
    if len(text) > MAX_RULE_CHARACTERS:
        raise ValueError("the rule is too long")
    parts = dict(part.partition("=")[::2] for part in text.upper().replace(" ", "").split(";") if part)
    frequency = parts.pop("FREQ", "")
    if frequency in _TOO_FAST:
        raise Refusal(
            msg("An event in this calendar repeats every minute or second. Delete it there and try again.")
        )
    interval, count, until = _interval(parts), _count(parts), parts.pop("UNTIL", None)
    lists = _lists(parts)
    rule = Rule(
        Frequency(frequency), interval, count, until, _with_like_weekdays(Frequency(frequency), lists)
    )
    _check_can_happen(rule)
    return rule


def _interval(parts: dict[str, str]) -> int:
    value = parts.pop("INTERVAL", "1")
    if not _WHOLE.fullmatch(value):
        raise ValueError("the interval is not a number")
    if int(value) == 0:
        raise Refusal(
            msg("An event in this calendar repeats with an interval of 0. Delete it there and try again.")
        )
    return min(int(value), 10_000)


def _count(parts: dict[str, str]) -> int | None:
    value = parts.pop("COUNT", None)
    if value is None or value.startswith("-"):
        return None
    if not _WHOLE.fullmatch(value) or int(value) == 0:
        raise ValueError("the count is not a number")
    if int(value) > MAX_COUNT:
        raise Refusal(
            msg(
                "An event in this calendar repeats %(count)s times; at most %(limit)s can be read. "
                "Delete it there and try again.",
                count=int(value),
                limit=MAX_COUNT,
            )
        )
    return int(value)


def _lists(parts: dict[str, str]) -> dict[str, str]:
    lists: dict[str, str] = {}
    for name, value in parts.items():
        if name.startswith("X-"):
            continue
        if not _is_sound(name, value):
            raise ValueError("a part of the rule is unknown")
        lists[name] = value
    return lists


def _with_like_weekdays(frequency: Frequency, lists: dict[str, str]) -> dict[str, str]:
    """Write 3MO,WE as 3MO,1WE,2WE...: the library finds no day for a mixture, which would read as free."""
    days = lists.get("BYDAY", "").split(",")
    plain = [day for day in days if len(day) == 2]
    if frequency not in _PERIOD_STEPS or len(plain) in (0, len(days)):
        return lists
    is_by_month = frequency is Frequency.MONTHLY or "BYMONTH" in lists
    numbers = range(1, 6 if is_by_month else 54)
    counted = [f"{number}{day}" for day in plain for number in numbers]
    return lists | {"BYDAY": ",".join([*(day for day in days if day not in plain), *counted])}


def _is_sound(name: str, value: str) -> bool:
    if name == "WKST":
        return bool(_WEEKDAY_ALONE.fullmatch(value))
    if name == "BYDAY":
        return bool(_WEEKDAYS.fullmatch(value))
    return name in _RANGES and bool(_NUMBERS.fullmatch(value)) and _in_range(name, value)


def _in_range(name: str, value: str) -> bool:
    low, high, may_count_back = _RANGES[name]
    numbers = [int(number) for number in value.split(",")]
    return all(low <= (abs(number) if may_count_back else number) <= high for number in numbers)


def _check_can_happen(rule: Rule) -> None:
    """Raise ValueError for 30 February and the like: an expansion would search for it until the year 9999."""
    if rule.frequency is not Frequency.YEARLY and {"BYYEARDAY", "BYWEEKNO"} & rule.lists.keys():
        raise ValueError("days and weeks of the year belong to yearly rules")
    positions = [abs(number) for number in rule.numbers("BYSETPOS")]
    if positions and min(positions) > rule.candidates():
        raise ValueError("the rule never has that many candidates")
    days, months = rule.numbers("BYMONTHDAY"), rule.numbers("BYMONTH")
    if days and months and min(map(abs, days)) > max(_LONGEST_MONTHS[month - 1] for month in months):
        raise ValueError("the rule never happens")
