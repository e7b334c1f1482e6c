"""Write a zone as VTIMEZONE with yearly rules (RFC 5545 3.6.5), from the zone's own data, always the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from confsched.clock import to_local

# The rules are compared with the zone's data year by year; outside these years times are written in UTC.
FIRST_YEAR = 2020
LAST_YEAR = 2037
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LAST = -1
_LONG_AGO = datetime(1970, 1, 1)  # noqa: DTZ001 - RFC 5545 wants the local time of the onset without a zone


@dataclass(frozen=True)
class _Change:
    """Hold one change of a zone's offset; `onset` is the wall clock just before it."""

    onset: datetime
    offset_from: timedelta
    offset_to: timedelta
    name: str

    @property
    def pattern(self) -> tuple[object, ...]:
        onset = self.onset
        return onset.month, onset.weekday(), onset.time(), self.offset_from, self.offset_to, self.name

    @property
    def weeks(self) -> set[int]:
        """Return the ways to count this weekday in its month: from the front, and as the last one."""
        is_last = (self.onset + timedelta(days=7)).month != self.onset.month
        return {(self.onset.day - 1) // 7 + 1} | ({_LAST} if is_last else set())


def may_write_local(instant: datetime, zone: str) -> bool:
    """Tell whether the VTIMEZONE of the zone covers this instant."""
    return FIRST_YEAR < to_local(instant, zone).year <= LAST_YEAR and timezone_for(zone) is not None


@lru_cache(maxsize=64)
def timezone_for(zone: str) -> Timezone | None:
    """Return the zone with RRULEs; None for UTC and for a zone whose changes follow no yearly rule."""
    if zone == "UTC":
        return None
    years = [list(_changes_in(zone, year)) for year in range(FIRST_YEAR, LAST_YEAR + 1)]
    if len({len(changes) for changes in years}) != 1:
        return None
    rules = [_rule(list(changes)) for changes in zip(*years, strict=True)]
    if None in rules:
        return None
    return _timezone(zone, [rule for rule in rules if rule is not None] or [_fixed(zone)])


def _changes_in(zone: str, year: int) -> Iterable[_Change]:
    """Yield the changes of a year by comparing midnights, then halving the day to the minute."""
    midnight = datetime(year, 1, 1, tzinfo=UTC)
    while midnight.year == year:
        following = midnight + timedelta(days=1)
        if _offset(midnight, zone) != _offset(following, zone):
            yield _change_between(midnight, following, zone)
        midnight = following


def _change_between(before: datetime, after: datetime, zone: str) -> _Change:
    old = _offset(before, zone)
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // 2
        middle = middle.replace(second=0, microsecond=0)
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    onset = (after + old).replace(tzinfo=None)
    return _Change(onset, old, _offset(after, zone), to_local(after, zone).tzname() or zone)


def _offset(instant: datetime, zone: str) -> timedelta:
    offset = to_local(instant, zone).utcoffset()
    assert offset is not None, "zones have offsets"
    return offset


def _rule(changes: list[_Change]) -> tuple[_Change, dict[str, object]] | None:
    """Return the first change and the yearly rule that gives all of them; None where there is none."""
    weeks = set.intersection(*(change.weeks for change in changes))
    if not weeks or len({change.pattern for change in changes}) != 1:
        return None
    first = changes[0]
    week = min(weeks)  # the last one where that fits: it is how laws put it
    by_day = f"{week}{_WEEKDAYS[first.onset.weekday()]}"
    return first, {"freq": "YEARLY", "bymonth": first.onset.month, "byday": by_day}


def _fixed(zone: str) -> tuple[_Change, dict[str, object]]:
    local = to_local(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), zone)
    offset = _offset(local, zone)
    return _Change(_LONG_AGO, offset, offset, local.tzname() or zone), {}


def _timezone(zone: str, rules: list[tuple[_Change, dict[str, object]]]) -> Timezone:
    timezone = Timezone()
    timezone.add("tzid", zone)
    for change, rule in rules:
        part = TimezoneDaylight() if change.offset_to > change.offset_from else TimezoneStandard()
        part.add("dtstart", change.onset)
        part.add("tzoffsetfrom", change.offset_from)
        part.add("tzoffsetto", change.offset_to)
        part.add("tzname", change.name)
        if rule:
            part.add("rrule", rule)
        timezone.add_component(part)
    return timezone
