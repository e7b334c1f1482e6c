"""Further education: what a chamber knows of an event, check-in by code, and what was reported."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import CmeReportKind
from confsched.models.base import Base, WithId, enum_type
from confsched.models.conferences import Attendance, Conference


class CmeEvent(Base):
    """What the chamber has given to one event: number (VNR), its password, category and points, as data."""

    __tablename__ = "cme_event"
    __table_args__ = (CheckConstraint("points BETWEEN 0 AND 200", name="points"),)

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"), primary_key=True)
    vnr: Mapped[str] = mapped_column(String(19), default="")
    sealed_password: Mapped[str] = mapped_column(String(400), default="")
    category: Mapped[str] = mapped_column(String(8), default="")
    points: Mapped[int] = mapped_column(default=0)
    # What somebody must have been there for, in minutes, to be credited; 0: to have come is enough.
    least_minutes: Mapped[int] = mapped_column(default=0)

    conference: Mapped[Conference] = relationship()


class CheckInCode(WithId, Base):
    """A short code by which one person checks in to one conference on a phone."""

    __tablename__ = "check_in_code"
    __table_args__ = (UniqueConstraint("conference_id", "person_id"),)

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    code: Mapped[str] = mapped_column(String(12), unique=True)
    created_at: Mapped[datetime]


class CmeReport(WithId, Base):
    """One file that was made for the chamber."""

    __tablename__ = "cme_report"

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"), index=True)
    kind: Mapped[CmeReportKind] = mapped_column(enum_type(CmeReportKind, "kind"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]

    entries: Mapped[list[CmeReportEntry]] = relationship(cascade="all, delete-orphan")


class CmeReportEntry(Base):
    """One attendance as it was reported: under which number, with how many points."""

    __tablename__ = "cme_report_entry"

    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cme_report.id"), primary_key=True)
    attendance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("attendance.id"), primary_key=True)
    efn: Mapped[str] = mapped_column(String(15))
    points: Mapped[int]

    attendance: Mapped[Attendance] = relationship()
