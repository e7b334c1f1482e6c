"""Load duties as a search sees them: what makes people available, what blocks them, what rest follows."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from confsched.domain.coverage import LONGEST_DUTY
from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType
from confsched.domain.rest import rest_after
from confsched.models.network import Department
from confsched.models.rosters import Duty, DutyLine
from confsched.services.spans import Spans


@dataclass(frozen=True)
class LineFacts:
    """Hold what a line says about whoever is on it."""

    id: uuid.UUID
    service_id: uuid.UUID | None
    site_id: uuid.UUID
    makes_available: bool
    blocks: bool
    duty_type: DutyType


@dataclass
class DutyTimes:
    available: Spans = field(default_factory=lambda: defaultdict(list))
    blocking: Spans = field(default_factory=lambda: defaultdict(list))
    rest: Spans = field(default_factory=lambda: defaultdict(list))


@dataclass
class Duties:
    """Hold the duties of each person, whatever they mean for a search."""

    held: dict[uuid.UUID, list[tuple[LineFacts, Span]]] = field(default_factory=lambda: defaultdict(list))

    def times(self, people: Iterable[uuid.UUID], serves: Callable[[LineFacts, uuid.UUID], bool]) -> DutyTimes:
        """Sort the duties of these people; `serves` tells whether the line makes that person available."""
        times = DutyTimes()
        for person_id in people:
            for line, span in self.held.get(person_id, ()):
                if serves(line, person_id):
                    times.available[person_id].append(span)
                elif line.blocks:
                    times.blocking[person_id].append(span)
                if line.duty_type is DutyType.ON_SITE_STANDBY:
                    times.rest[person_id].append(rest_after(span))
        return times


def load_duties(session: Session, people: Iterable[uuid.UUID], window: Span) -> Duties:
    """Return the duties of each person that reach into the window."""
    rows = session.connection().execute(_standing(people, window)).all()
    lines = _load_lines(session, {line_id for _, line_id, _, _ in rows})
    duties = Duties()
    for person_id, line_id, starts_at, ends_at in rows:
        duties.held[person_id].append((lines[line_id], Span(starts_at, ends_at)))
    return duties


def _standing(people: Iterable[uuid.UUID], window: Span) -> Select[uuid.UUID, uuid.UUID, datetime, datetime]:
    return select(Duty.person_id, Duty.line_id, Duty.starts_at, Duty.ends_at).where(
        Duty.person_id.in_(list(people)),
        Duty.superseded_at.is_(None),
        Duty.starts_at < window.ends_at,
        # No duty is longer, and years of history stay unread.
        Duty.starts_at > window.starts_at - LONGEST_DUTY,
        Duty.ends_at > window.starts_at,
    )


def _load_lines(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, LineFacts]:
    query = (
        select(
            *(DutyLine.id, DutyLine.service_id, Department.site_id),
            *(DutyLine.makes_available, DutyLine.blocks, DutyLine.duty_type),
        )
        .join(Department, Department.id == DutyLine.department_id)
        .where(DutyLine.id.in_(list(ids)))
    )
    return {row[0]: LineFacts(*row) for row in session.connection().execute(query)}
