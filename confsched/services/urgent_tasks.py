"""Whom an urgent consult calls this moment: what stands on top of every page until somebody has taken it."""

from __future__ import annotations

import uuid

from sqlalchemy import Select, not_, or_, select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.permissions import Actor, Permission
from confsched.domain.urgent import RINGING_STATES
from confsched.models.urgent import Alert, UrgentConsult
from confsched.services import login_sessions
from confsched.services.tasks import MAX_TASKS, Task, TaskKind
from confsched.services.urgent_passing import was_passed_on

MOST_CALLS = 3  # on top of a page


def list_calls(session: Session, actor: Actor) -> list[UrgentConsult]:
    """Return the consults that call a person, the oldest first; nobody is asked for whose seats see none."""
    if not actor.may(Permission.SEE_URGENT):
        return []
    query = (
        _calling(actor.person_id)
        .options(joinedload(UrgentConsult.site), joinedload(UrgentConsult.service))
        .order_by(UrgentConsult.requested_at)
        .limit(MOST_CALLS)
    )
    return list(session.scalars(query))


def calls_ended_session(session: Session, token: str) -> bool:
    """Tell whether a consult calls whoever was signed in by a session that has ended meanwhile."""
    person_id = login_sessions.find_owner(session, token)
    return person_id is not None and session.scalar(select(_calling(person_id).exists())) is True


def list_tasks(session: Session, actor: Actor) -> list[Task]:
    """Return what calls a person, and what they have taken and not ended."""
    taken = or_(
        UrgentConsult.consultant_id == actor.person_id,
        UrgentConsult.second_consultant_id == actor.person_id,
    )
    query = select(UrgentConsult).where(UrgentConsult.ended_at.is_(None), taken)
    mine = session.scalars(query.order_by(UrgentConsult.requested_at).limit(MAX_TASKS))
    return [
        *(_task(TaskKind.TAKE_URGENT, one) for one in list_calls(session, actor)),
        *(_task(TaskKind.FINISH_URGENT, one) for one in mine),
    ]


def _task(kind: TaskKind, consult: UrgentConsult) -> Task:
    """Let what was requested first stand first, before all that is due later."""
    at, site = consult.requested_at, consult.site.name
    return Task(kind, consult.id, consult.service.name, consult.case_ref, due_at=at, person_name=site)


def _calling(person_id: uuid.UUID) -> Select[UrgentConsult]:
    """Return what rings and has called a person; of all open consults only the few that nobody has."""
    was_called = select(Alert.id).where(
        Alert.consult_id == UrgentConsult.id,
        Alert.person_id == person_id,
        not_(was_passed_on(person_id)),
    )
    return select(UrgentConsult).where(
        UrgentConsult.ended_at.is_(None),
        UrgentConsult.consultant_id.is_(None),
        UrgentConsult.state.in_(RINGING_STATES),
        was_called.exists(),
    )
