"""What waits for a person about consults: to decide, to choose, to confirm, and after the meeting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.consults import ACCEPTED_STATES
from confsched.domain.kinds import ConsultState
from confsched.domain.permissions import Actor, Function, Permission
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.claims import Hold
from confsched.models.consults import Consult
from confsched.models.people import Person
from confsched.models.waitlist import SlotOffer, WaitlistEntry
from confsched.services import access, waitlist
from confsched.services.tasks import MAX_TASKS, Task, TaskKind


def list_tasks(session: Session, actor: Actor, *, now: datetime) -> list[Task]:
    """Return what waits, kind by kind, within each the most urgent first."""
    return [
        *_offered(session, actor, now),
        *_held(session, actor, now),
        *_open(session, actor, now),
        *_to_triage(session, actor),
        *_after(session, actor, now),
    ]


def _offered(session: Session, actor: Actor, now: datetime) -> list[Task]:
    """Return the freed times that are kept for the actor; they are confirmed on the page of the line."""
    return [
        Task(
            TaskKind.TAKE_TIME,
            offer.entry.consult_id,
            offer.entry.consult.service.name,
            offer.entry.consult.case_ref,
            due_at=offer.expires_at,
            starts_at=offer.starts_at,
        )
        for offer in waitlist.list_offers(session, actor, now=now)[:MAX_TASKS]
    ]


def _held(session: Session, actor: Actor, now: datetime) -> list[Task]:
    if not actor.may(Permission.REQUEST_CONSULT):
        return []  # somebody asked on their behalf, and chooses the time as well
    query = (
        select(Consult, Hold)
        .join(Hold, Hold.consult_id == Consult.id)
        .where(access.asks(actor), Hold.expires_at > now, Hold.confirmed_at.is_(None), ~_is_offered())
        .options(joinedload(Consult.service))
        .order_by(Hold.expires_at)
        .limit(MAX_TASKS)
    )
    return [
        Task(
            TaskKind.CONFIRM_CONSULT,
            consult.id,
            consult.service.name,
            consult.case_ref,
            due_at=hold.expires_at,
            starts_at=hold.starts_at,
        )
        for consult, hold in session.execute(query)
    ]


def _is_offered() -> ColumnElement[bool]:
    """Tell whether a hold keeps a freed time, which waits for an answer on a page of its own."""
    return (
        select(SlotOffer.id)
        .join(WaitlistEntry)
        .where(
            WaitlistEntry.consult_id == Consult.id,
            WaitlistEntry.left_at.is_(None),
            SlotOffer.answer.is_(None),
        )
        .exists()
    )


def _open(session: Session, actor: Actor, now: datetime) -> list[Task]:
    """Return accepted requests without a time; a hold that ran out counts as none."""
    if not actor.may(Permission.REQUEST_CONSULT):
        return []
    is_held = Consult.hold.has(Hold.expires_at > now)
    wanted = (access.asks(actor), Consult.state.in_(ACCEPTED_STATES), ~is_held)
    return _tasks(TaskKind.CHOOSE_TIME, _by_deadline(session, *wanted))


def _to_triage(session: Session, actor: Actor) -> list[Task]:
    """Return what the actor was told of: a secretary of all requests, a consultant of their discipline."""
    mine: tuple[ColumnElement[bool], ...] = ()
    if Function.SECRETARY not in actor.functions:
        discipline = select(Person.discipline).where(Person.id == actor.person_id).scalar_subquery()
        mine = (Consult.service.has(Service.discipline == discipline),)
    waiting = (access.triaged_by(actor), Consult.state == ConsultState.REQUESTED, *mine)
    return _tasks(TaskKind.TRIAGE, _by_deadline(session, *waiting))


def _by_deadline(session: Session, *wanted: ColumnElement[bool]) -> Sequence[Consult]:
    query = (
        select(Consult)
        .where(*wanted)
        .options(joinedload(Consult.service), joinedload(Consult.site))
        .order_by(Consult.reply_by_on, Consult.created_at, Consult.id)
        .limit(MAX_TASKS)
    )
    return session.scalars(query).all()


def _after(session: Session, actor: Actor, now: datetime) -> list[Task]:
    asks, answers = access.asks(actor), access.answers(actor)
    wanted = (
        (TaskKind.SAY_OUTCOME, ConsultState.BOOKED, or_(asks, answers)),
        (TaskKind.WRITE_REPORT, ConsultState.TOOK_PLACE, answers),
        (TaskKind.READ_REPORT, ConsultState.REPORTED, Consult.requester_id == actor.person_id),
    )
    return [task for kind, state, who in wanted for task in _tasks(kind, _met(session, state, who, now))]


def _met(session: Session, state: ConsultState, who: ColumnElement[bool], now: datetime) -> Sequence[Consult]:
    query = (
        select(Consult)
        .join(Booking, Booking.id == Consult.booking_id)
        .where(who, Consult.state == state, Booking.ends_at <= now)
        .options(joinedload(Consult.service), joinedload(Consult.site), joinedload(Consult.booking))
        .order_by(Booking.starts_at, Consult.id)
        .limit(MAX_TASKS)
    )
    return session.scalars(query).all()


def _tasks(kind: TaskKind, consults: Sequence[Consult]) -> list[Task]:
    return [
        Task(
            kind,
            consult.id,
            consult.service.name,
            consult.case_ref,
            due_on=consult.reply_by_on,
            starts_at=consult.booking.starts_at if consult.booking_id and consult.booking else None,
            person_name=consult.site.short_name,
        )
        for consult in consults
    ]
