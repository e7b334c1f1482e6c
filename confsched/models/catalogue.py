"""Services that can be asked for, and who or what each of them needs."""

from __future__ import annotations

import uuid

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import RequirementKind, UrgentKind
from confsched.models.base import Base, WithId, enum_type
from confsched.models.network import Site


class Service(WithId, Base):
    """A consult that a hub site offers: its length, the buffers around it, and how it is asked for.

    With more than one of `seats` several requesters share a meeting. `cap_per_day` is how many of these
    meetings one consultant has on a local day. `revision` lets two editors notice each other.

    An urgent service is reached through its ladder; one consultant has at most `consults_at_once` open, and
    `targets` are the seconds of its clocks that differ from the usual ones (domain/urgent_clocks).
    """

    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint("duration_minutes > 0", name="duration"),
        CheckConstraint("seats BETWEEN 1 AND 20", name="seats"),
        CheckConstraint("cap_per_day > 0", name="cap_per_day"),
        CheckConstraint("consults_at_once BETWEEN 1 AND 20", name="consults_at_once"),
    )

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
    is_open: Mapped[bool] = mapped_column(default=True, server_default=true())
    needs_triage: Mapped[bool] = mapped_column(default=False, server_default=false())
    seats: Mapped[int] = mapped_column(default=1, server_default="1")
    cap_per_day: Mapped[int | None]
    cancel_notice_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    reminder_minutes: Mapped[int] = mapped_column(default=1440, server_default="1440")  # 0: none
    # "08:00-12:00, 13:00-17:00": local hours of Monday to Friday that are named first; empty: the usual ones.
    preferred_hours: Mapped[str] = mapped_column(String(60), default="", server_default="")
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    urgent_kind: Mapped[UrgentKind | None] = mapped_column(enum_type(UrgentKind, "urgent_kind"))
    consults_at_once: Mapped[int] = mapped_column(default=2, server_default="2")
    hotline: Mapped[str] = mapped_column(String(40), default="", server_default="")
    targets: Mapped[dict[str, int]] = mapped_column(JSON, default=dict, server_default="{}")

    site: Mapped[Site] = relationship()
    requirements: Mapped[list[Requirement]] = relationship(
        order_by="Requirement.position", cascade="all, delete-orphan"
    )


class Requirement(WithId, Base):
    """`count` people (or one room) of a pool that a service, a conference or a series needs.

    A discipline is sought at the sites named, or at any. One that `may_double` may be met by somebody who
    meets another requirement as well; one that `is_on_site` needs its people at the place of the meeting.
    """

    __tablename__ = "requirement"
    __table_args__ = (
        CheckConstraint(
            "(service_id IS NOT NULL AND conference_id IS NULL AND series_id IS NULL)"
            " OR (service_id IS NULL AND conference_id IS NOT NULL AND series_id IS NULL)"
            " OR (service_id IS NULL AND conference_id IS NULL AND series_id IS NOT NULL)",
            name="one_owner",
        ),
        CheckConstraint("count > 0", name="count"),
    )

    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"), index=True)
    conference_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("conference.id"), index=True)
    series_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("conference_series.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[RequirementKind] = mapped_column(enum_type(RequirementKind, "kind"))
    discipline: Mapped[str | None] = mapped_column(String(60))
    duty_line_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("duty_line.id"))
    resource_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("resource.id"))
    count: Mapped[int] = mapped_column(default=1)
    is_optional: Mapped[bool] = mapped_column(default=False)
    specialists_only: Mapped[bool] = mapped_column(default=False)
    may_double: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_on_site: Mapped[bool] = mapped_column(default=False, server_default=false())

    persons: Mapped[list[RequirementPerson]] = relationship(cascade="all, delete-orphan")
    sites: Mapped[list[RequirementSite]] = relationship(cascade="all, delete-orphan")


class RequirementPerson(Base):
    """A person named in the pool of a requirement."""

    __tablename__ = "requirement_person"

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirement.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)


class RequirementSite(Base):
    """A site at which the discipline of a requirement is sought."""

    __tablename__ = "requirement_site"

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirement.id"), primary_key=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"), primary_key=True)
