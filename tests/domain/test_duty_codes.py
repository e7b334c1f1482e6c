"""What the letters in a cell mean: classes of days across the states, times, and cells with several codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from functools import partial
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.duty_codes import (
    MAX_CODES_A_CELL,
    DutyCode,
    Legend,
    day_class,
    hours_on,
    join_codes,
    planned_duties,
    span_on,
    split_cell,
)
from confsched.domain.holidays import is_public_holiday
from confsched.domain.kinds import AbsenceKind, CountsAs, DayClass, DutyType

ZONE = "Europe/Berlin"
ANNA, BORIS = UUID(int=11), UUID(int=12)
STROKE, ON_CALL_LINE = UUID(int=1), UUID(int=2)
FREE_DAYS = (DayClass.SATURDAY, DayClass.SUNDAY, DayClass.HOLIDAY)
AT_NIGHT, AROUND_THE_CLOCK = (time(20), time(8)), (time(8), time(8))
NIGHT = DutyCode(
    "N",
    "Nacht",
    STROKE,
    duty_type=DutyType.ON_SITE_STANDBY,
    counts_as=CountsAs.NIGHT,
    hours={kind: AROUND_THE_CLOCK if kind in FREE_DAYS else AT_NIGHT for kind in DayClass},
)
ON_CALL = DutyCode(
    "R",
    "Ruf",
    ON_CALL_LINE,
    duty_type=DutyType.ON_CALL_HOME,
    counts_as=CountsAs.ON_CALL,
    hours={DayClass.WORKDAY: (time(16), time(8))},
)
DAY = DutyCode("T", "Tag", hours={DayClass.WORKDAY: (time(8), time(16))})
LEAVE = DutyCode("U", "Urlaub", absence=AbsenceKind.LEAVE)
OFF = DutyCode("X", "frei")
CODES = {code.code: code for code in (NIGHT, ON_CALL, DAY, LEAVE, OFF)}


def in_state(state: str) -> Callable[[date], bool]:
    return partial(is_public_holiday, state=state)


def legend(state: str = "DE-NI") -> Legend:
    return Legend(CODES, ZONE, in_state(state))


@pytest.mark.parametrize(
    ("state", "day", "expected"),
    [
        pytest.param("DE-ST", date(2026, 1, 6), DayClass.HOLIDAY, id="6 January in Saxony-Anhalt"),
        pytest.param("DE-NI", date(2026, 1, 6), DayClass.WORKDAY, id="6 January in Lower Saxony"),
        pytest.param("DE-HE", date(2026, 1, 6), DayClass.WORKDAY, id="6 January in Hesse"),
        pytest.param("DE-ST", date(2026, 1, 5), DayClass.HOLIDAY_EVE, id="its eve in Saxony-Anhalt"),
        pytest.param("DE-NI", date(2026, 1, 5), DayClass.WORKDAY, id="its eve in Lower Saxony"),
        pytest.param("DE-ST", date(2025, 10, 31), DayClass.HOLIDAY, id="31 October in Saxony-Anhalt"),
        pytest.param("DE-NI", date(2025, 10, 31), DayClass.HOLIDAY, id="31 October in Lower Saxony"),
        pytest.param("DE-HE", date(2025, 10, 31), DayClass.FRIDAY, id="31 October in Hesse, a Friday"),
        pytest.param("DE-NI", date(2026, 10, 31), DayClass.HOLIDAY, id="a holiday comes before Saturday"),
        pytest.param("DE-HE", date(2026, 10, 31), DayClass.SATURDAY, id="31 October in Hesse, a Saturday"),
        pytest.param("DE-NI", date(2026, 10, 30), DayClass.HOLIDAY_EVE, id="an eve comes before Friday"),
        pytest.param("DE-HE", date(2026, 10, 30), DayClass.FRIDAY, id="a Friday before nothing"),
        pytest.param("DE-HE", date(2026, 12, 24), DayClass.HOLIDAY_EVE, id="24 December"),
        pytest.param("DE-HE", date(2026, 12, 31), DayClass.HOLIDAY_EVE, id="31 December"),
        pytest.param("DE-HE", date(2022, 12, 24), DayClass.SATURDAY, id="24 December on a Saturday"),
        pytest.param("DE-HE", date(2026, 5, 24), DayClass.SUNDAY, id="a Sunday before a holiday"),
        pytest.param("DE-NI", date(2026, 6, 3), DayClass.WORKDAY, id="a Wednesday"),
    ],
)
def test_the_class_of_a_day_follows_the_state_of_the_site(state: str, day: date, expected: DayClass) -> None:
    assert day_class(day, in_state(state)) is expected


@pytest.mark.parametrize(
    ("state", "day", "hours"),
    [
        pytest.param("DE-ST", date(2026, 1, 6), 24, id="6 January in Saxony-Anhalt"),
        pytest.param("DE-NI", date(2026, 1, 6), 12, id="6 January in Lower Saxony"),
        pytest.param("DE-NI", date(2025, 10, 31), 24, id="31 October in Lower Saxony"),
        pytest.param("DE-HE", date(2025, 10, 31), 12, id="31 October in Hesse"),
        pytest.param("DE-HE", date(2026, 3, 28), 23, id="24 h over the change of March"),
        pytest.param("DE-HE", date(2026, 10, 24), 25, id="24 h over the change of October"),
    ],
)
def test_one_code_lasts_as_long_as_the_day_asks_for(state: str, day: date, hours: int) -> None:
    """PEER_FAILURES 13: the hours are those that elapse."""
    span = span_on(NIGHT, day, legend(state))
    assert span is not None
    assert span.duration == timedelta(hours=hours)


@pytest.mark.parametrize("day", [date(2026, 1, 14), date(2026, 7, 15), date(2026, 3, 26), date(2026, 10, 26)])
def test_a_code_made_in_summer_begins_at_the_same_hour_in_winter(day: date) -> None:
    """PEER_FAILURES 14."""
    span = span_on(ON_CALL, day, legend())
    assert span is not None
    assert clock.to_local(span.starts_at, ZONE).time() == time(16)
    assert clock.to_local(span.ends_at, ZONE).time() == time(8)


def test_a_code_without_times_for_a_class_has_no_duty_on_such_days() -> None:
    assert hours_on(ON_CALL, date(2026, 6, 6), legend()) is None
    assert span_on(ON_CALL, date(2026, 6, 6), legend()) is None
    assert span_on(LEAVE, date(2026, 6, 3), legend()) is None


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("N", ("N",)),
        ("n", ("N",)),
        ("N/R", ("N", "R")),
        (" n + r ", ("N", "R")),
        ("N,R;T", ("N", "R", "T")),
        ("N|R", ("N", "R")),
        ("N/N", ("N",)),
        ("R/N", ("R", "N")),
        ("/N/", ("N",)),
        ("ü", ("Ü",)),
        ("", ()),
        (" \u00a0\t", ()),
    ],
)
def test_a_cell_holds_its_codes_in_order_and_each_once(text: str, codes: tuple[str, ...]) -> None:
    assert split_cell(text) == codes


@settings(max_examples=60)
@given(codes=st.lists(st.sampled_from(["N", "R", "TX", "ÄÖ"]), unique=True, max_size=MAX_CODES_A_CELL))
def test_what_we_write_into_a_cell_is_what_we_read_from_it(codes: list[str]) -> None:
    assert split_cell(join_codes(codes)) == tuple(codes)


def test_a_code_is_found_whatever_the_case_of_its_letters() -> None:
    assert legend().find("n") is NIGHT
    assert legend().find("Q") is None


def test_a_duty_is_a_code_with_a_line() -> None:
    assert [code.code for code in CODES.values() if code.is_duty] == ["N", "R"]


def test_cells_become_duties_in_order_and_keep_the_day_on_which_they_start() -> None:
    """PEER_FAILURES 15 and 17: the night belongs to its day and is not lost at midnight."""
    cells = {
        (BORIS, date(2026, 6, 3)): "N",
        (ANNA, date(2026, 6, 2)): "T/r",
        (ANNA, date(2026, 6, 4)): "U",
        (BORIS, date(2026, 6, 4)): "X",
        (BORIS, date(2026, 6, 5)): "Q",
    }
    found = planned_duties(cells, legend())
    assert [(duty.code, duty.person_id, duty.line_id, duty.day.day) for duty in found] == [
        ("T", ANNA, None, 2),
        ("R", ANNA, ON_CALL_LINE, 2),
        ("N", BORIS, STROKE, 3),
    ]
    last = found[-1]
    assert (last.duty_type, last.counts_as) == (DutyType.ON_SITE_STANDBY, CountsAs.NIGHT)
    assert clock.local_day(last.span.ends_at, ZONE) == date(2026, 6, 4)


@pytest.mark.parametrize("first", [date(2026, 3, 1), date(2026, 10, 1)])
def test_two_codes_that_hand_over_leave_no_minute_open_in_a_month_with_a_clock_change(first: date) -> None:
    """PEER_FAILURES 13."""
    by_day = DutyCode("D", "Tag", STROKE, hours=dict.fromkeys(DayClass, (time(8), time(20))))
    by_night = DutyCode("N", "Nacht", STROKE, hours=dict.fromkeys(DayClass, AT_NIGHT))
    codes = Legend({"D": by_day, "N": by_night}, ZONE, in_state("DE-NI"))
    cells = {(ANNA, first + timedelta(days=offset)): "D/N" for offset in range(31)}
    spans = [duty.span for duty in planned_duties(cells, codes)]
    assert len(spans) == 62
    assert [span.ends_at for span in spans[:-1]] == [span.starts_at for span in spans[1:]]
