"""Meetings through the pages: the list, one of them, another time, calling off."""

from __future__ import annotations

import re
import uuid
from datetime import date, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.models.bookings import Booking
from confsched.models.rosters import WorkingHoursRow
from confsched.services import bookings
from tests.support.web import SignIn
from tests.world import NOW, World, book, leave_one_neurologist, local

TUESDAY = date(2026, 11, 24)
NINE, TEN = local(TUESDAY, time(9)), local(TUESDAY, time(10))
OWN_TIME = {"day": "2026-11-24", "at": "10:00"}


@pytest.fixture
def booking_id(sqlite_database: Database, world: World) -> uuid.UUID:
    """Give a booking at nine; at ten the only neurologist meets somebody else."""
    with sqlite_database.transaction() as session:
        leave_one_neurologist(session, world)
        book(session, world, TEN, "key-2", by=world.second_requester)
        return book(session, world, NINE).id


def _stored(database: Database, booking_id: uuid.UUID) -> Booking:
    with database.read() as session:
        return session.get_one(Booking, booking_id)


def test_the_list_leads_to_the_meeting(
    client: FlaskClient, world: World, sign_in: SignIn, booking_id: uuid.UUID
) -> None:
    sign_in(client, world.requester)
    assert f"/bookings/{booking_id}" in client.get("/bookings/").text
    page = client.get(f"/bookings/{booking_id}").text
    assert world.neurologist.name in page
    assert "Is a thrombectomy sensible?" in page


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("?q=konsil", True),
        ("?q=fk-7q", True),
        ("?q=%25", False),
        ("?kind=conference", False),
        ("?kind=nonsense&page=0", True),
        ("?since=2026-11-25", False),
        ("?since=0001-01-01", True),
        ("?since=9999-12-31", True),
        ("?since=yesterday&page=x", True),
    ],
)
def test_the_filter_stands_in_the_address(
    client: FlaskClient, world: World, sign_in: SignIn, booking_id: uuid.UUID, query: str, is_found: bool
) -> None:
    sign_in(client, world.requester)
    answer = client.get("/bookings/" + query)
    assert answer.status_code == 200
    assert (f"/bookings/{booking_id}" in answer.text) is is_found


def test_the_secretariat_sees_time_and_people_but_not_the_question(
    client: FlaskClient, world: World, sign_in: SignIn, booking_id: uuid.UUID
) -> None:
    sign_in(client, world.secretary)
    page = client.get(f"/bookings/{booking_id}").text
    assert world.neurologist.name in page
    assert "Is a thrombectomy sensible?" not in page
    assert "Call off and tell everybody" not in page
    assert client.get(f"/bookings/{booking_id}/times").status_code == 404


@pytest.mark.parametrize("name", ["stranger", "admin"])
def test_a_stranger_finds_nothing(
    client: FlaskClient, world: World, sign_in: SignIn, booking_id: uuid.UUID, name: str
) -> None:
    sign_in(client, getattr(world, name))
    pages = [
        client.get(f"/bookings/{one}{path}")
        for one in (booking_id, uuid.UUID(int=7))
        for path in ("", "/times")
    ]
    assert {page.status_code for page in pages} == {404}
    assert client.post(f"/bookings/{booking_id}/move", data=OWN_TIME).status_code == 404
    assert client.post(f"/bookings/{booking_id}/cancellation").status_code == 404


def test_who_has_no_meetings_is_turned_away(
    client: FlaskClient, world: World, sign_in: SignIn, booking_id: uuid.UUID
) -> None:
    sign_in(client, world.auditor)
    for path in ("/bookings/", f"/bookings/{booking_id}", f"/bookings/{booking_id}/times"):
        assert client.get(path).status_code == 403
    for path in ("move", "cancellation"):
        assert client.post(f"/bookings/{booking_id}/{path}").status_code == 403


