"""Signed links: they name one alert and need no secret in the database."""

from __future__ import annotations

import binascii
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from itsdangerous import BadSignature, Signer

_SALT = "confsched: link of an alert, 1"
_PADDING = "=="  # what base64 adds to the 16 bytes of an id
_LONGEST = 100


def signed(alert_id: uuid.UUID, secret_key: str) -> str:
    """Return what stands for the alert in an address; as short as it can be, since it goes out by SMS."""
    name = urlsafe_b64encode(alert_id.bytes).decode().removesuffix(_PADDING)
    return _signer(secret_key).sign(name).decode()


def find_alert_id(text: str, secret_key: str) -> uuid.UUID | None:
    """Return the alert that the text names; None where somebody else has made it up."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        name = _signer(secret_key).unsign(text).decode()
        return uuid.UUID(bytes=urlsafe_b64decode(name + _PADDING))
    except (BadSignature, ValueError, binascii.Error):
        return None


def _signer(secret_key: str) -> Signer:
    return Signer(secret_key, salt=_SALT, key_derivation="hmac", digest_method=sha256)
