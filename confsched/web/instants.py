"""Days and instants out of forms: a pressed offer, or a day and a time typed in the reader's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from confsched.clock import is_real_local_time, to_instant
from confsched.errors import Refusal, msg
from confsched.web.context import reader_zone

YEARS = range(1970, 2200)


def parse_instant(text: str | None, field: str = "starts_at") -> datetime:
    """Read an instant that a page of ours wrote into a form; raises Refusal for anything else."""
    try:
        instant = datetime.fromisoformat(text or "")
    except ValueError as error:
        raise _no_time(field) from error
    is_whole_minute = instant.replace(second=0, microsecond=0) == instant
    if instant.tzinfo is None or not is_whole_minute or not is_near(instant):
        raise _no_time(field)
    return instant.astimezone(UTC)


def is_near(day: date) -> bool:
    """Tell whether a day is one of our time; at the ends of the calendar, arithmetic fails."""
    return day.year in YEARS


def find_day(text: str) -> date | None:
    """Return the day that was typed, None for anything else and for a day far from our time."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if is_near(day) else None


def find_time(text: str) -> time | None:
    """Return the time of day that was typed, to the minute; None for anything else."""
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None


def _no_time(field: str) -> Refusal:
    return Refusal(msg("This is not a time. Choose one from the page."), field=field)


def own_instant(day: date, at: time, *, field: str = "at") -> datetime:
    """Return the instant of a local time; raises Refusal in the hour that a clock change skips or doubles."""
    if not is_near(day):
        raise Refusal(msg("Choose a day with a year of four digits, such as 2026."), field="day")
    if not is_real_local_time(day, at, reader_zone()):
        raise Refusal(
            msg("The clocks change at this hour. Choose a time before 02:00 or after 03:00."), field=field
        )
    return to_instant(day, at, reader_zone())
