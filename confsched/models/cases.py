"""Cases of conferences, under an opaque reference; neither question nor recommendation leaves the app."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import (
    CaseLane,
    CaseState,
    CaseTriage,
    FollowUpState,
    Lamp,
    NotDoneReason,
)
from confsched.models.base import Base, WithId, enum_type
from confsched.models.conferences import Conference
from confsched.models.network import Site
from confsched.models.people import Person


class CaseItem(WithId, Base):
    """A case on the agenda of one date.

    A deferred case stays on the date that deferred it, and stands anew on another one as a row that names
    it in `former`; `first_registered_at` and `deferrals` go with it, so that it keeps its seniority. The
    presenter is to be had from `present_from` until `present_until`; None: all the time.
    """

    __tablename__ = "case_item"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 1 AND 60", name="minutes"),
        Index("ix_case_item_conference", "conference_id", "position"),
        Index("ix_case_item_follow_up", "follow_up_state", "follow_up_on"),
    )

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"))
    case_ref: Mapped[str] = mapped_column(String(20), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"), index=True)
    presenter_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    registered_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    question: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int]
    state: Mapped[CaseState] = mapped_column(enum_type(CaseState, "state"))
    lane: Mapped[CaseLane] = mapped_column(enum_type(CaseLane, "lane"))
    triage: Mapped[CaseTriage | None] = mapped_column(enum_type(CaseTriage, "triage"))
    is_urgent: Mapped[bool] = mapped_column(default=False)
    needs_pathology: Mapped[bool] = mapped_column(default=False)
    imaging: Mapped[Lamp] = mapped_column(enum_type(Lamp, "imaging"))
    pathology: Mapped[Lamp] = mapped_column(enum_type(Lamp, "pathology"))
    present_from: Mapped[datetime | None]
    present_until: Mapped[datetime | None]
    registered_at: Mapped[datetime]
    first_registered_at: Mapped[datetime]
    deferrals: Mapped[int] = mapped_column(default=0)
    former_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("case_item.id"), unique=True)
    position: Mapped[int | None]
    is_pinned: Mapped[bool] = mapped_column(default=False)
    starts_at: Mapped[datetime | None]
    discussed_from: Mapped[datetime | None]
    discussed_until: Mapped[datetime | None]
    recommendation: Mapped[str] = mapped_column(Text, default="")
    follow_up_state: Mapped[FollowUpState | None] = mapped_column(enum_type(FollowUpState, "follow_up_state"))
    follow_up_on: Mapped[date | None]
    not_done_reason: Mapped[NotDoneReason | None] = mapped_column(enum_type(NotDoneReason, "not_done_reason"))
    reminded_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)

    conference: Mapped[Conference] = relationship()
    site: Mapped[Site] = relationship()
    presenter: Mapped[Person] = relationship(foreign_keys=[presenter_id])
    registered_by: Mapped[Person] = relationship(foreign_keys=[registered_by_id])
    former: Mapped[CaseItem | None] = relationship(remote_side="CaseItem.id")
    needs: Mapped[list[CaseNeed]] = relationship(order_by="CaseNeed.discipline", cascade="all, delete-orphan")
    steps: Mapped[list[CaseStep]] = relationship(order_by="CaseStep.number")


class CaseNeed(Base):
    """A discipline that a case needs at the table."""

    __tablename__ = "case_need"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_item.id"), primary_key=True)
    discipline: Mapped[str] = mapped_column(String(60), primary_key=True)


class CaseStep(WithId, Base):
    """One move of a case: into which state, when, by whom (None: by itself), and why."""

    __tablename__ = "case_step"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_item.id"))
    number: Mapped[int]
    state: Mapped[CaseState] = mapped_column(enum_type(CaseState, "state"))
    code: Mapped[str] = mapped_column(String(40), default="")
    taken_at: Mapped[datetime]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(400), default="")

    person: Mapped[Person | None] = relationship()


class AgendaBlock(WithId, Base):
    """The minutes of a conference at which one person is needed, with a calendar identity of their own.

    `sent_from` and `sent_until` are what the person's calendar was told last; None: nothing yet.
    """

    __tablename__ = "agenda_block"
    __table_args__ = (
        UniqueConstraint("conference_id", "person_id"),
        CheckConstraint("starts_at < ends_at", name="span"),
    )

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    uid: Mapped[str] = mapped_column(String(120), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    revised_at: Mapped[datetime]
    sent_from: Mapped[datetime | None]
    sent_until: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
