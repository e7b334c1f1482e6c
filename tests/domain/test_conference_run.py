"""Which case may be called, and how long it was talked about, pauses and clock changes included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from confsched.domain.cases import may_become
from confsched.domain.conference_run import WAYS, is_to_come, runs_since, talked_for, why_not_called
from confsched.domain.kinds import CaseLane, CaseState

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
# Called in the lane for discussion, called in the late lane, comes by itself.
DECISIONS = {
    CaseState.SUBMITTED: "yes no yes",
    CaseState.INCOMPLETE: "yes no yes",
    CaseState.READY: "yes no yes",
    CaseState.SCHEDULED: "yes no yes",
    CaseState.RECOMMENDED: "yes no no",
}


@pytest.mark.parametrize("state", list(CaseState))
def test_which_case_is_called_is_what_the_table_says(state: CaseState) -> None:
    called, late, comes = (word == "yes" for word in DECISIONS.get(state, "no no no").split())
    assert (why_not_called(state, CaseLane.DISCUSSION) is None) is called
    assert (why_not_called(state, CaseLane.LATE) is None) is late
    assert is_to_come(state, CaseLane.DISCUSSION) is comes
    assert not is_to_come(state, CaseLane.STANDARD_CARE)


@pytest.mark.parametrize("state", list(WAYS))
def test_every_way_into_discussion_is_one_of_moves_that_follow_each_other(state: CaseState) -> None:
    for wanted in WAYS[state]:
        assert may_become(state, wanted)
        state = wanted
    assert state is CaseState.IN_DISCUSSION


def test_a_case_that_was_put_back_goes_on_where_its_clock_stood() -> None:
    since = runs_since(None, None, TEN)
    until = TEN + 4 * MINUTE
    again = runs_since(since, until, TEN + 30 * MINUTE)
    assert talked_for(again, None, TEN + 33 * MINUTE) == 7 * MINUTE


@pytest.mark.parametrize(
    "since", [datetime(2026, 3, 29, 0, 50, tzinfo=UTC), datetime(2026, 10, 25, 0, 50, tzinfo=UTC)]
)
def test_the_clock_of_a_case_counts_minutes_that_passed_when_clocks_change(since: datetime) -> None:
    assert talked_for(since, None, since + 20 * MINUTE) == 20 * MINUTE
    assert talked_for(None, None, since) == timedelta(0)
