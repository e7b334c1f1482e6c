"""URLs that users type, checked before anything is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from confsched.errors import Refusal, msg

MAX_URL_CHARACTERS = 2_000
MAX_HOST_CHARACTERS = 253

_PORTS = {"https": 443, "http": 80}
# What calendar programs call the address of a calendar; all of them speak HTTP underneath.
_SCHEMES = {"webcal": "https", "webcals": "https"}


@dataclass(frozen=True)
class Target:
    """Hold a checked URL; `is_listed` says that an administrator vouches for its host."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    is_listed: bool

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def is_same_server(self, other: Target) -> bool:
        """Tell whether a password for the one may be told to the other (origin: RFC 6454, 4)."""
        return (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)


def read_target(url: str, allow_hosts: frozenset[str], *, allow_http: bool) -> Target:
    """Check everything about a URL that does not need the network."""
    parts = _split(url.strip())
    scheme = _SCHEMES.get(parts.scheme, parts.scheme)
    if scheme not in _PORTS or not parts.hostname:
        raise Refusal(msg("This is not a web address. It has to begin with https://."))
    if scheme == "http" and not allow_http:
        raise Refusal(msg("This address is not encrypted. Use the one that begins with https://."))
    if parts.username is not None or parts.password is not None:
        raise Refusal(
            msg("This address contains a password. Type user name and password into their own fields.")
        )
    host, port = _host(parts.hostname), parts.port or _PORTS[scheme]
    usual = port == _PORTS[scheme]
    is_listed = f"{host}:{port}" in allow_hosts or (usual and host in allow_hosts)
    if not usual and not is_listed:
        raise Refusal(msg("This address uses an unusual port. Ask your administrator to allow it."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts._replace(scheme=scheme, fragment="").geturl(), scheme, host, port, path, is_listed)


def _split(url: str) -> SplitResult:
    # Blanks and controls in a URL are how one request is made into two.
    if (
        len(url) > MAX_URL_CHARACTERS
        or not url.isascii()
        or not url.isprintable()
        or " " in url
        or "\\" in url
    ):
        raise _unreadable_address()
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _unreadable_address() from None
    return parts


def _host(name: str) -> str:
    host = name.lower().rstrip(".")
    if not host or "%" in host or len(host) > MAX_HOST_CHARACTERS:
        raise _unreadable_address()
    return host


def _unreadable_address() -> Refusal:
    return Refusal(msg("This address cannot be read. Copy it again from your calendar program."))
