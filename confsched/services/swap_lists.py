"""Lists of swaps: what waits for whom, what is under way, what has been; and whom one could ask."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.intervals import Span
from confsched.domain.kinds import SwapState
from confsched.domain.permissions import Actor
from confsched.models.network import Department
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.swaps import DutySwap
from confsched.services import access
from confsched.services.standing import standing
from confsched.services.substitutes import Substitute, substitutes

MAX_LISTED = 50
MAX_HOLDERS = 500
MAX_RETURNS = 100
PAGE_SIZE = 25
DAYS_AHEAD = timedelta(days=92)
OPEN = (SwapState.PROPOSED, SwapState.ACCEPTED)
_LINE = joinedload(DutySwap.line).joinedload(DutyLine.department).joinedload(Department.site)
_PEOPLE = (
    *(joinedload(DutySwap.from_person), joinedload(DutySwap.to_person)),
    *(joinedload(DutySwap.taken_by), joinedload(DutySwap.proposed_by)),
    joinedload(DutySwap.in_return).joinedload(Duty.line),
)


@dataclass(frozen=True)
class OpenSwaps:
    """Hold the open swaps that the actor may see, each once, by what the actor has to do with them."""

    to_answer: tuple[DutySwap, ...]
    to_approve: tuple[DutySwap, ...]
    mine: tuple[DutySwap, ...]
    others: tuple[DutySwap, ...]


@dataclass(frozen=True)
class SwapPage:
    """Hold one page of what has ended; pages count from 1."""

    rows: tuple[DutySwap, ...]
    page: int
    pages: int
    total: int


def list_open(session: Session, actor: Actor, *, now: datetime) -> OpenSwaps:
    """Return what is under way and not over yet, what comes first first."""
    answer, approve = list_to_answer(session, actor, now=now), list_to_approve(session, actor, now=now)
    shown = {swap.id for swap in (*answer, *approve)}
    query = _open(actor, now).where(DutySwap.id.not_in(shown))
    rest = list(session.scalars(query.limit(MAX_LISTED)))
    me = actor.person_id
    mine = [swap for swap in rest if me in (swap.from_person_id, swap.proposed_by_id, swap.taken_by_id)]
    others = [swap for swap in rest if swap not in mine]
    return OpenSwaps(tuple(answer), tuple(approve), tuple(mine), tuple(others))


def list_to_answer(
    session: Session, actor: Actor, *, now: datetime, limit: int = MAX_LISTED
) -> list[DutySwap]:
    """Return the proposals that ask the actor, by name or as one of those qualified."""
    me = actor.person_id
    asked_all = DutySwap.to_person_id.is_(None) & DutySwap.line_id.in_(access.lines_held_by(me))
    is_own = DutySwap.from_person_id.is_not(None) & (DutySwap.from_person_id == me)
    query = _open(actor, now).where(
        DutySwap.state == SwapState.PROPOSED, or_(DutySwap.to_person_id == me, asked_all), ~is_own
    )
    return list(session.scalars(query.limit(limit)))


def list_to_approve(
    session: Session, actor: Actor, *, now: datetime, limit: int = MAX_LISTED
) -> list[DutySwap]:
    """Return the accepted swaps that wait for the actor as secretary."""
    lines = DutySwap.line_id.in_(_lines_cared_for(actor))
    query = _open(actor, now).where(DutySwap.state == SwapState.ACCEPTED, lines)
    return list(session.scalars(query.limit(limit)))


def _open(actor: Actor, now: datetime) -> Select[DutySwap]:
    return (
        access.visible(actor, DutySwap)
        .where(DutySwap.state.in_(OPEN), DutySwap.ends_at > now)
        .options(_LINE, *_PEOPLE)
        .order_by(DutySwap.starts_at, DutySwap.id)
    )


def list_history(
    session: Session, actor: Actor, *, now: datetime, page: int = 1, size: int = PAGE_SIZE
) -> SwapPage:
    """Return one page of the swaps that have ended or run out, the latest duty first."""
    query = access.visible(actor, DutySwap).where(or_(DutySwap.state.not_in(OPEN), DutySwap.ends_at <= now))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    shown = query.options(_LINE, *_PEOPLE).order_by(DutySwap.starts_at.desc(), DutySwap.id)
    rows = session.scalars(shown.limit(size).offset((page - 1) * size))
    return SwapPage(tuple(rows), page, pages, total)


# ---- what can be given, and to whom ----


@dataclass(frozen=True)
class Holder:
    """Hold somebody with duties to come that the actor looks after, and the department they belong to."""

    person_id: uuid.UUID
    name: str
    department: str


def list_holders(session: Session, actor: Actor, *, now: datetime) -> list[Holder]:
    """Return whose duties of the next three months the actor may offer to others, by department and name."""
    held = select(Duty.person_id, DutyLine.department_id).join(DutyLine, DutyLine.id == Duty.line_id)
    cared_for = held.where(DutyLine.id.in_(_lines_cared_for(actor)), *_to_come(now)).distinct().subquery()
    query = (
        select(Person, Department.name)
        .join(cared_for, cared_for.c.person_id == Person.id)
        .join(Department, Department.id == cared_for.c.department_id)
        .order_by(Department.name, Person.family_name, Person.given_name, Person.id)
        .limit(MAX_HOLDERS)
    )
    return [Holder(person.id, person.name, department) for person, department in session.execute(query)]


def list_duties_of(session: Session, actor: Actor, person_id: uuid.UUID, *, now: datetime) -> list[Duty]:
    """Return a person's duties of the next three months on lines that the actor looks after."""
    query = _duties([person_id], now, MAX_LISTED).where(Duty.line_id.in_(_lines_cared_for(actor)))
    return list(session.scalars(query))


def _lines_cared_for(actor: Actor) -> Select[uuid.UUID]:
    return access.visible(actor, DutyLine, to="change").with_only_columns(DutyLine.id)


def list_own_duties(session: Session, actor: Actor, *, now: datetime) -> list[Duty]:
    """Return the actor's duties of the next three months."""
    return list(session.scalars(_duties([actor.person_id], now, MAX_LISTED)))


def list_colleagues(session: Session, duty: Duty, *, now: datetime) -> list[Substitute]:
    """Return who may be asked for a duty, the free ones first, each with a reason."""
    span = Span(duty.starts_at, duty.ends_at)
    return substitutes(session, duty.line_id, duty.person_id, span, now=now)


def list_returns(
    session: Session, duty: Duty, colleagues: Iterable[Substitute], *, now: datetime
) -> list[Duty]:
    """Return the duties to come of these colleagues in the same department, for an exchange."""
    found = session.scalars(_duties([one.person_id for one in colleagues], now, None))
    return [one for one in found if one.line.department_id == duty.line.department_id][:MAX_RETURNS]


def _duties(person_ids: Sequence[uuid.UUID], now: datetime, limit: int | None) -> Select[Duty]:
    return (
        select(Duty)
        .where(Duty.person_id.in_(person_ids), *_to_come(now))
        .options(
            joinedload(Duty.person),
            joinedload(Duty.line).joinedload(DutyLine.department).joinedload(Department.site),
        )
        .order_by(Duty.starts_at, Duty.id)
        .limit(limit)
    )


def _to_come(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Duty.ends_at > now, *standing(Span(now, now + DAYS_AHEAD), now))
