"""The outbox: claim a few due messages, send them elsewhere, settle each; nothing is lost on the way."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from confsched.domain.permissions import Actor, Permission
from confsched.errors import Conflict, msg
from confsched.models.outbox import OutboxMessage
from confsched.services import access, audit

LEASE = timedelta(minutes=4)  # longer than a mail server that takes 20 s for each of its ten answers
BATCH = 20
FIRST_RETRY = timedelta(seconds=30)
LAST_RETRY = timedelta(hours=1)
PAGE_SIZE = 50
MAX_ERROR = 400


def claim_due(
    session: Session, *, now: datetime, lease_key: str, limit: int = BATCH, lease: timedelta = LEASE
) -> list[OutboxMessage]:
    """Lease the messages that are due; a worker that dies leaves them to others when the lease runs out.

    What still waits about the same meeting goes first: a calendar that gets the cancellation before the
    invitation shows a meeting that is off (RFC 5546 2.1.5). A mail about duties has no meeting and
    waits for no other.
    """
    same_meeting, same_series = _waits_for(OutboxMessage.booking_id), _waits_for(OutboxMessage.series_id)
    query = (
        select(OutboxMessage)
        .where(
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.failed_at.is_(None),
            OutboxMessage.due_at <= now,
            or_(OutboxMessage.lease_until.is_(None), OutboxMessage.lease_until <= now),
            ~same_meeting,
            ~same_series,
        )
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=OutboxMessage)
    )
    messages = list(session.scalars(query))
    for message in messages:
        message.lease_until = now + lease
        message.lease_key = lease_key
        message.attempts += 1
    session.flush()
    return messages


def _waits_for(about: InstrumentedAttribute[uuid.UUID | None]) -> ColumnElement[bool]:
    """Tell whether an earlier message about the same has not left yet."""
    earlier = aliased(OutboxMessage)
    return exists().where(
        getattr(earlier, about.key) == about,
        earlier.recipient_id == OutboxMessage.recipient_id,
        earlier.created_at < OutboxMessage.created_at,
        earlier.sent_at.is_(None),
        earlier.failed_at.is_(None),
    )


def settle_sent(session: Session, message_id: uuid.UUID, lease_key: str, *, now: datetime, by: str) -> None:
    """Record that a message left; ignored when the lease has passed to another worker, who sends it too."""
    message = _leased(session, message_id, lease_key)
    if message is not None:
        message.sent_at, message.sent_by, message.last_error = now, by, None
        message.lease_until = message.lease_key = None


def settle_failed(
    session: Session,
    message_id: uuid.UUID,
    lease_key: str,
    *,
    now: datetime,
    reason: str,
    is_permanent: bool,
) -> None:
    """Record a refusal: a temporary one is tried again later and later, a permanent one becomes a task."""
    message = _leased(session, message_id, lease_key)
    if message is None:
        return
    message.last_error = reason[:MAX_ERROR]
    message.lease_until = message.lease_key = None
    if is_permanent:
        message.failed_at = now
    else:
        message.due_at = now + retry_after(message.attempts)


def retry_after(attempts: int) -> timedelta:
    """Return the wait after this many attempts: 30 s, doubled each time, at most one hour."""
    return min(LAST_RETRY, FIRST_RETRY * (1 << min(attempts - 1, 10)))


def _leased(session: Session, message_id: uuid.UUID, lease_key: str) -> OutboxMessage | None:
    query = (
        select(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.lease_key == lease_key)
        .with_for_update()
    )
    return session.scalars(query).one_or_none()


def may_read_content(actor: Actor, message: OutboxMessage) -> bool:
    """Tell whether the actor got the mail or plans meetings in its house; for all others it is an envelope.

    Who runs the mail server needs to know that a mail left, not which case is discussed.
    """
    houses = actor.organisations_with(Permission.SEE_MEETINGS_OF_ORGANISATION)
    return message.recipient_id == actor.person_id or message.organisation_id in houses


def may_retry(actor: Actor, message: OutboxMessage) -> bool:
    """Tell whether the actor may send the message once more."""
    is_theirs = message.organisation_id in actor.organisations_with(Permission.SEE_DELIVERIES)
    return is_theirs and message.sent_at is None


def retry(session: Session, actor: Actor, message: OutboxMessage, *, now: datetime) -> None:
    """Send a refused message once more, now; a message that left stays as it is.

    Raises Conflict where a later one about the same meeting has left: the older would undo it.
    """
    if message.sent_at is not None:
        return
    if _is_overtaken(session, message):
        raise Conflict(msg("A later message about this meeting has been sent. This one is out of date."))
    message.failed_at = None
    message.due_at = now
    audit.record(session, actor, "message.retry", message, now=now)


def _is_overtaken(session: Session, message: OutboxMessage) -> bool:
    same = [OutboxMessage.booking_id == message.booking_id] if message.booking_id else []
    same += [OutboxMessage.series_id == message.series_id] if message.series_id else []
    if not same:
        return False
    later = exists().where(
        or_(*same),
        OutboxMessage.recipient_id == message.recipient_id,
        OutboxMessage.created_at > message.created_at,
        OutboxMessage.sent_at.is_not(None),
    )
    return bool(session.scalar(select(later)))


@dataclass(frozen=True)
class Listing:
    """Hold one page of messages, newest first, and how many there are."""

    messages: list[OutboxMessage]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def list_messages(
    session: Session, actor: Actor, *, state: str = "", text: str = "", page: int = 1
) -> Listing:
    """Return the messages the actor may see; `state` is waiting, sent or failed, `text` is in the address."""
    query = access.visible(actor, OutboxMessage)
    if state == "waiting":
        query = query.where(OutboxMessage.sent_at.is_(None), OutboxMessage.failed_at.is_(None))
    if state == "sent":
        query = query.where(OutboxMessage.sent_at.is_not(None))
    if state == "failed":
        query = query.where(OutboxMessage.failed_at.is_not(None))
    if text.strip():
        query = query.where(OutboxMessage.recipient.icontains(text.strip(), autoescape=True))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = max(1, page)
    rows = session.scalars(
        query.order_by(OutboxMessage.created_at.desc(), OutboxMessage.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Listing(list(rows), total, page)
