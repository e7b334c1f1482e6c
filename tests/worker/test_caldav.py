"""Busy times out of a real CalDAV server: found, read, changed, refused, gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from confsched.domain.intervals import Span
from confsched.errors import Refusal
from confsched.formats.busy_calendar import BusyReading
from confsched.formats.http_auth import Login
from confsched.worker.caldav import MAX_CALENDARS, Account, Changed, read_account
from tests.support.radicale import PASSWORD, USER, Radicale, running_radicale

BERLIN = "Europe/Berlin"
YEAR = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
NIGHT = ("DTSTART;TZID=Europe/Berlin:20260328T220000", "DTEND;TZID=Europe/Berlin:20260329T060000")
HOME = f"/{USER}/"


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    with running_radicale(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture
def server(radicale: Radicale) -> Iterator[Radicale]:
    """Give the server with an empty account."""
    yield radicale
    radicale.send("DELETE", HOME, user="owner")


@pytest.fixture
def calendar(server: Radicale) -> str:
    """Give the path of an empty calendar."""
    server.add_calendar(f"{HOME}mine/")
    return f"{HOME}mine/"


def account(server: Radicale, path: str, password: str = PASSWORD) -> Account:
    return Account(f"http://{server.host}{path}", Login(USER, password), frozenset({server.host}))


def changed(server: Radicale, path: str, window: Span = YEAR) -> Changed:
    found = read_account(account(server, path), None, window, BERLIN)
    assert found is not None
    return found


def read(server: Radicale, path: str, window: Span = YEAR) -> BusyReading:
    return changed(server, path, window).reading


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=UTC)


def span(starts: str, ends: str) -> Span:
    return Span(at(starts), at(ends))


def test_a_calendar_is_read_by_its_own_address(server: Radicale, calendar: str) -> None:
    server.put(f"{calendar}a.ics", "DTSTART:20260304T090000Z", "DTEND:20260304T100000Z", "SUMMARY:Secret")
    server.put(f"{calendar}b.ics", "DTSTART;VALUE=DATE:20260305", "DTEND;VALUE=DATE:20260306")
    server.put(f"{calendar}c.ics", "DTSTART:20260306T090000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT")
    server.put(f"{calendar}d.ics", "DTSTART:20280304T090000Z", "DTEND:20280304T100000Z")
    reading = read(server, calendar)
    assert reading.busy == (
        span("2026-03-04T09:00", "2026-03-04T10:00"),
        span("2026-03-04T23:00", "2026-03-05T23:00"),
    )
    assert reading.known is None


def test_an_empty_calendar_is_known_to_be_empty(server: Radicale, calendar: str) -> None:
    reading = read(server, calendar)
    assert (reading.busy, reading.known, reading.skipped) == ((), None, ())


@pytest.mark.parametrize("path", ["/", HOME], ids=["server", "account"])
def test_the_calendars_of_an_account_are_found(server: Radicale, calendar: str, path: str) -> None:
    """The way of RFC 6764, 6: who am I, where are my calendars, which of them hold appointments."""
    server.add_calendar(f"{HOME}more/")
    server.add_calendar(f"{HOME}tasks/", part="VTODO")
    server.put(f"{calendar}a.ics", "DTSTART:20260304T090000Z", "DTEND:20260304T100000Z")
    server.put(f"{HOME}more/b.ics", "DTSTART:20260304T093000Z", "DTEND:20260304T110000Z")
    assert read(server, path).busy == (span("2026-03-04T09:00", "2026-03-04T11:00"),)


def test_a_series_over_both_clock_changes_keeps_its_wall_clock(server: Radicale, calendar: str) -> None:
    """Peer failures 12 and 19."""
    server.put(f"{calendar}night.ics", *NIGHT, "RRULE:FREQ=WEEKLY;UNTIL=20261101T000000Z")
    busy = read(server, calendar).busy
    assert busy[0] == span("2026-03-28T21:00", "2026-03-29T04:00")
    assert busy[1] == span("2026-04-04T20:00", "2026-04-05T04:00")
    assert span("2026-10-24T20:00", "2026-10-25T05:00") in busy
    assert busy[-1] == span("2026-10-31T21:00", "2026-11-01T05:00")
    assert len(busy) == 32


def test_a_moved_and_a_cancelled_date_of_a_series_are_read(server: Radicale, calendar: str) -> None:
    head = ("BEGIN:VEVENT", "UID:s", "DTSTAMP:20260101T000000Z")
    berlin = "TZID=Europe/Berlin"
    server.put_events(
        f"{calendar}s.ics",
        *(*head, f"DTSTART;{berlin}:20261012T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=4"),
        *(f"EXDATE;{berlin}:20261019T100000", "END:VEVENT"),
        *(*head, f"RECURRENCE-ID;{berlin}:20261026T100000", f"DTSTART;{berlin}:20261027T140000"),
        *("DURATION:PT1H", "END:VEVENT"),
    )
    assert read(server, calendar).busy == (
        span("2026-10-12T08:00", "2026-10-12T09:00"),
        span("2026-10-27T13:00", "2026-10-27T14:00"),
        span("2026-11-02T09:00", "2026-11-02T10:00"),
    )


def test_an_unchanged_calendar_is_not_read_again(server: Radicale, calendar: str) -> None:
    server.put(f"{calendar}a.ics", "DTSTART:20260304T090000Z", "DTEND:20260304T100000Z")
    first = changed(server, calendar)
    assert first.mark is not None
    assert read_account(account(server, calendar), first.mark, YEAR, BERLIN) is None
    server.put(f"{calendar}a.ics", "DTSTART:20260304T120000Z", "DTEND:20260304T130000Z")
    second = read_account(account(server, calendar), first.mark, YEAR, BERLIN)
    assert second is not None
    assert second.mark != first.mark
    assert second.reading.busy == (span("2026-03-04T12:00", "2026-03-04T13:00"),)


def test_a_calendar_shared_as_free_busy_only_is_read_by_its_times(server: Radicale) -> None:
    """RFC 4791, 7.10: what the server answers for is known, and nothing beyond it."""
    shared = f"{HOME}shared/"
    server.send("PROPFIND", HOME)  # a first sign-in makes the account
    server.add_calendar(shared, user="owner")
    server.put(f"{shared}a.ics", *NIGHT, user="owner")
    server.put(
        f"{shared}b.ics", "DTSTART:20261025T000000Z", "DURATION:PT1H", "STATUS:TENTATIVE", user="owner"
    )
    reading = read(server, shared)
    assert reading.busy == (
        span("2026-03-28T21:00", "2026-03-29T04:00"),
        span("2026-10-25T00:00", "2026-10-25T01:00"),
    )
    assert reading.known == YEAR


def test_a_wrong_password_is_named(server: Radicale, calendar: str) -> None:
    with pytest.raises(Refusal, match="user name or the password"):
        read_account(account(server, calendar, password="guessed"), None, YEAR, BERLIN)


def test_a_removed_calendar_is_named(server: Radicale, calendar: str) -> None:
    server.remove(calendar)
    with pytest.raises(Refusal, match="no calendar at this address"):
        read_account(account(server, calendar), None, YEAR, BERLIN)


def test_an_account_without_calendars_is_no_free_person(server: Radicale) -> None:
    """Peer failure 31."""
    server.add_calendar(f"{HOME}tasks/", part="VTODO")
    with pytest.raises(Refusal, match="has no calendar"):
        read_account(account(server, "/"), None, YEAR, BERLIN)


def test_an_account_with_too_many_calendars_asks_for_one_of_them(server: Radicale) -> None:
    for number in range(MAX_CALENDARS + 1):
        server.add_calendar(f"{HOME}c{number}/")
    with pytest.raises(Refusal, match="more than 10 calendars"):
        read_account(account(server, "/"), None, YEAR, BERLIN)


def test_a_zone_that_nobody_knows_is_read_as_the_owners_and_named(server: Radicale, calendar: str) -> None:
    server.put(f"{calendar}a.ics", "DTSTART;TZID=Mars/Olympus:20260304T090000", "DURATION:PT1H")
    reading = read(server, calendar)
    assert reading.busy == (span("2026-03-04T08:00", "2026-03-04T09:00"),)
    assert "“Mars/Olympus” is unknown" in str(reading.skipped[0])
