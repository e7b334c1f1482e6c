"""Who takes turns: people on a line, lines on a service; and what people wish of their days."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import WishKind
from confsched.models.base import Base, WithId, enum_type


class DutyRotation(WithId, Base):
    """Turns of `every_days` days that change at `at` local time.

    With a line, people take turns on it and `code` is what a draft is filled with. With a service, lines of
    several hubs take turns: the hub rotation. `ends_on` is the first day without a turn.
    """

    __tablename__ = "duty_rotation"
    __table_args__ = (
        CheckConstraint("(line_id IS NULL) <> (service_id IS NULL)", name="one_subject"),
        CheckConstraint("every_days BETWEEN 1 AND 92", name="every_days"),
    )

    name: Mapped[str] = mapped_column(String(80))
    line_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("duty_line.id"), index=True)
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"), index=True)
    code: Mapped[str] = mapped_column(String(3), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    every_days: Mapped[int] = mapped_column(default=7)
    at: Mapped[time] = mapped_column(default=time(8))
    zone: Mapped[str] = mapped_column(String(64))

    members: Mapped[list[DutyRotationMember]] = relationship(
        order_by="DutyRotationMember.position", cascade="all, delete-orphan"
    )


class DutyRotationMember(Base):
    """A person, or a line of a hub, at its place in the turns."""

    __tablename__ = "duty_rotation_member"
    __table_args__ = (CheckConstraint("(person_id IS NULL) <> (line_id IS NULL)", name="one_member"),)

    rotation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_rotation.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    line_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("duty_line.id"))


class DutyWish(WithId, Base):
    """A wish for the days from `starts_on` to `ends_on`, both included; for one weekday or all of them."""

    __tablename__ = "duty_wish"
    __table_args__ = (
        CheckConstraint("starts_on <= ends_on", name="days"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        Index("ix_duty_wish_person_starts", "person_id", "starts_on"),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[WishKind] = mapped_column(enum_type(WishKind, "kind"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    weekday: Mapped[int | None]
    note: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
