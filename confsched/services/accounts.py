"""Accounts: who gets in, what an attacker learns from trying, and how a login ends."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor
from confsched.errors import Refusal, msg
from confsched.i18n import LANGUAGES
from confsched.models.accounts import Account
from confsched.models.audit import AuditEvent
from confsched.models.people import Person
from confsched.services import audit
from confsched.services.login_sessions import end_all_sessions, find_actor, start_session
from confsched.services.passwords import FULL_COST, HashCost, hash_password, is_password

PASSWORD_LENGTH = 12
PASSWORD_LIMIT = 200
FREE_FAILURES = 5
LONGEST_DELAY_SECONDS = 30
FORGET_FAILURES = timedelta(hours=1)
_UNKNOWN = "unknown_account"  # object_kind of failed logins that belong to no account
_NAMES = uuid.UUID("6f1c5d52-3f0e-4f0b-9a53-0d6f4f2f7c11")  # any constant: names addresses that nobody has


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
    actor = find_actor(session, account, now)
    if not is_right or actor is None:
        _note_failure(session, account, credentials, now)
        return _refusal()
    account.failed_logins, account.last_failed_at = 0, None
    audit.record(session, actor, "sign_in", account, now=now)
    return start_session(session, account, now=now)


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


def disable_account(session: Session, actor: Actor | None, account: Account, *, now: datetime) -> None:
    """Take the login away; every browser is signed out with the commit."""
    if account.disabled_at is not None:
        return
    account.disabled_at = now
    end_all_sessions(session, account)
    audit.record(session, actor, "disable", account, now=now)


def choose_language(session: Session, actor: Actor, language: str, *, now: datetime) -> None:
    """Keep the language in which the person reads pages and mails."""
    assert language in LANGUAGES, "pages are written in these languages"
    person = session.get_one(Person, actor.person_id)
    person.language = language
    audit.record(session, actor, "choose_language", person, now=now)


def _plain(email: str) -> str:
    return email.strip().casefold()
