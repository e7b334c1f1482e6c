"""The best time of a poll loses the fewest who have to come; silence is no answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from confsched.domain.kinds import PollAnswer
from confsched.domain.polls import Tally, Vote, ranked, tally

YES, MAYBE, NO = PollAnswer.YES, PollAnswer.IF_NEED_BE, PollAnswer.NO
EARLY, LATE = UUID(int=1), UUID(int=2)
STARTS = {
    EARLY: datetime(2026, 12, 1, 9, tzinfo=UTC),
    LATE: datetime(2026, 12, 1, 9, tzinfo=UTC) + timedelta(1),
}


def vote(early: PollAnswer | None, late: PollAnswer | None, *, optional: bool = False) -> Vote:
    given = {EARLY: early, LATE: late}
    return Vote({key: answer for key, answer in given.items() if answer is not None}, optional)


def test_a_tally_counts_each_answer_and_who_is_silent() -> None:
    votes = [vote(YES, NO), vote(MAYBE, NO, optional=True), vote(NO, None), vote(None, None)]
    assert tally(EARLY, STARTS[EARLY], votes) == Tally(EARLY, STARTS[EARLY], 1, 1, 1, 1, 1)
    assert tally(LATE, STARTS[LATE], votes) == Tally(LATE, STARTS[LATE], 0, 0, 2, 2, 1)


@pytest.mark.parametrize(
    ("votes", "best"),
    [
        ([vote(YES, YES)], EARLY),
        ([vote(MAYBE, YES)], LATE),
        ([vote(YES, MAYBE), vote(NO, MAYBE)], LATE),
        ([vote(YES, YES), vote(YES, NO, optional=True)], EARLY),
        ([vote(NO, YES), vote(YES, NO, optional=True), vote(YES, NO, optional=True)], LATE),
        ([vote(None, YES)], LATE),
        ([], EARLY),
    ],
    ids=[
        "the earlier of two alike",
        "gladly before if need be",
        "one no weighs more than two maybes",
        "the no of who need not come weighs too",
        "but less than that of one who has to come",
        "a yes before silence",
        "nobody asked",
    ],
)
def test_the_best_time(votes: list[Vote], best: UUID) -> None:
    order = ranked(tally(key, start, votes) for key, start in STARTS.items())
    assert order[0].time_id == best
