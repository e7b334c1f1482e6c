"""Questions to people of unknown time, answered by a link."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import QuestionAnswer
from confsched.models.base import Base, WithId, enum_type
from confsched.models.people import Person


class AvailabilityQuestion(WithId, Base):
    """Ask one person of unknown time for one time, answered by a link without signing in."""

    __tablename__ = "availability_question"
    __table_args__ = (Index("ix_availability_question_person", "person_id", "starts_at"),)

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    consult_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("consult.id"), index=True)
    conference_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("conference.id"), index=True)
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answer: Mapped[QuestionAnswer | None] = mapped_column(enum_type(QuestionAnswer, "answer"))
    answered_at: Mapped[datetime | None]
    other_starts_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    asked_by: Mapped[Person] = relationship(foreign_keys=[asked_by_id])
