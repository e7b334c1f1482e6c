"""Write invitations and feeds as iCalendar (RFC 5545, 5546, 7986), through the library's setters only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from icalendar import Calendar, Component, Event, vCalAddress, vRecur, vUri

from confsched.clock import is_real_local_time, to_local
from confsched.domain.intervals import Span
from confsched.domain.invites import NEEDS_ACTION, Method
from confsched.formats.plain_text import many_lines, one_line, web_link
from confsched.formats.vtimezone import may_write_local, timezone_for

PRODUCT = "-//confsched//confsched//EN"
FEED_COLOR = "teal"
# Quotation marks and carets need RFC 6868, which older clients show raw; some take a backslash for an escape.
_UNSAFE_IN_NAMES = str.maketrans({'"': "'", "^": "'", "\\": "/"})
CALENDAR_END = b"END:VCALENDAR\r\n"

Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]
Busy = Literal["BUSY", "TENTATIVE", "FREE"]


@dataclass(frozen=True)
class Party:
    """Name an organiser or attendee and how they stand to the meeting."""

    name: str
    email: str
    partstat: str = NEEDS_ACTION
    role: str = "REQ-PARTICIPANT"
    rsvp: bool = True


@dataclass(frozen=True)
class Repeats:
    """Hold how an entry comes back: a rule without end, the start of its last date, and starts left out."""

    rule: str
    until_at: datetime
    left_out: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Entry:
    """Hold one entry of a calendar at one revision; it takes the time of its revision, never the present.

    `repeats` makes it the master of a series, `recurrence_at` the exception for the date that the rule begins
    then; formats/series_ical.py knows which dates need one. `related_to` is the UID of what it is a part of.
    """

    uid: str
    sequence: int
    span: Span
    zone: str
    summary: str
    description: str
    location: str
    join_link: str
    status: Status
    busy: Busy
    created_at: datetime
    revised_at: datetime
    organizer: Party | None = None
    attendees: tuple[Party, ...] = ()
    categories: tuple[str, ...] = ()
    repeats: Repeats | None = None
    recurrence_at: datetime | None = None
    related_to: str = ""


def write_invite(entry: Entry, method: Method, exceptions: Iterable[Entry] = ()) -> bytes:
    """Return a whole iTIP message: of one entry, or of a series with the exceptions that follow its master.

    CANCEL of a cancelled entry says the meeting is off; CANCEL of a standing entry un-invites its attendees
    and so carries no STATUS (RFC 5546 3.2.5). A cancelled entry is never sent as REQUEST.
    """
    calendar = _calendar()
    calendar.add("method", method.value)
    _add_zones(calendar, [entry.zone])
    for one in (entry, *exceptions):
        calendar.add_component(_message_event(one, method))
    return _read_back(calendar)


def _message_event(entry: Entry, method: Method) -> Event:
    assert entry.organizer and entry.attendees, "iTIP needs an organiser and somebody to tell (RFC 5546 3.2)"
    assert method is Method.CANCEL or entry.status != "CANCELLED", "a cancellation goes out as CANCEL"
    event = _event(entry)
    if method is Method.CANCEL and entry.status != "CANCELLED":
        del event["STATUS"]
    event.add("organizer", _address(entry.organizer, {}))
    for attendee in entry.attendees:
        event.add("attendee", _address(attendee, _standing(attendee, method)))
    return event


def render_event(entry: Entry) -> bytes:
    """Return the folded VEVENT for feeds: nobody's address, to be kept for as long as the revision holds."""
    return _read_back(_event(entry))


def join_feed(name: str, zones: Iterable[str], events: Iterable[bytes], refresh_minutes: int) -> bytes:
    """Return a feed of rendered events; no METHOD, as PUBLISH needs an ORGANIZER in each (RFC 5546 3.2.1).

    `zones` names the zone of every event; the events stay in the order given.
    """
    head = _feed_head(name, tuple(sorted(set(zones))), refresh_minutes)
    return b"".join([head, *events, CALENDAR_END])


@lru_cache(maxsize=1024)
def _feed_head(name: str, zones: tuple[str, ...], refresh_minutes: int) -> bytes:
    """Return all that stands before the events; writing it takes a hundred times as long as joining them."""
    calendar = _calendar()
    # Readers disagree on escapes in these two names, so nothing is left in them that would need one.
    title = one_line(re.sub(r"[\\;,]", " ", name))
    calendar.add("name", title)
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval", timedelta(minutes=refresh_minutes), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", f"PT{refresh_minutes}M")
    calendar.add("color", FEED_COLOR)
    _add_zones(calendar, zones)
    return _read_back(calendar).removesuffix(CALENDAR_END)


