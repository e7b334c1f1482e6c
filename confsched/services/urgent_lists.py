"""Lists of urgent consults: what waits for a reader now, and what has been."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, func, not_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched import clock
from confsched.domain.kinds import Urgency, UrgentKind, UrgentState
from confsched.domain.permissions import Actor
from confsched.domain.urgent import RINGING_STATES
from confsched.domain.urgent_clocks import Clock, ClockName, ClockState, clocks
from confsched.models.catalogue import Service
from confsched.models.network import Site
from confsched.models.urgent import Alert, UrgentConsult
from confsched.services import access
from confsched.services.urgent_passing import was_passed_on
from confsched.services.urgent_view import moments_of, working_day_end

PAGE_SIZE = 50
MOST_OPEN = 200
MOST_EXPORTED = 5000
_URGENCIES = tuple(Urgency)  # most urgent first
_TO_DO = (ClockState.RUNNING, ClockState.LATE)


@dataclass(frozen=True)
class Entry:
    """Hold one consult of a worklist, the goal that ends first, and what the reader has to do with it."""

    consult: UrgentConsult
    goal: Clock | None
    calls_me: bool
    is_mine: bool


@dataclass(frozen=True)
class Worklist:
    """Hold what rings and what runs."""

    incoming: tuple[Entry, ...]
    running: tuple[Entry, ...]


def worklist(session: Session, actor: Actor, *, now: datetime) -> Worklist:
    """Return the open consults that the actor may see: what rings first, then by urgency and time left."""
    query = (
        access.visible(actor, UrgentConsult)
        .where(UrgentConsult.ended_at.is_(None))
        .options(*_SHOWN, selectinload(UrgentConsult.steps))
        .order_by(UrgentConsult.requested_at, UrgentConsult.id)
        .limit(MOST_OPEN)
    )
    consults = list(session.scalars(query).unique())
    calling = _calling(session, actor, consults)
    entries = [_entry(consult, actor, calling, now) for consult in consults]
    ringing = [one for one in entries if one.consult.state in RINGING_STATES]
    running = [one for one in entries if one.consult.state not in RINGING_STATES]
    return Worklist(
        tuple(sorted(ringing, key=lambda one: (not one.calls_me, one.consult.requested_at))),
        tuple(sorted(running, key=lambda one: (not one.is_mine, _urgency(one.consult), _until(one, now)))),
    )


_SHOWN = (
    joinedload(UrgentConsult.service).joinedload(Service.site),
    joinedload(UrgentConsult.site),
    joinedload(UrgentConsult.consultant),
)


def _calling(session: Session, actor: Actor, consults: Sequence[UrgentConsult]) -> set[uuid.UUID | None]:
    ringing = [one.id for one in consults if one.state in RINGING_STATES]
    query = select(Alert.consult_id).where(
        *(Alert.consult_id.in_(ringing), Alert.person_id == actor.person_id, Alert.stopped_at.is_(None)),
        not_(was_passed_on(actor.person_id)),
    )
    return set(session.scalars(query))


def _entry(consult: UrgentConsult, actor: Actor, calling: set[uuid.UUID | None], now: datetime) -> Entry:
    mine = (consult.consultant_id, consult.second_consultant_id)
    return Entry(consult, _next_goal(consult, now), consult.id in calling, actor.person_id in mine)


def _next_goal(consult: UrgentConsult, now: datetime) -> Clock | None:
    """Return the clock whose goal ends first, or ended first of those that are exceeded."""
    running = clocks(
        consult.kind,
        moments_of(consult, None),
        consult.service.targets or {},
        working_day_end=working_day_end(consult.service.site),
    )
    due = [one for one in running if one.name is not ClockName.ALERT and one.state(now) in _TO_DO]
    return min(due, key=lambda one: one.goal_at or now, default=None)


def _urgency(consult: UrgentConsult) -> int:
    """Return the rank of a consult: a stroke is as urgent as its images."""
    if consult.kind is UrgentKind.TELESTROKE:
        return 0
    return _URGENCIES.index(consult.urgency or Urgency.EMERGENCY)


def _until(entry: Entry, now: datetime) -> datetime:
    """Return when the next goal ends; without one, after all others."""
    goal_at = entry.goal.goal_at if entry.goal else None
    return goal_at or now + timedelta(days=365)


class Show(StrEnum):
    """Name which consults a history holds."""

    ALL = "all"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class HistoryFilter:
    """Hold what a history is narrowed to; days are local days of the reader, both included."""

    show: Show = Show.ALL
    kind: UrgentKind | None = None
    service_id: uuid.UUID | None = None
    site_id: uuid.UUID | None = None
    since: date | None = None
    until: date | None = None
    case_ref: str = ""


@dataclass(frozen=True)
class History:
    """Hold one page of past and present consults and how many there are."""

    consults: tuple[UrgentConsult, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def list_history(session: Session, actor: Actor, wanted: HistoryFilter, *, page: int = 1) -> History:
    """Return the consults that the actor may see, the newest first; beyond the last page it is the last."""
    query = _filtered(actor, wanted)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = min(max(1, page), max(1, -(-total // PAGE_SIZE)))
    rows = session.scalars(_newest(query).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return History(tuple(rows.unique()), total, page)


def export_history(session: Session, actor: Actor, wanted: HistoryFilter) -> list[UrgentConsult]:
    """Return all of them for a table, as many as one table holds."""
    return list(session.scalars(_newest(_filtered(actor, wanted)).limit(MOST_EXPORTED)).unique())


def _newest(query: Select[UrgentConsult]) -> Select[UrgentConsult]:
    return query.options(*_SHOWN).order_by(UrgentConsult.requested_at.desc(), UrgentConsult.id)


def _filtered(actor: Actor, wanted: HistoryFilter) -> Select[UrgentConsult]:
    query = access.visible(actor, UrgentConsult)
    if wanted.show is Show.OPEN:
        query = query.where(UrgentConsult.ended_at.is_(None))
    if wanted.show in (Show.CLOSED, Show.CANCELLED):
        query = query.where(UrgentConsult.state == UrgentState(wanted.show.value))
    if wanted.kind is not None:
        query = query.where(UrgentConsult.kind == wanted.kind)
    if wanted.service_id is not None:
        query = query.where(UrgentConsult.service_id == wanted.service_id)
    if wanted.site_id is not None:
        query = query.where(UrgentConsult.site_id == wanted.site_id)
    if wanted.since is not None:
        query = query.where(UrgentConsult.requested_at >= clock.start_of_day(wanted.since, actor.zone))
    if wanted.until is not None:
        after = clock.start_of_day(wanted.until + timedelta(days=1), actor.zone)
        query = query.where(UrgentConsult.requested_at < after)
    if wanted.case_ref.strip():
        query = query.where(UrgentConsult.case_ref == wanted.case_ref.strip().upper())
    return query


@dataclass(frozen=True)
class HistoryChoices:
    """Hold what a history can be narrowed to: services and sites of consults that the actor may see."""

    services: tuple[tuple[uuid.UUID, str], ...]
    sites: tuple[tuple[uuid.UUID, str], ...]


def history_choices(session: Session, actor: Actor) -> HistoryChoices:
    """Return the services and the sites that occur."""
    seen = access.visible(actor, UrgentConsult)
    services = select(Service.id, Service.name).where(
        Service.id.in_(seen.with_only_columns(UrgentConsult.service_id))
    )
    sites = select(Site.id, Site.name).where(Site.id.in_(seen.with_only_columns(UrgentConsult.site_id)))
    return HistoryChoices(
        tuple((row_id, name) for row_id, name in session.execute(services.order_by(Service.name))),
        tuple((row_id, name) for row_id, name in session.execute(sites.order_by(Site.name))),
    )
