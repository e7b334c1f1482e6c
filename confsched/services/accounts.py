"""Accounts, and the sessions of browsers that are signed in; both live on the server and end at once."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.permissions import Actor, Function, Seat
from confsched.errors import Refusal, msg
from confsched.i18n import LANGUAGES
from confsched.models.accounts import Account, LoginSession
from confsched.models.audit import AuditEvent
from confsched.models.network import Site
from confsched.models.people import Membership, Person
from confsched.services import audit
from confsched.services.passwords import FULL_COST, HashCost, hash_password, is_password

PASSWORD_LENGTH = 12
PASSWORD_LIMIT = 200
TOKEN_BYTES = 32
FREE_FAILURES = 5
LONGEST_DELAY_SECONDS = 30
FORGET_FAILURES = timedelta(hours=1)
TOUCH_INTERVAL = timedelta(minutes=1)
_UNKNOWN = "unknown_account"  # object_kind of failed logins that belong to no account
_NAMES = uuid.UUID("6f1c5d52-3f0e-4f0b-9a53-0d6f4f2f7c11")  # any constant: names addresses that nobody has


@dataclass(frozen=True)
class SessionLimits:
    """Hold how long a browser stays signed in without a click, and at most."""

    idle: timedelta = timedelta(minutes=30)
    whole: timedelta = timedelta(hours=12)


LIMITS = SessionLimits()
ADMIN_LIMITS = SessionLimits(idle=timedelta(minutes=10), whole=timedelta(hours=4))


@dataclass(frozen=True)
class Credentials:
    """Hold what is known about an address before the password is looked at; the account may not exist."""

    email: str
    account_id: uuid.UUID | None
    password_hash: str | None = field(repr=False)
    failures: int
    last_failed_at: datetime | None


def create_account(
    session: Session, person: Person, password: str, *, now: datetime, cost: HashCost = FULL_COST
) -> Account:
    """Give a person a login under their mail address; refuses a password that is too short or too long."""
    if len(password) < PASSWORD_LENGTH:
        raise Refusal(
            msg("Choose a password of %(length)s characters or more.", length=PASSWORD_LENGTH),
            field="password",
        )
    if len(password) > PASSWORD_LIMIT:
        raise Refusal(msg("Choose a shorter password."), field="password")
    account = Account(
        person_id=person.id,
        email=_plain(person.email),
        password_hash=hash_password(password, cost),
        created_at=now,
    )
    session.add(account)
    session.flush()
    audit.record(session, None, "create", account, now=now)
    return account


def find_credentials(session: Session, email: str, *, now: datetime) -> Credentials:
    """Read what a login needs to know, so that nothing is locked while the password is checked."""
    account = session.scalars(select(Account).where(Account.email == _plain(email))).one_or_none()
    if account is None:
        return _credentials_of_nobody(session, _plain(email), now)
    is_old = account.last_failed_at is None or account.last_failed_at <= now - FORGET_FAILURES
    return Credentials(
        email=account.email,
        account_id=account.id,
        password_hash=account.password_hash if account.disabled_at is None else None,
        failures=0 if is_old else account.failed_logins,
        last_failed_at=account.last_failed_at,
    )


def _credentials_of_nobody(session: Session, email: str, now: datetime) -> Credentials:
    """Count failures of unknown addresses too: else a delay would tell that an account exists."""
    failures, last = session.execute(
        select(func.count(), func.max(AuditEvent.at)).where(
            AuditEvent.object_kind == _UNKNOWN,
            AuditEvent.object_id == uuid.uuid5(_NAMES, email),
            AuditEvent.at > now - FORGET_FAILURES,
        )
    ).one()
    return Credentials(email, None, None, failures, last)


def demand_delay(credentials: Credentials, *, now: datetime) -> None:
    """Refuse to look at any password within the delay that follows many failures."""
    seconds = seconds_to_wait(credentials, now)
    if seconds == 1:
        raise Refusal(msg("Try again in one second."))
    if seconds:
        raise Refusal(msg("Try again in %(seconds)s seconds.", seconds=seconds))


def check_password(credentials: Credentials, password: str, *, cost: HashCost = FULL_COST) -> bool:
    """Tell whether the password is right; takes as long for an address that nobody has.

    Works without a session: a hash takes up to a second, and a transaction must not wait for it.
    """
    return is_password(password[:PASSWORD_LIMIT], credentials.password_hash, cost)


def seconds_to_wait(credentials: Credentials, now: datetime) -> int:
    """Return what is left of the delay after many failures: 1, 2, 4 ... 30 seconds, never a lock-out."""
    if credentials.failures < FREE_FAILURES or credentials.last_failed_at is None:
        return 0
    doublings = min(credentials.failures - FREE_FAILURES, 10)
    delay = timedelta(seconds=min(2**doublings, LONGEST_DELAY_SECONDS))
    left = credentials.last_failed_at + delay - now
    return max(0, -(-left // timedelta(seconds=1)))


def sign_in(session: Session, credentials: Credentials, is_right: bool, *, now: datetime) -> str | Refusal:
    """Start a session and return its token, or note the failure and return the one sentence for all of them.

    The refusal is returned, not raised: the count of failures must be committed.
    """
    account = session.get(Account, credentials.account_id) if credentials.account_id else None
    if account is None:
        _note_stranger(session, credentials.email, now)
        return _refusal()
    if not is_right or account.disabled_at is not None or _actor(session, account, now) is None:
        _note_failure(session, account, credentials, now)
        return _refusal()
    account.failed_logins, account.last_failed_at = 0, None
    audit.record(session, _actor(session, account, now), "sign_in", account, now=now)
    _forget_ended(session, account, now)
    return _start_session(session, account, now)


def _refusal() -> Refusal:
    return Refusal(msg("This address and this password do not belong together. Check both and try again."))


def _note_stranger(session: Session, email: str, now: datetime) -> None:
    event_id = uuid.uuid5(_NAMES, email)
    audit.record(session, None, "sign_in", _Stranger(event_id), now=now, outcome="refused")


@dataclass(frozen=True)
class _Stranger:
    id: uuid.UUID
    __tablename__ = _UNKNOWN


def _note_failure(session: Session, account: Account, credentials: Credentials, now: datetime) -> None:
    # Counted in the database: of two failures at once, both count.
    counted = Account.failed_logins + 1 if credentials.failures else 1
    session.execute(
        update(Account).where(Account.id == account.id).values(failed_logins=counted, last_failed_at=now)
    )
    audit.record(session, None, "sign_in", account, now=now, outcome="refused")


def _forget_ended(session: Session, account: Account, now: datetime) -> None:
    session.execute(
        delete(LoginSession).where(
            LoginSession.account_id == account.id,
            or_(LoginSession.ends_at <= now, LoginSession.seen_at <= now - LIMITS.idle),
        )
    )


def _start_session(session: Session, account: Account, now: datetime) -> str:
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


def actor_of(session: Session, token: str, now: datetime) -> Actor | None:
    """Return who is signed in, with the rights of this moment; None once the session has ended."""
    row = _find_session(session, token)
    if row is None or row.account.disabled_at is not None or now >= row.ends_at:
        return None
    actor = _actor(session, row.account, now)
    if actor is None:
        return None
    limits = ADMIN_LIMITS if Function.ORGANISATION_ADMIN in actor.functions else LIMITS
    is_over = now - row.seen_at >= limits.idle or now - row.created_at >= limits.whole
    return None if is_over else actor


def _find_session(session: Session, token: str) -> LoginSession | None:
    return session.get(
        LoginSession,
        _hash_token(token),
        options=[joinedload(LoginSession.account).joinedload(Account.person)],
    )


def _actor(session: Session, account: Account, now: datetime) -> Actor | None:
    person = account.person
    seats = _seats(session, person, now)
    if not seats:
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


def site_name(session: Session, actor: Actor) -> str:
    """Return the short name of the site at which the person works today."""
    return session.get_one(Site, actor.site_id).short_name


def is_touch_due(session: Session, token: str, now: datetime) -> bool:
    """Tell whether the last click is long enough ago to be worth a write."""
    row = _find_session(session, token)
    return row is not None and now - row.seen_at >= TOUCH_INTERVAL


def touch(session: Session, token: str, *, now: datetime) -> None:
    """Note that the browser is in use; at most once a minute."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == _hash_token(token), LoginSession.seen_at <= now - TOUCH_INTERVAL)
        .values(seen_at=now)
    )


def sign_out(session: Session, actor: Actor, token: str, *, now: datetime) -> None:
    """End the session of this browser."""
    session.execute(delete(LoginSession).where(LoginSession.token_hash == _hash_token(token)))
    audit.record(session, actor, "sign_out", session.get_one(Account, actor.account_id), now=now)


def disable_account(session: Session, actor: Actor | None, account: Account, *, now: datetime) -> None:
    """Take the login away; every browser is signed out with the commit."""
    if account.disabled_at is not None:
        return
    account.disabled_at = now
    session.execute(delete(LoginSession).where(LoginSession.account_id == account.id))
    audit.record(session, actor, "disable", account, now=now)


def choose_language(session: Session, actor: Actor, language: str, *, now: datetime) -> None:
    """Keep the language in which the person reads pages and mails."""
    assert language in LANGUAGES, "pages are written in these languages"
    person = session.get_one(Person, actor.person_id)
    person.language = language
    audit.record(session, actor, "choose_language", person, now=now)


def _plain(email: str) -> str:
    return email.strip().casefold()


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
