"""Everything that the page of an urgent consult shows to one reader, and whether anything is new on it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched.domain.escalation import LadderState
from confsched.domain.holidays import is_public_holiday
from confsched.domain.kinds import TransferItem, UrgentKind, UrgentState, UrgentStepKind
from confsched.domain.permissions import Actor
from confsched.domain.urgent import UrgentNext, UrgentPart, is_open, next_urgent_step
from confsched.domain.urgent_clocks import (
    Clock,
    Milestone,
    Moments,
    WorkingDayEnd,
    clocks,
    end_of_next_working_day,
    next_change,
)
from confsched.domain.urgent_facts import ImagingStatus, StrokeFacts
from confsched.errors import NotFound
from confsched.models.catalogue import Service
from confsched.models.engine import EngineCycle
from confsched.models.network import Site
from confsched.models.urgent import Alert, UrgentConsult, UrgentRung, UrgentStep
from confsched.services import access, escalation, urgent_passing
from confsched.services.engine import LATE_AFTER
from confsched.services.urgent_ladder import LadderRow, list_rows
from confsched.services.urgent_live import find_tick, is_ticked
from confsched.services.urgent_people import Successor, list_successors
from confsched.services.urgent_sides import part_of

# A page is made anew at least so often, whatever happens: its clocks are set by ours.
STANDS_AT_MOST = timedelta(minutes=5)
_THERE = (ImagingStatus.SENT, ImagingStatus.READ)


@dataclass(frozen=True)
class Glance:
    """Hold what decides whether a page that somebody has open still stands."""

    revision: int
    engine_is_late: bool


def glance(session: Session, actor: Actor, consult_id: uuid.UUID, *, now: datetime) -> Glance:
    """Return it by one statement of two index reads; raises NotFound for foreign and missing ones alike."""
    cycle = select(func.max(EngineCycle.completed_at)).scalar_subquery()
    seen = access.visible(actor, UrgentConsult).where(UrgentConsult.id == consult_id)
    row = session.execute(seen.with_only_columns(UrgentConsult.revision, cycle)).one_or_none()
    if row is None:
        raise NotFound
    revision, completed_at = row
    return Glance(revision, completed_at is None or now - completed_at > LATE_AFTER)


@dataclass(frozen=True)
class Tick:
    """Hold one item that is done or not, and who said so when."""

    code: str
    is_done: bool
    step: UrgentStep | None


@dataclass(frozen=True)
class LiveView:
    """Hold the page: what the reader does next, the clocks, the ladder, and what was said so far.

    `stands_until`: when something on it changes by time alone.
    """

    consult: UrgentConsult
    part: UrgentPart
    step: UrgentNext
    clocks: tuple[Clock, ...]
    ladder: tuple[LadderRow, ...]
    ladder_state: LadderState
    next_call_at: datetime | None
    phone: str
    called_on: int | None
    transfer: tuple[Tick, ...]
    milestones: tuple[Tick, ...]
    recommended: UrgentStep | None
    phoned: tuple[UrgentStep, ...]
    successors: tuple[Successor, ...]
    is_mine: bool
    may_pass_on: bool
    has_passed_on: bool
    may_join: bool
    may_hand_over: bool
    may_cancel: bool
    stands_until: datetime


def load(session: Session, actor: Actor, consult_id: uuid.UUID) -> UrgentConsult:
    """Return a consult with all that its page shows, in few statements; raises NotFound."""
    query = (
        access.visible(actor, UrgentConsult)
        .where(UrgentConsult.id == consult_id)
        .options(
            joinedload(UrgentConsult.service).joinedload(Service.site).joinedload(Site.organisation),
            *(joinedload(UrgentConsult.site), joinedload(UrgentConsult.requester)),
            *(joinedload(UrgentConsult.consultant), joinedload(UrgentConsult.second_consultant)),
            selectinload(UrgentConsult.steps).joinedload(UrgentStep.person),
            selectinload(UrgentConsult.steps).joinedload(UrgentStep.other),
            selectinload(UrgentConsult.rungs).joinedload(UrgentRung.line),
            selectinload(UrgentConsult.rungs).selectinload(UrgentRung.alerts).joinedload(Alert.person),
        )
    )
    consult = session.scalars(query).unique().one_or_none()
    if consult is None:
        raise NotFound
    return consult


def view(session: Session, actor: Actor, consult: UrgentConsult, now: datetime) -> LiveView:
    """Return what the page of a loaded consult shows to one reader."""
    part = part_of(session, actor, consult)
    ladder_state = escalation.state_of(consult)
    running = consult_clocks(session, consult)
    answers_taken = is_open(consult.state) and consult.consultant_id is not None and part.answers
    taken_by = (consult.consultant_id, consult.second_consultant_id)
    next_call_at = _next_call_at(consult)
    changes = [next_change(running, now), next_call_at, now + STANDS_AT_MOST]
    return LiveView(
        consult=consult,
        part=part,
        step=next_urgent_step(consult.kind, consult.state, part, legal_kind=consult.legal_kind),
        clocks=running,
        ladder=list_rows(session, consult),
        ladder_state=ladder_state,
        next_call_at=next_call_at,
        phone=_phone(consult, ladder_state),
        called_on=_called_on(consult, actor.person_id),
        transfer=_ticks(consult, TransferItem) if consult.kind is UrgentKind.TELESTROKE else (),
        milestones=_ticks(consult, Milestone) if consult.kind is UrgentKind.TELESTROKE else (),
        recommended=_last(consult, UrgentState.RECOMMENDED),
        phoned=tuple(step for step in consult.steps if step.code == "phoned"),
        successors=tuple(list_successors(session, consult, now=now)) if answers_taken else (),
        is_mine=actor.person_id in taken_by,
        may_pass_on=urgent_passing.may_pass_on(consult, actor.person_id),
        has_passed_on=urgent_passing.has_passed_on(consult, actor.person_id),
        may_join=answers_taken and consult.second_consultant_id is None and actor.person_id not in taken_by,
        may_hand_over=answers_taken,
        may_cancel=is_open(consult.state) and consult.recommendation is None,
        stands_until=min(at for at in changes if at is not None and at > now),
    )


def consult_clocks(session: Session, consult: UrgentConsult) -> tuple[Clock, ...]:
    """Return the clocks of a consult by the goals of its service."""
    left_at = session.scalar(select(func.min(Alert.sent_at)).where(Alert.consult_id == consult.id))
    return clocks(
        consult.kind,
        moments_of(consult, left_at),
        consult.service.targets or {},
        working_day_end=working_day_end(consult.service.site),
    )


def moments_of(consult: UrgentConsult, alert_left_at: datetime | None) -> Moments:
    """Return what happened when, from the steps of a consult and from what was typed of it."""
    states = [step for step in consult.steps if step.kind is UrgentStepKind.STATE]
    told = StrokeFacts.from_kept(consult.facts)
    return Moments(
        requested_at=None if consult.state is UrgentState.PRE_ALERT else consult.requested_at,
        first={UrgentState(step.code): step.taken_at for step in reversed(states)},
        last={UrgentState(step.code): step.taken_at for step in states},
        alert_left_at=alert_left_at,
        door_at=told.value("door"),
        ct_at=_done_at(consult, Milestone.CT) or _ct_told_at(consult, told),
        needle_at=_done_at(consult, Milestone.NEEDLE),
        departed_at=_done_at(consult, TransferItem.DEPARTED),
        ended_at=consult.ended_at,
        recommendation=consult.recommendation,
        urgency=consult.urgency,
        legal_kind=consult.legal_kind,
    )


def _ct_told_at(consult: UrgentConsult, told: StrokeFacts) -> datetime | None:
    """Return when it was told that there is a CT; what the request said already, it said when it was made."""
    if told.value("ct") not in _THERE:
        return None
    changed = [
        step.taken_at
        for step in consult.steps
        if step.kind is UrgentStepKind.FACTS
        and step.details.get("changed", {}).get("ct", {}).get("to") in _THERE
    ]
    return changed[0] if changed else consult.requested_at


def working_day_end(site: Site) -> WorkingDayEnd:
    """Return the function that tells the end of the next working day of a site, by its own holidays."""
    is_off: Callable[[date], bool] = partial(is_public_holiday, state=site.state)
    return partial(end_of_next_working_day, zone=site.zone, is_holiday=is_off)


def _done_at(consult: UrgentConsult, item: TransferItem | Milestone) -> datetime | None:
    step = find_tick(consult, item) if is_ticked(consult, item) else None
    return step.taken_at if step else None


def _ticks(consult: UrgentConsult, items: type[TransferItem] | type[Milestone]) -> tuple[Tick, ...]:
    return tuple(Tick(one.value, is_ticked(consult, one), find_tick(consult, one)) for one in items)


def _last(consult: UrgentConsult, state: UrgentState) -> UrgentStep | None:
    said = [step for step in consult.steps if (step.kind, step.code) == (UrgentStepKind.STATE, state.value)]
    return said[-1] if said else None


def _next_call_at(consult: UrgentConsult) -> datetime | None:
    due = [one.due_at for one in consult.rungs if one.entered_at is None and one.stopped_at is None]
    return min(due, default=None)


def _phone(consult: UrgentConsult, state: LadderState) -> str:
    """Return the number to call: that of the card once the ladder has come to it, else the hotline."""
    service = consult.service
    cards: Sequence[UrgentRung] = [one for one in consult.rungs if one.phone and one.entered_at]
    shown = cards[-1].phone if cards and state in (LadderState.PHONE, LadderState.EXHAUSTED) else ""
    return shown or service.hotline or service.site.phone


def _called_on(consult: UrgentConsult, person_id: uuid.UUID) -> int | None:
    """Return the last step of the ladder that has called a person."""
    called = [
        rung.position for rung in consult.rungs if any(one.person_id == person_id for one in rung.alerts)
    ]
    return max(called, default=None)
