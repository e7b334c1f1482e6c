"""Passwords for other people's servers, kept so that the database alone does not give them away."""

from __future__ import annotations

import binascii
import os
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from confsched.errors import Refusal, msg

# What else is ever derived from the same secret has another text here, and so another key.
_CONTEXT = b"confsched: password of a busy calendar, 1"
_KEY_BYTES = 32
_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2: a random nonce of 96 bits


def seal(password: str, *, secret_key: str, row_id: uuid.UUID) -> str:
    """Return the password encrypted for one row; the same text means nothing in any other row."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = _cipher(secret_key).encrypt(nonce, password.encode(), row_id.bytes)
    return urlsafe_b64encode(nonce + sealed).decode()


def unseal(sealed: str, *, secret_key: str, row_id: uuid.UUID) -> str:
    """Return the password; raises Refusal where the secret key has changed since, or the text was."""
    try:
        raw = urlsafe_b64decode(sealed)
        nonce, text = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        return _cipher(secret_key).decrypt(nonce, text, row_id.bytes).decode()
    except (InvalidTag, ValueError, binascii.Error):
        # `from None`: what could not be opened stays out of every log.
        raise Refusal(
            msg("The password of this calendar can no longer be opened here. Type the password again.")
        ) from None


def _cipher(secret_key: str) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=_CONTEXT)
    return AESGCM(derived.derive(secret_key.encode()))
