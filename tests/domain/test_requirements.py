"""Requirements that nobody can meet or that contradict each other, and hours as people write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.assignment import Pool, Table, assign
from confsched.domain.matching import Need
from confsched.domain.requirements import findings, parse_hours
from confsched.domain.starts import USUAL_HOURS
from confsched.errors import Refusal


def need(key: str, *numbers: int, count: int = 1, optional: bool = False, may_double: bool = False) -> Need:
    pool = tuple(UUID(int=number) for number in numbers)
    return Need(key, key.title(), pool, count, optional, may_double=may_double)


def said(*needs: Need) -> list[str]:
    return [str(finding) for finding in findings(needs)]


def test_requirements_that_can_be_met_have_no_findings() -> None:
    assert (
        said(need("a", 1, 2), need("b", 2, 3), need("c", 3, may_double=True), need("d", 9, optional=True))
        == []
    )


def test_an_empty_pool_and_one_that_is_too_small_are_named() -> None:
    """Line 33: never without a reason."""
    assert said(need("a", 1), need("b"), need("c", 1, 1, count=2), need("d", optional=True)) == [
        "Nobody is entered for B.",
        "C needs 2 people, fewer are entered.",
        "Nobody is entered for D.",
    ]


def test_the_same_single_person_in_two_requirements_is_a_contradiction_unless_one_may_double() -> None:
    both = need("a", 1), need("b", 1)
    assert said(*both) == [
        "A, B: 2 different people are needed, entered are 1. "
        "Enter more people, or let one person meet several requirements."
    ]
    assert said(both[0], replace(both[1], may_double=True)) == []


def test_only_the_smallest_contradiction_is_named() -> None:
    [one] = said(need("a", 1, 2), need("b", 1, 2), need("c", 2, 1), need("d", 4))
    assert one.startswith("A, B, C: 3 different people are needed, entered are 2.")


def test_wishes_alone_make_no_meeting() -> None:
    assert said(need("a", 1, optional=True)) == ["Require at least one person; wishes alone make no meeting."]
    assert said() == ["Require at least one person; wishes alone make no meeting."]


NEEDS = st.lists(
    st.builds(
        lambda numbers, count, may_double: (tuple(sorted(numbers)), count, may_double),
        st.sets(st.integers(1, 4), max_size=4),
        st.sampled_from([1, 1, 2]),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(NEEDS)
def test_there_are_findings_just_when_nobody_could_be_seated_even_with_all_the_time(
    rows: list[tuple[tuple[int, ...], int, bool]],
) -> None:
    needs = [
        need(str(place), *pool, count=count, may_double=may_double)
        for place, (pool, count, may_double) in enumerate(rows)
    ]
    pools = tuple(Pool(one.pool, one.count, may_double=one.may_double) for one in needs)
    table = Table(pools, tuple(UUID(int=number) for number in range(1, 5)))
    assert bool(findings(needs)) == (assign(table, lambda _: True, lambda _: True) is None)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", USUAL_HOURS),
        ("  ", USUAL_HOURS),
        ("8:00-12:00", ((time(8), time(12)),)),
        ("13:00 - 17:30,08:15-12:00", ((time(8, 15), time(12)), (time(13), time(17, 30)))),
        ("08:00-12:00, 12:00-13:00", ((time(8), time(12)), (time(12), time(13)))),
    ],
)
def test_preferred_hours_are_read_as_people_write_them(
    text: str, hours: tuple[tuple[time, time], ...]
) -> None:
    assert parse_hours(text) == hours


@pytest.mark.parametrize(
    "text",
    [
        *("8-12", "08:00", "08:00-", "12:00-08:00", "08:00-08:00", "08:00-25:00", "08:00-12:00, 11:00-13:00"),
        *("08:00-12:00,", "٠٨:00-12:00", "08:0-12:00", "-08:00-12:00", "00:00-01:00,02:00-03:00" * 9),
    ],
)
def test_hours_that_cannot_be_read_are_refused_at_their_field(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_hours(text)
    assert refusal.value.field == "preferred_hours"
