"""What may be said of urgent consults: quartiles, shares, hours of the hub, and nothing of few."""

from __future__ import annotations

import statistics
import uuid
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain import figures
from confsched.domain.figures import FEWEST, MEASURES, Case, Measure, Place, Times
from confsched.domain.kinds import Urgency, UrgentKind

SERVICE, HUB, SPOKE = (uuid.uuid5(uuid.NAMESPACE_DNS, name) for name in ("service", "hub", "spoke"))
ZONE, STATE = "Europe/Berlin", "DE-NI"


def _place(kind: UrgentKind = UrgentKind.TELESTROKE, **targets: int) -> Place:
    return Place(SERVICE, HUB, kind, ZONE, STATE, targets)


def _case(
    at: datetime, *seconds: float | None, place: Place | None = None, urgency: Urgency | None = None
) -> Case:
    place = place or _place()
    filled = (*seconds, *(None,) * len(MEASURES[place.kind]))[: len(MEASURES[place.kind])]
    row = Times(SERVICE, SPOKE, urgency, False, at.timestamp(), at.timestamp(), filled)
    (case,) = figures.place_cases([row], {SERVICE: place})
    return case


NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)


@given(st.lists(st.floats(0, 10_000), min_size=2, max_size=40))
def test_quartiles_are_those_of_the_statistics_library(seconds: list[float]) -> None:
    whole = figures.summarise([_case(NOON, one) for one in seconds], 0)
    assert [whole.low, whole.median, whole.high] == pytest.approx(
        statistics.quantiles(seconds, n=4, method="inclusive")
    )


@pytest.mark.parametrize("count", [1, FEWEST - 1, FEWEST])
def test_of_fewer_than_five_no_share_is_told(count: int) -> None:
    whole = figures.summarise([_case(NOON, 60.0)] * count, 0)
    assert (whole.count, whole.within) == (count, count)
    assert whole.share == (1.0 if count >= FEWEST else None)
    assert (whole.share_range is None) is (count < FEWEST)


@given(met=st.integers(0, 60), missed=st.integers(0, 60))
def test_the_range_of_a_share_holds_the_share(met: int, missed: int) -> None:
    whole = figures.summarise([_case(NOON, 60.0)] * met + [_case(NOON, 600.0)] * missed, 0)
    if whole.share is not None and whole.share_range is not None:
        assert -1e-9 <= whole.share_range[0] <= whole.share + 1e-9
        assert whole.share - 1e-9 <= whole.share_range[1] <= 1.0


@pytest.mark.parametrize(
    ("at", "hour", "weekday", "is_out"),
    [
        ("2026-11-25T07:00+00:00", 8, 2, False),
        ("2026-11-25T06:59+00:00", 7, 2, True),
        ("2026-11-25T16:00+00:00", 17, 2, True),
        ("2026-11-28T11:00+00:00", 12, 5, True),
        ("2026-10-31T11:00+00:00", 12, 5, True),
        ("2025-10-31T11:00+00:00", 12, 4, True),  # Reformation Day, a Friday, a holiday in Lower Saxony
        ("2026-01-06T11:00+00:00", 12, 1, False),  # Epiphany is none there
        ("2026-03-29T00:59+00:00", 1, 6, True),
        ("2026-03-29T01:00+00:00", 3, 6, True),
        ("2026-10-25T00:30+00:00", 2, 6, True),
        ("2026-10-25T01:30+00:00", 2, 6, True),
        ("2026-11-24T23:30+00:00", 0, 2, True),
    ],
)
def test_hours_and_weekdays_are_those_of_the_hub_on_clock_change_nights_too(
    at: str, hour: int, weekday: int, is_out: bool
) -> None:
    case = _case(datetime.fromisoformat(at))
    assert (case.hour, case.weekday, case.is_out_of_hours) == (hour, weekday, is_out)


@pytest.mark.parametrize(
    ("urgency", "goal"),
    [
        (Urgency.STROKE, 900),
        (Urgency.POLYTRAUMA, 1800),
        (None, 3600),
        (Urgency.URGENT, 14_400),
        # Wednesday noon: until the end of Thursday.
        (Urgency.ROUTINE, 36 * 3600),
    ],
)
def test_the_target_of_a_reading_follows_its_urgency(urgency: Urgency | None, goal: float) -> None:
    case = _case(NOON, 60.0, 60.0, 60.0, place=_place(UrgentKind.TELERADIOLOGY), urgency=urgency)
    number = MEASURES[UrgentKind.TELERADIOLOGY].index(Measure.TURNAROUND)
    assert case.goals[number] == goal


def test_a_service_sets_its_own_target_and_a_step_without_one_has_no_share() -> None:
    case = _case(NOON, 100.0, 100.0, 100.0, place=_place(acknowledge=90))
    whole = [figures.summarise([case] * FEWEST, number) for number in range(4)]
    assert whole[0].share == 0.0
    assert whole[1].share == 1.0
    assert whole[2].share is None and whole[2].count == FEWEST
    assert whole[3].count == 0


def test_parts_add_up_to_the_whole() -> None:
    cases = [
        _case(NOON + timedelta(hours=hours), float(60 + hours))
        for hours, _twice in product(range(48), (1, 2))
    ]
    found = figures.summarise_by(cases, 0, {"hour": lambda one: one.hour, "spoke": lambda one: one.spoke_id})
    assert sum(one.count for one in found["hour"].values()) == len(cases)
    assert found["spoke"][SPOKE] == figures.summarise(cases, 0)


@given(st.lists(st.floats(0, 5000), max_size=30))
def test_the_last_bar_holds_all_that_took_longer(seconds: list[float]) -> None:
    counts = figures.histogram(seconds, 10.0, 24)
    assert sum(counts) == len(seconds) and counts[-1] == sum(one >= 230 for one in seconds)
