"""Signed links: each names one row and needs no secret in the database."""

from __future__ import annotations

import binascii
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from itsdangerous import BadSignature, Signer

from confsched.domain.signed_links import LinkPurpose

_PADDING = "=="  # what base64 adds to the 16 bytes of an id
_LONGEST = 100


def signed(purpose: LinkPurpose, row_id: uuid.UUID, secret_key: str) -> str:
    """Return what stands for the row in an address; as short as it can be, since some go out by SMS."""
    assert secret_key, "a link is signed by who knows the secret of the installation"
    name = urlsafe_b64encode(row_id.bytes).decode().removesuffix(_PADDING)
    return _signer(purpose, secret_key).sign(name).decode()


def find_id(purpose: LinkPurpose, text: str, secret_key: str) -> uuid.UUID | None:
    """Return the id that the text names; None where somebody made it up, or changed any sign of it."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        name = _signer(purpose, secret_key).unsign(text).decode()
        row_id = uuid.UUID(bytes=urlsafe_b64decode(name + _PADDING))
    except (BadSignature, ValueError, binascii.Error):
        return None
    # The last sign of base64 holds bits that nobody reads: one link has one spelling.
    return row_id if signed(purpose, row_id, secret_key) == text else None


def _signer(purpose: LinkPurpose, secret_key: str) -> Signer:
    salt = f"confsched: link of {purpose.value}, 1"
    return Signer(secret_key, salt=salt, key_derivation="hmac", digest_method=sha256)
