"""The best weekday and hour of a series: as many weeks as a scan of every week finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.availability import Facts, availability
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate, Need, Search, find_assignment
from confsched.domain.starts import Plan, prepare
from confsched.domain.weekly import WeeklySlot, best_weekly, choice_of
from confsched.domain.working_hours import WorkingHours, working_spans

BERLIN = "Europe/Berlin"
MONDAY = date(2026, 3, 2)
AUTUMN = date(2026, 8, 31)  # 26 weeks from here hold the clock change of October
NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def half_year(first: date, weeks: int = 26) -> Span:
    until = first + timedelta(weeks=weeks)
    return Span(clock.start_of_day(first, BERLIN), clock.start_of_day(until, BERLIN))


def at_work(window: Span, *weekdays: int, starts: int = 9, ends: int = 12) -> tuple[Span, ...]:
    rules = [WorkingHours(day, time(starts), time(ends), date(2020, 1, 1), None, BERLIN) for day in weekdays]
    return tuple(working_spans(rules, window, lambda _day: False))


def plan_of(window: Span, facts: dict[int, Facts], *needs: Need) -> Plan:
    people = {
        UUID(int=number): Candidate(UUID(int=number), f"Dr. {number}", availability(known, window, NOW))
        for number, known in facts.items()
    }
    search = Search(HALF_AN_HOUR, window, BERLIN)
    return Plan(needs, people, search, prepare(people, search))


def need(key: str, *numbers: int, count: int = 1) -> Need:
    return Need(key, key, tuple(UUID(int=number) for number in numbers), count)


def slot_at(slots: tuple[WeeklySlot, ...], weekday: int, starts: time) -> WeeklySlot:
    return next(one for one in slots if (one.weekday, one.starts) == (weekday, starts))


def test_the_local_time_is_kept_over_both_clock_changes() -> None:
    """Cover lines 12, 14 and 19 of the failures of others."""
    for first in (MONDAY, AUTUMN):
        window = half_year(first)
        facts = {1: Facts(working=at_work(window, 1, starts=9, ends=10))}
        slots = best_weekly(plan_of(window, facts, need("A", 1)))
        assert [(one.weekday, one.starts, one.good_weeks, one.weeks) for one in slots[:3]] == [
            (1, time(9), 26, 26),
            (1, time(9, 15), 26, 26),
            (1, time(9, 30), 26, 26),
        ]
        assert slots[3].good_weeks == 0


def test_weeks_with_a_public_holiday_on_the_day_count_neither_way() -> None:
    """Cover line 20 of the failures of others."""
    window = half_year(MONDAY)
    easter_monday = date(2026, 4, 6)
    plan = plan_of(window, {1: Facts(working=at_work(window, 0, 1))}, need("A", 1))
    slots = best_weekly(plan, is_holiday=easter_monday.__eq__)
    assert slot_at(slots, 0, time(9)).weeks == 25
    assert slot_at(slots, 1, time(9)).weeks == 26
    assert [one.weekday for one in slots[:11]] == [1] * 11
    assert slots[11] == WeeklySlot(0, time(9), 25, 0, 25)


def test_weeks_of_unknown_time_are_counted_apart() -> None:
    """Cover line 31 of the failures of others."""
    window = half_year(MONDAY)
    absent = (Span(window.starts_at, window.starts_at + timedelta(weeks=2)),)
    facts = {1: Facts(working=at_work(window, 0)), 2: Facts(working=None, absences=absent)}
    [best, *_] = best_weekly(plan_of(window, facts, need("A", 1), need("B", 2)))
    assert (best.good_weeks, best.unknown_weeks, best.weeks) == (0, 24, 26)
    assert best.lacking == (("B", 2),)


def test_what_is_missing_is_named_the_worst_first() -> None:
    """Cover line 32 of the failures of others."""
    window = half_year(MONDAY, 4)
    away = (Span(window.starts_at, window.starts_at + timedelta(weeks=1)),)
    facts = {1: Facts(working=at_work(window, 0), absences=away), 2: Facts(working=())}
    slots = best_weekly(plan_of(window, facts, need("A", 1), need("B", 2)), weeks=4)
    assert slot_at(slots, 0, time(9)).lacking == (("B", 4), ("A", 1))


def test_the_few_that_are_named_offer_a_choice_of_days_and_hours() -> None:
    window = half_year(MONDAY, 2)
    slots = best_weekly(plan_of(window, {1: Facts(working=at_work(window, 0, 1, 2))}, need("A", 1)), weeks=2)
    named = [(one.weekday, one.starts) for one in choice_of(slots, 5)]
    assert named == [(0, time(9)), (0, time(10)), (1, time(9)), (1, time(10)), (2, time(9))]


def test_a_search_without_a_working_day_has_no_best_one() -> None:
    saturday = Span(*(clock.start_of_day(date(2026, 3, day), BERLIN) for day in (7, 8)))
    assert best_weekly(plan_of(saturday, {1: Facts()}, need("A", 1)), weeks=1) == ()


@settings(deadline=None, max_examples=15)
@given(
    st.lists(
        st.tuples(st.sampled_from((1, 2, 3)), st.integers(0, 34), st.integers(8, 15), st.integers(1, 4)),
        max_size=12,
    ),
    st.sampled_from((date(2026, 3, 9), date(2026, 10, 5))),
)
def test_the_weeks_are_those_that_a_look_at_each_date_finds(
    away: list[tuple[int, int, int, int]], first: date
) -> None:
    """Cover lines 12 and 37 of the failures of others."""
    window = half_year(first, 5)
    busy: dict[int, list[Span]] = {1: [], 2: [], 3: []}
    for number, day, starts, hours in away:
        at = clock.to_instant(first + timedelta(days=day), time(starts), BERLIN)
        busy[number].append(Span(at, at + timedelta(hours=hours)))
    facts = {n: Facts(working=at_work(window, 0, 2, 4), claims=tuple(busy[n])) for n in busy}
    plan = plan_of(window, facts, need("A", 1, 2), need("B", 2, 3))
    slots = best_weekly(plan, weeks=5)
    assert [one.good_weeks for one in slots] == sorted((one.good_weeks for one in slots), reverse=True)
    for slot in [*slots[:3], slots[-1]]:
        days = [first + timedelta(weeks=week, days=slot.weekday) for week in range(5)]
        assert slot.good_weeks == sum(_works(plan, day, slot.starts) for day in days)


def _works(plan: Plan, day: date, starts: time) -> bool:
    at = clock.to_instant(day, starts, BERLIN)
    search = replace(plan.search, step=timedelta(minutes=5))
    return find_assignment(plan.needs, plan.candidates, Span(at, at + HALF_AN_HOUR), search) is not None
