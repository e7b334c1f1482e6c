"""How far a case of a conference may come."""

from __future__ import annotations

from collections.abc import Mapping

from confsched.domain.kinds import CaseState as State

_LEAVES = frozenset({State.NOTED, State.REJECTED, State.WITHDRAWN, State.DEFERRED})
NEXT_STATES: Mapping[State, frozenset[State]] = {
    State.SUBMITTED: _LEAVES | {State.READY, State.INCOMPLETE},
    State.INCOMPLETE: _LEAVES | {State.READY},
    State.READY: _LEAVES | {State.INCOMPLETE, State.SCHEDULED},
    State.SCHEDULED: _LEAVES | {State.READY, State.INCOMPLETE, State.IN_DISCUSSION},
    State.IN_DISCUSSION: frozenset({State.SCHEDULED, State.RECOMMENDED, State.DEFERRED}),
    State.RECOMMENDED: frozenset({State.IN_DISCUSSION, State.IMPLEMENTED, State.NOT_IMPLEMENTED}),
    State.NOTED: frozenset({State.SUBMITTED}),
    State.REJECTED: frozenset({State.SUBMITTED}),
    State.IMPLEMENTED: frozenset({State.NOT_IMPLEMENTED}),
    State.NOT_IMPLEMENTED: frozenset({State.IMPLEMENTED}),
    State.DEFERRED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
WAITING = frozenset({State.SUBMITTED, State.INCOMPLETE, State.READY, State.SCHEDULED})
DISCUSSED = frozenset({State.RECOMMENDED, State.IMPLEMENTED, State.NOT_IMPLEMENTED})


def may_become(state: State, wanted: State) -> bool:
    """Tell whether a case may go from one state to another."""
    return wanted in NEXT_STATES[state]
