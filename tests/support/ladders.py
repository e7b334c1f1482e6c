"""A telestroke service with a ladder, whoever is on duty, and a request that rings; without any page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.escalation import Step
from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType, LineKind, UrgentKind, UrgentState
from confsched.domain.kinds import EscalationTarget as Target
from confsched.models.catalogue import Service
from confsched.models.ladders import EscalationStep
from confsched.models.network import Department
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.urgent import Alert, UrgentConsult, UrgentRung
from confsched.services import escalation, urgent_steps
from tests.world import NOW, World

HOTLINE = "+49 5555 3000"
CARD = Step(Target.PHONE_CARD, delay_seconds=60)


def line_step(line: DutyLine, delay: int = 0, *, repeats: int = 0, every: int = 60) -> Step:
    """Return a step that calls a line."""
    return Step(Target.DUTY_LINE, line.id, delay_seconds=delay, repeats=repeats, repeat_seconds=every)


def add_line(session: Session, world: World, name: str, *, department: Department | None = None) -> DutyLine:
    """Add a further line, of neurology at the hub or of another department."""
    line = DutyLine(
        department_id=(department or world.neurology).id,
        group_name="Neurologie",
        name=name,
        kind=LineKind.BACKGROUND,
        duty_type=DutyType.ON_CALL_HOME,
        phone="+49 5555 2001",
        covered_from=time(0),
        covered_until=time(0),
        position=1,
    )
    session.add(line)
    session.flush()
    return line


def set_ladder(session: Session, world: World, *steps: Step) -> Service:
    """Make the world's service one for strokes, with these steps and a number to call at their end."""
    service = session.get_one(Service, world.service.id)
    service.urgent_kind, service.is_urgent, service.hotline = UrgentKind.TELESTROKE, True, HOTLINE
    for position, step in enumerate((*steps, CARD), start=1):
        row = EscalationStep(service_id=service.id, position=position, target=step.target)
        row.line_id, row.phone, row.delay_seconds = step.line_id, step.phone, step.delay_seconds
        row.repeats, row.repeat_seconds = step.repeats, step.repeat_seconds
        session.add(row)
    session.flush()
    return service


def put_on_duty(
    session: Session, line: DutyLine, person: Person, span: Span | None = None, *, known_since: datetime = NOW
) -> Duty:
    """Let a person hold a line, by default around NOW."""
    span = span or Span(NOW - timedelta(hours=4), NOW + timedelta(hours=8))
    duty = Duty(
        line_id=line.id,
        person_id=person.id,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        day=span.starts_at.date(),
        origin="test",
        recorded_at=known_since,
    )
    session.add(duty)
    session.flush()
    return duty


def ring(session: Session, world: World, now: datetime = NOW, *, case_ref: str = "SK-7Q2M") -> UrgentConsult:
    """Request a consult as its service would: the first step, and the ladder."""
    consult = UrgentConsult(
        service_id=world.service.id,
        site_id=world.spoke.id,
        requester_id=world.requester.id,
        kind=UrgentKind.TELESTROKE,
        state=UrgentState.REQUESTED,
        case_ref=case_ref,
        requested_at=now,
        recorded_at=now,
    )
    urgent_steps.begin(session, None, consult, now=now)
    escalation.start(session, consult, now=now)
    return consult


def acknowledge(session: Session, consult: UrgentConsult, person: Person, now: datetime) -> None:
    """Take a consult as its service would."""
    urgent_steps.enter(session, None, consult, UrgentState.ACKNOWLEDGED, now=now, person_id=person.id)
    consult.consultant_id = person.id
    escalation.stop(session, consult, now=now)
    session.flush()


def climb(session: Session, now: datetime) -> int:
    """Enter all that is due."""
    return escalation.enter_due(session, now=now, limit=50)


def rungs_of(session: Session, consult: UrgentConsult) -> list[UrgentRung]:
    session.flush()
    session.expire_all()
    query = select(UrgentRung).where(UrgentRung.consult_id == consult.id)
    return list(session.scalars(query.order_by(UrgentRung.position, UrgentRung.repeat)))


def seconds_due(rungs: Sequence[UrgentRung], start: datetime = NOW) -> list[int]:
    return [int((one.due_at - start).total_seconds()) for one in rungs]


def alerted(session: Session, consult: UrgentConsult) -> list[tuple[uuid.UUID, datetime]]:
    """Return who was alerted when."""
    query = select(Alert.person_id, Alert.created_at).where(Alert.consult_id == consult.id)
    return [(person_id, at) for person_id, at in session.execute(query.order_by(Alert.created_at))]
