"""The checker of finished calendars finds each mistake it exists for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from confsched.domain.intervals import Span
from confsched.domain.invites import Method
from confsched.formats.ical import join_feed, render_event, write_invite
from confsched.formats.series_ical import lay_out
from tests.formats.ical_rules import assert_interop
from tests.formats.test_ical import BERLIN, ENTRY

FEED = join_feed("Kalender", [BERLIN], [render_event(ENTRY)], 60)
INVITE = write_invite(ENTRY, Method.REQUEST)
SERIES = write_invite(
    lay_out(
        ENTRY,
        "FREQ=WEEKLY;BYDAY=WE;WKST=MO",
        (STARTS := [ENTRY.span.starts_at + timedelta(weeks=number) for number in range(3)]),
        [
            replace(ENTRY, span=Span(at, at + ENTRY.span.duration), recurrence_at=at)
            for at in (STARTS[0], STARTS[2])
        ],
    )[0],
    Method.REQUEST,
)
CANCEL = write_invite(replace(ENTRY, status="CANCELLED"), Method.CANCEL)

MISTAKES = {
    "bare line feeds": (FEED, b"\r\n", b"\n"),
    "a line too long": (FEED, b"SUMMARY:", b"SUMMARY:" + b"x" * 80),
    "a line that lost its fold": (INVITE, b"\r\n ", b"\r\n"),
    "half a character": (FEED, b"SUMMARY:", b"SUMMARY:\xc3"),
    "a control character": (FEED, b"SUMMARY:", b"SUMMARY:\x07"),
    "a zone without definition": (FEED, b"TZID:Europe/Berlin", b"TZID:Europe/Paris"),
    "a zone without rules": (FEED, b"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\n", b""),
    "an onset outside its rule": (FEED, b"BYDAY=-1SU;BYMONTH=3", b"BYDAY=-1SU;BYMONTH=4"),
    "a floating time": (FEED, b"DTSTART;TZID=Europe/Berlin:2026", b"DTSTART:2026"),
    "an hour that is skipped": (FEED, b"Berlin:20261125T15", b"Berlin:20260329T02"),
    "an hour that comes twice": (FEED, b"Berlin:20261125T15", b"Berlin:20261025T02"),
    "an extra date": (FEED, b"SUMMARY:", b"RDATE:20261201T100000Z\r\nSUMMARY:"),
    "two rules": (FEED, b"SUMMARY:", b"RRULE:FREQ=DAILY;COUNT=2\r\nRRULE:FREQ=WEEKLY;COUNT=2\r\nSUMMARY:"),
    "no revision": (FEED, b"LAST-MODIFIED:20261102T093000Z\r\n", b""),
    "a link only few clients see": (FEED, b"treffen.example/a?b=1,2;c\r\nC", b"fremd.example\r\nC"),
    "an attendee in a feed": (FEED, b"SUMMARY:", b"ATTENDEE:mailto:a@haus.example\r\nSUMMARY:"),
    "a method in a feed": (FEED, b"COLOR:", b"METHOD:PUBLISH\r\nCOLOR:"),
    "a duration read as text": (FEED, b"REFRESH-INTERVAL;VALUE=DURATION", b"REFRESH-INTERVAL"),
    "an end as a day": (SERIES, b"UNTIL=20261209T140000Z", b"UNTIL=20261209"),
    "an end by the wall": (SERIES, b"UNTIL=20261209T140000Z", b"UNTIL=20261209T150000"),
    "a count beside an end": (SERIES, b"FREQ=WEEKLY;", b"FREQ=WEEKLY;COUNT=3;"),
    "a day left out instead of a start": (
        *(SERIES, b"EXDATE;TZID=Europe/Berlin:20261202T150000"),
        b"EXDATE;VALUE=DATE:20261202",
    ),
    "a start left out by another clock": (
        *(SERIES, b"EXDATE;TZID=Europe/Berlin:20261202T150000"),
        b"EXDATE:20261202T140000Z",
    ),
    "a first date outside its rule": (SERIES, b"BYDAY=WE", b"BYDAY=TH"),
    "a cancellation as request": (CANCEL, b"METHOD:CANCEL", b"METHOD:REQUEST"),
    "an un-invitation with a status": (INVITE, b"METHOD:REQUEST", b"METHOD:CANCEL"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_the_checker_finds(name: str) -> None:
    data, right, wrong = MISTAKES[name]
    spoilt = data.replace(right, wrong)
    assert spoilt != data
    with pytest.raises((AssertionError, AttributeError, ValueError, KeyError)):
        assert_interop(spoilt)


@pytest.mark.parametrize("data", [FEED, INVITE, SERIES, CANCEL])
def test_the_checker_is_content_with_what_we_write(data: bytes) -> None:
    assert_interop(data)
