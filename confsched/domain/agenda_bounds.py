"""What every order of an agenda costs at least, where the best one cannot be proven."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from confsched.domain.agenda_labels import search_labels
from confsched.domain.agenda_moves import improve, starts_of
from confsched.domain.agenda_problem import BEHIND, Grouped, Problem, joined

LARGEST_PART = 11  # groups of cases
WIDTH = 4_000
TRIES = 300


def bound_of(problem: Problem) -> int:
    """Return points below which no order comes.

    People are taken in parts, each as if nobody else were needed: then cases that need the same of them stand
    together, so a part is small enough to be solved. The sum holds for all, as nobody is in two parts.
    Windows and places are left out, which only makes orders cheaper; the urgent come first where none binds.
    """
    by_parts = max(_sum_of_parts(problem, prefers) for prefers in (1, -1))
    return _least_waits(problem) + by_parts


def _least_waits(problem: Problem) -> int:
    """Return what the waiting of deferred cases costs at least, were it all that counted (Smith's rule)."""
    waiting = sorted(
        range(problem.count),
        key=lambda case: (
            not (problem.is_free and problem.is_urgent[case]),
            -problem.waits[case] / problem.minutes[case],
        ),
    )
    at = points = 0
    for case in waiting:
        points += problem.waits[case] * at
        at += problem.minutes[case]
    return points


def _sum_of_parts(problem: Problem, prefers: int) -> int:
    left, points = set(range(len(problem.weights))), 0
    while left:
        part = _part(problem, left, prefers)
        points += _least(_among(problem, part).problem)
        left -= set(part)
    return points


def _part(problem: Problem, left: set[int], prefers: int) -> set[int]:
    """Choose people of whom each makes many more groups (or few, so that the part has many people)."""
    part: set[int] = set()
    while True:
        sizes = {person: _among(problem, {*part, person}).problem.count for person in sorted(left - part)}
        fit = {person: size for person, size in sizes.items() if size <= LARGEST_PART}
        if not fit:
            return part or {min(left)}
        part.add(max(fit, key=lambda person: prefers * fit[person]))


def _least(problem: Problem) -> int:
    known = improve(problem, starts_of(problem), TRIES)
    return search_labels(problem, known, WIDTH).bound % BEHIND


def _among(problem: Problem, part: Iterable[int]) -> Grouped:
    """Return what is left of a problem when only some people count."""
    known = frozenset(part)
    needs = tuple(tuple(person for person in people if person in known) for people in problem.needs)
    free = replace(
        problem,
        needs=needs,
        windows=((0, problem.total),) * problem.count,
        is_urgent=problem.is_urgent if problem.is_free else (False,) * problem.count,
        waits=(0,) * problem.count,
        pins=(),
    )
    groups: dict[object, list[int]] = {}
    for case in range(problem.count):
        if needs[case]:
            groups.setdefault((needs[case], free.is_urgent[case]), []).append(case)
    return joined(free, [tuple(group) for group in groups.values()])
