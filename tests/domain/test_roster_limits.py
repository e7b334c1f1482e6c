"""Numbers of a month, the rule for both kinds together, part time, and free weekends."""

from __future__ import annotations

from datetime import date, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.duty_codes import PlannedDuty
from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType
from confsched.domain.roster_limits import (
    check_numbers,
    check_weekends,
    mixed_limit,
    on_call_count,
    touches_weekend,
    weekend_span,
)
from confsched.domain.roster_rules import DutyRules, Rule, Share, WeekTime, pro_rata
from tests.domain.held import (
    BACKGROUND,
    ON_CALL,
    ZONE,
    day_shift,
    days_from,
    held,
    local,
    long_duty,
    night,
    on_call,
)

RULES = DutyRules()
FIRST = date(2026, 6, 1)
SATURDAYS = [date(2026, 6, 6), date(2026, 6, 13), date(2026, 6, 20), date(2026, 6, 27)]
HALF = Fraction(1, 2)


def numbers(duties: list[PlannedDuty], share: Share = 1) -> list[tuple[Rule, int, str]]:
    found = check_numbers(duties, share, ZONE, RULES)
    return [(warning.rule, warning.day.day, str(warning.message)) for warning in found]


@pytest.mark.parametrize(
    ("share", "standby", "on_call"),
    [
        pytest.param(1, 4, 13, id="full time"),
        pytest.param(HALF, 2, 7, id="6.5 on-call duties count as seven"),
        pytest.param(0.35, 1, 5, id="1.4 standby and 4.55 on-call duties"),
        pytest.param(0.625, 3, 8, id="2.5 standby duties count as three"),
        pytest.param(0.1, 0, 1, id="0.4 standby duties count as none"),
        pytest.param(0, 0, 0, id="nothing"),
        pytest.param(1.2, 4, 13, id="nobody has more than full time"),
    ],
)
def test_part_time_shortens_the_numbers_and_rounds_halves_up(
    share: Share, standby: int, on_call: int
) -> None:
    assert (pro_rata(4, share), pro_rata(13, share)) == (standby, on_call)


def test_four_standby_duties_are_fine_and_each_one_more_is_named() -> None:
    duties = [night(day) for day in days_from(FIRST, 6, 3)]
    assert numbers(duties[:4]) == []
    assert numbers(duties) == [
        (Rule.STANDBY_LIMIT, 13, "5 standby duties this month instead of at most 4."),
        (Rule.STANDBY_LIMIT, 16, "6 standby duties this month instead of at most 4."),
    ]


def test_the_order_in_which_duties_are_given_does_not_matter() -> None:
    duties = [night(day) for day in days_from(FIRST, 6, 3)]
    assert numbers(duties[::-1]) == numbers(duties)


def test_thirteen_on_call_duties_are_fine_and_background_counts_among_them() -> None:
    duties = [on_call(day) for day in days_from(FIRST, 13)]
    assert numbers(duties) == []
    duties.append(held(date(2026, 6, 20), time(16), time(8), BACKGROUND))
    assert numbers(duties) == [
        (Rule.ON_CALL_LIMIT, 20, "14 on-call duties this month instead of at most 13.")
    ]


def test_part_time_is_said_where_it_makes_the_limit() -> None:
    duties = [night(day) for day in days_from(FIRST, 3, 3)]
    assert numbers(duties, HALF) == [
        (Rule.STANDBY_LIMIT, 7, "3 standby duties this month instead of at most 2 at 50 % of full time.")
    ]


def test_days_at_work_count_as_neither() -> None:
    assert numbers([day_shift(day) for day in days_from(FIRST, 20)]) == []


def test_a_share_given_as_a_float_is_the_percentage_it_stands_for() -> None:
    assert pro_rata(10, 0.35) == 4


def test_the_table_for_both_kinds_says_nothing_where_there_is_only_one() -> None:
    rules = DutyRules(on_call_limit=15)
    duties = [on_call(day) for day in days_from(FIRST, 15)]
    assert list(check_numbers(duties, 1, ZONE, rules)) == []


