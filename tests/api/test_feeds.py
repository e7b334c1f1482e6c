"""Feeds over HTTP: what calendar programs rely on, read back by two libraries."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import recurring_ical_events
import time_machine
import vobject
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from confsched.api.feeds import client_of
from confsched.db import Database
from confsched.domain.kinds import FeedPrivacy, FeedScope
from confsched.models.accounts import Account
from confsched.models.bookings import Booking
from confsched.models.feeds import Feed
from confsched.models.people import Person
from confsched.services import accounts, bookings, feeds
from confsched.services.feed_scopes import Contents
from tests.formats.ical_rules import assert_interop
from tests.services.test_feeds import SUMMER, WINTER, add_booking, add_duty, night
from tests.world import NOW, World

PATH = "/feeds/{token}/confsched.ics"
# The days before, of and after each clock change.
DAYS = [day + timedelta(days=shift) for day in (SUMMER, WINTER) for shift in (-1, 0, 1)]
Written = Callable[..., None]


@pytest.fixture
def token(world: World, sqlite_database: Database) -> str:
    """Give the secret of a feed of the neurologist."""
    with sqlite_database.transaction() as session:
        actor = world.actor(world.neurologist)
        return feeds.create_feed(
            session, actor, "Outlook", privacy=FeedPrivacy.KIND_AND_PLACE, now=NOW - timedelta(days=9)
        )[1]


@pytest.fixture
def booked(world: World, sqlite_database: Database) -> list[Booking]:
    """Give meetings and nights on both sides of each clock change."""
    with sqlite_database.transaction() as session:
        for day in DAYS:
            add_duty(session, world, night(day))
        return [add_booking(session, world, day, time(14)) for day in DAYS]


def fetch(client: FlaskClient, token: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(PATH.format(token=token), headers=named)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Give the statements that are sent to the database inside."""
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_feed_keeps_every_rule_of_interoperability(
    client: FlaskClient, token: str, booked: list[Booking]
) -> None:
    answer = fetch(client, token)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = assert_interop(answer.data)
    assert len(calendar.walk("VEVENT")) == 2 * len(booked)


def test_both_libraries_read_the_booked_instants_around_both_clock_changes(
    client: FlaskClient, token: str, booked: list[Booking]
) -> None:
    """Peer failures 12, 13 and 14."""
    data = fetch(client, token).data
    wanted = {booking.uid: (booking.starts_at, booking.ends_at) for booking in booked}
    by_icalendar = {
        str(one["UID"]): (one["DTSTART"].dt, one["DTEND"].dt) for one in assert_interop(data).walk("VEVENT")
    }
    by_vobject = {
        one.uid.value: (one.dtstart.value, one.dtend.value)
        for one in vobject.readOne(data.decode()).vevent_list
    }
    for read in (by_icalendar, by_vobject):
        assert {uid: times for uid, times in read.items() if uid in wanted} == wanted
    nights = {night(day).starts_at: night(day).ends_at for day in DAYS}
    for read in (by_icalendar, by_vobject):
        assert dict(times for uid, times in read.items() if uid not in wanted) == nights


def test_names_with_every_awkward_sign_read_back_as_they_are(
    client: FlaskClient, token: str, world: World, sqlite_database: Database
) -> None:
    """Peer failure 26."""
    title = "O'Brien, Süß; Kopf\\Hals – Ärzte-Runde mit einem langen Namen, der über die Zeile geht 🧠"
    with sqlite_database.transaction() as session:
        add_booking(session, world, date(2026, 11, 25), title=title)
    data = fetch(client, token).data
    summary = f"Teleconsult: {title} · FK-7Q2M"
    assert str(assert_interop(data).walk("VEVENT")[0]["SUMMARY"]) == summary
    assert vobject.readOne(data.decode()).vevent.summary.value == summary


def test_a_feed_names_no_attendee_and_no_organiser(
    client: FlaskClient, token: str, booked: list[Booking], world: World
) -> None:
    """Peer failure 29."""
    data = fetch(client, token).data
    assert b"ATTENDEE" not in data
    assert b"ORGANIZER" not in data
    assert b"METHOD" not in data
    assert all(person.family_name.encode() not in data for person in world.cast)
    assert data.count(b"TRANSP:TRANSPARENT") == len(booked)


def test_an_unchanged_feed_gives_the_same_bytes_and_answers_304(
    client: FlaskClient, token: str, booked: list[Booking], moment: time_machine.Traveller
) -> None:
    """Peer failure 27."""
    del booked
    first = fetch(client, token)
    moment.shift(3600)
    second = fetch(client, token)
    assert second.data == first.data
    for headers in (
        {"If_None_Match": first.headers["ETag"]},
        {"If_None_Match": f'W/{first.headers["ETag"]}, "other"'},
        {"If_None_Match": "*"},
    ):
        answer = fetch(client, token, **headers)
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == first.headers["ETag"]
        assert "Content-Type" not in answer.headers


