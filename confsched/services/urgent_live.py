"""What the two sides of an urgent consult do while it runs."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.kinds import UrgentState
from confsched.domain.urgent import RINGING_STATES
from confsched.errors import Conflict, msg
from confsched.models.people import Person
from confsched.models.urgent import UrgentConsult
from confsched.services import escalation, urgent_steps


def acknowledge(session: Session, person_id: uuid.UUID, consult: UrgentConsult, *, now: datetime) -> None:
    """Let a person take a consult, and call nobody else any more; twice is as good as once.

    Raises Conflict where somebody else was faster, and names them, or where it is over.
    """
    urgent_steps.lock(session, consult)
    if consult.consultant_id == person_id:
        return
    if consult.consultant_id is not None:
        name = session.get_one(Person, consult.consultant_id).name
        raise Conflict(msg("%(name)s has taken this consult already.", name=name))
    if consult.state not in RINGING_STATES:
        raise Conflict(msg("This consult is over. There is nothing left to do."))
    consult.consultant_id = person_id
    urgent_steps.enter(session, None, consult, UrgentState.ACKNOWLEDGED, now=now, person_id=person_id)
    escalation.stop(session, consult, now=now)
