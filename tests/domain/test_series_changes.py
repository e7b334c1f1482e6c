"""Which date of a series goes on as which when its rule changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain.series_changes import successors

THURSDAY = date(2026, 11, 26)
WEEK = timedelta(weeks=1)
DAYS = st.lists(st.dates(date(2026, 1, 1), date(2027, 12, 31)), unique=True, max_size=30).map(sorted)


@pytest.mark.parametrize(
    ("former", "wanted", "found"),
    [
        pytest.param([THURSDAY], [THURSDAY], {THURSDAY: THURSDAY}, id="the same day"),
        pytest.param(
            [THURSDAY, THURSDAY + WEEK],
            [THURSDAY - timedelta(days=1), THURSDAY + WEEK - timedelta(days=1)],
            {THURSDAY - timedelta(days=1): THURSDAY, THURSDAY + WEEK - timedelta(days=1): THURSDAY + WEEK},
            id="the day before in its own week",
        ),
        pytest.param(
            [date(2026, 12, 9)], [date(2026, 12, 16)], {date(2026, 12, 16): date(2026, 12, 9)}, id="a month"
        ),
        pytest.param(
            [date(2027, 1, 3)],
            [date(2026, 12, 31)],
            {date(2026, 12, 31): date(2027, 1, 3)},
            id="a week over New Year",
        ),
        pytest.param([THURSDAY], [date(2026, 12, 2)], {}, id="neither week nor month"),
        pytest.param([], [THURSDAY], {}, id="a new date"),
        pytest.param(
            [THURSDAY, THURSDAY + timedelta(days=1)],
            [THURSDAY + timedelta(days=1)],
            {THURSDAY + timedelta(days=1): THURSDAY + timedelta(days=1)},
            id="its own day before another of the week",
        ),
    ],
)
def test_a_date_goes_on_as_the_nearest_one(
    former: list[date], wanted: list[date], found: dict[date, date]
) -> None:
    assert successors(former, wanted) == found


@given(former=DAYS, wanted=DAYS)
def test_no_date_becomes_two_and_a_day_that_stays_keeps_its_date(
    former: list[date], wanted: list[date]
) -> None:
    found = successors(former, wanted)
    assert len(set(found.values())) == len(found)
    assert set(found) <= set(wanted) and set(found.values()) <= set(former)
    assert all(found[day] == day for day in set(former) & set(wanted))
