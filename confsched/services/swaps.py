"""Swaps: a duty, or a part of it, is offered to one or to all qualified; nobody takes it twice."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from confsched.clock import whole_minute
from confsched.domain import swaps as rules
from confsched.domain.intervals import Span
from confsched.domain.kinds import SwapState
from confsched.domain.permissions import Actor, Permission
from confsched.domain.privacy import check_text
from confsched.domain.rosters import belongs_to_day
from confsched.domain.swaps import Move, Part, SwapFacts, part_to_give
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.swaps import DutySwap
from confsched.services import access, audit, idempotency, swap_effects, swap_notices
from confsched.services.duty_codes import qualified_for
from confsched.services.roster_publication import Handed
from confsched.services.swap_checks import Consequences, weigh

PURPOSE = "swap"
MAX_NOTE = 200
MAX_COVER_DAYS = 31


@dataclass(frozen=True)
class Proposal:
    """Hold what somebody asks for; without times the whole duty, without a person everybody qualified."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    to_person_id: uuid.UUID | None = None
    in_return_id: uuid.UUID | None = None
    note: str = ""


def get_duty(session: Session, actor: Actor, duty_id: uuid.UUID) -> Duty:
    """Return a duty that the actor may give away: their own, or one of a roster they look after."""
    lines = access.visible(actor, DutyLine, to="change").with_only_columns(DutyLine.id)
    query = select(Duty).where(
        Duty.id == duty_id, or_(Duty.person_id == actor.person_id, Duty.line_id.in_(lines))
    )
    duty = session.scalars(query).one_or_none()
    if duty is None:
        raise NotFound
    return duty


def propose(
    session: Session, actor: Actor, duty: Duty, proposal: Proposal, *, now: datetime, key: str
) -> DutySwap:
    """Offer a duty, or a part of it, to one or to all qualified; the same key returns the first one."""
    known = idempotency.find_result(session, actor, PURPOSE, key)
    if known is not None:
        return access.get_swap(session, actor, known)
    span = _checked(session, duty, proposal, now)
    swap = DutySwap(
        line_id=duty.line_id,
        line=duty.line,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        duty_id=duty.id,
        duty=duty,
        from_person_id=duty.person_id,
        from_person=duty.person,
        to_person_id=_asked_id(session, proposal),
        in_return_id=proposal.in_return_id,
        state=SwapState.PROPOSED,
        note=_checked_words(proposal.note, "note"),
        proposed_by_id=actor.person_id,
        proposed_at=now,
    )
    return _open(session, actor, swap, now=now, key=key)


def handovers_of_proposal(session: Session, duty: Duty, proposal: Proposal, *, now: datetime) -> list[Handed]:
    """Return what a proposal would move, checked as when it is made; nothing where everybody is asked."""
    span = _checked(session, duty, proposal, now)
    taker_id = _asked_id(session, proposal)
    if taker_id is None:
        return []
    back = session.get(Duty, proposal.in_return_id) if proposal.in_return_id else None
    return _handovers(duty.line, span, duty.person_id, taker_id, back, now)


def ask_cover(
    session: Session,
    actor: Actor,
    line: DutyLine,
    span: Span,
    *,
    to_person_id: uuid.UUID | None = None,
    note: str = "",
    now: datetime,
    key: str,
) -> DutySwap:
    """Ask one or all qualified for minutes that nobody holds; the line is loaded to be changed."""
    known = idempotency.find_result(session, actor, PURPOSE, key)
    if known is not None:
        return access.get_swap(session, actor, known)
    open_span = rules.remaining(span, now)
    if open_span.duration.days >= MAX_COVER_DAYS:
        raise Refusal(msg("Ask for at most %(count)s days at once.", count=MAX_COVER_DAYS), field="ends_at")
    if not swap_effects.unheld(session, line, open_span):
        raise Conflict(msg("Somebody holds this time by now. There is no gap left."))
    _check_not_asked(session, line, open_span, None)
    _check_qualified(session, line, open_span, to_person_id, field="to_person_id")
    swap = DutySwap(
        line_id=line.id,
        line=line,
        starts_at=open_span.starts_at,
        ends_at=open_span.ends_at,
        to_person_id=to_person_id,
        state=SwapState.PROPOSED,
        note=_checked_words(note, "note"),
        proposed_by_id=actor.person_id,
        proposed_at=now,
    )
    return _open(session, actor, swap, now=now, key=key)


def _open(session: Session, actor: Actor, swap: DutySwap, *, now: datetime, key: str) -> DutySwap:
    session.add(swap)
    idempotency.remember(session, actor, PURPOSE, key, swap.id, now=now)
    audit.record(session, actor, "propose_swap", swap, now=now)
    swap_notices.tell_asked(session, actor, swap, now=now)
    return swap


