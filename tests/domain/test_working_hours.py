"""Weekly hours become spans, on ordinary days, holidays and clock-change nights."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from dateutil import rrule  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span, subtract
from confsched.domain.working_hours import WorkingHours, alike_within, working_spans

ZONE = "Europe/Berlin"
MONDAY, FRIDAY, SATURDAY = 0, 4, 5


def hours(weekday: int, starts: str, ends: str, **changes: date | str | int | None) -> WorkingHours:
    facts: dict[str, object] = {"valid_from": date(2026, 1, 1), "valid_until": None, "zone": ZONE, **changes}
    return WorkingHours(weekday, time.fromisoformat(starts), time.fromisoformat(ends), **facts)  # type: ignore[arg-type]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(starts_at: str, ends_at: str) -> Span:
    return Span(utc(starts_at), utc(ends_at))


def never(_: date) -> bool:
    return False


def test_hours_keep_their_local_time_across_both_clock_changes() -> None:
    """Covers PEER_FAILURES 12 and 14."""
    monday = hours(MONDAY, "08:00", "16:00")
    assert working_spans([monday], span("2026-03-23 00:00", "2026-03-31 00:00"), never) == [
        span("2026-03-23 07:00", "2026-03-23 15:00"),
        span("2026-03-30 06:00", "2026-03-30 14:00"),
    ]
    assert working_spans([monday], span("2026-10-19 00:00", "2026-10-27 00:00"), never) == [
        span("2026-10-19 06:00", "2026-10-19 14:00"),
        span("2026-10-26 07:00", "2026-10-26 15:00"),
    ]


def test_a_night_over_the_clock_change_has_the_hours_that_pass() -> None:
    """Covers PEER_FAILURES 13."""
    night = hours(SATURDAY, "22:00", "06:00")
    spring = working_spans([night], span("2026-03-28 00:00", "2026-03-30 00:00"), never)
    autumn = working_spans([night], span("2026-10-24 00:00", "2026-10-26 00:00"), never)
    assert [part.duration for part in spring] == [timedelta(hours=7)]
    assert [part.duration for part in autumn] == [timedelta(hours=9)]


def test_a_night_that_began_before_the_window_is_not_lost() -> None:
    """Covers PEER_FAILURES 17."""
    night = hours(FRIDAY, "22:00", "06:00")
    window = span("2026-06-06 00:00", "2026-06-06 12:00")
    assert working_spans([night], window, never) == [span("2026-06-06 00:00", "2026-06-06 04:00")]


def test_equal_times_are_a_whole_day() -> None:
    whole = hours(SATURDAY, "00:00", "00:00")
    found = working_spans([whole], span("2026-10-23 00:00", "2026-10-27 00:00"), never)
    assert found == [span("2026-10-23 22:00", "2026-10-24 22:00")]


def test_hours_inside_the_skipped_hour_do_not_exist_that_night() -> None:
    sunday = hours(6, "02:30", "03:00")
    assert working_spans([sunday], span("2026-03-28 00:00", "2026-03-30 00:00"), never) == []


def test_public_holidays_are_not_worked() -> None:
    epiphany = hours(1, "08:00", "16:00")
    window = span("2026-01-06 00:00", "2026-01-07 00:00")
    assert working_spans([epiphany], window, lambda day: is_public_holiday(day, "DE-ST")) == []
    assert working_spans([epiphany], window, lambda day: is_public_holiday(day, "DE-NI")) == [
        span("2026-01-06 07:00", "2026-01-06 15:00")
    ]


def test_a_night_counts_for_the_day_on_which_it_starts() -> None:
    def only_saturday(day: date) -> bool:
        return day == date(2026, 6, 6)

    window = span("2026-06-05 00:00", "2026-06-08 00:00")
    assert working_spans([hours(SATURDAY, "22:00", "06:00")], window, only_saturday) == []
    assert working_spans([hours(FRIDAY, "22:00", "06:00")], window, only_saturday) == [
        span("2026-06-05 20:00", "2026-06-06 04:00")
    ]


def test_hours_hold_on_the_first_and_on_the_last_day_they_are_valid() -> None:
    monday = hours(MONDAY, "08:00", "09:00", valid_from=date(2026, 6, 8), valid_until=date(2026, 6, 15))
    found = working_spans([monday], span("2026-06-01 00:00", "2026-06-30 00:00"), never)
    assert [clock.local_day(part.starts_at, ZONE) for part in found] == [date(2026, 6, 8), date(2026, 6, 15)]


def test_an_absence_from_friday_to_monday_takes_the_whole_saturday() -> None:
    """Covers PEER_FAILURES 16."""
    rules = [hours(weekday, "08:00", "20:00") for weekday in (FRIDAY, SATURDAY, MONDAY)]
    worked = working_spans(rules, span("2026-06-05 00:00", "2026-06-09 00:00"), never)
    absence = span("2026-06-05 16:00", "2026-06-08 06:00")
    assert subtract(worked, [absence]) == [
        span("2026-06-05 06:00", "2026-06-05 16:00"),
        span("2026-06-08 06:00", "2026-06-08 18:00"),
    ]


def test_touching_and_overlapping_hours_are_joined() -> None:
    rules = [
        hours(MONDAY, "12:00", "16:00"),
        hours(MONDAY, "08:00", "12:00"),
        hours(MONDAY, "09:00", "10:00"),
    ]
    found = working_spans(rules, span("2026-06-08 00:00", "2026-06-09 00:00"), never)
    assert found == [span("2026-06-08 06:00", "2026-06-08 14:00")]


def test_a_site_in_another_zone_keeps_its_own_clock() -> None:
    """Covers PEER_FAILURES 15."""
    far = hours(MONDAY, "08:00", "09:00", zone="Pacific/Auckland")
    found = working_spans([far], span("2026-06-01 00:00", "2026-06-08 00:00"), never)
    assert found == [span("2026-06-07 20:00", "2026-06-07 21:00")]


def days_of(rule: WorkingHours, first: str, last: str) -> list[str]:
    """Return the local days, month and day, on which the hours of a rule start."""
    worked = working_spans([rule], span(f"{first} 00:00", f"{last} 00:00"), never)
    return [f"{clock.local_day(part.starts_at, ZONE):%m-%d}" for part in worked]


TUESDAY = 1
MONTHLY = [
    (1, "2026-01-01", "2026-04-01", ["01-06", "02-03", "03-03"]),
    (2, "2026-01-01", "2026-04-01", ["01-13", "02-10", "03-10"]),
    (5, "2026-01-01", "2026-07-01", ["03-31", "06-30"]),
    (-1, "2026-01-01", "2026-04-01", ["01-27", "02-24", "03-31"]),
    (-1, "2026-12-01", "2027-02-01", ["12-29", "01-26"]),
]


@pytest.mark.parametrize(("ordinal", "first", "last", "days"), MONTHLY)
def test_hours_come_on_the_same_tuesday_of_each_month(
    ordinal: int, first: str, last: str, days: list[str]
) -> None:
    """Covers PEER_FAILURES 18: the days are those that a calendar file would name."""
    assert days_of(hours(TUESDAY, "08:00", "16:00", ordinal=ordinal), first, last) == days
    assert _by_the_calendar(TUESDAY, ordinal, first, last) == days


def _by_the_calendar(weekday: int, ordinal: int, first: str, last: str) -> list[str]:
    """Ask the rule that a calendar file would carry."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    byday = rrule.weekday(weekday, ordinal)
    until = datetime.combine(end - timedelta(days=1), time())
    return [
        f"{day:%m-%d}"
        for day in rrule.rrule(
            rrule.MONTHLY, byweekday=byday, dtstart=datetime.combine(begin, time()), until=until
        )
    ]


