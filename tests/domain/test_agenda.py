"""The best order of an agenda: compared with all orders, with pins, windows, the urgent and the deferred."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain import agenda
from confsched.domain.agenda import AgendaCase, Arrangement, Block, Docket
from tests.benchmarks.agenda import measure
from tests.domain.agenda_cases import make_docket, number
from tests.domain.agenda_oracle import Cost, best_of_all, best_step_by_step, cost_of

RADIOLOGY, PATHOLOGY, SURGERY = number(1), number(2), number(3)
RURAL, HOME = number(11), number(12)


def case(of: int, minutes: int = 5, *people: UUID, **values: object) -> AgendaCase:
    made = AgendaCase(number(100 + of), minutes, frozenset(people or (RADIOLOGY,)))
    return replace(made, **values)  # type: ignore[arg-type]


def docket(*cases: AgendaCase, capacity: int = 60) -> Docket:
    return Docket(cases, capacity, frozenset({HOME}))


def order_of(arranged: Arrangement) -> list[int]:
    return [key.int - 100 for key in arranged.layout.order]


def cost_as_defined(given_docket: Docket, arranged: Arrangement) -> Cost:
    known = {one.key: one for one in given_docket.cases}
    return cost_of(given_docket, [known[key] for key in arranged.layout.order])


NEEDING = {"R": RADIOLOGY, "P": PATHOLOGY, "S": SURGERY}
TABLE = {
    "cases that need the same stand together": ("R P R P", {}, [1, 3, 2, 4]),
    "a case that needs both joins two blocks": ("R P RP", {}, [1, 3, 2]),
    "among equals, cases stand as registered": ("R R R", {}, [1, 2, 3]),
    "an urgent case comes first": ("R R P", {3: {"is_urgent": True}}, [3, 1, 2]),
    "a pinned case keeps its place": ("R R P", {3: {"place": 1}}, [1, 3, 2]),
    "a place behind the end is the last one": ("R P", {1: {"place": 9}}, [2, 1]),
    "two cases at one place are neighbours": ("R P S", {2: {"place": 0}, 3: {"place": 0}}, [2, 3, 1]),
    "a deferred case comes before its equals": ("R R", {2: {"deferrals": 1}}, [2, 1]),
    "a case deferred twice comes before one deferred once": (
        *("R R", {1: {"deferrals": 1}, 2: {"deferrals": 2}}),
        [2, 1],
    ),
    "a window is kept though it costs minutes": ("R P R", {2: {"opens": 5, "closes": 10}}, [1, 2, 3]),
    "a window goes before what is urgent": ("R P", {1: {"opens": 5, "is_urgent": True}}, [2, 1]),
}


@pytest.mark.parametrize(("needs", "values", "expected"), TABLE.values(), ids=TABLE)
def test_an_order_is_the_one_of_the_table(
    needs: str, values: dict[int, dict[str, object]], expected: list[int]
) -> None:
    cases = [
        case(of, 5, *(NEEDING[sign] for sign in signs), **values.get(of, {}))
        for of, signs in enumerate(needs.split(), start=1)
    ]
    arranged = agenda.arrange(docket(*cases))
    assert order_of(arranged) == expected
    assert arranged.is_best


def test_a_long_gap_parts_two_blocks_and_counts_as_fifteen_minutes() -> None:
    cases = case(1, 5, RADIOLOGY), case(2, 14, SURGERY), case(3, 5, RADIOLOGY), case(4, 15, SURGERY)
    last = case(5, 5, RADIOLOGY)
    layout = agenda.lay_out(docket(*cases, last), [one.key for one in (*cases, last)])
    radiology = [block for block in layout.blocks if block.person == RADIOLOGY]
    assert radiology == [Block(RADIOLOGY, 0, 24), Block(RADIOLOGY, 39, 44)]
    surgery = Block(SURGERY, 5, 39)
    assert layout.blocks == (*radiology, surgery)
    assert layout.minutes == 24 + 15 + 5 + 34


def test_presenters_of_the_house_give_way_to_those_from_elsewhere() -> None:
    """Both cannot have their two cases side by side, as the middle is pinned to need both specialists."""
    cases = [
        case(1, 5, RURAL),
        case(2, 5, HOME),
        case(3, 5, RURAL, HOME),
        case(4, 5, RURAL, SURGERY),
        case(5, 5, HOME, SURGERY),
    ]
    arranged = agenda.arrange(docket(*cases))
    rural = [block for block in arranged.layout.blocks if block.person == RURAL]
    assert [block.ends - block.starts for block in rural] == [15]
    assert arranged.layout.minutes == 15 + 10  # those of the house are not counted


def test_a_deferred_case_does_not_fall_behind_the_end() -> None:
    cases = [case(of, 10, SURGERY) for of in range(1, 4)]
    waiting = case(4, 10, RADIOLOGY, deferrals=1)
    arranged = agenda.arrange(docket(*cases, waiting, capacity=30))
    assert arranged.layout.starts[order_of(arranged).index(4)] <= 20


def test_a_window_that_cannot_be_kept_is_named_and_missed_by_little() -> None:
    cases = case(1, 5, RADIOLOGY, place=0), case(2, 5, SURGERY, opens=0, closes=7), case(3, 5, PATHOLOGY)
    arranged = agenda.arrange(docket(*cases))
    assert order_of(arranged)[:2] == [1, 2]
    assert arranged.layout.outside == (number(102),)


def test_no_case_is_an_agenda_too() -> None:
    arranged = agenda.arrange(docket())
    assert (arranged.layout.order, arranged.layout.minutes, arranged.is_best) == ((), 0, True)


SIZES = [*(3, 4, 5, 6) * 5, 7, 7, 8]


@pytest.mark.parametrize(("seed", "count"), enumerate(SIZES))
def test_up_to_eight_cases_are_ordered_as_the_best_of_all_orders(seed: int, count: int) -> None:
    random = Random(seed)
    windows, pins = random.choice((0, 0, 0.4)), random.choice((0, 0, 1, 2))
    given_docket = make_docket(random, count, 4, 3, windows=windows, pins=pins)
    arranged = agenda.arrange(given_docket)
    assert cost_as_defined(given_docket, arranged) == best_of_all(given_docket)
    assert arranged.is_best


@pytest.mark.parametrize(("count", "windows"), [(8, 0), (8, 0.4), (9, 0), (9, 0.4), (10, 0.4)])
def test_up_to_twelve_cases_are_ordered_as_the_best_of_all_states(count: int, windows: float) -> None:
    given_docket = make_docket(Random(count), count, 3, 2, windows=windows)
    arranged = agenda.arrange(given_docket)
    assert cost_as_defined(given_docket, arranged) == best_step_by_step(given_docket)
    assert arranged.is_best


def test_twelve_cases_are_ordered_as_the_best_of_all_states() -> None:
    given_docket = make_docket(Random(12), 12, 3, 2)
    arranged = agenda.arrange(given_docket)
    assert cost_as_defined(given_docket, arranged) == best_step_by_step(given_docket)
    assert arranged.is_best


@given(seed=st.integers(0, 10_000), count=st.integers(2, 6), pins=st.integers(0, 2))
def test_pins_stay_and_nobody_is_outside_a_window_that_can_be_kept(seed: int, count: int, pins: int) -> None:
    given_docket = make_docket(Random(seed), count, 3, 2, windows=0.5, pins=pins)
    layout = agenda.arrange(given_docket).layout
    assert sorted(layout.order) == sorted(one.key for one in given_docket.cases)
    assert list(layout.order[:pins]) == [one.key for one in given_docket.cases[:pins]]
    pinned, free = given_docket.cases[:pins], given_docket.cases[pins:]
    can_be_kept = any(not cost_of(given_docket, [*pinned, *rest])[0] for rest in permutations(free))
    assert not (can_be_kept and layout.outside)


@pytest.mark.parametrize("windows", [0, 0.2])
def test_a_long_agenda_is_bettered_and_says_how_far_from_the_best_it_may_be(windows: float) -> None:
    given_docket = make_docket(Random(3), 26, 7, 7, windows=windows, pins=int(windows > 0))
    arranged = agenda.arrange(given_docket)
    as_registered = agenda.lay_out(given_docket, agenda.registered(given_docket))
    assert arranged.layout.minutes < as_registered.minutes
    assert 0 <= arranged.spare_minutes <= arranged.layout.minutes


def test_an_order_is_compared_by_all_that_counts() -> None:
    cases = case(1, 5, RADIOLOGY), case(2, 5, SURGERY), case(3, 5, RADIOLOGY)
    keys = [one.key for one in cases]
    best = agenda.arrange(docket(*cases)).layout.order
    assert not agenda.is_as_good(docket(*cases), keys, best)
    assert agenda.is_as_good(docket(*cases), best[::-1], best)


def test_agendas_take_fewer_minutes_than_by_registration_or_by_chance(
    record_property: Callable[[str, object], None],
) -> None:
    figures = measure(12)
    record_property("figure", figures.in_words)
    assert figures.arranged < figures.registered < figures.by_chance * 1.2
