"""Elective teleconsults: what was asked, of whom, until when."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import ConsultState
from confsched.models.base import Base, WithId, enum_type
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.claims import Hold
from confsched.models.network import Site
from confsched.models.people import Person


class Consult(WithId, Base):
    """A question of a site to a service; the question itself never leaves the application."""

    __tablename__ = "consult"

    service_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service.id"), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"), index=True)
    requester_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    case_ref: Mapped[str] = mapped_column(String(20), index=True)
    question: Mapped[str] = mapped_column(Text)
    reply_by_on: Mapped[date]
    state: Mapped[ConsultState] = mapped_column(enum_type(ConsultState, "state"))
    booking_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    created_at: Mapped[datetime]

    service: Mapped[Service] = relationship()
    site: Mapped[Site] = relationship()
    requester: Mapped[Person] = relationship()
    booking: Mapped[Booking | None] = relationship()
    hold: Mapped[Hold | None] = relationship()
