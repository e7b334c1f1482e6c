"""Outbound HTTP goes to the checked address only, and ends in time whatever the server does."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

import pytest

from confsched import fetch as client
from confsched.errors import Refusal
from confsched.fetch import Fetched, Limits, fetch
from confsched.formats.network_addresses import is_surely_public
from confsched.formats.web_addresses import read_target

PUBLIC = "93.184.216.34"
CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
# What a server does with one connection, after it has read the request.
Behaviour = Callable[[socket.socket, bytes], None]


class Server:
    """Answer on the loopback interface and remember what was asked."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if self.stopped.is_set():
                    return
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        request = b""
        # 0x16 begins a TLS handshake, which has no empty line to wait for.
        while b"\r\n\r\n" not in request and request[:1] != b"\x16" and (part := connection.recv(4096)):
            request += part
        self.requests.append(request)
        try:
            self._behaviour(connection, request)
        except OSError:
            return  # the client has hung up, as it should

    def stop(self) -> None:
        self.stopped.set()
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listener.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/calendar.ics"

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Server]:
    server = Server(behaviour)
    try:
        yield server
    finally:
        server.stop()


def saying(*parts: bytes) -> Behaviour:
    return lambda connection, _: connection.sendall(b"".join(parts))


def ok(body: bytes = CALENDAR, *headers: bytes) -> Behaviour:
    lines = b"".join(header + b"\r\n" for header in headers)
    return saying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(body), lines, b"\r\n", body)


def redirect(location: str) -> Behaviour:
    return saying(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())


def get(server: Server, **more: object) -> Fetched:
    return fetch(server.url, allow_hosts=frozenset({server.name}), allow_http=True, **more)  # type: ignore[arg-type]


PUBLIC_ADDRESSES = (
    *(
        PUBLIC,
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
    ),
    *(
        "128.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
    ),
    *("223.255.255.255", "2a00:1450:4001::1", "2606:4700::1111", "2001:4860:4860::8888", "2003::1"),
)
CLOSED_ADDRESSES = (
    *(
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.1.2.3",
    ),
    *(
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
    ),
    *(
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
    ),
    *("240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8"),
    *("::ffff:0:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "100:0:0:1::1"),
    *("2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1"),
    *(
        "2620:4f:8000::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
    ),
    *("fec0::1", "ff02::1", "2a00::1%1", "localhost", "127.1", "0x7f000001", "2130706433", "", "1.2.3.4.5"),
)


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_an_ordinary_address_is_public(address: str) -> None:
    assert is_surely_public(address)


@pytest.mark.parametrize("address", CLOSED_ADDRESSES)
def test_an_address_that_may_lead_inside_is_not_public(address: str) -> None:
    assert not is_surely_public(address)


def test_the_table_of_addresses_is_long_enough() -> None:
    assert len({*PUBLIC_ADDRESSES, *CLOSED_ADDRESSES}) > 60


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "not a web address"),
        ("calendar.example/a.ics", "not a web address"),
        ("ftp://calendar.example/a.ics", "not a web address"),
        ("file:///etc/passwd", "not a web address"),
        ("https:///a.ics", "not a web address"),
        ("http://calendar.example/a.ics", "not encrypted"),
        ("https://anna:secret@calendar.example/a.ics", "contains a password"),
        ("https://@calendar.example/a.ics", "contains a password"),
        ("https://calendar.example:8443/a.ics", "unusual port"),
        ("https://calendar.example:99999/a.ics", "cannot be read"),
        ("https://calendar.example/a\r\nHost: inside.example", "cannot be read"),
        ("https://calendar.example/a b", "cannot be read"),
        ("https://calendar.example\\@inside.example/", "cannot be read"),
        ("https://[::1", "cannot be read"),
        ("https://[fe80::1%25eth0]/", "cannot be read"),
        ("https://calendar.example/" + "a" * 2_000, "cannot be read"),
    ],
)
def test_an_address_that_is_not_a_plain_https_one_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence):
        read_target(url, frozenset(), allow_http=False)


def test_an_address_as_calendar_programs_write_it_is_read_as_https() -> None:
    target = read_target(" webcal://Calendar.Example./a.ics?key=1#top ", frozenset(), allow_http=False)
    assert (target.scheme, target.host, target.port) == ("https", "calendar.example", 443)
    assert (target.path, target.host_header, target.is_listed) == ("/a.ics?key=1", "calendar.example", False)


