"""Time zones as foreign calendars name them: IANA, Windows, prefixed, or defined in the file."""

from __future__ import annotations

import re
from datetime import tzinfo
from hashlib import sha256

from confsched.clock import zone_info
from confsched.formats.busy_lines import Component
from confsched.formats.busy_rules import Frequency, read_rule

MAX_OBSERVANCES = 40
MAX_NAME_PARTS = 6

_IANA_NAME = re.compile(r"[A-Za-z][\w+-]{1,40}(?:/[\w+-]{1,40}){0,3}", re.ASCII)
_LOCAL_TIME = re.compile(r"(\d{4})(\d{4}T\d{6})", re.ASCII)
_OFFSET = re.compile(r"[+-](?:0\d|1[0-4])[0-5]\d(?:[0-5]\d)?", re.ASCII)
# Outlook lets its rules begin in 1601, and each look-up would walk through all the years since.
_FIRST_YEAR = "1990"


class Zones:
    """Find the rules behind the zone names of one calendar, and remember those nobody knows."""

    def __init__(self, calendar: Component, default: str) -> None:
        self.default = default
        self.unknown: set[str] = set()
        self._definitions = {part.text("TZID"): part for part in calendar.walk("VTIMEZONE")}
        self._found: dict[str, tzinfo] = {}

    def get(self, name: str | None) -> tzinfo:
        """Return the zone; the reader's own where the file names none or an unknown one."""
        if not name:
            return zone_info(self.default)
        if name not in self._found:
            self._found[name] = self._find(name) or self._fall_back(name)
        return self._found[name]

    def _find(self, name: str) -> tzinfo | None:
        """Prefer a known name to the VTIMEZONE, which is the part that is often outdated or broken."""
        definition = self._definitions.get(name)
        location = definition.text("X-LIC-LOCATION") if definition else ""
        known = find_zone(name) or find_zone(location)
        return known or (_defined_zone(definition) if definition else None)

    def _fall_back(self, name: str) -> tzinfo:
        self.unknown.add(name)
        return zone_info(self.default)


def find_zone(name: str) -> tzinfo | None:
    """Return the zone of an IANA or Windows name, also one like /vendor.example/Europe/Berlin."""
    parts = name.strip().strip("/").split("/")[-MAX_NAME_PARTS:]
    starts = range(len(parts)) if name.startswith("/") else range(1)
    for tail in ("/".join(parts[start:]) for start in starts):
        zone = _iana_zone(tail) or _iana_zone(_windows_zones().get(tail, ""))
        if zone:
            return zone
    return None


def _iana_zone(name: str) -> tzinfo | None:
    if not _IANA_NAME.fullmatch(name):
        return None
    try:
        return zone_info(name)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder in the zone database
        return None


def _windows_zones() -> dict[str, str]:
    # Imported where it is needed: most files are read faster than this import takes.
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    return WINDOWS_TO_OLSON


def _defined_zone(definition: Component) -> tzinfo | None:
    """Return the zone of a sound VTIMEZONE, written anew from its checked values; None for a broken one."""
    from icalendar import Timezone

    observances = definition.parts[:MAX_OBSERVANCES]
    try:
        body = "".join(_observance(part) for part in observances)
        # The library remembers zones by name in the whole process: a name must stand for one content.
        name = f"x-{sha256(body.encode()).hexdigest()}"
        text = f"BEGIN:VTIMEZONE\r\nTZID:{name}\r\n{body}END:VTIMEZONE\r\n"
        zone = Timezone.from_ical(text) if body else None
        return zone.to_tz(lookup_tzid=False) if isinstance(zone, Timezone) else None
    except (ValueError, LookupError, OverflowError):
        return None


def _observance(part: Component) -> str:
    if part.name not in ("STANDARD", "DAYLIGHT"):
        return ""
    start = _LOCAL_TIME.fullmatch(part.text("DTSTART"))
    offsets = [part.text(name) for name in ("TZOFFSETFROM", "TZOFFSETTO")]
    if not start or not all(_OFFSET.fullmatch(offset) for offset in offsets):
        raise ValueError("an observance is broken")
    rule = _yearly_rule(part)
    year = max(start[1], _FIRST_YEAR) if rule else start[1]
    return (
        f"BEGIN:{part.name}\r\nDTSTART:{year}{start[2]}\r\n"
        f"TZOFFSETFROM:{offsets[0]}\r\nTZOFFSETTO:{offsets[1]}\r\n{rule}END:{part.name}\r\n"
    )


def _yearly_rule(part: Component) -> str:
    text = part.text("RRULE")
    if not text:
        return ""
    rule = read_rule(text)
    if rule.frequency is not Frequency.YEARLY or rule.count:
        raise ValueError("the clock changes by the year")
    return f"RRULE:{rule.text(rule.until)}\r\n"
