"""Rules by which a series comes back: the few shapes that every calendar program reads alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import count
from typing import Self

from confsched.clock import is_real_local_time, to_instant, to_local
from confsched.errors import Refusal, msg

MAX_OCCURRENCES = 260
MAX_YEARS = 2
MAX_INTERVAL_WEEKS = 52
# Every month has these; a 29th or a fifth Wednesday would leave months out.
LAST_MONTH_DAY = 28
LAST = -1
WEEKS_OF_MONTH = (1, 2, 3, 4, LAST)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKDAYS = range(5)

_NTH_WEEKDAY = re.compile(r"(-?\d+)([A-Z]{2})")
_NUMBER = re.compile(r"[1-9]\d?")


class Shape(StrEnum):
    """Name how the dates of a rule are found."""

    WEEKLY = "weekly"
    NTH_WEEKDAY = "nth_weekday"
    MONTH_DAY = "month_day"
    LAST_WORKDAY = "last_workday"


@dataclass(frozen=True)
class Rule:
    """Hold one rule in its one spelling; Monday is weekday 0.

    `weekdays` belong to WEEKLY; `nths` to NTH_WEEKDAY, as (week of the month, weekday), -1 for the last one.
    """

    shape: Shape
    interval_weeks: int = 1
    weekdays: tuple[int, ...] = ()
    nths: tuple[tuple[int, int], ...] = ()
    month_day: int = 0

    @classmethod
    def weekly(cls, weekdays: Iterable[int], *, interval_weeks: int = 1) -> Self:
        """Return "every so many weeks on these weekdays"; weeks begin on Monday."""
        wanted = tuple(sorted(set(weekdays)))
        if not wanted:
            raise Refusal(msg("Choose at least one weekday."), field="weekdays")
        if not 1 <= interval_weeks <= MAX_INTERVAL_WEEKS:
            raise Refusal(
                msg("Choose every week, or every second to %(count)sth one.", count=MAX_INTERVAL_WEEKS),
                field="interval_weeks",
            )
        return cls(Shape.WEEKLY, interval_weeks=interval_weeks, weekdays=wanted)

    @classmethod
    def nth_weekday(cls, nths: Iterable[tuple[int, int]]) -> Self:
        """Return "monthly on these weekdays", for example the second and fourth Wednesday."""
        asked = set(nths)
        if not asked:
            raise Refusal(msg("Choose at least one weekday."), field="nths")
        if any(week not in WEEKS_OF_MONTH for week, _ in asked):
            raise Refusal(msg("Choose the first to fourth weekday of a month, or the last."), field="nths")
        wanted = sorted(asked, key=lambda nth: (WEEKS_OF_MONTH.index(nth[0]), nth[1]))
        return cls(Shape.NTH_WEEKDAY, nths=tuple(wanted))

    @classmethod
    def on_month_day(cls, day: int) -> Self:
        """Return "monthly on this day"."""
        if not 1 <= day <= LAST_MONTH_DAY:
            raise Refusal(
                msg("Choose a day from 1 to %(last)s: every month has those.", last=LAST_MONTH_DAY),
                field="month_day",
            )
        return cls(Shape.MONTH_DAY, month_day=day)

    @classmethod
    def last_workday(cls) -> Self:
        """Return "on the last day of each month that is a Monday to Friday"."""
        return cls(Shape.LAST_WORKDAY)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a RRULE without UNTIL and COUNT (RFC 5545 3.3.10); any other shape is refused."""
        parts = _parts(text)
        week_start = parts.pop("WKST", "MO")
        match parts:
            case {"FREQ": "WEEKLY", "BYDAY": days, **rest} if rest.keys() <= {"INTERVAL"}:
                rule = cls.weekly(_weekdays(days), interval_weeks=_number(rest.get("INTERVAL", "1")))
            case {"FREQ": "MONTHLY", "BYDAY": days, "BYSETPOS": "-1", **rest} if not rest:
                _require(_weekdays(days) == list(WORKDAYS))
                rule = cls.last_workday()
            case {"FREQ": "MONTHLY", "BYDAY": days, **rest} if not rest:
                rule = cls.nth_weekday(_nths(days))
            case {"FREQ": "MONTHLY", "BYMONTHDAY": day, **rest} if not rest:
                rule = cls.on_month_day(_number(day))
            case _:
                raise _unreadable()
        _require(week_start == "MO")
        return rule

    def to_text(self) -> str:
        """Return the rule as RRULE without UNTIL (RFC 5545 3.3.10)."""
        if self.shape is Shape.WEEKLY:
            every = f"INTERVAL={self.interval_weeks};" if self.interval_weeks > 1 else ""
            return f"FREQ=WEEKLY;{every}BYDAY={_listed(self.weekdays)};WKST=MO"
        if self.shape is Shape.NTH_WEEKDAY:
            return "FREQ=MONTHLY;BYDAY=" + ",".join(f"{week}{WEEKDAYS[day]}" for week, day in self.nths)
        if self.shape is Shape.MONTH_DAY:
            return f"FREQ=MONTHLY;BYMONTHDAY={self.month_day}"
        return f"FREQ=MONTHLY;BYDAY={_listed(WORKDAYS)};BYSETPOS=-1"


