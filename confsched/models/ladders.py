"""The ladder of an urgent service, as its house has set it."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import EscalationTarget
from confsched.models.base import Base, WithId, enum_type
from confsched.models.rosters import DutyLine


class EscalationStep(WithId, Base):
    """One step: whom it calls, so many seconds after the step before it, and how often again until the next.

    A line stands for whoever holds it then; the turn of a hub rotation is found then, and a phone card
    is shown to who asks.
    """

    __tablename__ = "escalation_step"
    __table_args__ = (
        UniqueConstraint("service_id", "position"),
        CheckConstraint("delay_seconds BETWEEN 0 AND 3600", name="delay_seconds"),
        CheckConstraint("repeats BETWEEN 0 AND 5", name="repeats"),
        CheckConstraint("repeat_seconds BETWEEN 15 AND 600", name="repeat_seconds"),
    )

    service_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service.id"))
    position: Mapped[int]
    target: Mapped[EscalationTarget] = mapped_column(enum_type(EscalationTarget, "target"))
    line_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("duty_line.id"))
    phone: Mapped[str] = mapped_column(String(40), default="")
    delay_seconds: Mapped[int]
    repeats: Mapped[int] = mapped_column(default=0, server_default="0")
    repeat_seconds: Mapped[int] = mapped_column(default=60, server_default="60")

    line: Mapped[DutyLine | None] = relationship()
