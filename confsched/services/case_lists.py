"""Cases found again: one to be changed, those of the own sites, those that wait for a desk, what is to do."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched.domain.cases import WAITING
from confsched.domain.conferences import AHEAD
from confsched.domain.kinds import CaseLane, CaseState
from confsched.domain.permissions import Actor
from confsched.domain.registration import OPEN_CASES
from confsched.errors import NotFound
from confsched.models.bookings import Booking
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import access, conference_access
from confsched.services.lists import Page
from confsched.services.tasks import MAX_TASKS, Task, TaskKind

PAGE_SIZE = 50
MAX_SEARCH = 20
MAX_FORMERS = 12  # a case that was put off more often shows no more


class Show(StrEnum):
    """Name a part of the list of cases."""

    CURRENT = "current"
    MINE = "mine"
    INCOMPLETE = "incomplete"
    DESK = "desk"
    ENDED = "ended"


def get_to_change(session: Session, actor: Actor, case_id: uuid.UUID) -> CaseItem:
    """Return a case that the actor may change, locked; NotFound alike for foreign and for missing ones.

    Its conference is locked before it, as by everybody who changes an agenda: two locks, one order.
    """
    return _locked(session, conference_access.cases(actor, "change"), case_id)


def get_for_desk(session: Session, actor: Actor, case_id: uuid.UUID) -> CaseItem:
    """Return a case of a conference that the actor runs, locked; NotFound alike for all others."""
    return _locked(session, CaseItem.conference.has(conference_access.runs(actor)), case_id)


def _locked(session: Session, rule: ColumnElement[bool], case_id: uuid.UUID) -> CaseItem:
    found = select(CaseItem.conference_id).where(rule, CaseItem.id == case_id).scalar_subquery()
    query = select(Conference.id).where(Conference.id == found)
    if session.scalar(query.with_for_update(of=Conference, key_share=True)) is None:
        raise NotFound
    return session.scalars(select(CaseItem).where(CaseItem.id == case_id).with_for_update(of=CaseItem)).one()


def may_change(session: Session, actor: Actor, case: CaseItem) -> bool:
    """Tell whether the actor brings the case or runs its desk, and does not only read it."""
    query = access.visible(actor, CaseItem, to="change").where(CaseItem.id == case.id)
    return session.scalar(select(query.exists())) or False


def list_page(session: Session, actor: Actor, show: Show, *, text: str = "", page: int = 1) -> Page[CaseItem]:
    """Return a page of the cases that the actor or their sites bring, or that wait for their decision.

    What is to come stands in order of time; what has ended in reverse, the last first. `text` is a part of a
    reference.
    """
    query = select(CaseItem).join(CaseItem.conference).join(Conference.booking).where(_shown(actor, show))
    if text:
        query = query.where(CaseItem.case_ref.contains(text.strip().upper()[:MAX_SEARCH], autoescape=True))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, page), pages)
    waits = CaseItem.first_registered_at, CaseItem.id
    day = Booking.starts_at.desc() if show is Show.ENDED else Booking.starts_at
    rows = session.scalars(
        _with_people(query)
        .order_by(day, Booking.id, CaseItem.position.is_(None), CaseItem.position, *waits)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Page(tuple(rows), page, pages, total)


def _shown(actor: Actor, show: Show) -> ColumnElement[bool]:
    if show is Show.DESK:
        return _to_decide(actor)
    brought = conference_access.brings(actor)
    if show is Show.MINE:
        return and_(_mine(actor), CaseItem.state.in_(OPEN_CASES))
    if show is Show.INCOMPLETE:
        return and_(brought, CaseItem.state == CaseState.INCOMPLETE)
    is_open = CaseItem.state.in_(OPEN_CASES)
    return and_(brought, is_open if show is Show.CURRENT else ~is_open)


def _mine(actor: Actor) -> ColumnElement[bool]:
    return or_(CaseItem.presenter_id == actor.person_id, CaseItem.registered_by_id == actor.person_id)


def _to_decide(actor: Actor) -> ColumnElement[bool]:
    """Return what waits at the desks that the actor runs: for triage, or in the late lane."""
    waits = or_(
        CaseItem.state == CaseState.SUBMITTED,
        and_(CaseItem.lane == CaseLane.LATE, CaseItem.state.in_(WAITING)),
    )
    runs = and_(conference_access.runs(actor), Conference.state.in_(AHEAD))
    return and_(waits, CaseItem.conference.has(runs))


def _with_people(query: Select[CaseItem]) -> Select[CaseItem]:
    return query.options(
        joinedload(CaseItem.presenter),
        joinedload(CaseItem.site),
        joinedload(CaseItem.conference).joinedload(Conference.booking),
        selectinload(CaseItem.needs),
    )


def list_formers(session: Session, actor: Actor, case: CaseItem) -> list[CaseItem]:
    """Return the rows of the dates that put this case off, the last one first, as far as they may be read."""
    formers: list[CaseItem] = []
    former_id = case.former_id
    while former_id is not None and len(formers) < MAX_FORMERS:
        query = access.visible(actor, CaseItem).where(CaseItem.id == former_id)
        former = session.scalars(query).one_or_none()
        if former is None:
            break
        formers.append(former)
        former_id = former.former_id
    return formers


def list_tasks(session: Session, actor: Actor, *, now: datetime) -> list[Task]:
    """Return what waits about cases: to triage and to let in as the desk, to complete as the presenter."""
    late = CaseItem.lane == CaseLane.LATE
    incomplete = and_(CaseItem.presenter_id == actor.person_id, CaseItem.state == CaseState.INCOMPLETE, ~late)
    query = (
        _with_people(select(CaseItem))
        .join(CaseItem.conference)
        .join(Conference.booking)
        .where(or_(_to_decide(actor), incomplete), Conference.state.in_(AHEAD), Booking.starts_at > now)
        .order_by(Booking.starts_at, CaseItem.first_registered_at, CaseItem.id)
        .limit(MAX_TASKS)
    )
    return [_task(case) for case in session.scalars(query)]


def _task(case: CaseItem) -> Task:
    kind = TaskKind.TRIAGE_CASE
    if case.lane is CaseLane.LATE:
        kind = TaskKind.APPROVE_CASE
    if case.state is CaseState.INCOMPLETE and case.lane is not CaseLane.LATE:
        kind = TaskKind.COMPLETE_CASE
    booking = case.conference.booking
    return Task(
        kind,
        case.id,
        case.conference.title,
        case.case_ref,
        starts_at=booking.starts_at if booking else None,
        person_name=case.presenter.name,
    )
