"""The month of a department: its draft, who changed what, and each edition that was published."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from confsched.domain.kinds import FillState
from confsched.models.base import Base, WithId, enum_type
from confsched.models.network import Department
from confsched.models.people import Person


class DutyRoster(WithId, Base):
    """One department and month, named by its first day; `edition` counts what was published, 0 is never."""

    __tablename__ = "duty_roster"
    __table_args__ = (UniqueConstraint("department_id", "month"),)

    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    month: Mapped[date]
    edition: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    department: Mapped[Department] = relationship()


class RosterCell(Base):
    """The draft of one person and day; `version` lets two editors notice each other."""

    __tablename__ = "roster_cell"

    roster_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_roster.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(11))
    version: Mapped[int] = mapped_column(default=1)
    edited_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    edited_at: Mapped[datetime]


class RosterEdit(WithId, Base):
    """One step of work on a draft, to be undone and redone: [[person, day, before, after], ...]."""

    __tablename__ = "roster_edit"
    __table_args__ = (UniqueConstraint("roster_id", "number"),)

    roster_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_roster.id"))
    number: Mapped[int]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    edited_at: Mapped[datetime]
    changes: Mapped[list[list[str]]] = mapped_column(JSON)
    undone_at: Mapped[datetime | None]


class RosterEdition(WithId, Base):
    """What was published when, by whom: every cell that was not empty, {person: {day: text}}."""

    __tablename__ = "roster_edition"
    __table_args__ = (UniqueConstraint("roster_id", "number"),)

    roster_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_roster.id"))
    number: Mapped[int]
    published_at: Mapped[datetime]
    published_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    cells: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    changed: Mapped[int] = mapped_column(default=0)  # cells that differ from the edition before
    restores: Mapped[int | None]  # the number of the edition that an undo brought back

    published_by: Mapped[Person | None] = relationship()


class WarningReason(WithId, Base):
    """Why a warning of the draft is accepted; the warning stays, the reason stands beside it."""

    __tablename__ = "warning_reason"
    __table_args__ = (UniqueConstraint("roster_id", "person_id", "day", "rule"),)

    roster_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_roster.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    day: Mapped[date]
    rule: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(String(200))
    given_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    given_at: Mapped[datetime]


class RosterImport(WithId, Base):
    """A sheet on its way into a draft: read once, mapped, tried out, then taken over or dropped."""

    __tablename__ = "roster_import"

    roster_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_roster.id"), index=True)
    filename: Mapped[str] = mapped_column(String(120))
    tables: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    choices: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    taken_over_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]

    roster: Mapped[DutyRoster] = relationship()


class ImportMemory(WithId, Base):
    """What a department has once said about its sheets: a name, a code, or the columns of a layout."""

    __tablename__ = "import_memory"
    __table_args__ = (
        UniqueConstraint("department_id", "kind", "text"),
        CheckConstraint("kind IN ('name', 'code', 'layout')", name="kind"),
    )

    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    kind: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(String(120))
    meaning: Mapped[dict[str, Any]] = mapped_column(JSON)


class FillRun(WithId, Base):
    """An automatic filling of the open duties of a draft; the worker writes how far it has come."""

    __tablename__ = "fill_run"

    roster_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_roster.id"), index=True)
    state: Mapped[FillState] = mapped_column(enum_type(FillState, "state"), index=True)
    requested_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    requested_at: Mapped[datetime]
    stop_asked_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    lease_key: Mapped[str | None] = mapped_column(String(40))
    finished_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    filled: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]] = mapped_column(JSON)

    roster: Mapped[DutyRoster] = relationship()


class DutyRulesRow(Base):
    """The limits that an organisation checks its rosters against; the defaults are those of the law."""

    __tablename__ = "duty_rules"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    rest_hours: Mapped[int] = mapped_column(default=11)
    compensated_rest_hours: Mapped[int] = mapped_column(default=10)
    cap_hours: Mapped[int] = mapped_column(default=24)
    standby_limit: Mapped[int] = mapped_column(default=4)
    on_call_limit: Mapped[int] = mapped_column(default=13)
    free_weekends: Mapped[int] = mapped_column(default=2)
    notice_days: Mapped[int] = mapped_column(default=14)
