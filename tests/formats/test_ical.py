from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event

from confsched.clock import to_local
from confsched.domain.intervals import Span
from confsched.domain.invites import Method
from confsched.formats.ical import Entry, Party, feed_etag, join_feed, render_event, write_invite
from confsched.formats.vtimezone import timezone_for
from tests.formats.ical_rules import assert_folded, assert_interop

BERLIN = "Europe/Berlin"
ROOM = "Raum 3.14"
LINK = "https://treffen.example/a?b=1,2;c"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(starts: str, ends: str) -> Span:
    return Span(at(starts), at(ends))


ENTRY = Entry(
    uid="6d0e3a52@treffen.example",
    sequence=2,
    span=span("2026-11-25T14:00", "2026-11-25T14:45"),
    zone=BERLIN,
    summary="Telekonsil",
    description="Referenz K-17",
    location=ROOM,
    join_link=LINK,
    status="CONFIRMED",
    busy="BUSY",
    created_at=at("2026-11-01T08:00"),
    revised_at=at("2026-11-02T09:30"),
    organizer=Party("Planung", "planung@haus.example"),
    attendees=(Party("Ada Berg", "ada@haus.example"), Party("Bo Tal", "bo@land.example")),
    categories=("Telekonsil",),
)

# Instants in UTC: Europe/Berlin changes on 2026-03-29 01:00Z and 2026-10-25 01:00Z.
TIMES = {
    "an ordinary afternoon": (span("2026-11-25T14:00", "2026-11-25T14:45"), True),
    "over midnight": (span("2026-11-25T22:30", "2026-11-26T00:30"), True),
    "the evening before spring": (span("2026-03-28T18:00", "2026-03-28T19:00"), True),
    "the morning after spring": (span("2026-03-29T07:00", "2026-03-29T08:00"), True),
    "a night duty over spring": (span("2026-03-28T21:00", "2026-03-29T04:00"), True),
    "up to the skipped hour": (span("2026-03-29T00:00", "2026-03-29T01:00"), True),
    "the evening before autumn": (span("2026-10-24T16:00", "2026-10-24T17:00"), True),
    "the morning after autumn": (span("2026-10-25T08:00", "2026-10-25T09:00"), True),
    "a night duty over autumn": (span("2026-10-24T20:00", "2026-10-25T05:00"), True),
    "first pass of the doubled hour": (span("2026-10-25T00:15", "2026-10-25T00:45"), False),
    "second pass of the doubled hour": (span("2026-10-25T01:15", "2026-10-25T01:45"), False),
    "into the doubled hour": (span("2026-10-24T22:00", "2026-10-25T00:30"), False),
    "before the rules begin": (span("2019-05-01T08:00", "2019-05-01T09:00"), False),
}


def feed(*entries: Entry) -> bytes:
    return join_feed("Mein Kalender", [BERLIN], [render_event(entry) for entry in entries], 60)


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("as_feed", [True, False], ids=["feed", "invite"])
def test_two_readers_see_the_same_instants_as_we_do(name: str, as_feed: bool) -> None:
    when, is_local = TIMES[name]
    entry = replace(ENTRY, span=when)
    data = feed(entry) if as_feed else write_invite(entry, Method.REQUEST)
    event = assert_interop(data).walk("VEVENT")[0]
    other = vobject.readOne(data.decode()).vevent
    assert Span(event["DTSTART"].dt, event["DTEND"].dt) == when
    assert Span(other.dtstart.value.astimezone(UTC), other.dtend.value.astimezone(UTC)) == when
    assert ("TZID" in event["DTSTART"].params) is is_local
    assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == ("Telekonsil", "Referenz K-17")
    assert (other.summary.value, other.description.value) == ("Telekonsil", "Referenz K-17")
    assert other.location.value == event["LOCATION"] == f"{ROOM} | {LINK}"


