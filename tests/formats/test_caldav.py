"""What a calendar server answers is read as far as it is whole, and refused with a sentence otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from confsched.domain.intervals import Span
from confsched.errors import Refusal
from confsched.formats import caldav
from confsched.formats.caldav import Listed, read_appointments, read_listing

YEAR = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
HEAD = '<?xml version="1.0" encoding="utf-8"?>'
SPACES = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"'
OK = "<status>HTTP/1.1 200 OK</status>"
EVENT = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:{starts}\r\nDURATION:PT1H\r\n"
    "SUMMARY:1 &lt; 2 &amp; 3\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
IS_CALENDAR = "<resourcetype><collection/><C:calendar/></resourcetype>"


def multistatus(*responses: str) -> bytes:
    return f"{HEAD}<multistatus {SPACES}>{''.join(responses)}</multistatus>".encode()


def listed(href: str, properties: str, status: str = OK) -> str:
    propstat = f"<propstat><prop>{properties}</prop>{status}</propstat>"
    return f"<response><href>{href}</href>{propstat}</response>"


def appointment(starts: str, uid: str = "a") -> str:
    text = EVENT.format(uid=uid, starts=starts)
    return listed(f"/c/{uid}.ics", f"<C:calendar-data>{text}</C:calendar-data>")


def hours(*answers: str) -> list[tuple[int, int]]:
    reading = read_appointments(multistatus(*answers), YEAR, "Europe/Berlin")
    return [(span.starts_at.hour, span.ends_at.hour) for span in reading.busy]


def test_each_question_is_well_formed_and_asks_for_no_title() -> None:
    for question in (
        caldav.listing_question(),
        caldav.appointments_question(YEAR),
        caldav.free_busy_question(YEAR),
    ):
        assert ElementTree.fromstring(question).tag.startswith("{")
        assert not {b"SUMMARY", b"ATTENDEE", b"DESCRIPTION", b"LOCATION"} & set(question.split(b'"'))
    assert b'start="20251231T000000Z" end="20270102T000000Z"' in caldav.appointments_question(YEAR)
    assert b'start="20260101T000000Z" end="20270101T000000Z"' in caldav.free_busy_question(YEAR)


def test_appointments_of_several_files_are_read_together() -> None:
    first, second = appointment("20260304T090000Z"), appointment("20260304T110000Z", "b")
    assert hours(first, second) == [(9, 10), (11, 12)]


def test_an_answer_without_appointments_is_a_calendar_without_appointments() -> None:
    assert hours() == []


def test_dates_that_the_server_has_expanded_are_each_read() -> None:
    """RFC 4791, 9.6.5: instances carry a RECURRENCE-ID and no rule."""
    event = "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:{0}\r\nDTSTART:{0}\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"
    events = "".join(event.format(starts) for starts in ("20260304T090000Z", "20260311T110000Z"))
    text = f"BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n"
    assert hours(listed("/c/a.ics", f"<C:calendar-data>{text}</C:calendar-data>")) == [(9, 10), (11, 12)]


@pytest.mark.parametrize(
    "response",
    [
        "<response><href>/c/</href><status>HTTP/1.1 507 Insufficient Storage</status></response>",
        listed("/c/a.ics", "<C:calendar-data/>", "<status>HTTP/1.1 404 Not Found</status>"),
        listed("/c/a.ics", "<C:calendar-data> </C:calendar-data>"),
        listed("/c/a.ics", "<getetag>1</getetag>"),
    ],
    ids=["cut off", "failed", "empty", "left out"],
)
def test_half_an_answer_is_none(response: str) -> None:
    """Peer failure 31."""
    with pytest.raises(Refusal, match="has not sent all appointments"):
        hours(appointment("20260304T090000Z"), response)


def test_one_unreadable_appointment_refuses_them_all() -> None:
    """Peer failure 31."""
    broken = listed("/c/b.ics", "<C:calendar-data>BEGIN:VCALENDAR\r\nBEGIN:VEVENT</C:calendar-data>")
    with pytest.raises(Refusal, match="damaged"):
        hours(appointment("20260304T090000Z"), broken)


def laughs() -> bytes:
    names = [f"l{number}" for number in range(10)]
    entities = ['<!ENTITY l0 "lol">']
    entities += [f'<!ENTITY {name} "{f"&{former};" * 10}">' for former, name in pairwise(names)]
    return (
        f"{HEAD}<!DOCTYPE multistatus [{''.join(entities)}]><multistatus {SPACES}>&l9;</multistatus>".encode()
    )


def declared(declaration: str) -> bytes:
    return f"{HEAD}<!DOCTYPE m {declaration}><multistatus {SPACES}>&x;</multistatus>".encode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (laughs(), "does not answer like"),
        (declared('[<!ENTITY x SYSTEM "file:///etc/passwd">]'), "does not answer like"),
        (declared('SYSTEM "http://169.254.169.254/x.dtd"'), "does not answer like"),
        (f"{HEAD}<multistatus {SPACES}>&x;</multistatus>".encode(), "does not answer like"),
        (b"", "does not answer like"),
        (b"<html><body>Sign in</body></html>", "does not answer like"),
        (b"<!DOCTYPE html><html>", "does not answer like"),
        (b"BEGIN:VCALENDAR", "does not answer like"),
        (multistatus(appointment("20260304T090000Z"))[:-20], "does not answer like"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "does not answer like"),
        (b"\xff\xfe\x00\x00" * 10, "does not answer like"),
        (b"<a>" * 5_000, "too large"),
        (multistatus("<a/>" * (caldav.MAX_ELEMENTS + 1)), "too large"),
    ],
    ids=[
        *("laughs", "file", "dtd", "undeclared", "nothing", "web page", "html", "calendar", "cut off"),
        *("encoding", "bytes", "deep", "many"),
    ],
)
def test_a_hostile_answer_ends_in_a_sentence(data: bytes, sentence: str) -> None:
    for read in (read_listing, lambda found: read_appointments(found, YEAR, "Europe/Berlin")):
        with pytest.raises(Refusal, match=sentence):
            read(data)


def test_only_calendars_that_hold_appointments_and_make_busy_are_listed() -> None:
    only = "<C:supported-calendar-component-set><C:comp name='{}'/></C:supported-calendar-component-set>"
    clear = "<C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp>"
    listing = read_listing(
        multistatus(
            listed("/h/", "<resourcetype><collection/></resourcetype>"),
            listed("/h/a b/", f"{IS_CALENDAR}<S:getctag> 7 </S:getctag><sync-token>x</sync-token>"),
            listed("/h/ü/", f"{IS_CALENDAR}{only.format('VEVENT')}<sync-token>s</sync-token>"),
            listed("/h/plain/", IS_CALENDAR),
            listed("/h/tasks/", IS_CALENDAR + only.format("VTODO")),
            listed("/h/birthdays/", IS_CALENDAR + clear),
            listed("/h/gone/", IS_CALENDAR, "<status>HTTP/1.1 404 Not Found</status>"),
        )
    )
    assert listing.calendars == (
        Listed("/h/a%20b/", "7"),
        Listed("/h/%C3%BC/", "s"),
        Listed("/h/plain/", None),
    )
    assert (listing.home, listing.principal) == (None, None)


def test_where_the_calendars_of_an_account_are_is_read() -> None:
    home = "<C:calendar-home-set><href>/h/</href></C:calendar-home-set>"
    who = "<current-user-principal><href>/p/</href></current-user-principal>"
    listing = read_listing(multistatus(listed("/", who + home)))
    assert (listing.home, listing.principal) == ("/h/", "/p/")
    nobody = "<current-user-principal><unauthenticated/></current-user-principal>"
    assert read_listing(multistatus(listed("/", nobody))).principal is None
