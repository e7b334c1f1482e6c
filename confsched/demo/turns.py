"""Turns that know the day only, so that a month looks the same whenever it is planned."""

from __future__ import annotations

from datetime import date

DAYS_A_WEEK = 7
POOL = 12
# Each week everybody has one place: a night by its weekday, or days. Five places on a week later, nobody has
# more than two weekends and four nights in a month, nor a day at work after a night.
STEP = 5
PLACES_OF_DAYS = (8, 9, 10, 8, 11, 7, 7)  # Monday to Sunday


def daily(day: date, _is_night: bool) -> int:
    return day.toordinal()


def weekly(day: date, _is_night: bool) -> int:
    """Change on Mondays."""
    return week_of(day)


def daily_beside_weekly(day: date, _is_night: bool) -> int:
    """Return which of four people has the day; never the one who has the week."""
    return week_of(day) + 1 + day.toordinal() % 3


def day_and_night(day: date, is_night: bool) -> int:
    """Return which of twelve people has the day, or the night that begins on it."""
    place = day.weekday() if is_night else PLACES_OF_DAYS[day.weekday()]
    return (place - STEP * week_of(day)) % POOL


def week_of(day: date) -> int:
    """Return a number that goes up by one every Monday."""
    return (day.toordinal() - 1) // DAYS_A_WEEK
