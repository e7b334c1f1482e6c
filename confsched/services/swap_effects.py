"""A swap takes effect: duties, bookings of the line and cells of the month change hands together."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span, subtract
from confsched.domain.kinds import SwapState
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, msg
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.swaps import DutySwap
from confsched.services import rebinding, rosters, swap_notices
from confsched.services.roster_cells import ORIGIN as MONTH
from confsched.services.roster_locks import lock_history
from confsched.services.roster_publication import Handed, follow_swaps, month_of_duty

ORIGIN = "swap"  # what stands at parts, which no cell says


def take_effect(
    session: Session, actor: Actor, swap: DutySwap, handovers: Sequence[Handed], *, now: datetime
) -> None:
    """Hand the duties over in the caller's transaction; refuses what no longer stands as it was proposed."""
    department = swap.line.department  # a duty in return is one of its lines as well
    now = lock_history(session, department, {month_of_duty(one) for one in handovers}, now=now)
    whole = [one for one in handovers if _is_whole(session, one)]
    followed = follow_swaps(session, actor, whole, now=now)
    wanted = [(handover, _still_open(session, handover)) for handover in handovers]
    for handover, spans in wanted:
        taker = session.get_one(Person, handover.to_person_id)
        duties = [(taker, span) for span in spans]
        origin = MONTH if handover in followed else ORIGIN
        rosters.record_duties(session, actor, handover.line, duties, now=now, origin=origin)
    for handover in handovers:
        _follow(session, actor, handover, now)
    _close_others(session, actor, swap, handovers, now)


def _is_whole(session: Session, handover: Handed) -> bool:
    """Tell whether a span is all of a duty, or of a gap, and not a part that the hours of a code equal."""
    if handover.from_person_id is None:
        return unheld(session, handover.line, handover.span) == [handover.span]
    return handover.span in _held(session, handover.line, handover.span, handover.from_person_id)


def _still_open(session: Session, handover: Handed) -> list[Span]:
    """Return the spans to hand over, or refuse: the giver no longer holds them, or the gap is closed."""
    if handover.from_person_id is None:
        left = unheld(session, handover.line, handover.span)
        if not left:
            raise Conflict(msg("Somebody holds this time by now. There is no gap left."))
        return left
    held = _held(session, handover.line, handover.span, handover.from_person_id)
    if subtract([handover.span], held):
        raise Conflict(
            msg("This duty has changed since it was proposed. Withdraw the proposal and ask for it anew.")
        )
    return [handover.span]


def unheld(session: Session, line: DutyLine, span: Span) -> list[Span]:
    """Return the parts of a span in which nobody holds the line."""
    return subtract([span], _held(session, line, span, None))


def _held(session: Session, line: DutyLine, span: Span, person_id: uuid.UUID | None) -> list[Span]:
    query = select(Duty.starts_at, Duty.ends_at).where(
        Duty.line_id == line.id,
        Duty.superseded_at.is_(None),
        Duty.starts_at < span.ends_at,
        Duty.ends_at > span.starts_at,
    )
    if person_id is not None:
        query = query.where(Duty.person_id == person_id)
    return [Span(starts_at, ends_at) for starts_at, ends_at in session.execute(query)]


def _follow(session: Session, actor: Actor, handover: Handed, now: datetime) -> None:
    """Let the open bookings of the line go along; nobody was bound in a gap."""
    if handover.from_person_id is None:
        return
    rebinding.rebind(
        session,
        actor,
        handover.line,
        handover.span,
        handover.from_person_id,
        handover.to_person_id,
        now=now,
    )


def _close_others(
    session: Session, actor: Actor, swap: DutySwap, handovers: Sequence[Handed], now: datetime
) -> None:
    """Withdraw the other open proposals that ask for nothing but what has just changed hands."""
    for handover in handovers:
        query = select(DutySwap).where(
            DutySwap.id != swap.id,
            DutySwap.line_id == handover.line.id,
            DutySwap.state.in_([SwapState.PROPOSED, SwapState.ACCEPTED]),
            DutySwap.starts_at >= handover.span.starts_at,
            DutySwap.ends_at <= handover.span.ends_at,
        )
        # Whoever has another of them locked waits for our line, and will find it changed.
        for other in session.scalars(query.with_for_update(of=DutySwap, skip_locked=True)):
            other.state, other.decided_at, other.decided_by_id = SwapState.WITHDRAWN, now, actor.person_id
            swap_notices.tell_overtaken(session, actor, other, now=now)
