"""Busy times out of foreign calendar files (RFC 5545), which are hostile until read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from confsched.domain.intervals import Span, clip, merge
from confsched.errors import Message
from confsched.formats import busy_notes
from confsched.formats.busy_budget import Budget
from confsched.formats.busy_events import read_events
from confsched.formats.busy_limits import MAX_WINDOW_DAYS
from confsched.formats.busy_lines import Component, read_calendars
from confsched.formats.busy_notes import Notes, plain_text
from confsched.formats.busy_series import Occurrences
from confsched.formats.busy_zones import Zones
from confsched.formats.freebusy import FreeBusy, known_span, read_free_busy

MAX_NAME_CHARACTERS = 120
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class BusyReading:
    """Hold the merged busy spans inside the window, the calendar's own name, and what was left out.

    `known` is the part of the window that was spoken of; None where it is all of it.
    """

    busy: tuple[Span, ...]
    name: str | None
    skipped: tuple[Message, ...]
    known: Span | None = None


def read_busy(data: bytes, window: Span, zone: str) -> BusyReading:
    """Return when the owner of a calendar file is busy inside `window`; raises Refusal with what to do.

    Floating times and whole days count in `zone`. TRANSPARENT, CANCELLED and FREE entries are free time.
    """
    return read_busy_parts([data], window, zone)


def read_busy_parts(parts: Iterable[bytes], window: Span, zone: str) -> BusyReading:
    """Return the same for a calendar that comes in several files; one unreadable part refuses them all."""
    assert window.duration <= timedelta(days=MAX_WINDOW_DAYS), "nobody plans that far"
    calendars = [calendar for part in parts for calendar in read_calendars(part)]
    reader = _Reader(window, zone, Notes(), Budget())
    spans = [span for calendar in calendars for span in reader.spans(calendar)]
    # A file that has appointments speaks of all times, one of free/busy objects of theirs only.
    has_events = any(True for calendar in calendars for _ in calendar.walk("VEVENT"))
    known = None if has_events or not reader.objects else known_span(reader.objects, window)
    return BusyReading(tuple(merge(clip(spans, window))), _name(calendars), reader.notes.messages(), known)


class _Reader:
    """Read the calendars of one source, and count what they cost together."""

    def __init__(self, window: Span, zone: str, notes: Notes, budget: Budget) -> None:
        self.notes = notes
        self.objects: list[FreeBusy] = []
        self._window = window
        self._zone = zone
        self._budget = budget

    def spans(self, calendar: Component) -> Iterator[Span]:
        zones = Zones(calendar, self._zone)
        events = read_events(calendar, zones, self.notes, self._budget)
        yield from Occurrences(self._window, self._zone, self.notes, self._budget).spans(events)
        found = read_free_busy(calendar, self._window, zones, self.notes, self._budget)
        if found:
            self.objects.append(found)
            yield from found.busy
        for _ in calendar.walk("VAVAILABILITY"):
            self.notes.add(busy_notes.unread_availability)
        self.notes.add_unknown_zones(zones.unknown, self._zone)


def _name(calendars: list[Component]) -> str | None:
    """Return the calendar's title (NAME: RFC 7986, 5.1; X-WR-CALNAME: what everybody writes)."""
    texts = (calendar.text(name) for calendar in calendars for name in ("NAME", "X-WR-CALNAME"))
    names = (plain_text(_ESCAPED.sub(r"\1", text), MAX_NAME_CHARACTERS) for text in texts)
    return next(filter(None, names), None)
