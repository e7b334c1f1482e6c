"""Busy times out of foreign calendar files (RFC 5545), which are hostile until read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from confsched.domain.intervals import Span, clip, merge
from confsched.errors import Message
from confsched.formats import busy_notes
from confsched.formats.busy_budget import Budget
from confsched.formats.busy_events import read_events
from confsched.formats.busy_limits import MAX_WINDOW_DAYS
from confsched.formats.busy_lines import Component, Line, read_calendars
from confsched.formats.busy_notes import Notes, plain_text
from confsched.formats.busy_series import Occurrences
from confsched.formats.busy_values import instant, read_period
from confsched.formats.busy_zones import Zones

MAX_NAME_CHARACTERS = 120
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class BusyReading:
    """Hold the merged busy spans inside the window, the calendar's own name, and what was left out."""

    busy: tuple[Span, ...]
    name: str | None
    skipped: tuple[Message, ...]


def read_busy(data: bytes, window: Span, zone: str) -> BusyReading:
    """Return when the owner of a calendar file is busy inside `window`; raises Refusal with what to do.

    Floating times and whole days count in `zone`. TRANSPARENT, CANCELLED and FREE entries are free time.
    """
    assert window.duration <= timedelta(days=MAX_WINDOW_DAYS), "nobody plans that far"
    calendars = read_calendars(data)
    notes, budget = Notes(), Budget()
    spans = [
        span for calendar in calendars for span in _calendar_spans(calendar, window, zone, notes, budget)
    ]
    return BusyReading(tuple(merge(clip(spans, window))), _name(calendars), notes.messages())


def _calendar_spans(
    calendar: Component, window: Span, zone: str, notes: Notes, budget: Budget
) -> Iterator[Span]:
    zones = Zones(calendar, zone)
    events = read_events(calendar, zones, notes, budget)
    yield from Occurrences(window, zone, notes, budget).spans(events)
    for line in _free_busy_lines(calendar):
        yield from _free_busy_spans(line, window, zones, notes, budget)
    for _ in calendar.walk("VAVAILABILITY"):
        notes.add(busy_notes.unread_availability)
    notes.add_unknown_zones(zones.unknown, zone)


def _free_busy_lines(calendar: Component) -> Iterator[Line]:
    for component in calendar.walk("VFREEBUSY"):
        yield from component.all("FREEBUSY")


def _free_busy_spans(line: Line, window: Span, zones: Zones, notes: Notes, budget: Budget) -> Iterator[Span]:
    """Yield the periods of a FREEBUSY property; a kind nobody knows is busy (RFC 5545, 3.2.9)."""
    if line.parameters.get("FBTYPE", "BUSY").upper() == "FREE":
        return
    budget.spend_listed_dates(line.value.count(",") + 1)
    for text in filter(str.strip, line.value.split(",")):
        span = _span(text, line, zones)
        if span is None:
            notes.add(busy_notes.unreadable_period)
        elif span.overlaps(window):
            budget.spend_instances(1)
            yield span


def _span(text: str, line: Line, zones: Zones) -> Span | None:
    try:
        start, end = read_period(text, line.parameters.get("TZID"), zones)
    except (ValueError, OverflowError):
        return None
    starts_at, ends_at = instant(start, zones.default), instant(end, zones.default)
    return Span(starts_at, ends_at) if starts_at < ends_at else None


def _name(calendars: list[Component]) -> str | None:
    """Return the calendar's title (NAME: RFC 7986, 5.1; X-WR-CALNAME: what everybody writes)."""
    texts = (calendar.text(name) for calendar in calendars for name in ("NAME", "X-WR-CALNAME"))
    names = (plain_text(_ESCAPED.sub(r"\1", text), MAX_NAME_CHARACTERS) for text in texts)
    return next(filter(None, names), None)
