"""The walk of the search: its running cost is the true one, and what it draws is fixed by the seed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain import autofill_search
from confsched.domain.autofill import fill
from confsched.domain.autofill_board import NOBODY, build_table
from confsched.domain.autofill_facts import Problem
from confsched.domain.autofill_score import score_of
from confsched.domain.autofill_search import REPORT_EVERY, Chance, Walk, search
from tests.domain.fill_cases import busy_month, problems
from tests.domain.fill_oracle import broken_rules


def true_cost(problem: Problem, walk: Walk) -> float:
    pairs = zip(problem.open_duties, walk.board.who, strict=True)
    assigned = {duty.key: problem.candidates[who].person_id for duty, who in pairs if who != NOBODY}
    assert not broken_rules(problem, assigned)
    return score_of(problem, assigned).cost


@given(problems(), st.integers(0, 9))
@settings(max_examples=40)
def test_the_running_cost_differs_from_the_true_one_by_what_stands_whatever_moves(
    problem: Problem, seed: int
) -> None:
    walk = Walk(build_table(problem), Chance(seed))
    standing = true_cost(problem, walk)
    walk.fill_greedily()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autofill_search, "REPORT_EVERY", 1)
        for _ in walk.anneal(60):
            assert walk.open == walk.board.who.count(NOBODY)
            assert walk.cost + standing == pytest.approx(true_cost(problem, walk), abs=1e-6)


def test_each_report_is_of_so_many_steps_more() -> None:
    seen = []
    search(build_table(busy_month()), 1, 2 * REPORT_EVERY + 1, lambda best: not seen.append(best.share_done))  # type: ignore[func-returns-value]
    assert [round(share * (2 * REPORT_EVERY + 1)) for share in seen] == [0, 5000, 10000, 10001]


def test_without_steps_the_greedy_filling_is_returned() -> None:
    table = build_table(busy_month())
    walk = Walk(table, Chance(1))
    walk.fill_greedily()
    assert search(table, 1, 0, lambda _: True) == walk.best


def test_a_full_month_is_left_for_worse_ones_on_the_way_to_a_softer() -> None:
    """Twenty thousand steps reach 82; a walk that does not tell open places from cost stays at 89."""
    problem = busy_month()
    assert fill(problem, steps=0).score.cost == pytest.approx(90)
    softer = fill(problem, steps=20_000)
    assert not softer.unfilled
    assert softer.score.cost < 85


def test_the_end_fills_what_the_best_left_open_although_somebody_can_take_it() -> None:
    walk = Walk(build_table(busy_month()), Chance(1))
    assert NOBODY in walk.best
    assert NOBODY not in walk.finish()


def test_a_seed_fixes_what_is_drawn_and_every_number_comes_about_as_often() -> None:
    chance, again, other = Chance(4), Chance(4), Chance(5)
    drawn = [chance.below(6) for _ in range(6000)]
    assert drawn == [again.below(6) for _ in range(6000)]
    assert drawn != [other.below(6) for _ in range(6000)]
    assert all(900 < count < 1100 for count in Counter(drawn).values())
    assert set(drawn) == set(range(6))
    assert all(0 <= chance.share() < 1 for _ in range(100))