def test_the_entity_tag_counts_more_than_the_date(
    client: FlaskClient, token: str, booked: list[Booking]
) -> None:
    del booked
    first = fetch(client, token)
    headers = {"If_None_Match": '"another"', "If_Modified_Since": first.headers["Last-Modified"]}
    assert fetch(client, token, **headers).status_code == 200


def test_a_date_alone_never_hides_a_change_that_has_none(
    client: FlaskClient, token: str, booked: list[Booking], sqlite_database: Database
) -> None:
    """Another privacy or language, and a second change in the same second, leave the date as it was."""
    del booked
    first = fetch(client, token)
    with sqlite_database.transaction() as session:
        session.scalars(select(Feed)).one().privacy = FeedPrivacy.BUSY
    answer = fetch(client, token, If_Modified_Since=first.headers["Last-Modified"])
    assert (answer.status_code, answer.data == first.data) == (200, False)


@pytest.mark.parametrize("privacy", [FeedPrivacy.KIND, FeedPrivacy.BUSY])
def test_another_privacy_is_another_feed(
    client: FlaskClient,
    token: str,
    booked: list[Booking],
    sqlite_database: Database,
    privacy: FeedPrivacy,
) -> None:
    first = fetch(client, token)
    with sqlite_database.transaction() as session:
        session.scalars(select(Feed)).one().privacy = privacy
    answer = fetch(client, token, If_None_Match=first.headers["ETag"])
    assert answer.status_code == 200
    assert_interop(answer.data)
    for secret in (b"FK-7Q2M", b"Neurologie", b"Demoraum", b"video.example", str(booked[0].id).encode()):
        shown = answer.data.replace(b"UID:" + booked[0].uid.encode(), b"")
        assert secret in first.data
        assert secret not in shown


def test_a_cancelled_meeting_changes_the_feed_and_stays_in_it(
    client: FlaskClient, token: str, world: World, sqlite_database: Database, moment: time_machine.Traveller
) -> None:
    """Peer failure 28."""
    with sqlite_database.transaction() as session:
        booking = add_booking(session, world, date(2026, 12, 1))
    first = fetch(client, token)
    moment.shift(3600)
    with sqlite_database.transaction() as session:
        row = session.get_one(Booking, booking.id)
        bookings.cancel(session, world.actor(world.requester), row, now=NOW + timedelta(hours=1))
    answer = fetch(
        client,
        token,
        If_None_Match=first.headers["ETag"],
        If_Modified_Since=first.headers["Last-Modified"],
    )
    (entry,) = assert_interop(answer.data).walk("VEVENT")
    assert (str(entry["UID"]), entry["STATUS"], entry["SEQUENCE"]) == (booking.uid, "CANCELLED", 1)
    assert answer.headers["Last-Modified"] > first.headers["Last-Modified"]


def test_past_duties_stay_in_the_calendar(
    client: FlaskClient, token: str, booked: list[Booking], moment: time_machine.Traveller
) -> None:
    """Peer failure 30."""
    del booked
    moment.shift(timedelta(days=90))
    uids = [str(one["UID"]) for one in assert_interop(fetch(client, token).data).walk("VEVENT")]
    assert len([uid for uid in uids if uid.startswith("duty-")]) == len(DAYS)


def test_a_compressed_feed_unfolds_to_the_same_bytes_under_its_own_tag(
    client: FlaskClient, token: str, booked: list[Booking]
) -> None:
    del booked
    plain, packed = fetch(client, token), fetch(client, token, Accept_Encoding="gzip, deflate")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert all("Accept-Encoding" in one.headers["Vary"] for one in (plain, packed))
    again = fetch(client, token, Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])
    assert again.status_code == 304


def test_head_says_what_get_says_without_the_body(
    client: FlaskClient, token: str, booked: list[Booking]
) -> None:
    del booked
    got, head = fetch(client, token), client.head(PATH.format(token=token))
    assert head.data == b""
    for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize("method", ["PROPFIND", "REPORT", "OPTIONS", "POST", "PUT", "DELETE", "MKCALENDAR"])
def test_whatever_would_write_or_browse_is_not_allowed(client: FlaskClient, token: str, method: str) -> None:
    answer = client.open(PATH.format(token=token), method=method)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_the_answer_is_for_its_reader_only(client: FlaskClient, token: str) -> None:
    answer = fetch(client, token)
    assert answer.cache_control.private
    assert answer.cache_control.max_age == 60
    assert "Set-Cookie" not in answer.headers


def test_unknown_revoked_and_disabled_read_alike(
    client: FlaskClient, token: str, world: World, sqlite_database: Database
) -> None:
    def answer(secret: str) -> tuple[int, bytes]:
        got = fetch(client, secret, X_Request_ID="the-same-for-all")
        return got.status_code, got.data.replace(secret.encode(), b"")

    unknown = answer("x" * 43)
    with sqlite_database.transaction() as session:
        account = session.scalars(select(Account).where(Account.person_id == world.neurologist.id)).one()
        accounts.disable_account(session, None, account, now=NOW)
    disabled = answer(token)
    with sqlite_database.transaction() as session:
        session.scalars(select(Feed)).one().revoked_at = NOW
        session.scalars(select(Account).where(Account.id == account.id)).one().disabled_at = None
    assert unknown[0] == 404
    assert unknown == disabled == answer(token)


