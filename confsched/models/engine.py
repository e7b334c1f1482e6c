"""What the worker and the web processes remember about themselves: cycles done, requests answered."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from confsched.models.base import Base


class EngineCycle(Base):
    """The last completed cycle of a worker; its age is the health of the engine."""

    __tablename__ = "engine_cycle"

    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    completed_at: Mapped[datetime] = mapped_column(index=True)


class EngineClock(Base):
    """When the machine was started, by its own clock; another instant for the same start: the clock was set.

    One row, for the file of one machine; a server of databases has a clock of its own.
    """

    __tablename__ = "engine_clock"

    boot: Mapped[str] = mapped_column(String(40), primary_key=True)
    started_at: Mapped[datetime]


class IdempotencyKey(Base):
    """The first answer to a creating POST, returned again when the browser repeats it."""

    __tablename__ = "idempotency_key"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(40), primary_key=True)
    result_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = mapped_column(index=True)
