"""Cells of a month: what differs, what stands against publishing, and what that does to the lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.coverage import Cover
from confsched.domain.duty_codes import DutyCode, Legend, planned_duties
from confsched.domain.intervals import Span, subtract
from confsched.domain.kinds import AbsenceKind, DayClass
from confsched.domain.roster_marks import LineState, open_times, part_marks
from confsched.domain.roster_month import (
    CellDiff,
    StandingDuty,
    baseline_cells,
    clean_cell,
    day_span,
    days_of,
    diff_cells,
    find_absence,
    find_problems,
    find_unwritable,
    is_within_notice,
    month_span,
    next_month,
    overlay,
    previous_month,
)
from confsched.domain.roster_work import LineWork, line_work
from confsched.domain.rosters import duty_span

ZONE = "Europe/Berlin"
DECEMBER = date(2026, 12, 1)
ANN, BEN, CLEO = (UUID(int=number) for number in (1, 2, 3))
NAMES = {ANN: "Ann", BEN: "Ben", CLEO: "Cleo"}
LINE, OTHER_LINE = UUID(int=11), UUID(int=12)
NIGHT, DAY = (time(16), time(8)), (time(8), time(16))
EVERY_DAY = tuple(DayClass)


def _code(code: str, hours: tuple[time, time] | None, line: UUID | None = None, **other: object) -> DutyCode:
    days = dict.fromkeys(EVERY_DAY, hours) if hours else {}
    return DutyCode(code, code, line, hours=days, **other)  # type: ignore[arg-type]


LEGEND = Legend(
    {
        code.code: code
        for code in (
            _code("N", NIGHT, LINE),
            _code("D", DAY, LINE),
            _code("R", NIGHT, OTHER_LINE),
            _code("E", (time(16), time(18)), LINE),
            _code("H", (time(0), time(0)), LINE),
            _code("T", DAY),
            _code("U", None, absence=AbsenceKind.LEAVE),
            DutyCode("W", "Weekend", LINE, hours={DayClass.SATURDAY: NIGHT}),
        )
    },
    ZONE,
    lambda _day: False,
)


def _day(number: int) -> date:
    return DECEMBER.replace(day=number)


def _night(number: int) -> Span:
    return duty_span(_day(number), *NIGHT, ZONE)


def _held(person_id: UUID, span: Span, *, day: date | None = None, is_roster: bool = True) -> StandingDuty:
    return StandingDuty(LINE, person_id, span, day or span.starts_at.date(), is_roster)


def _diff(person_id: UUID, number: int, before: str, after: str) -> CellDiff:
    return CellDiff(person_id, _day(number), before, after)


def _late(number: int) -> Span:
    return Span(_night(number).starts_at + timedelta(hours=6), _night(number).ends_at)


def _early(number: int) -> Span:
    return Span(_night(number).starts_at, _late(number).starts_at)


def _problems(cells: dict[tuple[UUID, date], str]) -> dict[tuple[UUID, date], str]:
    found = find_problems(cells, planned_duties(cells, LEGEND), LEGEND, NAMES)
    return {cell: str(message) for cell, message in found.items()}


def test_months_follow_each_other_over_the_year() -> None:
    assert (next_month(DECEMBER), previous_month(date(2027, 1, 31))) == (date(2027, 1, 1), DECEMBER)
    assert (len(days_of(date(2028, 2, 9))), days_of(DECEMBER)[-1]) == (29, date(2026, 12, 31))


@pytest.mark.parametrize(("month", "hours"), [(date(2026, 10, 1), 745), (date(2026, 3, 1), 743)])
def test_a_month_is_an_hour_longer_or_shorter_where_the_clock_changes(month: date, hours: int) -> None:
    assert month_span(month, ZONE).duration == timedelta(hours=hours)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23)])
def test_a_day_of_the_clock_change_has_25_or_23_hours(day: date, hours: int) -> None:
    assert day_span(day, ZONE).duration == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("typed", "kept"), [(" n ", "N"), ("n + r", "N/R"), ("N/N", "N"), ("", ""), (" / ", "")]
)
def test_a_cell_is_written_in_one_way(typed: str, kept: str) -> None:
    assert clean_cell(typed) == kept


@pytest.mark.parametrize(("text", "is_refused"), [("N/R/T", False), ("N/R/T/D", True), ("NIGH", True)])
def test_more_than_a_cell_holds_cannot_be_written(text: str, is_refused: bool) -> None:
    assert (find_unwritable(text) is not None) is is_refused


def test_only_cells_that_differ_are_a_difference_and_an_empty_edit_empties() -> None:
    before = {(ANN, _day(1)): "N", (BEN, _day(2)): "T"}
    after = overlay(before, {(ANN, _day(1)): "", (CLEO, _day(1)): "N"})
    assert diff_cells(before, after) == [_diff(ANN, 1, "N", ""), _diff(CLEO, 1, "", "N")]


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({(ANN, _day(1)): "X"}, "The legend does not know X."),
        ({(ANN, _day(1)): "W"}, "W has no hours on such a day."),
        ({(ANN, _day(1)): "N/D", (ANN, _day(2)): "U"}, None),
        ({(ANN, _day(1)): "N", (BEN, _day(2)): "D"}, None),
        ({(ANN, _day(5)): "N/W"}, "N and W are the same line at once."),
        ({(ANN, _day(1)): "N", (BEN, _day(1)): "N"}, "Ben holds the line then as well, with N."),
    ],
)
def test_what_cannot_be_carried_out_is_a_problem_of_its_cell(
    cells: dict[tuple[UUID, date], str], sentence: str | None
) -> None:
    assert _problems(cells).get(next(iter(cells))) == sentence


def test_duties_are_read_as_codes_and_odd_ones_left_out() -> None:
    """A night belongs to the day on which it starts, also the last one of the month."""
    duties = [_held(ANN, _night(31)), _held(ANN, duty_span(_day(31), *DAY, ZONE)), _held(BEN, _late(5))]
    assert baseline_cells(duties, DECEMBER, LEGEND) == {(ANN, _day(31)): "D/N"}


# Each case: changed cells, standing duties, and what is withdrawn and recorded of LINE.
WORK = {
    "a new duty is recorded": ([_diff(ANN, 1, "", "N")], [], [], [(ANN, _night(1))]),
    "a duty that goes is withdrawn": (
        *([_diff(ANN, 1, "N", "")], [_held(ANN, _night(1))], [(ANN, _night(1))], []),
    ),
    "another holder replaces the former": (
        [_diff(ANN, 1, "N", ""), _diff(BEN, 1, "", "N")],
        [_held(ANN, _night(1))],
        [(ANN, _night(1))],
        [(BEN, _night(1))],
    ),
    "a part taken over stays with who took it": (
        [_diff(ANN, 1, "N", ""), _diff(BEN, 1, "", "N")],
        [_held(ANN, _early(1)), _held(CLEO, _late(1), is_roster=False)],
        [(ANN, _early(1))],
        [(BEN, _early(1))],
    ),
    "who took a part and then gets the code has all of it": (
        [_diff(ANN, 1, "N", ""), _diff(CLEO, 1, "", "N")],
        [_held(ANN, _early(1)), _held(CLEO, _late(1), is_roster=False)],
        [(ANN, _early(1))],
        [(CLEO, _night(1))],
    ),
    "a kept code beside the changed one stays": (
        [_diff(ANN, 1, "D/N", "D")],
        [_held(ANN, duty_span(_day(1), *DAY, ZONE)), _held(ANN, _night(1))],
        [(ANN, _night(1))],
        [],
    ),
    "a duty that was published with other hours goes as a whole": (
        [_diff(ANN, 1, "N", "")],
        [_held(ANN, duty_span(_day(1), time(15), time(9), ZONE))],
        [(ANN, duty_span(_day(1), time(15), time(9), ZONE))],
        [],
    ),
    "a duty whose code has no hours on such a day any more goes as a whole": (
        *([_diff(ANN, 1, "W", "")], [_held(ANN, _night(1))], [(ANN, _night(1))], []),
    ),
    "a swapped duty of the same day outside the code stays": (
        [_diff(ANN, 1, "N", "")],
        [_held(ANN, _night(1)), _held(ANN, duty_span(_day(1), *DAY, ZONE), is_roster=False)],
        [(ANN, _night(1))],
        [],
    ),
    "what is left after midnight goes with its day, whatever the hours are now": (
        [_diff(ANN, 1, "E", "")],
        [_held(ANN, _early(1)), _held(ANN, _late(1), day=_day(1)), _held(ANN, _early(2))],
        [(ANN, _early(1)), (ANN, _late(1))],
        [],
    ),
    "what is left of the day before stays": (
        [_diff(ANN, 2, "H", "")],
        [_held(ANN, _late(1), day=_day(1)), _held(ANN, _early(2))],
        [(ANN, _early(2))],
        [],
    ),
    "what comes after midnight only is written for the day of its code": (
        *([_diff(ANN, 1, "", "N")], [_held(CLEO, _early(1))], [], [(ANN, _late(1))]),
    ),
    "days at work and absences touch no line": ([_diff(ANN, 1, "T", "U")], [_held(BEN, _night(1))], [], []),
}


@pytest.mark.parametrize("case", WORK)
def test_a_publication_does_to_a_line(case: str) -> None:
    diffs, standing, withdrawn, recorded = WORK[case]
    work = line_work(diffs, standing, LEGEND)
    came = tuple(_held(person_id, span, day=_day(1)) for person_id, span in recorded)
    assert work == ([LineWork(LINE, tuple(withdrawn), came)] if withdrawn or recorded else [])


@pytest.mark.parametrize("day", [date(2026, 10, 24), date(2026, 3, 28)])
def test_a_night_over_a_clock_change_is_recorded_to_the_hour(day: date) -> None:
    """Cover line 13 of the failures: the elapsed hours differ, the local times do not."""
    (work,) = line_work([CellDiff(ANN, day, "", "N")], [], LEGEND)
    assert work.recorded == (_held(ANN, duty_span(day, *NIGHT, ZONE), day=day),)
    assert work.recorded[0].span.duration != timedelta(hours=16)


def test_hours_that_the_clock_skips_are_a_finding_and_no_crash() -> None:
    """Cover line 13 of the failures: in the night of 29 March there is no 02:00 to 03:00 in Berlin."""
    spring, hour = date(2026, 3, 29), (time(2), time(3))
    legend = Legend({"E": _code("E", hour, LINE)}, ZONE, lambda _day: False)
    cells = {(ANN, spring): "E"}
    problems = find_problems(cells, planned_duties(cells, legend), legend, NAMES)
    assert [str(message) for message in problems.values()] == ["E has no hours on such a day."]
    cover = Cover(*hour, False, ZONE)
    assert open_times([spring], cover, [], [], lambda _day: False)[0].state is LineState.NOT_NEEDED


PLANS = st.dictionaries(
    st.tuples(st.sampled_from([ANN, BEN, CLEO]), st.sampled_from([_day(n) for n in (1, 2, 30, 31)])),
    st.sampled_from(["N", "D", "R", "D/N", "T", "U"]),
)


@given(st.lists(PLANS, min_size=1, max_size=3))
@settings(max_examples=60)
def test_publications_one_after_the_other_leave_what_the_last_cells_say(
    plans: list[dict[tuple[UUID, date], str]],
) -> None:
    """Whatever was published before, the standing duties are those of the last plan without collisions."""
    standing: list[StandingDuty] = []
    before: dict[tuple[UUID, date], str] = {}
    for plan in plans:
        bad = _problems(plan)
        cells = {cell: text for cell, text in plan.items() if cell not in bad}
        standing = _carried_out(line_work(diff_cells(before, cells), standing, LEGEND), standing)
        before = cells
    wanted = {(duty.line_id, duty.person_id, duty.span) for duty in planned_duties(before, LEGEND)}
    assert {(duty.line_id, duty.person_id, duty.span) for duty in standing} == {
        key for key in wanted if key[0] is not None
    }


def _carried_out(works: list[LineWork], standing: list[StandingDuty]) -> list[StandingDuty]:
    for work in works:
        cut = [span for _, span in work.withdrawn]
        standing = [
            replace(duty, span=part)
            for duty in standing
            for part in (subtract([duty.span], cut) if duty.line_id == work.line_id else [duty.span])
        ]
        standing += work.recorded
    return standing


@pytest.mark.parametrize(
    ("day", "is_told"),
    [(21, False), (22, True), (23, True), (30, True)],
)
def test_changes_from_yesterday_to_the_end_of_the_notice_period_are_told(day: int, is_told: bool) -> None:
    now = datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert is_within_notice(date(2026, 11, day), now, 14, ZONE) is is_told


@pytest.mark.parametrize(("day", "is_told"), [(6, True), (7, False)])
def test_the_notice_period_ends_after_its_days(day: int, is_told: bool) -> None:
    now = datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert is_within_notice(_day(day), now, 14, ZONE) is is_told


def test_the_first_absence_of_a_cell_counts() -> None:
    assert (find_absence("N/U", LEGEND), find_absence("N/X", LEGEND)) == (AbsenceKind.LEAVE, None)


def test_a_cell_says_where_its_duty_stands_otherwise() -> None:
    cells = {(ANN, _day(1)): "N", (BEN, _day(3)): "N"}
    standing = [_held(ANN, _early(1)), _held(CLEO, _late(1)), _held(BEN, _early(3))]
    marks = part_marks(planned_duties(cells, LEGEND), standing, ZONE, NAMES)
    assert {cell: str(message) for cell, message in marks.items()} == {
        (ANN, _day(1)): "Cleo holds this duty from 22:00 to 08:00.",
        (BEN, _day(3)): "Nobody holds this duty from 22:00 to 08:00.",
        (CLEO, _day(1)): "On duty from 22:00 to 08:00, which no code says.",
    }


def test_a_night_that_nobody_holds_is_a_gap_of_the_day_on_which_it_begins() -> None:
    """Cover line 32 of the failures: what is open shows, what is declared shows as declared."""
    cover = Cover(time(16), time(8), False, ZONE)
    days = [_day(number) for number in (1, 2, 3)]
    found = open_times(days, cover, [_night(1), _early(3)], [_night(2)], lambda _day: False)
    assert [(one.state, one.gap_minutes) for one in found] == [
        *((LineState.HELD, 0), (LineState.DECLARED, 0), (LineState.GAP, 600)),
    ]


def test_a_line_of_workdays_needs_nobody_at_weekends_and_on_holidays() -> None:
    cover = Cover(time(8), time(16), True, ZONE)
    found = open_times([_day(4), _day(5), _day(25)], cover, [], [], lambda day: day.day == 25)
    assert [one.state for one in found] == [LineState.GAP, LineState.NOT_NEEDED, LineState.NOT_NEEDED]