def test_a_listed_host_is_listed_for_its_usual_port_or_the_named_one_only() -> None:
    listed = frozenset({"inside.example", "other.example:8443"})
    assert read_target("https://inside.example/", listed, allow_http=False).is_listed
    assert read_target("https://other.example:8443/", listed, allow_http=False).is_listed
    assert not read_target("https://other.example/", listed, allow_http=False).is_listed
    with pytest.raises(Refusal, match="unusual port"):
        read_target("https://inside.example:22/", listed, allow_http=False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "0"]
)
def test_no_spelling_of_this_machine_is_fetched(host: str) -> None:
    with pytest.raises(Refusal, match="internal network"):
        fetch(f"https://{host}/")


def test_a_name_with_one_internal_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "resolve", lambda _host, _port: [PUBLIC, "10.0.0.1"])
    with pytest.raises(Refusal, match="internal network"):
        fetch("https://calendar.example/")


def test_a_name_without_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "resolve", lambda _host, _port: [])
    with pytest.raises(Refusal, match="no server of this name"):
        fetch("https://calendar.example/")


def test_a_resolver_that_does_not_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(client, "resolve", lambda _host, _port: [PUBLIC] if answered.wait(30) else [])
    started = perf_counter()
    with pytest.raises(Refusal, match="too slow"):
        fetch("https://calendar.example/", limits=Limits(total_seconds=0.3))
    answered.set()
    assert perf_counter() - started < 5


def test_a_calendar_is_fetched_with_its_validators() -> None:
    with serving(ok(CALENDAR, b'ETag: "7"', b"Last-Modified: Mon, 02 Mar 2026 08:00:00 GMT")) as server:
        assert get(server) == Fetched(200, CALENDAR, '"7"', "Mon, 02 Mar 2026 08:00:00 GMT")
    request = server.requests[0].decode()
    assert request.startswith("GET /calendar.ics HTTP/1.1\r\n")
    assert f"\r\nHost: {server.name}\r\n" in request
    assert "\r\nAccept-Encoding: identity\r\n" in request
    assert request.count("Host:") == 1


def test_an_unchanged_calendar_is_answered_with_304() -> None:
    with serving(saying(b'HTTP/1.1 304 Not Modified\r\nETag: "7"\r\n\r\n')) as server:
        answer = get(server, etag='"7"', last_modified="Mon, 02 Mar 2026 08:00:00 GMT")
    assert answer == Fetched(304, b"", '"7"', None)
    assert b'\r\nIf-None-Match: "7"\r\n' in server.requests[0]
    assert b"\r\nIf-Modified-Since: Mon, 02 Mar 2026 08:00:00 GMT\r\n" in server.requests[0]


