"""The page of busy calendars: added by address or file, hostile until read, refused with a sentence."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.create_app import create_app
from confsched.db import Database
from confsched.domain.kinds import BusySourceKind
from confsched.errors import msg
from confsched.models.busy import BusySource, BusySpan
from confsched.services import busy_readings as readings
from tests.support.web import PageClient, SignIn
from tests.world import NOW, World

NEVER_FREE = "An unreadable or silent calendar never counts as free."
PASSWORD = "geheim-4711"
SERVER = {
    "name": "Praxis",
    "kind": "caldav",
    "url": "https://calendar.example/dav/",
    "username": "anna",
    "password": PASSWORD,
    "form_key": "key-1",
}
ADDRESS = {"name": "Practice", "url": "webcal://calendar.example/secret.ics", "form_key": "key-1"}


def calendar(*starts: str) -> bytes:
    """Write a calendar with half-hour entries."""
    events = (
        (
            *("BEGIN:VEVENT", f"UID:{start}", "DTSTAMP:20261101T000000Z", f"DTSTART:{start}"),
            *("DURATION:PT30M", "SUMMARY:Secret title", "END:VEVENT"),
        )
        for start in starts
    )
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", "X-WR-CALNAME:Garden"]
    return "\r\n".join([*lines, *(line for event in events for line in event), "END:VCALENDAR", ""]).encode()


GOOD = calendar("20261124T090000Z", "20261125T090000Z")


@pytest.fixture
def owner(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    """Give the client with the neurologist signed in."""
    sign_in(client, world.neurologist)
    return client


def upload(
    client: FlaskClient, data: bytes, path: str = "/busy-calendars/files", key: str = "k"
) -> tuple[int, str]:
    """Send a file as a browser does; written by hand, as the client's own writer leaves large files open."""
    head = 'Content-Disposition: form-data; name="{}"'
    parts = (
        *("--edge", head.format("form_key"), "", key, "--edge", head.format("name"), "", ""),
        *("--edge", head.format("file") + '; filename="mine.ics"', "Content-Type: text/calendar", "", ""),
    )
    body = "\r\n".join(parts).encode() + data + b"\r\n--edge--\r\n"
    answer = client.post(path, data=body, content_type="multipart/form-data; boundary=edge")
    return answer.status_code, answer.text


def sources(database: Database) -> list[BusySource]:
    with database.read() as session:
        return list(session.scalars(select(BusySource).order_by(BusySource.created_at)))


def count_spans(database: Database) -> int:
    with database.read() as session:
        return len(session.scalars(select(BusySpan)).all())


def test_the_page_says_that_silence_never_counts_as_free(owner: FlaskClient) -> None:
    """Peer failure 31."""
    page = owner.get("/busy-calendars/")
    assert page.status_code == 200
    assert NEVER_FREE in page.text
    assert "No calendar yet." in page.text


def test_an_address_is_added_and_never_shown_again(owner: FlaskClient, sqlite_database: Database) -> None:
    answer = owner.post("/busy-calendars/", data=ADDRESS)
    assert (answer.status_code, answer.location) == (303, "/busy-calendars/")
    (source,) = sources(sqlite_database)
    assert (source.kind, source.url) == (BusySourceKind.URL, "https://calendar.example/secret.ics")
    page = owner.get("/busy-calendars/").text
    assert "Practice" in page
    assert "not read yet" in page
    assert "calendar.example" not in page


def test_the_same_form_sent_twice_adds_one_calendar(owner: FlaskClient, sqlite_database: Database) -> None:
    """Peer failure 11."""
    for _ in range(2):
        assert owner.post("/busy-calendars/", data=ADDRESS).status_code == 303
        assert upload(owner, GOOD)[0] == 303
    assert len(sources(sqlite_database)) == 2


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "not a web address"),
        ("mailto:a@b.example", "not a web address"),
        ("http://calendar.example/x.ics", "not encrypted"),
        ("https://user:secret@calendar.example/x.ics", "contains a password"),
        ("https://calendar.example:8443/x.ics", "unusual port"),
        ("https://127.0.0.1/x.ics", "internal network"),
        ("https://localhost/x.ics", "internal network"),
        ("https://10.1.2.3/x.ics", "internal network"),
        ("https://0x7f.1/x.ics", "internal network"),
        ("https://2130706433/x.ics", "internal network"),
        ("https://[::1]/x.ics", "internal network"),
        ("https://[::ffff:10.0.0.1]/x.ics", "internal network"),
        ("https://169.254.169.254/latest/meta-data", "internal network"),
        ("https://calendar.example/" + "x" * 1000, "characters"),
    ],
)
def test_a_wrong_or_internal_address_is_refused_at_its_field(
    owner: FlaskClient, sqlite_database: Database, url: str, sentence: str
) -> None:
    answer = owner.post("/busy-calendars/", data={**ADDRESS, "url": url})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'href="#url"' in answer.text
    assert 'value="Practice"' in answer.text
    assert NEVER_FREE in answer.text
    assert sources(sqlite_database) == []