@pytest.mark.parametrize(
    ("starts", "ends", "count"),
    [
        pytest.param("2026-06-05 16:00", "2026-06-06 08:00", 1, id="a night"),
        pytest.param("2026-06-05 16:00", "2026-06-08 08:00", 3, id="a weekend is three"),
        pytest.param("2026-06-01 08:00", "2026-06-08 08:00", 7, id="a week is seven"),
        pytest.param("2026-10-24 08:00", "2026-10-25 08:00", 1, id="24 h by the clock that last 25"),
        pytest.param("2026-03-23 08:00", "2026-03-30 08:00", 7, id="a week with the change of March"),
    ],
)
def test_an_on_call_duty_counts_once_for_each_day_by_the_clock(starts: str, ends: str, count: int) -> None:
    assert on_call_count(Span(local(starts), local(ends)), ZONE) == count


def test_two_weeks_on_call_are_one_duty_too_many() -> None:
    fortnight = long_duty("2026-06-01 08:00", "2026-06-15 08:00", ON_CALL)
    assert [rule for rule, _, _ in numbers([fortnight])] == [Rule.ON_CALL_LIMIT]


@pytest.mark.parametrize(
    ("standby", "share", "limit"),
    [
        pytest.param(0, 1, 13, id="none"),
        pytest.param(1, 1, 10, id="one"),
        pytest.param(2, 1, 7, id="two"),
        pytest.param(3, 1, 4, id="three"),
        pytest.param(4, 1, 0, id="four"),
        pytest.param(5, 1, 0, id="more than the table has"),
        pytest.param(1, HALF, 4, id="one at half time weighs two: 3.5 of 7"),
        pytest.param(2, HALF, 0, id="two at half time weigh four"),
        pytest.param(1, 0.75, 7, id="between two lines: three quarters of 9"),
        pytest.param(1, 0, 0, id="nobody who does not work"),
    ],
)
def test_both_kinds_together_have_a_table_of_their_own(standby: int, share: Share, limit: int) -> None:
    assert mixed_limit(standby, share, RULES) == limit


def test_a_mixture_within_both_limits_can_still_be_too_much() -> None:
    duties = [
        night(FIRST),
        night(date(2026, 6, 4)),
        *(on_call(day) for day in days_from(date(2026, 6, 8), 8)),
    ]
    assert numbers(duties[:-1]) == []
    assert numbers(duties) == [
        (
            Rule.MIXED_LIMIT,
            15,
            "8 on-call beside 2 standby duties this month instead of at most 7.",
        )
    ]


def test_a_standby_duty_can_be_what_makes_the_mixture_too_much() -> None:
    duties = [*(on_call(day) for day in days_from(FIRST, 11)), night(date(2026, 6, 20))]
    assert [(rule, day) for rule, day, _ in numbers(duties)] == [(Rule.MIXED_LIMIT, 20)]


def test_one_duty_too_many_is_said_once() -> None:
    duties = [*(night(day) for day in days_from(FIRST, 5, 3)), on_call(date(2026, 6, 25))]
    assert [(rule, day) for rule, day, _ in numbers(duties)] == [
        (Rule.STANDBY_LIMIT, 13),
        (Rule.MIXED_LIMIT, 25),
    ]


@settings(max_examples=60)
@given(standby=st.integers(0, 6), share=st.fractions(0, 1, max_denominator=100))
def test_more_standby_or_less_time_never_leaves_more_on_call_duties(standby: int, share: Fraction) -> None:
    limit = mixed_limit(standby, share, RULES)
    assert mixed_limit(standby + 1, share, RULES) <= limit <= mixed_limit(standby, 1, RULES)
    assert limit <= pro_rata(RULES.on_call_limit, share)


