"""Gaps in the cover of a line, by the minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.coverage import gaps
from confsched.domain.intervals import Span
from confsched.domain.rosters import duty_span

BASE = datetime(2026, 6, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


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