def test_an_internal_server_on_the_list_may_be_added_even_without_encryption(
    app: Flask, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    from dataclasses import replace

    from confsched.web.context import SETTINGS

    settings = replace(app.extensions[SETTINGS], allowed_hosts=frozenset({"10.0.0.7:8080"}))
    other = create_app(settings, sqlite_database)
    other.test_client_class = PageClient
    client = other.test_client()
    sign_in(client, world.neurologist)
    listed, unlisted = ({**ADDRESS, "url": f"http://10.0.0.{last}:8080/x.ics"} for last in (7, 8))
    assert client.post("/busy-calendars/", data=listed).status_code == 303
    assert client.post("/busy-calendars/", data=unlisted).status_code == 422


def test_a_file_is_read_before_it_is_kept_and_its_titles_are_not(
    owner: FlaskClient, sqlite_database: Database
) -> None:
    assert upload(owner, GOOD)[0] == 303
    page = owner.get("/busy-calendars/").text
    assert "Read: 2 busy times." in page
    assert "Garden" in page
    assert "up to date" in page
    assert "Secret title" not in page
    assert count_spans(sqlite_database) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a calendar",
        b"\x00" * 100,
        GOOD[:-20],
        GOOD + b"x" * 2_200_000,
        calendar("20261124T090000Z").replace(b"SUMMARY:", b"RRULE:FREQ=SECONDLY\r\nSUMMARY:"),
    ],
    ids=["nothing", "text", "zeros", "cut off", "too large", "endless"],
)
def test_an_unreadable_file_is_refused_at_its_field_and_nothing_is_kept(
    owner: FlaskClient, sqlite_database: Database, data: bytes
) -> None:
    """Peer failure 31."""
    status, page = upload(owner, data)
    assert status == 422
    assert 'href="#new-file"' in page
    assert NEVER_FREE in page
    assert sources(sqlite_database) == []


def test_a_new_file_replaces_the_old_one(owner: FlaskClient, sqlite_database: Database) -> None:
    upload(owner, GOOD)
    (source,) = sources(sqlite_database)
    for _ in range(2):
        assert upload(owner, calendar("20261126T090000Z"), f"/busy-calendars/{source.id}/file")[0] == 303
        assert count_spans(sqlite_database) == 1


def test_a_bad_new_file_leaves_the_old_copy(owner: FlaskClient, sqlite_database: Database) -> None:
    """Peer failure 31."""
    upload(owner, GOOD)
    (source,) = sources(sqlite_database)
    status, page = upload(owner, b"no", f"/busy-calendars/{source.id}/file")
    assert status == 422
    assert 'id="replace-error"' in page
    assert 'href="#file"' in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert count_spans(sqlite_database) == 2


def test_a_removed_calendar_is_gone_from_the_page(owner: FlaskClient, sqlite_database: Database) -> None:
    owner.post("/busy-calendars/", data=ADDRESS)
    (source,) = sources(sqlite_database)
    assert owner.post(f"/busy-calendars/{source.id}/removal").status_code == 303
    assert "Practice" not in owner.get("/busy-calendars/").text
    assert owner.post(f"/busy-calendars/{source.id}/removal").status_code == 404


def test_the_page_says_why_a_calendar_is_unknown_and_when_it_is_tried_again(
    owner: FlaskClient, sqlite_database: Database
) -> None:
    """Peer failures 31 and 33."""
    owner.post("/busy-calendars/", data=ADDRESS)
    with sqlite_database.transaction() as session:
        (due,) = readings.claim_due(session, now=NOW)
        readings.store_failure(session, due, msg("The calendar server cannot be reached."), now=NOW)
    page = owner.get("/busy-calendars/").text
    assert "The calendar server cannot be reached." in page
    assert "unknown" in page
    assert "next try Mon 23 Nov, 08:01" in page


def test_a_server_is_added_and_its_password_is_neither_kept_open_nor_shown(
    owner: FlaskClient, sqlite_database: Database
) -> None:
    for _ in range(2):
        answer = owner.post("/busy-calendars/servers", data=SERVER)
        assert (answer.status_code, answer.location) == (303, "/busy-calendars/")
    (source,) = sources(sqlite_database)
    assert (source.kind, source.username) == (BusySourceKind.CALDAV, "anna")
    assert source.sealed_password is not None
    assert PASSWORD not in source.sealed_password
    page = owner.get("/busy-calendars/").text
    assert "Calendar account (anna)" in page
    assert PASSWORD not in page
    assert source.sealed_password not in page
    assert "calendar.example" not in page


