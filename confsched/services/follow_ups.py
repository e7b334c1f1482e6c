"""What became of recommendations: asked about on a day, told by code, and reminded of."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.follow_ups import (
    CASE_STATES,
    LONGEST,
    USUAL_DAYS,
    kept_reason,
    may_say,
    needs_reason,
)
from confsched.domain.invites import Kind
from confsched.domain.kinds import CaseState, FollowUpState, NotDoneReason
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import access, case_steps
from confsched.services.notices import notify

PAGE_SIZE = 50
ROUND = 50  # reminders in one transaction; the next call takes the rest
REMIND_FROM = time(8)  # local to the site that has brought the case


class Which(StrEnum):
    """Name what a list shows."""

    DUE = "due"
    OPEN = "open"
    SETTLED = "settled"


@dataclass(frozen=True)
class Listing:
    """Hold one page of cases and how many there are."""

    cases: list[CaseItem]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def list_follow_ups(session: Session, actor: Actor, which: Which, *, now: datetime, page: int = 1) -> Listing:
    """Return the recommendations that the actor may follow up, by the day on which it is asked."""
    query = access.visible(actor, CaseItem, to="change").where(CaseItem.follow_up_state.is_not(None))
    is_open = CaseItem.follow_up_state == FollowUpState.ONGOING
    if which is Which.DUE:
        query = query.where(is_open, CaseItem.follow_up_on <= clock.local_day(now, actor.zone))
    else:
        query = query.where(is_open if which is Which.OPEN else ~is_open)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.options(
            joinedload(CaseItem.site),
            joinedload(CaseItem.presenter),
            joinedload(CaseItem.conference).joinedload(Conference.booking),
        )
        .order_by(CaseItem.follow_up_on, CaseItem.case_ref, CaseItem.id)
        .limit(PAGE_SIZE)
        .offset((max(1, page) - 1) * PAGE_SIZE)
    )
    return Listing(list(rows), total, max(1, page))


def get_case(session: Session, actor: Actor, case_id: uuid.UUID) -> CaseItem:
    """Return a case that the actor may follow up, to be shown; NotFound alike for all others."""
    query = access.visible(actor, CaseItem, to="change").where(CaseItem.id == case_id)
    case = session.scalars(query).one_or_none()
    if case is None:
        raise NotFound
    return case


def say(
    session: Session,
    actor: Actor,
    case: CaseItem,
    said: FollowUpState,
    *,
    now: datetime,
    reason: NotDoneReason | None = None,
    follow_up_on: date | None = None,
) -> None:
    """Record what became of a recommendation; what goes on is asked about again on a day.

    Said twice alike it changes nothing. What was not done needs a coded reason.
    """
    if case.follow_up_state is None:
        raise Conflict(msg("This case has no recommendation to follow up."))
    reason = kept_reason(said, reason)
    day = _next_day(case, said, follow_up_on, now)
    if (case.follow_up_state, case.not_done_reason, case.follow_up_on) == (said, reason, day):
        return
    if not may_say(case.state, said):
        raise Conflict(msg("This was settled already. It can be corrected to done or not done only."))
    if needs_reason(said) and reason is None:
        raise Refusal(msg("Choose why it was not done."), field="reason")
    _enter(session, actor, case, said, now)
    if day != case.follow_up_on:
        case.reminded_at = None
    case.follow_up_state, case.not_done_reason, case.follow_up_on = said, reason, day


def _next_day(case: CaseItem, said: FollowUpState, follow_up_on: date | None, now: datetime) -> date | None:
    if said is not FollowUpState.ONGOING:
        return case.follow_up_on
    today = clock.local_day(now, case.site.zone)
    day = follow_up_on or today + USUAL_DAYS
    if not today < day <= today + LONGEST:
        raise Refusal(msg("Choose a day within the next two years."), field="follow_up_on")
    return day


def _enter(session: Session, actor: Actor, case: CaseItem, said: FollowUpState, now: datetime) -> None:
    state = CASE_STATES[said]
    code = f"follow_up_{said.value}"
    if case.state is state:
        case_steps.record_step(session, actor, case, now=now, code=code)
        return
    case_steps.enter(session, actor, case, state, now=now, code=code)


def remind_due(session: Session, *, now: datetime) -> int:
    """Ask who has presented a case what became of it, once for each day set; returns how many were asked."""
    query = (
        select(CaseItem)
        .where(
            CaseItem.follow_up_state == FollowUpState.ONGOING,
            CaseItem.state == CaseState.RECOMMENDED,
            CaseItem.follow_up_on <= (now + timedelta(days=1)).date(),
            CaseItem.reminded_at.is_(None),
        )
        .order_by(CaseItem.follow_up_on, CaseItem.id)
        .limit(ROUND)
        .with_for_update(of=CaseItem, skip_locked=True)
    )
    due = [case for case in session.scalars(query) if _asked_at(case) <= now]
    for case in due:
        case.reminded_at = now
        _ask(session, case, now)
    session.flush()
    return len(due)


def _asked_at(case: CaseItem) -> datetime:
    assert case.follow_up_on is not None, "the query asks for a day"
    return clock.to_instant(case.follow_up_on, REMIND_FROM, case.site.zone)


def _ask(session: Session, case: CaseItem, now: datetime) -> None:
    notify(
        session,
        Kind.CASE_NEWS,
        case.presenter,
        organisation_id=case.conference.organisation_id,
        heading=msg("What became of a recommendation?"),
        lines=[
            msg("Reference %(ref)s", ref=case.case_ref),
            msg("Carried out, not carried out, or still going on: say it on the page, in two presses."),
        ],
        path=f"/follow-ups/{case.id}",
        now=now,
    )
