"""Check finished iCalendar bytes against the rules that nine calendar engines agree on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from dateutil.rrule import rrulestr
from icalendar import Calendar, Component, vRecur

from confsched.clock import is_real_local_time

MAX_OCTETS = 75
LOCAL_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID", "DUE")
FORBIDDEN = ("RDATE", "EXRULE")
REVISION = ("UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE")


def assert_interop(data: bytes) -> Calendar:
    """Assert every rule on a whole calendar, an invitation or a feed, and return it as read."""
    assert_folded(data)
    calendar = Calendar.from_ical(data)
    assert calendar.name == "VCALENDAR"
    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"]
    _assert_zones(calendar)
    for event in calendar.walk("VEVENT"):
        assert_event(event)
    _assert_method(calendar)
    return calendar


def assert_folded(data: bytes) -> None:
    """Assert CRLF line ends, at most 75 octets a line, whole UTF-8 characters, and no control characters."""
    assert data.endswith(b"\r\n")
    lines = data.removesuffix(b"\r\n").split(b"\r\n")
    for line in lines:
        assert len(line) <= MAX_OCTETS, line
        assert line.strip(), "no empty line"
        text = line.decode("utf-8")
        assert not re.search("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]", text), line
    for line in _unfolded(data):
        assert re.match(r"[A-Z0-9-]+[;:]", line), line


def assert_event(event: Component) -> None:
    """Assert the rules that hold for one VEVENT anywhere."""
    for name in REVISION:
        assert name in event, f"{name} is missing"
    for name in FORBIDDEN:
        assert name not in event, f"{name} is read differently by different clients"
    assert not isinstance(event.get("RRULE"), list), "one rule at most"
    for name in LOCAL_TIMES:
        if name in event:
            _assert_time(event[name].dt, event[name].params.get("TZID"))
    assert event["DTSTART"].params.get("TZID") == event["DTEND"].params.get("TZID")
    assert event["DTSTART"].dt < event["DTEND"].dt
    assert event.get("TRANSP") in ("OPAQUE", "TRANSPARENT")
    assert event.get("X-MICROSOFT-CDO-BUSYSTATUS") in ("BUSY", "TENTATIVE", "FREE", "OOF")
    _assert_link(event)
    if "RRULE" in event:
        _assert_repeats(event)


def _assert_repeats(event: Component) -> None:
    """Assert that a series ends in UTC, leaves out starts of its own type, and begins with its own rule."""
    starts_at, rule = event["DTSTART"], event["RRULE"]
    assert "COUNT" not in rule and "RECURRENCE-ID" not in event
    assert [until.utcoffset() for until in rule["UNTIL"]] == [timedelta(0)], "UNTIL is in UTC"
    found = event.get("EXDATE", [])
    for left_out in found if isinstance(found, list) else [found]:
        assert left_out.params.get("TZID") == starts_at.params.get("TZID"), "EXDATE is of DTSTART's type"
        assert all(isinstance(one.dt, datetime) for one in left_out.dts), "EXDATE is of DTSTART's type"
    rule = {name: value for name, value in rule.items() if name != "UNTIL"}
    dates = rrulestr(vRecur(rule).to_ical().decode(), dtstart=starts_at.dt.replace(tzinfo=None))
    assert dates[0] == starts_at.dt.replace(tzinfo=None), "DTSTART lies inside its own rule"


def _assert_time(at: datetime, tzid: str | None) -> None:
    assert at.tzinfo is not None, "no floating time"
    if tzid is None:
        assert at.utcoffset() == timedelta(0), "without TZID only UTC"
        return
    assert is_real_local_time(at.date(), at.time(), tzid), "a skipped or doubled hour is written in UTC"


def _assert_link(event: Component) -> None:
    if "CONFERENCE" in event:
        assert event["CONFERENCE"].params["VALUE"] == "URI"
        assert str(event["CONFERENCE"]) in event["LOCATION"], "most clients show the place only"


def _assert_zones(calendar: Calendar) -> None:
    """Assert that each TZID has its VTIMEZONE, and each onset lies in its own rule."""
    zones = {str(zone["TZID"]): zone for zone in calendar.walk("VTIMEZONE")}
    assert len(zones) == len(calendar.walk("VTIMEZONE")), "each zone once"
    used = {
        event[name].params["TZID"]
        for event in calendar.walk("VEVENT")
        for name in LOCAL_TIMES
        if name in event and "TZID" in event[name].params
    }
    assert used <= zones.keys()
    for zone in zones.values():
        for part in zone.subcomponents:
            assert "RDATE" not in part
            assert "RRULE" in part or len(zone.subcomponents) == 1, "changes are given as a rule"
            _assert_onset(part)


def _assert_onset(part: Component) -> None:
    if "RRULE" in part:
        weekdays = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
        onset, rule = part["DTSTART"].dt, part["RRULE"]
        assert rule["BYMONTH"] == [onset.month]
        assert rule["BYDAY"][0].endswith(weekdays[onset.weekday()])


def _assert_method(calendar: Calendar) -> None:
    """Assert that a message has people and one method, and that a feed has neither."""
    events = list(calendar.walk("VEVENT"))
    if "METHOD" not in calendar:
        for name in ("NAME", "X-WR-CALNAME", "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "COLOR"):
            assert name in calendar, name
        assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
        assert not any("ATTENDEE" in event or "ORGANIZER" in event for event in events)
        return
    for event in events:
        _assert_message(str(calendar["METHOD"]), event)


def _assert_message(method: str, event: Component) -> None:
    assert str(event["ORGANIZER"]).startswith("mailto:")
    attendees = event["ATTENDEE"] if isinstance(event["ATTENDEE"], list) else [event["ATTENDEE"]]
    for attendee in attendees:
        assert str(attendee).startswith("mailto:")
        assert {"CN", "ROLE", "PARTSTAT", "RSVP"} <= attendee.params.keys()
    if event.get("STATUS") == "CANCELLED":
        assert method == "CANCEL", "a cancellation never goes out as REQUEST"
    if method == "CANCEL":
        assert event.get("STATUS") in (None, "CANCELLED"), "an un-invite carries no STATUS"


def _unfolded(data: bytes) -> Iterator[str]:
    yield from data.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
