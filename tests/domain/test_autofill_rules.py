"""The rules and the score of filling, one at a time."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest

from confsched.domain.autofill_facts import (
    Bar,
    Candidate,
    FillRules,
    HeldDuty,
    Load,
    MonthLimits,
    Problem,
    Spread,
    Weights,
)
from confsched.domain.autofill_rules import find_bar, find_clash, month_limits
from confsched.domain.autofill_score import ledger_of, nearness, score_of
from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType, WishKind
from confsched.domain.roster_rules import DutyRules
from tests.domain.fill_cases import AUTUMN, HOME, OTHER_LINE, SPRING, anybody, local, night, person

RULES = FillRules()


def test_the_first_bar_that_applies_is_named() -> None:
    duty = night(SPRING)
    away, held = (local(SPRING, 0, 48),), (HeldDuty(duty.span, HOME),)
    full = MonthLimits((0,))
    assert (
        find_bar(duty, Candidate(person(1), frozenset({OTHER_LINE}), blocked=away), RULES)
        is Bar.NOT_QUALIFIED
    )
    assert find_bar(duty, anybody(1, blocked=away, held=held, limits=full), RULES) is Bar.ABSENT
    assert find_bar(duty, anybody(1, held=held, limits=full), RULES) is Bar.ON_DUTY
    assert find_bar(duty, anybody(1, limits=full), RULES) is Bar.AT_LIMIT
    assert find_bar(duty, anybody(1), RULES) is None


def test_an_organisation_may_shorten_the_rest_to_ten_hours() -> None:
    first = night(SPRING)
    later = HeldDuty(
        Span(first.span.ends_at + timedelta(hours=10), first.span.ends_at + timedelta(hours=18)),
        DutyType.REGULAR,
    )
    assert find_clash(first, later, RULES) is Bar.RESTING
    assert find_clash(later, first, FillRules(rest=timedelta(hours=10))) is None


@pytest.mark.parametrize(
    ("limits", "standby", "on_call", "fits"),
    [
        (MonthLimits(), 31, 31, True),
        (MonthLimits((13, 10, 7, 4, 0)), 4, 0, True),
        (MonthLimits((13, 10, 7, 4, 0)), 5, 0, False),
        (MonthLimits((13, 10, 7, 4, 0)), 0, 13, True),
        (MonthLimits((13, 10, 7, 4, 0)), 0, 14, False),
        (MonthLimits((13, 10, 7, 4, 0)), 2, 7, True),
        (MonthLimits((13, 10, 7, 4, 0)), 2, 8, False),
        (MonthLimits((13, 10), standby_used=1), 0, 10, True),
        (MonthLimits((13, 10), standby_used=1), 0, 11, False),
        (MonthLimits((13, 10), standby_used=1), 1, 0, False),
        (MonthLimits((13, 10), on_call_used=11), 1, 0, False),
        (MonthLimits((13, 10), standby_used=7), 0, 0, True),
    ],
)
def test_limits_count_each_kind_and_both_together(
    limits: MonthLimits, standby: int, on_call: int, fits: bool
) -> None:
    assert limits.leave_room_for(standby, on_call) is fits


@pytest.mark.parametrize(
    ("share", "beside"), [(1.0, (13, 10, 7, 4, 0)), (0.5, (7, 4, 0)), (Fraction(1, 2), (7, 4, 0))]
)
def test_the_limits_of_a_month_are_those_that_the_check_warns_of(
    share: float, beside: tuple[int, ...]
) -> None:
    assert month_limits(share, DutyRules(), standby_used=1) == MonthLimits(beside, standby_used=1)


@pytest.mark.parametrize("first", [SPRING, AUTUMN, date(2026, 6, 1)])
def test_nearness_falls_by_the_day_also_over_a_clock_change(first: date) -> None:
    costs = [nearness(night(first), night(first + timedelta(days=days)), RULES) for days in range(6)]
    assert costs == [4, 3, 2, 1, 0, 0]


def test_the_score_counts_wishes_close_pairs_and_the_spread_by_full_post() -> None:
    duties = tuple(night(SPRING + timedelta(days=days)) for days in (0, 2))
    half = anybody(1, share=0.5, past=Load(nights=1), wishes={SPRING: WishKind.RATHER_NOT})
    whole = anybody(2, past=Load(nights=2), held=(HeldDuty(local(SPRING, 96, 12), HOME, Load(nights=1)),))
    score = score_of(Problem((*duties,), (half, whole)), {duty.key: person(1) for duty in duties})
    assert (score.wishes_broken, score.wishes_met, score.close_pairs) == (1, 0, 1)
    assert score.nights == Spread(3, 6)


def test_a_ledger_asks_only_who_could_take_some_of_the_month() -> None:
    away = anybody(2, blocked=(local(SPRING, 0, 72),), past=Load(nights=50))
    ledger = ledger_of(Problem((night(SPRING),), (anybody(1, share=0.5, past=Load(nights=2)), away)))
    assert ledger.eligible[1] == {person(1)}
    assert ledger.fair == (2, 6, 0, 0)


def test_a_fair_month_costs_nothing() -> None:
    duties = tuple(night(SPRING + timedelta(days=5 * number)) for number in range(3))
    problem = Problem(duties, (anybody(1), anybody(2, share=0.5)))
    fair = {duty.key: person(who) for duty, who in zip(duties, (1, 1, 2), strict=True)}
    assert score_of(problem, fair).cost == pytest.approx(0)
    unfair = {duty.key: person(1) for duty in duties}
    assert score_of(problem, unfair).cost > 0


def test_a_rule_without_weight_costs_nothing() -> None:
    rules = FillRules(weights=Weights(0, 0, 0, 0, 0, 0, 0))
    problem = Problem((night(SPRING), night(SPRING + timedelta(days=1))), (anybody(1), anybody(2)), rules)
    assert score_of(problem, {duty.key: person(1) for duty in problem.open_duties}).cost == 0
