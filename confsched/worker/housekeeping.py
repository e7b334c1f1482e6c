"""Small tidying that nothing waits for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from confsched.services import claims, idempotency


def tidy_up(session: Session, *, now: datetime) -> None:
    """Give back the time of holds that ran out, and forget keys that no browser will repeat."""
    claims.release_all_expired(session, now=now)
    idempotency.forget_old(session, now=now)
