"""Bit rows against plain lists of booleans, and local steps on clock-change days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain import bitgrid
from confsched.domain.bitgrid import GRAIN, Grid
from confsched.domain.intervals import Span, merge

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
DAY = Grid.over(Span(START, START + timedelta(hours=2)))
ROWS = st.integers(0, (1 << 40) - 1)


def span(first: int, last: int) -> Span:
    """Return a span in minutes after ten."""
    return Span(START + timedelta(minutes=first), START + timedelta(minutes=last))


def test_free_time_that_ends_at_two_past_makes_no_cell_free() -> None:
    assert DAY.inward((span(0, 2),)) == 0
    assert DAY.inward((span(2, 13),)) == 0b10


def test_busy_time_that_ends_at_two_past_takes_its_whole_cell() -> None:
    assert DAY.outward((span(0, 2),)) == 0b1
    assert DAY.outward((span(4, 6), span(7, 9))) == 0b11


def test_a_grid_covers_a_span_that_is_off_the_five_minutes() -> None:
    grid = Grid.over(span(3, 16))
    assert (grid.starts_at, grid.cells) == (START, 4)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-20, 140), st.integers(1, 60)), max_size=6))
def test_rows_round_inward_and_outward(pairs: list[tuple[int, int]]) -> None:
    spans = tuple(merge(span(first, first + length) for first, length in pairs))
    for cell in range(DAY.cells):
        box = Span(DAY.instant(cell), DAY.instant(cell + 1))
        assert bool(DAY.inward(spans) >> cell & 1) == any(part.covers(box) for part in spans)
        assert bool(DAY.outward(spans) >> cell & 1) == any(part.overlaps(box) for part in spans)


@given(ROWS, st.integers(1, 45))
def test_shrink_keeps_the_starts_of_long_enough_runs(row: int, cells: int) -> None:
    expected = [n for n in range(40) if all(row >> n + k & 1 for k in range(cells))]
    assert list(bitgrid.set_bits(bitgrid.shrink(row, cells))) == expected


@given(ROWS, st.integers(0, 45))
def test_spread_repeats_each_bit_before_or_after_it(row: int, cells: int) -> None:
    set_bits = list(bitgrid.set_bits(row))
    down = {n - k for n in set_bits for k in range(cells + 1) if n >= k}
    up = {n + k for n in set_bits for k in range(cells + 1)}
    assert set(bitgrid.set_bits(bitgrid.spread_down(row, cells))) == down
    assert set(bitgrid.set_bits(bitgrid.spread_up(row, cells))) == up


@given(st.lists(ROWS, max_size=9), st.integers(1, 10))
def test_at_least_counts_each_place(rows: list[int], count: int) -> None:
    expected = [n for n in range(40) if sum(row >> n & 1 for row in rows) >= count]
    assert list(bitgrid.set_bits(bitgrid.at_least(count, rows))) == expected


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("Asia/Kolkata", date(2026, 3, 29)),
        ("Asia/Kathmandu", date(2026, 3, 29)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
    ],
)
@pytest.mark.parametrize("step", [5, 10, 15, 20, 30, 60])
def test_starts_lie_on_the_steps_of_the_readers_clock(zone: str, day: date, step: int) -> None:
    """Cover line 12 of the failures of others."""
    from_, to = (
        clock.start_of_day(day - timedelta(days=2), zone),
        clock.start_of_day(day + timedelta(days=3), zone),
    )
    grid = Grid.over(Span(from_, to))
    expected = [n for n in range(grid.cells) if clock.to_local(grid.instant(n), zone).minute % step == 0]
    assert list(bitgrid.set_bits(bitgrid.aligned(grid, timedelta(minutes=step), zone))) == expected


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_local_day_has_its_real_length_on_clock_change_days(day: date, hours: int) -> None:
    zone = "Europe/Berlin"
    from_, to = clock.start_of_day(day, zone), clock.start_of_day(day + timedelta(days=2), zone)
    first, second = bitgrid.day_starts(Grid.over(Span(from_, to)), zone)
    assert (second - first) * GRAIN == timedelta(hours=hours)


@pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25)])
def test_usual_hours_follow_the_local_clock_and_leave_out_weekends(sunday: date) -> None:
    zone = "Europe/Berlin"
    first = clock.start_of_day(sunday - timedelta(days=2), zone)
    grid = Grid.over(Span(first, clock.start_of_day(sunday + timedelta(days=2), zone)))
    row = bitgrid.weekday_hours(grid, ((time(8), time(12)), (time(13), time(17))), zone)
    for cell in range(grid.cells):
        local = clock.to_local(grid.instant(cell), zone)
        assert bool(row >> cell & 1) == (local.weekday() < 5 and local.hour in (8, 9, 10, 11, 13, 14, 15, 16))


@pytest.mark.parametrize("friday", [date(2026, 4, 24), date(2026, 10, 30)])
def test_usual_hours_hold_on_a_working_day_on_which_the_clock_changes(friday: date) -> None:
    zone = "Africa/Cairo"
    grid = Grid.over(
        Span(clock.start_of_day(friday, zone), clock.start_of_day(friday + timedelta(days=1), zone))
    )
    row = bitgrid.weekday_hours(grid, ((time(0), time(2)), (time(8), time(12))), zone)
    for cell in range(grid.cells):
        assert bool(row >> cell & 1) == (
            clock.to_local(grid.instant(cell), zone).hour in (0, 1, 8, 9, 10, 11)
        )
