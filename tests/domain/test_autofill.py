"""Filling a month: never against a hard rule, as full as can be, with reasons for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings

from confsched.domain.autofill import explain, fill, keep_going
from confsched.domain.autofill_facts import (
    Bar,
    Candidate,
    HeldDuty,
    Load,
    MonthLimits,
    OpenDuty,
    Problem,
    Progress,
    WhyNot,
)
from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType, WishKind
from confsched.domain.rosters import duty_span
from tests.domain.fill_cases import (
    AUTUMN,
    HOME,
    LINE,
    OTHER_LINE,
    SPRING,
    STANDBY,
    ZONE,
    anybody,
    busy_month,
    days,
    local,
    night,
    person,
    problems,
    whole_day,
)
from tests.domain.fill_oracle import best_rank, broken_rules

STEPS = 1_500


def one_for(duty: OpenDuty, *candidates: Candidate, held: Sequence[OpenDuty] = ()) -> UUID | None:
    return fill(Problem((duty, *held), candidates), steps=STEPS).assigned.get(duty.key)


def test_a_month_without_open_duties_is_filled() -> None:
    filling = fill(Problem((), (anybody(1),)))
    assert (filling.assigned, filling.unfilled, filling.score.cost) == ({}, {}, 0)


def test_everybody_takes_turns_when_all_can() -> None:
    duties = [night(day) for day in days(SPRING, 6)]
    filling = fill(Problem(tuple(duties), tuple(map(anybody, (1, 2, 3)))), steps=STEPS)
    assert not filling.unfilled
    assert (filling.score.nights.least, filling.score.nights.most) == (2, 2)


def test_who_had_more_nights_in_the_last_year_gets_fewer() -> None:
    duties = tuple(night(day) for day in days(SPRING, 4))
    weary, fresh = anybody(1, past=Load(9, nights=9)), anybody(2, past=Load(6, nights=6))
    filling = fill(Problem(duties, (weary, fresh)), steps=STEPS)
    assert list(filling.assigned.values()).count(person(2)) == 3


def test_half_a_post_takes_half_as_many() -> None:
    duties = tuple(night(day) for day in days(SPRING, 6))
    filling = fill(Problem(duties, (anybody(1), anybody(2, share=0.5))), steps=STEPS)
    assert list(filling.assigned.values()).count(person(2)) == 2


def test_wishes_decide_where_nothing_else_does() -> None:
    duties = tuple(night(day) for day in days(SPRING, 2))
    keen = anybody(1, wishes={SPRING: WishKind.RATHER})
    spared = anybody(2, wishes={SPRING: WishKind.RATHER_NOT})
    filling = fill(Problem(duties, (keen, spared)), steps=STEPS)
    assert filling.assigned == {duties[0].key: person(1), duties[1].key: person(2)}
    assert (filling.score.wishes_met, filling.score.wishes_broken) == (1, 0)


def test_a_wish_against_a_day_gives_way_before_a_duty_stays_open() -> None:
    duty = night(SPRING)
    filling = fill(Problem((duty,), (anybody(1, wishes={SPRING: WishKind.RATHER_NOT}),)), steps=STEPS)
    assert filling.assigned == {duty.key: person(1)}
    assert filling.score.wishes_broken == 1


def test_duties_of_one_person_are_spread_over_the_days() -> None:
    duties = tuple(night(day) for day in days(SPRING, 4))
    filling = fill(Problem(duties, (anybody(1), anybody(2))), steps=STEPS)
    taken = [filling.assigned[duty.key] for duty in duties]
    assert taken[0] == taken[2] != taken[1] == taken[3]


def test_a_line_may_have_a_day_and_a_night_duty_on_one_day() -> None:
    first = OpenDuty(LINE, SPRING, "T", duty_span(SPRING, time(8), time(20), ZONE), STANDBY, Load(1))
    filling = fill(Problem((first, night(SPRING)), (anybody(1), anybody(2))), steps=STEPS)
    assert len(set(filling.assigned.values())) == 2


# ---- hard rules ----


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
@pytest.mark.parametrize(
    ("hours", "length"),
    [(23, 1), (24 + 1, 3), (0, 21), (24 + 5, 24)],
    ids=["evening", "over the change", "until it began", "morning"],
)
def test_an_absence_at_any_time_of_a_duty_keeps_the_person_from_it(
    day: date, hours: float, length: float
) -> None:
    """Covers PEER_FAILURES 16 and 17."""
    assert one_for(night(day), anybody(1, blocked=(local(day, hours, length),))) is None


def test_an_absence_that_ends_as_the_duty_begins_keeps_nobody_away() -> None:
    blocked = (local(SPRING, 0, 20),)
    assert one_for(night(SPRING), anybody(1, blocked=blocked)) == person(1)


def test_a_fixed_day_off_is_kept() -> None:
    wishes = {SPRING: WishKind.DAY_OFF}
    assert one_for(night(SPRING), anybody(1, wishes=wishes), anybody(2)) == person(2)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 11), (AUTUMN, 11), (SPRING, 10), (AUTUMN, 10)])
def test_eleven_elapsed_hours_of_rest_follow_a_duty_whatever_the_clock_does(day: date, hours: int) -> None:
    """Covers PEER_FAILURES 13 and 14: by the clock on the wall the rest is an hour longer or shorter."""
    duty = night(day + timedelta(days=1))
    ends_at = duty.span.starts_at - timedelta(hours=hours)
    held = HeldDuty(Span(ends_at - timedelta(hours=8), ends_at), STANDBY)
    assert one_for(duty, anybody(1, held=(held,))) == (person(1) if hours == 11 else None)


@pytest.mark.parametrize(("duty_type", "taken"), [(STANDBY, False), (DutyType.REGULAR, False), (HOME, True)])
def test_on_call_from_home_may_follow_at_once_and_a_duty_at_the_hospital_may_not(
    duty_type: DutyType, taken: bool
) -> None:
    duty = night(SPRING, duty_type=duty_type)
    held = HeldDuty(Span(duty.span.starts_at - timedelta(hours=12), duty.span.starts_at), STANDBY)
    assert (one_for(duty, anybody(1, held=(held,))) is not None) is taken


def test_on_call_from_home_is_no_second_duty_at_the_same_time() -> None:
    duty = night(SPRING, duty_type=HOME)
    held = HeldDuty(
        Span(duty.span.starts_at - timedelta(hours=1), duty.span.starts_at + timedelta(hours=1)), HOME
    )
    assert one_for(duty, anybody(1, held=(held,))) is None


@pytest.mark.parametrize(("day", "elapsed"), [(SPRING, 23), (AUTUMN, 25)])
def test_a_whole_day_over_the_clock_change_is_within_the_cap(day: date, elapsed: int) -> None:
    """Covers PEER_FAILURES 13."""
    duty = whole_day(day)
    assert duty.span.duration == timedelta(hours=elapsed)
    assert one_for(duty, anybody(1)) == person(1)


def test_two_days_on_end_are_too_long_at_the_hospital_and_not_on_call_from_home() -> None:
    two_days = duty_span(SPRING, time(8), time(8), ZONE).widen(timedelta(0), timedelta(hours=24))
    for duty_type, taken in ((STANDBY, None), (HOME, person(1))):
        assert one_for(OpenDuty(LINE, SPRING, "W", two_days, duty_type, Load(1)), anybody(1)) == taken


def test_the_limits_of_the_month_count_what_stands_already() -> None:
    duties = tuple(night(day) for day in days(SPRING, 7)[::2])
    filling = fill(
        Problem(duties, (anybody(1, limits=MonthLimits((13, 10, 7, 4, 0), standby_used=2)),)), steps=STEPS
    )
    assert len(filling.assigned) == 2
    assert {why for whys in filling.unfilled.values() for why in whys} == {WhyNot(Bar.AT_LIMIT, (person(1),))}


def test_two_standbys_leave_seven_on_call_duties() -> None:
    duties = tuple(night(day, duty_type=HOME) for day in days(SPRING, 8))
    limits = MonthLimits((13, 10, 7, 4, 0), standby_used=2)
    filling = fill(Problem(duties, (anybody(1, limits=limits),)), steps=STEPS)
    assert len(filling.assigned) == 7


# ---- what stays open ----


def test_what_stays_open_says_whom_each_reason_keeps_away() -> None:
    duty, beside = night(SPRING), night(SPRING, line=OTHER_LINE)
    morning = Span(duty.span.starts_at - timedelta(hours=10), duty.span.starts_at - timedelta(hours=1))
    away = (local(SPRING, 0, 48),)
    filling = fill(
        Problem(
            (duty, beside),
            (
                anybody(1, blocked=away),
                anybody(2, blocked=away),
                anybody(3, held=(HeldDuty(morning, STANDBY),)),
                Candidate(person(4), frozenset({OTHER_LINE})),
            ),
        ),
        steps=STEPS,
    )
    assert filling.assigned == {beside.key: person(4)}
    why = filling.unfilled[duty.key]
    assert why == (
        WhyNot(Bar.NOT_QUALIFIED, (person(4),)),
        WhyNot(Bar.ABSENT, (person(1), person(2))),
        WhyNot(Bar.RESTING, (person(3),)),
    )
    assert list(map(str, explain(why, candidates=4))) == ["3 qualified", "2 absent", "1 resting"]


def test_who_took_another_duty_is_named_as_on_duty() -> None:
    duties = (night(SPRING), night(SPRING, line=OTHER_LINE))
    both = Candidate(person(1), frozenset({LINE, OTHER_LINE}))
    (whys,) = fill(Problem(duties, (both,)), steps=STEPS).unfilled.values()
    assert list(map(str, explain(whys, candidates=1))) == ["1 qualified", "1 on another duty"]


def test_a_line_for_which_nobody_is_qualified_says_so() -> None:
    (whys,) = fill(Problem((night(SPRING, line=OTHER_LINE),), (anybody(1),))).unfilled.values()
    assert list(map(str, explain(whys, candidates=1))) == ["0 qualified"]


# ---- progress ----


def test_progress_never_goes_back_and_ends_with_the_filling() -> None:
    seen: list[Progress] = []
    filling = fill(busy_month(), steps=25_000, on_progress=lambda progress: not seen.append(progress))  # type: ignore[func-returns-value]
    ranks = [(-progress.filled, progress.score.cost) for progress in seen]
    shares = [progress.share_done for progress in seen]
    assert len(seen) == 6
    assert ranks == sorted(ranks, reverse=True)
    assert (shares[0], shares[-1], shares) == (0, 1, sorted(shares))
    assert (len(filling.assigned), filling.score) == (seen[-1].filled, seen[-1].score)


def test_a_stopped_filling_returns_the_best_so_far() -> None:
    seen: list[Progress] = []

    def stop_at_the_third(progress: Progress) -> bool:
        seen.append(progress)
        return len(seen) < 3

    problem = busy_month()
    filling = fill(problem, steps=10**9, on_progress=stop_at_the_third)
    assert len(seen) == 3
    assert (len(filling.assigned), filling.score) == (seen[-1].filled, seen[-1].score)
    assert filling.score.cost < seen[0].score.cost
    assert not broken_rules(problem, filling.assigned)


def test_a_few_open_duties_take_few_steps() -> None:
    seen: list[float] = []
    problem = Problem((night(SPRING),), (anybody(1), anybody(2)))
    fill(problem, on_progress=lambda progress: not seen.append(progress.share_done))  # type: ignore[func-returns-value]
    assert seen == [0, 1]


def test_a_filling_stopped_at_once_is_legal_and_full_where_that_is_easy() -> None:
    filling = fill(busy_month(), steps=10**9, on_progress=lambda _: False)
    assert not broken_rules(busy_month(), filling.assigned)
    assert not filling.unfilled


def test_the_same_seed_gives_the_same_filling() -> None:
    first, second = (fill(busy_month(), seed=5, steps=3_000) for _ in range(2))
    assert first == second


def test_nothing_stops_a_filling_by_itself() -> None:
    assert keep_going(Progress(0, 0, fill(Problem((), ())).score, 0.0))


# ---- held to the oracle ----


@given(problems())
@settings(max_examples=60)
def test_no_filling_breaks_a_hard_rule_and_what_is_open_nobody_could_take(problem: Problem) -> None:
    filling = fill(problem, steps=500)
    assert not broken_rules(problem, filling.assigned)
    assert set(filling.assigned) | set(filling.unfilled) == {duty.key for duty in problem.open_duties}
    for key, whys in filling.unfilled.items():
        assert sum(why.count for why in whys) == len(problem.candidates)
        for candidate in problem.candidates:
            assert broken_rules(problem, {**filling.assigned, key: candidate.person_id})


@given(problems(places=5, people=3))
@settings(max_examples=40)
def test_on_small_months_as_many_duties_are_filled_as_can_be(problem: Problem) -> None:
    filling = fill(problem, steps=STEPS)
    assert len(filling.unfilled) == best_rank(problem)[0]


def test_on_small_months_no_filling_is_softer() -> None:
    chance = Random(3)
    for _ in range(8):
        duties = tuple(night(day) for day in days(AUTUMN, 5))
        people = tuple(
            anybody(
                number,
                past=Load(nights=chance.randrange(4)),
                share=chance.choice([1.0, 0.5]),
                wishes={chance.choice(duties).day: chance.choice([WishKind.RATHER, WishKind.RATHER_NOT])},
            )
            for number in (1, 2, 3)
        )
        problem = Problem(duties, people)
        filling = fill(problem, steps=STEPS)
        assert (len(filling.unfilled), round(filling.score.cost, 6)) == best_rank(problem)
