"""Held times on their page: the clock, the question to the unknown, the proposal, the seats."""

from __future__ import annotations

import re
import uuid
from datetime import date, time

import pytest
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.kinds import QuestionAnswer
from confsched.models.catalogue import Service
from confsched.services import bookings, consult_times, questions
from tests.support.questions import make_unknown, token_for
from tests.support.web import SignIn
from tests.world import NOW, World, ask, book, leave_one_neurologist, local

TUESDAY = date(2026, 11, 24)
TEN, ELEVEN = local(TUESDAY, time(10)), local(TUESDAY, time(11))


@pytest.fixture
def unknown(sqlite_database: Database, world: World) -> uuid.UUID:
    """Give a request whose only consultant is unknown."""
    with sqlite_database.transaction() as session:
        leave_one_neurologist(session, world)
        make_unknown(session, world.neurologist)
        return ask(session, world).id


def test_the_clock_of_a_hold_stands_as_a_time_without_script(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        consult_id = ask(session, world).id
    sign_in(client, world.requester)
    client.post(f"/consults/{consult_id}/hold", data={"starts_at": TEN.isoformat()})
    page = client.get(f"/consults/{consult_id}/times").text
    assert re.search(r'held until 08:10, time left: <b data-left="600"[^>]*>10:00</b>', page)
    assert "Book this time" in page


def test_the_unknown_are_asked_and_the_page_shows_how_far_it_is(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, unknown: uuid.UUID
) -> None:
    path = f"/consults/{unknown}"
    sign_in(client, world.requester)
    client.post(f"{path}/hold", data={"starts_at": TEN.isoformat()})
    assert "Ask, then book by itself" in client.get(f"{path}/times").text
    answers = [client.post(f"{path}/booking") for _ in range(2)]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, f"{path}/times#held")}
    page = client.get(f"{path}/times").text
    assert "Held until all have answered" in page and "no answer yet" in page
    with sqlite_database.transaction() as session:
        token = token_for(session, world.neurologist)
        questions.answer(session, token, QuestionAnswer.OTHER, now=NOW, other_starts_at=ELEVEN)
    page = client.get(f"{path}/times").text
    assert "Proposed to you" in page and ELEVEN.isoformat() in page
    client.post(f"{path}/hold", data={"starts_at": ELEVEN.isoformat()})
    assert "/bookings/" in client.post(f"{path}/booking").location


def test_a_seat_is_held_booked_and_given_back(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        session.get_one(Service, world.service.id).seats = 6
        booking_id = book(session, world, TEN).id
        consult_id = ask(session, world, "key-2", by=world.second_requester).id
    path = f"/consults/{consult_id}"
    sign_in(client, world.second_requester)
    assert "5 of 6 seats free" in client.get(f"{path}/times").text
    assert client.post(f"{path}/seat", data={"booking_id": "x"}).status_code == 422
    assert client.post(f"{path}/seat", data={"booking_id": str(uuid.uuid4())}).status_code == 404
    assert client.post(f"{path}/seat-return").status_code == 409
    for _ in range(2):
        answer = client.post(f"{path}/seat", data={"booking_id": str(booking_id)})
        assert (answer.status_code, answer.location) == (303, f"{path}/times#held")
    page = client.get(client.post(f"{path}/booking").location)
    assert page.status_code == 200
    assert "Is a thrombectomy sensible?" in page.text
    assert [client.post(f"{path}/seat-return").status_code for _ in range(2)] == [303, 303]


@pytest.mark.parametrize("step", ["seat", "seat-return"])
def test_a_seat_of_somebody_else_is_not_found(
    client: FlaskClient, world: World, sign_in: SignIn, unknown: uuid.UUID, step: str
) -> None:
    sign_in(client, world.second_requester)
    assert client.post(f"/consults/{unknown}/{step}").status_code == 404
    sign_in(client, world.auditor)
    assert client.post(f"/consults/{unknown}/{step}").status_code == 403


def test_a_held_seat_in_a_meeting_that_is_called_off_is_not_shown_as_held(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        session.get_one(Service, world.service.id).seats = 2
        booking = book(session, world, TEN)
        consult, actor = ask(session, world, "key-2", by=world.second_requester), world.second_requester
        consult_times.hold_seat(session, world.actor(actor), consult, booking.id, now=NOW)
        bookings.cancel(session, world.actor(world.neurologist), booking, now=NOW)
        here = f"/consults/{consult.id}"
    sign_in(client, world.second_requester)
    page = client.get(f"{here}/times").text
    assert "This meeting has been moved or called off meanwhile." in page and "Held for you" not in page
    assert client.post(f"{here}/booking").status_code == 409
