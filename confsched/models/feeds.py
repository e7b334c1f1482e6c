"""Calendar feeds: one secret address per device."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import FeedPrivacy, FeedScope
from confsched.models.base import Base, WithId, enum_type
from confsched.models.people import Person


class Feed(WithId, Base):
    """The address holds 256 random bits; the row only their SHA-256, so a stolen table opens no calendar."""

    __tablename__ = "feed"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    privacy: Mapped[FeedPrivacy] = mapped_column(enum_type(FeedPrivacy, "privacy"))
    scope: Mapped[FeedScope] = mapped_column(
        enum_type(FeedScope, "scope"), default=FeedScope.OWN, server_default=FeedScope.OWN.value
    )
    line_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("duty_line.id"))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
    fetched_by: Mapped[str | None] = mapped_column(String(80))

    person: Mapped[Person] = relationship()
