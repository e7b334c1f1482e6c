"""What a page shows of an agenda: cases with times, who is needed when, how many minutes that takes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from confsched.domain.intervals import Span
from confsched.errors import Message
from confsched.models.cases import CaseItem


@dataclass(frozen=True)
class Needed:
    """Somebody whom a case needs: as its presenter (`serves` is empty), or for a discipline."""

    person_id: uuid.UUID
    name: str
    serves: str


@dataclass(frozen=True)
class AgendaRow:
    """A case at its place; `missing` are the disciplines for which nobody comes."""

    case: CaseItem
    number: int
    starts_at: datetime
    ends_at: datetime
    people: tuple[Needed, ...]
    missing: tuple[str, ...]
    is_outside: bool  # its presenter cannot be had then
    is_beyond: bool  # the minutes of the conference are over before it ends


@dataclass(frozen=True)
class AgendaPresence:
    """The time that one person has to be there, a block for each coming; None: nobody comes for it."""

    person_id: uuid.UUID | None
    name: str
    serves: str
    spans: tuple[Span, ...]
    minutes: int


@dataclass(frozen=True)
class AgendaView:
    """An agenda as it stands; minutes before are those of the order of registration, after those of this one.

    Both count what specialists and presenters from other sites have to be there. Without a booking there is
    no time yet, and no row.
    """

    starts_at: datetime | None
    ends_at: datetime | None
    rows: tuple[AgendaRow, ...]
    blocks: tuple[AgendaPresence, ...]
    minutes_used: int
    minutes_free: int
    capacity: int
    minutes_before: int
    minutes_after: int
    findings: tuple[Message, ...]