def test_a_local_time_in_winter_and_in_summer_is_written_as_the_clock_on_the_wall_shows_it() -> None:
    """Keep a UTC-minded writer from drifting by an hour after the clock change."""
    summer = replace(ENTRY, span=span("2026-07-01T13:00", "2026-07-01T13:45"))
    assert b"DTSTART;TZID=Europe/Berlin:20261125T150000" in render_event(ENTRY)
    assert b"DTSTART;TZID=Europe/Berlin:20260701T150000" in render_event(summer)


def test_an_end_in_the_doubled_hour_takes_the_start_to_utc_as_well() -> None:
    event = render_event(replace(ENTRY, span=TIMES["into the doubled hour"][0]))
    assert b"DTSTART:20261024T220000Z" in event
    assert b"DTEND:20261025T003000Z" in event


@pytest.mark.parametrize(
    ("zone", "rules"),
    [
        (BERLIN, {"-1SU"}),
        ("America/New_York", {"2SU", "1SU"}),
        ("Australia/Sydney", {"1SU"}),
        ("Asia/Tokyo", set()),
    ],
)
def test_a_zone_is_written_with_the_rule_of_its_law(zone: str, rules: set[str]) -> None:
    data = join_feed("Kalender", [zone], [render_event(replace(ENTRY, zone=zone))], 60)
    written = assert_interop(data).walk("VTIMEZONE")[0]
    assert {part["RRULE"]["BYDAY"][0] for part in written.subcomponents if "RRULE" in part} == rules


@pytest.mark.parametrize("zone", ["UTC", "Africa/Casablanca"])
def test_a_zone_without_a_yearly_rule_is_written_in_utc(zone: str) -> None:
    data = write_invite(replace(ENTRY, zone=zone), Method.REQUEST)
    assert timezone_for(zone) is None
    assert b"DTSTART:20261125T140000Z" in data
    assert_interop(data)


@given(minute=st.integers(0, 16 * 365 * 24 * 60))
@settings(deadline=None, max_examples=200)
def test_the_written_rules_give_the_offsets_of_the_zone(minute: int) -> None:
    instant = at("2021-01-01T00:00") + timedelta(minutes=minute)
    zone = timezone_for(BERLIN)
    assert zone is not None
    local = to_local(instant, BERLIN)
    wall = local.replace(tzinfo=None, fold=0)
    if local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset():
        assert wall - zone.to_tz(lookup_tzid=False).utcoffset(wall) == instant.replace(tzinfo=None)


NAMES = [
    "O'Brien",
    "Müller, Größe; Weiß",
    'Anna "Ann" Ost',
    "a\\b\\Nacht\\n",
    "Straße " * 40,
    "日本語" * 60,
    "\U0001f9e0" * 50,
    "mit\r\nZeile\nund\rnoch\u2028eine\x85",
    "Glocke\x07 Null\x00 Esc\x1b \x9b",
    "\r\nATTENDEE:mailto:x@fremd.example\r\nX: y",
    "END:VEVENT\r\nBEGIN:VEVENT",
    "gedreht \u202egpj.exe",
    "halb \ud83d",
    " ",
    ":;,=\t^n^'",
    "\\",
]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_breaks_the_file(name: str) -> None:
    """Cover line 26: O'Brien, commas, semicolons, umlauts and long lines stay one readable value."""
    entry = replace(
        ENTRY,
        summary=name,
        location=name,
        description=name,
        categories=(name,),
        organizer=Party(name, "o@haus.example"),
        attendees=(Party(name, "a@haus.example"),),
    )
    for data in (write_invite(entry, Method.REQUEST), join_feed(name, [BERLIN], [render_event(entry)], 60)):
        calendar = assert_interop(data)
        assert len(calendar.walk("VEVENT")) == 1
        assert len(list(vobject.readOne(data.decode()).components())) == 2
        assert "fremd.example" not in {key.lower() for key in calendar.walk("VEVENT")[0]}


