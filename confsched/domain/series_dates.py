"""What becomes of the dates that a rule gives: public holidays, and dates moved away from their series."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from confsched.clock import local_day
from confsched.domain.intervals import Span
from confsched.domain.kinds import HolidayRule
from confsched.domain.recurrence import WORKDAYS

# A date that finds no workday so near is skipped: nobody looks for a conference weeks away from its day.
MAX_HOLIDAY_MOVE_DAYS = 7


@dataclass(frozen=True)
class PlannedDate:
    """Hold one date of a series: the day its rule gives, and the day it is held on; None: skipped."""

    occurs_on: date
    held_on: date | None


def apply_holidays(
    days: Sequence[date], rule: HolidayRule, is_holiday: Callable[[date], bool]
) -> list[PlannedDate]:
    """Return what becomes of each day of a rule, in order.

    A moved date goes to the next workday, else to the one before; it stays strictly between its neighbours,
    as calendars lose a date that passes them. Without such a day it is skipped.
    """
    planned: list[PlannedDate] = []
    for number, day in enumerate(days):
        held_on: date | None = day
        if rule is not HolidayRule.KEEP and is_holiday(day):
            held_on = None
            if rule is HolidayRule.MOVE:
                held_on = _moved(day, _last_held(planned), days[number + 1 :], is_holiday)
        planned.append(PlannedDate(day, held_on))
    return planned


def _last_held(planned: Iterable[PlannedDate]) -> date:
    return max((one.held_on for one in planned if one.held_on), default=date.min)


def _moved(day: date, former: date, later: Sequence[date], is_holiday: Callable[[date], bool]) -> date | None:
    following = later[0] if later else date.max
    ahead = [day + timedelta(days=number) for number in range(1, MAX_HOLIDAY_MOVE_DAYS + 1)]
    behind = [day - timedelta(days=number) for number in range(1, MAX_HOLIDAY_MOVE_DAYS + 1)]
    free = (
        one
        for one in (*ahead, *behind)
        if former < one < following and one.weekday() in WORKDAYS and not is_holiday(one)
    )
    return next(free, None)


def stays_in_series(span: Span, former: Span | None, following: Span | None, zone: str) -> bool:
    """Tell whether a moved date may stay an instance of its series.

    `former` and `following` are the nearest dates of the series that are held, where they stand now. Exchange
    drops a date that passes a neighbour, shares its day or overlaps it; such a date leaves the series and
    becomes an event of its own.
    """
    first, last = _days_of(span, zone)
    is_after = former is None or (former.ends_at <= span.starts_at and _days_of(former, zone)[1] < first)
    is_before = following is None or (
        span.ends_at <= following.starts_at and last < _days_of(following, zone)[0]
    )
    return is_after and is_before


def _days_of(span: Span, zone: str) -> tuple[date, date]:
    """Return the first and the last local day of a span; an end at midnight belongs to the day before."""
    return local_day(span.starts_at, zone), local_day(span.ends_at - timedelta(microseconds=1), zone)
