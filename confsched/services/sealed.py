"""Secrets for other people's servers, kept so that the database alone does not give them away."""

from __future__ import annotations

import binascii
import hmac
import os
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from enum import Enum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from confsched.errors import Refusal, msg

_KEY_BYTES = 32
_CODE_DIGITS = 6
_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2: a random nonce of 96 bits


class Purpose(Enum):
    """Say what is sealed; each purpose has a text of its own, and so a key of its own."""

    CALENDAR_PASSWORD = b"confsched: password of a busy calendar, 1"
    GATEWAY = b"confsched: address of an alert gateway, 1"
    BROWSER = b"confsched: push subscription of a browser, 1"
    PUSH_KEY = b"confsched: key by which push services know us, 1"
    PROOF_CODE = b"confsched: code of a test message, 1"
    CME_PASSWORD = b"confsched: password of an event at the chamber, 1"


_AGAIN = {
    Purpose.CALENDAR_PASSWORD: msg(
        "The password of this calendar can no longer be opened here. Type the password again."
    ),
    Purpose.GATEWAY: msg("The address of this gateway can no longer be opened here. Type it again."),
    Purpose.BROWSER: msg("This browser has to be added again: its secret can no longer be opened here."),
    Purpose.CME_PASSWORD: msg("The password of this event can no longer be opened here. Type it again."),
    Purpose.PUSH_KEY: msg("The key for push messages can no longer be opened here."),
}


def seal(
    text: str, *, secret_key: str, row_id: uuid.UUID, purpose: Purpose = Purpose.CALENDAR_PASSWORD
) -> str:
    """Return the text encrypted for one row and purpose; it means nothing in any other row or for another."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(_key(secret_key, purpose)).encrypt(nonce, text.encode(), row_id.bytes)
    return urlsafe_b64encode(nonce + sealed).decode()


def unseal(
    sealed: str, *, secret_key: str, row_id: uuid.UUID, purpose: Purpose = Purpose.CALENDAR_PASSWORD
) -> str:
    """Return the text; raises Refusal where the secret key has changed since, or the text was."""
    try:
        raw = urlsafe_b64decode(sealed)
        nonce, text = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        return AESGCM(_key(secret_key, purpose)).decrypt(nonce, text, row_id.bytes).decode()
    except (InvalidTag, ValueError, binascii.Error):
        # `from None`: what could not be opened stays out of every log.
        raise Refusal(_AGAIN[purpose]) from None


def digits_for(row_id: uuid.UUID, *, secret_key: str, purpose: Purpose = Purpose.PROOF_CODE) -> str:
    """Return six digits that belong to a row; who has the database alone cannot tell them."""
    digest = hmac.digest(_key(secret_key, purpose), row_id.bytes, "sha256")
    return f"{int.from_bytes(digest[:8]) % 10**_CODE_DIGITS:0{_CODE_DIGITS}d}"


def _key(secret_key: str, purpose: Purpose) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose.value)
    return derived.derive(secret_key.encode())
