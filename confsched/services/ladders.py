"""The ladder of an urgent service: read, checked and saved as a whole."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.escalation import Step
from confsched.domain.kinds import EscalationTarget
from confsched.domain.ladders import find_faults, list_warnings
from confsched.domain.permissions import Actor
from confsched.errors import Message, msg
from confsched.models.catalogue import Service
from confsched.models.ladders import EscalationStep
from confsched.models.network import Department, Site
from confsched.models.rosters import DutyLine
from confsched.models.rotations import DutyRotation
from confsched.services import audit
from confsched.services.catalogue import Stale
from confsched.services.findings import Problem, Unfit


def step_field(index: int, field: str) -> str:
    """Return the name of a field of a step, which is counted from 0."""
    return f"step-{index}-{field}"


def read_ladder(session: Session, service: Service) -> list[EscalationStep]:
    """Return the steps of a service in order, their lines loaded."""
    query = (
        select(EscalationStep)
        .where(EscalationStep.service_id == service.id)
        .options(joinedload(EscalationStep.line).joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(EscalationStep.position)
    )
    return list(session.scalars(query))


def list_lines(session: Session, service: Service) -> list[DutyLine]:
    """Return the lines a step may call: those of the service's house, and of any that serve it.

    A fallback hub is another house: its lines are to be had where they serve an urgent service.
    """
    house = DutyLine.department.has(Department.site.has(Site.organisation_id == service.site.organisation_id))
    urgent = DutyLine.service.has(Service.is_urgent.is_(True))
    query = (
        select(DutyLine)
        .where(or_(house, urgent))
        .join(Department, Department.id == DutyLine.department_id)
        .join(Site, Site.id == Department.site_id)
        .options(joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(Site.name, DutyLine.position, DutyLine.name, DutyLine.id)
    )
    return list(session.scalars(query))


def save_ladder(
    session: Session,
    actor: Actor,
    service: Service,
    steps: Sequence[Step],
    *,
    seen_revision: int,
    now: datetime,
) -> None:
    """Put a ladder in the place of the one before; what rings already keeps its calls of this round.

    Raises Stale where somebody else saved first, Unfit with all that is wrong.
    """
    if service.revision != seen_revision:
        raise Stale
    problems = _find_problems(session, service, steps)
    if problems:
        raise Unfit(problems)
    session.execute(delete(EscalationStep).where(EscalationStep.service_id == service.id))
    session.add_all(_row(service.id, position, step) for position, step in enumerate(steps, start=1))
    service.revision += 1
    session.flush()
    audit.record(session, actor, "ladder.save", service, now=now, detail=f"{len(steps)} steps")


def _find_problems(session: Session, service: Service, steps: Sequence[Step]) -> list[Problem]:
    allowed = {line.id for line in list_lines(session, service)}
    foreign = [
        Problem(step_field(index, "line_id"), msg("Choose one of the duty lines in the list."))
        for index, step in enumerate(steps)
        if step.line_id is not None and step.line_id not in allowed
    ]
    faults = find_faults(steps)
    return [*(Problem(step_field(one.index, one.field), one.message) for one in faults), *foreign]


def _row(service_id: uuid.UUID, position: int, step: Step) -> EscalationStep:
    return EscalationStep(
        service_id=service_id,
        position=position,
        target=step.target,
        line_id=step.line_id,
        phone=step.phone,
        delay_seconds=step.delay_seconds,
        repeats=step.repeats,
        repeat_seconds=step.repeat_seconds,
    )


def warn(session: Session, service: Service, steps: Sequence[Step]) -> list[Message]:
    """Return what whoever sets the ladder should know, also about what it leans on."""
    warnings = list_warnings(steps)
    if any(step.target is EscalationTarget.HUB_ROTATION for step in steps) and not _has_rotation(
        session, service
    ):
        warnings.append(msg("No hubs take turns on this service: that step calls every line that serves it."))
    ends = [step for step in steps if step.target is EscalationTarget.PHONE_CARD and not step.phone]
    if ends and not service.hotline:
        warnings.append(
            msg(
                "The service has no number of its own: that of %(site)s is shown.",
                site=service.site.name,
            )
        )
    return warnings


def _has_rotation(session: Session, service: Service) -> bool:
    return bool(session.scalar(select(exists().where(DutyRotation.service_id == service.id))))
