"""Questions to people of unknown time: until when they may answer, and what their answers lead to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from confsched.domain.kinds import QuestionAnswer
from confsched.errors import Refusal, msg

# A day holds one round of everybody's mail, also after a night duty.
ANSWER_WITHIN = timedelta(hours=24)
# With less before the start nobody could find another time, or another consultant.
ANSWER_BEFORE_START = timedelta(hours=2)
# Who has less than this to answer was not really asked.
LEAST_TO_ANSWER = timedelta(minutes=30)


class Verdict(StrEnum):
    """Say what the answers for one time come to."""

    OPEN = "open"
    ALL_COME = "all_come"
    SOMEBODY_CANNOT = "somebody_cannot"


def answer_by(asked_at: datetime, starts_at: datetime, reply_deadline: datetime | None = None) -> datetime:
    """Return when a question asked now runs out; raises Refusal where nobody could answer in time."""
    ends = [asked_at + ANSWER_WITHIN, starts_at - ANSWER_BEFORE_START]
    deadline = min([*ends, reply_deadline] if reply_deadline else ends)
    if deadline < asked_at + LEAST_TO_ANSWER:
        raise Refusal(
            msg(
                "This is too soon to ask by mail whether everybody can come. Choose a time at which all are"
                " known to be free, or call."
            ),
            field="starts_at",
        )
    return deadline


def verdict(answers: Iterable[QuestionAnswer | None]) -> Verdict:
    """Return what to do: one no ends it, all yes books it; who names another time leaves it open."""
    given = list(answers)
    if QuestionAnswer.NO in given:
        return Verdict.SOMEBODY_CANNOT
    if given and all(answer is QuestionAnswer.YES for answer in given):
        return Verdict.ALL_COME
    return Verdict.OPEN
