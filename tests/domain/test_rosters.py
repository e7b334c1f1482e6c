"""Duties over midnight and clock changes, what was known when, and rotations."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.intervals import Span
from confsched.domain.rosters import (
    DutyFact,
    Rotation,
    as_known_at,
    belongs_to_day,
    duty_span,
    find_turn,
    list_turns,
    next_on,
    rotation_span,
    who_is_on,
)
from confsched.errors import Refusal

ZONE = "Europe/Berlin"
LINE = UUID(int=1)
ANNA, BORIS, CEM = UUID(int=11), UUID(int=12), UUID(int=13)
PUBLISHED = datetime(2025, 12, 1, tzinfo=UTC)
NORTH, SOUTH, EAST = UUID(int=21), UUID(int=22), UUID(int=23)
# 1 June 2026 is a Monday.
HUBS = Rotation(date(2026, 6, 1), (NORTH, SOUTH, EAST), ZONE)


def local(text: str) -> datetime:
    wanted = datetime.fromisoformat(text)
    return clock.to_instant(wanted.date(), wanted.time(), ZONE)


def duty(
    person: UUID,
    starts_at: str,
    ends_at: str,
    recorded_at: datetime = PUBLISHED,
    superseded_at: datetime | None = None,
) -> DutyFact:
    return DutyFact(LINE, person, Span(local(starts_at), local(ends_at)), recorded_at, superseded_at)


@pytest.mark.parametrize(
    ("day", "starts", "ends", "hours"),
    [
        pytest.param(date(2026, 6, 1), time(8), time(16), 8, id="a day duty"),
        pytest.param(date(2026, 6, 1), time(22), time(6), 8, id="over midnight"),
        pytest.param(date(2026, 6, 1), time(8), time(8), 24, id="equal times are 24 h"),
        pytest.param(date(2026, 6, 1), time(16), time(0), 8, id="until midnight"),
        pytest.param(date(2026, 3, 28), time(22), time(6), 7, id="the night of March"),
        pytest.param(date(2026, 10, 24), time(22), time(6), 9, id="the night of October"),
        pytest.param(date(2026, 3, 28), time(8), time(8), 23, id="24 h over the March change"),
        pytest.param(date(2026, 10, 24), time(8), time(8), 25, id="24 h over the October change"),
        pytest.param(date(2026, 3, 29), time(8), time(8), 24, id="24 h after the March change"),
    ],
)
def test_a_duty_lasts_the_hours_that_pass(day: date, starts: time, ends: time, hours: int) -> None:
    """Covers PEER_FAILURES 13."""
    span = duty_span(day, starts, ends, ZONE)
    assert span.duration == timedelta(hours=hours)
    assert span.starts_at == clock.to_instant(day, starts, ZONE)


@settings(deadline=None)
@given(day=st.dates(date(2026, 1, 1), date(2027, 12, 31)), at=st.times(), change=st.times())
def test_two_duties_that_share_a_wall_clock_time_leave_no_gap(day: date, at: time, change: time) -> None:
    """Covers PEER_FAILURES 13 and 17."""
    first, second = (at.replace(second=0, microsecond=0), change.replace(second=0, microsecond=0))
    if first.hour in (2, 3) or second.hour in (2, 3) or first == second:
        return
    one = duty_span(day, first, second, ZONE)
    other = duty_span(clock.local_day(one.ends_at, ZONE), second, first, ZONE)
    assert one.ends_at == other.starts_at


def test_a_duty_inside_the_skipped_hour_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        duty_span(date(2026, 3, 29), time(2, 30), time(3), ZONE)
    assert refusal.value.field == "ends"


def test_a_night_duty_belongs_to_its_start_date_in_the_roster_s_zone() -> None:
    """Covers PEER_FAILURES 15 and 17."""
    night = duty_span(date(2026, 10, 24), time(22), time(6), ZONE)
    assert belongs_to_day(night, ZONE) == date(2026, 10, 24)
    early = duty_span(date(2026, 6, 2), time(0, 30), time(8), ZONE)
    assert early.starts_at.date() == date(2026, 6, 1)
    assert belongs_to_day(early, ZONE) == date(2026, 6, 2)


def test_a_night_duty_is_on_after_midnight() -> None:
    """Covers PEER_FAILURES 17."""
    night = duty(ANNA, "2026-01-05 22:00", "2026-01-06 06:00")
    assert who_is_on([night], local("2026-01-06 03:10")) == [night]


def test_the_hand_over_has_no_instant_with_two_or_none() -> None:
    before = duty(ANNA, "2026-06-01 08:00", "2026-06-01 20:00")
    after = duty(BORIS, "2026-06-01 20:00", "2026-06-02 08:00")
    assert who_is_on([before, after], local("2026-06-01 20:00") - timedelta(microseconds=1)) == [before]
    assert who_is_on([before, after], local("2026-06-01 20:00")) == [after]


def test_the_past_is_answered_as_known_then_and_as_known_now() -> None:
    corrected_at = local("2026-01-09 10:00")
    planned = duty(ANNA, "2026-01-05 22:00", "2026-01-06 06:00", superseded_at=corrected_at)
    real = duty(BORIS, "2026-01-05 22:00", "2026-01-06 06:00", recorded_at=corrected_at)
    at = local("2026-01-06 03:10")
    assert who_is_on([planned, real], at) == [planned]
    assert who_is_on([planned, real], at, known_at=local("2026-02-01 00:00")) == [real]


def test_a_swap_accepted_a_minute_before_the_duty_counts_from_its_start() -> None:
    swapped_at = local("2026-06-01 21:59")
    given_away = duty(ANNA, "2026-06-01 22:00", "2026-06-02 06:00", superseded_at=swapped_at)
    taken = duty(BORIS, "2026-06-01 22:00", "2026-06-02 06:00", recorded_at=swapped_at)
    assert who_is_on([given_away, taken], local("2026-06-01 22:00")) == [taken]
    assert as_known_at([given_away, taken], swapped_at - timedelta(seconds=1)) == [given_away]
    assert as_known_at([given_away, taken], swapped_at) == [taken]


def test_nobody_is_on_in_a_gap() -> None:
    assert who_is_on([duty(ANNA, "2026-06-01 08:00", "2026-06-01 12:00")], local("2026-06-01 12:00")) == []


def test_parallel_duties_are_listed_longest_running_first() -> None:
    first = duty(CEM, "2026-06-01 08:00", "2026-06-01 20:00")
    second = duty(ANNA, "2026-06-01 13:00", "2026-06-01 18:00")
    assert who_is_on([second, first], local("2026-06-01 14:00")) == [first, second]


def test_the_next_on_are_all_who_start_next() -> None:
    now_on = duty(ANNA, "2026-06-01 08:00", "2026-06-01 20:00")
    next_one = duty(BORIS, "2026-06-01 20:00", "2026-06-02 08:00")
    parallel = duty(CEM, "2026-06-01 20:00", "2026-06-01 23:00")
    later = duty(ANNA, "2026-06-02 08:00", "2026-06-02 20:00")
    gone = duty(CEM, "2026-06-01 19:00", "2026-06-01 20:00", superseded_at=local("2026-05-01 00:00"))
    facts = [later, next_one, gone, now_on, parallel]
    assert next_on(facts, local("2026-06-01 12:00")) == [parallel, next_one]
    assert next_on(facts, local("2026-06-01 20:00")) == [later]
    assert next_on(facts, local("2026-06-03 00:00")) == []


def test_hubs_hand_over_on_monday_at_eight() -> None:
    hand_over = local("2026-06-08 08:00")
    before, after = find_turn(HUBS, hand_over - timedelta(seconds=1)), find_turn(HUBS, hand_over)
    assert before is not None
    assert after is not None
    assert (before.member_id, after.member_id) == (NORTH, SOUTH)
    assert before.span.ends_at == after.span.starts_at == hand_over


def test_the_rotation_comes_round_and_has_no_turn_before_it_begins() -> None:
    fourth = find_turn(HUBS, local("2026-06-22 08:00"))
    assert fourth is not None
    assert fourth.member_id == NORTH
    assert find_turn(HUBS, local("2026-06-01 07:59")) is None


@pytest.mark.parametrize(("starts_on", "hours"), [(date(2026, 3, 23), 167), (date(2026, 10, 19), 169)])
def test_a_week_with_a_clock_change_hands_over_at_eight_all_the_same(starts_on: date, hours: int) -> None:
    """Covers PEER_FAILURES 14."""
    span = rotation_span(Rotation(starts_on, (NORTH, SOUTH), ZONE), 0)
    assert span.duration == timedelta(hours=hours)
    assert clock.to_local(span.ends_at, ZONE).time() == time(8)


def test_the_turns_of_a_window_follow_each_other_without_a_gap() -> None:
    window = Span(local("2026-05-01 00:00"), local("2026-07-01 00:00"))
    turns = list_turns(HUBS, window)
    assert [turn.member_id for turn in turns] == [NORTH, SOUTH, EAST, NORTH, SOUTH]
    assert all(one.span.ends_at == two.span.starts_at for one, two in pairwise(turns))
    assert list_turns(HUBS, Span(local("2026-05-01 00:00"), local("2026-05-02 00:00"))) == []


@settings(deadline=None)
@given(
    instant=st.datetimes(datetime(2026, 1, 2), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    every_days=st.integers(1, 31),
    at=st.times(),
)
def test_every_instant_lies_in_the_turn_that_is_found_for_it(
    instant: datetime, every_days: int, at: time
) -> None:
    rotation = Rotation(date(2026, 1, 1), (NORTH, SOUTH, EAST), ZONE, every_days, at)
    turn = find_turn(rotation, instant)
    if turn is None:
        assert instant < rotation_span(rotation, 0).starts_at
        return
    assert turn.span.contains(instant)
