"""What a person sees first: what waits for them, their meetings and duties, who is on duty for their site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched.domain.bookings import BookingState
from confsched.domain.intervals import Span
from confsched.domain.kinds import ConferenceState, Partstat
from confsched.domain.permissions import Actor
from confsched.models.bookings import Booking, Participation
from confsched.models.conferences import Conference
from confsched.models.network import Department
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.swaps import DutySwap
from confsched.services import (
    case_lists,
    conference_places,
    consult_tasks,
    contact_points,
    minutes_tasks,
    missions,
    readiness,
    swap_lists,
    urgent_collisions,
    urgent_tasks,
)
from confsched.services.duty_board import BoardRow, rows_for_site
from confsched.services.tasks import MAX_TASKS, Task, TaskKind

DUTY_DAYS = 14
MEETINGS = 6
DUTIES = 10
LINES = 8
JOIN_EARLY = timedelta(minutes=10)


@dataclass(frozen=True)
class NextMeeting:
    """Hold a meeting of the person and when its join link may be used."""

    booking: Booking
    span: Span
    names: tuple[str, ...]
    partstat: Partstat | None
    join_from: datetime

    def may_join(self, now: datetime) -> bool:
        return bool(self.booking.join_link) and self.join_from <= now < self.booking.ends_at


@dataclass(frozen=True)
class OwnDuty:
    """Hold a duty of the person, and the zone of the site it is for."""

    line_name: str
    group_name: str
    site_name: str
    zone: str
    span: Span


@dataclass(frozen=True)
class Today:
    tasks: tuple[Task, ...]
    meetings: tuple[NextMeeting, ...]
    duties: tuple[OwnDuty, ...]
    lines: tuple[BoardRow, ...]


def my_day(session: Session, actor: Actor, *, now: datetime) -> Today:
    """Return the person's day; only what they take part in or organise themselves."""
    return Today(
        tasks=tuple(_list_tasks(session, actor, now)),
        meetings=tuple(_list_meetings(session, actor, now)),
        duties=tuple(_list_duties(session, actor, now)),
        lines=rows_for_site(session, actor, actor.site_id, now)[:LINES],
    )


def _list_tasks(session: Session, actor: Actor, now: datetime) -> list[Task]:
    """Put what runs out first; what has no deadline comes last, in the order of the kinds."""
    tasks = [
        *_alerting(session, actor, now),
        *urgent_collisions.list_tasks(session, actor, now=now),
        *urgent_tasks.list_tasks(session, actor),
        *missions.list_tasks(session, actor, now=now),
        *consult_tasks.list_tasks(session, actor, now=now),
        *conference_places.list_tasks(session, actor, now=now),
        *case_lists.list_tasks(session, actor, now=now),
        *minutes_tasks.list_tasks(session, actor, now=now),
        *_invitations_to_send(session, actor),
        *_invitations_to_answer(session, actor, now),
        *_swaps(session, actor, now),
    ]
    return sorted(tasks, key=lambda task: (task.due_at is None, task.due_at or now))


def _alerting(session: Session, actor: Actor, now: datetime) -> list[Task]:
    """Return the duties to say "ready" for, and the contact points that failed (PEER_FAILURES 34)."""
    ready = [
        Task(
            TaskKind.SAY_READY,
            check.id,
            check.line.name,
            due_at=check.answer_by,
            starts_at=check.duty_starts_at,
        )
        for check in readiness.list_open(session, actor, now=now)
    ]
    failed = [
        Task(TaskKind.FIX_CONTACT, point.id, point.label or point.address)
        for point in contact_points.list_points(session, actor)
        if point.failed_at is not None
    ]
    return ready + failed


def _invitations_to_send(session: Session, actor: Actor) -> list[Task]:
    query = (
        select(Conference)
        .where(Conference.organiser_id == actor.person_id, Conference.state == ConferenceState.PLANNED)
        .order_by(Conference.search_until_on, Conference.created_at)
        .limit(MAX_TASKS)
    )
    return [Task(TaskKind.INVITE, conference.id, conference.title) for conference in session.scalars(query)]


def _invitations_to_answer(session: Session, actor: Actor, now: datetime) -> list[Task]:
    query = (
        select(Booking)
        .join(Participation, Participation.booking_id == Booking.id)
        .where(
            Participation.person_id == actor.person_id,
            Participation.removed_at.is_(None),
            Participation.partstat == Partstat.NEEDS_ACTION,
            Booking.organiser_id != actor.person_id,
            Booking.state != BookingState.CANCELLED,
            Booking.starts_at > now,
        )
        .order_by(Booking.starts_at)
        .limit(MAX_TASKS)
    )
    return [
        Task(TaskKind.ANSWER, booking.id, booking.title, booking.case_ref, starts_at=booking.starts_at)
        for booking in session.scalars(query)
    ]


def _swaps(session: Session, actor: Actor, now: datetime) -> list[Task]:
    """Return the duties that colleagues ask for, and the swaps to approve."""
    asked = swap_lists.list_to_answer(session, actor, now=now, limit=MAX_TASKS)
    taken = swap_lists.list_to_approve(session, actor, now=now, limit=MAX_TASKS)
    return [
        *(_swap(TaskKind.ANSWER_SWAP, swap, swap.from_person) for swap in asked),
        *(_swap(TaskKind.APPROVE_SWAP, swap, swap.taken_by) for swap in taken),
    ]


def _swap(kind: TaskKind, swap: DutySwap, person: Person | None) -> Task:
    name = person.name if person else ""
    return Task(kind, swap.id, swap.line.name, starts_at=swap.starts_at, person_name=name)


def _list_meetings(session: Session, actor: Actor, now: datetime) -> list[NextMeeting]:
    takes_part = Booking.participations.any(
        (Participation.person_id == actor.person_id) & Participation.removed_at.is_(None)
    )
    query = (
        select(Booking)
        .where(
            or_(takes_part, Booking.organiser_id == actor.person_id),
            Booking.state != BookingState.CANCELLED,
            Booking.ends_at > now,
        )
        .options(selectinload(Booking.participations).joinedload(Participation.person))
        .order_by(Booking.starts_at, Booking.id)
        .limit(MEETINGS)
    )
    return [_meeting(booking, actor) for booking in session.scalars(query)]


def _meeting(booking: Booking, actor: Actor) -> NextMeeting:
    present = [p for p in booking.participations if p.removed_at is None]
    return NextMeeting(
        booking=booking,
        span=Span(booking.starts_at, booking.ends_at),
        names=tuple(p.person.name for p in present if p.person_id != actor.person_id),
        partstat=next((p.partstat for p in present if p.person_id == actor.person_id), None),
        join_from=booking.starts_at - JOIN_EARLY,
    )


def _list_duties(session: Session, actor: Actor, now: datetime) -> list[OwnDuty]:
    query = (
        select(Duty)
        .where(
            Duty.person_id == actor.person_id,
            Duty.superseded_at.is_(None),
            Duty.ends_at > now,
            Duty.starts_at < now + timedelta(days=DUTY_DAYS),
        )
        .options(joinedload(Duty.line).joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(Duty.starts_at, Duty.id)
        .limit(DUTIES)
    )
    return [_own_duty(duty) for duty in session.scalars(query)]


def _own_duty(duty: Duty) -> OwnDuty:
    line, site = duty.line, duty.line.department.site
    return OwnDuty(line.name, line.group_name, site.name, site.zone, Span(duty.starts_at, duty.ends_at))