def _checked(session: Session, duty: Duty, proposal: Proposal, now: datetime) -> Span:
    """Return the span to give away, or refuse what cannot come about."""
    if duty.superseded_at is not None:
        raise Conflict(msg("This duty has changed meanwhile. Look at your duties again."))
    span = part_to_give(Span(duty.starts_at, duty.ends_at), proposal.starts_at, proposal.ends_at, now)
    to_id = _asked_id(session, proposal)
    if to_id == duty.person_id:
        raise Refusal(msg("This is whose duty it is. Choose a colleague."), field="to_person_id")
    _check_qualified(session, duty.line, span, to_id, field="to_person_id")
    if proposal.in_return_id:
        _check_return(session, duty, proposal, now)
    _check_not_asked(session, duty.line, span, duty.person_id)
    return span


def _asked_id(session: Session, proposal: Proposal) -> uuid.UUID | None:
    """Return who is asked: by name, or as the holder of the duty in return."""
    if proposal.to_person_id or not proposal.in_return_id:
        return proposal.to_person_id
    back = session.get(Duty, proposal.in_return_id)
    return back.person_id if back else None


def _check_return(session: Session, duty: Duty, proposal: Proposal, now: datetime) -> None:
    back = session.get(Duty, proposal.in_return_id)
    is_offered = (
        back is not None
        and back.superseded_at is None
        and back.ends_at > now
        and back.line.department_id == duty.line.department_id
        and back.person_id == _asked_id(session, proposal)
    )
    if back is None or not is_offered:
        raise Refusal(
            msg("Choose a duty to come of the colleague you ask, in the same department."),
            field="in_return_id",
        )
    back_span = rules.remaining(Span(back.starts_at, back.ends_at), now)
    _check_qualified(session, back.line, back_span, duty.person_id, field="in_return_id")


def _check_qualified(
    session: Session, line: DutyLine, span: Span, person_id: uuid.UUID | None, *, field: str
) -> None:
    if person_id is None or person_id in _qualified_ids(session, line, span):
        return
    person = session.get(Person, person_id)
    raise Refusal(
        msg("%(name)s is not entered as qualified for this line.", name=person.name if person else "?"),
        field=field,
    )


def _qualified_ids(session: Session, line: DutyLine, span: Span) -> set[uuid.UUID]:
    day = belongs_to_day(span, line.department.site.zone)
    return {person.id for person in qualified_for(session, line, day)}


def _check_not_asked(session: Session, line: DutyLine, span: Span, giver_id: uuid.UUID | None) -> None:
    """Refuse a second open proposal for the same minutes, which would promise them twice."""
    query = select(DutySwap.id).where(
        DutySwap.line_id == line.id,
        DutySwap.from_person_id == giver_id if giver_id else DutySwap.from_person_id.is_(None),
        DutySwap.state.in_([SwapState.PROPOSED, SwapState.ACCEPTED]),
        DutySwap.starts_at < span.ends_at,
        DutySwap.ends_at > span.starts_at,
    )
    if session.scalars(query.limit(1)).first():
        raise Conflict(
            msg("Somebody is asked for this time already. Withdraw that proposal to ask for it anew.")
        )


def _checked_words(words: str, field: str) -> str:
    """Return what was written in one line; mails carry it, so it names no patient."""
    words = " ".join(words.split())
    if len(words) > MAX_NOTE:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_NOTE), field=field)
    check_text(words, field)
    return words


# ---- what the others do with it; the swap is loaded to be changed and so locked ----


def accept(session: Session, actor: Actor, swap: DutySwap, *, now: datetime) -> DutySwap:
    """Take what is offered; without approval it changes hands at once. Of two takers the first wins."""
    state = _next(session, actor, swap, Move.ACCEPT, now)
    if state is None:
        return swap
    swap.taken_by_id, swap.taken_at = actor.person_id, now
    swap.taken_by = session.get_one(Person, actor.person_id)
    _settle(session, actor, swap, state, "accept_swap", now)
    return swap


def approve(session: Session, actor: Actor, swap: DutySwap, *, now: datetime) -> DutySwap:
    """Let an accepted proposal take effect."""
    return _conclude(session, actor, swap, Move.APPROVE, now)


def reject(session: Session, actor: Actor, swap: DutySwap, *, reason: str = "", now: datetime) -> DutySwap:
    """End an accepted proposal without effect, and say why."""
    return _conclude(session, actor, swap, Move.REJECT, now, _checked_words(reason, "reason"))


def decline(session: Session, actor: Actor, swap: DutySwap, *, now: datetime) -> DutySwap:
    """Say no, or step back before it is approved; where all were asked, the others still are."""
    state = _next(session, actor, swap, Move.DECLINE, now)
    if state is None:
        return swap
    if state is SwapState.PROPOSED:
        swap.taken_by_id = swap.taken_by = swap.taken_at = None
    else:
        _decide(swap, actor, now)
    _settle(session, actor, swap, state, "decline_swap", now)
    return swap


