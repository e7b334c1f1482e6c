"""What becomes of a recommendation, and what that makes of the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from confsched.domain.kinds import CaseState, FollowUpState, NotDoneReason

USUAL_DAYS = timedelta(days=28)
LONGEST = timedelta(days=731)
# Who was lost, or is still treated, leaves the case as it was recommended.
CASE_STATES: Mapping[FollowUpState, CaseState] = {
    FollowUpState.ONGOING: CaseState.RECOMMENDED,
    FollowUpState.COMPLETED: CaseState.IMPLEMENTED,
    FollowUpState.NOT_DONE: CaseState.NOT_IMPLEMENTED,
    FollowUpState.LOST: CaseState.RECOMMENDED,
}


def may_say(case: CaseState, said: FollowUpState) -> bool:
    """Tell whether this may be said of a case: what was done or not done is corrected into the other only."""
    if case is CaseState.RECOMMENDED:
        return True
    return case in _SETTLED and CASE_STATES[said] in _SETTLED


def needs_reason(said: FollowUpState) -> bool:
    """Tell whether a coded reason belongs to what is said."""
    return said is FollowUpState.NOT_DONE


def kept_reason(said: FollowUpState, reason: NotDoneReason | None) -> NotDoneReason | None:
    """Return the reason where one belongs to what is said; a code left over in the form is dropped."""
    return reason if needs_reason(said) else None


_SETTLED = frozenset({CaseState.IMPLEMENTED, CaseState.NOT_IMPLEMENTED})