FLOATING = [
    (2, "2026-01-01", ["01-13", "01-27", "02-10"]),  # a Thursday: the Tuesday of its week has passed
    (2, "2025-12-29", ["01-13", "01-27", "02-10"]),  # a Monday: its own Tuesday is last year's 30 December
    (2, "2026-01-06", ["01-06", "01-20", "02-03", "02-17"]),
    (3, "2026-01-11", ["01-27", "02-17"]),
    (2, "2020-12-29", ["01-06", "01-20", "02-03", "02-17"]),  # week 53, and week 1 comes seven days later
]


@pytest.mark.parametrize(("every_weeks", "valid_from", "days"), FLOATING)
def test_floating_weeks_count_from_the_week_in_which_the_hours_began(
    every_weeks: int, valid_from: str, days: list[str]
) -> None:
    rule = hours(
        TUESDAY, "08:00", "16:00", every_weeks=every_weeks, valid_from=date.fromisoformat(valid_from)
    )
    assert days_of(rule, "2026-01-01", "2026-02-20") == days


def test_floating_weeks_end_with_their_validity() -> None:
    rule = hours(
        TUESDAY,
        "08:00",
        "16:00",
        every_weeks=2,
        valid_from=date(2026, 1, 6),
        valid_until=date(2026, 2, 3),
    )
    assert days_of(rule, "2026-01-01", "2026-03-01") == ["01-06", "01-20", "02-03"]


