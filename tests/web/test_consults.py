"""Booking a consult through the pages: the whole path, and every way it can fail."""

from __future__ import annotations

import re
import threading
import uuid
from datetime import date, time, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from confsched.create_app import create_app
from confsched.db import Database
from confsched.models.bookings import Booking
from confsched.models.consults import Consult
from confsched.models.network import Site
from confsched.services import accounts, consult_times
from confsched.settings import Settings
from tests.support.web import PageClient, SignIn
from tests.world import (
    NOW,
    World,
    add_agreement,
    add_crowd,
    add_service,
    ask,
    book,
    build_world,
    leave_one_neurologist,
    local,
)

NINE = local(date(2026, 11, 24), time(9))
PATHS = ("hold", "release", "booking", "withdrawal")


def _form(world: World, **other: str) -> dict[str, str]:
    form = {
        "service_id": str(world.service.id),
        "case_ref": "FK-7Q2M",
        "question": "Is a thrombectomy sensible?",
        "reply_by_on": "2026-12-04",
        "form_key": "key-1",
    }
    return {**form, **other}


def _asked(database: Database, world: World, key: str = "key-1") -> uuid.UUID:
    with database.transaction() as session:
        return ask(session, world, key).id


def _taken_by_another(database: Database, world: World) -> None:
    with database.transaction() as session:
        leave_one_neurologist(session, world)
        consult = ask(session, world, "key-2", by=world.second_requester)
        consult_times.hold(session, world.actor(world.second_requester), consult, NINE, now=NOW)


