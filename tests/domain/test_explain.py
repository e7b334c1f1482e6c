"""No offer comes without a reason and a way on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.availability import Facts, ImportedCalendar, availability
from confsched.domain.explain import (
    Explanation,
    NeedAt,
    at_time,
    explain,
    limits_at,
    longest_common,
)
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate, Need, Search, find_assignment, find_slots
from confsched.domain.starts import Plan, prepare

BERLIN = "Europe/Berlin"
MONDAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def span(start: int, end: int, days: int = 0, minutes: int = 0) -> Span:
    """Return local hours of the day that many days after Monday; the end may lie some minutes later."""
    day = MONDAY + timedelta(days=days)
    ends_at = clock.to_instant(day, time(end), BERLIN) + timedelta(minutes=minutes)
    return Span(clock.to_instant(day, time(start), BERLIN), ends_at)


WEEK = Span(clock.start_of_day(MONDAY, BERLIN), clock.start_of_day(MONDAY + timedelta(days=5), BERLIN))
LONGER = Span(WEEK.starts_at, WEEK.ends_at + timedelta(days=7))
AT_WORK = tuple(span(8, 17, days) for days in range(5))


def person(number: int, reach: Span = WEEK, **facts: object) -> Candidate:
    record = Facts(**{"working": AT_WORK, **facts})  # type: ignore[arg-type]
    return Candidate(UUID(int=number), f"Dr. {number}", availability(record, reach, NOW))


def by_id(*people: Candidate) -> dict[UUID, Candidate]:
    return {one.id: one for one in people}


def need(key: str, *numbers: int, count: int = 1) -> Need:
    return Need(key, key, tuple(UUID(int=number) for number in numbers), count)


def search(minutes: int = 30, window: Span = WEEK) -> Search:
    return Search(timedelta(minutes=minutes), window, BERLIN)


def lines(explanation: Explanation) -> list[tuple[str | None, list[str]]]:
    return [(part.need, [str(reason) for reason in part.reasons]) for part in explanation.blocked]


def helps(explanation: Explanation) -> list[str]:
    return [str(relaxation.message) for relaxation in explanation.relaxations]


SENTENCES = [
    ({"claims": AT_WORK}, "Dr. 1 is already booked."),
    ({"absences": (WEEK,)}, "Dr. 1 is absent."),
    ({"blocking_duties": (WEEK,)}, "Dr. 1 is on duty."),
    ({"rest": (WEEK,)}, "Dr. 1 rests after a night duty."),
    ({"calendars": (ImportedCalendar((WEEK,), NOW, WEEK),)}, "Dr. 1 is busy by their own calendar."),
    ({"working": ()}, "Dr. 1 does not work then."),
]


@pytest.mark.parametrize(("facts", "sentence"), SENTENCES)
def test_a_search_without_times_says_who_is_missing_and_why(facts: dict[str, object], sentence: str) -> None:
    """Cover line 33 of the failures of others."""
    explanation = explain([need("Paediatrics", 1)], by_id(person(1, WEEK, **facts)), search())
    assert lines(explanation) == [("Paediatrics", [sentence])] * 5


def test_of_somebody_of_another_house_only_that_they_are_busy_is_said() -> None:
    away = replace(person(1, absences=(WEEK,)), is_foreign=True)
    explanation = explain([need("a", 1)], by_id(away), search())
    assert {reason for _, reasons in lines(explanation) for reason in reasons} == {"Dr. 1 is busy."}


def test_a_week_in_which_everyone_is_busy_names_each_person_each_day() -> None:
    """Cover line 32 of the failures of others."""
    people = by_id(person(1, claims=AT_WORK), person(2, absences=(WEEK,)))
    explanation = explain([need("A", 1, 2)], people, search())
    assert lines(explanation) == [("A", ["Dr. 1 is already booked.", "Dr. 2 is absent."])] * 5


def test_of_a_large_pool_a_few_are_named_and_the_rest_is_counted() -> None:
    """Cover line 38 of the failures of others."""
    people = by_id(*(person(number, absences=(WEEK,)) for number in range(1, 11)))
    explanation = explain([need("A", *range(1, 11))], people, search(window=span(7, 18)))
    [(_, reasons)] = lines(explanation)
    assert len(reasons) == 7
    assert reasons[-1] == "4 more are not free either."


def test_only_the_time_before_the_first_offer_is_explained() -> None:
    people = by_id(person(1, claims=(span(8, 17), span(8, 14, 1))))
    explanation = explain([need("A", 1)], people, search())
    assert [part.span for part in explanation.blocked] == [span(8, 17), span(8, 14, 1)]


def test_nothing_is_explained_when_the_first_time_is_free() -> None:
    people = by_id(person(1), person(2))
    assert explain([need("A", 1), need("B", 2)], people, search()) == Explanation((), ())


def test_a_day_with_an_unknown_person_is_offered_and_not_explained() -> None:
    silent = ImportedCalendar((), NOW, span(0, 23, 1))
    explanation = explain([need("A", 1)], by_id(person(1, calendars=(silent,))), search())
    assert explanation.blocked == ()


def test_people_who_never_meet_are_told_their_longest_common_time() -> None:
    people = by_id(
        person(1, working=(span(8, 12),)),
        person(2, working=(Span(span(8, 12).ends_at - timedelta(minutes=15), span(8, 15).ends_at),)),
    )
    explanation = explain([need("A", 1), need("B", 2)], people, search(window=span(7, 18)))
    assert lines(explanation) == [(None, ["No common window. Longest free time of all: 15 minutes."])]


def test_nobody_entered_is_said_in_words() -> None:
    explanation = explain([need("A", 1), need("B")], by_id(person(1)), search(window=span(7, 18)))
    assert lines(explanation) == [("B", ["Nobody is entered for B."])]


def test_too_few_entered_is_said_in_words() -> None:
    explanation = explain([need("A", 1, count=2)], by_id(person(1)), search(window=span(7, 18)))
    assert lines(explanation) == [("A", ["A needs 2 people, fewer are entered."])]


def test_a_person_free_for_too_short_is_said_in_words() -> None:
    window = span(9, 10)
    claims = (Span(window.starts_at - timedelta(hours=1), window.starts_at),)
    wishes = Search(timedelta(minutes=60), window, BERLIN, buffer_before=timedelta(minutes=15))
    explanation = explain([need("A", 1)], by_id(person(1, claims=claims)), wishes)
    assert lines(explanation) == [("A", ["Dr. 1 is not free long enough."])]


def test_the_need_that_stands_in_the_way_is_named_with_the_time_it_would_give() -> None:
    people = by_id(person(1), person(2, absences=(WEEK,)))
    explanation = explain([need("A", 1), need("B", 2)], people, search())
    assert helps(explanation) == ["Without B."]
    assert explanation.relaxations[0].first_offer.span == span(8, 8, minutes=30)


def test_what_the_meeting_is_about_is_never_proposed_away() -> None:
    people = by_id(person(1), person(2, absences=(WEEK,)))
    needs = [need("A", 1), replace(need("B", 2), is_fixed=True)]
    assert helps(explain(needs, people, search())) == []


@pytest.mark.parametrize(
    ("free", "helped"), [(25, "20 instead of 30 minutes."), (20, "20 instead of 30 minutes.")]
)
def test_a_shorter_time_is_proposed_when_it_helps(free: int, helped: str) -> None:
    people = by_id(person(1, working=(span(8, 8, minutes=free),)))
    assert helps(explain([need("A", 1)], people, search(30))) == [helped]


def test_the_longer_of_two_shorter_times_is_proposed() -> None:
    people = by_id(person(1, working=(span(8, 8, minutes=50),)))
    assert helps(explain([need("A", 1)], people, search(60))) == ["45 instead of 60 minutes."]


def test_a_later_end_is_proposed_only_as_far_as_time_is_known() -> None:
    working = (span(8, 17, days=8),)
    known = by_id(person(1, LONGER, working=working))
    explanation = explain([need("A", 1)], known, search())
    assert helps(explanation) == ["Search one week longer."]
    assert explanation.relaxations[0].first_offer.span.starts_at == working[0].starts_at
    assert helps(explain([need("A", 1)], by_id(person(1, working=working)), search())) == []


def test_each_proposal_really_gives_an_earlier_time() -> None:
    people = by_id(person(1), person(2, claims=(span(8, 17), span(8, 12, 1))))
    needs = [need("A", 1), need("B", 2)]
    [first, *_] = find_slots(needs, people, search())
    proposals = explain(needs, people, search()).relaxations
    assert proposals
    assert all(proposal.first_offer.span < first.span for proposal in proposals)


def test_a_weekend_is_explained_only_when_the_search_has_no_other_days() -> None:
    saturday = Span(span(0, 1, 5).starts_at, span(0, 1, 7).starts_at)
    explanation = explain([need("A", 1)], by_id(person(1, saturday, working=())), search(window=saturday))
    assert [part.span for part in explanation.blocked] == [
        Span(span(0, 1, 5).starts_at, span(0, 1, 6).starts_at),
        Span(span(0, 1, 6).starts_at, span(0, 1, 7).starts_at),
    ]


@pytest.mark.parametrize("minutes", [0, 5, 15, 55])
def test_the_longest_common_time_ignores_the_step(minutes: int) -> None:
    shared = (
        Span(span(9, 10, minutes=5).ends_at, span(9, 10, minutes=5 + minutes).ends_at) if minutes else None
    )
    one = person(1, working=(shared,) if shared else ())
    found = longest_common([need("A", 1), need("B", 2)], by_id(one, person(2)), search())
    assert found == timedelta(minutes=minutes)


def plan_of(needs: list[Need], people: dict[UUID, Candidate], wishes: Search) -> Plan:
    return Plan(tuple(needs), people, wishes, prepare({}, wishes))


def told(need_at: NeedAt) -> tuple[list[str], list[str]]:
    return [str(why) for _, why in need_at.unknown], [str(why) for _, why in need_at.busy]


NINE = Span(span(9, 10).starts_at, span(9, 10).starts_at + timedelta(minutes=30))
AT_NINE = [
    ({"claims": (span(8, 17),)}, "Dr. 1 is already booked."),
    ({"absences": (WEEK,)}, "Dr. 1 is absent."),
    ({"blocking_duties": (WEEK,)}, "Dr. 1 is on duty."),
    ({"rest": (WEEK,)}, "Dr. 1 rests after a night duty."),
    ({"refused": (WEEK,)}, "Dr. 1 was asked and cannot come then."),
    ({"capped": (WEEK,)}, "Dr. 1 has as many of these meetings that day as one may have."),
    ({"elsewhere": (WEEK,)}, "Dr. 1 is at another site then, or on the way."),
    ({"calendars": (ImportedCalendar((WEEK,), NOW, WEEK),)}, "Dr. 1 is busy by their own calendar."),
    ({"working": ()}, "Dr. 1 does not work then."),
    ({"claims": (span(8, 9),)}, "The pause before or after another meeting of Dr. 1 touches it."),
]


@pytest.mark.parametrize(("facts", "sentence"), AT_NINE)
def test_a_time_that_fails_says_for_each_person_by_which_rule(
    facts: dict[str, object], sentence: str
) -> None:
    """Cover lines 16 and 33 of the failures of others."""
    wishes = replace(search(), buffer_before=timedelta(minutes=15))
    [found] = at_time(plan_of([need("A", 1)], by_id(person(1, WEEK, **facts)), wishes), NINE)
    assert told(found) == ([], [sentence])
    assert not found.is_met
    assert not found.is_open


UNKNOWN = [
    ({"working": None}, "No working hours of Dr. 1 are on record."),
    (
        {"calendars": (ImportedCalendar((), NOW, None),)},
        "The calendar of Dr. 1 says nothing about this time.",
    ),
]


@pytest.mark.parametrize(("facts", "sentence"), UNKNOWN)
def test_of_somebody_unknown_it_is_said_what_is_missing(facts: dict[str, object], sentence: str) -> None:
    """Cover line 31 of the failures of others."""
    [found] = at_time(plan_of([need("A", 1)], by_id(person(1, WEEK, **facts)), search()), NINE)
    assert told(found) == ([sentence], [])
    assert found.is_open


def test_a_time_nobody_has_looked_up_is_unknown_and_never_free() -> None:
    """Cover line 31 of the failures of others."""
    far = Span(NINE.starts_at + timedelta(days=30), NINE.ends_at + timedelta(days=30))
    [found] = at_time(plan_of([need("A", 1)], by_id(person(1)), search()), far)
    assert told(found) == (["It is not known whether Dr. 1 is free."], [])


@pytest.mark.parametrize(("facts", "said"), [(fact, "Dr. 1 is busy.") for fact, _ in AT_NINE])
def test_of_a_person_of_another_house_a_time_says_busy_and_nothing_else(
    facts: dict[str, object], said: str
) -> None:
    away = replace(person(1, WEEK, **facts), is_foreign=True)
    wishes = replace(search(), buffer_before=timedelta(minutes=15))
    [found] = at_time(plan_of([need("A", 1)], by_id(away), wishes), NINE)
    assert told(found) == ([], [said])


def test_the_time_of_a_person_of_another_house_is_unknown_without_a_reason() -> None:
    away = replace(person(1, WEEK, working=None), is_foreign=True)
    [found] = at_time(plan_of([need("A", 1)], by_id(away), search()), NINE)
    assert told(found) == (["It is not known whether Dr. 1 is free."], [])


def test_each_requirement_is_answered_with_its_counts_and_the_free_by_name() -> None:
    people = by_id(person(1), person(2, absences=(WEEK,)), person(3, working=None))
    one, two = at_time(
        plan_of([need("A", 1, 2, 3, count=2), need("B", 1)], people, search()),
        NINE,
    )
    assert (one.free, one.count, one.is_met, one.is_open) == (("Dr. 1",), 2, False, True)
    assert (two.free, two.is_met) == (("Dr. 1",), True)


LIMITS = [
    (-1, ["This time is over, or before the first day of the search."]),
    (0, ["This is too soon: those asked need more notice. Choose a later time."]),
    (1, []),
    (5, ["This lies after the last day of the search. Choose a later last day, or an earlier time."]),
]


@pytest.mark.parametrize(("days", "said"), LIMITS)
def test_a_time_outside_the_search_says_which_bound_it_breaks(days: int, said: list[str]) -> None:
    wishes = replace(search(), not_before=span(12, 13).starts_at)
    plan = plan_of([need("A", 1)], by_id(person(1)), wishes)
    asked = Span(NINE.starts_at + timedelta(days=days), NINE.ends_at + timedelta(days=days))
    assert [str(limit) for limit in limits_at(plan, asked)] == said


CHANGE_NIGHTS = [
    (date(2026, 3, 29), time(1, 30), time(3, 30)),
    (date(2026, 10, 25), time(1, 30), time(3, 0)),
]


@pytest.mark.parametrize(("day", "starts", "ends"), CHANGE_NIGHTS)
def test_a_duty_over_the_clock_change_keeps_its_person_away_to_the_minute(
    day: date, starts: time, ends: time
) -> None:
    """Cover lines 12, 13 and 17 of the failures of others."""
    night = Span(clock.start_of_day(day - timedelta(days=1), BERLIN), clock.to_instant(day, time(8), BERLIN))
    duty = Span(
        clock.to_instant(day - timedelta(days=1), time(22), BERLIN), clock.to_instant(day, ends, BERLIN)
    )
    facts = Facts(working=(night,), blocking_duties=(duty,))
    people = by_id(Candidate(UUID(int=1), "Dr. 1", availability(facts, night, NOW)))
    wishes = replace(search(), window=night)
    plan = plan_of([need("A", 1)], people, wishes)
    last = Span(duty.ends_at - timedelta(minutes=5), duty.ends_at + timedelta(minutes=25))
    after = Span(duty.ends_at, duty.ends_at + timedelta(minutes=30))
    inside = Span(clock.to_instant(day, starts, BERLIN), clock.to_instant(day, starts, BERLIN) + HALF_AN_HOUR)
    answers = [at_time(plan, one)[0].is_met for one in (inside, last, after)]
    assert answers == [False, False, True]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(-2, 24), st.integers(1, 24)), max_size=4), st.integers(0, 10))
def test_what_is_said_of_a_time_is_what_the_search_decides(claims: list[tuple[int, int]], place: int) -> None:
    base = span(8, 9).starts_at
    taken = tuple(
        Span(base + timedelta(minutes=5 * low), base + timedelta(minutes=5 * (low + length)))
        for low, length in claims
    )
    people = by_id(person(1, WEEK, claims=taken[:2]), person(2, WEEK, absences=taken[2:]))
    wishes = replace(search(), buffer_after=timedelta(minutes=10))
    needs = [need("A", 1), need("B", 2)]
    asked = Span(base + timedelta(minutes=7 * place), base + timedelta(minutes=7 * place + 30))
    offer = find_assignment(needs, people, asked, wishes)
    assert all(one.is_met for one in at_time(plan_of(needs, people, wishes), asked)) == (offer is not None)