def occurrences(rule: Rule, first_on: date, until_on: date) -> list[date]:
    """Return the days of a rule from `first_on` to `until_on`, both included, in order.

    Weeks are counted from that of the first date, so that the calendar's DTSTART, which is that date, gives
    the same days. A rule without any day, a period of over two years and too many dates are refused.
    """
    _check_period(first_on, until_on)
    found: list[date] = []
    for day in _days(rule, first_on):
        if day > until_on:
            break
        if len(found) == MAX_OCCURRENCES:
            raise Refusal(
                msg("A series has at most %(count)s dates. Choose an earlier end.", count=MAX_OCCURRENCES),
                field="until_on",
            )
        found.append(day)
    if not found:
        raise Refusal(
            msg("Between these days the rule has no date. Choose a later end or another rule."),
            field="until_on",
        )
    return found


def local_instants(
    days: Iterable[date], starts_at_local: time, zone: str, *, duration_minutes: int = 0
) -> list[datetime]:
    """Return the UTC instants of a time of day; one that a clock change skips or doubles is refused.

    With a duration, a meeting during which the clocks change is refused too: programs disagree on its end.
    """
    starts = []
    for day in days:
        starts_at = to_instant(day, starts_at_local, zone)
        ends_at = starts_at + timedelta(minutes=duration_minutes)
        if not is_real_local_time(day, starts_at_local, zone) or _offset(starts_at, zone) != _offset(
            ends_at, zone
        ):
            raise Refusal(
                msg("On %(day)s the clocks change at this time. Choose another time of day.", day=day),
                field="starts_at_local",
            )
        starts.append(starts_at)
    return starts


@lru_cache(maxsize=1024)
def rule_starts(
    text: str, first_on: date, until_on: date, starts_at_local: time, zone: str, duration_minutes: int
) -> tuple[datetime, ...]:
    """Return the starts of the dates of a series that stands, in UTC and in order."""
    days = occurrences(Rule.from_text(text), first_on, until_on)
    return tuple(local_instants(days, starts_at_local, zone, duration_minutes=duration_minutes))


def _offset(instant: datetime, zone: str) -> timedelta | None:
    return to_local(instant, zone).utcoffset()


def _check_period(first_on: date, until_on: date) -> None:
    if until_on < first_on:
        raise Refusal(msg("The last day must not be before the first. Choose a later one."), field="until_on")
    # Not replace(year=...): 29 February has no such day two years later.
    years = until_on.year - first_on.year
    if (years, until_on.month, until_on.day) > (MAX_YEARS, first_on.month, first_on.day):
        raise Refusal(
            msg("A series ends within %(count)s years. Choose an earlier end.", count=MAX_YEARS),
            field="until_on",
        )


def _days(rule: Rule, first_on: date) -> Iterator[date]:
    """Yield the days of a rule from `first_on` on, in order, without end."""
    if rule.shape is Shape.WEEKLY:
        return _weekly_days(rule, first_on)
    months = (divmod(first_on.year * 12 + first_on.month - 1 + number, 12) for number in count())
    return (day for year, month in months for day in _days_of_month(rule, year, month + 1) if day >= first_on)


def _weekly_days(rule: Rule, first_on: date) -> Iterator[date]:
    first = next(
        day
        for day in (first_on + timedelta(days=ahead) for ahead in range(7))
        if day.weekday() in rule.weekdays
    )
    monday = first - timedelta(days=first.weekday())
    for number in count():
        week = monday + timedelta(weeks=number * rule.interval_weeks)
        for weekday in rule.weekdays:
            if (day := week + timedelta(days=weekday)) >= first:
                yield day


def _days_of_month(rule: Rule, year: int, month: int) -> list[date]:
    if rule.shape is Shape.MONTH_DAY:
        return [date(year, month, rule.month_day)]
    if rule.shape is Shape.NTH_WEEKDAY:
        # The fourth one is the last one in some months: one date, not two.
        return sorted({_nth_weekday(year, month, week, weekday) for week, weekday in rule.nths})
    return [max(_nth_weekday(year, month, LAST, weekday) for weekday in WORKDAYS)]


def _nth_weekday(year: int, month: int, week: int, weekday: int) -> date:
    if week == LAST:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7, weeks=week - 1)


def _parts(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.strip().upper().split(";")]
    parts = {name: value for name, _, value in pairs}
    _require(len(parts) == len(pairs) and all(parts.values()))
    return parts


def _weekdays(text: str) -> list[int]:
    names = text.split(",")
    _require(all(name in WEEKDAYS for name in names))
    return sorted(WEEKDAYS.index(name) for name in names)


def _nths(text: str) -> list[tuple[int, int]]:
    found = [_NTH_WEEKDAY.fullmatch(part) for part in text.split(",")]
    nths = [(int(match[1]), match[2]) for match in found if match]
    _require(len(nths) == len(found))
    _require(all(name in WEEKDAYS for _, name in nths))
    return [(week, WEEKDAYS.index(name)) for week, name in nths]


def _number(text: str) -> int:
    _require(_NUMBER.fullmatch(text) is not None)
    return int(text)


def _require(is_readable: bool) -> None:
    if not is_readable:
        raise _unreadable()


def _unreadable() -> Refusal:
    return Refusal(
        msg(
            "Calendar programs read this rule differently. Choose weekly, monthly by weekday, monthly by day,"
            " or the last workday."
        ),
        field="rule",
    )


def _listed(weekdays: Iterable[int]) -> str:
    return ",".join(WEEKDAYS[day] for day in weekdays)
