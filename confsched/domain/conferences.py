"""How far one date of a conference may come, and what may be done to it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from confsched.domain.kinds import ConferenceState as State

NEXT_STATES: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.REGISTRATION_OPEN, State.CANCELLED}),
    State.REGISTRATION_OPEN: frozenset({State.FROZEN, State.RUNNING, State.CANCELLED, State.MERGED}),
    # Thawed as long as it has not begun.
    State.FROZEN: frozenset({State.REGISTRATION_OPEN, State.RUNNING, State.CANCELLED, State.MERGED}),
    # Begun by mistake, it goes back.
    State.RUNNING: frozenset({State.MINUTES_DRAFT, State.FROZEN}),
    State.MINUTES_DRAFT: frozenset({State.RUNNING, State.RELEASED}),
    # Released minutes are corrected by a new release, never in silence.
    State.RELEASED: frozenset({State.MINUTES_DRAFT, State.ARCHIVED}),
    State.ARCHIVED: frozenset(),
    State.CANCELLED: frozenset(),
    State.MERGED: frozenset(),
}
AHEAD = frozenset({State.REGISTRATION_OPEN, State.FROZEN})
TOOK_PLACE = frozenset({State.RUNNING, State.MINUTES_DRAFT, State.RELEASED, State.ARCHIVED})
OFF = frozenset({State.CANCELLED, State.MERGED})


def may_become(state: State, wanted: State) -> bool:
    """Tell whether a conference may go from one state to another."""
    return wanted in NEXT_STATES[state]


def cutoff_at(starts_at: datetime, cutoff_minutes: int) -> datetime:
    """Return when registration closes; a case that comes then or later is late."""
    return starts_at - timedelta(minutes=cutoff_minutes)
