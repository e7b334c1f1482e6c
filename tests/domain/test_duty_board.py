"""What the duty board says of one line."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.coverage import Cover
from confsched.domain.duty_board import STEPS, Stretch, join, state_of_line
from confsched.domain.intervals import Span
from confsched.domain.rosters import DutyFact, duty_span

BERLIN = "Europe/Berlin"
LINE = uuid.UUID(int=1)
ANNA, BEN = uuid.UUID(int=11), uuid.UUID(int=12)
ALL_DAY = Cover(time(0), time(0), False, BERLIN)
WORKDAYS = Cover(time(12), time(18), True, BERLIN)
MONDAY = date(2026, 11, 23)


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return clock.to_instant(day, time(hour, minute), BERLIN)


def _duty(person: uuid.UUID, day: date, starts: int, ends: int) -> DutyFact:
    return DutyFact(
        LINE, person, duty_span(day, time(starts), time(ends), BERLIN), datetime(2026, 1, 1, tzinfo=UTC)
    )


def _two_shifts(first: date, days: int) -> list[DutyFact]:
    return [
        duty
        for offset in range(days)
        for day in [first + timedelta(days=offset)]
        for duty in (_duty(ANNA, day, 8, 20), _duty(BEN, day, 20, 8))
    ]


def _state(duties: list[DutyFact], cover: Cover, at: datetime, *, zone: str = BERLIN):  # type: ignore[no-untyped-def]
    return state_of_line(
        duties, cover, at, is_holiday=lambda day: day == date(2026, 11, 25), reader_zone=zone
    )


def test_a_held_line_names_who_is_on_and_who_follows() -> None:
    state = _state(_two_shifts(MONDAY - timedelta(days=1), 10), ALL_DAY, _at(MONDAY, 14))

    assert state.now_on and state.now_on.person_id == ANNA
    assert state.next_on and state.next_on.person_id == BEN
    assert state.gaps == ()


def test_minutes_that_nobody_holds_are_a_gap_now_and_later() -> None:
    """PEER_FAILURES 32: a gap is seen, never silently empty."""
    duties = _two_shifts(MONDAY - timedelta(days=1), 10)
    del duties[2], duties[3]  # Monday's day and Tuesday's day

    state = _state(duties, ALL_DAY, _at(MONDAY, 14))

    assert state.now_on is None
    assert state.gap_at(_at(MONDAY, 14)) == Span(_at(MONDAY, 8), _at(MONDAY, 20))
    tuesday = MONDAY + timedelta(days=1)
    assert state.gap_after(_at(MONDAY, 14)) == Span(_at(tuesday, 8), _at(tuesday, 20))


def test_a_line_for_workdays_has_no_gap_at_night_on_weekends_and_on_holidays() -> None:
    state = _state([], WORKDAYS, _at(MONDAY, 9))

    days = [clock.local_day(gap.starts_at, BERLIN).isoformat() for gap in state.gaps]
    assert days == ["2026-11-23", "2026-11-24", "2026-11-26", "2026-11-27"]
    assert state.gap_at(_at(MONDAY, 9)) is None


def test_the_band_shows_the_day_in_half_hours_and_a_short_gap_still_shows() -> None:
    duties = [
        _duty(BEN, MONDAY - timedelta(days=1), 20, 8),
        DutyFact(LINE, ANNA, Span(_at(MONDAY, 8, 10), _at(MONDAY, 20)), datetime(2026, 1, 1, tzinfo=UTC)),
        _duty(BEN, MONDAY, 20, 8),
    ]

    band = _state(duties, ALL_DAY, _at(MONDAY, 14)).band

    assert [(part.stretch, part.first, part.steps) for part in band] == [
        (Stretch.NEXT, 1, 16),
        (Stretch.GAP, 17, 1),
        (Stretch.ON, 18, 23),
        (Stretch.NEXT, 41, 8),
    ]
    assert (band[1].starts_text, band[1].ends_text) == ("08:00", "08:30")
    assert band[-1].ends_text == "24:00"


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)], ids=["spring", "autumn"])
def test_a_night_over_a_clock_change_leaves_no_gap_and_ends_at_its_hour(day: date) -> None:
    """PEER_FAILURES 13: a night duty on a clock-change night neither leaves a gap nor ends an hour off."""
    duties = _two_shifts(day - timedelta(days=2), 12)

    state = _state(duties, ALL_DAY, _at(day, 4))

    assert state.gaps == ()
    assert state.now_on and clock.to_local(state.now_on.span.ends_at, BERLIN).time() == time(8)
    assert state.band[0].first == 1 and state.band[-1].ends_text == "24:00"


def test_a_reader_in_another_zone_sees_their_own_day() -> None:
    """PEER_FAILURES 15: the reader's zone differs from the roster's, and the duty is not a day off."""
    at = _at(MONDAY, 0, 30)  # still Sunday 23:30 in London

    band = _state(_two_shifts(MONDAY - timedelta(days=2), 10), ALL_DAY, at, zone="Europe/London").band

    assert [(part.stretch, part.starts_text, part.ends_text) for part in band] == [
        (Stretch.NEXT, "00:00", "07:00"),
        (Stretch.NEXT, "07:00", "19:00"),
        (Stretch.ON, "19:00", "24:00"),
    ]


def test_two_duties_joined_are_as_fresh_as_the_later_news() -> None:
    first, second = _duty(ANNA, MONDAY, 8, 20), _duty(ANNA, MONDAY, 20, 8)
    later = DutyFact(LINE, ANNA, second.span, datetime(2026, 2, 1, tzinfo=UTC))

    both = join(first, later)

    assert both.span == Span(first.span.starts_at, second.span.ends_at)
    assert both.recorded_at == later.recorded_at


@settings(deadline=None, max_examples=60)
@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.lists(st.tuples(st.integers(-12, 40), st.integers(1, 14)), max_size=6),
)
def test_the_parts_of_a_band_never_overlap_and_stay_in_the_day(
    day: date, shifts: list[tuple[int, int]]
) -> None:
    start = clock.start_of_day(day, BERLIN)
    duties = [
        DutyFact(LINE, ANNA, Span(start + timedelta(hours=s), start + timedelta(hours=s + n)), start)
        for s, n in shifts
    ]
    band = _state(duties, ALL_DAY, start + timedelta(days=1, hours=-1)).band

    firsts = [part.first for part in band]
    assert firsts == sorted(firsts)
    ends = [part.first + part.steps for part in band]
    assert all(end <= first for end, first in zip(ends, firsts[1:], strict=False))
    assert not ends or ends[-1] <= STEPS + 1
