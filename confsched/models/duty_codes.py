"""The legend of a department: what the codes of its month mean; and who may hold which line."""

from __future__ import annotations

import uuid
from datetime import time

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import AbsenceKind, CountsAs, DayClass, DutyType
from confsched.models.base import Base, WithId, enum_type
from confsched.models.rosters import DutyLine


class DutyCodeRow(WithId, Base):
    """One code: a duty of a line, an absence, or, with neither, a day kept free."""

    __tablename__ = "duty_code"
    __table_args__ = (
        UniqueConstraint("department_id", "code"),
        CheckConstraint("line_id IS NULL OR absence IS NULL", name="one_meaning"),
    )

    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    code: Mapped[str] = mapped_column(String(3))  # in capitals
    name: Mapped[str] = mapped_column(String(60))
    line_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("duty_line.id"), index=True)
    absence: Mapped[AbsenceKind | None] = mapped_column(enum_type(AbsenceKind, "absence"))
    duty_type: Mapped[DutyType] = mapped_column(enum_type(DutyType, "duty_type"))
    counts_as: Mapped[CountsAs] = mapped_column(enum_type(CountsAs, "counts_as"))
    position: Mapped[int] = mapped_column(default=0)

    line: Mapped[DutyLine | None] = relationship()
    hours: Mapped[list[DutyCodeHours]] = relationship(cascade="all, delete-orphan")


class DutyCodeHours(Base):
    """The local times of a code on one class of day; an end up to the start means the next day."""

    __tablename__ = "duty_code_hours"

    code_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_code.id"), primary_key=True)
    day_class: Mapped[DayClass] = mapped_column(enum_type(DayClass, "day_class"), primary_key=True)
    starts: Mapped[time]
    ends: Mapped[time]


class LineQualification(Base):
    """A person who may hold a line; a line without any may be held by everybody of its department."""

    __tablename__ = "line_qualification"

    line_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_line.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