@pytest.mark.parametrize("name", NAMES[:3])
def test_both_readers_give_back_the_very_text(name: str) -> None:
    data = write_invite(replace(ENTRY, summary=name), Method.REQUEST)
    assert str(Calendar.from_ical(data).walk("VEVENT")[0]["SUMMARY"]) == name
    assert vobject.readOne(data.decode()).vevent.summary.value == name


@given(summary=st.text(max_size=300), description=st.text(max_size=600), name=st.text(max_size=120))
@settings(deadline=None, max_examples=100)
def test_any_text_is_folded_without_splitting_a_character(summary: str, description: str, name: str) -> None:
    entry = replace(
        ENTRY, summary=summary, description=description, attendees=(Party(name, "a@haus.example"),)
    )
    assert_folded(render_event(entry))
    data = write_invite(entry, Method.REQUEST)
    assert_interop(data)
    read = vobject.readOne(data.decode()).vevent
    assert read.summary.value == Calendar.from_ical(data).walk("VEVENT")[0]["SUMMARY"]


@given(summary=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1))
@settings(deadline=None, max_examples=100)
def test_text_without_controls_and_backslashes_is_read_as_written(summary: str) -> None:
    summary = "".join(char for char in summary if char not in "\\\u202a\u202b\u202c\u202d\u202e\ufeff")
    summary = "".join(char for char in summary if not "\u2066" <= char <= "\u2069")
    event = Event.from_ical(render_event(replace(ENTRY, summary=summary)))
    assert str(event["SUMMARY"]) == summary


def test_a_cancellation_goes_out_as_cancel() -> None:
    """Cover line 24: the METHOD of a cancelled meeting is CANCEL and its STATUS is CANCELLED."""
    calendar = assert_interop(write_invite(replace(ENTRY, status="CANCELLED"), Method.CANCEL))
    event = calendar.walk("VEVENT")[0]
    assert (calendar["METHOD"], event["STATUS"]) == ("CANCEL", "CANCELLED")
    assert (event["TRANSP"], event["X-MICROSOFT-CDO-BUSYSTATUS"]) == ("TRANSPARENT", "FREE")
    assert all(attendee.params["RSVP"] == "FALSE" for attendee in event["ATTENDEE"])


def test_a_cancellation_is_never_written_as_request() -> None:
    """Cover line 24: a cancelled meeting cannot become a REQUEST."""
    with pytest.raises(AssertionError, match="CANCEL"):
        write_invite(replace(ENTRY, status="CANCELLED"), Method.REQUEST)


def test_an_un_invitation_names_only_who_leaves_and_carries_no_status() -> None:
    left = replace(ENTRY, attendees=ENTRY.attendees[:1])
    event = assert_interop(write_invite(left, Method.CANCEL)).walk("VEVENT")[0]
    assert "STATUS" not in event
    assert str(event["ATTENDEE"]) == "mailto:ada@haus.example"


def test_a_message_needs_somebody_to_tell() -> None:
    with pytest.raises(AssertionError, match="organiser"):
        write_invite(replace(ENTRY, attendees=()), Method.REQUEST)


def test_a_request_names_everybody_with_their_reply() -> None:
    asked = (Party("Ada Berg", "ada@haus.example", "ACCEPTED", "OPT-PARTICIPANT", rsvp=False),)
    event = assert_interop(write_invite(replace(ENTRY, attendees=asked), Method.REQUEST)).walk("VEVENT")[0]
    assert event["ATTENDEE"].params == {
        "CN": "Ada Berg",
        "ROLE": "OPT-PARTICIPANT",
        "PARTSTAT": "ACCEPTED",
        "RSVP": "FALSE",
    }
    assert str(event["ORGANIZER"]) == "mailto:planung@haus.example"


