"""What states, lamps and steps of a case are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confsched.domain.kinds import CaseState as State
from confsched.domain.kinds import CaseTriage, Lamp
from confsched.errors import Message, msg
from confsched.models.cases import CaseStep
from confsched.services.case_deferrals import CARRIED_OVER
from confsched.services.cases import APPROVED
from confsched.web import conference_words

# What nobody has said stands first, so that a form says nothing of itself.
LAMPS: Mapping[Lamp, tuple[Message, str]] = {
    Lamp.UNKNOWN: conference_words.LAMPS[Lamp.UNKNOWN],
    **conference_words.LAMPS,
    Lamp.NOT_NEEDED: (msg("not needed"), ""),
}
CASES = conference_words.CASES
DECISIONS: Mapping[CaseTriage, Message] = {
    CaseTriage.DISCUSS: msg("Accepted, to be discussed"),
    CaseTriage.NOTE_ONLY: msg("Listed without discussion"),
    CaseTriage.REJECT: msg("Rejected. Whoever presents reads your reason."),
}
_STATES: Mapping[State, Message] = {
    State.SUBMITTED: msg("Registered"),
    State.INCOMPLETE: msg("Accepted; something is still missing"),
    State.READY: msg("Accepted and ready"),
    State.SCHEDULED: msg("On the agenda"),
    State.IN_DISCUSSION: msg("In discussion"),
    State.RECOMMENDED: msg("Discussed; there is a recommendation"),
    State.NOTED: msg("Listed without discussion"),
    State.DEFERRED: msg("Put off to a later date"),
    State.REJECTED: msg("Rejected"),
    State.WITHDRAWN: msg("Withdrawn"),
    State.IMPLEMENTED: msg("Recommendation followed"),
    State.NOT_IMPLEMENTED: msg("Recommendation not followed"),
}
_CODES: Mapping[str, Message] = {
    "changed": msg("Changed"),
    "lamps": msg("Readiness said"),
    APPROVED: msg("Let in after the cut-off"),
    CARRIED_OVER: msg("Taken over from an earlier date"),
}


@dataclass(frozen=True)
class Told:
    """Hold one step and its name."""

    step: CaseStep
    words: Message


def told(steps: Sequence[CaseStep]) -> list[Told]:
    """Return the steps with their names, the last one first."""
    return [Told(step, _CODES.get(step.code) or _STATES[step.state]) for step in reversed(steps)]
