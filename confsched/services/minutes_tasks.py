"""What is left to do of conferences that are over: minutes, and what became of recommendations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.kinds import ConferenceState, FollowUpState
from confsched.domain.permissions import Actor
from confsched.models.bookings import Booking
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import conference_access, minutes
from confsched.services.tasks import MAX_TASKS, Task, TaskKind


def list_tasks(session: Session, actor: Actor, *, now: datetime) -> list[Task]:
    """Return the minutes that the actor's desks have to write, and the actor's cases that are asked about."""
    return [*_minutes(session, actor, now), *_follow_ups(session, actor, now)]


def _minutes(session: Session, actor: Actor, now: datetime) -> list[Task]:
    query = (
        select(Conference)
        .join(Booking, Booking.id == Conference.booking_id)
        .where(
            conference_access.runs(actor),
            Conference.state.in_({ConferenceState.RUNNING, ConferenceState.MINUTES_DRAFT}),
            Booking.ends_at <= now,
        )
        .options(joinedload(Conference.booking), joinedload(Conference.site))
        .order_by(Booking.ends_at, Conference.id)
        .limit(MAX_TASKS)
    )
    return [
        Task(
            TaskKind.WRITE_MINUTES,
            one.id,
            one.title,
            due_at=minutes.minutes_due_at(one),
            due_on=minutes.minutes_due_on(one),
            starts_at=one.booking.starts_at if one.booking else None,
        )
        for one in session.scalars(query)
    ]


def _follow_ups(session: Session, actor: Actor, now: datetime) -> list[Task]:
    query = (
        select(CaseItem)
        .where(
            CaseItem.presenter_id == actor.person_id,
            CaseItem.follow_up_state == FollowUpState.ONGOING,
            CaseItem.follow_up_on <= clock.local_day(now, actor.zone),
        )
        .options(joinedload(CaseItem.conference))
        .order_by(CaseItem.follow_up_on, CaseItem.id)
        .limit(MAX_TASKS)
    )
    return [
        Task(TaskKind.FOLLOW_UP, one.id, one.conference.title, one.case_ref, due_on=one.follow_up_on)
        for one in session.scalars(query)
    ]