def feed_etag(parts: Iterable[tuple[str, ...]]) -> str:
    """Return a strong entity tag, in quotes, that is the same as long as the parts are (RFC 9110 8.8.3)."""
    digest = hashlib.sha256(repr([tuple(part) for part in parts]).encode())
    return f'"{digest.hexdigest()[:32]}"'


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _add_zones(calendar: Calendar, zones: Iterable[str]) -> None:
    for zone in sorted(set(zones)):
        timezone = timezone_for(zone)
        if timezone is not None:
            calendar.add_component(timezone)


def _event(entry: Entry) -> Event:
    """Return the entry without people."""
    event = Event()
    event.add("uid", one_line(entry.uid))
    event.add("sequence", entry.sequence)
    event.add("created", _second(entry.created_at))
    event.add("dtstamp", _second(entry.revised_at))
    event.add("last-modified", _second(entry.revised_at))
    starts_at, ends_at = _written_times(entry.span, entry.zone)
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    _add_recurrence(event, entry)
    event.add("summary", _text(one_line(entry.summary)))
    event.add("status", entry.status)
    _add_busy(event, "FREE" if entry.status == "CANCELLED" else entry.busy)
    _add_place(event, one_line(entry.location), web_link(entry.join_link))
    if entry.description:
        event.add("description", _text(many_lines(entry.description)))
    if entry.related_to:  # its parent (RFC 5545 3.8.4.5)
        event.add("related-to", one_line(entry.related_to))
    if entry.categories:
        event.add("categories", [_text(one_line(category)) for category in entry.categories])
    return event


def _add_recurrence(event: Event, entry: Entry) -> None:
    """Write UNTIL in UTC, and the dates of the rule in the type of DTSTART (RFC 5545 3.3.10, 3.8.5.1)."""
    if entry.recurrence_at is not None:
        event.add("recurrence-id", _rule_time(entry.recurrence_at, entry.zone))
    if entry.repeats is not None:
        rule = vRecur.from_ical(entry.repeats.rule)
        rule["UNTIL"] = [_second(entry.repeats.until_at)]
        event.add("rrule", rule)
        # One line each: programs that read a list of them are fewer.
        for left_out in entry.repeats.left_out:
            event.add("exdate", _rule_time(left_out, entry.zone))


def _rule_time(instant: datetime, zone: str) -> datetime:
    """Return the start of a date of a rule: local, so that its hour stays on the wall over a clock change."""
    instant = _second(instant)
    assert zone == "UTC" or _is_plain(instant, zone), "a rule has no doubtful hours"
    return to_local(instant, zone)


def _written_times(span: Span, zone: str) -> tuple[datetime, datetime]:
    """Return start and end both local, or both UTC where one could be misread (RFC 5545 3.8.2.2)."""
    starts_at, ends_at = _second(span.starts_at), _second(span.ends_at)
    if _is_plain(starts_at, zone) and _is_plain(ends_at, zone):
        return to_local(starts_at, zone), to_local(ends_at, zone)
    return starts_at, ends_at


def _is_plain(instant: datetime, zone: str) -> bool:
    local = to_local(instant, zone)
    return may_write_local(instant, zone) and is_real_local_time(local.date(), local.time(), zone)


def _second(instant: datetime) -> datetime:
    """Return the instant in UTC as iCalendar can write it, in whole seconds."""
    return instant.astimezone(UTC).replace(microsecond=0)


def _add_busy(event: Event, busy: Busy) -> None:
    event.add("transp", "TRANSPARENT" if busy == "FREE" else "OPAQUE")
    event.add("x-microsoft-cdo-busystatus", busy)


def _add_place(event: Event, location: str, link: str) -> None:
    """Write the link twice: few clients know CONFERENCE (RFC 7986 5.11), all show LOCATION."""
    place = " | ".join(part for part in (location, link) if part)
    if place:
        event.add("location", _text(place))
    if link:
        event.add("conference", vUri(link, params={"VALUE": "URI", "FEATURE": "VIDEO"}))


def _standing(attendee: Party, method: Method) -> dict[str, str]:
    """Return an attendee's parameters; nobody has to answer a cancellation."""
    is_asked = attendee.rsvp and method is Method.REQUEST
    return {"ROLE": attendee.role, "PARTSTAT": attendee.partstat, "RSVP": str(is_asked).upper()}


def _address(party: Party, parameters: Mapping[str, str]) -> vCalAddress:
    address = vCalAddress(f"mailto:{''.join(one_line(party.email).split())}")
    address.params["CN"] = one_line(party.name).translate(_UNSAFE_IN_NAMES) or party.email
    for key, value in parameters.items():
        address.params[key] = value
    return address


def _text(text: str) -> str:
    r"""Part a backslash from a following N, which the library would write as a line break."""
    return text.replace("\\N", "\\ N")


def _read_back(component: Component) -> bytes:
    """Return the folded bytes after reading them as others will: what was set must be all that is there."""
    written: bytes = component.to_ical()
    again = type(component).from_ical(written)
    # Equality overlooks parameters, writing again does not.
    assert again == component and again.to_ical() == written, "a calendar reads back as it was set"
    return written
