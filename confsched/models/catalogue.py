"""Services that can be asked for, and who or what each of them needs."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import RequirementKind
from confsched.models.base import Base, WithId, enum_type
from confsched.models.network import Site


class Service(WithId, Base):
    """A consult that a hub site offers, with its length and the buffers around it."""

    __tablename__ = "service"
    __table_args__ = (CheckConstraint("duration_minutes > 0", name="duration"),)

    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    discipline: Mapped[str] = mapped_column(String(60))
    duration_minutes: Mapped[int]
    buffer_before_minutes: Mapped[int] = mapped_column(default=0)
    buffer_after_minutes: Mapped[int] = mapped_column(default=0)
    notice_minutes: Mapped[int] = mapped_column(default=60)
    horizon_days: Mapped[int] = mapped_column(default=42)
    join_base: Mapped[str] = mapped_column(String(200), default="")
    is_urgent: Mapped[bool] = mapped_column(default=False)

    site: Mapped[Site] = relationship()
    requirements: Mapped[list[Requirement]] = relationship(
        order_by="Requirement.position", cascade="all, delete-orphan"
    )


class Requirement(WithId, Base):
    """`count` people (or one room) of a pool that a service or a conference needs."""

    __tablename__ = "requirement"
    __table_args__ = (
        CheckConstraint("(service_id IS NULL) <> (conference_id IS NULL)", name="one_owner"),
        CheckConstraint("count > 0", name="count"),
    )

    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"), index=True)
    conference_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("conference.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[RequirementKind] = mapped_column(enum_type(RequirementKind, "kind"))
    discipline: Mapped[str | None] = mapped_column(String(60))
    site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    duty_line_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("duty_line.id"))
    resource_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("resource.id"))
    count: Mapped[int] = mapped_column(default=1)
    is_optional: Mapped[bool] = mapped_column(default=False)
    specialists_only: Mapped[bool] = mapped_column(default=False)

    persons: Mapped[list[RequirementPerson]] = relationship(cascade="all, delete-orphan")


class RequirementPerson(Base):
    """A person named in the pool of a requirement."""

    __tablename__ = "requirement_person"

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirement.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
