"""Until when a question may be answered, and what answers lead to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from confsched.domain.kinds import QuestionAnswer
from confsched.domain.questions import Verdict, answer_by, verdict
from confsched.errors import Refusal

YES, NO, OTHER = QuestionAnswer.YES, QuestionAnswer.NO, QuestionAnswer.OTHER
ASKED = datetime(2026, 11, 23, 7, tzinfo=UTC)
FAR = ASKED + timedelta(days=9)


@pytest.mark.parametrize(
    ("asked_at", "starts_at", "deadline", "hours"),
    [
        (ASKED, FAR, None, 24),
        (ASKED, ASKED + timedelta(hours=8), None, 6),
        (ASKED, FAR, ASKED + timedelta(hours=3), 3),
        (ASKED, ASKED + timedelta(hours=4), ASKED + timedelta(hours=3), 2),
        # Midnight and both nights of the clock change in Berlin: a day is 24 hours, whatever the clocks do.
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), FAR, None, 24),
        (datetime(2026, 3, 28, 18, tzinfo=UTC), datetime(2026, 4, 9, tzinfo=UTC), None, 24),
        (datetime(2026, 10, 24, 18, tzinfo=UTC), datetime(2026, 11, 9, tzinfo=UTC), None, 24),
    ],
)
def test_an_answer_comes_within_a_day_in_time_for_the_start_and_before_the_deadline(
    asked_at: datetime, starts_at: datetime, deadline: datetime | None, hours: int
) -> None:
    assert answer_by(asked_at, starts_at, deadline) == asked_at + timedelta(hours=hours)


@pytest.mark.parametrize("minutes", [0, 120, 149])
def test_nobody_is_asked_who_could_not_answer_in_time(minutes: int) -> None:
    with pytest.raises(Refusal, match="too soon to ask"):
        answer_by(ASKED, ASKED + timedelta(minutes=minutes))
    assert answer_by(ASKED, ASKED + timedelta(minutes=150)) == ASKED + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], Verdict.OPEN),
        ([None], Verdict.OPEN),
        ([YES, None], Verdict.OPEN),
        ([YES, OTHER], Verdict.OPEN),
        ([YES, YES], Verdict.ALL_COME),
        ([YES, NO], Verdict.SOMEBODY_CANNOT),
        ([None, NO], Verdict.SOMEBODY_CANNOT),
    ],
)
def test_one_no_ends_it_and_all_yes_book_it(answers: list[QuestionAnswer | None], expected: Verdict) -> None:
    assert verdict(answers) is expected
