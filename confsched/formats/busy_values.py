"""Dates, times, durations and periods as foreign calendars write them (RFC 5545, 3.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from confsched.clock import start_of_day
from confsched.formats.busy_lines import Line
from confsched.formats.busy_zones import Zones

# Zone arithmetic must not leave the calendar of the language, and nobody is busy in the year 1.
FIRST_YEAR = 1600
LAST_YEAR = 2200

Moment = date | datetime
"""A whole day, or an aware time in the zone whose wall clock a repetition follows."""
Period = tuple[Moment, Moment]

_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_DATE_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})?(Z)?", re.ASCII | re.IGNORECASE)
_DURATION = re.compile(
    r"([+-])?P(?=[\dT])(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True)
class Length:
    """Hold a duration: its days follow the wall clock, its seconds are exact (RFC 5545, 3.3.6)."""

    days: int
    seconds: int

    def after(self, start: Moment) -> Moment:
        if not isinstance(start, datetime):
            return start + timedelta(days=self.days + -(-self.seconds // 86_400))
        end = (start + timedelta(days=self.days)).astimezone(UTC) + timedelta(seconds=self.seconds)
        return end.astimezone(start.tzinfo)


def read_moment(text: str, zone_name: str | None, zones: Zones) -> Moment:
    """Read a DATE or DATE-TIME by its shape, whatever VALUE says; raises ValueError for anything else."""
    text = text.strip()
    if whole_day := _DATE.fullmatch(text):
        return _day(*whole_day.groups())
    found = _DATE_TIME.fullmatch(text)
    if not found:
        raise ValueError("this is neither a date nor a time")
    day = _day(found[1], found[2], found[3])
    # Second 60 is a leap second (RFC 5545, 3.3.12).
    at = time(int(found[4]), int(found[5]), min(int(found[6] or 0), 59))
    return datetime.combine(day, at, UTC if found[7] else zones.get(zone_name))


def _day(year: str, month: str, day: str) -> date:
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        raise ValueError("the year is out of range")
    return date(int(year), int(month), int(day))


def read_line_moment(line: Line, zones: Zones) -> Moment:
    """Read the one value of a property such as DTSTART."""
    return read_moment(line.value, line.parameters.get("TZID"), zones)


def read_duration(text: str) -> Length:
    """Read a DURATION; raises ValueError for anything else and for a negative one."""
    found = _DURATION.fullmatch(text.strip())
    if not found or found[1] == "-":
        raise ValueError("this is not a duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    return Length(weeks * 7 + days, hours * 3_600 + minutes * 60 + seconds)


def read_period(text: str, zone_name: str | None, zones: Zones) -> Period:
    """Read start/end or start/duration (RFC 5545, 3.3.9)."""
    first, _, last = text.partition("/")
    start = read_moment(first, zone_name, zones)
    if last.strip()[:1] in ("P", "p", "+"):
        return start, read_duration(last).after(start)
    return start, read_moment(last, zone_name, zones)


def read_list(lines: Iterable[Line], zones: Zones) -> list[Moment | Period]:
    """Read the values of RDATE or EXDATE properties, empty ones left out."""
    values: list[Moment | Period] = []
    for line in lines:
        for text in filter(str.strip, line.value.split(",")):
            read = read_period if "/" in text else read_moment
            values.append(read(text, line.parameters.get("TZID"), zones))
    return values


def instant(moment: Moment, zone: str) -> datetime:
    """Return the UTC instant; a day means its first instant in `zone`."""
    return moment.astimezone(UTC) if isinstance(moment, datetime) else start_of_day(moment, zone)