def test_the_last_fetch_is_noted_with_the_name_of_the_program(
    client: FlaskClient, token: str, sqlite_database: Database, moment: time_machine.Traveller
) -> None:
    def noted() -> tuple[datetime | None, str | None]:
        with sqlite_database.read() as session:
            feed = session.scalars(select(Feed)).one()
            return feed.fetched_at, feed.fetched_by

    fetch(client, token, User_Agent="Google-Calendar-Importer")
    moment.shift(30)
    fetch(client, token, User_Agent="Microsoft Office/16.0")
    assert noted() == (NOW, "Google")
    moment.shift(31)
    fetch(client, token, User_Agent="Microsoft Office/16.0")
    assert noted() == (NOW + timedelta(seconds=61), "Outlook")


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17029; Pro)", "Outlook"),
        ("Microsoft.Exchange/15.20 (CalendarSharing)", "Outlook"),
        ("Google-Calendar-Importer", "Google"),
        ("iOS/18.1 (22B83) dataaccessd/1.0", "Apple"),
        ("macOS/15.1 (24B83) CalendarAgent/1139", "Apple"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Thunderbird/128.4.0", "Thunderbird"),
        ("DAVx5/4.4.3 (2024/10/01; dav4jvm; okhttp/4.12.0) Android/14", "DAVx5"),
        ("ICSx5/2.3 (Android)", "DAVx5"),
        ("curl/8.5.0", "other"),
        ("", "other"),
    ],
)
def test_programs_are_told_apart_by_what_they_call_themselves(user_agent: str, name: str) -> None:
    assert client_of(user_agent) == name


def test_more_events_do_not_cost_more_queries(
    client: FlaskClient, token: str, world: World, sqlite_database: Database
) -> None:
    fetch(client, token)  # notes the fetch
    with counted(sqlite_database) as few:
        fetch(client, token)
    with sqlite_database.transaction() as session:
        for day in range(40):
            add_booking(session, world, date(2026, 12, 1) + timedelta(days=day))
            add_duty(session, world, night(date(2026, 12, 1) + timedelta(days=day)))
    with counted(sqlite_database) as many:
        for _ in range(40):
            fetch(client, token)
    assert len(many) == 40 * len(few)


@pytest.fixture(params=list(FeedScope)[1:])
def shared(request: pytest.FixtureRequest, world: World, sqlite_database: Database) -> str:
    """Give the secret of a feed of the line, and of its department."""
    row_id = {FeedScope.LINE: world.line.id, FeedScope.DEPARTMENT: world.neurology.id}[request.param]
    with sqlite_database.transaction() as session:
        return feeds.create_feed(
            session,
            world.actor(world.secretary),
            "Wall of the ward",
            privacy=FeedPrivacy.KIND_AND_PLACE,
            now=NOW - timedelta(days=9),
            contents=Contents(request.param, row_id),
        )[1]


def test_a_feed_of_duties_is_read_by_calendars_and_takes_nobodys_time(
    client: FlaskClient, shared: str, booked: list[Booking]
) -> None:
    """Peer failures 13, 17 and 29: also on the nights on which the clocks change."""
    del booked  # its meetings must not show, its nights must
    data = fetch(client, shared).data
    events = assert_interop(data).walk("VEVENT")
    assert [(one["DTSTART"].dt, one["DTEND"].dt) for one in events] == [
        (night(day).starts_at, night(day).ends_at) for day in DAYS
    ]
    assert {(str(one["TRANSP"]), str(one["SUMMARY"])) for one in events} == {
        ("TRANSPARENT", "Neurologie Dienst: Dr. Jana Okafor")
    }
    assert b"ATTENDEE" not in data
    assert b"ORGANIZER" not in data
    for day in DAYS:
        span = night(day)
        on = [
            len(recurring_ical_events.of(Calendar.from_ical(data)).at(at))
            # This library counts October's doubled hour once: its night ends early. The instants
            # above are those of the other library.
            for at in (span.starts_at, span.ends_at - timedelta(minutes=61), span.ends_at)
        ]
        assert on == [1, 1, 0]


def test_an_unchanged_feed_of_duties_is_the_same_bytes_and_a_changed_name_is_not(
    client: FlaskClient, shared: str, booked: list[Booking], world: World, sqlite_database: Database
) -> None:
    """Peer failure 27."""
    del booked  # only has to stand in the database
    first, second = fetch(client, shared), fetch(client, shared)
    assert first.data == second.data
    assert fetch(client, shared, If_None_Match=first.headers["ETag"]).status_code == 304
    with sqlite_database.transaction() as session:
        session.get_one(Person, world.neurologist.id).family_name = "Berg"
    renamed = fetch(client, shared, If_None_Match=first.headers["ETag"])
    assert renamed.status_code == 200
    assert b"Dr. Jana Berg" in renamed.data
