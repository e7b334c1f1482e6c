"""Rotations as pages show them: who takes turns, whose it is now, and who follows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched.domain.intervals import Span
from confsched.domain.permissions import Actor
from confsched.domain.rosters import Rotation
from confsched.domain.rotation_cells import next_turns, order_from
from confsched.models.catalogue import Service
from confsched.models.network import Department
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.models.rotations import DutyRotation
from confsched.services import access
from confsched.services.rotation_choices import Choice, line_name

TURNS = 5  # the present one and the next four


@dataclass(frozen=True)
class NamedTurn:
    name: str
    span: Span


@dataclass(frozen=True)
class RotationView:
    """Hold a rotation with names; `turns` begins with the one that runs, none when all are over."""

    row: DutyRotation
    subject: str
    members: tuple[Choice, ...]
    turns: tuple[NamedTurn, ...]
    is_running: bool


def rotation_of(row: DutyRotation) -> Rotation:
    """Return a rotation as the rules take it."""
    members = tuple(member for one in row.members if (member := one.person_id or one.line_id))
    return Rotation(row.starts_on, members, row.zone, row.every_days, row.at)


def list_for_department(session: Session, department: Department, *, now: datetime) -> list[RotationView]:
    """Return the rotations of a department's people that are not over, by line and day."""
    lines = select(DutyLine.id).where(DutyLine.department_id == department.id)
    return _views(session, _open(now).where(DutyRotation.line_id.in_(lines)), now)


def list_between_hubs(session: Session, actor: Actor, *, now: datetime) -> list[RotationView]:
    """Return the rotations between hubs on services of the actor's house that are not over."""
    seen = access.visible(actor, DutyRotation).with_only_columns(DutyRotation.id)
    query = _open(now).where(DutyRotation.service_id.is_not(None), DutyRotation.id.in_(seen))
    return _views(session, query, now)


def show(session: Session, row: DutyRotation, *, now: datetime) -> RotationView:
    """Return one rotation with names."""
    return _views(session, select(DutyRotation).where(DutyRotation.id == row.id), now)[0]


def order_for_change(view: RotationView, *, now: datetime) -> tuple[date, list[uuid.UUID]]:
    """Return the next hand-over and the members in the order that begins there: the turns as they go on."""
    rotation = rotation_of(view.row)
    day, places = order_from(rotation, now)
    return day, [rotation.members[place] for place in places]


def _open(now: datetime) -> Select[DutyRotation]:
    is_open = or_(DutyRotation.ends_on.is_(None), DutyRotation.ends_on >= now.date())
    return select(DutyRotation).where(is_open)


def _views(session: Session, query: Select[DutyRotation], now: datetime) -> list[RotationView]:
    ordered = query.options(selectinload(DutyRotation.members)).order_by(
        DutyRotation.line_id, DutyRotation.service_id, DutyRotation.starts_on, DutyRotation.id
    )
    rows = list(session.scalars(ordered))
    names = _names(session, rows)
    return [_view(row, names, now) for row in rows if row.members]


def _view(row: DutyRotation, names: dict[uuid.UUID, str], now: datetime) -> RotationView:
    rotation = rotation_of(row)
    turns = next_turns(rotation, row.ends_on, now, TURNS)
    subject = row.line_id or row.service_id
    assert subject, "the table holds one of both"
    return RotationView(
        row=row,
        subject=names[subject],
        members=tuple(Choice(member, names[member]) for member in rotation.members),
        turns=tuple(NamedTurn(names[turn.member_id], turn.span) for turn in turns),
        is_running=bool(turns) and turns[0].span.contains(now),
    )


def _names(session: Session, rows: Iterable[DutyRotation]) -> dict[uuid.UUID, str]:
    rows = list(rows)
    people = {one.person_id for row in rows for one in row.members}
    lines = {one.line_id for row in rows for one in row.members} | {row.line_id for row in rows}
    services = {row.service_id for row in rows}
    hub_lines = {one.line_id for row in rows for one in row.members}
    found = {one.id: one.name for one in session.scalars(select(Person).where(Person.id.in_(people)))}
    found |= {one.id: one.name for one in session.scalars(select(Service).where(Service.id.in_(services)))}
    query = select(DutyLine).where(DutyLine.id.in_(lines))
    query = query.options(joinedload(DutyLine.department).joinedload(Department.site))
    for line in session.scalars(query):
        found[line.id] = line_name(line) if line.id in hub_lines else line.name
    return found
