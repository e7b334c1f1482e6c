"""Swaps of duties: who may do what with a proposal, what becomes of it, and from when it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from confsched.clock import whole_minute
from confsched.domain.intervals import Span
from confsched.domain.kinds import SwapState
from confsched.errors import Conflict, Message, Refusal, msg


class Move(StrEnum):
    """Name what somebody does with a proposal."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REJECT = "reject"


class Part(StrEnum):
    """Name what a person is to a proposal; one person may be several."""

    GIVER = "giver"  # whose duty it is
    PROPOSER = "proposer"
    NAMED = "named"  # asked by name
    ASKED = "asked"  # may take it, by name or because everybody qualified is asked
    TAKER = "taker"
    SECRETARY = "secretary"  # looks after the roster


@dataclass(frozen=True)
class SwapFacts:
    """Hold what a proposal is judged by; `giver_id` is empty where nobody holds the time."""

    state: SwapState
    span: Span
    giver_id: UUID | None
    proposer_id: UUID
    asked_id: UUID | None = None
    taker_id: UUID | None = None
    needs_approval: bool = True


_WHO = {
    (SwapState.PROPOSED, Move.ACCEPT): frozenset({Part.ASKED}),
    (SwapState.PROPOSED, Move.DECLINE): frozenset({Part.NAMED}),
    (SwapState.PROPOSED, Move.WITHDRAW): frozenset({Part.GIVER, Part.PROPOSER, Part.SECRETARY}),
    (SwapState.ACCEPTED, Move.DECLINE): frozenset({Part.TAKER}),
    (SwapState.ACCEPTED, Move.WITHDRAW): frozenset({Part.GIVER, Part.PROPOSER, Part.SECRETARY}),
    (SwapState.ACCEPTED, Move.APPROVE): frozenset({Part.SECRETARY}),
    (SwapState.ACCEPTED, Move.REJECT): frozenset({Part.SECRETARY}),
}
_AFTER = {
    Move.DECLINE: SwapState.DECLINED,
    Move.WITHDRAW: SwapState.WITHDRAWN,
    Move.APPROVE: SwapState.EFFECTIVE,
    Move.REJECT: SwapState.DECLINED,
}
_OPEN = frozenset({SwapState.PROPOSED, SwapState.ACCEPTED})
_NEED_TIME = frozenset({Move.ACCEPT, Move.APPROVE})
_NOT_YOURS: dict[Move, Message] = {
    Move.ACCEPT: msg("Only who is asked and qualified for this line can take this duty."),
    Move.DECLINE: msg("Only who was asked by name can decline."),
    Move.WITHDRAW: msg("Only who proposed this, or the secretary, can withdraw it."),
    Move.APPROVE: msg("Only the secretary of this roster can approve."),
    Move.REJECT: msg("Only the secretary of this roster can reject."),
}
_MOVED_ON: dict[SwapState, Message] = {
    SwapState.PROPOSED: msg("Nobody has taken this yet."),
    SwapState.ACCEPTED: msg("A colleague was faster and has taken this duty."),
    SwapState.EFFECTIVE: msg("A colleague was faster: this duty has already changed hands."),
    SwapState.DECLINED: msg("This proposal was declined."),
    SwapState.WITHDRAWN: msg("This proposal was withdrawn."),
}


def is_open(state: SwapState) -> bool:
    """Tell whether something may still become of a proposal."""
    return state in _OPEN


def next_state(facts: SwapFacts, move: Move, parts: frozenset[Part], now: datetime) -> SwapState:
    """Return what becomes of a proposal, or refuse: it has moved on, it is over, or it is not theirs."""
    allowed = _WHO.get((facts.state, move))
    if allowed is None:
        raise Conflict(_MOVED_ON[facts.state])
    if not parts & allowed:
        raise Refusal(_NOT_YOURS[move])
    if move in _NEED_TIME:
        remaining(facts.span, now)
    if move is Move.ACCEPT:
        return SwapState.ACCEPTED if facts.needs_approval else SwapState.EFFECTIVE
    if move is Move.DECLINE and facts.state is SwapState.ACCEPTED and facts.asked_id is None:
        return SwapState.PROPOSED  # everybody else is still asked
    return _AFTER[move]


def is_repeat(facts: SwapFacts, move: Move, person_id: UUID) -> bool:
    """Tell whether a move has been made already, so that sending it twice is harmless."""
    if move is Move.ACCEPT:
        return facts.taker_id == person_id and facts.state in (SwapState.ACCEPTED, SwapState.EFFECTIVE)
    return _AFTER[move] is facts.state


def moves_of(facts: SwapFacts, parts: frozenset[Part], now: datetime) -> frozenset[Move]:
    """Return what a person may do with a proposal now, for the buttons of its page."""
    is_over = facts.span.ends_at <= now
    return frozenset(
        move
        for (state, move), who in _WHO.items()
        if state is facts.state and parts & who and not (is_over and move in _NEED_TIME)
    )


def remaining(span: Span, now: datetime) -> Span:
    """Return the part of a span that can still change hands, from the next whole minute on.

    What has passed keeps its figures: who held it, held it.
    """
    starts_at = max(span.starts_at, whole_minute(now))
    if starts_at >= span.ends_at:
        raise Conflict(msg("This duty is over: what has passed stays as it was."))
    return Span(starts_at, span.ends_at)


def part_to_give(duty: Span, starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> Span:
    """Return which part of a duty is given away, by default all; refuses what lies outside of it."""
    starts, ends = starts_at or duty.starts_at, ends_at or duty.ends_at
    if ends <= starts:
        raise Refusal(msg("The end must be after the start. Choose a later end."), field="ends_at")
    if starts < duty.starts_at:
        raise Refusal(msg("The duty begins later. Choose a time inside the duty."), field="starts_at")
    if ends > duty.ends_at:
        raise Refusal(msg("The duty ends earlier. Choose a time inside the duty."), field="ends_at")
    return remaining(Span(starts, ends), now)
