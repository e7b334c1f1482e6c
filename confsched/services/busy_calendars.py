"""Calendars that people bring along: the last good copy counts, and a silent one never reads as free."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.domain.kinds import BusySourceKind
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, Refusal, msg
from confsched.formats.busy_calendar import BusyReading
from confsched.formats.plain_text import one_line
from confsched.models.busy import BusySource
from confsched.services import access, audit, idempotency, sealed
from confsched.services.availability import stale_after
from confsched.services.busy_readings import forget_spans, keep, known_window

MAX_CALENDARS = 10
MAX_NAME = 120
MAX_URL = 1000
MAX_USERNAME = 200
MAX_PASSWORD = 100


class CalendarState(StrEnum):
    """Name how far a calendar can be relied on; only a current one may say that somebody is free."""

    NEW = "new"
    CURRENT = "current"
    FAILING = "failing"  # the last try failed, the copy is still young enough to count
    SILENT = "silent"


@dataclass(frozen=True)
class Server:
    """Hold a calendar as its owner typed it in: an account on a server, or the address of free/busy times."""

    kind: BusySourceKind
    name: str
    url: str
    username: str = ""
    password: str = field(default="", repr=False)


def state_of(source: BusySource, now: datetime) -> CalendarState:
    """Return how far the calendar can be relied on now."""
    if source.read_at is None:
        return CalendarState.NEW if source.last_error is None else CalendarState.SILENT
    if now - source.read_at > stale_after(source):
        return CalendarState.SILENT
    return CalendarState.CURRENT if source.last_error is None else CalendarState.FAILING


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
        keep(session, source, reading, known_window(now), now=now)
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
    keep(session, source, reading, known_window(now), now=now)
    audit.record(session, actor, "busy_calendar.replace", source, now=now)


def remove(session: Session, actor: Actor, source: BusySource, *, now: datetime) -> None:
    """Forget a calendar and what was read from it."""
    if source.removed_at is None:
        source.removed_at = now
        source.due_at = source.url = source.username = source.sealed_password = None
        forget_spans(session, source.id)
        audit.record(session, actor, "busy_calendar.remove", source, now=now)


def list_calendars(session: Session, actor: Actor) -> list[BusySource]:
    """Return the actor's calendars by name; they are at most MAX_CALENDARS."""
    return list(session.scalars(access.visible(actor, BusySource).order_by(BusySource.name, BusySource.id)))
