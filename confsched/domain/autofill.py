"""Fill the open duties of a month: hard rules always, as many duties as possible, then the softest way.

Measured on 30 people x 31 days x 4 lines on a busy machine (tests/benchmarks/autofill.py): this search is
complete after 0.1 s and costs 521, 504 and 493 after 1, 5 and 30 s; CP-SAT of OR-Tools with the same model
was complete after 14 s in its best run, never cost less than 865 after 30 s, and brings 184 MB along. So the
search stays: it needs nothing installed and gets further.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from uuid import UUID

from confsched.domain.autofill_board import NOBODY, build_table
from confsched.domain.autofill_facts import (
    Bar,
    Candidate,
    DutyKey,
    Filling,
    FillRules,
    OpenDuty,
    Problem,
    Progress,
    Score,
    WhyNot,
)
from confsched.domain.autofill_rules import find_bar, first_clash
from confsched.domain.autofill_score import score_of
from confsched.domain.autofill_search import Best, search
from confsched.errors import Message, msg

STEPS_A_DUTY = 5_000  # about ten seconds for the month measured
MAX_STEPS = 2_000_000

OnProgress = Callable[[Progress], bool]


def keep_going(progress: Progress) -> bool:  # noqa: ARG001
    """Never stop before the last step."""
    return True


def fill(
    problem: Problem, *, seed: int = 0, on_progress: OnProgress = keep_going, steps: int | None = None
) -> Filling:
    """Return the best filling of so many steps, or the best so far when `on_progress` answers False.

    The same problem, seed and number of steps give the same filling; by default the steps go by the number
    of open duties. What stands is never changed.
    """
    if steps is None:
        steps = min(MAX_STEPS, STEPS_A_DUTY * len(problem.open_duties))

    @lru_cache(maxsize=1)
    def judge(who: tuple[int, ...]) -> Score:
        return score_of(problem, _assigned(problem, who))

    def report(best: Best) -> bool:
        filled = len(best.who) - best.who.count(NOBODY)
        return on_progress(Progress(filled, len(best.who), judge(best.who), best.share_done))

    assigned = _assigned(problem, search(build_table(problem), seed, steps, report))
    return Filling(assigned, _unfilled(problem, assigned), score_of(problem, assigned))


def explain(why: Sequence[WhyNot], candidates: int) -> tuple[Message, ...]:
    """Return why a duty stays open in a few words: how many are qualified, and what keeps them away."""
    unqualified = sum(one.count for one in why if one.reason is Bar.NOT_QUALIFIED)
    others = (_in_words(one) for one in why if one.reason is not Bar.NOT_QUALIFIED)
    return msg("%(count)s qualified", count=candidates - unqualified), *others


def _in_words(why: WhyNot) -> Message:
    sentences = {
        Bar.TOO_LONG: msg("too long for one person"),
        Bar.ABSENT: msg("%(count)s absent", count=why.count),
        Bar.ON_DUTY: msg("%(count)s on another duty", count=why.count),
        Bar.RESTING: msg("%(count)s resting", count=why.count),
        Bar.AT_LIMIT: msg("%(count)s at the limit of the month", count=why.count),
    }
    return sentences[why.reason]


def _assigned(problem: Problem, who: Sequence[int]) -> dict[DutyKey, UUID]:
    return {
        duty.key: problem.candidates[person].person_id
        for duty, person in zip(problem.open_duties, who, strict=True)
        if person != NOBODY
    }


def _unfilled(problem: Problem, assigned: Mapping[DutyKey, UUID]) -> dict[DutyKey, tuple[WhyNot, ...]]:
    taken: dict[UUID, list[OpenDuty]] = defaultdict(list)
    for duty in problem.open_duties:
        if duty.key in assigned:
            taken[assigned[duty.key]].append(duty)
    return {
        duty.key: _why_not(problem, duty, taken) for duty in problem.open_duties if duty.key not in assigned
    }


def _why_not(
    problem: Problem, duty: OpenDuty, taken: Mapping[UUID, Sequence[OpenDuty]]
) -> tuple[WhyNot, ...]:
    persons: dict[Bar, list[UUID]] = {bar: [] for bar in Bar}
    for candidate in problem.candidates:
        own = taken.get(candidate.person_id, ())
        persons[_bar_now(duty, candidate, own, problem.rules)].append(candidate.person_id)
    return tuple(WhyNot(bar, tuple(who)) for bar, who in persons.items() if who)


def _bar_now(duty: OpenDuty, candidate: Candidate, own: Sequence[OpenDuty], rules: FillRules) -> Bar:
    """Return why the person cannot take the duty beside what they took; what is left is the limit."""
    bar = find_bar(duty, candidate, rules) or first_clash(duty, own, rules)
    return bar or Bar.AT_LIMIT
