"""What every filling of a month is held to: the hard rules told a second time, and every assignment tried.

The rules here share no code with those of the product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from confsched.domain.autofill_facts import Candidate, DutyKey, HeldDuty, OpenDuty, Problem
from confsched.domain.autofill_score import score_of
from confsched.domain.kinds import DutyType, WishKind

IN_HOUSE = (DutyType.ON_SITE_STANDBY, DutyType.REGULAR)
Assigned = Mapping[DutyKey, object]


def broken_rules(problem: Problem, assigned: Assigned) -> list[str]:
    """Return each hard rule that an assignment breaks, in words."""
    return [
        finding
        for person in problem.candidates
        for finding in _broken(
            person,
            [duty for duty in problem.open_duties if assigned.get(duty.key) == person.person_id],
            problem,
        )
    ]


def _broken(person: Candidate, taken: list[OpenDuty], problem: Problem) -> Iterator[str]:
    rules = problem.rules
    for place, duty in enumerate(taken):
        starts, ends = duty.span.starts_at, duty.span.ends_at
        if duty.line_id not in person.lines:
            yield f"{duty.key}: not qualified"
        if any(away.starts_at < ends and starts < away.ends_at for away in person.blocked):
            yield f"{duty.key}: absent"
        if person.wishes.get(duty.day) == WishKind.DAY_OFF:
            yield f"{duty.key}: on a day off"
        if duty.duty_type in IN_HOUSE and (ends - starts).total_seconds() > rules.cap.total_seconds() + 3600:
            yield f"{duty.key}: too long"
        for other in [*taken[:place], *person.held]:
            yield from _broken_pair(duty, other, rules.rest.total_seconds())
    table = person.limits.on_call_beside
    standby = sum(duty.duty_type == DutyType.ON_SITE_STANDBY for duty in taken)
    on_call = sum(duty.duty_type in (DutyType.ON_CALL_HOME, DutyType.BACKGROUND) for duty in taken)
    if table is not None and standby + on_call > 0:
        beside = dict(enumerate(table)).get(standby + person.limits.standby_used, -1)
        if on_call + person.limits.on_call_used > beside:
            yield f"{person.person_id}: over the limits of the month"


def _broken_pair(duty: OpenDuty, other: OpenDuty | HeldDuty, rest_seconds: float) -> Iterator[str]:
    first, second = sorted((duty, other), key=lambda one: one.span.starts_at)
    between = (second.span.starts_at - first.span.ends_at).total_seconds()
    if between < 0:
        yield f"{duty.key}: two duties at once"
    elif between < rest_seconds and duty.duty_type in IN_HOUSE and other.duty_type in IN_HOUSE:
        yield f"{duty.key}: rest of {between / 3600} h"


def every_legal_assignment(problem: Problem) -> Iterator[dict[DutyKey, object]]:
    """Try everybody and nobody on each place."""
    people = [None, *(candidate.person_id for candidate in problem.candidates)]
    for choice in product(people, repeat=len(problem.open_duties)):
        pairs = zip(problem.open_duties, choice, strict=True)
        assigned: dict[DutyKey, object] = {duty.key: who for duty, who in pairs if who is not None}
        if not broken_rules(problem, assigned):
            yield assigned


def best_rank(problem: Problem) -> tuple[int, float]:
    """Return how few places need stay open, and the least cost of such a filling."""
    return min(
        (len(problem.open_duties) - len(assigned), round(score_of(problem, assigned).cost, 6))  # type: ignore[arg-type]
        for assigned in every_legal_assignment(problem)
    )
