"""The elective teleconsult: its states, which may follow which, and when it runs out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from confsched import clock
from confsched.domain.kinds import ConsultState as State

ONE_DAY = timedelta(days=1)

# Before a meeting is booked; the time of a consult in one of these runs out at its reply deadline.
OPEN_STATES = frozenset({State.REQUESTED, State.TRIAGED, State.OFFERED, State.HELD})
# Times may be searched, held and booked.
ACCEPTED_STATES = frozenset({State.TRIAGED, State.OFFERED, State.HELD})
ENDED_STATES = frozenset({State.CLOSED, State.DECLINED, State.EXPIRED, State.NO_SHOW, State.CANCELLED})

NEXT_STATES: Mapping[State, frozenset[State]] = {
    State.REQUESTED: frozenset(
        {State.REQUESTED, State.TRIAGED, State.OFFERED, State.DECLINED, State.EXPIRED, State.CANCELLED}
    ),
    State.TRIAGED: frozenset({State.OFFERED, State.HELD, State.DECLINED, State.EXPIRED, State.CANCELLED})
    | {State.REQUESTED},
    State.OFFERED: frozenset({State.TRIAGED, State.HELD, State.DECLINED, State.EXPIRED, State.CANCELLED})
    | {State.REQUESTED},
    State.HELD: frozenset({State.OFFERED, State.HELD, State.BOOKED, State.EXPIRED, State.CANCELLED}),
    State.BOOKED: frozenset({State.TOOK_PLACE, State.NO_SHOW, State.CANCELLED}),
    State.TOOK_PLACE: frozenset({State.REPORTED, State.NO_SHOW}),
    State.REPORTED: frozenset({State.REPORTED, State.CLOSED}),
    State.CLOSED: frozenset(),
    State.DECLINED: frozenset(),
    State.EXPIRED: frozenset(),
    # Said too early, or of the wrong side: it may be said again, or taken back.
    State.NO_SHOW: frozenset({State.TOOK_PLACE, State.NO_SHOW}),
    State.CANCELLED: frozenset(),
}


def may_become(state: State, wanted: State) -> bool:
    """Tell whether a consult may move from one state to another; requested again means redirected."""
    return wanted in NEXT_STATES[state]


def deadline(reply_by_on: date, zone: str) -> datetime:
    """Return when a consult without a meeting runs out: at the end of the local day it was needed by."""
    return clock.start_of_day(reply_by_on + ONE_DAY, zone)
