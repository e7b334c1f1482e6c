"""What is asked with user name and password goes to one server, as it wants it, and nowhere else."""

from __future__ import annotations

import socket

import pytest

from confsched import fetch as client
from confsched.errors import Refusal
from confsched.fetch import BadStatus, Request
from confsched.formats.http_auth import Login
from tests.test_fetch import CALENDAR, PUBLIC, get, ok, redirect, saying, serving

ANNA = Login("anna", "geheim")
PROOF_WANTED = b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n'


def test_a_question_goes_out_with_its_method_body_and_login() -> None:
    question = Request("PROPFIND", b"<a/>", {"Depth": "1", "Accept-Encoding": "gzip"}, good_status=207)
    with serving(saying(b"HTTP/1.1 207 Multi-Status\r\nContent-Length: 2\r\n\r\nok")) as server:
        answer = get(server, request=question, login=ANNA)
    assert (answer.status, answer.body, answer.url) == (207, b"ok", server.url)
    request = server.requests[0].decode()
    assert request.startswith("PROPFIND /calendar.ics HTTP/1.1\r\n")
    assert "\r\nDepth: 1\r\n" in request
    assert "\r\nAccept-Encoding: identity\r\n" in request
    assert "\r\nAuthorization: Basic YW5uYTpnZWhlaW0=\r\n" in request


def test_a_server_that_wants_a_proof_gets_one() -> None:
    def prove(connection: socket.socket, request: bytes) -> None:
        is_proved = b"Authorization: Digest" in request
        wanted = saying(PROOF_WANTED, b"WWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
        (ok() if is_proved else wanted)(connection, request)

    with serving(prove) as server:
        assert get(server, login=ANNA).body == CALENDAR
    assert b'username="anna"' in server.requests[1]
    assert b"geheim" not in server.requests[1]


@pytest.mark.parametrize(
    ("status", "login", "sentence"),
    [
        (401, ANNA, "does not accept the user name or the password"),
        (403, ANNA, "may not read this calendar"),
        (401, None, "asks for a password"),
        (410, ANNA, "removed from its server for good"),
        (405, ANNA, "no calendar server of this kind"),
        (207, ANNA, "no calendar server of this kind"),
    ],
)
def test_a_refusal_of_the_server_says_what_to_do(status: int, login: Login | None, sentence: str) -> None:
    with (
        serving(saying(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status)) as server,
        pytest.raises(BadStatus, match=sentence) as refusal,
    ):
        get(server, login=login)
    assert refusal.value.http_status == status


def test_a_wrong_proof_is_not_tried_again() -> None:
    with (
        serving(saying(PROOF_WANTED, b"Content-Length: 0\r\n\r\n")) as server,
        pytest.raises(Refusal, match="user name or the password"),
    ):
        get(server, login=ANNA)
    assert len(server.requests) == 2


def test_a_redirect_on_the_same_server_keeps_the_question_and_the_login() -> None:
    def move(connection: socket.socket, request: bytes) -> None:
        (ok() if b" /other.ics " in request else redirect("/other.ics"))(connection, request)

    with serving(move) as server:
        answer = get(server, request=Request("REPORT"), login=ANNA)
    assert answer.url.endswith("/other.ics")
    assert all(request.startswith(b"REPORT ") for request in server.requests)
    assert all(b"Authorization: Basic" in request for request in server.requests)


@pytest.mark.parametrize(
    ("location", "addresses", "sentence"),
    [
        ("https://other.example/", [PUBLIC], "sends on to other.example"),
        ("https://inside.example/", ["10.0.0.1"], "internal network"),
        ("https://169.254.169.254/latest/", ["169.254.169.254"], "internal network"),
    ],
)
def test_a_password_is_told_to_no_other_server(
    location: str, addresses: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(redirect(location)) as first:
        resolve = client.resolve
        monkeypatch.setattr(
            client, "resolve", lambda host, port: resolve(host, port) if port == first.port else addresses
        )
        dialled: list[object] = []
        connect = socket.create_connection
        with monkeypatch.context() as patch:
            patch.setattr(
                client.socket,
                "create_connection",
                lambda to, **more: dialled.append(to) or connect(to, **more),
            )
            with pytest.raises(Refusal, match=sentence):
                get(first, login=ANNA)
    assert dialled == [("127.0.0.1", first.port)]
