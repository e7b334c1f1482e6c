"""Partners that are no hospital, and guests without an account."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import PartnerKind
from confsched.models.base import Base, WithId, enum_type
from confsched.models.people import Person


class Partner(WithId, Base):
    """An institution that a house invites: an insurer, a health office, a district."""

    __tablename__ = "partner"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[PartnerKind] = mapped_column(enum_type(PartnerKind, "kind"))
    removed_at: Mapped[datetime | None]


class Guest(WithId, Base):
    """Somebody without account or membership whom one house invites; other houses know nothing of them."""

    __tablename__ = "guest"
    __table_args__ = (UniqueConstraint("organisation_id", "person_id"),)

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    partner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("partner.id"), index=True)
    role: Mapped[str] = mapped_column(String(120), default="")
    added_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    partner: Mapped[Partner | None] = relationship()


class GroupQuorum(WithId, Base):
    """How many of a group have to come: people, or partners, as in "one of the insurers"."""

    __tablename__ = "group_quorum"
    __table_args__ = (CheckConstraint("least > 0", name="least"),)

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"), index=True)
    position: Mapped[int]
    label: Mapped[str] = mapped_column(String(120))
    least: Mapped[int]
    counts_partners: Mapped[bool] = mapped_column(default=True)
    # Everybody of a kind of partner; None: the partners named.
    partner_kind: Mapped[PartnerKind | None] = mapped_column(enum_type(PartnerKind, "partner_kind"))

    partners: Mapped[list[GroupQuorumPartner]] = relationship(cascade="all, delete-orphan")


class GroupQuorumPartner(Base):
    """A partner named in a group."""

    __tablename__ = "group_quorum_partner"

    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("group_quorum.id"), primary_key=True)
    partner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("partner.id"), primary_key=True)

    partner: Mapped[Partner] = relationship()


class ConferenceText(WithId, Base):
    """One version of what an invitation says beside time and place; the last one counts."""

    __tablename__ = "conference_text"
    __table_args__ = (UniqueConstraint("conference_id", "version"),)

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"))
    version: Mapped[int]
    text: Mapped[str] = mapped_column(String(4000))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    written_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class ConferenceLink(WithId, Base):
    """A document of a conference, by its address elsewhere; nothing is stored here."""

    __tablename__ = "conference_link"

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"), index=True)
    position: Mapped[int]
    label: Mapped[str] = mapped_column(String(120))
    url: Mapped[str] = mapped_column(String(400))


class Decision(WithId, Base):
    """What a conference decided: who does it, until when, and when it was done."""

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("conference_id", "number"),)

    conference_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conference.id"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(String(1000))
    responsible: Mapped[str] = mapped_column(String(200), default="")
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
