"""Free/busy objects (RFC 5545, 3.6.4), as Exchange, Outlook, Kolab and CalDAV servers give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from confsched.domain.intervals import Span, clip, merge
from confsched.errors import Refusal, msg
from confsched.formats import busy_notes
from confsched.formats.busy_budget import Budget
from confsched.formats.busy_lines import Component, Line
from confsched.formats.busy_notes import Notes
from confsched.formats.busy_values import instant, read_line_moment, read_period
from confsched.formats.busy_zones import Zones

_FREE = "FREE"


@dataclass(frozen=True)
class FreeBusy:
    """Hold when somebody is busy, and of which time the objects of one calendar speak at all."""

    busy: tuple[Span, ...]
    spoken: tuple[Span, ...]


def known_span(found: Iterable[FreeBusy], window: Span) -> Span:
    """Return the longest stretch of the window that the objects speak of; outside of it nobody is free."""
    stretches = merge(clip((span for each in found for span in each.spoken), window))
    if not stretches:
        raise Refusal(msg("These free/busy times say nothing about the coming weeks. Publish a longer time."))
    return max(stretches, key=lambda stretch: stretch.duration)


def read_free_busy(
    calendar: Component, window: Span, zones: Zones, notes: Notes, budget: Budget
) -> FreeBusy | None:
    """Return what the free/busy objects of a calendar say; None where it has none."""
    busy: list[Span] = []
    spoken: list[Span] = []
    components = list(calendar.walk("VFREEBUSY"))
    for component in components:
        periods = list(_periods(component, zones, notes, budget))
        busy += [span for span, is_busy in periods if is_busy and span.overlaps(window)]
        spoken += _spoken(component, [span for span, _ in periods], zones)
    budget.spend_instances(len(busy))
    return FreeBusy(tuple(busy), tuple(spoken)) if components else None


def _periods(component: Component, zones: Zones, notes: Notes, budget: Budget) -> Iterator[tuple[Span, bool]]:
    """Yield each period and whether it is busy; a kind nobody knows is busy (RFC 5545, 3.2.9)."""
    for line in component.all("FREEBUSY"):
        is_busy = line.parameters.get("FBTYPE", "BUSY").upper() != _FREE
        budget.spend_listed_dates(line.value.count(",") + 1)
        for text in filter(str.strip, line.value.split(",")):
            span = _span(text, line, zones)
            if span:
                yield span, is_busy
            else:
                notes.add(busy_notes.unreadable_period)


def _span(text: str, line: Line, zones: Zones) -> Span | None:
    try:
        start, end = read_period(text, line.parameters.get("TZID"), zones)
    except (ValueError, OverflowError):
        return None
    return _in_order(instant(start, zones.default), instant(end, zones.default))


def _in_order(starts_at: datetime, ends_at: datetime) -> Span | None:
    return Span(starts_at, ends_at) if starts_at < ends_at else None


def _spoken(component: Component, periods: list[Span], zones: Zones) -> list[Span]:
    """Return from DTSTART to DTEND; Outlook's old files lack them and speak from first to last period."""
    starts_at, ends_at = _moment(component, "DTSTART", zones), _moment(component, "DTEND", zones)
    starts_at = starts_at or min((span.starts_at for span in periods), default=None)
    ends_at = ends_at or max((span.ends_at for span in periods), default=None)
    span = _in_order(starts_at, ends_at) if starts_at and ends_at else None
    return [span] if span else []


def _moment(component: Component, name: str, zones: Zones) -> datetime | None:
    line = component.find(name)
    try:
        return instant(read_line_moment(line, zones), zones.default) if line else None
    except (ValueError, OverflowError):
        return None
