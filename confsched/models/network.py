"""Organisations, their sites and departments, and which site may ask which service."""

from __future__ import annotations

import uuid
from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import ResourceKind, SiteKind, TeleradiologyPermit
from confsched.models.base import Base, WithId, enum_type


class Organisation(WithId, Base):
    __tablename__ = "organisation"

    name: Mapped[str] = mapped_column(String(200), unique=True)


class Site(WithId, Base):
    """A place with a time zone and a federal state, whose public holidays it keeps.

    Its permit for teleradiology holds at night (local hours), on weekends and holidays, or always.
    """

    __tablename__ = "site"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    short_name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[SiteKind] = mapped_column(enum_type(SiteKind, "kind"))
    zone: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(8))
    phone: Mapped[str] = mapped_column(String(40))
    teleradiology: Mapped[TeleradiologyPermit] = mapped_column(
        enum_type(TeleradiologyPermit, "teleradiology"),
        default=TeleradiologyPermit.OUT_OF_HOURS,
        server_default="out_of_hours",
    )
    night_from: Mapped[time] = mapped_column(default=time(18), server_default="18:00:00.000000")
    night_until: Mapped[time] = mapped_column(default=time(7), server_default="07:00:00.000000")

    organisation: Mapped[Organisation] = relationship()


class Department(WithId, Base):
    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    name: Mapped[str] = mapped_column(String(120))
    discipline: Mapped[str] = mapped_column(String(60))
    swaps_need_approval: Mapped[bool] = mapped_column(default=True, server_default=true())

    site: Mapped[Site] = relationship()


class Resource(WithId, Base):
    """A room or a device that can be taken like a person."""

    __tablename__ = "resource"

    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"), index=True)
    kind: Mapped[ResourceKind] = mapped_column(enum_type(ResourceKind, "kind"))
    name: Mapped[str] = mapped_column(String(120))

    site: Mapped[Site] = relationship()


class CooperationAgreement(WithId, Base):
    """Permission of one site to ask one service, from a day until a day (exclusive) or without end."""

    __tablename__ = "cooperation_agreement"
    __table_args__ = (UniqueConstraint("service_id", "site_id", "valid_from"),)

    service_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service.id"))
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"), index=True)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


class TravelTime(Base):
    """Minutes from one site to another, both ways alike; the site with the smaller id stands first."""

    __tablename__ = "travel_time"
    __table_args__ = (
        CheckConstraint("site_id < other_site_id", name="order"),
        CheckConstraint("minutes BETWEEN 1 AND 600", name="minutes"),
    )

    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"), primary_key=True)
    other_site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"), primary_key=True)
    minutes: Mapped[int]
