"""What protects every answer and every change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from confsched import logs
from confsched.create_app import create_app
from confsched.db import Database
from confsched.settings import Settings
from confsched.web.security import MAX_REQUEST_BYTES, is_local_path, local_path
from tests.support.web import SignIn, make_app
from tests.world import PASSWORD, World

PATHS_OF_ALL_KINDS = ("/login", "/nowhere", "/health/live", "/favicon.ico", "/assets/x/y")
POLICY_PARTS = (
    *("default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:"),
    *("font-src 'self'", "connect-src 'self'", "manifest-src 'self'", "form-action 'self'"),
    *("frame-ancestors 'none'", "base-uri 'none'"),
)


@pytest.fixture
def https_client(settings: Settings, sqlite_database: Database) -> FlaskClient:
    public = replace(settings, public_url="https://plan.example", is_demo=False)
    return make_app(public, sqlite_database).test_client()


@pytest.mark.parametrize("path", PATHS_OF_ALL_KINDS)
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"].split("; ") == list(POLICY_PARTS)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Strict-Transport-Security" not in headers


def test_a_crash_carries_them_too(app: Flask, client: FlaskClient) -> None:
    del app.extensions["confsched_database"]
    answer = client.get("/health/engine")
    assert answer.status_code == 500
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["Cache-Control"] == "no-store"


def test_https_is_demanded_where_it_is_used(https_client: FlaskClient) -> None:
    answer = https_client.get("/login", base_url="https://plan.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_the_cookie_belongs_to_the_host_and_https(https_client: FlaskClient) -> None:
    cookie = https_client.get("/login", base_url="https://plan.example").headers["Set-Cookie"]
    assert cookie.startswith("__Host-confsched=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_on_this_machine_the_cookie_is_plain_but_out_of_reach_of_scripts(client: FlaskClient) -> None:
    cookie = client.get("/login").headers["Set-Cookie"]
    assert cookie.startswith("confsched=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


@pytest.mark.parametrize("path", ["/login", "/nowhere"])
def test_pages_are_not_kept_by_browsers(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("localhost", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("localhost:8000@evil.example", 400),
        ("", 400),
    ],
)
def test_the_demo_answers_to_names_of_this_machine_only(client: FlaskClient, host: str, status: int) -> None:
    assert client.get("/health/live", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("plan.example", 200),
        ("PLAN.example", 200),
        ("localhost", 400),
        ("plan.example:444", 400),
        ("x.plan.example", 400),
        ("plan.example:443", 200),
        ("someone@plan.example", 400),
        ("plan.example/x", 400),
        ("plan.example:x", 400),
    ],
)
def test_a_real_installation_answers_to_its_public_name_only(
    https_client: FlaskClient, host: str, status: int
) -> None:
    assert https_client.get("/health/live", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "http://localhost:8000"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "null"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "https://localhost"}, 403),
        ({"Origin": "http://localhost:9000"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://localhost:80"}, 303),
        ({"Origin": "http://localhost/x"}, 403),
        ({"Origin": "http://a@localhost"}, 403),
    ],
)
def test_a_change_must_come_from_our_own_pages(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    """A token alone is not enough when the browser says that another page has sent it."""
    answer = client.post("/theme", data={"theme": "dark"}, headers=headers)
    assert answer.status_code == status


def test_a_wrong_or_missing_form_token_is_refused_with_a_way_on(client: FlaskClient) -> None:
    for headers in ({}, {"X-CSRFToken": "made up"}):
        answer = client.open("/theme", method="POST", data={"theme": "dark"}, headers=headers)
        assert answer.status_code == 400
        assert "Open it again" in answer.text


def test_a_form_may_stay_open_for_hours(client: FlaskClient, moment: object) -> None:
    token = client._token()  # type: ignore[attr-defined]
    moment.shift(11 * 3600)  # type: ignore[attr-defined]
    answer = client.open("/theme", method="POST", data={"csrf_token": token, "theme": "dark"})
    assert answer.status_code == 303


def test_a_form_token_of_another_browser_is_refused(app: Flask, client: FlaskClient) -> None:
    other = app.test_client()
    with other.session_transaction() as session:
        session["csrf_token"] = "1" * 40
    headers = {"X-CSRFToken": client._token()}  # type: ignore[attr-defined]
    assert other.open("/theme", method="POST", headers=headers).status_code == 400


def test_more_than_three_megabytes_are_refused(client: FlaskClient) -> None:
    answer = client.post("/theme", data={"theme": "x" * (MAX_REQUEST_BYTES + 1)})
    assert answer.status_code == 413
    assert "3 MB" in answer.text


LOCAL = (
    *("/", "/consults/", "/consults/?q=a&b=c", "/bookings/00000000-0000-0000-0000-000000000001"),
    *("/search?q=https://a.example", "/x#part", "/a%20b", "/ä", "/a:b", "/@a"),
)
HOSTILE = (
    *(
        "",
        " ",
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\\\evil.example",
    ),
    *("\\/evil.example", "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "\t//evil.example"),
    *(" //evil.example", "http://evil.example", "https://evil.example", "HTTPS://evil.example"),
    *("https:evil.example", "https:/evil.example", "http:\\\\evil.example", "javascript:alert(1)"),
    *("JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "mailto:a@b.example", "ftp://evil.example"),
    *("evil.example", "consults/", "./x", "../x", "?next=x", "#x", "@evil.example", "/x\x00", "/x\x7f"),
    *("/ /evil.example", "/x\\y", "/.//evil.example", "/x//evil.example", "/%0d%0aSet-Cookie:x\r\n"),
    *("/x\r\nSet-Cookie: a=b", "\x01https://evil.example", "/" + "x" * 2001, "//evil.example/%2f.."),
    *("///\\;@evil.example", "//[::1]", "http:evil", "://evil.example", ":evil"),
)


def test_there_are_enough_hostile_targets() -> None:
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("target", LOCAL)
def test_our_own_paths_are_targets(target: str) -> None:
    assert is_local_path(target)


@pytest.mark.parametrize("target", HOSTILE)
def test_anything_else_leads_to_the_start_page(target: str) -> None:
    assert local_path(target) == "/"


@pytest.mark.parametrize("target", HOSTILE)
def test_signing_in_never_leads_out_of_the_house(app: Flask, world: World, target: str) -> None:
    form = {"email": world.requester.email, "password": PASSWORD, "next": target}
    answer = app.test_client().post("/login", data=form)
    expected = (400, None) if "\x00" in target else (303, "/")  # NUL is refused before any view
    assert (answer.status_code, answer.location) == expected


def test_after_signing_in_the_session_of_a_visitor_is_gone(app: Flask, world: World, sign_in: SignIn) -> None:
    """Session fixation: what was in the cookie before does not survive the login."""
    del sign_in
    client = app.test_client()
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
        session["_user_id"] = "a token that somebody else knows"
        session["csrf_token"] = "0" * 40
    client.post("/login", data={"email": world.requester.email, "password": PASSWORD})
    with client.session_transaction() as session:
        assert set(session) == {"_user_id"}
        assert session["_user_id"] != "a token that somebody else knows"


def test_a_server_that_calls_the_application_itself_gets_the_same_logs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Logs hold no tokens and no personal data however the process was started."""
    configured: list[bool] = []
    monkeypatch.setattr(logs, "configure", lambda: configured.append(True))
    monkeypatch.setenv("CONFSCHED_DATA_DIR", str(tmp_path))
    for name in ("CONFSCHED_DATABASE_URL", "CONFSCHED_PUBLIC_URL", "CONFSCHED_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    create_app()
    assert configured == [True]
