"""How people are woken: their contact points, the gateways of a house, and "ready?" before each duty."""

from __future__ import annotations

import uuid
from datetime import datetime, time

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import Channel, GatewayKind
from confsched.models.base import Base, WithId, enum_type
from confsched.models.people import Person
from confsched.models.rosters import DutyLine


class AlertGateway(WithId, Base):
    """A way out of a house: SMS, calls, Matrix, ntfy or a webhook, as an address of the `apprise` library.

    The address holds {address} where a person's number or room goes; it carries secrets, so it is sealed.
    """

    __tablename__ = "alert_gateway"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[GatewayKind] = mapped_column(enum_type(GatewayKind, "kind"))
    name: Mapped[str] = mapped_column(String(80))
    sealed_url: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class ContactPoint(WithId, Base):
    """One way to reach a person; it counts once a test message has been answered (`proven_at`).

    `quiet_from` to `quiet_until`: local hours in which it is used only where nothing else is left.
    `sealed_secret` is the subscription of a browser; its proof code is kept as a hash.
    """

    __tablename__ = "contact_point"
    __table_args__ = (Index("ix_contact_point_person", "person_id", "position"),)

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"))
    gateway_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("alert_gateway.id"))
    address: Mapped[str] = mapped_column(String(254))
    label: Mapped[str] = mapped_column(String(80), default="")
    sealed_secret: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int] = mapped_column(default=0)
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    created_at: Mapped[datetime]
    proof_hash: Mapped[str | None] = mapped_column(String(64))
    proof_sent_at: Mapped[datetime | None]
    proof_tries: Mapped[int] = mapped_column(default=0, server_default="0")
    proven_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(400))

    person: Mapped[Person] = relationship()
    gateway: Mapped[AlertGateway | None] = relationship()


class ReadinessCheck(WithId, Base):
    """ "Ready?" before a duty: asked once, answered by one tap; without an answer the backup is armed."""

    __tablename__ = "readiness_check"
    __table_args__ = (
        UniqueConstraint("line_id", "person_id", "duty_starts_at"),
        Index("ix_readiness_check_line_starts", "line_id", "duty_starts_at"),
    )

    line_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_line.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    duty_starts_at: Mapped[datetime]
    duty_ends_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    armed_at: Mapped[datetime | None]

    line: Mapped[DutyLine] = relationship()
    person: Mapped[Person] = relationship()


class PushKey(WithId, Base):
    """The key pair by which push services know this installation (RFC 8292); the private half is sealed."""

    __tablename__ = "push_key"

    public_key: Mapped[str] = mapped_column(String(120))
    sealed_private_key: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
