"""When the minutes of a conference are due: one working day of the host after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from confsched.clock import local_day, to_instant
from confsched.domain.urgent_clocks import end_of_next_working_day

REMIND_FROM = time(8)  # local time of the host, on the day at whose end the minutes are due


def due_at(ended_at: datetime, zone: str, is_holiday: Callable[[date], bool]) -> datetime:
    """Return the end of the host's next working day; Monday to Friday but holidays."""
    return end_of_next_working_day(ended_at, zone, is_holiday)


def due_on(ended_at: datetime, zone: str, is_holiday: Callable[[date], bool]) -> date:
    """Return the day at whose end the minutes are due."""
    return local_day(due_at(ended_at, zone, is_holiday), zone) - timedelta(days=1)


def remind_at(ended_at: datetime, zone: str, is_holiday: Callable[[date], bool]) -> datetime:
    """Return the morning of the day on which the minutes are due, while there is time left to write them."""
    return to_instant(due_on(ended_at, zone, is_holiday), REMIND_FROM, zone)
