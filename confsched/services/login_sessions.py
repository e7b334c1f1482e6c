"""Sessions of browsers that are signed in: rows on the server, which end within a moment."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.permissions import Actor, Function, Seat
from confsched.models.accounts import Account, LoginSession
from confsched.models.network import Site
from confsched.models.people import Membership, Person
from confsched.services import audit

TOKEN_BYTES = 32
TOUCH_INTERVAL = timedelta(minutes=1)


@dataclass(frozen=True)
class SessionLimits:
    """Hold how long a browser stays signed in without a click, and at most."""

    idle: timedelta = timedelta(minutes=30)
    whole: timedelta = timedelta(hours=12)


LIMITS = SessionLimits()
ADMIN_LIMITS = SessionLimits(idle=timedelta(minutes=10), whole=timedelta(hours=4))


@dataclass(frozen=True)
class Presence:
    """Hold who is signed in in a browser, and when the last click was noted."""

    actor: Actor
    seen_at: datetime

    def is_touch_due(self, now: datetime) -> bool:
        """Tell whether the last noted click is long enough ago to be worth a write."""
        return now - self.seen_at >= TOUCH_INTERVAL


def start_session(session: Session, account: Account, *, now: datetime) -> str:
    """Start a session and return its token: 256 random bits, of which only the hash is kept."""
    _forget_ended(session, account, now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        LoginSession(
            token_hash=_hash_token(token),
            account_id=account.id,
            created_at=now,
            seen_at=now,
            ends_at=now + LIMITS.whole,
        )
    )
    return token


def _forget_ended(session: Session, account: Account, now: datetime) -> None:
    session.execute(
        delete(LoginSession).where(
            LoginSession.account_id == account.id,
            or_(LoginSession.ends_at <= now, LoginSession.seen_at <= now - LIMITS.idle),
        )
    )


def actor_of(session: Session, token: str, now: datetime) -> Actor | None:
    """Return who is signed in, with the rights of this moment; None once the session has ended."""
    presence = find_presence(session, token, now)
    return presence.actor if presence else None


def find_presence(session: Session, token: str, now: datetime) -> Presence | None:
    """Return who is signed in and since when nothing was clicked; None once the session has ended."""
    row = _find_session(session, token)
    actor = find_actor(session, row.account, now) if row else None
    if row is None or actor is None or _is_over(row, actor, now):
        return None
    return Presence(actor, row.seen_at)


def find_owner(session: Session, token: str) -> uuid.UUID | None:
    """Return whose session it is or was, also after it has ended by itself; None once it was signed out."""
    row = _find_session(session, token)
    return row.account.person_id if row else None


def _find_session(session: Session, token: str) -> LoginSession | None:
    return session.get(
        LoginSession,
        _hash_token(token),
        options=[joinedload(LoginSession.account).joinedload(Account.person)],
    )


def _is_over(row: LoginSession, actor: Actor, now: datetime) -> bool:
    limits = ADMIN_LIMITS if Function.ORGANISATION_ADMIN in actor.functions else LIMITS
    ends_at = min(row.ends_at, row.created_at + limits.whole, row.seen_at + limits.idle)
    return now >= ends_at


def find_actor(session: Session, account: Account, now: datetime) -> Actor | None:
    """Return the owner of an account with the rights of this moment; None without any, or when disabled."""
    person = account.person
    seats = _seats(session, person, now)
    if account.disabled_at is not None or not seats:
        return None
    return Actor(
        person_id=person.id,
        account_id=account.id,
        name=person.name,
        language=person.language,
        zone=person.zone,
        seats=seats,
    )


def _seats(session: Session, person: Person, now: datetime) -> tuple[Seat, ...]:
    """Return the functions that hold today, by the calendar of each site; the latest comes first."""
    memberships = session.scalars(
        select(Membership)
        .where(Membership.person_id == person.id)
        .options(joinedload(Membership.site))
        .order_by(Membership.valid_from.desc(), Membership.id)
    )
    return tuple(
        Seat(row.organisation_id, row.site_id, row.department_id, row.function)
        for row in memberships
        if _holds(row, now)
    )


def _holds(membership: Membership, now: datetime) -> bool:
    today = clock.local_day(now, membership.site.zone)
    return membership.valid_from <= today and (
        membership.valid_until is None or today < membership.valid_until
    )


def site_of(session: Session, actor: Actor) -> Site:
    """Return the site at which the person works today."""
    return session.get_one(Site, actor.site_id)


def touch(session: Session, token: str, *, now: datetime) -> None:
    """Note that the browser is in use; at most once a minute."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == _hash_token(token), LoginSession.seen_at <= now - TOUCH_INTERVAL)
        .values(seen_at=now)
    )


def end_session(session: Session, actor: Actor, token: str, *, now: datetime) -> None:
    """End the session of this browser."""
    session.execute(delete(LoginSession).where(LoginSession.token_hash == _hash_token(token)))
    audit.record(session, actor, "sign_out", session.get_one(Account, actor.account_id), now=now)


def end_all_sessions(session: Session, account: Account) -> None:
    """End every session of an account."""
    session.execute(delete(LoginSession).where(LoginSession.account_id == account.id))


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
