"""Signing in and out, language and colours, through the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.permissions import Permission
from confsched.models.accounts import Account, LoginSession
from confsched.models.people import Person
from confsched.services import accounts, engine, login_sessions
from confsched.web.context import current_actor
from confsched.web.policies import needs
from tests.support.web import SignIn
from tests.world import NOW, PASSWORD, World


@pytest.fixture
def app(fresh_app: Flask) -> Flask:
    """Give an app of one's own, for pages of these tests."""
    return fresh_app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    view = needs(Permission.USE)(lambda: f"{current_actor().name}")
    app.add_url_rule("/me", "me", view, methods=["GET", "POST"])
    return app.test_client()


def _sign_in(client: FlaskClient, email: str, password: str = PASSWORD, target: str = "/me") -> int:
    return client.post("/login", data={"email": email, "password": password, "next": target}).status_code


def test_the_right_password_leads_to_the_page_that_was_asked_for(client: FlaskClient, world: World) -> None:
    answer = client.post("/login", data={"email": world.requester.email, "password": PASSWORD, "next": "/me"})
    assert (answer.status_code, answer.location) == (303, "/me")
    assert client.get("/me").text == world.requester.name


def test_the_login_page_keeps_the_target_through_a_failure(client: FlaskClient, world: World) -> None:
    assert 'value="/me"' in client.get("/login?next=/me").text
    answer = client.post("/login", data={"email": world.requester.email, "password": "wrong", "next": "/me"})
    assert answer.status_code == 422
    assert 'value="/me"' in answer.text
    assert world.requester.email in answer.text
    assert "do not belong together" in answer.text
    assert "wrong" not in answer.text


@pytest.mark.parametrize("field", ["email", "password"])
def test_an_empty_field_is_named(client: FlaskClient, world: World, field: str) -> None:
    form = {"email": world.requester.email, "password": PASSWORD, field: ""}
    answer = client.post("/login", data=form)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text


