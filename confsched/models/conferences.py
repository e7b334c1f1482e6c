"""Joint conferences, one date each: what they are for, how far they have come, who was there."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import (
    AttendanceMode,
    ConferenceKind,
    ConferenceState,
    LateRule,
    StandardCare,
)
from confsched.models.base import Base, WithId, enum_type
from confsched.models.bookings import Booking
from confsched.models.catalogue import Requirement
from confsched.models.network import Resource, Site
from confsched.models.people import Person
from confsched.models.series import ConferenceSeries


class Conference(WithId, Base):
    """A meeting of several hospitals, planned by its organiser, then invited to one time.

    A date of a series names it and keeps in `occurs_at` the start that the rule gave it, whatever becomes of
    it. Without a chair the organiser chairs; without `capacity_minutes` all of its time is for cases.
    """

    __tablename__ = "conference"
    __table_args__ = (
        CheckConstraint("duration_minutes > 0", name="duration"),
        UniqueConstraint("series_id", "occurs_at"),
    )

    title: Mapped[str] = mapped_column(String(120))
    kind: Mapped[ConferenceKind] = mapped_column(
        enum_type(ConferenceKind, "kind"),
        default=ConferenceKind.CASE_CONFERENCE,
        server_default="case_conference",
    )
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
    series_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("conference_series.id"))
    occurs_at: Mapped[datetime | None]
    chair_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    deputy_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    capacity_minutes: Mapped[int | None]
    cutoff_minutes: Mapped[int] = mapped_column(default=1440, server_default="1440")
    late_rule: Mapped[LateRule] = mapped_column(
        enum_type(LateRule, "late_rule"), default=LateRule.CHAIR_APPROVES, server_default="chair_approves"
    )
    standard_care: Mapped[StandardCare] = mapped_column(
        enum_type(StandardCare, "standard_care"), default=StandardCare.LISTED, server_default="listed"
    )
    retime_minutes: Mapped[int] = mapped_column(default=5, server_default="5")
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("conference.id"))
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    minutes: Mapped[str] = mapped_column(Text, default="", server_default="")
    revision: Mapped[int] = mapped_column(default=1, server_default="1")

    site: Mapped[Site] = relationship()
    organiser: Mapped[Person] = relationship(foreign_keys=[organiser_id])
    chair: Mapped[Person | None] = relationship(foreign_keys=[chair_id])
    deputy: Mapped[Person | None] = relationship(foreign_keys=[deputy_id])
    resource: Mapped[Resource | None] = relationship()
    booking: Mapped[Booking | None] = relationship()
    series: Mapped[ConferenceSeries | None] = relationship()
    requirements: Mapped[list[Requirement]] = relationship(
        order_by="Requirement.position", cascade="all, delete-orphan"
    )
    steps: Mapped[list[ConferenceStep]] = relationship(order_by="ConferenceStep.number")


class ConferenceStep(WithId, Base):
    """One move of a conference: into which state, when, by whom (None: by itself), and why.

    `code` says what happened on the side, for example `below_quorum`; then the state is the one it had.
    """

    __tablename__ = "conference_step"
    __table_args__ = (UniqueConstraint("conference_id", "number"),)

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"))
    number: Mapped[int]
    state: Mapped[ConferenceState] = mapped_column(enum_type(ConferenceState, "state"))
    code: Mapped[str] = mapped_column(String(40), default="")
    taken_at: Mapped[datetime]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(400), default="")

    person: Mapped[Person | None] = relationship()


class Attendance(WithId, Base):
    """Somebody who was at a conference, from when until when, and where; `serves` is what they stood for.

    `efn` is the number by which a chamber credits further education.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("conference_id", "person_id"),
        CheckConstraint("left_at IS NULL OR left_at >= came_at", name="span"),
    )

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    institution: Mapped[str] = mapped_column(String(200), default="")
    serves: Mapped[str] = mapped_column(String(120), default="")
    mode: Mapped[AttendanceMode] = mapped_column(enum_type(AttendanceMode, "mode"))
    came_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    efn: Mapped[str] = mapped_column(String(15), default="")
    recorded_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])


class QuorumCheck(WithId, Base):
    """What a conference's quorum was found to be at the cut-off, a day before, or at the start.

    `missing` names each requirement that is not met: [{label, wanted, sure, maybe}].
    """

    __tablename__ = "quorum_check"
    __table_args__ = (Index("ix_quorum_check_conference", "conference_id", "checked_at"),)

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"))
    occasion: Mapped[str] = mapped_column(String(24))
    checked_at: Mapped[datetime]
    has_quorum: Mapped[bool]
    missing: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class MinutesRelease(WithId, Base):
    """What was handed out as the minutes of a conference, as it was then; a correction is a further one.

    `content` holds text, attendance, cases and decisions; `hash` binds it to the release before, so that a
    change behind the back of this application is noticed.
    """

    __tablename__ = "minutes_release"
    __table_args__ = (UniqueConstraint("conference_id", "number"),)

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"))
    number: Mapped[int]
    released_at: Mapped[datetime]
    released_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(400), default="")  # of a correction
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    released_by: Mapped[Person] = relationship()
