"""Generated rosters of both clock-change months, held against an oracle that looks at every minute.

The oracle knows no spans: it lists the minutes of the month with what the clock on the wall shows, and a duty
holds the minutes that lie between its two times. Times in the hour that is skipped or doubled are left out:
there the clock on the wall does not say which minute is meant, and tables elsewhere test them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.coverage import gaps
from confsched.domain.duty_codes import PlannedDuty
from confsched.domain.fairness import Measure, ledger
from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType
from confsched.domain.rest import list_rests
from confsched.domain.roster_checks import check_roster
from confsched.domain.roster_rules import NO_FACTS, DutyRules, RosterWarning, Rule
from confsched.domain.rosters import DutyFact, duty_span, who_is_on
from tests.domain.held import ANNA, BORIS, CEM, REGULAR, STANDBY, STROKE, ZONE, held

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MARCH, OCTOBER = date(2026, 3, 1), date(2026, 10, 1)
MARGIN_DAYS = 4
MONTH_DAYS = 31
PUBLISHED = datetime(2026, 1, 1, tzinfo=UTC)
RULES = DutyRules()


@dataclass(frozen=True)
class Minutes:
    """Hold every minute of a month and its margins, and what the clock on the wall shows in each."""

    starts_at: datetime
    walls: Sequence[datetime]

    def between(self, first: datetime, last: datetime) -> set[int]:
        """Return the minutes in which the clock on the wall stands between two times."""
        near = self.number(first.replace(tzinfo=UTC)) - 180
        far = self.number(last.replace(tzinfo=UTC)) + 180
        return {
            number
            for number in range(max(near, 0), min(far, len(self.walls)))
            if first <= self.walls[number] < last
        }

    def of(self, duty: Planned) -> set[int]:
        """Return the minutes of a duty."""
        last = duty.day if duty.ends > duty.starts else duty.day + DAY
        return self.between(datetime.combine(duty.day, duty.starts), datetime.combine(last, duty.ends))

    def of_days(self, first: date, count: int) -> set[int]:
        starts = datetime.combine(first, time.min)
        return self.between(starts, starts + count * DAY)

    def number(self, instant: datetime) -> int:
        return (instant - self.starts_at) // MINUTE

    def at(self, number: int) -> datetime:
        return self.starts_at + number * MINUTE


@dataclass(frozen=True)
class Planned:
    """Hold a duty as somebody would write it down: day and two times."""

    day: date
    starts: time
    ends: time
    person: UUID = ANNA
    duty_type: DutyType = STANDBY

    def fact(self, recorded_at: datetime, superseded_at: datetime | None) -> DutyFact:
        span = duty_span(self.day, self.starts, self.ends, ZONE)
        return DutyFact(STROKE, self.person, span, recorded_at, superseded_at)

    def held(self) -> PlannedDuty:
        return held(self.day, self.starts, self.ends, self.duty_type, person=self.person)


@cache
def minutes_of(month: date) -> Minutes:
    starts_at = datetime.combine(month - MARGIN_DAYS * DAY, time(22), tzinfo=UTC) - DAY
    zone = ZoneInfo(ZONE)
    count = (MONTH_DAYS + 2 * MARGIN_DAYS) * 1440
    walls = [
        (starts_at + number * MINUTE).astimezone(zone).replace(tzinfo=None, fold=0) for number in range(count)
    ]
    return Minutes(starts_at, walls)


MONTHS = st.sampled_from([MARCH, OCTOBER])
CHANGES = {MARCH: date(2026, 3, 29), OCTOBER: date(2026, 10, 25)}
PEOPLE = st.sampled_from([ANNA, BORIS, CEM])
# Never between two and three, see above.
TIMES = st.tuples(st.sampled_from([0, 1, 3, 6, 8, 12, 16, 20, 22, 23]), st.sampled_from([0, 1, 30, 59])).map(
    lambda pair: time(*pair)
)


def rosters(days: Sequence[int], max_size: int) -> st.SearchStrategy[list[tuple[int, time, time, UUID]]]:
    return st.lists(st.tuples(st.sampled_from(days), TIMES, TIMES, PEOPLE), max_size=max_size)


def planned(first: date, entries: list[tuple[int, time, time, UUID]]) -> list[Planned]:
    return [Planned(first + day * DAY, starts, ends, person) for day, starts, ends, person in entries]


@settings(max_examples=25)
@given(
    month=MONTHS,
    entries=rosters(range(-2, 3), 7),
    versions=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), min_size=7, max_size=7),
    known=st.integers(0, 4),
)
def test_who_is_on_is_right_in_every_minute_around_a_clock_change(
    month: date,
    entries: list[tuple[int, time, time, UUID]],
    versions: list[tuple[int, int]],
    known: int,
) -> None:
    """PEER_FAILURES 13, 15 and 17, and what was known then."""
    clock, change = minutes_of(month), CHANGES[month]
    known_at = PUBLISHED + known * HOUR
    facts: dict[DutyFact, set[int]] = {}
    for duty, (recorded, lasting) in zip(planned(change, entries), versions, strict=False):
        fact = duty.fact(PUBLISHED + recorded * HOUR, PUBLISHED + (recorded + lasting) * HOUR)
        facts[fact] = clock.of(duty) if recorded <= known < recorded + lasting else set()
    for number in clock.of_days(change - 3 * DAY, 7):
        found = who_is_on(facts, clock.at(number), known_at=known_at)
        assert set(found) == {fact for fact, minutes in facts.items() if number in minutes}


@settings(max_examples=25)
@given(
    month=MONTHS,
    entries=rosters(range(-1, MONTH_DAYS), 40),
    required=st.tuples(TIMES, TIMES),
    declared=rosters(range(MONTH_DAYS), 2),
)
def test_a_minute_is_a_gap_just_when_it_is_required_and_nobody_holds_it(
    month: date,
    entries: list[tuple[int, time, time, UUID]],
    required: tuple[time, time],
    declared: list[tuple[int, time, time, UUID]],
) -> None:
    """PEER_FAILURES 13, 14, 17 and 32: no minute of the month is lost, not in the nights of the change."""
    clock = minutes_of(month)
    needs = [Planned(month + day * DAY, *required) for day in range(MONTH_DAYS)]
    duties, on_purpose = planned(month, entries), planned(month, declared)
    inside = clock.of_days(month, MONTH_DAYS)
    window = Span(clock.at(min(inside)), clock.at(max(inside) + 1))
    found = gaps(_spans(duties), _spans(needs), window, declared=_spans(on_purpose))
    expected = (_all(clock, needs) & inside) - _all(clock, duties) - _all(clock, on_purpose)
    assert {number for span in found for number in _numbers(clock, span)} == expected


# One duty a day at most, so that each follows the work of another day.
SHIFTS = st.dictionaries(st.integers(-3, MONTH_DAYS + 2), st.tuples(TIMES, TIMES), max_size=20)


@settings(max_examples=40)
@given(
    month=MONTHS, shifts=SHIFTS, kinds=st.lists(st.sampled_from([REGULAR, STANDBY]), min_size=1, max_size=3)
)
def test_a_rest_is_as_long_as_the_minutes_in_which_nobody_works(
    month: date, shifts: dict[int, tuple[time, time]], kinds: list[DutyType]
) -> None:
    """PEER_FAILURES 13: over a clock change rest is counted in the minutes that pass."""
    clock = minutes_of(month)
    duties = [
        Planned(month + day * DAY, *times, duty_type=kinds[day % len(kinds)])
        for day, times in sorted(shifts.items())
    ]
    expected = list(_rests(clock, duties))
    rests = list_rests([duty.held() for duty in duties])
    assert [(rest.later.day, rest.length // MINUTE) for rest in rests] == expected
    warned = {warning.day for warning in _check(duties, month) if warning.rule is Rule.REST}
    assert warned == {day for day, length in expected if length < 600 and _is_in(day, month)}


@settings(max_examples=40)
@given(month=MONTHS, shifts=SHIFTS)
def test_work_is_too_long_just_when_more_than_1440_minutes_follow_each_other(
    month: date, shifts: dict[int, tuple[time, time]]
) -> None:
    """PEER_FAILURES 13: by the minutes that pass, so 24 h by the clock are too long in October."""
    clock = minutes_of(month)
    duties = [Planned(month + day * DAY, *times) for day, times in sorted(shifts.items())]
    expected = {
        next(
            duty.day
            for duty in duties
            if min(run) <= min(clock.of(duty)) <= max(run) and max(clock.of(duty)) - min(run) >= 1440
        )
        for run in _runs(sorted(_all(clock, duties)))
        if len(run) > 1440
    }
    warned = {warning.day for warning in _check(duties, month) if warning.rule is Rule.TOO_LONG}
    assert warned == {day for day in expected if _is_in(day, month)}


@settings(max_examples=40)
@given(month=MONTHS, entries=rosters(range(-2, MONTH_DAYS + 2), 10), kind=st.sampled_from(list(DutyType)))
def test_a_weekend_is_free_just_when_no_minute_of_it_is_on_duty(
    month: date, entries: list[tuple[int, time, time, UUID]], kind: DutyType
) -> None:
    """PEER_FAILURES 13 and 16: whole weekends, those of the clock change among them."""
    clock = minutes_of(month)
    duties = [Planned(month + day * DAY, starts, ends, ANNA, kind) for day, starts, ends, _ in entries]
    saturdays = [day for number in range(MONTH_DAYS) if (day := month + number * DAY).weekday() == 5]
    on_duty = _all(clock, duties)
    taken = [saturday for saturday in saturdays if on_duty & _weekend(clock, saturday)]
    warned = [warning for warning in _check(duties, month) if warning.rule is Rule.FREE_WEEKENDS]
    assert len(warned) == max(0, len(taken) - (len(saturdays) - RULES.free_weekends))


@settings(max_examples=25)
@given(month=MONTHS, entries=rosters(range(MONTH_DAYS), 12))
def test_the_ledger_counts_the_minutes_that_each_person_was_on_duty(
    month: date, entries: list[tuple[int, time, time, UUID]]
) -> None:
    """PEER_FAILURES 13 and 17."""
    clock, duties = minutes_of(month), planned(month, entries)
    inside = clock.of_days(month, MONTH_DAYS)
    window = Span(clock.at(min(inside)), clock.at(max(inside) + 1))
    book = ledger([duty.held() for duty in duties], {}, window, ZONE, lambda _day: False)
    assert {row.person_id: row.held[Measure.MINUTES] for row in book.rows} == {
        person: sum(len(clock.of(duty)) for duty in duties if duty.person == person)
        for person in {duty.person for duty in duties}
    }


@pytest.mark.parametrize("month", [MARCH, OCTOBER])
def test_the_oracle_itself_sees_a_day_of_23_and_one_of_25_hours(month: date) -> None:
    hours = {MARCH: 23, OCTOBER: 25}[month]
    assert len(minutes_of(month).of_days(CHANGES[month], 1)) == hours * 60


def _check(duties: Sequence[Planned], month: date) -> list[RosterWarning]:
    return check_roster([duty.held() for duty in duties], NO_FACTS, month, ZONE, RULES)


def _rests(clock: Minutes, duties: Sequence[Planned]) -> Iterator[tuple[date, int]]:
    """Yield the minutes without work before each duty but the first."""
    done: set[int] = set()
    for duty in duties:
        first = min(clock.of(duty))
        if done:
            yield duty.day, max(0, first - max(done) - 1)
        done |= clock.of(duty)


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Return the runs of numbers that follow each other."""
    grouped = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    return [[number for _, number in run] for _, run in grouped]


def _weekend(clock: Minutes, saturday: date) -> set[int]:
    return clock.between(
        datetime.combine(saturday - DAY, time(21)), datetime.combine(saturday + 2 * DAY, time(5))
    )


def _all(clock: Minutes, duties: Sequence[Planned]) -> set[int]:
    return {number for duty in duties for number in clock.of(duty)}


def _numbers(clock: Minutes, span: Span) -> range:
    return range(clock.number(span.starts_at), clock.number(span.ends_at))


def _spans(duties: Sequence[Planned]) -> list[Span]:
    return [duty_span(duty.day, duty.starts, duty.ends, ZONE) for duty in duties]


def _is_in(day: date, month: date) -> bool:
    return (day.year, day.month) == (month.year, month.month)
