"""A conference while it runs: which case may be called, and how long it has been talked about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from confsched.domain.kinds import CaseLane, CaseState
from confsched.errors import Message, msg

# What a case goes through on its way into discussion; a state that is missing here leads nowhere.
WAYS: Mapping[CaseState, tuple[CaseState, ...]] = {
    CaseState.SUBMITTED: (CaseState.READY, CaseState.SCHEDULED, CaseState.IN_DISCUSSION),
    CaseState.INCOMPLETE: (CaseState.READY, CaseState.SCHEDULED, CaseState.IN_DISCUSSION),
    CaseState.READY: (CaseState.SCHEDULED, CaseState.IN_DISCUSSION),
    CaseState.SCHEDULED: (CaseState.IN_DISCUSSION,),
    # Taken up once more, before the minutes are released.
    CaseState.RECOMMENDED: (CaseState.IN_DISCUSSION,),
}
_OVER = msg("This case is not to be discussed any more. Look at where it stands now.")
_LATE = msg("This case came after the cut-off. The chair has to approve it before it is called.")


def why_not_called(state: CaseState, lane: CaseLane) -> Message | None:
    """Return what keeps a case from being called, None where nothing does."""
    if state not in WAYS:
        return _OVER
    return _LATE if lane is CaseLane.LATE else None


def is_to_come(state: CaseState, lane: CaseLane) -> bool:
    """Tell whether a case is called by itself when its turn comes: standard of care is only listed."""
    waits = state in WAYS and state is not CaseState.RECOMMENDED
    return waits and lane is CaseLane.DISCUSSION


def talked_for(since: datetime | None, until: datetime | None, now: datetime) -> timedelta:
    """Return how long a case has been talked about, pauses left out."""
    if since is None:
        return timedelta(0)
    return max(timedelta(0), (until or now) - since)


def runs_since(since: datetime | None, until: datetime | None, now: datetime) -> datetime:
    """Return the instant from which the clock of a case that is called now counts.

    One that was put back goes on where its clock stood: the pause is moved in front of it.
    """
    return now - talked_for(since, until, now) if until is not None else since or now
