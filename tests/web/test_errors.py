"""What people see when something goes wrong, and what the log keeps."""

from __future__ import annotations

import json
import re
from io import StringIO

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from confsched.domain.permissions import Permission
from confsched.errors import Conflict, Forbidden, NotFound, Refusal, msg
from confsched.logs import configure
from confsched.web.policies import needs, public
from tests.support.web import SignIn
from tests.world import World


@pytest.fixture
def app(fresh_app: Flask) -> Flask:
    """Give an app of one's own, for pages of these tests."""
    return fresh_app


def _add(app: Flask, path: str, error: Exception | int, *, private: bool = False) -> None:
    def view() -> str:
        if isinstance(error, int):
            abort(error)
        raise error

    app.add_url_rule(path, path, needs(Permission.USE)(view) if private else public(view))


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (Refusal(msg("Choose a later day.")), 422, "Choose a later day."),
        (Conflict(msg("Somebody took it.")), 409, "Somebody took it."),
        (Forbidden(msg("Not yours.")), 403, "Not yours."),
        (NotFound(), 404, "This page does not exist"),
    ],
)
def test_a_refusal_becomes_a_page_with_its_status_and_sentence(
    app: Flask, client: FlaskClient, error: Refusal, status: int, sentence: str
) -> None:
    _add(app, "/refused", error)
    answer = client.get("/refused")
    assert answer.status_code == status
    assert sentence in answer.text
    assert answer.mimetype == "text/html"


def test_a_refusal_is_escaped(app: Flask, client: FlaskClient) -> None:
    _add(app, "/refused", Refusal(msg("You typed %(typed)s.", typed="<script>alert(1)</script>")))
    assert "<script>alert" not in client.get("/refused").text


def test_foreign_and_unknown_are_the_same_page_to_the_byte(app: Flask, world: World, sign_in: SignIn) -> None:
    _add(app, "/bookings/00000000-0000-0000-0000-000000000001", NotFound(), private=True)
    client = app.test_client()
    sign_in(client, world.stranger)
    client.get("/nowhere")  # the first page of a session sets its form secret
    foreign = client.get("/bookings/00000000-0000-0000-0000-000000000001")
    unknown = client.get("/bookings/00000000-0000-0000-0000-000000000002")
    assert foreign.status_code == unknown.status_code == 404
    assert _without_id(foreign.headers) == _without_id(unknown.headers)
    assert foreign.data.replace(b"0001", b"0002") == unknown.data


def _without_id(headers: object) -> dict[str, str]:
    kept = dict(headers)  # type: ignore[call-overload]
    del kept["X-Request-ID"]
    return kept


def test_a_crash_shows_a_number_that_the_log_knows_and_nothing_of_its_cause(
    app: Flask, client: FlaskClient
) -> None:
    _add(app, "/crash", RuntimeError("secret of the house"))
    answer = client.get("/crash")
    assert answer.status_code == 500
    assert "secret of the house" not in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


def test_a_crash_of_the_frame_itself_still_gives_a_sentence(
    app: Flask, world: World, sign_in: SignIn
) -> None:
    client = app.test_client()
    sign_in(client, world.requester)
    del app.extensions["confsched_database"]
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "This page does not exist" in answer.text


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503])
def test_every_status_has_a_page(app: Flask, client: FlaskClient, status: int) -> None:
    _add(app, "/status", status)
    answer = client.get("/status")
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert "<h1>" in answer.text


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.get("/logout")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_request_has_an_id_and_keeps_a_harmless_one_of_the_proxy(client: FlaskClient) -> None:
    assert re.fullmatch("[0-9a-f]{32}", client.get("/health/live").headers["X-Request-ID"])
    given = client.get("/health/live", headers={"X-Request-ID": "proxy-0123456789"})
    assert given.headers["X-Request-ID"] == "proxy-0123456789"
    hostile = client.get("/health/live", headers={"X-Request-ID": "<script>"})
    assert hostile.headers["X-Request-ID"] != "<script>"


def test_the_log_names_the_rule_and_no_person(app: Flask, world: World, sign_in: SignIn) -> None:
    lines = StringIO()
    configure(as_json=True, stream=lines)
    client = app.test_client()
    sign_in(client, world.requester)
    answer = client.get("/login?next=/consults/?q=Sander")
    line = next(line for line in map(json.loads, lines.getvalue().splitlines()) if line["event"] == "request")
    assert (line["method"], line["rule"], line["status"]) == ("GET", "/login", answer.status_code)
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert "milliseconds" in line
    for personal in ("Sander", world.requester.email, "127.0.0.1"):
        assert personal not in lines.getvalue()
