"""Busy calendars that people bring along, and the last good copy of each."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import BusySourceKind
from confsched.models.base import Base, WithId, enum_type


class BusySource(WithId, Base):
    """A calendar file or address; `read_at` is the last good reading, which outlives later failures.

    `last_note` says what that reading had to leave out or guess, `last_error` why a later one failed.
    """

    __tablename__ = "busy_source"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[BusySourceKind] = mapped_column(enum_type(BusySourceKind, "kind"))
    name: Mapped[str] = mapped_column(String(120))
    url: Mapped[str | None] = mapped_column(String(1000))
    username: Mapped[str | None] = mapped_column(String(200))
    sealed_password: Mapped[str | None] = mapped_column(String(600))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    etag: Mapped[str | None] = mapped_column(String(200))
    last_modified: Mapped[str | None] = mapped_column(String(80))
    read_at: Mapped[datetime | None]
    known_from: Mapped[datetime | None]
    known_until: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(400))
    last_note: Mapped[str | None] = mapped_column(String(400))

    spans: Mapped[list[BusySpan]] = relationship(cascade="all, delete-orphan")


class BusySpan(WithId, Base):
    __tablename__ = "busy_span"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        Index("ix_busy_span_source_starts", "source_id", "starts_at"),
    )

    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("busy_source.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
