"""The one module that reads the clock and that converts between instants and local time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Return the present instant, aware, UTC, whole microseconds."""
    return datetime.now(UTC)


@lru_cache(maxsize=64)
def zone_info(zone: str) -> ZoneInfo:
    """Return the rules of an IANA zone; raises ZoneInfoNotFoundError for an unknown name."""
    return ZoneInfo(zone)


def to_instant(day: date, at: time, zone: str) -> datetime:
    """Convert wall-clock time to the UTC instant.

    A time in the skipped hour of spring moves forward by the skipped hour (RFC 5545 3.3.5); a time in the
    doubled hour of autumn means its first pass.
    """
    return datetime.combine(day, at.replace(fold=0, tzinfo=None), zone_info(zone)).astimezone(UTC)


def to_local(instant: datetime, zone: str) -> datetime:
    """Convert an aware instant to aware local time in `zone`."""
    assert instant.tzinfo is not None, "instants are aware"
    return instant.astimezone(zone_info(zone))


def is_real_local_time(day: date, at: time, zone: str) -> bool:
    """Tell whether the wall-clock time exists exactly once, so that nobody can read it as another instant."""
    first = datetime.combine(day, at.replace(fold=0), zone_info(zone))
    second = first.replace(fold=1)
    return first.utcoffset() == second.utcoffset()


def start_of_day(day: date, zone: str) -> datetime:
    """Return the first instant of a local day, in UTC."""
    return to_instant(day, time.min, zone)


def local_day(instant: datetime, zone: str) -> date:
    """Return the local calendar day of an instant."""
    return to_local(instant, zone).date()


def whole_minute(instant: datetime) -> datetime:
    """Round up to a whole minute."""
    floor = instant.replace(second=0, microsecond=0)
    return floor if floor == instant else floor + timedelta(minutes=1)
