"""Series of conferences: the rule their dates follow, who belongs to them, who may bring cases."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import ConferenceKind, HolidayRule, LateRule, StandardCare
from confsched.models.base import Base, WithId, enum_type
from confsched.models.catalogue import Requirement
from confsched.models.network import Resource, Site
from confsched.models.people import Person


class ConferenceSeries(WithId, Base):
    """A conference that comes back by a rule until a day; its dates are rows of `conference`.

    `rule` is the RRULE without UNTIL, in one of the shapes of domain/recurrence; times are local to `zone`.
    A date that the rule gives and that is skipped, moved or called off keeps its row, so that calendars and
    the database tell the same. `sequence` and `revision` are those of the series in calendars.
    """

    __tablename__ = "conference_series"
    __table_args__ = (
        CheckConstraint("duration_minutes > 0", name="duration"),
        CheckConstraint("first_on <= until_on", name="days"),
    )

    title: Mapped[str] = mapped_column(String(120))
    kind: Mapped[ConferenceKind] = mapped_column(enum_type(ConferenceKind, "kind"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    organiser_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    chair_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    deputy_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    resource_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("resource.id"))
    join_link: Mapped[str] = mapped_column(String(400), default="")
    zone: Mapped[str] = mapped_column(String(64))
    rule: Mapped[str] = mapped_column(String(200))
    first_on: Mapped[date]
    until_on: Mapped[date]  # inclusive
    starts_at_local: Mapped[time]
    duration_minutes: Mapped[int]
    holiday_rule: Mapped[HolidayRule] = mapped_column(enum_type(HolidayRule, "holiday_rule"))
    capacity_minutes: Mapped[int]
    cutoff_minutes: Mapped[int] = mapped_column(default=1440)
    late_rule: Mapped[LateRule] = mapped_column(enum_type(LateRule, "late_rule"))
    standard_care: Mapped[StandardCare] = mapped_column(enum_type(StandardCare, "standard_care"))
    retime_minutes: Mapped[int] = mapped_column(default=5)
    uid: Mapped[str] = mapped_column(String(120), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    # "This and following" cuts the old series and begins a new one.
    former_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("conference_series.id"))
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    revised_at: Mapped[datetime]

    site: Mapped[Site] = relationship()
    organiser: Mapped[Person] = relationship(foreign_keys=[organiser_id])
    chair: Mapped[Person] = relationship(foreign_keys=[chair_id])
    deputy: Mapped[Person | None] = relationship(foreign_keys=[deputy_id])
    resource: Mapped[Resource | None] = relationship()
    members: Mapped[list[SeriesMember]] = relationship(
        order_by="SeriesMember.position", cascade="all, delete-orphan"
    )
    partners: Mapped[list[SeriesPartner]] = relationship(cascade="all, delete-orphan")
    requirements: Mapped[list[Requirement]] = relationship(
        order_by="Requirement.position", cascade="all, delete-orphan"
    )


class SeriesMember(WithId, Base):
    """A person who is invited to every date of a series."""

    __tablename__ = "series_member"
    __table_args__ = (UniqueConstraint("series_id", "person_id"),)

    series_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference_series.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    position: Mapped[int] = mapped_column(default=0)
    serves: Mapped[str] = mapped_column(String(120))
    is_optional: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person] = relationship()


class SeriesPartner(Base):
    """A site whose clinicians may register cases for the dates of a series."""

    __tablename__ = "series_partner"

    series_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference_series.id"), primary_key=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"), primary_key=True, index=True)

    site: Mapped[Site] = relationship()
