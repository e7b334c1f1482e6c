"""Urgent consults: what was asked, each step of them, and the ladder of those who are called."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import (
    AlertPurpose,
    EscalationTarget,
    Recommendation,
    SkipReason,
    TeleradiologyKind,
    Urgency,
    UrgentKind,
    UrgentState,
    UrgentStepKind,
)
from confsched.models.base import Base, WithId, enum_type
from confsched.models.catalogue import Service
from confsched.models.network import Site
from confsched.models.people import Person
from confsched.models.rosters import DutyLine


class UrgentConsult(WithId, Base):
    """A request that cannot wait; `facts` are the fields of its kind, none of which ever leaves.

    `revision` rises with everything that a reader of its page could see, so that an unchanged page costs
    nothing. `is_downtime`: held by telephone, and entered afterwards.
    """

    __tablename__ = "urgent_consult"
    __table_args__ = (
        Index("ix_urgent_consult_service_requested", "service_id", "requested_at"),
        Index("ix_urgent_consult_site_requested", "site_id", "requested_at"),
        Index(
            "ix_urgent_consult_consultant_open",
            "consultant_id",
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
    )

    service_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service.id"))
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    requester_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[UrgentKind] = mapped_column(enum_type(UrgentKind, "kind"))
    state: Mapped[UrgentState] = mapped_column(enum_type(UrgentState, "state"))
    case_ref: Mapped[str] = mapped_column(String(20), index=True)
    callback_phone: Mapped[str] = mapped_column(String(40), default="")
    question: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    urgency: Mapped[Urgency | None] = mapped_column(enum_type(Urgency, "urgency"))
    legal_kind: Mapped[TeleradiologyKind | None] = mapped_column(enum_type(TeleradiologyKind, "legal_kind"))
    recommendation: Mapped[Recommendation | None] = mapped_column(enum_type(Recommendation, "recommendation"))
    join_link: Mapped[str] = mapped_column(String(300), default="")
    is_downtime: Mapped[bool] = mapped_column(default=False, server_default=false())
    # When it was asked; for one held by telephone as people remember it.
    requested_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # Who has taken it, and who was asked to join.
    consultant_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    second_consultant_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    revision: Mapped[int] = mapped_column(default=1, server_default="1")

    service: Mapped[Service] = relationship()
    site: Mapped[Site] = relationship()
    requester: Mapped[Person] = relationship(foreign_keys=[requester_id])
    consultant: Mapped[Person | None] = relationship(foreign_keys=[consultant_id])
    second_consultant: Mapped[Person | None] = relationship(foreign_keys=[second_consultant_id])
    steps: Mapped[list[UrgentStep]] = relationship(order_by="UrgentStep.number")
    rungs: Mapped[list[UrgentRung]] = relationship(order_by="UrgentRung.position, UrgentRung.repeat")


class UrgentStep(WithId, Base):
    """One thing that happened: which, when, by whom; append-only.

    `code` is the word of its kind: a state, an item of the transfer, an overridden warning, a recommendation.
    `taken_at` is when it happened, `recorded_at` when it was entered; `is_reconstructed`: from memory.
    """

    __tablename__ = "urgent_step"
    __table_args__ = (
        UniqueConstraint("consult_id", "number"),
        # Holds all that the figures ask of a step, so that they read no rows.
        Index("ix_urgent_step_figures", "consult_id", "code", "kind", "taken_at"),
    )

    consult_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("urgent_consult.id"))
    number: Mapped[int]
    kind: Mapped[UrgentStepKind] = mapped_column(enum_type(UrgentStepKind, "kind"))
    code: Mapped[str] = mapped_column(String(40))
    taken_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    is_reconstructed: Mapped[bool] = mapped_column(default=False, server_default=false())
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    # Whom it concerns beside who did it: who takes over, who joins, to whom a result was phoned.
    other_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(400), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    other: Mapped[Person | None] = relationship(foreign_keys=[other_id])


class UrgentRung(WithId, Base):
    """One step of the ladder of one consult: whom it calls, when it is due, and what became of it.

    Written for all steps when the consult is requested. Entered once: whoever sets `entered_at` where it is
    empty does the work. `stopped_at`: somebody had acknowledged before it came to that.
    """

    __tablename__ = "urgent_rung"
    __table_args__ = (
        UniqueConstraint("consult_id", "position", "repeat"),
        Index(
            "ix_urgent_rung_waiting",
            "due_at",
            postgresql_where=text("entered_at IS NULL AND stopped_at IS NULL"),
            sqlite_where=text("entered_at IS NULL AND stopped_at IS NULL"),
        ),
    )

    consult_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("urgent_consult.id"))
    position: Mapped[int]
    repeat: Mapped[int] = mapped_column(default=0, server_default="0")
    target: Mapped[EscalationTarget] = mapped_column(enum_type(EscalationTarget, "target"))
    line_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("duty_line.id"))
    label: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(40), default="")
    due_at: Mapped[datetime]
    entered_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    skipped: Mapped[SkipReason | None] = mapped_column(enum_type(SkipReason, "skipped"))
    owner_alarmed_at: Mapped[datetime | None]

    line: Mapped[DutyLine | None] = relationship()
    alerts: Mapped[list[Alert]] = relationship(order_by="Alert.created_at, Alert.id")


class Alert(WithId, Base):
    """One message that should wake somebody, by one channel: kind, site, time and a link, nothing else.

    Sent at least once: leased, sent, settled. `stopped_at`: no longer wanted before it left.
    `proof_of` is the contact point that a test message is about.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "ix_alert_waiting",
            "due_at",
            postgresql_where=text("sent_at IS NULL AND failed_at IS NULL AND stopped_at IS NULL"),
            sqlite_where=text("sent_at IS NULL AND failed_at IS NULL AND stopped_at IS NULL"),
        ),
        Index("ix_alert_consult_person", "consult_id", "person_id"),
    )

    purpose: Mapped[AlertPurpose] = mapped_column(enum_type(AlertPurpose, "purpose"))
    consult_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("urgent_consult.id"))
    rung_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("urgent_rung.id"), index=True)
    readiness_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("readiness_check.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_point.id"), index=True)
    # What the words are made of: {"kind", "site", "at", "heading", "lines", "path"}, see services/alerts.
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    lease_key: Mapped[str | None] = mapped_column(String(40))
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(400))

    person: Mapped[Person] = relationship()


class TeamMission(WithId, Base):
    """A mobile team on its way to a consult: one at a time for each line, until it is over."""

    __tablename__ = "team_mission"
    __table_args__ = (
        CheckConstraint("starts_at < until_at", name="span"),
        Index(
            "uq_team_mission_running",
            "line_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
    )

    line_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_line.id"))
    consult_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("urgent_consult.id"), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    requested_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime]
    until_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    line: Mapped[DutyLine] = relationship()
    consult: Mapped[UrgentConsult] = relationship()
    site: Mapped[Site] = relationship()


class LinkTest(WithId, Base):
    """The daily proof that images of a site arrive; the last one of a local day counts."""

    __tablename__ = "link_test"
    __table_args__ = (Index("ix_link_test_site_tested", "site_id", "tested_at"),)

    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    tested_at: Mapped[datetime]
    worked: Mapped[bool]
    note: Mapped[str] = mapped_column(String(200), default="")

    person: Mapped[Person] = relationship()


class BoardToken(WithId, Base):
    """The secret address of a wall display: read-only, without cases, revocable; stored as its hash."""

    __tablename__ = "board_token"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    site: Mapped[Site | None] = relationship()