@pytest.mark.parametrize(
    ("rhythm", "first", "lasting"),
    [
        ({"ordinal": -1}, "2026-03-27", 7),
        ({"ordinal": 4}, "2026-03-27", 7),
        ({"ordinal": 4}, "2026-10-23", 9),
        ({"every_weeks": 2, "valid_from": date(2026, 3, 28)}, "2026-03-27", 7),
        ({"every_weeks": 2, "valid_from": date(2026, 10, 10)}, "2026-10-23", 9),
    ],
)
def test_a_floating_night_over_the_clock_change_has_the_hours_that_pass(
    rhythm: dict[str, int | date], first: str, lasting: int
) -> None:
    """Covers PEER_FAILURES 12, 13 and 19: wall-clock hours on both nights, in any rhythm."""
    night = hours(SATURDAY, "22:00", "06:00", **rhythm)
    begin = utc(f"{first} 00:00")
    [worked] = working_spans([night], Span(begin, begin + timedelta(days=4)), never)
    assert worked.duration == timedelta(hours=lasting)
    assert clock.to_local(worked.starts_at, ZONE).time() == time(22)


def test_a_monthly_day_on_a_public_holiday_is_not_made_up_for() -> None:
    first_thursday = hours(3, "08:00", "16:00", ordinal=1)
    window = span("2026-01-01 00:00", "2026-02-28 00:00")
    worked = working_spans([first_thursday], window, lambda day: is_public_holiday(day, "DE-NI"))
    assert [clock.local_day(part.starts_at, ZONE) for part in worked] == [date(2026, 2, 5)]


@settings(deadline=None)
@given(
    begins=st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    lasting=st.none() | st.integers(0, 400),
    rhythm=st.sampled_from([{}, {"ordinal": 2}, {"ordinal": -1}, {"every_weeks": 2}, {"every_weeks": 5}]),
    offset_days=st.integers(0, 365),
)
def test_a_rule_narrowed_to_a_window_says_the_same_there(
    begins: date, lasting: int | None, rhythm: dict[str, int], offset_days: int
) -> None:
    until = None if lasting is None else begins + timedelta(days=lasting)
    rule = hours(SATURDAY, "22:00", "06:00", valid_from=begins, valid_until=until, **rhythm)
    begin = datetime(2026, 1, 1, 3, tzinfo=UTC) + timedelta(days=offset_days)
    window = Span(begin, begin + timedelta(weeks=12))
    narrowed = alike_within(rule, window)
    assert working_spans([narrowed], window, never) == working_spans([rule], window, never)


def test_rules_that_differ_only_in_a_past_beginning_are_equal_within_a_window() -> None:
    window = span("2026-06-01 00:00", "2026-08-24 00:00")
    beginnings = [date(2025, 1, 1), date(2025, 3, 5), date(2026, 5, 1)]
    assert (
        len({alike_within(hours(MONDAY, "08:00", "16:00", valid_from=day), window) for day in beginnings})
        == 1
    )
    floating = [
        hours(MONDAY, "08:00", "16:00", every_weeks=2, valid_from=day)
        for day in (date(2026, 1, 5), date(2026, 1, 21), date(2026, 1, 12))
    ]
    first, same, other = (alike_within(rule, window) for rule in floating)
    assert first == same != other


@settings(deadline=None)
@given(
    weekday=st.integers(0, 6),
    starts=st.times(),
    ends=st.times(),
    offset_hours=st.integers(0, 24 * 365),
    length_hours=st.integers(1, 24 * 21),
)
def test_a_minute_is_worked_just_when_the_local_clock_says_so(
    weekday: int, starts: time, ends: time, offset_hours: int, length_hours: int
) -> None:
    starts, ends = starts.replace(second=0, microsecond=0), ends.replace(second=0, microsecond=0)
    rule = WorkingHours(weekday, starts, ends, date(2025, 1, 1), None, ZONE)
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=offset_hours)
    window = Span(begin, begin + timedelta(hours=length_hours))
    worked = working_spans([rule], window, never)
    assert all(window.covers(part) for part in worked)
    for hour in range(length_hours):
        instant = begin + timedelta(hours=hour)
        if _is_changing(instant):
            continue
        assert any(part.contains(instant) for part in worked) == _says_the_clock(rule, instant)


def _is_changing(instant: datetime) -> bool:
    """Leave out the days around a clock change: tables above cover them."""
    before, after = clock.to_local(instant - timedelta(days=1), ZONE), clock.to_local(instant, ZONE)
    return before.utcoffset() != after.utcoffset()


def _says_the_clock(rule: WorkingHours, instant: datetime) -> bool:
    local = clock.to_local(instant, ZONE)
    today, at = local.weekday() == rule.weekday, local.time()
    if rule.ends > rule.starts:
        return today and rule.starts <= at < rule.ends
    yesterday = (local.weekday() - 1) % 7 == rule.weekday
    return (today and at >= rule.starts) or (yesterday and at < rule.ends)
