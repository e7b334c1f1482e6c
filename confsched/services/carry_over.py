"""Cases that a conference did not come to go on to its next date, each with its seniority."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from confsched.domain.cases import WAITING
from confsched.domain.conferences import OFF, TOOK_PLACE
from confsched.domain.kinds import CaseState
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, msg
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import boards, cases


def find_next(session: Session, conference: Conference, *, now: datetime) -> Conference | None:
    """Return the next open date, to which cases go on; None where the series has none."""
    return boards.find_next(session, conference, now=now)


def may_carry_over(conference: Conference) -> bool:
    """Tell whether a conference runs, is over or off, so that what waits there has to go on."""
    return conference.state in TOOK_PLACE | OFF


def list_left(session: Session, conference: Conference) -> list[CaseItem]:
    """Return the cases that nobody has come to, and those put off that found no date, the oldest first."""
    later = aliased(CaseItem)
    is_lost = and_(CaseItem.state == CaseState.DEFERRED, ~exists().where(later.former_id == CaseItem.id))
    query = select(CaseItem).where(
        CaseItem.conference_id == conference.id, or_(CaseItem.state.in_(WAITING), is_lost)
    )
    return list(session.scalars(query.order_by(CaseItem.first_registered_at, CaseItem.id)))


def carry_over(
    session: Session, actor: Actor, conference: Conference, to: Conference | None = None, *, now: datetime
) -> list[CaseItem]:
    """Put off what was not discussed to the next open date, or to `to`; return the rows there. Twice is once.

    Where there is no date yet, the cases are put off and go on when one is chosen. Raises Conflict
    before the conference has begun.
    """
    if not may_carry_over(conference):
        raise Conflict(msg("This conference is not over yet. Defer single cases instead."))
    left = list_left(session, conference)
    target = to or find_next(session, conference, now=now)
    later = [cases.defer(session, actor, case, target, now=now) for case in left]
    return [one for one in later if one is not None]
