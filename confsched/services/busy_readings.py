"""Busy calendars that are due, leased to one worker each; a failure keeps the last good copy."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import BusySourceKind
from confsched.errors import Message
from confsched.formats.busy_calendar import BusyReading
from confsched.i18n import translate
from confsched.models.busy import BusySource, BusySpan
from confsched.models.people import Person

KNOWN_BEFORE = timedelta(days=1)
KNOWN_DAYS = 400
# A server that says "unchanged" lets the known window shrink: after a week the whole calendar is read again.
REREAD_AFTER = timedelta(days=7)
EVERY = timedelta(minutes=15)
FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=6)
LEASE = timedelta(minutes=3)  # longer than a batch of the slowest servers
BATCH = 5
MAX_ERROR = 400
MAX_ETAG = 200
MAX_LAST_MODIFIED = 80


@dataclass(frozen=True)
class Validators:
    """Hold what a server gave with its answer, to ask it next time whether anything has changed."""

    etag: str | None = None
    last_modified: str | None = None


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


def known_window(now: datetime) -> Span:
    """Return the time that a reading speaks of."""
    starts_at = now - KNOWN_BEFORE
    return Span(starts_at, starts_at + timedelta(days=KNOWN_DAYS))


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
    keep(session, source, reading, window, now=now)
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


def keep(session: Session, source: BusySource, reading: BusyReading, window: Span, *, now: datetime) -> None:
    """Let a reading of `window` take the place of what was known before."""
    forget_spans(session, source.id)
    _add_spans(session, source.id, reading.busy)
    known = reading.known or window
    source.known_from, source.known_until = known.starts_at, known.ends_at
    source.last_note = _in_words(session, source, reading.skipped)
    _settle(source, now)


def _settle(source: BusySource, now: datetime) -> None:
    source.read_at = source.tried_at = now
    source.attempts, source.last_error, source.lease_until = 0, None, None


def forget_spans(session: Session, source_id: uuid.UUID) -> None:
    """Forget what was read from a calendar."""
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