def test_a_removed_duty_stays_in_the_feed_as_cancelled() -> None:
    """Cover line 28: the entry stays as STATUS:CANCELLED with a newer revision, and paints nothing busy."""
    gone = replace(ENTRY, status="CANCELLED", sequence=3, revised_at=at("2026-11-03T10:00"))
    event = assert_interop(feed(gone)).walk("VEVENT")[0]
    assert (event["UID"], event["STATUS"], event["SEQUENCE"]) == (ENTRY.uid, "CANCELLED", 3)
    assert event["TRANSP"] == "TRANSPARENT"
    assert event["LAST-MODIFIED"].dt == at("2026-11-03T10:00")


def test_a_feed_names_nobody_and_paints_only_its_own_hours() -> None:
    """Cover line 29: no ATTENDEE, ORGANIZER or METHOD; free is transparent, nothing takes the whole day."""
    data = feed(ENTRY, replace(ENTRY, uid="2@treffen.example", busy="FREE"))
    assert not any(word in data for word in (b"ATTENDEE", b"ORGANIZER", b"METHOD", b"mailto:", b"VALUE=DATE"))
    transparency = [event["TRANSP"] for event in assert_interop(data).walk("VEVENT")]
    assert transparency == ["OPAQUE", "TRANSPARENT"]


@pytest.mark.parametrize(
    ("busy", "transparency"), [("BUSY", "OPAQUE"), ("TENTATIVE", "OPAQUE"), ("FREE", "TRANSPARENT")]
)
def test_busy_is_said_in_both_dialects(busy: str, transparency: str) -> None:
    event = Event.from_ical(render_event(replace(ENTRY, busy=busy)))  # type: ignore[arg-type]
    assert (event["TRANSP"], event["X-MICROSOFT-CDO-BUSYSTATUS"]) == (transparency, busy)


def test_the_same_input_gives_the_same_bytes() -> None:
    """Cover line 27: an unchanged entry, invitation and feed are the same bytes each time."""
    timezone_for.cache_clear()
    first = feed(ENTRY), write_invite(ENTRY, Method.REQUEST)
    timezone_for.cache_clear()
    assert (feed(ENTRY), write_invite(ENTRY, Method.REQUEST)) == first


def test_a_revision_moves_both_stamps() -> None:
    event = Event.from_ical(render_event(replace(ENTRY, revised_at=at("2026-11-04T07:08:09.123456"))))
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == at("2026-11-04T07:08:09")
    assert event["CREATED"].dt == at("2026-11-01T08:00")


def test_an_empty_feed_is_still_a_calendar() -> None:
    assert assert_interop(join_feed("Leer", [BERLIN], [], 30)).walk("VEVENT") == []


def test_a_feed_says_its_name_and_how_often_to_come_back() -> None:
    calendar = assert_interop(join_feed("Dienste, Neurologie; Ost", [BERLIN, BERLIN], [], 90))
    assert calendar["NAME"] == calendar["X-WR-CALNAME"] == "Dienste Neurologie Ost"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(minutes=90)
    assert calendar["X-PUBLISHED-TTL"] == "PT90M"


@pytest.mark.parametrize("link", ["", "javascript:alert(1)", "data:text/html,x", "tel:112"])
def test_only_web_addresses_become_join_links(link: str) -> None:
    event = Event.from_ical(render_event(replace(ENTRY, join_link=link)))
    assert "CONFERENCE" not in event
    assert event["LOCATION"] == ROOM


def test_an_etag_is_strong_and_changes_with_each_part() -> None:
    """Cover line 27: the tag stays while the data stays; parts cannot be shifted unseen."""
    tag = feed_etag([("a", "1"), ("b", "2")])
    assert tag.startswith('"')
    assert tag.endswith('"')
    assert tag == feed_etag(iter([("a", "1"), ("b", "2")]))
    others = [[("a", "1")], [("a1",), ("b", "2")], [("a", "1", "b", "2")], [("b", "2"), ("a", "1")], []]
    assert len({tag, *(feed_etag(parts) for parts in others)}) == 6
