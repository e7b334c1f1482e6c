"""Content lines of a foreign calendar file (RFC 5545, 3.1), read in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from confsched.errors import Refusal, msg
from confsched.formats.busy_limits import (
    MAX_BYTES,
    MAX_COMPONENTS,
    MAX_DEPTH,
    MAX_LINE_CHARACTERS,
    MAX_MEGABYTES,
)

# Possessive, so that no line makes the matcher try twice.
_LINE = re.compile(r"([A-Za-z0-9-]++)((?:[^\":]|\"[^\"]*+\")*+):(.*+)", re.DOTALL)
_PARAMETER = re.compile(r";\s*+([A-Za-z0-9-]++)\s*+=\s*+(?:\"([^\"]*+)\"|([^\";]*+))")
_KEPT = frozenset(
    {
        *("METHOD", "NAME", "X-WR-CALNAME"),
        *("TZID", "X-LIC-LOCATION", "TZOFFSETFROM", "TZOFFSETTO"),
        *("UID", "SEQUENCE", "RECURRENCE-ID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE"),
        *("STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "FREEBUSY"),
    }
)
_UNCOUNTED = frozenset({"VALARM"})


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one property with its parameters (names in capitals)."""

    name: str
    parameters: dict[str, str]
    value: str


@dataclass(slots=True)
class Component:
    """Hold what matters of one BEGIN ... END block."""

    name: str
    lines: list[Line] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]

    def find(self, name: str) -> Line | None:
        return next((line for line in self.lines if line.name == name), None)

    def text(self, name: str) -> str:
        """Return the value without blanks around it; empty where the property is missing."""
        line = self.find(name)
        return line.value.strip() if line else ""

    def code(self, name: str) -> str:
        """Return a value from a fixed list, in capitals."""
        return self.text(name).upper()

    def walk(self, name: str) -> Iterator[Component]:
        """Yield every component of that name at any depth."""
        for part in self.parts:
            if part.name == name:
                yield part
            yield from part.walk(name)


def read_calendars(data: bytes, also: frozenset[str] = frozenset()) -> list[Component]:
    """Return the VCALENDAR blocks of a file; raises Refusal where it is none, damaged or too large.

    Properties that say nothing about time are dropped unread, but for those named in `also`.
    """
    _check_size(data)
    lines = _logical_lines(data)
    names = _KEPT | also
    root = Component("")
    open_components = [root]
    number = 0
    for line in lines:
        keyword = line[:6].upper()
        if keyword == "BEGIN:":
            component = Component(line[6:].strip().upper())
            number += component.name not in _UNCOUNTED
            _check_shape(open_components, number)
            open_components[-1].parts.append(component)
            open_components.append(component)
        elif keyword.startswith("END:"):
            _close(open_components, line[4:].strip().upper())
        elif kept := _read_line(line, names):
            open_components[-1].lines.append(kept)
    calendars = [part for part in root.parts if part.name == "VCALENDAR"]
    if not calendars:
        raise _not_a_calendar(data)
    if len(open_components) > 1:
        raise _damaged()
    return calendars


def _check_size(data: bytes) -> None:
    if not data.strip():
        raise Refusal(msg("This file is empty. Export the calendar again."))
    if len(data) > MAX_BYTES:
        raise Refusal(
            msg(
                "This calendar is larger than %(limit)s MB. Export fewer months and try again.",
                limit=MAX_MEGABYTES,
            )
        )


def _logical_lines(data: bytes) -> list[str]:
    """Decode and unfold; CR CR LF is what a text-mode upload from Windows makes of CR LF."""
    text = data.decode("utf-8-sig", "replace")
    for ending in ("\r\r\n", "\r\n", "\r"):
        text = text.replace(ending, "\n")
    return text.replace("\n ", "").replace("\n\t", "").split("\n")


def _check_shape(open_components: list[Component], number: int) -> None:
    if len(open_components) > MAX_DEPTH:
        raise Refusal(
            msg(
                "This calendar nests its entries more than %(limit)s deep and cannot be read.",
                limit=MAX_DEPTH,
            )
        )
    if number > MAX_COMPONENTS:
        raise Refusal(
            msg(
                "This calendar has more than %(limit)s entries. Export fewer months and try again.",
                limit=MAX_COMPONENTS,
            )
        )


def _close(open_components: list[Component], name: str) -> None:
    if len(open_components) == 1 or open_components[-1].name != name:
        raise _damaged()
    open_components.pop()


def _read_line(text: str, names: frozenset[str]) -> Line | None:
    found = _LINE.match(text)
    if not found or found[1].upper() not in names:
        return None
    if len(text) > MAX_LINE_CHARACTERS:
        raise Refusal(
            msg(
                "This calendar has a line of more than %(limit)s characters and cannot be read.",
                limit=MAX_LINE_CHARACTERS,
            )
        )
    parameters = {
        name.upper(): quoted or plain.strip() for name, quoted, plain in _PARAMETER.findall(found[2])
    }
    return Line(found[1].upper(), parameters, found[3])


def _not_a_calendar(data: bytes) -> Refusal:
    if data.lstrip()[:1] == b"<":
        return Refusal(
            msg("This is a web page and not a calendar. Use the address that ends in .ics or is called iCal.")
        )
    return Refusal(msg("This is not a calendar file. Export the calendar as iCalendar (.ics) and try again."))


def _damaged() -> Refusal:
    # Half a calendar would read as free time where its other half was.
    return Refusal(msg("This calendar file is damaged or breaks off in the middle. Export it again."))
