"""What may be said of a recommendation in which state of its case, as a table written out by hand."""

from __future__ import annotations

import pytest

from confsched.domain.cases import may_become
from confsched.domain.follow_ups import CASE_STATES, kept_reason, may_say
from confsched.domain.kinds import CaseState, FollowUpState, NotDoneReason

# One column for each word: ongoing, completed, not done, lost. All other states of a case allow nothing.
DECISIONS = {
    CaseState.RECOMMENDED: "yes yes yes yes",
    CaseState.IMPLEMENTED: "no yes yes no",
    CaseState.NOT_IMPLEMENTED: "no yes yes no",
}


@pytest.mark.parametrize("state", list(CaseState))
def test_what_may_be_said_of_a_case_is_what_the_table_says(state: CaseState) -> None:
    line = DECISIONS.get(state, "no no no no").split()
    for said, word in zip(FollowUpState, line, strict=True):
        assert may_say(state, said) is (word == "yes"), said


@pytest.mark.parametrize("state", list(DECISIONS))
def test_what_may_be_said_is_a_move_that_the_case_can_make(state: CaseState) -> None:
    for said in FollowUpState:
        wanted = CASE_STATES[said]
        if may_say(state, said) and wanted is not state:
            assert may_become(state, wanted)


def test_a_reason_is_kept_only_for_what_was_not_done() -> None:
    reason = NotDoneReason.PATIENTS_WISH
    assert [kept_reason(said, reason) for said in FollowUpState] == [None, None, reason, None]
