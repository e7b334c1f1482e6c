"""Which time of a poll suits best, from what was said and what was not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from confsched.domain.kinds import PollAnswer


@dataclass(frozen=True)
class Vote:
    """Hold what one person says to the times; a time they said nothing to is not in it."""

    answers: Mapping[UUID, PollAnswer]
    is_optional: bool = False


@dataclass(frozen=True)
class Tally:
    """Count what was said to one time; `lost` are the noes of those who have to be there."""

    time_id: UUID
    starts_at: datetime
    yes: int
    if_need_be: int
    no: int
    silent: int
    lost: int


def tally(time_id: UUID, starts_at: datetime, votes: Sequence[Vote]) -> Tally:
    """Return the counts of one time."""
    said = [(vote.answers.get(time_id), vote.is_optional) for vote in votes]

    def count(answer: PollAnswer | None) -> int:
        return sum(one is answer for one, _ in said)

    lost = sum(one is PollAnswer.NO and not is_optional for one, is_optional in said)
    return Tally(
        *(time_id, starts_at, count(PollAnswer.YES), count(PollAnswer.IF_NEED_BE)),
        *(count(PollAnswer.NO), count(None), lost),
    )


def ranked(times: Iterable[Tally]) -> list[Tally]:
    """Return the times, the best first.

    Fewest lose who has to come, then fewest lose anybody, then most come gladly, then the earliest.
    Who has said nothing counts neither way.
    """
    return sorted(times, key=lambda one: (one.lost, one.no, -one.yes, one.starts_at))