def _count(database: Database, model: type[Booking | Consult]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_from_the_question_to_the_booking(client: FlaskClient, world: World, sign_in: SignIn) -> None:
    sign_in(client, world.requester)
    assert "Neurologie-Konsil, Wendstadt (30 min)" in client.get("/consults/new").text
    answer = client.post("/consults/", data=_form(world))
    assert answer.status_code == 303
    times = client.get(answer.location).text
    starts_at = re.findall(r'name="starts_at" value="([^"]+)"', times)[0]
    consult = answer.location.removesuffix("/times")
    answer = client.post(f"{consult}/hold", data={"starts_at": starts_at})
    assert (answer.status_code, answer.location) == (303, f"{consult}/times#held")
    page = client.get(f"{consult}/times").text
    assert "Held for you" in page
    assert f'action="{consult}/booking"' in page
    answer = client.post(f"{consult}/booking")
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Booked. Everybody gets an invitation" in page
    assert "Is a thrombectomy sensible?" in page
    assert client.get(f"{consult}/times").status_code == 303
    assert "Neurologie-Konsil" in client.get("/consults/").text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("service_id", "nonsense"),
        ("service_id", str(uuid.UUID(int=7))),
        ("case_ref", "Anna Schmidt"),
        ("question", ""),
        ("question", "Frau Anna Schmidt, geb. 02.01.1970, hat Schwindel."),
        ("reply_by_on", ""),
        ("reply_by_on", "31.02.2026"),
        ("reply_by_on", "2026-11-01"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_is_kept(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, field: str, typed: str
) -> None:
    sign_in(client, world.requester)
    form = _form(world, **{field: typed})
    answer = client.post("/consults/", data=form)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    kept = {name: form[name] for name in ("case_ref", "question", "reply_by_on")}
    assert all(value in answer.text for value in kept.values())
    assert _count(sqlite_database, Consult) == 0


def test_all_that_is_wrong_with_a_question_is_said_at_once(
    client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.requester)
    wrong = {"service_id": "", "case_ref": "Anna Schmidt", "question": "", "reply_by_on": "2026-11-01"}
    answer = client.post("/consults/", data=_form(world, **wrong))
    assert answer.status_code == 422
    assert all(f'id="{field}-error"' in answer.text and f'href="#{field}"' in answer.text for field in wrong)
    assert all(typed in answer.text for typed in ("Anna Schmidt", "2026-11-01"))


def test_the_form_says_which_services_are_triaged_first(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        service = add_service(session, session.get_one(Site, world.hub.id), name="Oncology")
        service.needs_triage = True
        add_agreement(session, service, world.spoke)
    sign_in(client, world.requester)
    page = client.get("/consults/new").text
    options = re.findall(r"<option[^>]*>([^<]+)</option>", page)
    assert [option.endswith("is triaged first") for option in options] == [False, True]
    assert "Send request" in page and "Show times" not in page


def test_the_list_follows_the_day_that_it_shows(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    """The meeting where there is one, else the day until which the reply is needed."""
    with sqlite_database.transaction() as session:
        for day in (26, 24):
            book(session, world, local(date(2026, 11, day), time(9)), f"key-{day}", case_ref=f"FK-NOV-{day}")
        ask(session, world, "key-25", case_ref="FK-NOV-25", reply_by_on=date(2026, 11, 25))
    sign_in(client, world.requester)
    page = client.get("/consults/").text
    assert re.findall(r"FK-NOV-\d+", page) == ["FK-NOV-24", "FK-NOV-25", "FK-NOV-26"]


def test_the_same_form_twice_asks_once(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    """Line 11: a retried POST books once."""
    sign_in(client, world.requester)
    answers = [client.post("/consults/", data=_form(world)) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert _count(sqlite_database, Consult) == 1


def test_holding_booking_and_withdrawing_twice_is_once(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    first, second = _asked(sqlite_database, world), _asked(sqlite_database, world, "key-2")
    wanted: tuple[tuple[str, dict[str, str]], ...] = (
        ("hold", {"starts_at": NINE.isoformat()}),
        ("booking", {}),
    )
    for path, data in wanted:
        answers = [client.post(f"/consults/{first}/{path}", data=data) for _ in range(2)]
        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.location for answer in answers}) == 1
    assert _count(sqlite_database, Booking) == 1
    assert [client.post(f"/consults/{second}/withdrawal").status_code for _ in range(2)] == [303, 303]
    assert client.get(f"/consults/{second}/times").status_code == 409


def test_a_site_without_agreement_sees_why_there_is_no_service(
    client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.stranger)
    assert "No service is open to your site yet" in client.get("/consults/new").text
    assert client.post("/consults/", data=_form(world)).status_code == 422


@pytest.mark.parametrize("name", ["stranger", "second_requester"])
def test_a_stranger_finds_nothing(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, name: str
) -> None:
    consult_id = _asked(sqlite_database, world)
    sign_in(client, getattr(world, name))
    assert client.get(f"/consults/{consult_id}/times").status_code == 404
    for path in PATHS:
        answer = client.post(f"/consults/{consult_id}/{path}", data={"starts_at": NINE.isoformat()})
        assert answer.status_code == 404


@pytest.mark.parametrize("name", ["neurologist", "coordinator", "admin", "auditor"])
def test_who_may_not_ask_is_turned_away(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, name: str
) -> None:
    consult_id = _asked(sqlite_database, world)
    sign_in(client, getattr(world, name))
    assert client.get("/consults/new").status_code == 403
    assert client.get(f"/consults/{consult_id}/times").status_code == 403
    assert client.post("/consults/", data=_form(world)).status_code == 403
    for path in PATHS:
        assert client.post(f"/consults/{consult_id}/{path}").status_code == 403


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "soon",
        "2026-11-24T09:00",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        "2026-11-24T08:00:30+00:00",
    ],
)
def test_what_is_no_time_is_refused(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, typed: str
) -> None:
    consult_id = _asked(sqlite_database, world)
    sign_in(client, world.requester)
    answer = client.post(f"/consults/{consult_id}/hold", data={"starts_at": typed})
    assert answer.status_code == 422
    assert "This is not a time." in answer.text


def test_a_time_in_the_past_is_refused_on_the_page_of_times(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    consult_id = _asked(sqlite_database, world)
    sign_in(client, world.requester)
    form = {"starts_at": (NOW - timedelta(days=1)).isoformat()}
    answer = client.post(f"/consults/{consult_id}/hold", data=form)
    assert answer.status_code == 422
    assert "in the past" in answer.text


def test_a_taken_time_answers_with_the_next_best_ones(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    """Lines 2 and 33: the second is told, and sees what else there is."""
    _taken_by_another(sqlite_database, world)
    consult_id = _asked(sqlite_database, world)
    sign_in(client, world.requester)
    answer = client.post(f"/consults/{consult_id}/hold", data={"starts_at": NINE.isoformat()})
    assert answer.status_code == 409
    assert "Somebody was faster" in answer.text
    offered = re.findall(r'name="starts_at" value="([^"]+)"', answer.text)
    assert offered
    assert NINE.isoformat() not in offered


def test_a_hold_that_ran_out_keeps_the_question_and_offers_times(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    moment: time_machine.Traveller,
) -> None:
    consult_id = _asked(sqlite_database, world)
    sign_in(client, world.requester)
    client.post(f"/consults/{consult_id}/hold", data={"starts_at": NINE.isoformat()})
    moment.shift(11 * 60)
    answer = client.post(f"/consults/{consult_id}/booking")
    assert answer.status_code == 409
    assert "The held time ran out. Nothing you typed is lost" in answer.text
    assert "Is a thrombectomy sensible?" in answer.text
    assert 'name="starts_at"' in answer.text


def test_a_time_given_back_is_offered_again(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    consult_id = _asked(sqlite_database, world)
    sign_in(client, world.requester)
    client.post(f"/consults/{consult_id}/hold", data={"starts_at": NINE.isoformat()})
    assert [client.post(f"/consults/{consult_id}/release").status_code for _ in range(2)] == [303, 303]
    assert "Held for you" not in client.get(f"/consults/{consult_id}/times").text


def test_of_sixteen_browsers_at_two_servers_one_gets_the_time(
    database: Database, settings: Settings, moment: time_machine.Traveller
) -> None:
    """Line 2: one answer 303, fifteen answers 409 with the next best times."""
    del moment  # the clock stands at NOW
    with database.transaction() as session:
        world = build_world(session)
        leave_one_neurologist(session, world)
        crowd = add_crowd(session, world, 16)
        asked = [ask(session, world, by=person).id for person in crowd]
    second = Database(database.url)
    apps = [create_app(settings, database), create_app(settings, second)]
    clients = [_signed_in(apps[n % 2], database, crowd[n].email) for n in range(16)]
    barrier, answers = threading.Barrier(16), []

    def press(number: int) -> None:
        barrier.wait(60)
        form = {"starts_at": NINE.isoformat()}
        answers.append(clients[number].post(f"/consults/{asked[number]}/hold", data=form))

    threads = [threading.Thread(target=press, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.dispose()
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 15
    for answer in answers:
        if answer.status_code == 409:
            assert "Somebody was faster" in answer.text
            assert 'name="starts_at"' in answer.text


def _signed_in(app: Flask, database: Database, email: str) -> FlaskClient:
    app.test_client_class = PageClient
    client = app.test_client()
    with database.transaction() as session:
        credentials = accounts.find_credentials(session, email, now=NOW)
        token = accounts.sign_in(session, credentials, True, now=NOW)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client
