"""Urgent services of the small world that its spoke may ask, with somebody on duty who can be reached."""

from __future__ import annotations

from sqlalchemy.orm import Session

from confsched.domain.kinds import Channel, EscalationTarget, UrgentKind
from confsched.models.catalogue import Service
from confsched.models.contacts import ContactPoint
from confsched.models.ladders import EscalationStep
from confsched.models.network import Site
from confsched.models.rosters import DutyLine
from tests.support.ladders import put_on_duty
from tests.world import NOW, World, add_agreement, add_service

HOTLINE = "+49 5555 3000"


def add_urgent(session: Session, world: World, kind: UrgentKind, *, site: Site | None = None) -> Service:
    """Add an urgent service of the hub with a ladder of its line and the number, agreed with the spoke."""
    service = add_service(session, session.get_one(Site, world.hub.id), name=f"{kind.value} hub")
    service.is_urgent, service.urgent_kind, service.hotline = True, kind, HOTLINE
    add_agreement(session, service, site or world.spoke)
    line = EscalationTarget.DUTY_LINE
    first = EscalationStep(service_id=service.id, position=1, target=line, delay_seconds=0)
    first.line_id = world.line.id
    card = EscalationTarget.PHONE_CARD
    last = EscalationStep(service_id=service.id, position=2, target=card, delay_seconds=180)
    session.add_all([first, last])
    session.flush()
    return service


def put_neurologist_on_duty(session: Session, world: World) -> None:
    """Let the first neurologist hold the line, with a proven mail address."""
    put_on_duty(session, session.get_one(DutyLine, world.line.id), world.neurologist)
    session.add(
        ContactPoint(
            person_id=world.neurologist.id,
            channel=Channel.EMAIL,
            address=world.neurologist.email,
            created_at=NOW,
            proven_at=NOW,
        )
    )
    session.flush()
