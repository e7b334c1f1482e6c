"""Bookings: the time, place and people of a consult or a conference."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.bookings import BookingState
from confsched.domain.kinds import BookingKind, Partstat
from confsched.models.base import Base, WithId, enum_type
from confsched.models.network import Resource
from confsched.models.people import Person


class Booking(WithId, Base):
    """A meeting with a calendar identity: the UID stays, SEQUENCE rises on significant changes only."""

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        Index("ix_booking_starts", "starts_at"),
        UniqueConstraint("series_id", "recurrence_at"),
        CheckConstraint("(series_id IS NULL) = (recurrence_at IS NULL)", name="instance_of_series"),
    )

    kind: Mapped[BookingKind] = mapped_column(enum_type(BookingKind, "kind"))
    state: Mapped[BookingState] = mapped_column(enum_type(BookingState, "state"))
    uid: Mapped[str] = mapped_column(String(120), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(String(120))
    case_ref: Mapped[str | None] = mapped_column(String(20))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(64))
    buffer_before_minutes: Mapped[int] = mapped_column(default=0)
    buffer_after_minutes: Mapped[int] = mapped_column(default=0)
    join_link: Mapped[str] = mapped_column(String(400), default="")
    resource_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("resource.id"))
    organiser_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    created_at: Mapped[datetime]
    revised_at: Mapped[datetime]
    # An instance in the calendars of a series: its RECURRENCE-ID. One that was split off has neither.
    series_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("conference_series.id"))
    recurrence_at: Mapped[datetime | None]

    organiser: Mapped[Person] = relationship()
    resource: Mapped[Resource | None] = relationship()
    participations: Mapped[list[Participation]] = relationship(
        back_populates="booking", order_by="Participation.position"
    )
    cancellation: Mapped[Cancellation | None] = relationship()


class Participation(WithId, Base):
    """A person who takes part and the requirement they serve; `removed_at` keeps the tombstone for feeds."""

    __tablename__ = "participation"
    __table_args__ = (
        UniqueConstraint("booking_id", "person_id"),
        Index("ix_participation_person", "person_id"),
    )

    booking_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("booking.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    serves: Mapped[str] = mapped_column(String(120))
    is_optional: Mapped[bool] = mapped_column(default=False)
    partstat: Mapped[Partstat] = mapped_column(enum_type(Partstat, "partstat"), default=Partstat.NEEDS_ACTION)
    invited_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    # Invited to the whole series, and so told by its UID; others know this one date as an event of its own.
    is_of_series: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Whom somebody sends in their place (RFC 5545 3.2.5).
    delegated_to_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))

    booking: Mapped[Booking] = relationship(back_populates="participations")
    person: Mapped[Person] = relationship(foreign_keys=[person_id])


class Cancellation(Base):
    """Who called a booking off, when and why."""

    __tablename__ = "cancellation"

    booking_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    cancelled_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200), default="")
