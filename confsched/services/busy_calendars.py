"""Calendars that people bring along: the last good copy counts, and a silent one never reads as free."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import BusySourceKind
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, Message, Refusal, msg
from confsched.formats.busy_calendar import BusyReading
from confsched.formats.plain_text import one_line
from confsched.i18n import translate
from confsched.models.busy import BusySource, BusySpan
from confsched.models.people import Person
from confsched.services import access, audit, idempotency, sealed
from confsched.services.availability import stale_after

KNOWN_BEFORE = timedelta(days=1)
KNOWN_DAYS = 400
# A server that says "unchanged" lets the known window shrink: after a week the whole calendar is read again.
REREAD_AFTER = timedelta(days=7)
EVERY = timedelta(minutes=15)
FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=6)
LEASE = timedelta(minutes=3)  # longer than a batch of the slowest servers
BATCH = 5
MAX_CALENDARS = 10
MAX_NAME = 120
MAX_URL = 1000
MAX_USERNAME = 200
MAX_PASSWORD = 100
MAX_ERROR = 400
MAX_ETAG = 200
MAX_LAST_MODIFIED = 80


class CalendarState(StrEnum):
    """Name how far a calendar can be relied on; only a current one may say that somebody is free."""

    NEW = "new"
    CURRENT = "current"
    FAILING = "failing"  # the last try failed, the copy is still young enough to count
    SILENT = "silent"


@dataclass(frozen=True)
class Validators:
    """Hold what a server gave with its answer, to ask it next time whether anything has changed."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Server:
    """Hold a calendar as its owner typed it in: an account on a server, or the address of free/busy times."""

    kind: BusySourceKind
    name: str
    url: str
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Due:
    """Hold what the worker needs to read a calendar while no transaction is open."""

    source_id: uuid.UUID
    kind: BusySourceKind
    url: str
    zone: str
    validators: Validators
    lease_until: datetime
    username: str | None = None
    sealed_password: str | None = field(default=None, repr=False)


def state_of(source: BusySource, now: datetime) -> CalendarState:
    """Return how far the calendar can be relied on now."""
    if source.read_at is None:
        return CalendarState.NEW if source.last_error is None else CalendarState.SILENT
    if now - source.read_at > stale_after(source):
        return CalendarState.SILENT
    return CalendarState.CURRENT if source.last_error is None else CalendarState.FAILING


def known_window(now: datetime) -> Span:
    """Return the time that a reading speaks of."""
    starts_at = now - KNOWN_BEFORE
    return Span(starts_at, starts_at + timedelta(days=KNOWN_DAYS))


def add_url(session: Session, actor: Actor, name: str, url: str, *, now: datetime, key: str) -> BusySource:
    """Add a calendar by its checked address, to be read at once; the same key returns the first one."""
    return _add(session, actor, BusySourceKind.URL, name, _checked_url(url), now=now, key=key)


def _checked_url(url: str) -> str:
    if len(url) > MAX_URL:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_URL), field="url")
    return url


def add_upload(
    session: Session, actor: Actor, name: str, reading: BusyReading, *, now: datetime, key: str
) -> BusySource:
    """Add a calendar from a file that was read already; the same key returns the first one."""
    name = name or reading.name or ""
    source = _add(session, actor, BusySourceKind.UPLOAD, name, None, now=now, key=key)
    if source.read_at is None:
        _store(session, source, reading, known_window(now), now=now)
    return source


def add_server(
    session: Session, actor: Actor, new: Server, *, secret_key: str, now: datetime, key: str
) -> BusySource:
    """Add a calendar with a login, its password kept sealed; the same key returns the first one."""
    _check_login(new)
    source = _add(session, actor, new.kind, new.name, _checked_url(new.url), now=now, key=key)
    if new.username and source.username is None:
        source.username = new.username.strip()
        source.sealed_password = sealed.seal(new.password, secret_key=secret_key, row_id=source.id)
    return source


