"""What would help is proposed, the smallest first, and each proposal keeps its promise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.availability import Facts, ImportedCalendar, availability
from confsched.domain.changes import (
    AskUnknown,
    Both,
    Change,
    EarlierNotice,
    Longer,
    OtherService,
    Remote,
    Shift,
    Shorter,
    SmallerBuffer,
    Without,
    code,
    cost,
    each_of,
    parse,
)
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate, Need, Search, find_assignment, first_offer
from confsched.domain.relaxations import MOST, Relaxation, apply, is_better, relaxations
from confsched.domain.starts import Plan, prepare

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
MONDAY = date(2026, 3, 2)
NIGHTS = (date(2026, 3, 28), date(2026, 10, 24))  # the days before the two clock-change nights


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return clock.to_instant(day, time(hour, minute), BERLIN)


def plan_of(
    needs: Iterable[Need], facts: dict[int, Facts], window: Span, minutes: int = 30, **wishes: object
) -> Plan:
    reach = window.widen(timedelta(0), timedelta(days=8))
    people = {
        UUID(int=number): Candidate(UUID(int=number), f"Dr. {number}", availability(known, reach, NOW))
        for number, known in facts.items()
    }
    search = Search(timedelta(minutes=minutes), window, BERLIN, **wishes)  # type: ignore[arg-type]
    return Plan(tuple(needs), people, search, prepare(people, search))


def need(key: str, *numbers: int, count: int = 1) -> Need:
    return Need(key, key, tuple(UUID(int=number) for number in numbers), count)


def helps(plan: Plan) -> dict[Change, tuple[str, str]]:
    """Return what helps: the change, with its words and the local start that it gives."""
    return {
        one.change: (
            " ".join(map(str, one.messages)),
            f"{clock.to_local(one.first_offer.span.starts_at, BERLIN):%a %H:%M}",
        )
        for one in relaxations(plan, first_offer(plan))
    }


DAY = Span(at(8), at(18))


def test_a_start_between_the_steps_is_proposed() -> None:
    plan = plan_of([need("A", 1)], {1: Facts(working=(Span(at(9, 5), at(9, 40)),))}, DAY)
    assert helps(plan)[Shift(5)] == ("A start in steps of 5 minutes.", "Mon 09:05")


def test_a_question_to_somebody_unknown_is_proposed_by_name() -> None:
    silent = ImportedCalendar((), NOW, Span(at(14), at(18)))
    plan = plan_of([need("A", 1)], {1: Facts(working=(DAY,), calendars=(silent,))}, DAY)
    change = AskUnknown((UUID(int=1),))
    said = "If those say yes of whom nothing is known: Dr. 1."
    assert helps(plan)[change] == (said, "Mon 08:00")


def test_a_shorter_meeting_is_proposed_with_the_time_it_gives() -> None:
    plan = plan_of([need("A", 1)], {1: Facts(working=(Span(at(9), at(9, 30)),))}, DAY, 45)
    assert helps(plan) == {Shorter(30): ("30 instead of 45 minutes.", "Mon 09:00")}


def test_doing_without_the_pause_is_proposed() -> None:
    facts = Facts(working=(Span(at(9), at(9, 30)),), claims=(Span(at(8), at(9)),))
    plan = plan_of([need("A", 1)], {1: facts}, DAY, buffer_before=timedelta(minutes=15))
    assert helps(plan)[SmallerBuffer()] == ("Without the pause before and after.", "Mon 09:00")


def test_a_shorter_notice_is_proposed() -> None:
    plan = plan_of([need("A", 1)], {1: Facts(working=(DAY,))}, DAY, not_before=at(15))
    assert helps(plan) == {EarlierNotice(): ("At shorter notice.", "Mon 08:00")}


def test_a_week_more_is_proposed_only_where_there_is_no_time_at_all() -> None:
    later = Span(DAY.starts_at + timedelta(days=3), DAY.ends_at + timedelta(days=3))
    plan = plan_of([need("A", 1)], {1: Facts(working=(later,))}, DAY)
    assert helps(plan) == {Longer(date(2026, 3, 9)): ("Search one week longer.", "Thu 08:00")}


def test_one_person_less_is_proposed_before_nobody_at_all() -> None:
    plan = plan_of([need("A", 1, 2, count=2)], {1: Facts(working=(DAY,)), 2: Facts(working=())}, DAY)
    assert helps(plan) == {Without("A", 1): ("A: 1 instead of 2 people.", "Mon 08:00")}


def test_two_changes_at_once_are_proposed_where_no_single_one_helps() -> None:
    facts = {1: Facts(working=(DAY,)), 2: Facts(working=()), 3: Facts(working=())}
    plan = plan_of([need("A", 1), need("B", 2), need("C", 3)], facts, DAY)
    assert helps(plan) == {Both(Without("B"), Without("C")): ("Without B. Without C.", "Mon 08:00")}


def test_two_needs_in_the_way_are_found_among_many() -> None:
    """Cover line 33 of the failures of others."""
    facts = {number: Facts(working=(DAY,)) for number in range(1, 15)}
    needs = [need(f"N{number}", number) for number in facts]
    plan = plan_of([*needs, need("X"), need("Y")], facts, DAY)
    assert list(helps(plan)) == [Both(Without("X"), Without("Y"))]


def test_the_smallest_change_comes_first() -> None:
    facts = {1: Facts(working=(Span(at(9, 5), at(9, 40)), Span(at(15), at(16)))), 2: Facts(working=(DAY,))}
    plan = plan_of([need("A", 1), need("B", 2)], facts, DAY)
    assert [type(one.change) for one in relaxations(plan, first_offer(plan))] == [Shift, Shorter, Without]


@pytest.mark.parametrize("night", NIGHTS)
def test_a_proposal_in_the_night_of_the_clock_change_keeps_its_length(night: date) -> None:
    """Cover line 12 of the failures of others."""
    starts_at = at(1, 35, night + timedelta(days=1))
    free = Span(starts_at, starts_at + timedelta(minutes=60))
    window = Span(at(20, 0, night), at(8, 0, night + timedelta(days=1)))
    plan = plan_of([need("A", 1)], {1: Facts(working=(free,))}, window, minutes=60)
    [shift] = [one for one in relaxations(plan, None) if one.change == Shift(5)]
    assert shift.first_offer.span == free


MINUTES = st.integers(0, 24 * 12)
SHORT = st.integers(1, 40)


@st.composite
def spans(draw: st.DrawFn, day: date) -> tuple[Span, ...]:
    start = at(12, 0, day)
    pieces = draw(st.lists(st.tuples(MINUTES, SHORT), max_size=3))
    return tuple(
        Span(start + timedelta(minutes=5 * low), start + timedelta(minutes=5 * (low + length)))
        for low, length in pieces
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    day = draw(st.sampled_from((*NIGHTS, MONDAY)))
    window = Span(at(12, 0, day), at(12, 0, day + timedelta(days=1)))
    facts = {}
    for number in range(1, 4):
        silent = draw(st.booleans())
        known = draw(spans(day)) if silent else ()
        calendars = tuple(ImportedCalendar((), NOW, one) for one in known[:1])
        facts[number] = Facts(
            working=draw(st.one_of(st.none(), spans(day))),
            claims=draw(spans(day))[:1],
            calendars=calendars if window.starts_at - NOW < timedelta(days=1) else (),
        )
    numbers = st.lists(st.integers(1, 3), min_size=1, max_size=3, unique=True)
    needs = []
    for key in "AB"[: draw(st.integers(1, 2))]:
        pool = draw(numbers)
        needs.append(replace(need(key, *pool), count=draw(st.integers(1, len(pool)))))
    return plan_of(
        needs,
        facts,
        window,
        minutes=draw(st.sampled_from((20, 30, 45, 60))),
        buffer_before=timedelta(minutes=draw(st.sampled_from((0, 15)))),
        not_before=draw(st.sampled_from((None, window.starts_at + timedelta(hours=6)))),
    )


def _kept(plan: Plan, one: Relaxation) -> bool:
    relaxed = apply(plan, one.change)
    span = one.first_offer.span
    return (
        first_offer(relaxed) == one.first_offer
        and find_assignment(relaxed.needs, relaxed.candidates, span, relaxed.search) is not None
    )


@settings(deadline=None, max_examples=150)
@given(plans())
def test_applying_a_relaxation_yields_the_promised_offer(plan: Plan) -> None:
    """Cover lines 12, 13 and 33 of the failures of others."""
    first = first_offer(plan)
    found = relaxations(plan, first)
    assert len(found) <= MOST
    assert all(is_better(one.first_offer, first) for one in found)
    assert [cost(one.change) for one in found] == sorted(cost(one.change) for one in found)
    assert all(_kept(plan, one) for one in found)


CODES = [
    (Shift(5), "shift.5"),
    (Shorter(30), "shorter.30"),
    (Longer(date(2026, 3, 9)), "longer.2026-03-09"),
    (Remote("4a"), "remote.4a"),
    (OtherService(UUID(int=7)), "service.00000000-0000-0000-0000-000000000007"),
    (Without("4a", 1), "without.4a.1"),
    (AskUnknown(()), "ask"),
    (SmallerBuffer(), "buffer"),
    (EarlierNotice(), "notice"),
    (Both(Shorter(30), Without("4a")), "shorter.30+without.4a.0"),
]


@pytest.mark.parametrize(("change", "text"), CODES)
def test_a_change_is_read_back_from_its_address(change: Change, text: str) -> None:
    assert (code(change), parse(text)) == (text, change)
    assert each_of(change) == ((change.one, change.other) if isinstance(change, Both) else (change,))


WRONG = ["", "x", "shorter", "shorter.", "shorter.-5", "shorter.\u0663", "shorter.1234", "longer.2026-13-01"]


@pytest.mark.parametrize("text", [*WRONG, "service.7", "ask+ask+ask", "ask." * 60, "shift.5+"])
def test_a_text_that_names_no_change_is_none(text: str) -> None:
    assert parse(text) is None
