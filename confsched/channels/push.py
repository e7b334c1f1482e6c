"""Alerts to a browser: Web Push (RFC 8030), encrypted for it alone (RFC 8291), signed by us (RFC 8292)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from py_vapid import Vapid02

from confsched.channels.failures import NotSent
from confsched.channels.wording import Words
from confsched.errors import Refusal, msg
from confsched.fetch import BadStatus, Limits, Request, fetch
from confsched.formats.web_addresses import Target, read_target

TOTAL_SECONDS = 5.0
LIFE_SECONDS = 3600  # a push service that cannot reach the browser throws the message away after that
MAX_ANSWER_BYTES = 16 * 1024
MAX_SUBSCRIPTION = 4000
MAX_TEXT = 160
TOKEN_LIFE = timedelta(hours=6)  # RFC 8292 2: at most 24 h
_KEY_BYTES, _AUTH_BYTES = 65, 16  # RFC 8291 2.1 and 3.2
_ACCEPTED = frozenset({200, 201, 202, 204})
_GONE = frozenset({404, 410})
_WRONG = frozenset({400, 403, 413})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Subscription:
    """Hold where a browser is reached and the keys that only it can open, checked."""

    endpoint: str
    host: str
    p256dh: str
    auth: str

    @property
    def text(self) -> str:
        """Return it as it is kept, sealed."""
        return json.dumps({"endpoint": self.endpoint, "keys": {"p256dh": self.p256dh, "auth": self.auth}})


@dataclass(frozen=True)
class PushSender:
    """Hold by what push services know this installation."""

    private_key: str = field(repr=False)
    mail_address: str
    allow_hosts: frozenset[str] = frozenset()


def read_subscription(text: str, allow_hosts: frozenset[str]) -> Subscription:
    """Read what a browser says of itself, as hostile as anything typed; raises Refusal.

    The endpoint is a https address; one inside the house must be on the administrator's list.
    """
    try:
        data = json.loads(text[: MAX_SUBSCRIPTION + 1])  # cut where it is too long, and so unreadable
        endpoint, keys = data["endpoint"], data["keys"]
        p256dh, auth = keys["p256dh"], keys["auth"]
        is_whole = _is_point(_bytes(p256dh)) and len(_bytes(auth)) == _AUTH_BYTES
        target = endpoint_target(endpoint, allow_hosts)
    except (TypeError, KeyError, ValueError, Base64Error, AttributeError, RecursionError):
        raise _unusable() from None
    if not is_whole:
        raise _unusable()
    return Subscription(target.url, target.host, p256dh, auth)


def _unusable() -> Refusal:
    return Refusal(msg("This browser did not say how it can be reached. Allow notifications and try again."))


def endpoint_target(endpoint: str, allow_hosts: frozenset[str]) -> Target:
    """Return the checked address of a push service; without encryption only on the administrator's list."""
    target = read_target(endpoint, allow_hosts, allow_http=True)
    return target if target.is_listed else read_target(endpoint, frozenset(), allow_http=False)


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))


def _is_point(data: bytes) -> bool:
    """Tell whether these are the 65 bytes of a point that lies on the curve; others raise ValueError."""
    return len(data) == _KEY_BYTES and bool(EllipticCurvePublicKey.from_encoded_point(SECP256R1(), data))


def send_push(words: Words, subscription: Subscription, sender: PushSender, *, now: datetime) -> None:
    """Hand the words to the push service of a browser; raises NotSent."""
    headers = {
        **_signature(subscription.endpoint, sender, now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(LIFE_SECONDS),
        "Urgency": "high",
        "Topic": words.tag,
    }
    request = Request("POST", _encrypted(words, subscription), headers, good_status=201)
    try:
        endpoint_target(subscription.endpoint, sender.allow_hosts)
        fetch(
            subscription.endpoint,
            request=request,
            allow_hosts=sender.allow_hosts,
            allow_http=True,
            limits=Limits(MAX_ANSWER_BYTES, TOTAL_SECONDS),
        )
    except BadStatus as answer:
        _judge(answer.http_status)
    except Refusal as refusal:
        raise NotSent(str(refusal)) from refusal


def _judge(status: int) -> None:
    """Take an odd yes for a yes; a browser that has let go of its subscription is gone (RFC 8030 7.3)."""
    if status in _ACCEPTED:
        return
    if status in _GONE:
        raise NotSent(str(msg("This browser takes no messages any more. Add it once more.")), is_gone=True)
    _log.warning("push_refused", status=status)
    why = msg("The push service of this browser does not take the message.")
    raise NotSent(str(why), is_permanent=status in _WRONG)


def _encrypted(words: Words, subscription: Subscription) -> bytes:
    said = {
        "title": words.heading[:MAX_TEXT],
        "body": "\n".join(words.lines)[: 2 * MAX_TEXT],
        "url": urlsplit(words.url).path,
        "tag": words.tag,
        "language": words.language,
    }
    # Only who sends to a browser pays for it: it brings a whole second way to speak HTTP along.
    from pywebpush import WebPusher

    pusher = WebPusher(json.loads(subscription.text))
    return cast(bytes, pusher.encode(json.dumps(said).encode())["body"])


def _signature(endpoint: str, sender: PushSender, now: datetime) -> dict[str, str]:
    parts = urlsplit(endpoint)
    claims: dict[str, Any] = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + TOKEN_LIFE).timestamp()),
        "sub": f"mailto:{sender.mail_address}",
    }
    signed: dict[str, str] = Vapid02.from_string(sender.private_key).sign(claims)
    return signed