def test_a_free_busy_address_needs_no_login(owner: FlaskClient, sqlite_database: Database) -> None:
    typed = {**SERVER, "kind": "free_busy", "username": "", "password": ""}
    assert owner.post("/busy-calendars/servers", data=typed).status_code == 303
    (source,) = sources(sqlite_database)
    assert (source.kind, source.username, source.sealed_password) == (BusySourceKind.FREE_BUSY, None, None)
    assert "Change password" not in owner.get("/busy-calendars/").text


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"name": ""}, "server-name", "Give the calendar a name."),
        ({"kind": "post"}, "kind", "Not a valid choice."),
        ({"url": "http://calendar.example/"}, "server-url", "not encrypted"),
        ({"url": "https://10.0.0.1/"}, "server-url", "internal network"),
        ({"url": "https://anna:word@calendar.example/"}, "server-url", "into their own fields"),
        ({"url": "https://calendar.example/" + "x" * 1000}, "server-url", "1000"),
        ({"username": ""}, "username", "Type the user name"),
        ({"username": "a:b"}, "username", "without a colon"),
        ({"username": "a" * 201}, "username", "at most 200"),
        ({"password": ""}, "server-password", "Type the password"),
        ({"password": "x" * 101}, "server-password", "at most 100"),
        ({"kind": "free_busy", "username": ""}, "username", "Type the user name"),
    ],
)
def test_a_server_that_is_wrong_is_refused_at_its_field_and_all_but_the_password_is_kept(
    owner: FlaskClient, sqlite_database: Database, typed: dict[str, str], field: str, sentence: str
) -> None:
    answer = owner.post("/busy-calendars/servers", data={**SERVER, **typed})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'href="#{field}"' in answer.text
    assert "Praxis" in answer.text or "name" in typed
    is_asked_again = "Type the password once more." in answer.text
    assert is_asked_again is (field != "server-password")
    assert PASSWORD not in answer.text
    assert sources(sqlite_database) == []


def test_a_changed_password_is_tried_at_once(owner: FlaskClient, sqlite_database: Database) -> None:
    owner.post("/busy-calendars/servers", data=SERVER)
    with sqlite_database.transaction() as session:
        (due,) = readings.claim_due(session, now=NOW)
        readings.store_failure(session, due, msg("Type the password again."), now=NOW, is_login=True)
    (before,) = sources(sqlite_database)
    assert before.due_at == NOW + readings.LAST_RETRY
    assert "Type the password again." in owner.get("/busy-calendars/").text
    answer = owner.post(f"/busy-calendars/{before.id}/password", data={"password": "another"})
    assert answer.status_code == 303
    (after,) = sources(sqlite_database)
    assert after.sealed_password != before.sealed_password
    assert (after.due_at, after.last_error) == (NOW, None)


def test_an_empty_new_password_is_refused_beside_its_calendar(
    owner: FlaskClient, sqlite_database: Database
) -> None:
    owner.post("/busy-calendars/servers", data=SERVER)
    (source,) = sources(sqlite_database)
    answer = owner.post(f"/busy-calendars/{source.id}/password", data={"password": ""})
    assert answer.status_code == 422
    assert 'href="#password"' in answer.text
    assert 'id="password-error"' in answer.text
    ids = re.findall(r'\bid="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))
    assert sources(sqlite_database)[0].sealed_password == source.sealed_password


def test_a_calendar_without_login_takes_no_password(owner: FlaskClient, sqlite_database: Database) -> None:
    owner.post("/busy-calendars/", data=ADDRESS)
    (source,) = sources(sqlite_database)
    answer = owner.post(f"/busy-calendars/{source.id}/password", data={"password": "word"})
    assert answer.status_code == 409


def test_what_had_to_be_guessed_stays_on_the_page(owner: FlaskClient) -> None:
    data = calendar("20261124T090000").replace(b"DTSTART:", b"DTSTART;TZID=Mars/Olympus:")
    assert upload(owner, data)[0] == 303
    owner.get("/busy-calendars/")  # says it once as the answer to the upload
    assert "“Mars/Olympus” is unknown" in owner.get("/busy-calendars/").text


@pytest.mark.parametrize("noun", ["file", "removal", "password"])
def test_another_persons_calendar_is_not_found(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, noun: str
) -> None:
    sign_in(client, world.neurologist)
    client.post("/busy-calendars/", data=ADDRESS)
    (source,) = sources(sqlite_database)
    for other in (world.second_neurologist, world.secretary, world.admin, world.stranger):
        sign_in(client, other)
        assert upload(client, GOOD, f"/busy-calendars/{source.id}/{noun}")[0] == 404
        assert "Practice" not in client.get("/busy-calendars/").text


def test_a_calendar_with_an_address_takes_no_file(owner: FlaskClient, sqlite_database: Database) -> None:
    owner.post("/busy-calendars/", data=ADDRESS)
    (source,) = sources(sqlite_database)
    assert upload(owner, GOOD, f"/busy-calendars/{source.id}/file")[0] == 409


def test_a_visitor_is_asked_to_sign_in(client: FlaskClient, world: World) -> None:
    del world
    assert client.get("/busy-calendars/").status_code == 302
    assert client.post("/busy-calendars/", data=ADDRESS).status_code == 401
    assert upload(client, GOOD)[0] == 401
