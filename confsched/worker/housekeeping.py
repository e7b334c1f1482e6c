"""Small tidying that nothing waits for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from confsched.services import claims, engine, idempotency, roster_imports


def tidy_up(session: Session, *, now: datetime) -> None:
    """Give back the time of holds that ran out; forget keys, workers and sheets that nobody comes back to."""
    claims.release_all_expired(session, now=now)
    idempotency.forget_old(session, now=now)
    engine.forget_old(session, now=now)
    roster_imports.drop_old(session, now=now)
