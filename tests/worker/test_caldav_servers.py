"""Calendar servers that are broken, hostile or elsewhere: each ends in a sentence, nothing reads as free."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from time import perf_counter

import pytest

from confsched.domain.intervals import Span
from confsched.errors import Refusal
from confsched.formats.http_auth import Login
from confsched.worker import caldav
from confsched.worker.caldav import Account, Changed, read_account
from tests.formats.test_caldav import IS_CALENDAR, appointment, laughs, listed, multistatus
from tests.test_fetch import CHUNKED, Behaviour, Server, ok, redirect, saying, serving

YEAR = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
FREE_BUSY = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nDTSTART:20260101T000000Z\r\nDTEND:20260201T000000Z\r\n"
    b"FREEBUSY:20260104T090000Z/PT1H\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n"
)
FORBIDDEN = saying(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")


def found(body: bytes) -> Behaviour:
    return saying(b"HTTP/1.1 207 Multi-Status\r\nContent-Length: %d\r\n\r\n" % len(body), body)


LISTED = found(multistatus(listed("/calendar.ics", IS_CALENDAR)))


def dav(report: Behaviour, listing: Behaviour = LISTED, free_busy: Behaviour | None = None) -> Behaviour:
    """Answer as a calendar server does, each kind of question in its own way."""

    def answer(connection: socket.socket, request: bytes) -> None:
        body = _whole_body(connection, request)
        if request.startswith(b"PROPFIND"):
            listing(connection, request)
        elif b"free-busy-query" in body and free_busy:
            free_busy(connection, request)
        else:
            report(connection, request)

    return answer


def _whole_body(connection: socket.socket, request: bytes) -> bytes:
    """Read what belongs to the question: hanging up before would cut the answer off."""
    head, _, body = request.partition(b"\r\n\r\n")
    announced = re.search(rb"Content-Length: (\d+)", head)
    while announced and len(body) < int(announced[1]) and (part := connection.recv(4096)):
        body += part
    return body


def account(server: Server) -> Account:
    return Account(server.url, Login("anna", "geheim"), frozenset({server.name}))


def read(server: Server) -> Changed | None:
    return read_account(account(server), None, YEAR, "Europe/Berlin")


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (saying(b"HTTP/1.1 207 X\r\nContent-Length: 10000000\r\n\r\n"), "larger than 2 MB"),
        (saying(b"HTTP/1.1 207 X\r\n", CHUNKED, b"249F00\r\n", b"x" * 2_400_000), "larger than 2 MB"),
        (saying(b"HTTP/1.1 207 X\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b"), "compressed"),
        (saying(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"), "removed from its server"),
        (redirect("https://10.0.0.1/"), "internal network"),
        (redirect("https://169.254.169.254/latest/"), "internal network"),
        (found(b"<html><body>Sign in</body></html>"), "does not answer like a calendar server"),
        (found(laughs()), "does not answer like a calendar server"),
        (found(multistatus(appointment("20260304T090000Z"))[:-9]), "does not answer like a calendar server"),
        (ok(b"<html>Sign in</html>"), "no calendar server of this kind"),
        (FORBIDDEN, "may not read this calendar"),
        (saying(b"HTTP/1.1 207 X\r\nContent-Length: 900\r\n\r\n<multi"), "cannot be reached"),
    ],
    ids=[
        *("10 MB", "endless", "gzip bomb", "gone", "leads inside", "metadata", "web page", "laughs"),
        *("cut off", "sign-in page", "forbidden", "half"),
    ],
)
def test_an_answer_that_cannot_be_taken_ends_in_a_sentence(report: Behaviour, sentence: str) -> None:
    """Peer failure 31."""
    with serving(dav(report)) as server, pytest.raises(Refusal, match=sentence):
        read(server)


@pytest.fixture
def _impatience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(caldav, "TOTAL_SECONDS", 0.4)
    yield


@pytest.mark.usefixtures("_impatience")
def test_a_body_that_comes_byte_by_byte_is_cut_off() -> None:
    hung_up = threading.Event()

    def drip(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 207 X\r\n\r\n")
        while not hung_up.wait(0.05):
            connection.sendall(b"<")

    started = perf_counter()
    with serving(dav(drip)) as server:
        with pytest.raises(Refusal, match="too slow"):
            read(server)
        hung_up.set()
    assert perf_counter() - started < 5


def test_a_conversation_ends_in_time_however_many_questions_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caldav, "CONVERSATION_SECONDS", 0.0)
    with serving(dav(ok())) as server, pytest.raises(Refusal, match="too slow"):
        read(server)
    assert server.requests == []


@pytest.mark.parametrize(
    "report",
    [FORBIDDEN, saying(b"HTTP/1.1 207 X\r\nContent-Length: 10000000\r\n\r\n")],
    ids=["forbidden", "10 MB"],
)
def test_where_appointments_cannot_be_had_the_free_busy_times_are_read(report: Behaviour) -> None:
    """RFC 4791, 7.10; only what the answer speaks of is known."""
    with serving(dav(report, free_busy=ok(FREE_BUSY))) as server:
        changed = read(server)
    assert changed is not None
    assert [span.starts_at.day for span in changed.reading.busy] == [4]
    assert changed.reading.known == Span(YEAR.starts_at, datetime(2026, 2, 1, tzinfo=UTC))
    assert changed.mark is None


def test_a_calendar_that_may_not_even_be_asked_what_it_is_gives_its_free_busy_times() -> None:
    with serving(dav(FORBIDDEN, listing=FORBIDDEN, free_busy=ok(FREE_BUSY))) as server:
        changed = read(server)
    assert changed is not None
    assert len(changed.reading.busy) == 1


@pytest.mark.parametrize(
    ("href", "sentence"),
    [
        ("https://other.example/c/", "are on other.example"),
        ("https://other.example:8443/c/", "unusual port"),
        ("file:///etc/passwd", "not a web address"),
        ("//anna:geheim@other.example/", "contains a password"),
    ],
)
def test_a_calendar_elsewhere_is_not_asked_with_the_password(href: str, sentence: str) -> None:
    listing = multistatus(listed(href, IS_CALENDAR))
    with serving(dav(ok(), listing=found(listing))) as server:
        with pytest.raises(Refusal, match=sentence):
            read(server)
        assert len(server.requests) == 1


def test_an_address_where_nothing_is_is_no_free_person() -> None:
    """Peer failure 31."""
    with (
        serving(dav(ok(), listing=found(multistatus()))) as server,
        pytest.raises(Refusal, match="no calendar"),
    ):
        read(server)


def test_the_calendars_of_a_server_are_found_by_the_well_known_way() -> None:
    """RFC 6764, 5: the name of the server is enough."""
    home = "<current-user-principal><href>/p/</href></current-user-principal>"
    homes = "<C:calendar-home-set><href>/h/</href></C:calendar-home-set>"
    answers = {
        b"/.well-known/caldav": redirect("/dav/"),
        b"/dav/": found(multistatus(listed("/dav/", home))),
        b"/p/": found(multistatus(listed("/p/", homes))),
        b"/h/": found(multistatus(listed("/h/c/", IS_CALENDAR))),
        b"/h/c/": found(multistatus(appointment("20260304T090000Z"))),
    }
    nothing = saying(b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")

    def answer(connection: socket.socket, request: bytes) -> None:
        _whole_body(connection, request)
        answers.get(request.split()[1], nothing)(connection, request)

    with serving(answer) as server:
        root = Account(f"http://{server.name}/", Login("anna", "geheim"), frozenset({server.name}))
        changed = read_account(root, None, YEAR, "Europe/Berlin")
    assert changed is not None
    assert len(changed.reading.busy) == 1
