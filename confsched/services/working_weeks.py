"""The next weeks of a person as their working hours say, with the public holidays of each site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from confsched import clock
from confsched.domain.holidays import public_holidays
from confsched.domain.intervals import Span
from confsched.domain.working_hours import working_spans
from confsched.models.network import Site
from confsched.services.working_patterns import PatternRow, rule_of

WEEKS = 8
DAYS_A_WEEK = 7
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkedDay:
    """Hold what is worked on a local day, each time with its site, and the public holidays by site."""

    on: date
    worked: tuple[tuple[Span, str], ...]
    holidays: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class WorkedWeek:
    """Hold a week from its Monday on."""

    first_on: date
    days: tuple[WorkedDay, ...]

    @property
    def minutes(self) -> int:
        """Return how long is worked in the week, by elapsed time."""
        worked = [span.duration for day in self.days for span, _site in day.worked]
        return sum(worked, timedelta()) // timedelta(minutes=1)


def list_weeks(patterns: Sequence[PatternRow], zone: str, *, now: datetime) -> list[WorkedWeek]:
    """Return this week and the seven after it; a night belongs to the day on which it begins."""
    today = clock.local_day(now, zone)
    monday = today - today.weekday() * ONE_DAY
    sites = {row.site.id: row.site for row in patterns}
    window = Span(
        clock.start_of_day(monday, zone), clock.start_of_day(monday + WEEKS * DAYS_A_WEEK * ONE_DAY, zone)
    )
    worked = sorted(
        (span, row.site.short_name)
        for row in patterns
        for span in _spans(row, window.widen(ONE_DAY, ONE_DAY))
    )
    by_day: dict[date, list[tuple[Span, str]]] = {}
    for span, site in worked:
        by_day.setdefault(clock.local_day(span.starts_at, zone), []).append((span, site))
    days = [monday + number * ONE_DAY for number in range(WEEKS * DAYS_A_WEEK)]
    shown = [WorkedDay(day, tuple(by_day.get(day, ())), _holidays(day, list(sites.values()))) for day in days]
    return [
        WorkedWeek(shown[place].on, tuple(shown[place : place + DAYS_A_WEEK]))
        for place in range(0, len(shown), DAYS_A_WEEK)
    ]


def _spans(row: PatternRow, window: Span) -> list[Span]:
    def is_holiday(day: date) -> bool:
        return day in public_holidays(row.site.state, day.year)

    return working_spans([rule_of(row.hours, row.site.zone)], window, is_holiday)


def _holidays(day: date, sites: Sequence[Site]) -> tuple[tuple[str, str], ...]:
    """Return the names of the day's holidays, each with the sites that keep it."""
    found: dict[str, list[str]] = {}
    for site in sites:
        name = public_holidays(site.state, day.year).get(day)
        if name:
            found.setdefault(name, []).append(site.short_name)
    return tuple((name, ", ".join(sorted(places))) for name, places in found.items())
