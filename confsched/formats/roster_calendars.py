"""Duty lists that come as calendar files (RFC 5545): each duty an event that says what and who."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from confsched.clock import local_day, to_local
from confsched.domain.duty_codes import MAX_CELL
from confsched.domain.intervals import Span, intersect
from confsched.domain.roster_names import plain_letters
from confsched.errors import Message, Refusal, msg
from confsched.formats.busy_budget import Budget
from confsched.formats.busy_events import Event, read_events
from confsched.formats.busy_limits import MAX_WINDOW_DAYS
from confsched.formats.busy_lines import Component, read_calendars
from confsched.formats.busy_notes import Notes
from confsched.formats.busy_series import Occurrences
from confsched.formats.busy_zones import Zones
from confsched.formats.plain_text import one_line
from confsched.formats.roster_sizes import MAX_ROWS, MAX_TEXT, too_large
from confsched.formats.roster_tables import Table

HEADINGS = ("Datum", "Von", "Bis", "Dienst", "Name")
_SAID = frozenset({"SUMMARY", "ATTENDEE"})
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PARTED = re.compile(r"(.+?)(?::\s*|\s+[-–—|]\s+)(.+)")
_CODED = re.compile(rf"([A-ZÄÖÜ0-9/+]{{1,{MAX_CELL}}})\s+(\S.*)")


@dataclass(frozen=True)
class CalendarDuty:
    """Hold one event: its title, the first person invited to it, and when it is."""

    summary: str
    attendee: str
    span: Span
    is_whole_days: bool
    uid: str


@dataclass(frozen=True)
class CalendarReading:
    """Hold the duties in order of time, and what was left out."""

    duties: tuple[CalendarDuty, ...]
    skipped: tuple[Message, ...]


def is_calendar(data: bytes) -> bool:
    """Tell a calendar file from a table by its first line."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].upper() == b"BEGIN:VCALENDAR"


def read_calendar(data: bytes, window: Span, zone: str) -> CalendarReading:
    """Return the events of a calendar that touch `window`; raises Refusal with field "file".

    Duties are often marked as free time, so TRANSP does not count; cancelled events are left out.
    """
    assert window.duration <= timedelta(days=MAX_WINDOW_DAYS), "a roster is made by the month"
    notes, budget = Notes(), Budget()
    try:
        duties = [
            duty
            for calendar in read_calendars(data, _SAID)
            for duty in _duties(calendar, Occurrences(window, zone, notes, budget))
        ]
    except Refusal as refusal:
        raise Refusal(refusal.message, field="file") from refusal
    ordered = sorted(duties, key=lambda duty: (duty.span, duty.summary, duty.attendee))
    return CalendarReading(tuple(ordered), notes.messages())


@dataclass(frozen=True)
class _Said:
    """Hold an event with the words beside it."""

    event: Event
    summary: str
    attendee: str

    def on(self, span: Span) -> CalendarDuty:
        is_whole_days = not isinstance(self.event.start, datetime)
        return CalendarDuty(self.summary, self.attendee, span, is_whole_days, self.event.uid)


def _duties(calendar: Component, occurrences: Occurrences) -> Iterator[CalendarDuty]:
    by_uid: dict[str, list[_Said]] = {}
    for said in _events(calendar, occurrences):
        by_uid.setdefault(said.event.uid, []).append(said)
    for series in by_uid.values():
        yield from _series_duties(series, occurrences)


def _events(calendar: Component, occurrences: Occurrences) -> Iterator[_Said]:
    zones = Zones(calendar, occurrences.zone)
    for number, component in enumerate(calendar.walk("VEVENT")):
        alone = Component(calendar.name, calendar.lines, [component])
        for event in read_events(alone, zones, occurrences.notes, occurrences.budget):
            uid = component.text("UID") or f"no-uid-{number}"
            is_held = "CANCEL" not in (calendar.code("METHOD"), component.code("STATUS")[:6])
            yield _Said(replace(event, uid=uid, is_busy=is_held), _summary(component), _attendee(component))
    occurrences.notes.add_unknown_zones(zones.unknown, occurrences.zone)


def _series_duties(series: list[_Said], occurrences: Occurrences) -> Iterator[CalendarDuty]:
    """Yield the dates of a series: those moved or given to somebody else with their own words."""
    if any(said.event.changes_following for said in series):
        raise Refusal(
            msg("An event in this calendar changes “this and following”. Export the duties one by one.")
        )
    masters = [said for said in series if said.event.recurrence_id is None]
    changed = [said for said in series if said.event.recurrence_id is not None]
    newest = max((said.event.sequence for said in masters), default=0)
    gaps = [replace(said.event, is_busy=False) for said in changed]
    for said in masters:
        if said.event.sequence == newest:
            yield from map(said.on, occurrences.spans([said.event, *gaps]))
    for said in changed:
        yield from map(said.on, occurrences.spans([replace(said.event, recurrence_id=None)]))


def _summary(component: Component) -> str:
    text = _ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], component.text("SUMMARY"))
    return one_line(text)[:MAX_TEXT]


def _attendee(component: Component) -> str:
    line = component.find("ATTENDEE")
    return one_line(line.parameters.get("CN", ""))[:MAX_TEXT] if line else ""


def calendar_table(duties: Iterable[CalendarDuty], window: Span, zone: str) -> Table:
    """Return the duties as a list with headings, to be mapped and read like any other sheet.

    An event of whole days is a line for each of its days inside `window`.
    """
    lines = (line for duty in duties for line in _lines(duty, window, zone))
    rows = tuple(islice(lines, MAX_ROWS))
    if len(rows) == MAX_ROWS:
        raise too_large("file")
    return Table("", (HEADINGS, *rows))


def _lines(duty: CalendarDuty, window: Span, zone: str) -> Iterator[tuple[str, ...]]:
    words = split_summary(duty.summary, duty.attendee)
    if not duty.is_whole_days:
        starts_at, ends_at = to_local(duty.span.starts_at, zone), to_local(duty.span.ends_at, zone)
        end = f"{ends_at:%H:%M}" if ends_at.date() == starts_at.date() else f"{ends_at:%Y-%m-%d %H:%M}"
        yield starts_at.date().isoformat(), f"{starts_at:%H:%M}", end, *words
    elif part := intersect(duty.span, window):
        day, last = local_day(part.starts_at, zone), local_day(part.ends_at - timedelta(seconds=1), zone)
        while day <= last:
            yield day.isoformat(), "", "", *words
            day += timedelta(days=1)


def split_summary(summary: str, attendee: str) -> tuple[str, str]:
    """Return what and who: "Nacht: Dr. Sölle", "Nacht - Sölle", "N Sölle", or a title beside an attendee."""
    parted = _PARTED.fullmatch(summary) or _CODED.fullmatch(summary)
    what, who = (parted[1].strip(), parted[2].strip()) if parted else (summary, "")
    if not attendee:
        return what, who
    # "Dienst: Nacht" with an attendee names nobody; "Nacht: Dr. Sölle" names the attendee once more.
    is_named = set(plain_letters(attendee).split()) & set(plain_letters(who).split())
    return what if is_named else summary, attendee
