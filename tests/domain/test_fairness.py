"""The fairness ledger: counts, exact hours, and each person's part by share of employment."""

from __future__ import annotations

from datetime import date, time, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.duty_codes import PlannedDuty
from confsched.domain.fairness import Ledger, LedgerRow, Measure, ledger
from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span
from confsched.domain.roster_rules import Share
from tests.domain.held import (
    ANNA,
    BORIS,
    CEM,
    ICU,
    ON_CALL,
    STROKE,
    ZONE,
    day_shift,
    days_from,
    held,
    local,
    night,
    on_call,
)

YEAR = Span(local("2026-01-01 00:00"), local("2027-01-01 00:00"))
MONDAY = date(2026, 6, 1)
BOTH: dict[UUID, Share] = {ANNA: 1, BORIS: Fraction(1, 2)}


def in_lower_saxony(day: date) -> bool:
    return is_public_holiday(day, "DE-NI")


def year(duties: list[PlannedDuty], shares: dict[UUID, Share] | None = None, window: Span = YEAR) -> Ledger:
    return ledger(duties, BOTH if shares is None else shares, window, ZONE, in_lower_saxony)


def row(book: Ledger, person: UUID, line: UUID = STROKE) -> LedgerRow:
    found = book.find_row(person, line)
    assert found is not None
    return found


def test_duties_are_counted_by_what_the_legend_says_they_count_as() -> None:
    book = year([night(MONDAY), night(date(2026, 6, 3)), on_call(date(2026, 6, 9))])
    held_by_anna = row(book, ANNA).held
    assert (held_by_anna[Measure.DUTIES], held_by_anna[Measure.NIGHTS], held_by_anna[Measure.ON_CALL]) == (
        3,
        2,
        1,
    )
    assert (held_by_anna[Measure.DAYS], held_by_anna[Measure.BACKGROUND]) == (0, 0)


def test_part_time_owes_its_part_of_what_was_held() -> None:
    book = year([night(day) for day in days_from(MONDAY, 6, 7)])
    anna, boris = row(book, ANNA), row(book, BORIS)
    assert anna.expected[Measure.NIGHTS] == 4
    assert boris.expected[Measure.NIGHTS] == 2
    assert anna.difference(Measure.NIGHTS) == 2
    assert boris.difference(Measure.NIGHTS) == -2


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 11), (date(2026, 10, 24), 13), (MONDAY, 12)])
def test_hours_are_those_that_elapsed(day: date, hours: int) -> None:
    """PEER_FAILURES 13: a night over a clock change counts the hours it lasted."""
    assert row(year([night(day)]), ANNA).worked == timedelta(hours=hours)


def test_hours_are_exact_to_the_minute() -> None:
    book = year([held(MONDAY, time(8), time(16, 17)), held(date(2026, 6, 2), time(8), time(8, 1))])
    assert row(book, ANNA).worked == timedelta(hours=8, minutes=18)


@pytest.mark.parametrize(
    ("day", "weekends", "holidays"),
    [
        pytest.param(date(2026, 12, 25), 1, 1, id="the night of Christmas Day, a Friday"),
        pytest.param(date(2026, 12, 24), 0, 0, id="the night before belongs to its own day"),
        pytest.param(date(2026, 12, 18), 1, 0, id="a Friday night"),
        pytest.param(date(2026, 12, 17), 0, 0, id="a Thursday night"),
        pytest.param(date(2026, 12, 20), 1, 0, id="a Sunday night"),
        pytest.param(date(2026, 10, 31), 1, 1, id="31 October in Lower Saxony, a Saturday"),
        pytest.param(date(2026, 1, 6), 0, 0, id="6 January in Lower Saxony"),
    ],
)
def test_weekends_and_holidays_have_columns_of_their_own(day: date, weekends: int, holidays: int) -> None:
    found = row(year([night(day)]), ANNA).held
    assert (found[Measure.WEEKENDS], found[Measure.HOLIDAYS]) == (weekends, holidays)


def test_a_duty_belongs_to_the_window_in_which_it_starts_and_counts_whole() -> None:
    """PEER_FAILURES 17: the night over New Year is neither lost nor counted twice."""
    eve = night(date(2026, 12, 31))
    next_year = Span(YEAR.ends_at, local("2028-01-01 00:00"))
    assert row(year([eve]), ANNA).worked == timedelta(hours=12)
    assert year([eve], window=next_year).rows == ()


def test_each_line_has_rows_of_its_own_and_a_day_at_work_has_none() -> None:
    book = year([night(MONDAY), held(MONDAY, time(8), time(16), ON_CALL, line=ICU), day_shift(MONDAY)])
    assert [(entry.line_id, entry.person_id) for entry in book.rows] == [
        (STROKE, ANNA),
        (STROKE, BORIS),
        (ICU, ANNA),
        (ICU, BORIS),
    ]


def test_only_the_pool_of_a_line_owes_its_duties() -> None:
    pools = {STROKE: frozenset({BORIS}), ICU: frozenset({ANNA})}
    book = ledger([night(MONDAY)], BOTH, YEAR, ZONE, in_lower_saxony, pools=pools)
    assert row(book, BORIS).difference(Measure.DUTIES) == -1
    assert row(book, ANNA).difference(Measure.DUTIES) == 1
    assert row(book, ANNA, ICU).held[Measure.DUTIES] == 0
    assert book.find_row(BORIS, ICU) is None


def test_who_has_left_owes_nothing_and_keeps_what_they_held() -> None:
    gone = row(year([night(MONDAY, person=CEM)]), CEM)
    assert gone.held[Measure.NIGHTS] == 1
    assert gone.expected[Measure.NIGHTS] == 0


def test_where_nobody_has_a_share_nobody_owes_anything() -> None:
    assert row(year([night(MONDAY)], {ANNA: 0}), ANNA).expected[Measure.NIGHTS] == 0


ROSTERS = st.lists(
    st.tuples(st.sampled_from([ANNA, BORIS, CEM]), st.dates(date(2026, 1, 1), date(2026, 12, 31))),
    max_size=12,
)


@settings(max_examples=40)
@given(entries=ROSTERS, share=st.floats(0.1, 1))
def test_what_some_hold_too_much_others_hold_too_little(
    entries: list[tuple[UUID, date]], share: float
) -> None:
    book = year([night(day, person=person) for person, day in entries], {ANNA: 1, BORIS: share})
    for measure in Measure:
        assert sum(entry.difference(measure) for entry in book.rows) == 0


@settings(max_examples=40)
@given(entries=ROSTERS, hours=st.integers(1, 364 * 24))
def test_two_halves_of_a_year_add_up_to_the_year(entries: list[tuple[UUID, date]], hours: int) -> None:
    cut = YEAR.starts_at + timedelta(hours=hours)
    duties = [night(day, person=person) for person, day in entries]
    halves = [year(duties, window=Span(YEAR.starts_at, cut)), year(duties, window=Span(cut, YEAR.ends_at))]
    for entry in year(duties).rows:
        parts = [part for half in halves if (part := half.find_row(entry.person_id, entry.line_id))]
        for measure in Measure:
            assert sum(part.held[measure] for part in parts) == entry.held[measure]
