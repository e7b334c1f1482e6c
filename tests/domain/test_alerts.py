"""Quiet hours by the clock on the wall, which ways are used at once, and when a try is repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.clock import to_local
from confsched.domain.alerts import GIVE_UP_AFTER, Life, chosen, in_order, is_quiet, retry_at
from confsched.domain.kinds import AlertPurpose
from tests.world import NOW, ZONE

TIMES = st.none() | st.times()


@dataclass(frozen=True)
class Way:
    quiet_from: time | None = None
    quiet_until: time | None = None
    failed_at: datetime | None = None


NIGHT, SIESTA, ALWAYS = Way(time(22), time(6)), Way(time(13), time(15)), Way()


@pytest.mark.parametrize(
    ("way", "at", "is_it"),
    [
        (ALWAYS, time(3), False),
        (NIGHT, time(21, 59), False),
        (NIGHT, time(22), True),
        (NIGHT, time(0), True),
        (NIGHT, time(5, 59), True),
        (NIGHT, time(6), False),
        (SIESTA, time(13), True),
        (SIESTA, time(15), False),
        (SIESTA, time(3), False),
    ],
)
def test_quiet_hours_may_run_over_midnight_and_end_before_their_end(way: Way, at: time, is_it: bool) -> None:
    assert is_quiet(way, at) is is_it


@pytest.mark.parametrize(
    ("at", "is_it"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), True),  # 01:59, then 03:00
        (datetime(2026, 3, 29, 3, 59, tzinfo=UTC), True),  # 05:59
        (datetime(2026, 3, 29, 4, 0, tzinfo=UTC), False),  # 06:00
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True),  # 02:30, the first of two
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), True),  # 02:30, the second
        (datetime(2026, 10, 25, 4, 59, tzinfo=UTC), True),  # 05:59
        (datetime(2026, 10, 25, 5, 0, tzinfo=UTC), False),  # 06:00
    ],
)
def test_quiet_hours_are_those_of_the_wall_in_both_nights_of_the_clock_change(
    at: datetime, is_it: bool
) -> None:
    assert is_quiet(NIGHT, to_local(at, ZONE).time()) is is_it


@given(ways=st.lists(st.builds(Way, TIMES, TIMES, st.none() | st.just(NOW)), min_size=1), at=st.times())
def test_somebody_with_a_way_is_always_alerted_and_nothing_works_that_is_left_out(
    ways: list[Way], at: time
) -> None:
    used = chosen(in_order(ways, at), at)
    assert used
    left_out = [way for way in ways if way not in used]
    assert all(is_quiet(way, at) for way in left_out)
    assert not left_out or any(way.failed_at is None for way in used)


def test_tries_come_later_and_later_up_to_a_minute() -> None:
    waits = [int((retry_at(count, NOW) - NOW).total_seconds()) for count in range(1, 9)]
    assert waits == [5, 10, 20, 40, 60, 60, 60, 60]


@pytest.mark.parametrize("purpose", list(AlertPurpose))
def test_an_alert_is_given_up_when_it_helps_nobody_any_more(purpose: AlertPurpose) -> None:
    life, whole = Life(purpose, NOW), GIVE_UP_AFTER[purpose]
    assert not life.is_over(NOW + whole - timedelta(seconds=1))
    assert life.is_over(NOW + whole)
