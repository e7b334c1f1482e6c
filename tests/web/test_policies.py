"""Every route says who may use it; generated over all routes of the app, also those of tomorrow."""

from __future__ import annotations

import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

import confsched.web
from confsched.create_app import create_app
from confsched.db import Database
from confsched.domain.permissions import PERMISSIONS, Function, Permission
from confsched.settings import Settings
from confsched.web.policies import (
    MissingPolicy,
    check_policies,
    is_public,
    needs,
    policy_of,
    public,
)
from tests.support.web import SignIn
from tests.world import World

VALUES = {"UUIDConverter": uuid.UUID(int=1), "IntegerConverter": 1, "FloatConverter": 1.0}


@pytest.fixture
def app(fresh_app: Flask) -> Flask:
    """Give an app of one's own, for pages of these tests."""
    return fresh_app


def _path(app: Flask, rule: Rule) -> str:
    converters = rule._converters
    values = {name: VALUES.get(type(converters[name]).__name__, "x") for name in rule.arguments}
    built = app.url_map.bind("localhost").build(rule.endpoint, values, method=None)
    return urlsplit(built).path


def _paths(app: Flask, method: str) -> list[tuple[str, str]]:
    return [(r.endpoint, _path(app, r)) for r in app.url_map.iter_rules() if method in (r.methods or ())]


def _add_page(app: Flask, permission: Permission) -> None:
    view = needs(permission)(lambda: "the page")
    app.add_url_rule("/page", "page", view, methods=["GET", "POST"])


def test_every_route_has_a_policy(app: Flask) -> None:
    check_policies(app)
    assert all(policy_of(app, rule.endpoint) for rule in app.url_map.iter_rules())


def test_a_visitor_gets_no_page_that_is_not_public(app: Flask) -> None:
    client = app.test_client()
    leaks = []
    for endpoint, path in _paths(app, "GET"):
        answer = client.get(path)
        goes_to_login = answer.status_code == 302 and answer.location.startswith("/login?next=")
        if goes_to_login == is_public(app, endpoint):
            leaks.append((endpoint, answer.status_code))
    assert leaks == []


def test_no_post_goes_without_a_form_token(app: Flask) -> None:
    client = app.test_client()
    answers = {
        endpoint: client.open(path, method="POST").status_code for endpoint, path in _paths(app, "POST")
    }
    # The secret of a mailed link is its token: it answers without cookies. What somebody types for long is
    # kept on the page where its sender signs in, and asks for the token itself.
    links = dict.fromkeys(
        (
            *("questions.answer", "alerts.acknowledge", "alerts.pass_on", "alerts.answer_ready"),
            *("guest_pages.reply", "guest_pages.delegate", "poll_votes.answer"),
        ),
        404,
    )
    kept = dict.fromkeys(("urgent_requests.create", "conference_run.recommend", "minutes.save"), 401)
    assert {endpoint: status for endpoint, status in answers.items() if status != 400} == {
        **links,
        **kept,
        "check_in.check": 422,
    }


def test_a_visitor_changes_nothing_that_is_not_public(app: Flask) -> None:
    client = app.test_client()
    answers = {
        endpoint: client.post(path).status_code
        for endpoint, path in _paths(app, "POST")
        if not is_public(app, endpoint)
    }
    assert {endpoint for endpoint, status in answers.items() if status != 401} == set()


def test_nobody_uses_a_route_without_the_permission(app: Flask, world: World, sign_in: SignIn) -> None:
    wrong = []
    for person in world.cast:
        client, actor = app.test_client(), world.actor(person)
        sign_in(client, person)
        for endpoint, path in _paths(app, "GET"):
            policy = policy_of(app, endpoint)
            assert policy
            refused = client.get(path).status_code == 403
            if refused and (is_public(app, endpoint) or actor.may(Permission(policy))):
                wrong.append((person.name, endpoint, "refused"))
            if not refused and not is_public(app, endpoint) and not actor.may(Permission(policy)):
                wrong.append((person.name, endpoint, "let in"))
    assert wrong == []


@pytest.mark.parametrize("function", list(Function))
def test_the_permission_decides_for_each_function(
    app: Flask, world: World, sign_in: SignIn, function: Function
) -> None:
    _add_page(app, Permission.SEE_AUDIT)
    person = next(p for p in world.cast if function in world.actor(p).functions)
    client = app.test_client()
    sign_in(client, person)
    expected = 200 if Permission.SEE_AUDIT in PERMISSIONS[function] else 403
    assert client.get("/page").status_code == expected
    assert client.post("/page").status_code == expected


def test_a_visitor_is_led_back_to_the_page_after_signing_in(app: Flask, client: FlaskClient) -> None:
    _add_page(app, Permission.USE)
    answer = client.get("/page?day=2026-11-24&line=a")
    assert parse_qs(urlsplit(answer.location).query) == {"next": ["/page?day=2026-11-24&line=a"]}


def test_a_visitor_who_sends_a_form_is_told_to_sign_in(app: Flask, client: FlaskClient) -> None:
    _add_page(app, Permission.USE)
    answer = client.post("/page")
    assert answer.status_code == 401
    assert "You are signed out" in answer.text


def test_the_app_does_not_start_with_a_route_that_says_nothing(
    settings: Settings, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless = Blueprint("careless", __name__)
    careless.add_url_rule("/careless", "page", lambda: "open to all")
    monkeypatch.setattr(confsched.web, "BLUEPRINTS", (*confsched.web.BLUEPRINTS, careless))
    with pytest.raises(MissingPolicy, match=r"careless\.page"):
        create_app(settings, sqlite_database)


def test_a_route_added_later_without_a_policy_is_open_to_nobody(
    app: Flask, world: World, sign_in: SignIn
) -> None:
    app.add_url_rule("/later", "later", lambda: "open to all")
    client = app.test_client()
    assert client.get("/later").status_code == 302
    sign_in(client, world.admin)
    assert client.get("/later").status_code == 403


def test_a_view_carries_one_policy_only() -> None:
    with pytest.raises(MissingPolicy):
        public(needs(Permission.USE)(lambda: ""))
