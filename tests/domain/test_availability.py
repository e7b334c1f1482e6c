"""Three states of a person's time, each with the rule that decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.availability import (
    Availability,
    Facts,
    ImportedCalendar,
    Source,
    State,
    Stretch,
    Why,
    availability,
)
from confsched.domain.bitgrid import Grid
from confsched.domain.intervals import Span, intersect

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
MONDAY = Span(NOW, NOW + timedelta(hours=12))


def at(hour: int, minute: int = 0) -> datetime:
    return NOW.replace(hour=hour, minute=minute)


def span(start: int, end: int) -> Span:
    return Span(at(start), at(end))


def fresh(*busy: Span) -> ImportedCalendar:
    return ImportedCalendar(busy, read_at=NOW - timedelta(minutes=2), known=MONDAY)


def state_at(known: Availability, instant: datetime) -> Stretch:
    [stretch] = [stretch for stretch in known.stretches if stretch.span.contains(instant)]
    return stretch


def test_working_hours_are_free_and_the_rest_of_the_day_is_not() -> None:
    known = availability(Facts(working=(span(8, 12), span(13, 16))), MONDAY, NOW)
    assert known.free == (span(8, 12), span(13, 16))
    assert known.unknown == ()
    assert state_at(known, at(12)).why is Why.NOT_WORKING


def test_without_hours_on_record_nothing_is_free() -> None:
    known = availability(Facts(working=None), MONDAY, NOW)
    assert (known.free, known.unknown) == ((), (MONDAY,))
    assert state_at(known, at(9)).source is Source.HOURS


def test_empty_working_hours_mean_not_working() -> None:
    known = availability(Facts(working=()), MONDAY, NOW)
    assert (known.free, known.unknown) == ((), ())


@pytest.mark.parametrize("working", [None, (span(7, 8),)])
def test_a_duty_for_the_service_makes_its_holder_free(working: tuple[Span, ...] | None) -> None:
    known = availability(Facts(working=working, available_duties=(span(9, 11),)), MONDAY, NOW)
    assert state_at(known, at(10)).state is State.FREE
    assert state_at(known, at(10)).source is Source.DUTIES


PRECEDENCE = [
    ("claims", Why.CLAIM),
    ("absences", Why.ABSENCE),
    ("blocking_duties", Why.DUTY),
    ("elsewhere", Why.ELSEWHERE),
    ("rest", Why.REST),
    ("refused", Why.ANSWER),
    ("calendars", Why.CALENDAR),
    ("capped", Why.CAP),
]


@pytest.mark.parametrize("strongest", range(len(PRECEDENCE)))
def test_the_first_rule_that_speaks_decides(strongest: int) -> None:
    fields = [field for field, _ in PRECEDENCE[strongest:]]
    values = {field: (fresh(span(9, 10)),) if field == "calendars" else (span(9, 10),) for field in fields}
    known = availability(Facts((), confirmed=(span(9, 10),), **values), MONDAY, NOW)  # type: ignore[arg-type]
    assert state_at(known, at(9)).why is PRECEDENCE[strongest][1]


@pytest.mark.parametrize(
    ("working", "otherwise"), [(None, State.UNKNOWN), ((MONDAY,), State.UNKNOWN), ((), State.BUSY)]
)
def test_who_said_yes_is_free_whatever_hours_and_calendar_do_not_say(
    working: tuple[Span, ...] | None, otherwise: State
) -> None:
    facts = Facts(working, calendars=(ImportedCalendar(),), confirmed=(span(9, 10),))
    known = availability(facts, MONDAY, NOW)
    assert known.free == (span(9, 10),)
    assert (state_at(known, at(9)).source, state_at(known, at(8)).state) == (Source.ANSWER, otherwise)


def test_a_no_to_the_question_is_busy_and_says_so() -> None:
    known = availability(Facts(working=(MONDAY,), refused=(span(9, 10),)), MONDAY, NOW)
    stretch = state_at(known, at(9))
    assert (stretch.state, stretch.why, stretch.source) == (State.BUSY, Why.ANSWER, Source.ANSWER)
    assert known.free == (span(6, 9), span(10, 18))


def test_not_working_is_stronger_than_a_silent_calendar() -> None:
    known = availability(Facts(working=(span(8, 12),), calendars=(ImportedCalendar(),)), MONDAY, NOW)
    assert known.unknown == (span(8, 12),)
    assert state_at(known, at(13)).why is Why.NOT_WORKING


@pytest.mark.parametrize(
    "calendar",
    [
        ImportedCalendar(),
        ImportedCalendar(read_at=NOW - timedelta(hours=24, seconds=1), known=MONDAY),
        ImportedCalendar(read_at=NOW, known=None),
        ImportedCalendar(read_at=None, known=MONDAY),
    ],
    ids=["never read", "too old", "speaks of nothing", "never read but known"],
)
def test_a_person_whose_calendar_is_down_is_unknown_and_not_free(calendar: ImportedCalendar) -> None:
    """Cover line 31 of the failures of others."""
    known = availability(Facts(working=(MONDAY,), calendars=(fresh(), calendar)), MONDAY, NOW)
    assert known.free == ()
    assert known.unknown == (MONDAY,)


def test_a_calendar_of_exactly_a_day_still_counts() -> None:
    calendar = ImportedCalendar(read_at=NOW - timedelta(hours=24), known=MONDAY)
    assert availability(Facts(working=(MONDAY,), calendars=(calendar,)), MONDAY, NOW).free == (MONDAY,)


def test_the_last_good_busy_time_of_a_stale_calendar_still_counts() -> None:
    stale = ImportedCalendar((span(9, 10),), read_at=NOW - timedelta(days=3), known=MONDAY)
    known = availability(Facts(working=(MONDAY,), calendars=(stale,)), MONDAY, NOW)
    assert state_at(known, at(9)).why is Why.CALENDAR
    assert state_at(known, at(9)).known_at == NOW - timedelta(days=3)
    assert known.unknown == (span(6, 9), span(10, 18))


def test_a_calendar_speaks_of_its_own_window_only() -> None:
    calendar = ImportedCalendar(read_at=NOW, known=span(6, 12))
    known = availability(Facts(working=(MONDAY,), calendars=(calendar,)), MONDAY, NOW)
    assert (known.free, known.unknown) == ((span(6, 12),), (span(12, 18),))


def test_free_time_is_as_old_as_the_oldest_calendar() -> None:
    older = ImportedCalendar(read_at=NOW - timedelta(hours=2), known=MONDAY)
    known = availability(Facts(working=(MONDAY,), calendars=(fresh(), older)), MONDAY, NOW)
    assert state_at(known, at(9)).known_at == NOW - timedelta(hours=2)


def test_an_absence_from_friday_evening_to_monday_morning_blocks_saturday() -> None:
    """Cover line 16 of the failures of others."""
    friday = datetime(2026, 3, 6, 17, tzinfo=UTC)
    absence = Span(friday, datetime(2026, 3, 9, 7, tzinfo=UTC))
    saturday = Span(datetime(2026, 3, 6, 23, tzinfo=UTC), datetime(2026, 3, 7, 23, tzinfo=UTC))
    known = availability(Facts(working=(saturday,), absences=(absence,)), saturday, friday)
    assert known.free == ()
    assert [stretch.why for stretch in known.stretches] == [Why.ABSENCE]


def test_claims_outside_the_window_stay_known_for_the_buffers() -> None:
    claim = Span(at(5), at(6))
    assert availability(Facts(working=(MONDAY,), claims=(claim,)), MONDAY, NOW).taken == (claim,)


def spans() -> st.SearchStrategy[tuple[Span, ...]]:
    one = st.tuples(st.integers(-60, 780), st.integers(1, 300)).map(
        lambda pair: Span(
            NOW + timedelta(minutes=pair[0]), NOW + timedelta(minutes=pair[0]) + timedelta(minutes=pair[1])
        )
    )
    return st.lists(one, max_size=3).map(tuple)


def calendars() -> st.SearchStrategy[tuple[ImportedCalendar, ...]]:
    read_at = st.sampled_from([None, NOW, NOW - timedelta(days=2)])
    known = st.sampled_from([None, MONDAY, span(8, 12)])
    return st.lists(st.builds(ImportedCalendar, spans(), read_at, known), max_size=2).map(tuple)


def facts() -> st.SearchStrategy[Facts]:
    lists = [spans() for _ in range(5)]
    answers = [spans() for _ in range(4)]
    return st.builds(Facts, st.none() | spans(), *lists, calendars(), *answers)


@settings(deadline=None)
@given(facts())
def test_the_stretches_tile_the_window_without_hole_or_overlap(given_facts: Facts) -> None:
    known = availability(given_facts, MONDAY, NOW)
    assert known.stretches[0].span.starts_at == MONDAY.starts_at
    assert known.stretches[-1].span.ends_at == MONDAY.ends_at
    assert all(one.span.ends_at == two.span.starts_at for one, two in pairwise(known.stretches))
    assert all((stretch.why is None) == (stretch.state is not State.BUSY) for stretch in known.stretches)


@settings(deadline=None)
@given(facts(), st.integers(0, 719))
def test_each_minute_is_decided_as_the_rules_say_in_order(given_facts: Facts, minute: int) -> None:
    instant = NOW + timedelta(minutes=minute)
    stretch = state_at(availability(given_facts, MONDAY, NOW), instant)
    assert (stretch.state, stretch.why) == _decide(given_facts, instant)


def _decide(facts: Facts, instant: datetime) -> tuple[State, Why | None]:
    def within(spans: Iterable[Span]) -> bool:
        return any(span.contains(instant) for span in spans)

    busy = [
        (facts.claims, Why.CLAIM),
        (facts.absences, Why.ABSENCE),
        (facts.blocking_duties, Why.DUTY),
        (facts.elsewhere, Why.ELSEWHERE),
        (facts.rest, Why.REST),
        (facts.refused, Why.ANSWER),
        (tuple(span for calendar in facts.calendars for span in calendar.busy), Why.CALENDAR),
        (facts.capped, Why.CAP),
    ]
    for spans, why in busy:
        if within(spans):
            return State.BUSY, why
    if within(facts.confirmed):
        return State.FREE, None
    at_work = within((*(facts.working or ()), *facts.available_duties))
    if not at_work and facts.working is not None:
        return State.BUSY, Why.NOT_WORKING
    speaking = [
        calendar.known is not None and calendar.read_at == NOW and calendar.known.contains(instant)
        for calendar in facts.calendars
    ]
    return (State.FREE, None) if at_work and all(speaking) else (State.UNKNOWN, None)


@settings(deadline=None)
@given(facts())
def test_free_and_unknown_never_meet(given_facts: Facts) -> None:
    known = availability(given_facts, MONDAY, NOW)
    assert not any(intersect(free, unknown) for free in known.free for unknown in known.unknown)


@settings(deadline=None)
@given(facts(), st.sampled_from([timedelta(0), timedelta(minutes=7), timedelta(hours=3)]), st.data())
def test_the_bit_rows_say_what_the_stretches_say(facts: Facts, wider: timedelta, data: st.DataObject) -> None:
    """Cover line 12 of the failures of others: cells count instants, in March and in October as well."""
    night = data.draw(st.sampled_from(NIGHTS))
    facts, window = _moved(facts, night), Span(night, night + MONDAY.duration - timedelta(minutes=3))
    grid = Grid.over(window.widen(wider, wider))
    known = availability(facts, window, night)
    row = known.row(grid)
    assert row.free == grid.inward(known.free)
    assert row.possible == grid.inward(known.free, known.unknown)
    assert row.taken == grid.outward(known.taken)


NIGHTS = [NOW, datetime(2026, 3, 28, 20, 2, tzinfo=UTC), datetime(2026, 10, 24, 20, 2, tzinfo=UTC)]


def _moved(facts: Facts, to: datetime) -> Facts:
    """Lay the same facts around another start; a change of the clock leaves instants alone."""
    by = to - NOW

    def moved(spans: Iterable[Span]) -> tuple[Span, ...]:
        return tuple(Span(one.starts_at + by, one.ends_at + by) for one in spans)

    def turned(calendar: ImportedCalendar) -> ImportedCalendar:
        known = calendar.known and moved((calendar.known,))[0]
        read_at = calendar.read_at and calendar.read_at + by
        return ImportedCalendar(moved(calendar.busy), read_at, known)

    lists = {field.name: getattr(facts, field.name) for field in fields(Facts)}
    calendars = tuple(map(turned, lists.pop("calendars")))
    return Facts(calendars=calendars, **{name: v and moved(v) for name, v in lists.items()})
