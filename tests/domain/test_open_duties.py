"""Which duties of a month are open: cut as the legend cuts them, on clock-change nights too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from confsched.domain.duty_codes import DutyCode, Legend
from confsched.domain.intervals import Span
from confsched.domain.kinds import CountsAs, DayClass, DutyType
from confsched.domain.open_duties import open_duties
from confsched.domain.roster_rules import DutyRules
from confsched.domain.rosters import duty_span

LINE, OTHER_LINE = UUID(int=1), UUID(int=2)
ZONE = "Europe/Berlin"
DAY = date(2026, 12, 2)  # a Wednesday
EIGHT, FOUR, MIDNIGHT = time(8), time(16), time(0)
SHAPES = {"W": (EIGHT, EIGHT), "D": (EIGHT, FOUR), "N": (FOUR, EIGHT)}
ALWAYS = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def code(letters: str, line: UUID | None = LINE, classes: Sequence[DayClass] = tuple(DayClass)) -> DutyCode:
    hours = dict.fromkeys(classes, SHAPES[letters])
    return DutyCode(letters, letters, line, None, DutyType.ON_CALL_HOME, CountsAs.NIGHT, hours)


def legend(*codes: DutyCode) -> Legend:
    return Legend({one.code: one for one in codes}, ZONE, lambda day: (day.month, day.day) == (12, 25))


def span(letters: str, day: date = DAY) -> Span:
    return duty_span(day, *SHAPES[letters], ZONE)


def found(meanings: Legend, gaps: Sequence[Span], held: Sequence[Span] = (), day: date = DAY) -> list[str]:
    duties = open_duties(meanings, [day], {LINE: gaps}, {LINE: held}, DutyRules())
    return [duty.code for duty in duties]


@pytest.mark.parametrize(
    ("codes", "gaps", "held", "expected"),
    [
        ("N", ["N"], [], ["N"]),
        ("N", [], [], []),
        ("N", ["D"], [], []),  # the night closes no minute of the day
        ("WDN", ["W"], [], ["W"]),  # the whole day comes first in the legend
        ("DNW", ["W"], [], ["D", "N"]),  # the two halves come first
        ("WDN", ["N"], ["D"], ["N"]),  # the whole day would overlap who has the day
        ("W", ["N"], ["D"], []),  # half a gap is for a person to judge
        ("DN", ["D"], [], ["D"]),
        ("N", ["N"], ["N"], []),
    ],
)
def test_an_open_duty_closes_minutes_of_a_gap_and_overlaps_nobody(
    codes: str, gaps: list[str], held: list[str], expected: list[str]
) -> None:
    meanings = legend(*map(code, codes))
    assert found(meanings, [span(one) for one in gaps], [span(one) for one in held]) == expected


def test_the_night_before_reaches_into_the_day_and_keeps_the_whole_day_from_nobody() -> None:
    meanings = legend(code("W"), code("N"))
    yesterday = span("N", DAY - timedelta(days=1))
    assert found(meanings, [span("W")], [yesterday]) == ["W"]


def test_a_code_opens_nothing_on_days_that_it_does_not_know_and_days_at_work_are_no_duties() -> None:
    meanings = legend(code("N", classes=[DayClass.SATURDAY]), code("D", line=None))
    assert found(meanings, [ALWAYS]) == []
    assert found(meanings, [ALWAYS], day=date(2026, 12, 5)) == ["N"]


def test_each_line_has_gaps_of_its_own_and_the_order_is_by_time() -> None:
    meanings = legend(code("N"), code("D", OTHER_LINE))
    gaps = {LINE: [ALWAYS], OTHER_LINE: [ALWAYS]}
    duties = open_duties(meanings, [DAY, DAY + timedelta(days=1)], gaps, {}, DutyRules())
    assert [(duty.line_id, duty.day.day) for duty in duties] == [
        *((OTHER_LINE, 2), (LINE, 2), (OTHER_LINE, 3), (LINE, 3))
    ]


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 28), 15), (date(2026, 10, 24), 17), (date(2026, 10, 23), 16)]
)
def test_a_night_over_the_clock_change_is_open_with_the_hours_it_really_has(day: date, hours: int) -> None:
    """Covers PEER_FAILURES 13 and 14."""
    (duty,) = open_duties(legend(code("N")), [day], {LINE: [ALWAYS]}, {}, DutyRules())
    assert duty.span.duration == timedelta(hours=hours)
    assert duty.weight.nights == 1
    assert duty.weight.weekends == 1  # a Friday night runs into Saturday


def test_what_starts_on_a_holiday_weighs_as_one() -> None:
    days = [date(2026, 12, 24), date(2026, 12, 25)]
    duties = open_duties(legend(code("N")), days, {LINE: [ALWAYS]}, {}, DutyRules())
    assert [duty.weight.holidays for duty in duties] == [0, 1]
