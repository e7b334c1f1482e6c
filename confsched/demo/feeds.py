"""The demo's addresses of calendars and a display, derived from the secret: they can be printed again."""

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
from confsched.services import board_tokens, feeds

OWNERS = (JULIA, MIRA)
NAME = "Kalenderprogramm"
UWE = "uwe.falkner@wendstadt.example"
WALL, WALL_NAME = "wall display", "Stroke Unit, Flur"


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


def add_wall(session: Session, network: Network, secret: str, now: datetime) -> tuple[str, ...]:
    """Hang a display on the corridor of the first house; return its path."""
    token = _token(secret, WALL)
    actor = network.actor(UWE)
    board_tokens.create(session, actor, WALL_NAME, actor.site_id, key="demo-wall", now=now, token=token)
    return (f"/wall/{token}",)


def list_walls(session: Session, secret: str) -> tuple[str, ...]:
    """Return the paths of displays that still work."""
    token = _token(secret, WALL)
    return (f"/wall/{token}",) if board_tokens.find_board(session, token) else ()


def _path(secret: str, email: str) -> str:
    return f"/feeds/{_token(secret, email)}/confsched.ics"


def _token(secret: str, email: str) -> str:
    """Return 256 bits as 43 characters that no one without the secret can work out."""
    digest = hmac.digest(secret.encode(), f"demo feed {email}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