def _check_login(new: Server) -> None:
    """Refuse half a login, and a name that cannot be told to a server (RFC 7617, 2: no colon)."""
    username = new.username.strip()
    is_wanted = new.kind is BusySourceKind.CALDAV or new.password
    if not username and is_wanted:
        raise Refusal(msg("Type the user name of this calendar."), field="username")
    if len(username) > MAX_USERNAME:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_USERNAME), field="username")
    if ":" in username or not username.isprintable():
        raise Refusal(msg("A user name is one line without a colon."), field="username")
    if username:
        _check_password(new.password)


def _check_password(password: str) -> None:
    if not password:
        raise Refusal(msg("Type the password of this calendar."), field="password")
    if len(password) > MAX_PASSWORD:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_PASSWORD), field="password")


def change_password(
    session: Session, actor: Actor, source: BusySource, password: str, *, secret_key: str, now: datetime
) -> None:
    """Keep another password for a calendar, and have it read at once."""
    if source.username is None:
        raise Conflict(msg("This calendar has no password."))
    _check_password(password)
    source.sealed_password = sealed.seal(password, secret_key=secret_key, row_id=source.id)
    # Whoever is just trying the old one finds its lease gone, and settles nothing.
    source.due_at, source.attempts, source.last_error, source.lease_until = now, 0, None, None
    audit.record(session, actor, "busy_calendar.change_password", source, now=now)


def _add(
    session: Session,
    actor: Actor,
    kind: BusySourceKind,
    name: str,
    url: str | None,
    *,
    now: datetime,
    key: str,
) -> BusySource:
    known = idempotency.find_result(session, actor, "busy_calendar", key)
    if known is not None:
        return access.get_row(session, actor, BusySource, known)
    _check_count(session, actor)
    source = BusySource(
        person_id=actor.person_id,
        kind=kind,
        name=_checked_name(name),
        url=url,
        created_at=now,
        due_at=now if url else None,
        attempts=0,
    )
    session.add(source)
    session.flush()
    idempotency.remember(session, actor, "busy_calendar", key, source.id, now=now)
    audit.record(session, actor, "busy_calendar.add", source, now=now)
    return source


def _check_count(session: Session, actor: Actor) -> None:
    query = select(func.count()).select_from(access.visible(actor, BusySource).subquery())
    if (session.scalar(query) or 0) >= MAX_CALENDARS:
        raise Refusal(
            msg("You have %(count)s calendars. Remove one that you no longer need.", count=MAX_CALENDARS)
        )


def _checked_name(name: str) -> str:
    name = one_line(name)
    if not name:
        raise Refusal(msg("Give the calendar a name."), field="name")
    if len(name) > MAX_NAME:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_NAME), field="name")
    check_text(name, field="name")
    return name


def replace_upload(
    session: Session, actor: Actor, source: BusySource, reading: BusyReading, *, now: datetime
) -> None:
    """Let a new file take the place of the old one."""
    if source.kind is not BusySourceKind.UPLOAD:
        raise Conflict(msg("This calendar is read from its address. Add a file as a calendar of its own."))
    _store(session, source, reading, known_window(now), now=now)
    audit.record(session, actor, "busy_calendar.replace", source, now=now)


def remove(session: Session, actor: Actor, source: BusySource, *, now: datetime) -> None:
    """Forget a calendar and what was read from it."""
    if source.removed_at is None:
        source.removed_at = now
        source.due_at = source.url = source.username = source.sealed_password = None
        _forget_spans(session, source.id)
        audit.record(session, actor, "busy_calendar.remove", source, now=now)


def list_calendars(session: Session, actor: Actor) -> list[BusySource]:
    """Return the actor's calendars by name; they are at most MAX_CALENDARS."""
    return list(session.scalars(access.visible(actor, BusySource).order_by(BusySource.name, BusySource.id)))


def claim_due(session: Session, *, now: datetime, limit: int = BATCH) -> list[Due]:
    """Lease calendars that are due; a worker that dies leaves them to others when the lease runs out."""
    query = (
        select(BusySource, Person.zone)
        .join(Person, Person.id == BusySource.person_id)
        .where(
            BusySource.url.is_not(None),
            BusySource.removed_at.is_(None),
            BusySource.due_at <= now,
            or_(BusySource.lease_until.is_(None), BusySource.lease_until <= now),
        )
        .order_by(BusySource.due_at, BusySource.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=BusySource)
    )
    due = [_leased(source, zone, now) for source, zone in session.execute(query)]
    session.flush()
    return due


