"""Duty lines and the duties on them, absences, working hours."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import AbsenceKind, DutyType, LineKind
from confsched.models.base import Base, WithId, enum_type
from confsched.models.catalogue import Service
from confsched.models.network import Department
from confsched.models.people import Person


class DutyLine(WithId, Base):
    """A position that must be held; reached by its own number, whoever holds it."""

    __tablename__ = "duty_line"

    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"), index=True)
    group_name: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[LineKind] = mapped_column(enum_type(LineKind, "kind"))
    duty_type: Mapped[DutyType] = mapped_column(enum_type(DutyType, "duty_type"))
    phone: Mapped[str] = mapped_column(String(40))
    covered_from: Mapped[time]
    covered_until: Mapped[time]
    covered_workdays_only: Mapped[bool] = mapped_column(default=False)
    makes_available: Mapped[bool] = mapped_column(default=False)
    blocks: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    department: Mapped[Department] = relationship()
    service: Mapped[Service | None] = relationship()


class Duty(WithId, Base):
    """One person on one line; append-only: a change supersedes the row, so the past stays answerable.

    `day` is the local day that it was written for, the cell of the month to which it belongs. What is left of
    a duty, or handed on of it, keeps the day, also where it begins after midnight.
    """

    __tablename__ = "duty"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        # Who looks for the duties of an instant looks back 32 days and no further.
        CheckConstraint("ends_at - starts_at <= interval '32 days'", name="length").ddl_if("postgresql"),
        CheckConstraint("julianday(ends_at) - julianday(starts_at) <= 32.0001", name="length").ddl_if(
            "sqlite"
        ),
        Index("ix_duty_line_starts", "line_id", "starts_at"),
        Index("ix_duty_person_starts", "person_id", "starts_at"),
    )

    line_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_line.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    day: Mapped[date]
    origin: Mapped[str] = mapped_column(String(24))
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]

    line: Mapped[DutyLine] = relationship()
    person: Mapped[Person] = relationship()


class DeclaredGap(WithId, Base):
    """Minutes for which a line is left to nobody on purpose, and why."""

    __tablename__ = "declared_gap"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        Index("ix_declared_gap_line_starts", "line_id", "starts_at"),
    )

    line_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_line.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200))
    declared_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    declared_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    line: Mapped[DutyLine] = relationship()


class Absence(WithId, Base):
    """Time a person is away; `withdrawn_at` ends its effect and keeps the row."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        Index("ix_absence_person_starts", "person_id", "starts_at"),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[AbsenceKind] = mapped_column(enum_type(AbsenceKind, "kind"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class WorkingHoursRow(WithId, Base):
    """Hours of a person at a site in local time; an end not after the start means the next day.

    They come back every `every_weeks` weeks, counted from the week of `valid_from`, or, with an `ordinal`, on
    the first to fifth (-1: the last) such weekday of each month.
    """

    __tablename__ = "working_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("every_weeks BETWEEN 1 AND 8", name="every_weeks"),
        CheckConstraint("ordinal BETWEEN 1 AND 5 OR ordinal = -1", name="ordinal"),
        CheckConstraint("ordinal IS NULL OR every_weeks = 1", name="one_rhythm"),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    weekday: Mapped[int]
    starts: Mapped[time]
    ends: Mapped[time]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    every_weeks: Mapped[int] = mapped_column(default=1, server_default="1")
    ordinal: Mapped[int | None]
