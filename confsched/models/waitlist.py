"""Who waits for a time, in which line, and which freed times were offered to them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import SlotAnswer
from confsched.models.base import Base, WithId, enum_type
from confsched.models.consults import Consult


class WaitlistEntry(WithId, Base):
    """A consult that waits for a time to be freed, or for an earlier one than it has."""

    __tablename__ = "waitlist_entry"
    __table_args__ = (Index("ix_waitlist_entry_line", "service_id", "left_at", "joined_at"),)

    consult_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("consult.id"), index=True)
    service_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service.id"))
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]

    consult: Mapped[Consult] = relationship()
    offers: Mapped[list[SlotOffer]] = relationship(order_by="SlotOffer.offered_at", back_populates="entry")


class SlotOffer(WithId, Base):
    """A freed time kept for one who waits, until a deadline."""

    __tablename__ = "slot_offer"

    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("waitlist_entry.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    answer: Mapped[SlotAnswer | None] = mapped_column(enum_type(SlotAnswer, "answer"))
    answered_at: Mapped[datetime | None]

    entry: Mapped[WaitlistEntry] = relationship(back_populates="offers")
