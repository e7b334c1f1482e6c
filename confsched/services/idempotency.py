"""A creating POST that is sent twice creates once and answers alike."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor
from confsched.errors import Conflict, msg
from confsched.models.engine import IdempotencyKey

KEY_LENGTH = 64
KEPT = timedelta(days=2)


def find_result(session: Session, actor: Actor, purpose: str, key: str) -> uuid.UUID | None:
    """Return what the first POST with this key made; None for a new key."""
    row = session.get(IdempotencyKey, _identity(actor, purpose, key))
    return row.result_id if row else None


def remember(
    session: Session, actor: Actor, purpose: str, key: str, result_id: uuid.UUID, *, now: datetime
) -> None:
    """Keep the result under the key; of two requests at once, the later is refused and takes nothing.

    The key is the primary key: the database decides, and the loser's retry finds the first result.
    """
    key, account_id, purpose = _identity(actor, purpose, key)
    session.flush()  # whatever else is wrong must not look like a double key
    session.add(
        IdempotencyKey(key=key, account_id=account_id, purpose=purpose, result_id=result_id, created_at=now)
    )
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(
            msg("This was already sent a moment ago. Reload the page to see the result.")
        ) from error


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete keys so old that no browser repeats them."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at <= now - KEPT))


def _identity(actor: Actor, purpose: str, key: str) -> tuple[str, uuid.UUID, str]:
    if not key or len(key) > KEY_LENGTH:
        raise Conflict(msg("This form is damaged. Open the page again and send it once more."))
    return key, actor.account_id, purpose
