"""Gaps in the cover of a line, by the minute."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.coverage import (
    Cover,
    DayCell,
    DayState,
    Holes,
    day_cells,
    days_ahead,
    find_holes,
    gaps,
    minutes_by_day,
    required_spans,
    runs,
)
from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span, merge
from confsched.domain.rosters import duty_span

BASE = datetime(2026, 6, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BERLIN = "Europe/Berlin"
ROUND_THE_CLOCK = Cover(time(0), time(0), False, BERLIN)


def minutes(first: float, last: float) -> Span:
    return Span(BASE + first * MINUTE, BASE + last * MINUTE)


def test_a_line_without_anybody_is_one_visible_gap() -> None:
    """Covers PEER_FAILURES 32."""
    assert gaps([], [minutes(0, 60)], minutes(-60, 120)) == [minutes(0, 60)]


def test_a_minute_between_two_duties_is_found() -> None:
    duties = [minutes(0, 30), minutes(31, 60)]
    assert gaps(duties, [minutes(0, 60)], minutes(0, 60)) == [minutes(30, 31)]


def test_duties_that_touch_leave_no_gap() -> None:
    assert gaps([minutes(30, 60), minutes(0, 30)], [minutes(0, 60)], minutes(0, 60)) == []


def test_a_declared_gap_is_no_alarm_and_the_rest_of_the_hole_is() -> None:
    found = gaps([minutes(0, 10)], [minutes(0, 60)], minutes(0, 60), declared=[minutes(20, 60)])
    assert found == [minutes(10, 20)]


def test_time_that_nobody_requires_is_no_gap() -> None:
    assert gaps([], [minutes(0, 10), minutes(50, 90)], minutes(5, 60)) == [minutes(5, 10), minutes(50, 60)]


def test_a_minute_covered_in_part_counts_as_a_gap() -> None:
    assert gaps([minutes(0, 30.5)], [minutes(0, 60)], minutes(0, 60)) == [minutes(30, 60)]


def test_two_holes_in_one_minute_are_one_gap() -> None:
    duties = [minutes(0, 30.2), minutes(30.4, 30.6), minutes(30.8, 60)]
    assert gaps(duties, [minutes(0, 60)], minutes(0, 60)) == [minutes(30, 31)]


def test_day_and_night_duties_leave_no_gap_on_either_clock_change_night() -> None:
    """Covers PEER_FAILURES 13."""
    for first in (date(2026, 3, 27), date(2026, 10, 23)):
        days = [first + timedelta(days=offset) for offset in range(4)]
        duties = [duty_span(day, time(6), time(22), "Europe/Berlin") for day in days]
        duties += [duty_span(day, time(22), time(6), "Europe/Berlin") for day in days]
        window = Span(min(duties).starts_at, max(duties).ends_at)
        assert gaps(duties, [window], window) == []


SPANS = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 90)).map(lambda pair: minutes(pair[0], sum(pair))),
    max_size=8,
)


@settings(deadline=None)
@given(duties=SPANS, required=SPANS, declared=SPANS)
def test_a_minute_is_a_gap_just_when_it_is_required_and_neither_covered_nor_declared(
    duties: list[Span], required: list[Span], declared: list[Span]
) -> None:
    window = minutes(20, 180)
    found = gaps(duties, required, window, declared=declared)
    for offset in range(300):
        instant = BASE + offset * MINUTE
        open_minute = window.contains(instant) and any(span.contains(instant) for span in required)
        taken = any(span.contains(instant) for span in (*duties, *declared))
        assert any(span.contains(instant) for span in found) == (open_minute and not taken)
    assert all(one.ends_at < other.starts_at for one, other in pairwise(found))


def test_a_declared_gap_is_shown_as_intended_and_what_is_half_declared_is_a_gap() -> None:
    window = minutes(0, 60)
    found = find_holes([(BASE, BASE + 10 * MINUTE)], [window], window, declared=[minutes(20.5, 60)])

    assert found == Holes((minutes(10, 21),), (minutes(21, 60),))


def test_a_declared_gap_that_somebody_holds_after_all_is_covered() -> None:
    window = minutes(0, 60)
    held = [(window.starts_at, window.ends_at)]

    assert find_holes(held, [window], window, declared=[minutes(20, 40)]) == Holes(())


@settings(deadline=None, max_examples=60)
@given(duties=SPANS, required=SPANS, declared=SPANS)
def test_no_open_minute_is_lost_between_gaps_intended_gaps_and_days(
    duties: list[Span], required: list[Span], declared: list[Span]
) -> None:
    """Covers PEER_FAILURES 32: each required minute is held, a gap, or intended, and stands in its day."""
    window = minutes(20, 180)
    days = [minutes(20, 75), minutes(75, 76), minutes(76, 180)]
    wanted = merge(required)
    bounds = sorted((duty.starts_at, duty.ends_at) for duty in duties)
    found = find_holes(bounds, wanted, window, declared=declared)

    for offset in range(20, 180):
        at = BASE + offset * MINUTE
        is_needed, is_held = _within(wanted, at), _within(duties, at)
        assert _within(found.gaps, at) == (is_needed and not is_held and not _within(declared, at))
        assert _within(found.intended, at) == (is_needed and not is_held and _within(declared, at))
    cells = day_cells(found, wanted, days)
    assert [cell.gap_minutes for cell in cells] == [
        sum(_within(found.gaps, day.starts_at + n * MINUTE) for n in range(day.duration // MINUTE))
        for day in days
    ]


def _within(spans: Iterable[Span], at: datetime) -> bool:
    return any(span.contains(at) for span in spans)


@pytest.mark.parametrize(
    ("first", "hours"), [(date(2026, 3, 28), [24, 23, 24]), (date(2026, 10, 24), [24, 25, 24])]
)
def test_a_day_of_the_clock_change_has_its_own_length(first: date, hours: list[int]) -> None:
    """Covers PEER_FAILURES 13."""
    days = days_ahead(first, 3, BERLIN, clock.start_of_day(first, BERLIN))
    required = required_spans(ROUND_THE_CLOCK, Span(days[0].starts_at, days[-1].ends_at), lambda _day: False)

    cells = day_cells(Holes(tuple(required)), required, days)

    assert [cell.required_minutes for cell in cells] == [60 * length for length in hours]
    assert [cell.gap_minutes for cell in cells] == [60 * length for length in hours]


@pytest.mark.parametrize("change", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_night_that_ends_an_hour_early_on_the_clock_change_shows_in_the_day_of_the_site(
    change: date,
) -> None:
    """Covers PEER_FAILURES 13 and 15: the hour that is missing is found, and on the site's own day."""
    night = duty_span(change - timedelta(days=1), time(22), time(6), BERLIN)
    days = days_ahead(change - timedelta(days=1), 3, BERLIN, night.starts_at)
    held = [(night.starts_at, night.ends_at - timedelta(hours=1))]

    found = find_holes(held, [night], Span(night.starts_at, days[-1].ends_at))

    assert found.gaps == (Span(night.ends_at - timedelta(hours=1), night.ends_at),)
    assert minutes_by_day(found.gaps, days) == [0, 60, 0]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/London", "Asia/Tokyo", "America/New_York"])
