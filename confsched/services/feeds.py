"""Calendar feeds: one secret address per device, known in full only to who was shown it once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from confsched.domain.kinds import FeedPrivacy
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, Refusal, msg
from confsched.formats.plain_text import one_line
from confsched.models.accounts import Account
from confsched.models.feeds import Feed
from confsched.models.people import Membership, Person
from confsched.services import access, audit, idempotency
from confsched.services.feed_scopes import (
    OWN,
    Contents,
    check_contents,
    check_privacy,
    contents_of,
    is_still_allowed,
)

TOKEN_BYTES = 32  # 256 bits
MAX_NAME = 80
MAX_FEEDS = 20
FETCH_INTERVAL = timedelta(minutes=1)
SILENT_AFTER = timedelta(hours=36)  # Google comes once a day, and not on the minute


def create_feed(
    session: Session,
    actor: Actor,
    name: str,
    *,
    privacy: FeedPrivacy,
    now: datetime,
    contents: Contents = OWN,
    token: str | None = None,
    key: str | None = None,
) -> tuple[Feed, str]:
    """Make an address and return it with its secret, of which only the hash is kept.

    `token` is given for the demo only. A form sent twice is refused: its secret cannot be shown again.
    """
    name = _checked_name(name)
    if key is not None and idempotency.find_result(session, actor, "feed", key) is not None:
        raise Conflict(
            msg("This address has been made already and is shown only once. Renew it to get a new one.")
        )
    if _count(session, actor) >= MAX_FEEDS:
        raise Refusal(
            msg("You have %(count)s addresses. Revoke one that you no longer use.", count=MAX_FEEDS),
            field="name",
        )
    check_contents(session, actor, contents)
    check_privacy(contents.scope, privacy)
    token = token or secrets.token_urlsafe(TOKEN_BYTES)
    feed = Feed(
        person_id=actor.person_id,
        name=name,
        token_hash=hash_token(token),
        privacy=privacy,
        scope=contents.scope,
        line_id=contents.line_id,
        department_id=contents.department_id,
        created_at=now,
    )
    session.add(feed)
    session.flush()
    if key is not None:
        idempotency.remember(session, actor, "feed", key, feed.id, now=now)
    audit.record(session, actor, "feed.create", feed, now=now)
    return feed, token


def _checked_name(name: str) -> str:
    name = one_line(name)
    if not name:
        raise Refusal(msg("Name the program or device that will use the address."), field="name")
    if len(name) > MAX_NAME:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_NAME), field="name")
    check_text(name, field="name")
    return name


def _count(session: Session, actor: Actor) -> int:
    return session.scalar(select(func.count()).select_from(access.visible(actor, Feed).subquery())) or 0


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token as 64 hex digits; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def renew(session: Session, actor: Actor, feed: Feed, *, now: datetime) -> tuple[Feed, str]:
    """Close an address and make another that holds and shows the same; the old one ends with the commit."""
    revoke(session, actor, feed, now=now)
    return create_feed(session, actor, feed.name, privacy=feed.privacy, now=now, contents=contents_of(feed))


def revoke(session: Session, actor: Actor, feed: Feed, *, now: datetime) -> None:
    """Close an address; every program that uses it loses access with the commit."""
    if feed.revoked_at is None:
        feed.revoked_at = now
        audit.record(session, actor, "feed.revoke", feed, now=now)
        session.flush()


def set_privacy(session: Session, actor: Actor, feed: Feed, privacy: FeedPrivacy, *, now: datetime) -> None:
    """Choose what the entries show; programs see it at their next fetch."""
    check_privacy(feed.scope, privacy)
    if feed.privacy is not privacy:
        feed.privacy = privacy
        audit.record(session, actor, "feed.set_privacy", feed, now=now, detail=privacy.value)


def list_feeds(session: Session, actor: Actor) -> list[Feed]:
    """Return the actor's addresses, the oldest first; they are at most MAX_FEEDS."""
    return list(session.scalars(access.visible(actor, Feed).order_by(Feed.created_at, Feed.id)))


def find_feed(session: Session, token: str, *, now: datetime) -> Feed | None:
    """Return the feed of a token with its person; None for unknown, revoked, and who may see it no more."""
    query = (
        select(Feed)
        .join(Account, Account.person_id == Feed.person_id)
        .join(Person, Person.id == Feed.person_id)
        .where(
            Feed.token_hash == hash_token(token),
            Feed.revoked_at.is_(None),
            Account.disabled_at.is_(None),
            is_still_allowed(now),
            Person.memberships.any(
                or_(Membership.valid_until.is_(None), Membership.valid_until > now.date())
            ),
        )
        .options(joinedload(Feed.person))
    )
    return session.scalars(query).one_or_none()


def is_fetch_due(feed: Feed, now: datetime) -> bool:
    """Tell whether the last noted fetch is long enough ago to be worth a write."""
    return feed.fetched_at is None or now - feed.fetched_at >= FETCH_INTERVAL


def record_fetch(session: Session, feed: Feed, client: str, *, now: datetime) -> None:
    """Note who fetched, at most once a minute; telemetry for the owner, no state, so not audited."""
    session.execute(
        update(Feed)
        .where(Feed.id == feed.id, or_(Feed.fetched_at.is_(None), Feed.fetched_at <= now - FETCH_INTERVAL))
        .values(fetched_at=now, fetched_by=client)
    )
