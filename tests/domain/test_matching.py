"""Offers against the naive scan, and each rule of the ranking by a small table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.availability import Facts, ImportedCalendar, availability
from confsched.domain.intervals import Span, subtract
from confsched.domain.matching import (
    Candidate,
    Need,
    Offer,
    Plan,
    Search,
    best_first,
    find_assignment,
    find_slots,
    prepare,
)
from confsched.errors import Refusal
from tests.domain import slot_scan
from tests.support.times import known_times

BERLIN = "Europe/Berlin"
MONDAY = date(2026, 3, 2)
EVERY_OFFER = 10_000


def local(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return clock.to_instant(day, time(hour, minute), BERLIN)


def span(start: str, end: str, day: date = MONDAY) -> Span:
    """Return a span of local times written like 9:30."""
    (h1, m1), (h2, m2) = (map(int, at.split(":")) for at in (start, end))
    return Span(local(h1, m1, day), local(h2, m2, day))


TODAY = span("7:00", "20:00")


def person(
    number: int,
    free: Iterable[Span] = (),
    unknown: Iterable[Span] = (),
    taken: Iterable[Span] = (),
    *,
    recent: int = 0,
    knows_case: bool = False,
) -> Candidate:
    return Candidate(UUID(int=number), f"Dr. {number}", known_times(free, unknown, taken), recent, knows_case)


def by_id(*people: Candidate) -> dict[UUID, Candidate]:
    return {one.id: one for one in people}


def need(key: str, *numbers: int, count: int = 1, optional: bool = False, may_double: bool = False) -> Need:
    pool = tuple(UUID(int=number) for number in numbers)
    return Need(key, key.title(), pool, count, optional, may_double=may_double)


def search(minutes: int = 30, window: Span = TODAY, **wishes: object) -> Search:
    return Search(timedelta(minutes=minutes), window, BERLIN, **wishes)  # type: ignore[arg-type]


def starts(offers: Iterable[Offer]) -> list[str]:
    return [f"{clock.to_local(offer.span.starts_at, BERLIN):%H:%M}" for offer in offers]


def who(offer: Offer) -> dict[str, list[int]]:
    return {key: [one.int for one in team] for key, team in offer.assignment.items()}


def said(offer: Offer) -> list[str]:
    return [str(reason) for reason in offer.reasons]


def test_an_offer_is_a_time_at_which_everybody_is_free() -> None:
    people = by_id(person(1, [span("9:00", "11:00")]), person(2, [span("10:15", "12:00")]))
    [offer] = find_slots([need("a", 1), need("b", 2)], people, search())
    assert (starts([offer]), who(offer)) == (["10:15"], {"a": [1], "b": [2]})
    assert said(offer) == [
        "Earliest time with everyone.",
        "Everyone confirmed free.",
        "Does not split the day of Dr. 2.",
    ]


def test_the_same_person_must_be_free_for_the_whole_time() -> None:
    people = by_id(person(1, [span("9:00", "9:30")]), person(2, [span("9:30", "10:00")]))
    assert find_slots([need("a", 1, 2)], people, search(60)) == ()
    assert len(find_slots([need("a", 1, 2)], people, search(30))) == 2


@pytest.mark.parametrize("pool", [(), (9,)], ids=["empty", "no candidate"])
def test_an_empty_pool_is_nobody_and_never_no_constraint(pool: tuple[int, ...]) -> None:
    people = by_id(person(1, [TODAY]))
    assert find_slots([need("a", 1), need("b", *pool)], people, search()) == ()
    assert find_assignment([need("a", 1), need("b", *pool)], people, span("9:00", "9:30"), search()) is None


def test_when_everybody_is_busy_nothing_is_offered() -> None:
    """Cover line 32 of the failures of others."""
    assert find_slots([need("a", 1, 2)], by_id(person(1), person(2)), search()) == ()


def test_without_a_required_need_nothing_is_offered() -> None:
    people = by_id(person(1, [TODAY]))
    assert find_slots([], people, search()) == ()
    assert find_slots([need("a", 1, optional=True)], people, search()) == ()


def test_k_of_a_pool_needs_k_people_at_the_same_time() -> None:
    hours = [span("9:00", "10:00"), span("9:30", "11:00"), span("10:30", "12:00")]
    people = by_id(*(person(n, [one]) for n, one in enumerate(hours, start=1)))
    offers = find_slots([need("a", 1, 2, 3, count=2)], people, search())
    assert sorted(starts(offers)) == ["09:30", "10:30"]
    assert find_slots([need("a", 1, 2, 3, count=3)], people, search()) == ()


def test_one_person_serves_one_need_only() -> None:
    one = person(1, [TODAY])
    assert find_slots([need("a", 1), need("b", 1)], by_id(one), search()) == ()


def test_a_person_moves_to_their_other_pool_to_make_room() -> None:
    people = by_id(person(1, [TODAY]), person(2, [TODAY], recent=5))
    [offer, *_] = find_slots([need("a", 1, 2), need("b", 1)], people, search())
    assert who(offer) == {"a": [2], "b": [1]}


def test_a_pool_that_names_someone_twice_counts_them_once() -> None:
    assert find_slots([need("a", 1, 1, count=2)], by_id(person(1, [TODAY])), search()) == ()


def test_unknown_people_are_offered_last_and_will_be_asked() -> None:
    people = by_id(person(1, [span("15:00", "15:30")], [span("9:00", "9:30")]))
    offers = find_slots([need("a", 1)], people, search())
    assert starts(offers) == ["15:00", "09:00"]
    assert offers[1].unknown == (UUID(int=1),)
    assert said(offers[1])[0] == "Dr. 1 unknown, will be asked."


def test_a_person_whose_calendar_is_down_is_never_offered_as_free() -> None:
    """Cover line 31 of the failures of others."""
    facts = Facts(working=(TODAY,), calendars=(ImportedCalendar(),))
    silent = Candidate(UUID(int=1), "Dr. 1", availability(facts, TODAY, TODAY.starts_at))
    offers = find_slots([need("a", 1)], by_id(silent), search())
    assert offers and all(offer.unknown for offer in offers)


def test_someone_half_free_and_half_unknown_counts_as_unknown() -> None:
    people = by_id(person(1, [span("9:00", "9:15")], [span("9:15", "9:30")]))
    [offer] = find_slots([need("a", 1)], people, search())
    assert offer.unknown == (UUID(int=1),)


def test_a_known_person_comes_before_an_unknown_one_who_knows_the_case() -> None:
    people = by_id(person(1, [], [TODAY], knows_case=True), person(2, [TODAY], recent=9))
    assert who(find_slots([need("a", 1, 2)], people, search())[0]) == {"a": [2]}


def test_who_knows_the_case_is_taken_and_named() -> None:
    people = by_id(person(1, [TODAY]), person(2, [TODAY], knows_case=True, recent=3))
    [offer, *_] = find_slots([need("a", 1, 2)], people, search())
    assert who(offer) == {"a": [2]}
    assert "Dr. 2 knows the case." in said(offer)


def test_who_was_booked_less_often_is_taken_and_named() -> None:
    people = by_id(person(1, [TODAY], recent=4), person(2, [TODAY], recent=1))
    [offer, *_] = find_slots([need("a", 1, 2)], people, search())
    assert who(offer) == {"a": [2]}
    assert "Dr. 2 was booked less often." in said(offer)


def test_a_time_of_who_was_booked_less_often_comes_before_an_earlier_one_of_the_same_day() -> None:
    people = by_id(
        person(1, [span("9:00", "9:30")], recent=3), person(2, [span("14:00", "14:30")]), person(3, recent=9)
    )
    assert starts(find_slots([need("a", 1, 2, 3)], people, search())) == ["14:00", "09:00"]


@pytest.mark.parametrize(("days", "expected"), [(2, [2, 1]), (3, [1, 2]), (4, [1, 2])])
def test_who_knows_the_case_is_worth_less_than_three_days_of_waiting(days: int, expected: list[int]) -> None:
    later = span("9:00", "9:30", MONDAY + timedelta(days=days))
    people = by_id(person(1, [span("9:00", "9:30")]), person(2, [later], knows_case=True))
    offers = find_slots([need("a", 1, 2)], people, search(window=Span(TODAY.starts_at, later.ends_at)))
    assert [who(offer)["a"] for offer in offers] == [[number] for number in expected]


def test_times_outside_usual_hours_come_later_and_say_so() -> None:
    people = by_id(person(1, [span("12:00", "12:30"), span("15:00", "15:30")]))
    offers = find_slots([need("a", 1)], people, search())
    assert starts(offers) == ["15:00", "12:00"]
    assert "Outside the usual hours, so named later." in said(offers[1])
    assert "Earliest time with everyone." in said(offers[1])


def test_a_time_beside_another_meeting_comes_before_one_that_splits_the_day_and_says_so() -> None:
    morning = person(1, [span("8:00", "10:00"), span("10:30", "12:00")], taken=[span("10:00", "10:30")])
    offers = find_slots([need("a", 1)], by_id(morning), search(per_day=9))
    assert starts(offers) == ["08:00", "09:30", "10:30", "11:30", "08:30", "09:00", "11:00"]
    assert "Directly before another meeting of Dr. 1." in said(offers[1])
    assert "Directly after another meeting of Dr. 1." in said(offers[2])
    assert "Does not split the day of Dr. 1." in said(offers[3])
    assert said(offers[4]) == ["Everyone confirmed free."]


def test_a_rest_shorter_than_a_step_counts_as_none_and_buffers_count_to_the_meeting() -> None:
    one = person(1, [span("8:00", "12:00")], taken=[span("9:50", "10:00")])
    wishes = search(per_day=9, buffer_before=timedelta(minutes=10), buffer_after=timedelta(minutes=10))
    offers = {
        f"{clock.to_local(offer.span.starts_at, BERLIN):%H:%M}": offer
        for offer in find_slots([need("a", 1)], by_id(one), wishes)
    }
    assert "Directly after another meeting of Dr. 1." in said(offers["10:15"])


def test_of_another_house_a_meeting_is_not_told_but_counts() -> None:
    one = replace(person(1, [span("8:00", "12:00")], taken=[span("9:30", "10:00")]), is_foreign=True)
    offers = find_slots([need("a", 1)], by_id(one), search(window=span("8:00", "11:00"), per_day=9))
    assert starts(offers) == ["08:00", "09:00", "10:00", "08:30", "10:30"]
    assert [said(offer)[-1] for offer in offers[1:4]] == [
        "Does not split the day of Dr. 1.",
        "Does not split the day of Dr. 1.",
        "Everyone confirmed free.",
    ]


def test_who_takes_part_already_meets_a_need_that_may_double() -> None:
    people = by_id(person(1, [TODAY], recent=5), person(2, [TODAY]))
    needs = [need("a", 1), need("b", 1, 2, may_double=True)]
    [offer, *_] = find_slots(needs, people, search())
    assert who(offer) == {"a": [1], "b": [1]}
    [apart, *_] = find_slots([need("a", 1), need("b", 1, 2)], people, search())
    assert who(apart) == {"a": [1], "b": [2]}


def test_a_need_that_may_double_still_asks_for_as_many_different_people() -> None:
    pair = need("b", 1, 2, count=2, may_double=True)
    assert find_slots([need("a", 1), pair], by_id(person(1, [TODAY]), person(2)), search()) == ()
    assert find_slots([need("a", 1), pair], by_id(person(1, [TODAY]), person(2, [TODAY])), search())


def test_an_optional_need_is_met_when_it_can_be_and_reported_when_not() -> None:
    people = by_id(
        person(1, [span("9:00", "9:30"), span("14:00", "14:30")]), person(2, [span("14:00", "15:00")])
    )
    offers = find_slots([need("a", 1), need("b", 2, optional=True)], people, search())
    assert starts(offers) == ["14:00", "09:00"]
    assert offers[1].missing_optional == ("b",)
    assert "Without B." in said(offers[1])


def test_an_optional_need_takes_nobody_unknown_and_nobody_from_a_required_one() -> None:
    people = by_id(person(1, [TODAY]), person(2, [], [TODAY]))
    [offer, *_] = find_slots([need("a", 1), need("b", 1, 2, optional=True)], people, search())
    assert (who(offer), offer.unknown, offer.missing_optional) == ({"a": [1]}, (), ("b",))


def test_a_required_pool_gives_its_person_to_an_optional_one_if_it_has_another() -> None:
    people = by_id(person(1, [TODAY]), person(2, [TODAY], recent=3))
    [offer, *_] = find_slots([need("a", 1, 2), need("b", 1, optional=True)], people, search())
    assert who(offer) == {"a": [2], "b": [1]}


@pytest.mark.parametrize(
    ("before", "after", "expected"), [(0, 0, "09:00"), (10, 0, "09:15"), (0, 10, "09:00")]
)
def test_a_buffer_keeps_clear_of_the_claim_before(before: int, after: int, expected: str) -> None:
    one = person(1, [span("9:00", "10:00")], taken=[span("8:30", "9:00")])
    wishes = search(buffer_before=timedelta(minutes=before), buffer_after=timedelta(minutes=after))
    assert starts(find_slots([need("a", 1)], by_id(one), wishes))[0] == expected


def test_a_buffer_sees_a_claim_just_outside_the_window() -> None:
    window = span("9:00", "9:30")
    one = person(1, [window], taken=[span("9:30", "10:00")])
    assert find_slots([need("a", 1)], by_id(one), search(window=window)) != ()
    wishes = search(window=window, buffer_after=timedelta(minutes=5))
    assert find_slots([need("a", 1)], by_id(one), wishes) == ()


def test_offers_lie_apart_so_that_they_are_a_choice() -> None:
    one = person(1, [span("8:00", "12:00")])
    wishes = search(per_day=9, apart=timedelta(minutes=90), fragments=False)
    offers = find_slots([need("a", 1)], by_id(one), wishes)
    assert starts(offers) == ["08:00", "09:30", "11:00"]


def test_offers_do_not_overlap_and_do_not_crowd_a_day() -> None:
    tuesday = span("8:00", "17:00", MONDAY + timedelta(days=1))
    one = person(1, [TODAY, tuesday])
    window = Span(TODAY.starts_at, tuesday.ends_at)
    offers = find_slots([need("a", 1)], by_id(one), search(window=window, per_day=2))
    assert starts(offers) == ["08:00", "08:30", "08:00", "08:30"]
    assert len(find_slots([need("a", 1)], by_id(one), search(window=window, limit=3))) == 3


def test_nothing_is_offered_before_the_earliest_time_allowed() -> None:
    wishes = search(not_before=local(9, 7))
    assert starts(find_slots([need("a", 1)], by_id(person(1, [TODAY])), wishes))[0] == "09:15"


@pytest.mark.parametrize(("field", "minutes"), [("duration", 0), ("duration", 32), ("buffer_before", 3)])
def test_lengths_come_in_steps_of_five_minutes(field: str, minutes: int) -> None:
    wishes = {
        "duration": timedelta(minutes=30),
        "window": TODAY,
        "zone": BERLIN,
        field: timedelta(minutes=minutes),
    }
    with pytest.raises(Refusal) as refusal:
        Search(**wishes)  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_a_time_is_decided_afresh_to_the_minute() -> None:
    one = person(1, [span("9:00", "9:37")], taken=[span("9:37", "9:50")])
    needs, wishes = [need("a", 1)], search()
    assert find_assignment(needs, by_id(one), span("9:07", "9:37"), wishes) is not None
    assert find_assignment(needs, by_id(one), span("9:08", "9:38"), wishes) is None
    assert find_assignment(needs, by_id(one), span("6:00", "6:30"), wishes) is None
    late = search(not_before=local(9, 10))
    assert find_assignment(needs, by_id(one), span("9:07", "9:37"), late) is None


@pytest.mark.parametrize(
    ("sunday", "expected"),
    [
        (date(2026, 3, 29), ["01:00", "01:30", "03:00"]),
        (date(2026, 10, 25), ["01:00", "01:30", "02:00", "02:30"]),
    ],
)
def test_a_search_across_a_clock_change_is_not_an_hour_off(sunday: date, expected: list[str]) -> None:
    """Cover line 12 of the failures of others."""
    window = Span(local(1, day=sunday), local(1, day=sunday) + timedelta(hours=1.5))
    if sunday.month == 10:
        window = Span(window.starts_at, window.starts_at + timedelta(hours=2))
    offers = find_slots([need("a", 1)], by_id(person(1, [window])), search(window=window, per_day=9))
    assert starts(offers) == expected


WINDOWS = [
    Span(datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 3, 29, 4, tzinfo=UTC)),
    Span(datetime(2026, 10, 24, 21, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC)),
    Span(datetime(2026, 3, 2, 9, 3, tzinfo=UTC), datetime(2026, 3, 2, 13, 58, tzinfo=UTC)),
]


@st.composite
def instances(draw: st.DrawFn, *, doubling: bool = False) -> tuple[list[Need], dict[UUID, Candidate], Search]:
    window = draw(st.sampled_from(WINDOWS))
    people = by_id(*(draw(_people(number, window)) for number in range(1, draw(st.integers(1, 5)) + 1)))
    pools = st.lists(st.integers(1, 5), max_size=5)
    needs = [
        need(
            f"need{n}",
            *draw(pools),
            count=draw(st.sampled_from([1, 1, 1, 2])),
            optional=draw(st.integers(0, 3)) == 0,
            may_double=doubling and draw(st.booleans()),
        )
        for n in range(draw(st.integers(1, 4)))
    ]
    wishes = Search(
        duration=timedelta(minutes=draw(st.sampled_from([5, 15, 20, 45, 90]))),
        window=window,
        zone=draw(st.sampled_from([BERLIN, "UTC", "Asia/Kolkata", "Asia/Kathmandu"])),
        not_before=draw(st.sampled_from([None, window.starts_at + timedelta(minutes=47)])),
        step=timedelta(minutes=draw(st.sampled_from([5, 15, 30, 60]))),
        buffer_before=timedelta(minutes=draw(st.sampled_from([0, 0, 5, 15]))),
        buffer_after=timedelta(minutes=draw(st.sampled_from([0, 0, 10]))),
        limit=EVERY_OFFER,
        per_day=EVERY_OFFER,
    )
    return needs, people, wishes


@st.composite
def _people(draw: st.DrawFn, number: int, window: Span) -> Candidate:
    lists = [draw(_spans(window, size)) for size in (3, 2, 2)]
    at_work, unknown, taken = lists if draw(st.booleans()) else [[window], *lists[1:]]
    known = known_times(subtract(at_work, [*unknown, *taken]), unknown, taken)
    return Candidate(
        UUID(int=number),
        f"Dr. {number}",
        known,
        draw(st.integers(0, 3)),
        knows_case=draw(st.integers(0, 3)) == 0,
    )


def _spans(window: Span, size: int) -> st.SearchStrategy[list[Span]]:
    bounds = st.tuples(st.integers(-20, 360), st.integers(1, 200))
    return st.lists(
        bounds.map(
            lambda pair: Span(
                window.starts_at + timedelta(minutes=pair[0]),
                window.starts_at + timedelta(minutes=pair[0] + pair[1]),
            )
        ),
        max_size=size,
    )


@settings(deadline=None, max_examples=150)
@given(instances())
def test_every_offer_and_every_gap_agrees_with_the_plain_scan(
    instance: tuple[list[Need], dict[UUID, Candidate], Search],
) -> None:
    """Cover line 12 of the failures of others: two of the windows hold a clock change."""
    needs, people, wishes = instance
    best = {at: slot_scan.best_at(at, needs, people, wishes) for at in slot_scan.starts(wishes)}
    offers = find_slots(needs, people, wishes)
    for offer in offers:
        _assert_best(offer, best[offer.span.starts_at], people)
        _assert_sound(offer, needs, people, wishes)
    for at in (at for at, cost in best.items() if cost):
        taken = Span(at, at + wishes.duration)
        assert any(offer.span.overlaps(taken) for offer in offers), (
            "a time that fits beside all offers is offered"
        )
    assert not any(one.span.overlaps(two.span) for one, two in combinations(offers, 2))


def _team(offer: Offer, people: Mapping[UUID, Candidate]) -> list[Candidate]:
    return [people[one] for team in offer.assignment.values() for one in team]


def _assert_best(offer: Offer, best: slot_scan.Best | None, people: Mapping[UUID, Candidate]) -> None:
    """Hold an offer to the least cost; one that serves an optional need may give it a better person."""
    assert best is not None
    assert len(offer.unknown) == best.unknown
    team = _team(offer, people)
    if len(team) == best.people:
        assert sum(not one.knows_case for one in team) == best.strangers
        assert sum(one.recent for one in team) == best.recent


def _assert_sound(
    offer: Offer, needs: Sequence[Need], people: Mapping[UUID, Candidate], wishes: Search
) -> None:
    everyone = [one for team in offer.assignment.values() for one in team]
    assert len(everyone) == len(set(everyone)), "one person serves one need"
    for one in needs:
        team = offer.assignment.get(one.key, ())
        assert set(team) <= set(one.pool)
        assert len(team) == one.count or (one.optional and not team and one.key in offer.missing_optional)
    for one_id in everyone:
        at = offer.span.starts_at
        assert slot_scan.is_free(people[one_id], at, wishes, unknown_too=one_id in offer.unknown)


@settings(deadline=None, max_examples=100)
@given(instances(doubling=True))
def test_the_order_is_that_of_deciding_every_start_and_sorting(
    instance: tuple[list[Need], dict[UUID, Candidate], Search],
) -> None:
    needs, people, wishes = instance
    plan = Plan(tuple(needs), people, wishes, prepare(people, wishes))
    spans = [Span(at, at + wishes.duration) for at in slot_scan.starts(wishes)]
    alone = [offer for span in spans if (offer := find_assignment(needs, people, span, wishes))]
    found = [offer for _, offer in best_first(plan, lambda _: False)]
    assert [_key(offer) for offer in found] == sorted(map(_key, alone))


def _key(offer: Offer) -> tuple[bool, int, datetime]:
    return bool(offer.unknown), -offer.score, offer.span.starts_at


@settings(deadline=None, max_examples=100)
@given(instances())
def test_offers_come_best_first_and_unknown_last(
    instance: tuple[list[Need], dict[UUID, Candidate], Search],
) -> None:
    offers = find_slots(*instance)
    keys = [(bool(offer.unknown), -offer.score, offer.span) for offer in offers]
    assert all(one <= two for one, two in pairwise(keys))


@settings(deadline=None, max_examples=100)
@given(instances())
def test_a_search_gives_the_same_answer_again_and_each_offer_holds_when_asked_alone(
    instance: tuple[list[Need], dict[UUID, Candidate], Search],
) -> None:
    needs, people, wishes = instance
    offers = find_slots(needs, people, wishes)
    backwards = dict(reversed(people.items()))
    assert find_slots(needs, backwards, wishes, prepare(backwards, wishes)) == offers
    for offer in offers:
        again = find_assignment(needs, people, offer.span, wishes)
        assert again is not None
        assert (again.assignment, again.score) == (offer.assignment, offer.score)
