"""The time that urgent consults take follows them: taken on while they are open, given back afterwards."""

from __future__ import annotations

from confsched.db import Database
from confsched.services import engine_time, urgent_claims


def keep_up_claims(database: Database) -> int:
    """Let claims follow their consults, and return how many people's time was changed."""
    with database.transaction() as session:
        return urgent_claims.keep_up(session, now=engine_time.now(session))
