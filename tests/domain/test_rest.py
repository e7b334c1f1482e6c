"""Rest between the work of two days, what makes up for a short one, and work without rest."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from confsched.domain.duty_codes import PlannedDuty
from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType
from confsched.domain.rest import list_rests, list_shortened, list_stretches, rest_after
from confsched.domain.roster_rules import DutyRules
from tests.domain.held import (
    BACKGROUND,
    ICU,
    ON_CALL,
    REGULAR,
    STANDBY,
    day_shift,
    days_from,
    held,
    night,
    on_call,
)

RULES = DutyRules()
MONDAY = date(2026, 6, 1)
TUESDAY = date(2026, 6, 2)
HOUR = timedelta(hours=1)


def rest_hours(*duties: PlannedDuty) -> list[float]:
    return [rest.length / HOUR for rest in list_rests(duties)]


def test_eleven_elapsed_hours_of_rest_follow_a_duty_at_the_hospital() -> None:
    """PEER_FAILURES 13: the hours of rest pass on the clock-change nights as on any other."""
    for day in (date(2026, 3, 28), date(2026, 10, 24), MONDAY):
        late = held(day, time(14), time(22))
        assert rest_after(late.span) == Span(late.span.ends_at, late.span.ends_at + 11 * HOUR)


@pytest.mark.parametrize(
    ("later", "hours"),
    [
        pytest.param(day_shift(TUESDAY), [16], id="a day at work after a day at work"),
        pytest.param(night(MONDAY), [4], id="home for four hours and back on the same day"),
        pytest.param(held(MONDAY, time(16), time(8)), [], id="standby that goes on from the day"),
        pytest.param(held(MONDAY, time(15), time(8)), [], id="standby that overlaps with the day"),
        pytest.param(held(TUESDAY, time(0), time(8)), [8], id="standby from midnight"),
        pytest.param(on_call(MONDAY), [], id="on call from home is rest until somebody calls"),
        pytest.param(held(MONDAY, time(16), time(8), BACKGROUND), [], id="background is on call as well"),
    ],
)
def test_rest_lies_between_the_end_of_one_work_and_the_start_of_the_next(
    later: PlannedDuty, hours: list[float]
) -> None:
    assert rest_hours(day_shift(MONDAY), later) == hours


def test_work_that_follows_a_night_at_once_had_no_rest() -> None:
    assert rest_hours(night(MONDAY), day_shift(TUESDAY)) == [0]


def test_work_that_begins_before_the_night_ends_had_no_rest_either() -> None:
    assert rest_hours(night(MONDAY), day_shift(TUESDAY, 7)) == [0]


def test_a_short_duty_inside_a_long_one_does_not_end_it() -> None:
    inside = held(MONDAY, time(18), time(20), REGULAR, line=ICU)
    assert rest_hours(night_from(16), inside, day_shift(TUESDAY, 18, 22)) == [10]


def night_from(hour: int) -> PlannedDuty:
    return held(MONDAY, time(hour), time(8))


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 10), (date(2026, 10, 24), 12), (MONDAY, 11)],
    ids=["March takes one away", "October gives one", "any other night"],
)
def test_the_rest_over_a_night_is_what_elapses_and_not_what_the_clock_says(day: date, hours: int) -> None:
    """PEER_FAILURES 13."""
    later = held(day + timedelta(days=1), time(9), time(17), REGULAR)
    assert rest_hours(held(day, time(14), time(22), REGULAR), later) == [hours]


def shift_pairs(first: date, *rests: int) -> list[PlannedDuty]:
    """Return shifts on following days from `first` on, with these rests in whole hours between them."""
    duties = [held(first, time(8), time(9), REGULAR)]
    for rest in rests:
        at = duties[-1].span.ends_at + rest * HOUR
        span = Span(at, at + HOUR)
        day = duties[-1].day + timedelta(days=1)
        duties.append(PlannedDuty(None, duties[-1].person_id, day, span, "X", REGULAR, duties[-1].counts_as))
    return duties


@pytest.mark.parametrize(
    ("rests", "left"),
    [
        pytest.param((10,), 1, id="nothing makes up for it"),
        pytest.param((10, 12), 0, id="the next rest does"),
        pytest.param((12, 10), 0, id="the one before does"),
        pytest.param((10, 11, 11), 1, id="the usual eleven hours do not"),
        pytest.param((10, 10, 12), 1, id="each takes one of its own"),
        pytest.param((10, 12, 10, 12), 0, id="two for two"),
        pytest.param((9, 12), 0, id="nine hours are too short to be made up for"),
        pytest.param((11, 11), 0, id="nothing is short"),
    ],
)
def test_a_rest_of_ten_hours_needs_a_longer_one_of_its_own(rests: tuple[int, ...], left: int) -> None:
    found = list_shortened(list_rests(shift_pairs(MONDAY, *rests)), RULES)
    assert len(found) == left


@pytest.mark.parametrize(("days", "left"), [(27, 0), (29, 1)])
def test_the_longer_rest_lies_within_four_weeks(days: int, left: int) -> None:
    short = shift_pairs(MONDAY, 10)
    steady = shift_pairs(MONDAY + timedelta(days=days), 12)
    rests = [*list_rests(short), *list_rests(steady)]
    assert len(list_shortened(rests, RULES)) == left


def test_the_time_before_the_first_and_after_the_last_known_duty_makes_up_for_nothing() -> None:
    assert len(list_shortened(list_rests(shift_pairs(MONDAY, 10)), RULES)) == 1
    assert list_rests([day_shift(MONDAY)]) == []


@pytest.mark.parametrize(
    ("duty_type", "lengths"), [(STANDBY, [2]), (REGULAR, [2]), (ON_CALL, [1]), (BACKGROUND, [1])]
)
def test_work_that_touches_is_one_stretch_whatever_the_day(duty_type: DutyType, lengths: list[int]) -> None:
    duties = [day_shift(TUESDAY), held(MONDAY, time(16), time(8), duty_type)]
    assert [len(stretch) for stretch in list_stretches(duties)] == lengths


def test_a_short_duty_inside_a_long_one_does_not_end_the_stretch() -> None:
    inside = held(MONDAY, time(18), time(20), REGULAR, line=ICU)
    assert [len(stretch) for stretch in list_stretches([night_from(16), inside, day_shift(TUESDAY)])] == [3]


def test_days_with_an_evening_between_them_are_stretches_of_their_own() -> None:
    duties = [day_shift(day) for day in days_from(MONDAY, 3)]
    assert list_stretches(duties) == [[duty] for duty in duties]