@pytest.mark.parametrize(
    ("saturday", "hours"), [(date(2026, 3, 28), 55), (date(2026, 10, 24), 57), (date(2026, 6, 6), 56)]
)
def test_a_weekend_runs_from_friday_evening_to_monday_morning(saturday: date, hours: int) -> None:
    """PEER_FAILURES 13: the weekends of the clock changes end at 05:00 all the same."""
    span = weekend_span(saturday, ZONE, RULES)
    assert span.duration == timedelta(hours=hours)
    ends = clock.to_local(span.ends_at, ZONE)
    assert (ends.weekday(), ends.time()) == (0, time(5))


def test_an_organisation_can_have_another_weekend() -> None:
    rules = DutyRules(weekend_starts=WeekTime(5, time(6)), weekend_ends=WeekTime(6, time(22)))
    assert weekend_span(date(2026, 6, 6), ZONE, rules) == Span(
        local("2026-06-06 06:00"), local("2026-06-07 22:00")
    )


@pytest.mark.parametrize(
    ("starts", "ends", "touches"),
    [
        pytest.param("2026-06-05 08:00", "2026-06-05 21:00", False, id="until Friday 21:00"),
        pytest.param("2026-06-05 08:00", "2026-06-05 21:01", True, id="a minute longer"),
        pytest.param("2026-06-07 20:00", "2026-06-08 08:00", True, id="the night to Monday"),
        pytest.param("2026-06-08 04:59", "2026-06-08 08:00", True, id="Monday before five"),
        pytest.param("2026-06-08 05:00", "2026-06-08 13:00", False, id="Monday at five"),
        pytest.param("2026-06-08 06:00", "2026-06-15 06:00", True, id="a whole week"),
    ],
)
@pytest.mark.parametrize("duty_type", list(DutyType))
def test_a_minute_in_it_is_a_weekend_on_duty_of_any_type(
    starts: str, ends: str, touches: bool, duty_type: DutyType
) -> None:
    assert touches_weekend(long_duty(starts, ends, duty_type), ZONE, RULES) is touches


def weekends(*days: date) -> list[tuple[date, str]]:
    found = check_weekends([held(day, time(8), time(16)) for day in days], SATURDAYS, ZONE, RULES)
    return [(warning.day, str(warning.message)) for warning in found]


def test_two_of_four_weekends_stay_free_and_the_third_on_duty_is_named() -> None:
    assert weekends(*SATURDAYS[:2]) == []
    assert weekends(*SATURDAYS) == [
        (SATURDAYS[2], "Free weekends this month: 1 instead of 2."),
        (SATURDAYS[3], "Free weekends this month: 0 instead of 2."),
    ]


def test_two_duties_on_one_weekend_take_one_weekend() -> None:
    assert weekends(SATURDAYS[0], date(2026, 6, 7), SATURDAYS[1]) == []


def test_the_warning_lies_on_the_first_duty_of_the_weekend() -> None:
    duties = [held(day, time(8), time(16)) for day in SATURDAYS[:2]]
    friday = held(date(2026, 6, 19), time(20), time(8))
    found = check_weekends([*duties, friday], SATURDAYS, ZONE, RULES)
    assert [warning.day for warning in found] == [date(2026, 6, 19)]


def test_a_weekend_belongs_to_the_month_of_its_saturday() -> None:
    """The weekend of Saturday 1 August: the duty of Friday 31 July counts in August and is named there."""
    duties = [
        held(day, time(21), time(8)) for day in (date(2026, 7, 31), date(2026, 8, 7), date(2026, 8, 14))
    ]
    saturdays = [date(2026, 8, 1), date(2026, 8, 8)]
    found = list(check_weekends(duties, saturdays, ZONE, RULES))
    assert [warning.day for warning in found] == [date(2026, 8, 1), date(2026, 8, 7)]


def test_rules_that_contradict_themselves_are_a_mistake_of_the_programmer() -> None:
    with pytest.raises(AssertionError):
        DutyRules(rest_hours=9)
    with pytest.raises(AssertionError):
        DutyRules(mixed_limits=(4, 13))
