"""The audit trail: recorded in the transaction it speaks of, chained so that a change is found."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor
from confsched.models.audit import AuditEvent, AuditHead

_PENDING = "audit_pending"
FIRST_HASH = "0" * 64


def record(
    session: Session,
    actor: Actor | None,
    action: str,
    row: object,
    *,
    now: datetime,
    outcome: str = "done",
    detail: str = "",
) -> None:
    """Note an action for the trail; it is written when the transaction commits.

    Written last on purpose: the chain's head is one row that every change must lock, and a lock taken last
    cannot be part of a deadlock.
    """
    pending: list[AuditEvent] = session.info.setdefault(_PENDING, [])
    pending.append(
        AuditEvent(
            at=now,
            person_id=actor.person_id if actor else None,
            organisation_id=actor.organisation_id if actor else None,
            action=action,
            object_kind=getattr(row, "__tablename__", "") or str(row),
            object_id=getattr(row, "id", None),
            outcome=outcome,
            detail=detail[:200],
        )
    )


def write_pending(session: Session) -> None:
    """Append the noted events to the chain."""
    pending: list[AuditEvent] = session.info.pop(_PENDING, [])
    if not pending:
        return
    session.flush()
    session.execute(
        update(AuditHead).values(number=AuditHead.number)
    )  # takes the row's lock on both databases
    # What this session read of the head before it had the lock is old.
    head = session.scalars(select(AuditHead).execution_options(populate_existing=True)).one()
    for event in pending:
        head.number += 1
        event.number, event.previous_hash = head.number, head.hash
        event.hash = head.hash = event_hash(event)
        session.add(event)
    session.flush()


def event_hash(event: AuditEvent) -> str:
    """Return the SHA-256 over the event and its predecessor's hash, as 64 hex digits."""
    parts = (
        event.previous_hash,
        event.number,
        event.at.isoformat(),
        event.person_id,
        event.organisation_id,
        event.action,
        event.object_kind,
        event.object_id,
        event.outcome,
        event.detail,
    )
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


def find_break(session: Session) -> int | None:
    """Return the number of the first event that was altered, removed or cut off; None for a whole chain."""
    previous, number = FIRST_HASH, 0
    in_order = select(AuditEvent).order_by(AuditEvent.number).execution_options(yield_per=500)
    with session.scalars(in_order) as events:  # closes the server's cursor also where the search ends early
        for event in events:
            number += 1
            if event.number != number or event.previous_hash != previous or event.hash != event_hash(event):
                return number
            previous = event.hash
    head = session.scalars(select(AuditHead)).one()
    return None if (head.number, head.hash) == (number, previous) else number + 1


def count_events(session: Session, action: str, object_id: uuid.UUID) -> int:
    """Return how often an action is on record for an object."""
    query = select(func.count()).where(AuditEvent.action == action, AuditEvent.object_id == object_id)
    return session.scalar(query) or 0
