"""Questions to CalDAV servers and their answers (RFC 4791, RFC 4918); an answer is hostile until read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from confsched.domain.intervals import Span
from confsched.errors import Refusal, msg
from confsched.formats.busy_calendar import BusyReading, read_busy_parts

MAX_DEPTH = 20
MAX_ELEMENTS = 50_000
MAX_HREF_CHARACTERS = 1_000
MAX_MARK_CHARACTERS = 500

_DAV, _CALDAV, _SERVER = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}", "{http://calendarserver.org/ns/}"
_GOOD = re.compile(r"HTTP/\S++\s++2\d\d\b", re.ASCII)
# Whole days and times without zone are compared by the server in a zone of its own.
_MARGIN = timedelta(days=1)
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?><{name} xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
    'xmlns:S="http://calendarserver.org/ns/">'
)
_LISTED = (
    *("D:resourcetype", "D:current-user-principal", "D:sync-token", "C:calendar-home-set", "S:getctag"),
    *("C:supported-calendar-component-set", "C:schedule-calendar-transp"),
)
# What says when somebody is busy; titles, people and places are not even asked for (RFC 4791, 9.6).
_ASKED = (
    *("UID", "SEQUENCE", "RECURRENCE-ID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE"),
    *("STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS"),
)


@dataclass(frozen=True)
class Listed:
    """Hold one calendar that a server names; `mark` changes with its content (ctag or sync-token)."""

    href: str
    mark: str | None


@dataclass(frozen=True)
class Listing:
    """Hold what a server says about an address: calendars, where more of them are, and whose they are."""

    calendars: tuple[Listed, ...]
    home: str | None
    principal: str | None


def listing_question() -> bytes:
    """Return the body of a PROPFIND that asks what there is at an address."""
    names = "".join(f"<{name}/>" for name in _LISTED)
    return f"{_HEAD.format(name='D:propfind')}<D:prop>{names}</D:prop></D:propfind>".encode()


def appointments_question(window: Span) -> bytes:
    """Return the body of a calendar-query for what touches the window (RFC 4791, 7.8).

    Series are asked for as they stand, not expanded (9.6.5): servers lose an hour of a night over a clock
    change (Radicale 3.9.0 does), and one rule is smaller than a year of days.
    """
    asked = "".join(f'<C:prop name="{name}"/>' for name in _ASKED)
    return (
        f"{_HEAD.format(name='C:calendar-query')}<D:prop><C:calendar-data>"
        f'<C:comp name="VCALENDAR"><C:prop name="VERSION"/><C:comp name="VEVENT">{asked}</C:comp>'
        '<C:comp name="VTIMEZONE"/></C:comp></C:calendar-data></D:prop>'
        '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        f"{_time_range(Span(window.starts_at - _MARGIN, window.ends_at + _MARGIN))}"
        "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    ).encode()


def free_busy_question(window: Span) -> bytes:
    """Return the body of a free-busy-query, for which seeing free/busy is enough (RFC 4791, 7.10)."""
    return (f"{_HEAD.format(name='C:free-busy-query')}{_time_range(window)}</C:free-busy-query>").encode()


def _time_range(span: Span) -> str:
    return f'<C:time-range start="{_utc(span.starts_at)}" end="{_utc(span.ends_at)}"/>'


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def read_listing(data: bytes) -> Listing:
    """Return what a PROPFIND has found; raises Refusal for anything that is no answer to one."""
    responses = [_Response(element) for element in _read_multistatus(data)]
    hrefs = [response.href_in(f"{_CALDAV}calendar-home-set") for response in responses]
    principals = [response.href_in(f"{_DAV}current-user-principal") for response in responses]
    return Listing(
        tuple(Listed(response.href, response.mark) for response in responses if response.is_calendar),
        next(filter(None, hrefs), None),
        next(filter(None, principals), None),
    )


def read_appointments(data: bytes, window: Span, zone: str) -> BusyReading:
    """Return when the owner is busy by the answer to a calendar-query; raises Refusal for half an answer."""
    return read_busy_parts([_calendar_data(element) for element in _read_multistatus(data)], window, zone)


def _calendar_data(response: Element) -> bytes:
    """Return one appointment; a server that leaves one out would make its time read as free."""
    for properties in _good_properties(response):
        text = properties.findtext(f"{_CALDAV}calendar-data")
        if text and text.strip():
            return text.encode()
    raise Refusal(
        msg("The server has not sent all appointments of this calendar. It will be asked again later.")
    )


@dataclass(frozen=True)
class _Response:
    """Read what a server says about one address."""

    element: Element

    @property
    def href(self) -> str:
        return _href(self.element) or ""

    def href_in(self, name: str) -> str | None:
        return next((href for found in self._all(name) if (href := _href(found))), None)

    @property
    def is_calendar(self) -> bool:
        """Tell whether it holds appointments that make busy (RFC 4791, 4.2 and 5.2.3; RFC 6638, 9.1)."""
        kinds = {part.tag for found in self._all(f"{_DAV}resourcetype") for part in found}
        sets = list(self._all(f"{_CALDAV}supported-calendar-component-set"))
        parts = {(part.get("name") or "").upper() for found in sets for part in found}
        is_transparent = any(
            found.find(f"{_CALDAV}transparent") is not None
            for found in self._all(f"{_CALDAV}schedule-calendar-transp")
        )
        holds_events = not parts or "VEVENT" in parts
        return bool(self.href) and f"{_CALDAV}calendar" in kinds and holds_events and not is_transparent

    @property
    def mark(self) -> str | None:
        for name in (f"{_SERVER}getctag", f"{_DAV}sync-token"):
            texts = ((found.text or "").strip()[:MAX_MARK_CHARACTERS] for found in self._all(name))
            if text := next(filter(None, texts), None):
                return text
        return None

    def _all(self, name: str) -> Iterator[Element]:
        for properties in _good_properties(self.element):
            yield from properties.findall(name)


def _href(element: Element) -> str | None:
    """Return the address in an element, in the signs that an address may have."""
    text = (element.findtext(f"{_DAV}href") or "").strip()
    return quote(text, safe="%/:?&=#@!$'()*+,;~[]")[:MAX_HREF_CHARACTERS] or None


def _good_properties(response: Element) -> Iterator[Element]:
    for found in response.findall(f"{_DAV}propstat"):
        properties = found.find(f"{_DAV}prop")
        if properties is not None and _GOOD.match((found.findtext(f"{_DAV}status") or "").strip()):
            yield properties


def _read_multistatus(data: bytes) -> list[Element]:
    """Return the responses of a 207 (RFC 4918, 13)."""
    root = _XmlReader().read(data)
    if root.tag != f"{_DAV}multistatus":
        raise _not_an_answer()
    return root.findall(f"{_DAV}response")


class _XmlReader:
    """Read XML that declares nothing: no entity, no DTD, nothing from elsewhere, no depth without end."""

    def __init__(self) -> None:
        self._builder = TreeBuilder()
        self._depth = self._number = 0
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._builder.data
        # Without a document type there are no entities but the five that XML itself knows.
        self._parser.StartDoctypeDeclHandler = self._refuse

    def read(self, data: bytes) -> Element:
        try:
            self._parser.Parse(data, True)
        except (expat.ExpatError, ValueError, LookupError):
            raise _not_an_answer() from None
        return self._builder.close()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._number += 1
        if self._depth > MAX_DEPTH or self._number > MAX_ELEMENTS:
            raise Refusal(msg("The answer of this calendar server is too large to be read."))
        self._builder.start(_full_name(name), attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._builder.end(_full_name(name))

    def _refuse(self, *_: object) -> None:
        raise _not_an_answer()


def _full_name(name: str) -> str:
    return "{" + name if "}" in name else name


def _not_an_answer() -> Refusal:
    return Refusal(
        msg(
            "The server at this address does not answer like a calendar server (CalDAV). "
            "Copy the CalDAV address from your calendar program."
        )
    )
