"""Which hub's turn it is for a service, who holds its line, and how that was found, step by step."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched import clock
from confsched.domain.rosters import ONE_DAY, Rotation, Turn, find_turn
from confsched.errors import Message, msg
from confsched.models.catalogue import Service
from confsched.models.network import Department
from confsched.models.rosters import DutyLine
from confsched.models.rotations import DutyRotation
from confsched.services.who_is_on import OnDuty, who_is_on


@dataclass(frozen=True)
class TraceStep:
    """Say one step of the way to a person; `until` is when it ends."""

    message: Message
    until: datetime | None = None


@dataclass(frozen=True)
class Resolution:
    """Hold who is on for a service, and why; `line_id` is the line whose turn it is, None without turns."""

    steps: tuple[TraceStep, ...]
    line_id: uuid.UUID | None
    on: tuple[OnDuty, ...]


def resolve(
    session: Session, service_id: uuid.UUID, at: datetime, *, known_at: datetime | None = None
) -> Resolution:
    """Return who is on for a service at an instant, as known then or at `known_at`: hub, line, duty, number.

    Without a rotation that runs at the instant every line of the service counts. A line that nobody holds is
    said to be so and nobody else stands in for it: that is a decision of people.
    """
    service = session.get_one(Service, service_id)
    rotation, turn = _find_turn(session, service_id, at)
    lines = _lines(session, service_id, turn)
    on = tuple(_holders(session, lines, at, known_at))
    steps = [
        TraceStep(msg("Asked for: %(service)s, %(site)s.", service=service.name, site=service.site.name))
    ]
    if rotation is None or turn is None:
        steps.append(TraceStep(_without_turn(lines)))
    else:
        steps.append(TraceStep(_with_turn(rotation, lines[0]), turn.span.ends_at))
    steps += [step for line in lines for step in _to_people(line, on)]
    return Resolution(tuple(steps), turn.member_id if turn else None, on)


def _find_turn(
    session: Session, service_id: uuid.UUID, at: datetime
) -> tuple[DutyRotation | None, Turn | None]:
    """Return the rotation between hubs that began last and still runs, with its turn."""
    # A day's margin covers every zone; the rotation itself knows the hour at which it begins and ends.
    query = (
        select(DutyRotation)
        .where(
            DutyRotation.service_id == service_id,
            DutyRotation.starts_on <= at.date() + ONE_DAY,
            or_(DutyRotation.ends_on.is_(None), DutyRotation.ends_on >= at.date() - ONE_DAY),
        )
        .options(selectinload(DutyRotation.members))
        .order_by(DutyRotation.starts_on.desc(), DutyRotation.id)
    )
    for row in session.scalars(query):
        turn = _turn_of(row, at)
        if turn is not None:
            return row, turn
    return None, None


def _turn_of(row: DutyRotation, at: datetime) -> Turn | None:
    members = tuple(member.line_id for member in row.members if member.line_id is not None)
    has_ended = row.ends_on is not None and at >= clock.to_instant(row.ends_on, row.at, row.zone)
    if not members or has_ended:
        return None
    return find_turn(Rotation(row.starts_on, members, row.zone, row.every_days, row.at), at)


def _lines(session: Session, service_id: uuid.UUID, turn: Turn | None) -> Sequence[DutyLine]:
    wanted = DutyLine.id == turn.member_id if turn else DutyLine.service_id == service_id
    query = (
        select(DutyLine)
        .where(wanted)
        .options(joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(DutyLine.position, DutyLine.name, DutyLine.id)
    )
    return session.scalars(query).all()


def _holders(
    session: Session, lines: Iterable[DutyLine], at: datetime, known_at: datetime | None
) -> Iterator[OnDuty]:
    for line in lines:
        yield from who_is_on(session, at, line_id=line.id, known_at=known_at)


def _with_turn(rotation: DutyRotation, line: DutyLine) -> Message:
    return msg(
        "Rotation “%(rotation)s”: it is the turn of %(line)s, %(site)s.",
        rotation=rotation.name,
        line=line.name,
        site=line.department.site.name,
    )


def _without_turn(lines: Sequence[DutyLine]) -> Message:
    if not lines:
        return msg("No duty line serves it. Ask who looks after the rosters to set one up.")
    return msg("No rotation between hubs then: every line of the service counts.")


def _to_people(line: DutyLine, on: Iterable[OnDuty]) -> list[TraceStep]:
    holders = [one for one in on if one.line_id == line.id]
    if not holders:
        return [TraceStep(msg("Nobody holds %(line)s then.", line=line.name))]
    held = [
        TraceStep(msg("%(name)s holds %(line)s.", name=one.name, line=line.name), one.until)
        for one in holders
    ]
    return [*held, TraceStep(_reached(line))]


def _reached(line: DutyLine) -> Message:
    """Return the number to call; a line without one is reached through its hospital."""
    if line.phone.strip():
        return msg("%(line)s is reached at %(phone)s.", line=line.name, phone=line.phone)
    site = line.department.site
    return msg(
        "%(line)s has no number. Call %(site)s: %(phone)s.", line=line.name, site=site.name, phone=site.phone
    )