def _leased(source: BusySource, zone: str, now: datetime) -> Due:
    assert source.url is not None, "the query asks for calendars with an address"
    source.lease_until, source.tried_at = now + LEASE, now
    source.attempts += 1
    is_worn = source.known_until is None or source.known_until < known_window(now).ends_at - REREAD_AFTER
    validators = Validators() if is_worn else Validators(source.etag, source.last_modified)
    return Due(
        source.id,
        source.kind,
        source.url,
        zone,
        validators,
        source.lease_until,
        source.username,
        source.sealed_password,
    )


def store_reading(
    session: Session,
    due: Due,
    reading: BusyReading,
    window: Span,
    validators: Validators,
    *,
    now: datetime,
) -> None:
    """Replace the copy by what was read of `window`; ignored when the calendar has another reader or none."""
    source = _find_leased(session, due)
    if source is None:
        return
    _store(session, source, reading, window, now=now)
    source.etag = _short(validators.etag, MAX_ETAG)
    source.last_modified = _short(validators.last_modified, MAX_LAST_MODIFIED)
    source.due_at = now + EVERY


def store_unchanged(session: Session, due: Due, *, now: datetime) -> None:
    """Note that the copy still holds; the server has vouched for it just now."""
    source = _find_leased(session, due)
    if source is not None:
        _settle(source, now)
        source.due_at = now + EVERY


def store_failure(
    session: Session, due: Due, reason: Message, *, now: datetime, is_login: bool = False
) -> None:
    """Keep the last good copy, say why in the owner's language, and try later and later.

    A refused login waits longest at once: many houses lock an account after a few wrong passwords.
    """
    source = _find_leased(session, due)
    if source is None:
        return
    source.last_error = _in_words(session, source, [reason])
    source.lease_until = None
    source.due_at = now + (LAST_RETRY if is_login else retry_after(source.attempts))


def _in_words(session: Session, source: BusySource, messages: Iterable[Message]) -> str | None:
    """Return the sentences in the owner's language; None where there are none."""
    language = session.get_one(Person, source.person_id).language
    return " ".join(translate(message, language) for message in messages)[:MAX_ERROR] or None


def retry_after(attempts: int) -> timedelta:
    """Return the wait after this many failures: 1 min, doubled each time, at most 6 h."""
    return min(LAST_RETRY, FIRST_RETRY * (1 << min(max(attempts, 1) - 1, 10)))


def _find_leased(session: Session, due: Due) -> BusySource | None:
    query = (
        select(BusySource)
        .where(
            BusySource.id == due.source_id,
            BusySource.lease_until == due.lease_until,
            BusySource.removed_at.is_(None),
        )
        .with_for_update()
    )
    return session.scalars(query).one_or_none()


def _store(
    session: Session, source: BusySource, reading: BusyReading, window: Span, *, now: datetime
) -> None:
    _forget_spans(session, source.id)
    _add_spans(session, source.id, reading.busy)
    known = reading.known or window
    source.known_from, source.known_until = known.starts_at, known.ends_at
    source.last_note = _in_words(session, source, reading.skipped)
    _settle(source, now)


def _settle(source: BusySource, now: datetime) -> None:
    source.read_at = source.tried_at = now
    source.attempts, source.last_error, source.lease_until = 0, None, None


def _forget_spans(session: Session, source_id: uuid.UUID) -> None:
    session.execute(delete(BusySpan).where(BusySpan.source_id == source_id))


def _add_spans(session: Session, source_id: uuid.UUID, spans: Iterable[Span]) -> None:
    rows = [
        {
            "id": uuid.uuid4(),
            "source_id": source_id,
            "starts_at": span.starts_at,
            "ends_at": span.ends_at,
        }
        for span in spans
    ]
    if rows:
        session.execute(insert(BusySpan), rows)


def _short(text: str | None, limit: int) -> str | None:
    """Return a validator that fits; half of one would match nothing, or worse, something else."""
    return text if text and len(text) <= limit else None
