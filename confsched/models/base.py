"""The declarative base, and the three column types that every table uses."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Enum, MetaData, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """Store aware UTC instants; SQLite forgets the zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert value.tzinfo is not None, "instants are aware"
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def result_processor(self, dialect: Dialect, _coltype: object) -> Callable[[Any], datetime | None]:
        """Read without a detour through the plain type: a search reads instants by the ten thousands."""
        return _from_text if dialect.name == "sqlite" else _from_driver


@lru_cache(maxsize=1 << 14)
def _from_text(value: str | None) -> datetime | None:
    """Read SQLite's text; meetings begin at few different times, so most are read from memory."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if value is not None else None


def _from_driver(value: datetime | None) -> datetime | None:
    return value if value is None or value.tzinfo is UTC else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Instant(), uuid.UUID: Uuid()}  # noqa: RUF012 (declared by SQLAlchemy)


def enum_type(words: type[StrEnum], name: str) -> Enum:
    """Return a text column type with a check constraint on the words."""
    return Enum(
        words,
        native_enum=False,
        create_constraint=True,
        length=24,
        name=name,
        values_callable=lambda kinds: [kind.value for kind in kinds],
    )


class WithId:
    """Give a row a random UUID, the only id that ever stands in a URL."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)

    def __init__(self, **values: Any) -> None:
        values.setdefault("id", uuid.uuid4())
        super().__init__(**values)
