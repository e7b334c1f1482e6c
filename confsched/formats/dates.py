"""Write days and times as people read them, in German and English, with the zone's name where it matters."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from babel.dates import format_date, get_timezone_name

from confsched.clock import is_real_local_time, to_local
from confsched.domain.intervals import Span

_DAY_PATTERNS = {"de": "ccc dd.MM.yyyy", "en": "ccc d MMM yyyy"}
# The American names of European zones are bare offsets.
_ZONE_LOCALES = {"de": "de", "en": "en_GB"}
_DASH = "–"
_MAX_ZONE_LETTERS = 5


def format_day(day: date, language: str) -> str:
    """Write "Mi 25.11.2026" or "Wed 25 Nov 2026"."""
    return format_date(day, _DAY_PATTERNS[language], locale=language)


def format_time(instant: datetime, zone: str, language: str, *, with_zone: bool = False) -> str:
    """Write "15:00", with the zone's name when asked and wherever the clock shows this time twice."""
    return _time(to_local(instant, zone), zone, language, with_zone or _is_doubtful(instant, zone))


def format_span(span: Span, zone: str, language: str, *, with_zone: bool = False) -> str:
    """Write "Mi 25.11.2026, 15:00–15:45", the second day only over midnight, and 24:00 for its end.

    Where the offset changes on the way both ends carry the zone's name, else one at the end when asked.
    """
    starts_at, ends_at = to_local(span.starts_at, zone), to_local(span.ends_at, zone)
    is_changing = starts_at.utcoffset() != ends_at.utcoffset()
    is_named = with_zone or _is_doubtful(span.starts_at, zone) or _is_doubtful(span.ends_at, zone)
    start = _time(starts_at, zone, language, is_changing)
    end = _time(ends_at, zone, language, is_named or is_changing)
    first = format_day(starts_at.date(), language)
    if starts_at.date() == ends_at.date():
        return f"{first}, {start}{_DASH}{end}"
    if _is_next_midnight(starts_at, ends_at):
        return f"{first}, {start}{_DASH}{end.replace('00:00', '24:00', 1)}"
    return f"{first}, {start} {_DASH} {format_day(ends_at.date(), language)}, {end}"


def zone_name(instant: datetime, zone: str, language: str) -> str:
    """Return what people call the zone then: MEZ, CEST, UTC+03:00."""
    local = to_local(instant, zone)
    name = get_timezone_name(local, width="short", locale=_ZONE_LOCALES[language])
    for known in (name, local.tzname() or ""):
        if known.isalpha() and len(known) <= _MAX_ZONE_LETTERS:
            return known
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


def _time(local: datetime, zone: str, language: str, is_named: bool) -> str:
    return f"{local:%H:%M} {zone_name(local, zone, language)}" if is_named else f"{local:%H:%M}"


def _is_doubtful(instant: datetime, zone: str) -> bool:
    local = to_local(instant, zone)
    return not is_real_local_time(local.date(), local.time(), zone)


def _is_next_midnight(starts_at: datetime, ends_at: datetime) -> bool:
    is_midnight = (ends_at.hour, ends_at.minute) == (0, 0)
    return is_midnight and starts_at.date() + timedelta(days=1) == ends_at.date()
