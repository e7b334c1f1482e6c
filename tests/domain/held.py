"""Duties in few words, for the tests of rest, limits and fairness."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from confsched import clock
from confsched.domain.duty_codes import PlannedDuty
from confsched.domain.intervals import Span
from confsched.domain.kinds import CountsAs, DutyType
from confsched.domain.rosters import duty_span

ZONE = "Europe/Berlin"
ANNA, BORIS, CEM = UUID(int=11), UUID(int=12), UUID(int=13)
STROKE, ICU = UUID(int=1), UUID(int=2)
REGULAR, STANDBY = DutyType.REGULAR, DutyType.ON_SITE_STANDBY
ON_CALL, BACKGROUND = DutyType.ON_CALL_HOME, DutyType.BACKGROUND
COUNTS = {
    REGULAR: CountsAs.DAY,
    STANDBY: CountsAs.NIGHT,
    ON_CALL: CountsAs.ON_CALL,
    BACKGROUND: CountsAs.BACKGROUND,
}


def local(text: str) -> datetime:
    """Return the instant of a local time such as "2026-06-01 08:00"."""
    wanted = datetime.fromisoformat(text)
    return clock.to_instant(wanted.date(), wanted.time(), ZONE)


def held(
    day: date,
    starts: time,
    ends: time,
    duty_type: DutyType = STANDBY,
    *,
    person: UUID = ANNA,
    line: UUID | None = STROKE,
) -> PlannedDuty:
    """Return a duty that starts on `day`; an end up to the start means the next day."""
    span = duty_span(day, starts, ends, ZONE)
    return PlannedDuty(line, person, day, span, "X", duty_type, COUNTS[duty_type])


def long_duty(starts: str, ends: str, duty_type: DutyType, *, line: UUID = STROKE) -> PlannedDuty:
    """Return a duty of any length between two local times."""
    span = Span(local(starts), local(ends))
    return PlannedDuty(
        line, ANNA, clock.local_day(span.starts_at, ZONE), span, "X", duty_type, COUNTS[duty_type]
    )


def day_shift(day: date, starts: int = 8, ends: int = 16, *, person: UUID = ANNA) -> PlannedDuty:
    """Return a day at work, without a line."""
    return held(day, time(starts), time(ends), REGULAR, person=person, line=None)


def night(day: date, *, person: UUID = ANNA) -> PlannedDuty:
    """Return a standby duty from 20:00 to 08:00."""
    return held(day, time(20), time(8), STANDBY, person=person)


def on_call(day: date, *, person: UUID = ANNA) -> PlannedDuty:
    """Return an on-call duty from 16:00 to 08:00."""
    return held(day, time(16), time(8), ON_CALL, person=person)


def days_from(first: date, count: int, step: int = 1) -> list[date]:
    """Return `count` days, each `step` days after the one before."""
    return [first + timedelta(days=number * step) for number in range(count)]
