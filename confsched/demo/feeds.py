"""The demo's calendar addresses: derived from the secret key, so that they can be printed again."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.demo.meetings import JULIA, MIRA
from confsched.demo.network import Network
from confsched.domain.kinds import FeedPrivacy
from confsched.models.feeds import Feed
from confsched.services import feeds

OWNERS = (JULIA, MIRA)
NAME = "Kalenderprogramm"


def add_feeds(session: Session, network: Network, secret: str, now: datetime) -> tuple[str, ...]:
    """Give a requester and a consultant an address each; return their paths."""
    for email in OWNERS:
        feeds.create_feed(
            session,
            network.actor(email),
            NAME,
            privacy=FeedPrivacy.KIND_AND_PLACE,
            now=now,
            token=_token(secret, email),
        )
    return tuple(_path(secret, email) for email in OWNERS)


def list_paths(session: Session, secret: str) -> tuple[str, ...]:
    """Return the paths that still work: a visitor may have revoked one, or started with another secret."""
    hashes = {email: feeds.hash_token(_token(secret, email)) for email in OWNERS}
    working = select(Feed.token_hash).where(Feed.token_hash.in_(hashes.values()), Feed.revoked_at.is_(None))
    found = set(session.scalars(working))
    return tuple(_path(secret, email) for email in OWNERS if hashes[email] in found)


def _path(secret: str, email: str) -> str:
    return f"/feeds/{_token(secret, email)}/confsched.ics"


def _token(secret: str, email: str) -> str:
    """Return 256 bits as 43 characters that no one without the secret can work out."""
    digest = hmac.digest(secret.encode(), f"demo feed {email}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
