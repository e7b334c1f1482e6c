"""A night of the first neurologist, and how tests of swaps hand it on."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.rosters import duty_span
from confsched.models.network import Department
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.swaps import DutySwap
from confsched.services import rosters, swaps
from confsched.services.swaps import Proposal
from confsched.services.who_is_on import who_is_on
from tests.world import NOW, ZONE, World

MONDAY = date(2026, 11, 23)
TEN = time(22)
NIGHT = duty_span(MONDAY, TEN, time(6), ZONE)


def give(session: Session, world: World, person: Person, span: Span, now: datetime = NOW) -> Duty:
    """Let a person hold a span of the line."""
    line = session.get_one(DutyLine, world.line.id)
    holder = session.get_one(Person, person.id)
    return rosters.record_duties(session, None, line, [(holder, span)], now=now, origin="plan")[0]


def propose(session: Session, world: World, duty: Duty, now: datetime = NOW, **asked: Any) -> DutySwap:
    """Ask as the first neurologist; name what is asked for."""
    actor = world.actor(world.neurologist)
    proposal = Proposal(**asked)
    return swaps.propose(session, actor, duty, proposal, now=now, key=uuid.uuid4().hex)


def approval(session: Session, world: World, needed: bool) -> None:
    """Let swaps of the department wait for its secretary, or not."""
    session.get_one(Department, world.neurology.id).swaps_need_approval = needed


def holder(session: Session, world: World, at: datetime) -> str:
    """Return who is on duty at an instant, as known then."""
    on = who_is_on(session, at, line_id=world.line.id)
    return on[0].name if on else ""
