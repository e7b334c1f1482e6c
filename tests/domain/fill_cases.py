"""Months to fill: the builders that the tests of the filling share, and small months drawn at random."""

from __future__ import annotations

from datetime import date, time, timedelta
from uuid import UUID

from hypothesis import strategies as st

from confsched import clock
from confsched.domain.autofill_facts import Candidate, HeldDuty, Load, MonthLimits, OpenDuty, Problem
from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType, WishKind
from confsched.domain.rosters import duty_span

ZONE = "Europe/Berlin"
STANDBY, HOME = DutyType.ON_SITE_STANDBY, DutyType.ON_CALL_HOME
SPRING, AUTUMN = date(2026, 3, 28), date(2026, 10, 24)  # the night to the next day changes the clock
LINE, OTHER_LINE = UUID(int=100), UUID(int=200)


def person(number: int) -> UUID:
    return UUID(int=number)


def night(day: date, *, line: UUID = LINE, duty_type: DutyType = STANDBY, code: str = "N") -> OpenDuty:
    return OpenDuty(line, day, code, duty_span(day, time(20), time(8), ZONE), duty_type, Load(1, nights=1))


def whole_day(day: date, *, line: UUID = LINE, duty_type: DutyType = STANDBY) -> OpenDuty:
    return OpenDuty(line, day, "V", duty_span(day, time(8), time(8), ZONE), duty_type, Load(1, nights=1))


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]


def local(first: date, hours: float, length: float) -> Span:
    starts_at = clock.start_of_day(first, ZONE) + timedelta(hours=hours)
    return Span(starts_at, starts_at + timedelta(hours=length))


def anybody(number: int, **facts: object) -> Candidate:
    return Candidate(person(number), frozenset({LINE}), **facts)  # type: ignore[arg-type]


def busy_month() -> Problem:
    duties = tuple(
        night(day, line=line) for day in days(date(2026, 10, 1), 31) for line in (LINE, OTHER_LINE)
    )
    people = (
        Candidate(person(number), frozenset({LINE, OTHER_LINE}), past=Load(nights=number))
        for number in range(1, 7)
    )
    return Problem(duties, tuple(people))


PLACES = st.tuples(
    st.integers(0, 3),
    st.sampled_from([LINE, OTHER_LINE]),
    st.sampled_from([(8, 16), (8, 8), (20, 8), (16, 22), (21, 3)]),
    st.sampled_from([STANDBY, STANDBY, HOME, DutyType.REGULAR]),
)
ABSENCES = st.lists(st.tuples(st.integers(0, 80), st.integers(1, 30)), max_size=2)


@st.composite
def problems(draw: st.DrawFn, places: int = 9, people: int = 4) -> Problem:
    """Draw a few days around a clock change with too few people for them."""
    first = draw(st.sampled_from([SPRING, AUTUMN]))
    drawn = draw(st.lists(PLACES, min_size=1, max_size=places))
    duties = {duty.key: duty for place in drawn for duty in [_open(first, *place)]}
    candidates = tuple(
        draw(_candidates(first, number)) for number in range(1, draw(st.integers(1, people)) + 1)
    )
    return Problem(tuple(duties.values()), candidates)


def _open(first: date, offset: int, line: UUID, hours: tuple[int, int], duty_type: DutyType) -> OpenDuty:
    day = first + timedelta(days=offset)
    span = duty_span(day, time(hours[0]), time(hours[1]), ZONE)
    weight = Load(1, nights=float(hours[1] <= 8), weekends=0.5 * (day.weekday() >= 5))
    return OpenDuty(line, day, f"{hours[0]}{hours[1]}", span, duty_type, weight)


@st.composite
def _candidates(draw: st.DrawFn, first: date, number: int) -> Candidate:
    lines = draw(st.sampled_from([{LINE}, {OTHER_LINE}, {LINE, OTHER_LINE}]))
    table = st.none() | st.sampled_from([(3, 2, 1, 0), (2, 1), (4,), (0, 0, 0), (9, 9, 9)])
    held = draw(ABSENCES)
    return Candidate(
        person(number),
        frozenset(lines),
        share=draw(st.sampled_from([1.0, 0.75, 0.5])),
        blocked=tuple(local(first, *span) for span in draw(ABSENCES)),
        held=tuple(HeldDuty(local(first, *span), STANDBY, Load(1)) for span in held[:1]),
        past=Load(float(draw(st.integers(0, 3)))),
        wishes=draw(st.dictionaries(st.sampled_from(days(first, 4)), st.sampled_from(WishKind), max_size=2)),
        limits=MonthLimits(draw(table), draw(st.integers(0, 1)), draw(st.integers(0, 1))),
    )
