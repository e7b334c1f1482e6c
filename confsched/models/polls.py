"""Polls for a date: candidate times, who is asked, what they say."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import ConferenceKind, PollAnswer, PollState
from confsched.models.base import Base, WithId, enum_type
from confsched.models.network import Resource, Site
from confsched.models.people import Person


class DatePoll(WithId, Base):
    """A question to many which of some times suits them; its decision books a conference."""

    __tablename__ = "date_poll"
    __table_args__ = (CheckConstraint("duration_minutes > 0", name="duration"),)

    title: Mapped[str] = mapped_column(String(120))
    kind: Mapped[ConferenceKind] = mapped_column(enum_type(ConferenceKind, "kind"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    organiser_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    duration_minutes: Mapped[int]
    join_link: Mapped[str] = mapped_column(String(400), default="")
    resource_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("resource.id"))
    text: Mapped[str] = mapped_column(String(2000), default="")
    state: Mapped[PollState] = mapped_column(enum_type(PollState, "state"))
    reply_by_at: Mapped[datetime]
    conference_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("conference.id"), unique=True)
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]

    site: Mapped[Site] = relationship()
    organiser: Mapped[Person] = relationship()
    resource: Mapped[Resource | None] = relationship()
    times: Mapped[list[PollTime]] = relationship(order_by="PollTime.starts_at", cascade="all, delete-orphan")
    voters: Mapped[list[PollVoter]] = relationship(
        order_by="PollVoter.position", cascade="all, delete-orphan"
    )


class PollTime(WithId, Base):
    """A candidate time; claims that name it keep it for the people of the house until the decision."""

    __tablename__ = "poll_time"
    __table_args__ = (
        UniqueConstraint("poll_id", "starts_at"),
        CheckConstraint("starts_at < ends_at", name="span"),
    )

    poll_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("date_poll.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class PollVoter(WithId, Base):
    """Somebody who is asked, with or without an account."""

    __tablename__ = "poll_voter"
    __table_args__ = (
        UniqueConstraint("poll_id", "person_id"),
        Index("ix_poll_voter_person", "person_id"),
    )

    poll_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("date_poll.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    position: Mapped[int] = mapped_column(default=0)
    is_optional: Mapped[bool] = mapped_column(default=False)
    answered_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(400), default="")

    person: Mapped[Person] = relationship()
    answers: Mapped[list[PollReply]] = relationship(cascade="all, delete-orphan")


class PollReply(Base):
    """What one voter says to one time."""

    __tablename__ = "poll_reply"

    voter_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("poll_voter.id"), primary_key=True)
    time_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("poll_time.id"), primary_key=True)
    answer: Mapped[PollAnswer] = mapped_column(enum_type(PollAnswer, "answer"))
