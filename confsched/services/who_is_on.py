"""Who is on duty at an instant, as known then: the answer that calls and requests are made from."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.services.standing import standing


@dataclass(frozen=True)
class OnDuty:
    """Hold the answer to "who is it": the person, and the number of the line that reaches them."""

    line_id: uuid.UUID
    line_name: str
    person_id: uuid.UUID
    name: str
    phone: str
    until: datetime


def who_is_on(
    session: Session,
    at: datetime,
    *,
    line_id: uuid.UUID | None = None,
    service_id: uuid.UUID | None = None,
    known_at: datetime | None = None,
) -> list[OnDuty]:
    """Return who holds a line, the lines of a service or all lines at an instant, by default as known then.

    Nobody is an empty answer. One query, which reads only what began shortly before, not the history.
    """
    query = (
        select(
            *(DutyLine.id, DutyLine.name, DutyLine.phone, Duty.ends_at, Person.id.label("person_id")),
            *(Person.title, Person.given_name, Person.family_name),
        )
        .join(Duty, Duty.line_id == DutyLine.id)
        .join(Person, Person.id == Duty.person_id)
        .where(*standing(Span(at, at + timedelta.resolution), known_at or at))
        .order_by(DutyLine.position, DutyLine.name)
    )
    if line_id:
        query = query.where(DutyLine.id == line_id)
    if service_id:
        query = query.where(DutyLine.service_id == service_id)
    return [
        OnDuty(duty.id, duty.name, duty.person_id, full_name(duty), duty.phone, duty.ends_at)
        for duty in session.execute(query)
    ]


def full_name(person: Row[*tuple[Any, ...]]) -> str:
    """Return the name of a person out of a row of columns, as Person.name writes it."""
    return " ".join(part for part in (person.title, person.given_name, person.family_name) if part)
