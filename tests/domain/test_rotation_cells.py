"""Which days a rotation fills, and whose turn comes when: by local hours, over both clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.duty_codes import DutyCode, Legend
from confsched.domain.kinds import CountsAs, DayClass, DutyType
from confsched.domain.rosters import Rotation, find_turn
from confsched.domain.rotation_cells import find_running, next_turns, order_from, rotation_cells

A, B, C, LINE = (UUID(int=number) for number in range(1, 5))
ZONE = "Europe/Berlin"
MONDAY = date(2026, 6, 1)
DAY = timedelta(days=1)
WHOLE, NIGHT, MORNING = (time(8), time(8)), (time(20), time(8)), (time(7, 30), time(16))


def code(hours: tuple[time, time], classes: tuple[DayClass, ...] = tuple(DayClass)) -> DutyCode:
    return DutyCode(
        "H",
        "Hintergrund",
        LINE,
        None,
        DutyType.BACKGROUND,
        CountsAs.BACKGROUND,
        dict.fromkeys(classes, hours),
    )


def weekly(**other: object) -> Rotation:
    return Rotation(**{"starts_on": MONDAY, "members": (A, B, C), "zone": ZONE, **other})  # type: ignore[arg-type]


def days_from(first: date, count: int) -> list[date]:
    return [first + DAY * number for number in range(count)]


def holders(
    rotation: Rotation, first: date, count: int, of: DutyCode, ends_on: date | None = None
) -> list[UUID | None]:
    days = days_from(first, count)
    cells = rotation_cells(rotation, ends_on, of, days, Legend({"H": of}, ZONE, lambda _day: False))
    assert set(cells.values()) <= {"H"}
    by_day = {day: person for person, day in cells}
    return [by_day.get(day) for day in days]


@pytest.mark.parametrize("hours", [WHOLE, NIGHT, MORNING])
@pytest.mark.parametrize("week", [0, 17, 20, 21, 22, 38, 42, 43])
def test_a_week_from_monday_has_each_duty_until_the_day_before_the_hand_over(
    hours: tuple[time, time], week: int
) -> None:
    """Covers PEER_FAILURES 14: made in June, the turns still change on Mondays after both clock changes."""
    member = (A, B, C)[week % 3]
    found = holders(weekly(), MONDAY + 7 * DAY * week, 8, code(hours))
    assert found == [member] * 7 + [(A, B, C)[(week + 1) % 3]]


@pytest.mark.parametrize("sunday", [date(2026, 10, 25), date(2027, 3, 28)])
def test_on_a_clock_change_night_the_duty_stays_with_the_turn(sunday: date) -> None:
    """Covers PEER_FAILURES 13."""
    for hours in (WHOLE, NIGHT, (time(22), time(6))):
        before = holders(weekly(), sunday - DAY, 3, code(hours))
        assert before[0] == before[1] != before[2]


@pytest.mark.parametrize(
    ("hours", "friday"),
    [((time(8), time(16)), A), ((time(16), time(8)), B), ((time(0), time(0)), A)],
)
def test_at_a_hand_over_in_the_afternoon_the_day_is_with_who_leaves(
    hours: tuple[time, time], friday: UUID
) -> None:
    rotation = weekly(starts_on=date(2026, 6, 5), at=time(16))
    assert holders(rotation, date(2026, 6, 12), 1, code(hours)) == [friday]


def test_nobody_has_a_turn_before_the_first_and_after_the_last_day() -> None:
    found = holders(weekly(), MONDAY - DAY, 10, code(NIGHT), ends_on=MONDAY + 7 * DAY)
    assert found == [None, *[A] * 7, None, None]


def test_days_that_the_code_does_not_know_stay_empty() -> None:
    found = holders(weekly(), MONDAY, 7, code(WHOLE, (DayClass.SATURDAY, DayClass.SUNDAY)))
    assert found == [None] * 5 + [A] * 2


def test_a_turn_of_one_day_changes_every_day() -> None:
    assert holders(weekly(every_days=1), MONDAY, 4, code(WHOLE)) == [A, B, C, A]


def test_the_next_turns_begin_with_the_one_that_runs_and_end_with_the_rotation() -> None:
    at = datetime(2026, 6, 10, tzinfo=UTC)
    turns = next_turns(weekly(), None, at, 5)
    assert [turn.member_id for turn in turns] == [B, C, A, B, C]
    cut = next_turns(weekly(), date(2026, 6, 18), at, 5)
    assert [turn.member_id for turn in cut] == [B, C]
    assert cut[-1].span.ends_at == clock.to_instant(date(2026, 6, 18), time(8), ZONE)
    assert next_turns(weekly(), date(2026, 6, 9), at, 5) == []
    assert [turn.member_id for turn in next_turns(weekly(), None, at - 30 * DAY, 2)] == [A, B]


def test_a_change_goes_on_with_who_is_next() -> None:
    tuesday = datetime(2026, 6, 9, tzinfo=UTC)
    assert order_from(weekly(), tuesday) == (date(2026, 6, 15), [2, 0, 1])
    assert order_from(weekly(), tuesday - 30 * DAY) == (MONDAY, [0, 1, 2])


@settings(max_examples=60)
@given(
    st.integers(0, 500), st.integers(1, 30), st.integers(1, 4), st.times(), st.integers(0, 60), st.booleans()
)
def test_whoever_has_a_day_has_the_turn_in_the_middle_of_the_duty(
    offset: int, every: int, members: int, at: time, length: int, is_ending: bool
) -> None:
    at = at.replace(second=0, microsecond=0)
    rotation = weekly(every_days=every, members=(A, B, C, LINE)[:members], at=at)
    day, ends_on = MONDAY + DAY * offset, MONDAY + DAY * length if is_ending else None
    middle = clock.to_instant(day, time(20), ZONE)
    night = code((time(20), time(8)))
    ends = clock.to_instant(day + DAY, time(8), ZONE)
    turn = find_running(rotation, ends_on, middle + (ends - middle) / 2)
    assert holders(rotation, day, 1, night, ends_on) == [turn.member_id if turn else None]
    if turn:
        assert find_turn(rotation, turn.span.starts_at) == turn
