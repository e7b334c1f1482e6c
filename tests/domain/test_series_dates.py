"""Dates of series: what holidays do to them, and how far a date may be moved and still belong."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain.intervals import Span
from confsched.domain.kinds import HolidayRule
from confsched.domain.series_dates import PlannedDate, apply_holidays, stays_in_series

BERLIN = "Europe/Berlin"
KEEP, MOVE, SKIP = HolidayRule.KEEP, HolidayRule.MOVE, HolidayRule.SKIP
HOLIDAYS = {
    *(date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 14)),
    *(date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)),
}
THURSDAYS = [date(2026, 5, 7), date(2026, 5, 14), date(2026, 5, 21)]
FRIDAYS = [date(2026, 12, 18), date(2026, 12, 25), date(2027, 1, 1)]

# Days of the rule, what holidays do, and the days held ("" for a skipped one).
TABLE = {
    "kept": (THURSDAYS, KEEP, ["2026-05-07", "2026-05-14", "2026-05-21"]),
    "skipped": (THURSDAYS, SKIP, ["2026-05-07", "", "2026-05-21"]),
    "moved to the day after": (THURSDAYS, MOVE, ["2026-05-07", "2026-05-15", "2026-05-21"]),
    "moved over a weekend": (FRIDAYS, MOVE, ["2026-12-18", "2026-12-28", "2027-01-04"]),
    "moved over Easter": ([date(2026, 4, 3)], MOVE, ["2026-04-07"]),
    "moved to the day before where the day after is a date": (
        *([date(2026, 5, 12), date(2026, 5, 14), date(2026, 5, 15)], MOVE),
        ["2026-05-12", "2026-05-13", "2026-05-15"],
    ),
    "skipped between two dates": (
        *([date(2026, 5, 13), date(2026, 5, 14), date(2026, 5, 15)], MOVE),
        ["2026-05-13", "", "2026-05-15"],
    ),
}


def is_holiday(day: date) -> bool:
    return day in HOLIDAYS


@pytest.mark.parametrize("name", TABLE)
def test_a_date_on_a_holiday_is(name: str) -> None:
    days, rule, held = TABLE[name]
    planned = apply_holidays(days, rule, is_holiday)
    assert [one.occurs_on for one in planned] == days
    assert [one.held_on.isoformat() if one.held_on else "" for one in planned] == held


@given(
    st.sets(st.dates(date(2026, 12, 1), date(2027, 1, 31)), max_size=20),
    st.sets(st.dates(date(2026, 12, 1), date(2027, 1, 31)), max_size=20),
    st.sampled_from(HolidayRule),
)
def test_held_dates_stay_in_order_and_off_holidays(
    days: set[date], holidays: set[date], rule: HolidayRule
) -> None:
    planned = apply_holidays(sorted(days), rule, holidays.__contains__)
    held = [one.held_on for one in planned if one.held_on]
    assert held == sorted(set(held))
    assert rule is KEEP or not holidays & set(held)
    ordinary = [PlannedDate(day, day) for day in sorted(days - holidays)]
    assert [one for one in planned if one.occurs_on not in holidays] == ordinary


def span(day: int, hour: int, minutes: int = 60, *, month: int = 12) -> Span:
    starts_at = datetime(2026, month, day, hour, tzinfo=UTC)
    return Span(starts_at, starts_at + timedelta(minutes=minutes))


# The date between Thursday 3 and Thursday 17 December 2026, 15:00 in Berlin.
FORMER, FOLLOWING = span(3, 14), span(17, 14)
MOVES = {
    "to another hour of its day": (span(10, 7), True),
    "to the day after its neighbour": (span(4, 7), True),
    "to the day before its neighbour": (span(16, 20), True),
    "onto the day of the former one": (span(3, 18), False),
    "onto the day of the following one": (span(17, 7), False),
    "over the former one": (span(3, 14), False),
    "into the following one": (span(17, 14, 30), False),
    "past the former one": (span(2, 14), False),
    "past the following one": (span(18, 14), False),
    "up to midnight before the following day": (span(16, 22), True),
    "over midnight into the following day": (span(16, 22, 120), False),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_date_moved_belongs_to_its_series_or_leaves_it(name: str) -> None:
    """Bad input: a moved instance over its neighbour leaves the series, as calendars would lose it."""
    moved, stays = MOVES[name]
    assert stays_in_series(moved, FORMER, FOLLOWING, BERLIN) is stays


@pytest.mark.parametrize("moved", [span(1, 7, month=1), span(30, 7)])
def test_the_only_date_may_go_anywhere(moved: Span) -> None:
    assert stays_in_series(moved, None, None, BERLIN)


@pytest.mark.parametrize(("month", "day"), [(3, 28), (10, 24)], ids=["spring", "autumn"])
def test_days_are_counted_by_the_wall_on_the_nights_of_clock_changes(month: int, day: int) -> None:
    midnight = {3: 23, 10: 22}[month]
    evening = span(day, midnight - 1, month=month)
    after_midnight = span(day, midnight, month=month)
    assert stays_in_series(after_midnight, evening, None, BERLIN)
    assert not stays_in_series(after_midnight, after_midnight, None, BERLIN)
    assert stays_in_series(evening, None, after_midnight, BERLIN)
