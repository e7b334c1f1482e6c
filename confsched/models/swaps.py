"""Duties that change hands, and minutes for which somebody is looked for."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import SwapState
from confsched.models.base import Base, WithId, enum_type
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine


class DutySwap(WithId, Base):
    """A span of a line that somebody gives away, or that nobody holds (then `from_person` is empty).

    `to_person` empty asks everybody who is qualified. `in_return` is a duty of the taker that the giver takes
    for it. What was proposed stays readable when it has ended.
    """

    __tablename__ = "duty_swap"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        CheckConstraint("(duty_id IS NULL) = (from_person_id IS NULL)", name="duty_has_holder"),
        Index("ix_duty_swap_state_starts", "state", "starts_at"),
    )

    line_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_line.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    duty_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("duty.id"), index=True)
    from_person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    to_person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    in_return_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("duty.id"))
    state: Mapped[SwapState] = mapped_column(enum_type(SwapState, "state"))
    note: Mapped[str] = mapped_column(String(200), default="")
    proposed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    taken_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    taken_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str] = mapped_column(String(200), default="")

    line: Mapped[DutyLine] = relationship()
    duty: Mapped[Duty | None] = relationship(foreign_keys=[duty_id])
    in_return: Mapped[Duty | None] = relationship(foreign_keys=[in_return_id])
    from_person: Mapped[Person | None] = relationship(foreign_keys=[from_person_id])
    to_person: Mapped[Person | None] = relationship(foreign_keys=[to_person_id])
    taken_by: Mapped[Person | None] = relationship(foreign_keys=[taken_by_id])
    proposed_by: Mapped[Person] = relationship(foreign_keys=[proposed_by_id])
