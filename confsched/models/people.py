"""People and the functions they hold in one or several hospitals."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.permissions import Function
from confsched.models.base import Base, WithId, enum_type
from confsched.models.network import Department, Organisation, Site


class Person(WithId, Base):
    __tablename__ = "person"

    title: Mapped[str] = mapped_column(String(40), default="")
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    phone: Mapped[str] = mapped_column(String(40), default="")
    discipline: Mapped[str] = mapped_column(String(60), default="", index=True)
    is_specialist: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(8), default="de")
    zone: Mapped[str] = mapped_column(String(64), default="Europe/Berlin")

    memberships: Mapped[list[Membership]] = relationship(
        back_populates="person", order_by="Membership.valid_from"
    )

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.title, self.given_name, self.family_name) if part)


class Membership(WithId, Base):
    """A function of a person at a site, from a day until a day (exclusive); rotation doctors hold several."""

    __tablename__ = "membership"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"), index=True)
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    function: Mapped[Function] = mapped_column(enum_type(Function, "function"))
    employment_percent: Mapped[int] = mapped_column(default=100, server_default="100")
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]

    person: Mapped[Person] = relationship(back_populates="memberships")
    organisation: Mapped[Organisation] = relationship()
    site: Mapped[Site] = relationship()
    department: Mapped[Department | None] = relationship()
