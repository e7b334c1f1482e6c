"""The line for freed times through the pages: join, take, decline, leave; each also twice and too late."""

from __future__ import annotations

import uuid
from datetime import date, time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from confsched.db import Database
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.consults import Consult
from confsched.models.waitlist import SlotOffer
from confsched.services import bookings
from confsched.worker.waitlist import serve_waiting
from tests.support.web import SignIn
from tests.world import NOW, World, book, leave_one_neurologist, local

LATE = local(date(2026, 12, 1), time(10))
PATHS = ("waiting", "waiting-end", "offer-acceptance", "offer-refusal")


@pytest.fixture
def booked(sqlite_database: Database, world: World) -> uuid.UUID:
    """Give a consult that is booked late, and could be had earlier."""
    with sqlite_database.transaction() as session:
        leave_one_neurologist(session, world)
        booking = book(session, world, LATE)
        return session.scalars(select(Consult.id).where(Consult.booking_id == booking.id)).one()


def _waiting(client: FlaskClient, database: Database, consult_id: uuid.UUID) -> str:
    """Join the line, let the worker offer a time, and return the path of the consult."""
    path = f"/consults/{consult_id}"
    assert [client.post(f"{path}/waiting").status_code for _ in range(2)] == [303, 303]
    with database.transaction() as session:
        session.execute(delete(SlotOffer))  # as if all that is free now had been freed since
    assert "0 before you" in client.get(f"{path}/waiting").text
    assert serve_waiting(database) == 1
    return path


def test_from_waiting_to_the_earlier_meeting(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, booked: uuid.UUID
) -> None:
    sign_in(client, world.requester)
    assert "Wait for an earlier time" in client.get(f"/consults/{booked}/waiting").text
    path = _waiting(client, sqlite_database, booked)
    page = client.get(f"{path}/waiting").text
    assert "A time has become free for you" in page and 'data-left="' in page
    answers = [client.post(f"{path}/offer-acceptance") for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    assert answers[0].location == answers[1].location
    with sqlite_database.read() as session:
        assert session.scalars(select(Booking)).one().starts_at < LATE
    assert "Wait for an earlier time" in client.get(f"{path}/waiting").text


def test_declining_and_leaving_twice_is_once(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, booked: uuid.UUID
) -> None:
    sign_in(client, world.requester)
    path = _waiting(client, sqlite_database, booked)
    for step in ("offer-refusal", "waiting-end"):
        answers = [client.post(f"{path}/{step}", follow_redirects=True) for _ in range(2)]
        assert {answer.status_code for answer in answers} == {200}
    with sqlite_database.read() as session:
        assert session.scalars(select(SlotOffer)).one().answer == "declined"
        assert session.scalars(select(Booking)).one().starts_at == LATE


def test_too_late_is_said_on_the_same_page(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, booked: uuid.UUID
) -> None:
    sign_in(client, world.requester)
    path = _waiting(client, sqlite_database, booked)
    with sqlite_database.transaction() as session:
        session.scalars(select(SlotOffer)).one().expires_at = NOW
    answer = client.post(f"{path}/offer-acceptance")
    assert answer.status_code == 409
    assert "went to the next in line" in answer.text and "You wait for an earlier time" in answer.text


def test_what_was_free_when_they_joined_is_no_freed_time(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, booked: uuid.UUID
) -> None:
    sign_in(client, world.requester)
    client.post(f"/consults/{booked}/waiting")
    assert serve_waiting(sqlite_database) == 0
    page = client.get(f"/consults/{booked}/waiting").text
    assert "You wait for an earlier time" in page and "A time has become free" not in page


def test_the_page_of_the_consult_says_that_it_waits_and_what_is_offered(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, booked: uuid.UUID
) -> None:
    sign_in(client, world.requester)
    client.post(f"/consults/{booked}/waiting")
    page = client.get(f"/consults/{booked}").text
    assert "You wait for an earlier time" in page and f'action="/consults/{booked}/waiting-end"' in page
    client.post(f"/consults/{booked}/waiting-end")
    page = client.get(f"/consults/{booked}").text
    assert "Wait for an earlier time" in page and "Leave the line" not in page
    _waiting(client, sqlite_database, booked)
    page = client.get(f"/consults/{booked}").text
    assert "A time has become free for you" in page and 'data-left="' in page


def test_an_offer_for_a_meeting_called_off_says_so_at_once(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, booked: uuid.UUID
) -> None:
    sign_in(client, world.requester)
    path = _waiting(client, sqlite_database, booked)
    with sqlite_database.transaction() as session:
        booking = session.scalars(select(Booking)).one()
        bookings.cancel(session, world.actor(world.requester), booking, now=NOW)
    page = client.get(f"{path}/waiting").text
    assert "Your meeting has been called off" in page and "Take this time" not in page
    answer = client.post(f"{path}/offer-acceptance")
    assert answer.status_code == 409 and "Your meeting has been called off" in answer.text


def test_who_has_a_seat_reads_why_it_is_not_exchanged(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        session.get_one(Service, world.service.id).seats = 2
        booking = book(session, world, LATE)
        consult_id = session.scalars(select(Consult.id).where(Consult.booking_id == booking.id)).one()
    sign_in(client, world.requester)
    for page in ("", "/waiting"):
        text = client.get(f"/consults/{consult_id}{page}").text
        assert "Others share this meeting, so it is not moved for one of them." in text


@pytest.mark.parametrize("name", ["stranger", "second_requester"])
def test_a_stranger_finds_nothing(
    client: FlaskClient, world: World, sign_in: SignIn, booked: uuid.UUID, name: str
) -> None:
    sign_in(client, getattr(world, name))
    assert client.get(f"/consults/{booked}/waiting").status_code == 404
    assert {client.post(f"/consults/{booked}/{path}").status_code for path in PATHS} == {404}


def test_what_is_called_off_cannot_wait(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, booked: uuid.UUID
) -> None:
    with sqlite_database.transaction() as session:
        booking = session.scalars(select(Booking)).one()
        bookings.cancel(session, world.actor(world.requester), booking, now=NOW)
    sign_in(client, world.requester)
    assert "There is nothing to wait for" in client.get(f"/consults/{booked}/waiting").text
    assert client.post(f"/consults/{booked}/waiting").status_code == 409
