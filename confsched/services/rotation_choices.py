"""Who can take turns: the people of a department, and the lines of all hubs that could serve a service."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.permissions import Actor
from confsched.models.catalogue import Service
from confsched.models.network import Department, Site
from confsched.models.rosters import DutyLine
from confsched.services import access
from confsched.services.duty_codes import staff_of

MAX_LINES = 200
MAX_SERVICES = 500


@dataclass(frozen=True)
class Choice:
    """Hold somebody, or a line, that can take turns."""

    id: uuid.UUID
    name: str


def list_people(session: Session, department: Department, *, now: datetime) -> list[Choice]:
    """Return the people of a department's present month."""
    month = clock.local_day(now, department.site.zone).replace(day=1)
    return [Choice(one.person_id, one.name) for one in staff_of(session, department, month)]


def list_hub_lines(session: Session, service: Service) -> list[Choice]:
    """Return the lines of the service, and those of its discipline in other houses."""
    query = (
        select(DutyLine)
        .join(Department, DutyLine.department_id == Department.id)
        .join(Site, Department.site_id == Site.id)
        .where(or_(DutyLine.service_id == service.id, Department.discipline == service.discipline))
        .options(joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(Site.short_name, DutyLine.position, DutyLine.name, DutyLine.id)
        .limit(MAX_LINES)
    )
    return [Choice(line.id, line_name(line)) for line in session.scalars(query)]


def line_name(line: DutyLine) -> str:
    """Name a line so that it is known in another house."""
    return f"{line.department.site.short_name}: {line.name}"


def list_services(session: Session, actor: Actor) -> Sequence[Service]:
    """Return the services of the houses in which the actor works on rosters."""
    query = access.visible(actor, Service, to="change").options(joinedload(Service.site))
    return session.scalars(query.order_by(Service.name, Service.id)).all()


def list_reachable(session: Session, actor: Actor) -> Sequence[Service]:
    """Return the services that the actor may ask for."""
    query = access.visible(actor, Service).options(joinedload(Service.site))
    return session.scalars(query.order_by(Service.name, Service.id).limit(MAX_SERVICES)).all()