def test_the_days_of_any_zone_leave_no_minute_out(zone: str) -> None:
    now = datetime(2026, 10, 24, 22, 30, 30, tzinfo=UTC)  # Sunday 00:30 in Berlin

    days = days_ahead(date(2026, 10, 25), 4, zone, now)

    assert days[0].starts_at == now.replace(second=0)
    assert all(one.ends_at == other.starts_at for one, other in pairwise(days))
    assert days[-1].ends_at == clock.start_of_day(date(2026, 10, 29), zone)


@pytest.mark.parametrize(
    ("cell", "state", "percent", "is_mostly_open"),
    [
        (DayCell(1440, 0, 0), DayState.COVERED, 100, False),
        (DayCell(1440, 1, 0), DayState.GAP, 99, False),
        (DayCell(1440, 1440, 0), DayState.GAP, 0, True),
        (DayCell(1440, 60, 720), DayState.GAP, 45, True),
        (DayCell(600, 0, 600), DayState.INTENDED, 0, False),
        (DayCell(0, 0, 0), DayState.NOT_REQUIRED, 100, False),
    ],
)
def test_a_day_is_as_good_as_its_worst_minute(
    cell: DayCell, state: DayState, percent: int, is_mostly_open: bool
) -> None:
    assert (cell.state, cell.covered_percent, cell.is_mostly_open) == (state, percent, is_mostly_open)


def test_days_that_look_alike_are_one_run_and_none_is_lost() -> None:
    whole, hole, none = DayCell(1440, 0, 0), DayCell(1440, 30, 0), DayCell(0, 0, 0)

    found = runs([whole, whole, hole, none, none, whole])

    assert [(run.first, run.days, run.cell) for run in found] == [
        (0, 2, whole),
        (2, 1, hole),
        (3, 2, none),
        (5, 1, whole),
    ]


def test_workdays_leave_out_weekends_and_the_holidays_of_the_site() -> None:
    days = days_ahead(date(2027, 1, 4), 7, BERLIN, clock.start_of_day(date(2027, 1, 4), BERLIN))
    window = Span(days[0].starts_at, days[-1].ends_at)
    cover = Cover(time(8), time(16), True, BERLIN)

    def required(state: str) -> list[int]:
        spans = required_spans(cover, window, lambda day: is_public_holiday(day, state))
        return [minutes // 60 for minutes in minutes_by_day(spans, days)]

    assert required("DE-ST") == [8, 8, 0, 8, 8, 0, 0]  # 6 January is a holiday there
    assert required("DE-NI") == [8, 8, 8, 8, 8, 0, 0]
