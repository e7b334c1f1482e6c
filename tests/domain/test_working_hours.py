"""Weekly hours become spans, on ordinary days, holidays and clock-change nights."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span, subtract
from confsched.domain.working_hours import WorkingHours, working_spans

ZONE = "Europe/Berlin"
MONDAY, FRIDAY, SATURDAY = 0, 4, 5


def hours(weekday: int, starts: str, ends: str, **changes: date | str | None) -> WorkingHours:
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