def withdraw(session: Session, actor: Actor, swap: DutySwap, *, now: datetime) -> DutySwap:
    """Take a proposal back that has not taken effect."""
    return _conclude(session, actor, swap, Move.WITHDRAW, now)


def _conclude(
    session: Session, actor: Actor, swap: DutySwap, move: Move, now: datetime, reason: str = ""
) -> DutySwap:
    """Make a move that decides a proposal, once."""
    state = _next(session, actor, swap, move, now)
    if state is not None:
        _decide(swap, actor, now, reason)
        _settle(session, actor, swap, state, f"{move}_swap", now)
    return swap


def _next(session: Session, actor: Actor, swap: DutySwap, move: Move, now: datetime) -> SwapState | None:
    """Return the state to come, None where the same person has made this move before."""
    facts = facts_of(swap)
    if rules.is_repeat(facts, move, actor.person_id):
        return None
    return rules.next_state(facts, move, parts_of(session, actor, swap), now)


def _decide(swap: DutySwap, actor: Actor, now: datetime, reason: str = "") -> None:
    swap.decided_by_id, swap.decided_at, swap.decision_reason = actor.person_id, now, reason


def _settle(
    session: Session, actor: Actor, swap: DutySwap, state: SwapState, action: str, now: datetime
) -> None:
    swap.state = state
    if state is SwapState.EFFECTIVE:
        swap_effects.take_effect(session, actor, swap, handovers_of(swap, now=now), now=now)
    audit.record(session, actor, action, swap, now=now, detail=state.value)
    swap_notices.tell_outcome(session, actor, swap, now=now)


# ---- what a swap is to somebody ----


def facts_of(swap: DutySwap) -> SwapFacts:
    """Return what the rules judge a swap by; what the secretary proposes is approved by that."""
    is_own = swap.proposed_by_id == swap.from_person_id
    return SwapFacts(
        state=swap.state,
        span=Span(swap.starts_at, swap.ends_at),
        giver_id=swap.from_person_id,
        proposer_id=swap.proposed_by_id,
        asked_id=swap.to_person_id,
        taker_id=swap.taken_by_id,
        needs_approval=is_own and swap.line.department.swaps_need_approval,
    )


def parts_of(session: Session, actor: Actor, swap: DutySwap) -> frozenset[Part]:
    """Return what the actor is to a swap."""
    me = actor.person_id
    is_asked = swap.to_person_id == me or (
        swap.to_person_id is None
        and swap.from_person_id != me
        and me in _qualified_ids(session, swap.line, Span(swap.starts_at, swap.ends_at))
    )
    parts = {
        Part.GIVER: swap.from_person_id == me,
        Part.PROPOSER: swap.proposed_by_id == me,
        Part.NAMED: swap.to_person_id == me,
        Part.ASKED: is_asked,
        Part.TAKER: swap.taken_by_id == me,
        Part.SECRETARY: looks_after(actor, swap.line),
    }
    return frozenset(part for part, is_mine in parts.items() if is_mine)


def looks_after(actor: Actor, line: DutyLine) -> bool:
    """Tell whether the actor edits the roster of a line."""
    return line.department.site.organisation_id in actor.organisations_with(Permission.EDIT_ROSTER)


def handovers_of(swap: DutySwap, *, now: datetime, taker_id: uuid.UUID | None = None) -> list[Handed]:
    """Return what changes hands from now on when `taker_id`, or who has accepted, takes it."""
    taker_id = taker_id or swap.taken_by_id or swap.to_person_id
    assert taker_id is not None, "somebody takes it"
    span = rules.remaining(Span(swap.starts_at, swap.ends_at), now)
    return _handovers(swap.line, span, swap.from_person_id, taker_id, swap.in_return, now)


def _handovers(
    line: DutyLine,
    span: Span,
    giver_id: uuid.UUID | None,
    taker_id: uuid.UUID,
    back: Duty | None,
    now: datetime,
) -> list[Handed]:
    there = Handed(line, span, giver_id, taker_id)
    if back is None or giver_id is None:
        return [there]
    back_span = rules.remaining(Span(back.starts_at, back.ends_at), now)
    return [there, Handed(back.line, back_span, taker_id, giver_id)]


def consequences(
    session: Session, actor: Actor, swap: DutySwap, taker_id: uuid.UUID, *, now: datetime
) -> Consequences | None:
    """Return what follows when this person takes it, None where it is over; nothing is changed."""
    ends = [swap.ends_at, swap.in_return.ends_at] if swap.in_return else [swap.ends_at]
    if min(ends) <= whole_minute(now):
        return None
    return weigh(session, handovers_of(swap, now=now, taker_id=taker_id), now=now, actor=actor)
