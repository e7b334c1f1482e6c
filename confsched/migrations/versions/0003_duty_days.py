"""Each duty says for which local day it was written: the cell of the month to which it belongs."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alembic import op
from sqlalchemy import text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The local day on which a duty starts; PostgreSQL knows the zones, SQLite asks the program.
FIRST_DAYS = """
    UPDATE duty SET day = (
        SELECT {local_day} FROM duty_line
        JOIN department ON department.id = duty_line.department_id
        JOIN site ON site.id = department.site_id
        WHERE duty_line.id = duty.line_id
    )
"""
# What was left of a duty, or handed on of it, after midnight: written when the duty itself was superseded.
LATE_PARTS = """
    SELECT part.id AS id, min(former.day) AS day FROM duty AS former
    JOIN duty AS part ON part.line_id = former.line_id
        AND part.starts_at > former.starts_at AND part.starts_at < former.ends_at
        AND part.ends_at <= former.ends_at AND part.recorded_at = former.superseded_at
    WHERE part.day > former.day AND (part.person_id = former.person_id OR part.origin = 'swap')
    GROUP BY part.id
"""


def upgrade() -> None:
    # Swaps refer to duties: a new table for the old one, Alembic's way on SQLite, would break the references.
    # SQLite adds a column that is never empty only with a default, and cannot drop that again.
    op.execute("ALTER TABLE duty ADD COLUMN day DATE NOT NULL DEFAULT '1970-01-01'")
    if op.get_bind().dialect.name == "sqlite":
        _raw_connection().create_function("local_day", 2, _local_day, deterministic=True)
        op.execute(FIRST_DAYS.format(local_day="local_day(duty.starts_at, site.zone)"))
    else:
        op.execute(FIRST_DAYS.format(local_day="CAST(duty.starts_at AT TIME ZONE site.zone AS DATE)"))
        op.execute("ALTER TABLE duty ALTER COLUMN day DROP DEFAULT")
    _bring_parts_back()


def downgrade() -> None:
    op.execute("ALTER TABLE duty DROP COLUMN day")


def _raw_connection() -> Any:
    return op.get_bind().connection.dbapi_connection


def _local_day(starts_at: str, zone: str) -> str:
    """Return the local day of an instant as SQLite keeps it: UTC, without saying so."""
    instant = datetime.fromisoformat(f"{starts_at}+00:00")
    return instant.astimezone(ZoneInfo(zone)).date().isoformat()


def _bring_parts_back() -> None:
    """Give parts the day of the duty that they come from, part by part of parts."""
    bind = op.get_bind()
    while parts := bind.execute(text(LATE_PARTS)).mappings().all():
        bind.execute(text("UPDATE duty SET day = :day WHERE id = :id"), [dict(part) for part in parts])
