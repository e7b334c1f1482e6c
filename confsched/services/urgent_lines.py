"""Which duty lines answer urgent requests, and who on them could not be alerted."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from confsched.models.catalogue import Service
from confsched.models.contacts import ReadinessCheck
from confsched.models.ladders import EscalationStep
from confsched.models.rosters import Duty, DutyLine
from confsched.models.rotations import DutyRotation, DutyRotationMember
from confsched.services.contact_points import unreachable


def is_urgent_line() -> ColumnElement[bool]:
    """Return the condition of duty lines that an urgent service calls: its own, its ladder's, its hubs'."""
    urgent = select(Service.id).where(Service.is_urgent)
    steps = select(EscalationStep.line_id).where(
        EscalationStep.service_id.in_(urgent), EscalationStep.line_id.is_not(None)
    )
    turns = (
        select(DutyRotationMember.line_id)
        .join(DutyRotation, DutyRotation.id == DutyRotationMember.rotation_id)
        .where(DutyRotation.service_id.in_(urgent), DutyRotationMember.line_id.is_not(None))
    )
    return or_(DutyLine.service_id.in_(urgent), DutyLine.id.in_(steps), DutyLine.id.in_(turns))


def is_held() -> ColumnElement[bool]:
    """Return the condition of checks whose duty is still the person's: neither swapped nor superseded."""
    query = select(Duty.id).where(
        Duty.line_id == ReadinessCheck.line_id,
        Duty.person_id == ReadinessCheck.person_id,
        Duty.starts_at == ReadinessCheck.duty_starts_at,
        Duty.superseded_at.is_(None),
    )
    return query.exists()


def urgent_lines(session: Session, line_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Return which of these lines an urgent service calls."""
    query = select(DutyLine.id).where(DutyLine.id.in_(line_ids), is_urgent_line())
    return frozenset(session.scalars(query))


def not_to_alert(
    session: Session, urgent: Collection[uuid.UUID], person_ids: Collection[uuid.UUID]
) -> frozenset[uuid.UUID]:
    """Return who could not be alerted by any line; nobody, and no question, where no line is urgent."""
    return unreachable(session, person_ids) if urgent and person_ids else frozenset()
