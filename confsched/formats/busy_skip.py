"""A later start for an old series: the same occurrences from then on, none of the years before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from confsched.formats.busy_events import Event
from confsched.formats.busy_rules import Frequency, Rule
from confsched.formats.busy_values import Moment

_HOURS = {Frequency.HOURLY: 1, Frequency.DAILY: 24, Frequency.WEEKLY: 168}
_MONTHS = {Frequency.MONTHLY: 1, Frequency.YEARLY: 12}
_LONGEST_MONTH_DAYS = 31
# A start on a later day of the month would be missing in some months.
_LAST_COMMON_DAY = 28


def skip_old_periods(event: Event, rule: Rule, until: timedelta) -> Event:
    """Start the event whole periods of its rule later, by at most `until`.

    The new start keeps the phase of INTERVAL and the wall clock. It need not be an occurrence itself,
    so it has to lie before anything that is looked at.
    """
    # One day is lost to clock changes at most.
    spare = until - timedelta(days=1)
    start = _later(event, rule, spare) if spare > timedelta() else event.start
    return replace(event, start=start, end=start + _length(event))


def _length(event: Event) -> timedelta:
    """Return how long the event lasts; start and end are both days or both instants."""
    return event.end - event.start  # type: ignore[operator]


def _later(event: Event, rule: Rule, spare: timedelta) -> Moment:
    if rule.frequency in _HOURS:
        period = timedelta(hours=_HOURS[rule.frequency] * rule.interval)
        return event.start + spare // period * period
    if event.start.day > _LAST_COMMON_DAY:
        return event.start
    step = _MONTHS[rule.frequency] * rule.interval
    month = event.start.month - 1 + spare.days // _LONGEST_MONTH_DAYS // step * step
    return event.start.replace(year=event.start.year + month // 12, month=month % 12 + 1)
