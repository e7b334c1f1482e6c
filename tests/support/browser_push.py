"""A browser's half of Web Push: the keys of its subscription, and how it opens a message (RFC 8291)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import http_ece  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class PushBrowser:
    """Hold a subscription at an endpoint."""

    def __init__(self, endpoint: str) -> None:
        self._key = generate_private_key(SECP256R1())
        self._auth = bytes(range(16))
        self.endpoint = endpoint

    @property
    def subscription(self) -> str:
        """Return what the page sends of it."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _text(point), "auth": _text(self._auth)}
        return json.dumps({"endpoint": self.endpoint, "expirationTime": None, "keys": keys})

    def opened(self, body: bytes) -> dict[str, Any]:
        """Return what a message says that only this browser can read."""
        text = http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth, version="aes128gcm")
        said: dict[str, Any] = json.loads(text)
        return said


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
