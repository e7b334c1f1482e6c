"""Days and times as templates write them: in the reader's language and zone, with the site's beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from babel.dates import format_date
from flask import Flask

from confsched.clock import local_day, to_local
from confsched.domain.intervals import Span
from confsched.formats.dates import format_day, format_span, format_time
from confsched.web.context import reader_language, reader_zone

_SHORT_PATTERNS = {"de": "ccc dd.MM.", "en": "ccc d MMM"}
_LONG_PATTERNS = {"de": "cccc, dd.MM.yyyy", "en": "cccc d MMM yyyy"}
_DASH = "–"
SECONDS_PER_MINUTE = 60
MINUTES_PER_HOUR = 60


class ReaderTimes:
    """Write days and times for whoever reads this request."""

    def __init__(self, language: Callable[[], str], zone: Callable[[], str]) -> None:
        self._language = language
        self._zone = zone

    def when(self, span: Span, site_zone: str | None = None) -> str:
        """Write "Mi 25.11.2026, 15:00–15:45"; in both zones, named, where the site's clock differs."""
        zone, language = self._zone(), self._language()
        if site_zone is None or _is_same_clock(span.starts_at, zone, site_zone):
            return format_span(span, zone, language)
        here = format_span(span, zone, language, with_zone=True)
        return f"{here} ({format_span(span, site_zone, language, with_zone=True)})"

    def hours(self, span: Span) -> str:
        """Write "15:00–15:45", the zones where the clock changes on the way; the day stands elsewhere."""
        zone, language = self._zone(), self._language()
        first = format_day(local_day(span.starts_at, zone), language)
        rest = format_span(span, zone, language).removeprefix(f"{first}, ")
        if ", " not in rest:
            return rest
        return f"{self.clock(span.starts_at)}{_DASH}{self.clock(span.ends_at)}"

    def clock(self, instant: datetime) -> str:
        """Write "15:00"."""
        return format_time(instant, self._zone(), self._language())

    def stamp(self, instant: datetime) -> str:
        """Write "Mi 25.11., 13:58"."""
        return f"{self.short_day(instant)}, {self.clock(instant)}"

    def day(self, day: date) -> str:
        """Write "Mi 25.11.2026"."""
        return format_day(self._local(day), self._language())

    def short_day(self, day: date) -> str:
        """Write "Mi 25.11."; for lists where the year is plain."""
        return self._written(day, _SHORT_PATTERNS)

    def long_day(self, day: date) -> str:
        """Write "Mittwoch, 25.11.2026"."""
        return self._written(day, _LONG_PATTERNS)

    def _written(self, day: date, patterns: dict[str, str]) -> str:
        language = self._language()
        return format_date(self._local(day), patterns[language], locale=language)

    def _local(self, day: date) -> date:
        return local_day(day, self._zone()) if isinstance(day, datetime) else day


def stopwatch(length: timedelta) -> str:
    """Write "9:12" for minutes and seconds that are left, "3:59:12" for hours; "0:00" when nothing is."""
    minutes, seconds = divmod(max(0, int(length.total_seconds())), SECONDS_PER_MINUTE)
    hours, minutes = divmod(minutes, MINUTES_PER_HOUR)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def register_languages(
    app: Flask, language: Callable[[], str] = reader_language, zone: Callable[[], str] = reader_zone
) -> None:
    """Give templates when(), hours(), clock(), stamp(), day(), short_day(), long_day() and stopwatch()."""
    times = ReaderTimes(language, zone)
    names = ("when", "hours", "clock", "stamp", "day", "short_day", "long_day")
    app.jinja_env.globals.update({name: getattr(times, name) for name in names}, stopwatch=stopwatch)


def _is_same_clock(instant: datetime, one: str, other: str) -> bool:
    return to_local(instant, one).utcoffset() == to_local(instant, other).utcoffset()