def test_an_offered_time_moves_the_meeting_and_twice_is_once(
    client: FlaskClient, world: World, sign_in: SignIn, booking_id: uuid.UUID, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    offered = re.findall(
        r'name="starts_at" value="([^"]+T[^"]+)"', client.get(f"/bookings/{booking_id}/times").text
    )
    for _ in range(2):
        answer = client.post(f"/bookings/{booking_id}/move", data={"starts_at": offered[0]})
        assert (answer.status_code, answer.location) == (303, f"/bookings/{booking_id}")
    booking = _stored(sqlite_database, booking_id)
    assert (booking.starts_at.isoformat(), booking.sequence) == (offered[0], 1)


def test_a_taken_time_answers_with_other_times(
    client: FlaskClient, world: World, sign_in: SignIn, booking_id: uuid.UUID
) -> None:
    """Lines 2 and 33: refused, with what else there is."""
    sign_in(client, world.neurologist)
    answer = client.post(f"/bookings/{booking_id}/move", data=OWN_TIME)
    assert answer.status_code == 409
    assert 'value="2026-11-24"' in answer.text
    assert re.search(r'name="starts_at" value="[^"]+T', answer.text)


def test_with_a_reason_the_meeting_overlaps_and_both_sides_see_it(
    client: FlaskClient, world: World, sign_in: SignIn, booking_id: uuid.UUID
) -> None:
    """Line 10: staff override a conflict knowingly."""
    sign_in(client, world.neurologist)
    form = {**OWN_TIME, "override_reason": "both agreed"}
    assert client.post(f"/bookings/{booking_id}/move", data=form).status_code == 303
    assert "knowingly: both agreed" in client.get(f"/bookings/{booking_id}").text
    other = client.application.test_client()
    sign_in(other, world.second_requester)
    link = re.findall(r'href="(/bookings/[0-9a-f-]{36})"', other.get("/bookings/").text)[0]
    assert "knowingly: both agreed" in other.get(link).text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"day": "", "at": "10:00"}, "day"),
        ({"day": "2026-02-31", "at": "10:00"}, "day"),
        ({"day": "0001-01-01", "at": "10:00"}, "day"),
        ({"day": "2026-11-24", "at": ""}, "at"),
        ({"day": "2027-03-28", "at": "02:30"}, "at"),
        ({"day": "2026-10-25", "at": "02:30"}, "at"),
        ({**OWN_TIME, "override_reason": "x" * 201}, "override_reason"),
        ({**OWN_TIME, "override_reason": "Frau Anna Schmidt, geb. 02.01.1970"}, "override_reason"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_is_kept(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    booking_id: uuid.UUID,
    typed: dict[str, str],
    field: str,
) -> None:
    sign_in(client, world.neurologist)
    answer = client.post(f"/bookings/{booking_id}/move", data=typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert all(f'value="{value}"' in answer.text for value in typed.values())


def test_calling_off_is_shown_with_its_reason_and_twice_is_once(
    client: FlaskClient, world: World, sign_in: SignIn, booking_id: uuid.UUID, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    for _ in range(2):
        answer = client.post(f"/bookings/{booking_id}/cancellation", data={"reason": "the ward moved"})
        assert (answer.status_code, answer.location) == (303, f"/bookings/{booking_id}")
    assert "Called off: the ward moved" in client.get(f"/bookings/{booking_id}").text
    assert _stored(sqlite_database, booking_id).sequence == 1


@pytest.mark.parametrize("reason", ["x" * 201, "Frau Anna Schmidt, geb. 02.01.1970"])
def test_a_reason_that_cannot_go_out_is_refused_and_kept(
    client: FlaskClient, world: World, sign_in: SignIn, booking_id: uuid.UUID, reason: str
) -> None:
    sign_in(client, world.requester)
    answer = client.post(f"/bookings/{booking_id}/cancellation", data={"reason": reason})
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    assert reason in answer.text


def test_a_reply_on_a_page_from_before_a_move_is_refused_and_shows_the_new_time(
    client: FlaskClient, world: World, sign_in: SignIn, booking_id: uuid.UUID, sqlite_database: Database
) -> None:
    sign_in(client, world.neurologist)
    old_page = client.get(f"/bookings/{booking_id}").text
    assert 'name="sequence" value="0"' in old_page
    with sqlite_database.transaction() as session:
        row, eleven = session.get_one(Booking, booking_id), local(TUESDAY, time(11))
        bookings.move(session, world.actor(world.requester), row, eleven, now=NOW)
    reply = {"partstat": "ACCEPTED", "sequence": "0"}
    answer = client.post(f"/bookings/{booking_id}/reply", data=reply)
    assert answer.status_code == 409
    assert "This meeting has changed meanwhile." in answer.text
    assert 'name="sequence" value="1"' in answer.text
    answer = client.post(f"/bookings/{booking_id}/reply", data={**reply, "sequence": "1"})
    assert answer.status_code == 303


@pytest.fixture
def crowded_id(sqlite_database: Database, world: World) -> uuid.UUID:
    """Give a booking of the only neurologist, who is free for it again between the usual starts."""
    with sqlite_database.transaction() as session:
        leave_one_neurologist(session, world)
        booking = book(session, world, TEN)
        for row in session.scalars(select(WorkingHoursRow)):
            row.starts, row.ends = time(9, 5), time(9, 35)
        return booking.id


def test_what_would_help_a_move_has_a_button_that_moves(
    client: FlaskClient, world: World, sign_in: SignIn, crowded_id: uuid.UUID, sqlite_database: Database
) -> None:
    """Cover line 33 of the failures of others."""
    sign_in(client, world.requester)
    here = f"/bookings/{crowded_id}"
    page = client.get(f"{here}/times").text
    assert "A move keeps the length." in page
    found = re.search(r'name="starts_at" value="([^"]+)"(?:(?!</form>).)*Move to this time', page, re.DOTALL)
    assert found is not None
    assert client.post(f"{here}/move", data={"starts_at": found.group(1)}).location == here
    assert _stored(sqlite_database, crowded_id).starts_at.isoformat() == found.group(1)


def test_who_may_overrule_is_led_to_the_form_with_the_time(
    client: FlaskClient, world: World, sign_in: SignIn, booking_id: uuid.UUID
) -> None:
    sign_in(client, world.neurologist)
    page = client.get(f"/bookings/{booking_id}/times?day=2026-11-24&at=10:00").text
    assert 'value="2026-11-24"' in page and 'value="10:00"' in page
    assert client.get(f"/bookings/{booking_id}/times?day=x&at=x").status_code == 200


@pytest.mark.parametrize(
    ("minutes", "kind"), [(-25 * 60, "plain"), (-16, "plain"), (-15, "primary"), (29, "primary"), (30, None)]
)
def test_joining_is_the_main_thing_from_a_quarter_of_an_hour_before(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    booking_id: uuid.UUID,
    minutes: int,
    kind: str | None,
) -> None:
    with sqlite_database.transaction() as session:
        booking = session.get_one(Booking, booking_id)
        booking.join_link = "https://video.example/raum"
        length = booking.ends_at - booking.starts_at
        booking.starts_at = NOW - timedelta(minutes=minutes)
        booking.ends_at = booking.starts_at + length
    sign_in(client, world.requester)
    page = client.get(f"/bookings/{booking_id}").text
    shown = re.findall(r'class="btn btn-(\w+)" href="https://video.example/raum"', page)
    assert shown == ([kind] if kind else [])
    assert "<dt>Place</dt>" not in page, "a meeting by video has none"
    assert '<dt>Join</dt><dd><a href="https://video.example/raum">' in page
