"""The wall display in a browser, and the page that makes and revokes its addresses."""

from __future__ import annotations

import re
from datetime import timedelta

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched import logs
from confsched.db import Database
from confsched.domain.kinds import UrgentKind
from confsched.models.urgent import BoardToken
from confsched.services import engine
from tests.services.test_figures import held
from tests.support.urgent import add_urgent, put_neurologist_on_duty
from tests.support.web import SignIn
from tests.world import NOW, World


def _made(client: FlaskClient, world: World) -> str:
    form = {"name": "Stroke unit", "site": str(world.hub.id), "form_key": "key"}
    page = client.post("/wall-displays/", data=form).text
    (address,) = re.findall(r'value="[^"]+(/wall/[^"]+)"', page)
    return str(address)


def test_a_display_shows_lines_and_open_consults_and_nothing_of_a_case(
    app: Flask, client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        service = add_urgent(session, world, UrgentKind.TELESTROKE)
        put_neurologist_on_duty(session, world)
        consult = held(session, world, service, NOW - timedelta(minutes=3), question="Lyse bei Marcumar?")
        engine.record_cycle(session, "worker", NOW)
    sign_in(client, world.admin)
    address = _made(client, world)
    display = app.test_client()
    answer = display.get(address)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    page = answer.text
    assert answer.headers["Refresh"] == "20" and "http-equiv" not in page and "<script" not in page
    assert "3 min" in page and "Dr. Jana Okafor" in page and "08:00" in page
    assert "Old data" in page, "the style sheet shows it once the page is too old"
    assert "Nobody is being alerted" not in page
    for secret in (consult.case_ref, consult.question, world.requester.name, "Moorfeld", str(consult.id)):
        assert secret not in page


def test_a_display_says_that_nobody_is_on_duty_and_that_the_worker_stands_still(
    app: Flask, client: FlaskClient, world: World, sign_in: SignIn, moment: time_machine.Traveller
) -> None:
    sign_in(client, world.admin)
    address = _made(client, world)
    moment.move_to(NOW + timedelta(hours=12))
    page = app.test_client().get(address).text
    assert '<tr class="is-open">' in page and "Nobody on duty" in page
    assert "Nobody is being alerted at the moment" in page


def test_when_a_display_was_last_seen_is_noted_once_a_minute_and_its_address_never_logged(
    app: Flask, client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.admin)
    address = _made(client, world)
    assert "not seen yet" in client.get("/wall-displays/").text
    for seconds, seen in ((0, 0), (59, 0), (60, 60)):
        with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
            app.test_client().get(address)
        with sqlite_database.read() as session:
            board = session.scalars(select(BoardToken)).one()
            assert board.last_seen_at == NOW + timedelta(seconds=seen)
    assert address.rpartition("/")[2] not in client.get("/wall-displays/").text
    assert address not in logs.redact(f"GET {address} 200")


def test_a_revoked_or_unknown_address_opens_nothing(
    app: Flask, client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.admin)
    address = _made(client, world)
    (revocation,) = re.findall(
        r'action="(/wall-displays/[^"]+/revocation)"', client.get("/wall-displays/").text
    )
    assert client.post(revocation).status_code == 303
    answers = {app.test_client().get(path).status_code for path in (address, "/wall/x")}
    assert answers == {404}


def test_what_is_wrong_is_said_at_its_field_and_only_the_administration_makes_displays(
    client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.admin)
    answer = client.post("/wall-displays/", data={"name": "", "site": str(world.hub.id), "form_key": "a"})
    assert answer.status_code == 422 and 'id="name-error"' in answer.text
    answer = client.post("/wall-displays/", data={"name": "x", "site": str(world.spoke.id), "form_key": "b"})
    assert answer.status_code == 422 and 'id="site-error"' in answer.text
    sign_in(client, world.secretary)
    assert client.get("/wall-displays/").status_code == 403
