"""Joint case conferences, one date each."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import ConferenceState
from confsched.models.base import Base, WithId, enum_type
from confsched.models.bookings import Booking
from confsched.models.catalogue import Requirement
from confsched.models.network import Resource, Site
from confsched.models.people import Person


class Conference(WithId, Base):
    """A meeting of several hospitals, planned by its organiser, then invited to one time."""

    __tablename__ = "conference"
    __table_args__ = (CheckConstraint("duration_minutes > 0", name="duration"),)

    title: Mapped[str] = mapped_column(String(120))
    duration_minutes: Mapped[int]
    search_from_on: Mapped[date]
    search_until_on: Mapped[date]
    join_link: Mapped[str] = mapped_column(String(400), default="")
    resource_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("resource.id"))
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    organiser_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    state: Mapped[ConferenceState] = mapped_column(enum_type(ConferenceState, "state"))
    booking_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    created_at: Mapped[datetime]

    site: Mapped[Site] = relationship()
    organiser: Mapped[Person] = relationship()
    resource: Mapped[Resource | None] = relationship()
    booking: Mapped[Booking | None] = relationship()
    requirements: Mapped[list[Requirement]] = relationship(
        order_by="Requirement.position", cascade="all, delete-orphan"
    )
