"""Small tidying that nothing waits for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from confsched.services import claims, engine, idempotency


def tidy_up(session: Session, *, now: datetime) -> None:
    """Give back the time of holds that ran out, and forget keys and workers that will not come again."""
    claims.release_all_expired(session, now=now)
    idempotency.forget_old(session, now=now)
    engine.forget_old(session, now=now)
