"""The one module that reads the clock and that converts between instants and local time."""

from __future__ import annotations

import time as stopwatch
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_AT_ONCE = 0.05  # seconds within which two clocks are read one after the other


def now() -> datetime:
    """Return the present instant, aware, UTC, whole microseconds."""
    return datetime.now(UTC)


def machine_started_at() -> datetime:
    """Return when the machine was started, by the clock that it has now: a clock that was set tells another.

    A process may be stopped between two readings; such a pair is read once more.
    """
    while True:
        before = _running_seconds()
        wall = datetime.now(UTC)
        if _running_seconds() - before < _AT_ONCE:
            return wall - timedelta(seconds=before)


def _running_seconds() -> float:
    """Return for how long the machine has run, time asleep included."""
    return stopwatch.clock_gettime(stopwatch.CLOCK_BOOTTIME)


@cache
def boot_name() -> str:
    """Return what no other start of this machine is called, "" where the system does not say."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""


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
