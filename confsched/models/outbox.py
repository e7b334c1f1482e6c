"""Messages to send: one row each, with everything that was decided when it was written."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from confsched.domain.invites import Kind, Method
from confsched.models.base import Base, WithId, enum_type


class OutboxMessage(WithId, Base):
    """A mail; sent at least once, harmless twice because UID, SEQUENCE and Message-ID come from the row."""

    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_due", "sent_at", "failed_at", "due_at"),)

    kind: Mapped[Kind] = mapped_column(enum_type(Kind, "kind"))
    booking_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("booking.id"), index=True)
    series_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("conference_series.id"), index=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    recipient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    recipient: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(8))
    zone: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    method: Mapped[Method | None] = mapped_column(enum_type(Method, "method"))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    lease_key: Mapped[str | None] = mapped_column(String(40))
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[str | None] = mapped_column(String(24))
    failed_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(400))
