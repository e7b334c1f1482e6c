"""The key pair by which push services know this installation: made once, its private half sealed."""

from __future__ import annotations

import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.orm import Session

from confsched.errors import Refusal
from confsched.models.contacts import PushKey
from confsched.services.sealed import Purpose, seal, unseal

# One row for all: of two processes that make it at once, the database lets one.
KEY_ID = uuid.UUID(int=1)
_PRIVATE_BYTES = 32


@dataclass(frozen=True)
class KeyPair:
    """Hold both halves as browsers and push services write them: base64url without padding."""

    public: str
    private: str = field(repr=False)


def find_key(session: Session, *, secret_key: str) -> KeyPair | None:
    """Return the key pair; None where there is none yet, or the secret key has changed since."""
    row = session.get(PushKey, KEY_ID)
    if row is None:
        return None
    try:
        private = unseal(
            row.sealed_private_key, secret_key=secret_key, row_id=KEY_ID, purpose=Purpose.PUSH_KEY
        )
    except Refusal:
        return None
    return KeyPair(row.public_key, private)


def get_key(session: Session, *, secret_key: str, now: datetime) -> KeyPair:
    """Return the key pair, made when it is asked for the first time."""
    known = find_key(session, secret_key=secret_key)
    return known or _make(session, secret_key, now)


def _make(session: Session, secret_key: str, now: datetime) -> KeyPair:
    pair = _pair(generate_private_key(SECP256R1()))
    row = session.get(PushKey, KEY_ID) or PushKey(id=KEY_ID)
    row.public_key, row.created_at = pair.public, now
    row.sealed_private_key = seal(
        pair.private, secret_key=secret_key, row_id=KEY_ID, purpose=Purpose.PUSH_KEY
    )
    session.add(row)
    session.flush()
    return pair


def _pair(key: EllipticCurvePrivateKey) -> KeyPair:
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    secret = key.private_numbers().private_value.to_bytes(_PRIVATE_BYTES, "big")
    return KeyPair(_text(point), _text(secret))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
