"""Claims decide who is taken; holds are claims that run out."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from confsched.domain.bookings import ClaimState
from confsched.domain.kinds import SubjectKind
from confsched.models.base import Base, WithId, enum_type


class Hold(WithId, Base):
    """A time kept for one consult while its requester confirms."""

    __tablename__ = "hold"
    __table_args__ = (CheckConstraint("starts_at < ends_at", name="span"),)

    consult_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("consult.id"), unique=True)
    # A seat in a meeting that stands already, and nobody but the requester is taken.
    booking_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("booking.id"), index=True)
    # Confirmed by the requester; somebody of unknown time is being asked.
    confirmed_at: Mapped[datetime | None]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # Who serves which requirement, as decided when the time was held: [{key, label, person_id}].
    serving: Mapped[list[dict[str, str]]] = mapped_column(JSON)


class Claim(WithId, Base):
    """Take a person, room or device for a span, buffers included.

    Two blocking claims of one subject never overlap: an exclusion constraint on PostgreSQL, triggers on
    SQLite. Both stand in the first migration, since no one declaration serves two databases.
    """

    __tablename__ = "claim"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        CheckConstraint("blocking OR override_reason IS NOT NULL", name="override_has_reason"),
        CheckConstraint("(state = 'held') = (expires_at IS NOT NULL)", name="only_holds_expire"),
        Index("ix_claim_subject_starts", "subject_id", "starts_at"),
    )

    subject_id: Mapped[uuid.UUID]
    subject_kind: Mapped[SubjectKind] = mapped_column(enum_type(SubjectKind, "subject_kind"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[ClaimState] = mapped_column(enum_type(ClaimState, "state"))
    blocking: Mapped[bool] = mapped_column(default=True)
    expires_at: Mapped[datetime | None]
    booking_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("booking.id"), index=True)
    hold_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hold.id"), index=True)
    absence_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("absence.id"), index=True)
    override_reason: Mapped[str | None] = mapped_column(String(200))
    override_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    # Where the person has to be; None: wherever there is a screen.
    site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    # What cannot wait takes its consultant too; it has no booking.
    urgent_consult_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("urgent_consult.id"), index=True)
    # A candidate time of a poll, kept until the decision.
    poll_time_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("poll_time.id"), index=True)
