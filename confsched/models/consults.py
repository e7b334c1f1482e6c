"""Elective teleconsults: what was asked, of whom, until when."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import ConsultState, NoShowSide
from confsched.models.base import Base, WithId, enum_type
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.claims import Hold
from confsched.models.network import Site
from confsched.models.people import Person


class Consult(WithId, Base):
    """A question of a site to a service; neither the question nor the report ever leaves the application.

    `requested_by` typed it, maybe on behalf of the requester, whose consult it is.
    """

    __tablename__ = "consult"

    service_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service.id"), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"), index=True)
    requester_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    requested_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    case_ref: Mapped[str] = mapped_column(String(20), index=True)
    question: Mapped[str] = mapped_column(Text)
    reply_by_on: Mapped[date]
    state: Mapped[ConsultState] = mapped_column(enum_type(ConsultState, "state"))
    booking_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("booking.id"), index=True)
    no_show_side: Mapped[NoShowSide | None] = mapped_column(enum_type(NoShowSide, "no_show_side"))
    report: Mapped[str] = mapped_column(Text, default="", server_default="")
    reminded_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    service: Mapped[Service] = relationship()
    site: Mapped[Site] = relationship()
    requester: Mapped[Person] = relationship(foreign_keys=[requester_id])
    requested_by: Mapped[Person | None] = relationship(foreign_keys=[requested_by_id])
    booking: Mapped[Booking | None] = relationship()
    hold: Mapped[Hold | None] = relationship()
    steps: Mapped[list[ConsultStep]] = relationship(order_by="ConsultStep.number")


class ConsultStep(WithId, Base):
    """One move of a consult: into which state, when, by whom (None: by itself), and what was said to it."""

    __tablename__ = "consult_step"
    __table_args__ = (UniqueConstraint("consult_id", "number"),)

    consult_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("consult.id"))
    number: Mapped[int]
    state: Mapped[ConsultState] = mapped_column(enum_type(ConsultState, "state"))
    taken_at: Mapped[datetime]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(400), default="")
    alternative: Mapped[str] = mapped_column(String(400), default="")
    # The service it was asked of before, when this step redirects it.
    former_service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"))

    person: Mapped[Person | None] = relationship()
    former_service: Mapped[Service | None] = relationship()
