"""Name and password for an HTTP server: as they are (RFC 7617), or as a proof of knowing them (RFC 7616)."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass, field

_PARAMETER = re.compile(r"([A-Za-z-]++)\s*+=\s*+(?:\"([^\"]*+)\"|([^\s,\"]++))")
_MAX_CHALLENGE = 2_000
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}
_NOT_QUOTABLE = re.compile(r"[\"\\\r\n]")


@dataclass(frozen=True)
class Login:
    """Hold what a server is told about who asks; the password stays out of every repr."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Challenge:
    """Hold what a server wants to have proved (RFC 7616, 3.3)."""

    realm: str
    nonce: str
    algorithm: str
    opaque: str | None
    has_qop: bool


def basic(login: Login) -> str:
    """Return the Authorization header that gives name and password (RFC 7617, 2; UTF-8 as in 2.1)."""
    return "Basic " + b64encode(f"{login.username}:{login.password}".encode()).decode()


def find_digest(header: str) -> Challenge | None:
    """Return the Digest challenge of a WWW-Authenticate header, None where none can be answered."""
    scheme, _, rest = header[:_MAX_CHALLENGE].strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    values = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(rest)}
    algorithm = values.get("algorithm", "MD5").upper()
    qop = values.get("qop")
    is_answerable = qop is None or "auth" in [part.strip() for part in qop.split(",")]
    if algorithm not in _HASHES or not is_answerable or "nonce" not in values:
        return None
    return Challenge(
        values.get("realm", ""), values["nonce"], algorithm, values.get("opaque"), qop is not None
    )


def digest(login: Login, challenge: Challenge, *, method: str, path: str, cnonce: str) -> str | None:
    """Return the Authorization header that proves the password for one request (RFC 7616, 3.4).

    None for a name that cannot stand between quotation marks.
    """
    if _NOT_QUOTABLE.search(login.username + challenge.realm):
        return None
    first = _hash(challenge, f"{login.username}:{challenge.realm}:{login.password}")
    second = _hash(challenge, f"{method}:{path}")
    count = "00000001"
    middle = f"{challenge.nonce}:{count}:{cnonce}:auth" if challenge.has_qop else challenge.nonce
    parts = [
        *(f'username="{login.username}"', f'realm="{challenge.realm}"', f'nonce="{challenge.nonce}"'),
        *(f'uri="{path}"', f"algorithm={challenge.algorithm}"),
        f'response="{_hash(challenge, f"{first}:{middle}:{second}")}"',
    ]
    if challenge.has_qop:
        parts += ["qop=auth", f"nc={count}", f'cnonce="{cnonce}"']
    if challenge.opaque is not None:
        parts.append(f'opaque="{challenge.opaque}"')
    return "Digest " + ", ".join(parts)


def _hash(challenge: Challenge, text: str) -> str:
    return hashlib.new(_HASHES[challenge.algorithm], text.encode(), usedforsecurity=False).hexdigest()
