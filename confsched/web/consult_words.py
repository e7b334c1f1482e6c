"""What the steps of a consult are called, each by what it follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confsched.domain.kinds import ConsultState as State
from confsched.errors import Message, msg
from confsched.models.consults import ConsultStep


@dataclass(frozen=True)
class Told:
    """Hold one step and its name."""

    step: ConsultStep
    words: Message


WORDS: Mapping[State, Message] = {
    State.REQUESTED: msg("Asked; the hospital decides first"),
    State.TRIAGED: msg("Accepted; no time is to be had yet"),
    State.OFFERED: msg("Asked; a time may be chosen"),
    State.HELD: msg("Time held"),
    State.BOOKED: msg("Booked"),
    State.TOOK_PLACE: msg("Took place"),
    State.REPORTED: msg("Report handed over"),
    State.CLOSED: msg("Closed"),
    State.DECLINED: msg("Declined"),
    State.EXPIRED: msg("Ran out at the reply deadline"),
    State.NO_SHOW: msg("Did not take place"),
    State.CANCELLED: msg("Withdrawn or called off"),
}
# By the state before.
AFTER: Mapping[tuple[State, State], Message] = {
    (State.REQUESTED, State.OFFERED): msg("Accepted; a time may be chosen"),
    (State.HELD, State.OFFERED): msg("Held time given back"),
    (State.TRIAGED, State.OFFERED): msg("A time may be chosen"),
    (State.BOOKED, State.BOOKED): msg("Moved at short notice"),
    (State.REPORTED, State.REPORTED): msg("Report corrected"),
    (State.NO_SHOW, State.TOOK_PLACE): msg("Corrected: took place"),
    (State.TOOK_PLACE, State.NO_SHOW): msg("Corrected: did not take place"),
}
PASSED_ON = {
    State.REQUESTED: msg("Passed on; the other hospital decides first"),
    State.OFFERED: msg("Passed on; a time may be chosen"),
}


def told(steps: Sequence[ConsultStep]) -> list[Told]:
    """Return the steps with their names, the last one first."""
    states = [None, *(step.state for step in steps)]
    named = [Told(step, _words(before, step)) for before, step in zip(states, steps, strict=False)]
    return named[::-1]


def _words(before: State | None, step: ConsultStep) -> Message:
    if step.former_service_id is not None:
        return PASSED_ON[step.state]
    if before is not None and (before, step.state) in AFTER:
        return AFTER[before, step.state]
    return WORDS[step.state]
