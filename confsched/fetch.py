"""The one client for all outbound HTTP: a URL typed by a user is hostile, and so is what answers there."""

from __future__ import annotations

import http.client
import io
import secrets
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import urljoin

from confsched.errors import Message, Refusal, msg
from confsched.formats.http_auth import Challenge, Login, basic, digest, find_digest
from confsched.formats.network_addresses import is_surely_public
from confsched.formats.web_addresses import Target, read_target

MAX_MEGABYTES = 2
MAX_REDIRECTS = 3
MAX_ADDRESSES = 4
TOTAL_SECONDS = 10.0
CONNECT_SECONDS = 4.0

_CHUNK_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Limits:
    """Bound one fetch in bytes and seconds, redirects included."""

    body_bytes: int = MAX_MEGABYTES * 1024 * 1024
    total_seconds: float = TOTAL_SECONDS


@dataclass(frozen=True)
class Request:
    """Say what is asked of a server, and which status brings the answer; the default asks for a file."""

    method: str = "GET"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Accept": "text/calendar, */*;q=0.5"})
    good_status: int = 200


@dataclass(frozen=True)
class Fetched:
    """Hold the answer: the good status with a body, or 304 without one; validators as the server gave them.

    `url` is the address that answered at last.
    """

    status: int
    body: bytes
    etag: str | None
    last_modified: str | None
    url: str = field(default="", compare=False)


class BadStatus(Refusal):
    """Say that a server has refused; `challenge` is what it wants to have proved instead of a password."""

    def __init__(self, message: Message, http_status: int, challenge: Challenge | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.challenge = challenge


class TooLarge(Refusal):
    """Say that an answer is larger than is taken."""


def fetch(
    url: str,
    *,
    request: Request = Request(),
    login: Login | None = None,
    etag: str | None = None,
    last_modified: str | None = None,
    allow_hosts: frozenset[str] = frozenset(),
    allow_http: bool = False,
    limits: Limits = Limits(),
) -> Fetched:
    """Ask a server, or learn that nothing has changed; raises Refusal with what to do instead.

    `allow_hosts` names hosts that may lie in an internal network: "host", or "host:port" for unusual ports.
    `login` is told to the server of `url` and to no other: a redirect that leaves it is refused.
    """
    deadline = _Deadline(limits.total_seconds)
    headers = _headers(request, etag, last_modified)
    first = read_target(url, allow_hosts, allow_http=allow_http)
    for _ in range(MAX_REDIRECTS + 1):
        target = read_target(url, allow_hosts, allow_http=allow_http)
        if login and not target.is_same_server(first):
            raise _other_server(target, deadline)
        answer = _ask(_Errand(target, request, headers, login, deadline, limits))
        if isinstance(answer, Fetched):
            return answer
        url = urljoin(target.url, answer)
    raise Refusal(
        msg("This address only leads on to other addresses. Copy the address of the calendar itself.")
    )


def _other_server(target: Target, deadline: _Deadline) -> Refusal:
    """Name the server that a redirect leads to; one inside the house is refused without its name."""
    try:
        checked_addresses(target, deadline.left())
    except TimeoutError:
        return _too_slow()
    return Refusal(
        msg(
            "This server sends on to %(host)s. If your password is meant for that server, "
            "remove this calendar and add it again with the address there.",
            host=target.host,
        )
    )


def _headers(request: Request, etag: str | None, last_modified: str | None) -> dict[str, str]:
    headers = {
        **request.headers,
        # A compressed answer could unfold into gigabytes, so none is asked for or taken.
        "Accept-Encoding": "identity",
        "User-Agent": "confsched",
    }
    if etag and etag.isascii() and etag.isprintable():
        headers["If-None-Match"] = etag
    if last_modified and last_modified.isascii() and last_modified.isprintable():
        headers["If-Modified-Since"] = last_modified
    return headers


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._ends = monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left; raises TimeoutError where there are none."""
        left = self._ends - monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True)
class _Errand:
    """Hold one question to one server."""

    target: Target
    request: Request
    headers: Mapping[str, str]
    login: Login | None
    deadline: _Deadline
    limits: Limits


def _ask(errand: _Errand) -> Fetched | str:
    """Return the answer, or the location that a redirect names; a server that wants a proof gets one."""
    if errand.login is None:
        return _send(errand, {})
    try:
        return _send(errand, {"Authorization": basic(errand.login)})
    except BadStatus as refusal:
        proof = _proof(errand, errand.login, refusal.challenge)
        if proof is None:
            raise
    return _send(errand, {"Authorization": proof})


def _proof(errand: _Errand, login: Login, challenge: Challenge | None) -> str | None:
    if challenge is None:
        return None
    cnonce = secrets.token_hex(16)
    return digest(login, challenge, method=errand.request.method, path=errand.target.path, cnonce=cnonce)


def _send(errand: _Errand, more_headers: Mapping[str, str]) -> Fetched | str:
    request, target = errand.request, errand.target
    connection = _Connection(target, errand.deadline)
    headers = {**errand.headers, **more_headers, "Host": target.host_header}
    try:
        connection.request(request.method, target.path, body=request.body or None, headers=headers)
        with connection.getresponse() as response:
            return _read(response, errand)
    except TimeoutError:
        raise _too_slow() from None
    except ssl.SSLError:
        raise Refusal(
            msg("The certificate of this calendar server is not valid. Ask its provider to renew it.")
        ) from None
    except (OSError, http.client.HTTPException):
        raise Refusal(msg("The calendar server cannot be reached. It will be asked again later.")) from None
    finally:
        connection.close()


def _too_slow() -> Refusal:
    return Refusal(msg("The server of this calendar is too slow. It will be asked again later."))


class _Connection(http.client.HTTPConnection):
    """Connect to the checked address and no other; the name is used for Host, SNI and the certificate."""

    def __init__(self, target: Target, deadline: _Deadline) -> None:
        super().__init__(target.host, target.port)
        self._target = target
        self._deadline = deadline

    def connect(self) -> None:
        addresses = checked_addresses(self._target, self._deadline.left())
        plain = _connect_first(addresses, self._target.port, self._deadline)
        if self._target.scheme == "https":
            plain.settimeout(self._deadline.left())
            plain = tls_context().wrap_socket(plain, server_hostname=self._target.host)
        self.sock = _TimedSocket(plain, self._deadline)


def tls_context() -> ssl.SSLContext:
    """Return the settings of a browser: certificates and names are checked."""
    return ssl.create_default_context()


def checked_addresses(target: Target, seconds: float) -> list[str]:
    """Resolve the name once and return its addresses; one internal address among them refuses them all."""
    addresses = list(dict.fromkeys(_resolve_within(target, seconds)))[:MAX_ADDRESSES]
    if not addresses:
        raise Refusal(
            msg("There is no server of this name. Copy the address again from your calendar program.")
        )
    if not target.is_listed and not all(map(is_surely_public, addresses)):
        raise Refusal(msg("This address leads into an internal network. Ask your administrator to allow it."))
    return addresses


def _resolve_within(target: Target, seconds: float) -> list[str]:
    """Resolve in a thread, because the resolver of the system knows no time limit."""
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.extend(resolve(target.host, target.port)), daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError
    return found


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name, none where it has none."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in answers]


def _connect_first(addresses: list[str], port: int, deadline: _Deadline) -> socket.socket:
    """Return a connection to the first address that answers; the last one's failure is raised."""
    for number, address in enumerate(addresses, start=1):
        try:
            return socket.create_connection((address, port), timeout=min(deadline.left(), CONNECT_SECONDS))
        except OSError:
            if number == len(addresses):
                raise
    raise AssertionError("there is at least one address")


class _TimedSocket:
    """Give http.client what it uses of a socket, each step within what is left of the total time."""

    def __init__(self, wrapped: socket.socket, deadline: _Deadline) -> None:
        self._wrapped = wrapped
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._wrapped.settimeout(self._deadline.left())
        self._wrapped.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._wrapped, self._deadline))

    def close(self) -> None:
        # Like any socket it stays open until what makefile gave is closed as well.
        self._wrapped.close()


class _TimedReader(io.RawIOBase):
    """Read so that a server that sends a byte now and then cannot hold the reader for ever."""

    def __init__(self, wrapped: socket.socket, deadline: _Deadline) -> None:
        self._wrapped = wrapped
        self._raw = wrapped.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        self._wrapped.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _read(response: http.client.HTTPResponse, errand: _Errand) -> Fetched | str:
    etag, last_modified = response.getheader("ETag"), response.getheader("Last-Modified")
    location, url = response.getheader("Location"), errand.target.url
    if response.status in _REDIRECTS and location:
        return location
    if response.status == 304 and {"If-None-Match", "If-Modified-Since"} & errand.headers.keys():
        return Fetched(304, b"", etag, last_modified, url)
    if response.status != errand.request.good_status:
        raise _bad_status(response, has_login=errand.login is not None)
    if response.getheader("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise Refusal(msg("The server of this calendar sends compressed data only, which is not accepted."))
    return Fetched(response.status, _body(response, errand.limits), etag, last_modified, url)


def _bad_status(response: http.client.HTTPResponse, *, has_login: bool) -> BadStatus:
    status = response.status
    found = map(find_digest, response.headers.get_all("WWW-Authenticate", []))
    challenge = next(filter(None, found), None) if status == 401 else None
    return BadStatus(_status_sentence(status, has_login), status, challenge)


def _status_sentence(status: int, has_login: bool) -> Message:
    if status == 401 and has_login:
        return msg("The server does not accept the user name or the password. Type the password again.")
    if status == 403 and has_login:
        return msg("This user name may not read this calendar. Ask its owner to share it with you.")
    if status in (401, 403, 407):
        return msg(
            "This calendar asks for a password. Use its secret address, "
            "or add it as a calendar with user name and password."
        )
    if status == 410:
        return msg("This calendar was removed from its server for good. Remove it here as well.")
    if status == 404:
        return msg("There is no calendar at this address. Copy it again from your program.")
    if 200 <= status < 300 or status in (405, 501):
        return msg("The server at this address is no calendar server of this kind. Check the address.")
    return msg(
        "The calendar server answers with error %(status)s. It will be asked again later.", status=status
    )


def _body(response: http.client.HTTPResponse, limits: Limits) -> bytes:
    """Read at most the allowed size; half a body is none, as its missing half would read as free."""
    announced = response.length
    if announced is not None and announced > limits.body_bytes:
        raise _too_large(limits)
    body = bytearray()
    while chunk := response.read(_CHUNK_BYTES):
        body += chunk
        if len(body) > limits.body_bytes:
            raise _too_large(limits)
    if announced is not None and len(body) < announced:
        raise http.client.IncompleteRead(bytes(body))
    return bytes(body)


def _too_large(limits: Limits) -> TooLarge:
    megabytes = max(limits.body_bytes // (1024 * 1024), 1)
    return TooLarge(
        msg("This calendar is larger than %(limit)s MB. Publish fewer months and try again.", limit=megabytes)
    )
