"""Which duty lines a meeting was booked through: who holds such a line then takes part."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Select, select, union_all
from sqlalchemy.orm import Session

from confsched.models.catalogue import Requirement
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.models.rosters import DutyLine

Binding = Select[uuid.UUID | None, uuid.UUID | None]


def binding_lines(
    session: Session, booking_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """Return the lines of each meeting that has any; three queries however many meetings.

    A line binds a consult whose service it makes people available for, and every meeting that requires it.
    """
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for query in (_through_service(booking_ids), *_through_requirement(booking_ids)):
        for booking_id, line_id in session.execute(query):
            assert booking_id is not None and line_id is not None, "the query asks for both"
            found[booking_id].add(line_id)
    return {booking_id: frozenset(lines) for booking_id, lines in found.items()}


def _through_service(booking_ids: Collection[uuid.UUID]) -> Binding:
    return (
        select(Consult.booking_id, DutyLine.id)
        .join(DutyLine, DutyLine.service_id == Consult.service_id)
        .where(Consult.booking_id.in_(booking_ids), DutyLine.makes_available.is_(True))
    )


def _through_requirement(booking_ids: Collection[uuid.UUID]) -> tuple[Binding, Binding]:
    named = Requirement.duty_line_id
    of_consult = (
        select(Consult.booking_id, named)
        .join(Requirement, Requirement.service_id == Consult.service_id)
        .where(Consult.booking_id.in_(booking_ids), named.is_not(None))
    )
    of_conference = (
        select(Conference.booking_id, named)
        .join(Requirement, Requirement.conference_id == Conference.id)
        .where(Conference.booking_id.in_(booking_ids), named.is_not(None))
    )
    return of_consult, of_conference


def services_through(line: DutyLine) -> Select[uuid.UUID | None]:
    """Return the services that are booked through a line."""
    required = select(Requirement.service_id).where(Requirement.duty_line_id == line.id)
    served = select(DutyLine.service_id).where(DutyLine.id == line.id, DutyLine.makes_available.is_(True))
    return select(union_all(required, served).subquery().c.service_id)
