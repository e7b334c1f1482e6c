"""Bit rows under a search: exact for pools that share people, and alike on a part of the board."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain import bitgrid
from confsched.domain.assignment import assign
from confsched.domain.bitgrid import GRAIN
from confsched.domain.intervals import Span
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