def test_unknown_wrong_and_disabled_look_alike(
    client: FlaskClient, world: World, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        account = session.scalars(select(Account).where(Account.person_id == world.stranger.id)).one()
        accounts.disable_account(session, None, account, now=NOW)
    pages = {
        client.post("/login", data={"email": email, "password": password, "form_key": "k"})
        .text.replace(email, "E")
        for email, password in (
            ("nobody@nowhere.example", "wrong"),
            (world.requester.email, "wrong"),
            (world.stranger.email, PASSWORD),
        )
    }  # fmt: skip
    assert len(pages) == 1


def test_after_many_failures_the_page_says_how_long_to_wait(
    client: FlaskClient, world: World, moment: time_machine.Traveller
) -> None:
    for _ in range(5):
        _sign_in(client, world.requester.email, "wrong")
    answer = client.post("/login", data={"email": world.requester.email, "password": PASSWORD})
    assert answer.status_code == 422
    assert "Try again in one second." in answer.text
    moment.shift(1)
    assert _sign_in(client, world.requester.email) == 303


def test_a_browser_that_was_used_before_does_not_wait_for_the_failures_of_an_attacker(
    app: Flask, client: FlaskClient, world: World
) -> None:
    _sign_in(client, world.requester.email)
    client.post("/logout")
    attacker = app.test_client()
    for _ in range(6):
        _sign_in(attacker, world.requester.email, "wrong")
    assert "Try again" in attacker.post("/login", data={"email": world.requester.email, "password": "x"}).text
    assert _sign_in(client, world.requester.email) == 303


def test_a_browser_is_known_for_its_own_accounts_only(client: FlaskClient, world: World) -> None:
    _sign_in(client, world.stranger.email)
    client.post("/logout")
    for _ in range(5):
        _sign_in(client, world.requester.email, "wrong")
    assert _sign_in(client, world.requester.email) == 422


@pytest.mark.parametrize("forged", ["", "x", "WyJ4Il0.forged", "ä"])
def test_a_forged_mark_of_a_browser_helps_nobody(client: FlaskClient, world: World, forged: str) -> None:
    client.set_cookie("confsched_known", forged)
    for _ in range(5):
        _sign_in(client, world.requester.email, "wrong")
    assert _sign_in(client, world.requester.email) == 422


def test_a_ward_computer_keeps_the_last_eight_accounts(client: FlaskClient, world: World) -> None:
    for person in (*world.cast, world.requester):
        _sign_in(client, person.email)
        client.post("/logout")
    mark = client.get_cookie("confsched_known")
    assert mark is not None
    assert len(mark.value) < 600
    for _ in range(5):
        _sign_in(client, world.requester.email, "wrong")
    assert _sign_in(client, world.requester.email) == 303


def test_who_is_signed_in_does_not_see_the_login_page(
    client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.requester)
    answer = client.get("/login?next=/me")
    assert (answer.status_code, answer.location) == (302, "/me")


def test_signing_out_ends_the_session_on_the_server(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    token = sign_in(client, world.requester)
    assert client.post("/logout").status_code == 303
    assert client.get("/me").status_code == 302
    with sqlite_database.read() as session:
        assert login_sessions.actor_of(session, token, NOW) is None
    stolen = client.application.test_client()
    with stolen.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert stolen.get("/me").status_code == 302


def test_signing_out_twice_is_no_mistake(client: FlaskClient, world: World, sign_in: SignIn) -> None:
    sign_in(client, world.requester)
    assert [client.post("/logout").status_code for _ in range(2)] == [303, 303]


def test_a_session_ends_after_half_an_hour_and_the_login_page_says_so(
    client: FlaskClient, world: World, sign_in: SignIn, moment: time_machine.Traveller
) -> None:
    sign_in(client, world.requester)
    moment.shift(timedelta(minutes=30))
    assert client.get("/me").location == "/login?next=/me"
    assert "Your session has ended" in client.get("/login?next=/me").text


def test_clicks_keep_a_session_alive_and_are_written_once_a_minute(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    moment: time_machine.Traveller,
) -> None:
    sign_in(client, world.requester)
    seen = []
    for seconds in (0, 30, 29, 1, 29 * 60, 29 * 60):
        moment.shift(seconds)
        assert client.get("/me").status_code == 200
        with sqlite_database.read() as session:
            seen.append((session.scalars(select(LoginSession)).one().seen_at - NOW).total_seconds())
    assert seen == [0, 0, 0, 60, 60 + 29 * 60, 60 + 58 * 60]


def test_a_disabled_account_is_out_with_its_next_click(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    with sqlite_database.transaction() as session:
        account = session.scalars(select(Account).where(Account.person_id == world.requester.id)).one()
        accounts.disable_account(session, world.actor(world.admin), account, now=NOW)
    assert client.get("/me").status_code == 302
    assert client.post("/me").status_code == 401


def test_a_visitor_chooses_a_language_and_stays_on_the_page(client: FlaskClient) -> None:
    assert '<html lang="en"' in client.get("/login").text
    answer = client.post("/language", data={"language": "de", "next": "/login?next=/me"})
    assert (answer.status_code, answer.location) == (303, "/login?next=/me")
    assert '<html lang="de"' in client.get("/login").text


def test_a_person_keeps_the_language_for_mails_too(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    client.post("/language", data={"language": "de", "next": "/me"})
    with sqlite_database.read() as session:
        assert session.get_one(Person, world.requester.id).language == "de"
    assert '<html lang="de"' in client.get("/nowhere").text


@pytest.mark.parametrize("language", ["", "fr", "<b>"])
def test_a_language_that_is_not_offered_changes_nothing(
    client: FlaskClient, world: World, sign_in: SignIn, language: str
) -> None:
    assert client.post("/language", data={"language": language}).status_code == 422
    sign_in(client, world.requester)
    assert client.post("/language", data={"language": language}).status_code == 422
    assert '<html lang="en"' in client.get("/nowhere").text


def test_colours_are_chosen_without_script_and_given_back(client: FlaskClient) -> None:
    assert "data-bs-theme" not in client.get("/login").text
    client.post("/theme", data={"theme": "dark", "next": "/login"})
    assert 'data-bs-theme="dark"' in client.get("/login").text
    client.post("/theme", data={"theme": "auto", "next": "/login"})
    assert "data-bs-theme" not in client.get("/login").text


def test_colours_that_do_not_exist_are_refused(client: FlaskClient) -> None:
    assert client.post("/theme", data={"theme": 'dark" onload="x'}).status_code == 422
    assert "data-bs-theme" not in client.get("/login").text


def test_the_frame_names_the_person_the_site_and_the_way_out(
    client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.requester)
    page = client.get("/nowhere").text
    assert world.requester.name in page
    assert world.spoke.short_name in page
    assert 'action="/logout"' in page


@pytest.mark.parametrize(("age_seconds", "is_late"), [(None, True), (10, False), (11, True)])
def test_a_silent_worker_is_announced_on_every_page(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    age_seconds: int | None,
    is_late: bool,
) -> None:
    sign_in(client, world.requester)
    if age_seconds is not None:
        with sqlite_database.transaction() as session:
            engine.record_cycle(session, "one", NOW - timedelta(seconds=age_seconds))
    assert ("Nothing leaves the house at the moment." in client.get("/nowhere").text) is is_late


def test_a_visitor_learns_nothing_of_the_worker(client: FlaskClient) -> None:
    assert "standing still" not in client.get("/login").text