def test_a_stored_validator_cannot_smuggle_a_header() -> None:
    with serving(ok()) as server:
        get(server, etag='"7"\r\nX-Evil: 1', last_modified="Grüße")
    assert b"X-Evil" not in server.requests[0]
    assert b"If-" not in server.requests[0]


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (saying(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "error 304"),
        (saying(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"), "asks for a password"),
        (saying(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), "no calendar at this address"),
        (saying(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"), "error 503"),
        (saying(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), "error 302"),
        (saying(b"SSH-2.0-OpenSSH_9.6\r\n"), "cannot be reached"),
        (saying(b""), "cannot be reached"),
        (saying(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 500 + b"\r\n"), "cannot be reached"),
        (saying(b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 100_000 + b"\r\n\r\n"), "cannot be reached"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nBEGIN:VCALENDAR"), "cannot be reached"),
        (saying(b"HTTP/1.1 200 OK\r\n", CHUNKED, b"20\r\nBEGIN:VCALENDAR"), "cannot be reached"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n"), "larger than 2 MB"),
        (saying(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 2_200_000), "larger than 2 MB"),
        (saying(b"HTTP/1.1 200 OK\r\n", CHUNKED, b"249F00\r\n", b"x" * 2_400_000), "larger than 2 MB"),
        (ok(b"\x1f\x8b", b"Content-Encoding: gzip"), "compressed"),
        (redirect("http://127.0.0.1:1/"), "unusual port"),
        (redirect("http://127.0.0.1/"), "internal network"),
        (redirect("http://169.254.169.254/latest/meta-data/"), "internal network"),
        (redirect("file:///etc/passwd"), "not a web address"),
        (redirect("http://anna:secret@calendar.example/"), "contains a password"),
        (redirect("/calendar.ics"), "only leads on"),
    ],
)
def test_an_answer_that_is_no_calendar_is_refused(behaviour: Behaviour, sentence: str) -> None:
    with serving(behaviour) as server, pytest.raises(Refusal, match=sentence):
        get(server)


def test_a_redirect_is_followed_three_times_at_most() -> None:
    def hop(connection: socket.socket, request: bytes) -> None:
        number = int(request.split(b"/")[1].split()[0].removeprefix(b"calendar.ics") or 0)
        behaviour = ok() if number == 3 else redirect(f"/calendar.ics{number + 1}")
        behaviour(connection, request)

    with serving(hop) as server:
        assert get(server).body == CALENDAR
    assert len(server.requests) == 4


def test_a_redirect_to_an_unencrypted_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_send", lambda *_: "http://calendar.example/")
    with pytest.raises(Refusal, match="not encrypted"):
        fetch("https://calendar.example/")


@pytest.mark.parametrize("before_the_first_byte", [True, False])
def test_a_server_that_dawdles_is_cut_off_by_the_total_time(before_the_first_byte: bool) -> None:
    hung_up = threading.Event()

    def dawdle(connection: socket.socket, _request: bytes) -> None:
        if not before_the_first_byte:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not hung_up.wait(0.05):
            connection.sendall(b"H" if before_the_first_byte else b"x")

    started = perf_counter()
    with serving(dawdle) as server:
        with pytest.raises(Refusal, match="too slow"):
            get(server, limits=Limits(total_seconds=0.5))
        hung_up.set()
    assert perf_counter() - started < 5


def test_a_closed_port_is_refused_with_a_sentence() -> None:
    with serving(ok()) as server:
        url, name = server.url, server.name
    with pytest.raises(Refusal, match="cannot be reached"):
        fetch(url, allow_hosts=frozenset({name}), allow_http=True)


class _Wire:
    """Stand in for the network: note where to, and lead to the loopback server instead."""

    def __init__(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dialled: list[tuple[str, int]] = []
        self.resolved: list[str] = []
        self.names: list[str | None] = []
        self._server = server
        self._connect = socket.create_connection
        monkeypatch.setattr(client, "resolve", self.resolve)
        monkeypatch.setattr(client.socket, "create_connection", self.connect)
        monkeypatch.setattr(client, "tls_context", lambda: self)

    def resolve(self, host: str, _port: int) -> list[str]:
        """Rebind the name: public when it is checked, internal ever after."""
        self.resolved.append(host)
        return [PUBLIC] if len(self.resolved) == 1 else ["127.0.0.1"]

    def connect(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.dialled.append(address)
        return self._connect(("127.0.0.1", self._server.port), timeout)

    def wrap_socket(self, plain: socket.socket, server_hostname: str | None) -> socket.socket:
        self.names.append(server_hostname)
        return plain


def test_the_checked_address_is_the_one_that_is_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(ok()) as server, monkeypatch.context() as patch:
        wire = _Wire(server, patch)
        answer = fetch("https://calendar.example/a.ics")
    assert answer.body == CALENDAR
    assert (wire.dialled, wire.resolved, wire.names) == (
        [(PUBLIC, 443)],
        ["calendar.example"],
        ["calendar.example"],
    )
    assert b"\r\nHost: calendar.example\r\n" in server.requests[0]


def test_a_name_that_turns_internal_during_a_redirect_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(redirect("https://calendar.example/b.ics")) as server, monkeypatch.context() as patch:
        wire = _Wire(server, patch)
        with pytest.raises(Refusal, match="internal network"):
            fetch("https://calendar.example/a.ics")
    assert len(wire.dialled) == 1


def test_a_listed_host_may_lie_in_the_internal_network(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(ok()) as server:
        monkeypatch.setattr(client, "resolve", lambda _host, _port: ["127.0.0.1"])
        url = f"http://inside.example:{server.port}/"
        listed = frozenset({f"inside.example:{server.port}"})
        assert fetch(url, allow_hosts=listed, allow_http=True).status == 200


def test_a_plain_server_behind_https_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        monkeypatch.setattr(client, "resolve", lambda _host, _port: ["127.0.0.1"])
        with pytest.raises(Refusal, match="certificate"):
            fetch(
                f"https://inside.example:{server.port}/",
                allow_hosts=frozenset({f"inside.example:{server.port}"}),
                limits=Limits(total_seconds=2),
            )


def test_certificates_and_names_are_checked() -> None:
    context = client.tls_context()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
