"""Bit rows under a search: exact for pools that share people, and alike on a part of the board."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain import bitgrid
from confsched.domain.assignment import assign
from confsched.domain.availability import Facts, availability
from confsched.domain.bitgrid import GRAIN, QUARTER
from confsched.domain.explain import explain
from confsched.domain.intervals import Span
from confsched.domain.matching import find_slots
from confsched.domain.starts import Candidate, Need, Plan, Search, prepare
from tests.support.times import known_times

START = datetime(2026, 3, 29, 0, tzinfo=UTC)
WINDOW = Span(START, START + timedelta(hours=4))
PART = Span(START + timedelta(hours=1), START + timedelta(hours=3))


def spans() -> st.SearchStrategy[list[Span]]:
    bounds = st.tuples(st.integers(0, 46), st.integers(1, 30))
    return st.lists(
        bounds.map(lambda b: Span(START + b[0] * GRAIN, START + (b[0] + b[1]) * GRAIN)), max_size=4
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    candidates = {}
    for number in range(1, 5):
        free, taken = draw(spans()), draw(spans())
        known = known_times(free, taken=taken)
        candidates[UUID(int=number)] = Candidate(UUID(int=number), f"Dr. {number}", known)
    pools = st.lists(st.sampled_from(sorted(candidates)), min_size=1, max_size=4)
    needs = tuple(Need(f"{n}", f"{n}", tuple(draw(pools))) for n in range(draw(st.integers(1, 4))))
    buffer = timedelta(minutes=draw(st.sampled_from([0, 10])))
    search = Search(timedelta(minutes=20), WINDOW, "Europe/Berlin", buffer_before=buffer, buffer_after=buffer)
    return Plan(needs, candidates, search, prepare(candidates, search))


def test_without_a_required_need_there_is_no_start() -> None:
    search = Search(timedelta(minutes=20), WINDOW, "Europe/Berlin")
    assert Plan((), {}, search, prepare({}, search)).required(known=True) == 0


@settings(deadline=None)
@given(plans())
def test_up_to_four_pools_that_share_people_are_counted_exactly(plan: Plan) -> None:
    row = plan.required(known=True)
    for cell in bitgrid.set_bits(plan.allowed):
        assert bool(row >> cell & 1) == (assign(plan.table, *plan.tests_at(cell)) is not None)


@settings(deadline=None)
@given(plans())
def test_a_part_of_the_board_gives_the_same_starts_as_the_whole(plan: Plan) -> None:
    search = Search(
        plan.search.duration,
        PART,
        plan.search.zone,
        buffer_before=plan.search.buffer_before,
        buffer_after=plan.search.buffer_after,
    )
    part = plan.board.cut(PART.widen(search.buffer_before, search.buffer_after))
    found = [
        [plan.span_at(cell) for cell in bitgrid.set_bits(plan.required(known=True))]
        for plan in (Plan(plan.needs, plan.candidates, search, board) for board in (plan.board, part))
    ]
    assert found[0] == found[1]
    assert part == prepare(plan.candidates, search)


ZONES = ("Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "America/St_Johns")
NIGHTS = (
    datetime(2026, 3, 28, 22, tzinfo=UTC),
    datetime(2026, 10, 24, 22, tzinfo=UTC),
    datetime(2026, 4, 4, 12, tzinfo=UTC),  # the clocks of Chatham and, by half an hour, of Lord Howe go back
)
QUARTERS = st.sampled_from([0, 15, 30])
ANY_HOURS = ((time(0, 20), time(2, 40)), (time(4), time(23, 35)))


@st.composite
def quarterly(draw: st.DrawFn) -> tuple[tuple[Need, ...], dict[UUID, Candidate], Search]:
    """Make up a search in whole quarters of an hour among people whose time is not."""
    night = draw(st.sampled_from(NIGHTS))
    window = Span(night + timedelta(minutes=draw(st.integers(0, 40))), night + timedelta(hours=7))
    minutes = st.tuples(st.integers(-100, 440), st.integers(1, 130))

    def times() -> tuple[Span, ...]:
        pairs = draw(st.lists(minutes, max_size=3))
        edges = [(night + timedelta(minutes=first), timedelta(minutes=length)) for first, length in pairs]
        return tuple(Span(at, at + length) for at, length in edges)

    candidates = {}
    for person in (UUID(int=number) for number in range(1, 4)):
        working = draw(st.sampled_from([None, (window,), (window,), times()]))
        facts = Facts(working, claims=times(), confirmed=times(), refused=times())
        known = availability(facts, window, window.starts_at)
        candidates[person] = Candidate(person, f"Dr. {person.int}", known, recent=person.int)
    pools = st.lists(st.sampled_from(sorted(candidates)), min_size=1, max_size=3)
    needs = tuple(
        Need(f"{n}", f"{n}", tuple(draw(pools)), draw(st.integers(1, 2)), optional=n == 2)
        for n in range(draw(st.integers(1, 3)))
    )
    search = Search(
        timedelta(minutes=draw(st.sampled_from([15, 30, 45, 60]))),
        window,
        draw(st.sampled_from(ZONES)),
        not_before=window.starts_at + timedelta(minutes=draw(st.sampled_from([0, 33]))),
        step=timedelta(minutes=draw(st.sampled_from([15, 30, 60]))),
        buffer_before=timedelta(minutes=draw(QUARTERS)),
        buffer_after=timedelta(minutes=draw(QUARTERS)),
        apart=timedelta(minutes=draw(st.sampled_from([0, 20, 90]))),
        preferred_hours=ANY_HOURS,
    )
    return needs, candidates, search


@settings(deadline=None, max_examples=100)
@given(quarterly())
def test_a_search_in_whole_quarters_loses_nothing_by_longer_cells(
    asked: tuple[tuple[Need, ...], dict[UUID, Candidate], Search],
) -> None:
    """Line 12: zones a quarter of an hour off, nights on which clocks change, claims at odd minutes."""
    needs, candidates, search = asked
    coarse, fine = prepare(candidates, search), prepare(candidates, search, GRAIN)
    assert (coarse.grid.grain, fine.grid.grain) == (QUARTER, GRAIN)
    for known in (True, False):
        found = [_starts(Plan(needs, candidates, search, board), known=known) for board in (coarse, fine)]
        assert found[0] == found[1]
    offers = [find_slots(needs, candidates, search, board) for board in (coarse, fine)]
    assert offers[0] == offers[1]
    assert explain(needs, candidates, search, coarse) == explain(needs, candidates, search, fine)


def _starts(plan: Plan, *, known: bool) -> list[datetime]:
    return [plan.board.grid.instant(cell) for cell in bitgrid.set_bits(plan.required(known=known))]


@pytest.mark.parametrize(
    "finer",
    [
        {"step": timedelta(minutes=5)},
        {"duration": timedelta(minutes=40)},
        {"buffer_before": timedelta(minutes=10)},
        {"buffer_after": timedelta(minutes=5)},
        {"window": Span(START, START + timedelta(minutes=125))},
    ],
)
def test_one_finer_wish_asks_for_shorter_cells(finer: dict[str, Any]) -> None:
    search = Search(timedelta(minutes=45), WINDOW, "Europe/Berlin")
    assert (search.grain, replace(search, **finer).grain) == (QUARTER, GRAIN)
    plan = Plan((), {}, search, prepare({}, search)).wishing(replace(search, **finer))
    assert plan.board.grid.grain == GRAIN
