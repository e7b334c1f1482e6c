"""The ladder at work: who is called when, what a skip moves, and that nobody is called twice or afterwards."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.kinds import Channel, EscalationTarget, SkipReason, UrgentKind, UrgentState
from confsched.models.catalogue import Service
from confsched.models.contacts import ContactPoint
from confsched.models.ladders import EscalationStep
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.urgent import Alert, UrgentConsult, UrgentRung
from confsched.services import escalation, urgent_steps
from tests.world import NOW, World


def add_point(session: Session, person: Person) -> ContactPoint:
    point = ContactPoint(
        person_id=person.id, channel=Channel.EMAIL, address=person.email, created_at=NOW, proven_at=NOW
    )
    session.add(point)
    session.flush()
    return point


def add_duty(session: Session, line: DutyLine, person: Person, starts_at: datetime, hours: float) -> Duty:
    duty = Duty(
        line_id=line.id,
        person_id=person.id,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        day=starts_at.date(),
        origin="test",
        recorded_at=NOW - timedelta(days=1),
    )
    session.add(duty)
    session.flush()
    return duty


def add_ladder(session: Session, world: World) -> None:
    service = session.get_one(Service, world.service.id)
    service.urgent_kind, service.is_urgent, service.hotline = UrgentKind.TELESTROKE, True, "+49 5555 3000"
    session.add_all(
        [
            EscalationStep(
                service_id=service.id,
                position=1,
                target=EscalationTarget.DUTY_LINE,
                line_id=world.line.id,
                delay_seconds=0,
                repeats=1,
                repeat_seconds=60,
            ),
            EscalationStep(
                service_id=service.id, position=2, target=EscalationTarget.PHONE_CARD, delay_seconds=180
            ),
        ]
    )
    session.flush()


def request(session: Session, world: World, *, now: datetime = NOW) -> UrgentConsult:
    consult = UrgentConsult(
        service_id=world.service.id,
        site_id=world.spoke.id,
        requester_id=world.requester.id,
        kind=UrgentKind.TELESTROKE,
        state=UrgentState.REQUESTED,
        case_ref="SK-1",
        requested_at=now,
        recorded_at=now,
    )
    urgent_steps.begin(session, world.actor(world.requester), consult, now=now)
    escalation.start(session, consult, now=now)
    return consult


def rungs(session: Session, consult: UrgentConsult) -> list[UrgentRung]:
    session.flush()
    query = select(UrgentRung).where(UrgentRung.consult_id == consult.id)
    return list(session.scalars(query.order_by(UrgentRung.position, UrgentRung.repeat)))


def called(session: Session) -> list[uuid.UUID]:
    return list(session.scalars(select(Alert.person_id).order_by(Alert.created_at, Alert.id)))


def test_a_request_calls_the_line_at_once_and_writes_the_whole_ladder(session: Session, world: World) -> None:
    add_ladder(session, world)
    add_duty(session, world.line, world.neurologist, NOW - timedelta(hours=1), 12)
    add_point(session, world.neurologist)
    consult = request(session, world)
    assert [(one.position, one.repeat, one.due_at - NOW) for one in rungs(session, consult)] == [
        (1, 0, timedelta()),
        (1, 1, timedelta(seconds=60)),
        (2, 0, timedelta(seconds=180)),
    ]
    assert [one.entered_at for one in rungs(session, consult)] == [NOW, None, None]
    assert called(session) == [world.neurologist.id]
    assert consult.state is UrgentState.ALERTED


def test_nobody_on_duty_shows_the_number_at_once(session: Session, world: World) -> None:
    add_ladder(session, world)
    consult = request(session, world)
    first, repeat, card = rungs(session, consult)[:3]
    assert first.skipped is repeat.skipped is SkipReason.NOBODY_ON_DUTY
    assert (card.entered_at, card.phone) == (NOW, "+49 5555 3000")
