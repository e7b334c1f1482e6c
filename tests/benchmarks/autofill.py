"""Filling a month of 30 people x 31 days x 4 lines: our search, greedy alone, and CP-SAT where it is there.

Run `python -m tests.benchmarks.autofill [seconds]`. CP-SAT needs the package `ortools`, which the project
does not use; without it the benchmark says so and prints the rest. One function judges every filling.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any
from uuid import UUID

from confsched import clock
from confsched.domain import autofill
from confsched.domain.autofill import fill
from confsched.domain.autofill_board import ON_CALL_KIND, STANDBY_KIND, build_table
from confsched.domain.autofill_facts import (
    Candidate,
    DutyKey,
    HeldDuty,
    Load,
    MonthLimits,
    OpenDuty,
    Problem,
    Progress,
)
from confsched.domain.autofill_score import ledger_of, score_of, standing_load
from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType, WishKind
from confsched.domain.rosters import duty_span

ZONE = "Europe/Berlin"
FIRST_DAY = date(2026, 10, 1)  # the clock changes on the 25th, the 31st is a holiday in the north
HOLIDAYS = frozenset({date(2026, 10, 3), date(2026, 10, 31)})
DAYS = [FIRST_DAY + timedelta(days=number) for number in range(31)]
LINES = tuple(UUID(int=1000 + number) for number in range(4))
TYPES = (DutyType.ON_SITE_STANDBY, DutyType.ON_SITE_STANDBY, DutyType.ON_CALL_HOME, DutyType.BACKGROUND)
GOAL, SHORT_HANDED = 30, 20
MARKS = (1.0, 5.0, 30.0)
CP_SAT_PACKAGES = ("ortools*", "numpy*", "pandas*", "absl*", "google")
SCALE = 100  # CP-SAT counts in whole numbers


@dataclass(frozen=True)
class Sighting:
    """Hold what a way had reached after so many seconds."""

    seconds: float
    filled: int
    cost: float


def month(people: int, seed: int = 7) -> Problem:
    """Build a month: a tenth absent, some part-time, three days off and one on wished for each."""
    chance = Random(seed)
    duties = tuple(_open(number, day) for day in DAYS for number in range(len(LINES)))
    return Problem(duties, tuple(_person(number, chance) for number in range(people)))


def _open(number: int, day: date) -> OpenDuty:
    free = day.weekday() >= 5 or day in HOLIDAYS
    span = duty_span(day, time(8) if free else time(16), time(8), ZONE)
    load = Load(
        duties=1,
        nights=1 if number < 2 else 0.5,
        weekends=float(day.weekday() >= 5),
        holidays=float(day in HOLIDAYS),
    )
    return OpenDuty(LINES[number], day, "ABCD"[number], span, TYPES[number], load)


def _person(number: int, chance: Random) -> Candidate:
    share = (1.0, 1.0, 0.75, 1.0, 0.5)[number % 5]
    away = [_days(chance.randrange(31), length) for length in ((7,) if number % 3 == 0 else (1, 1))]
    wishes = dict.fromkeys(chance.sample(DAYS, 3), WishKind.RATHER_NOT)
    wishes[chance.choice(DAYS)] = WishKind.RATHER
    nights, weekends = chance.gauss(24, 3) * share, chance.gauss(14, 2) * share
    return Candidate(
        person_id=UUID(int=1 + number),
        lines=frozenset(LINES[2:] if number >= 22 else LINES[: 3 if number < 14 else 4]),
        share=share,
        blocked=tuple(away),
        held=(_last_night(),) if number % 10 == 0 else (),
        past=Load(round(nights * 1.5), round(nights), round(weekends), round(chance.gauss(3, 1) * share)),
        wishes=wishes,
        limits=MonthLimits((13, 10, 7, 4, 0)),
    )


def _days(first: int, length: int) -> Span:
    start = FIRST_DAY + timedelta(days=first)
    return Span(clock.start_of_day(start, ZONE), clock.start_of_day(start + timedelta(days=length), ZONE))


def _last_night() -> HeldDuty:
    return HeldDuty(
        duty_span(FIRST_DAY - timedelta(days=1), time(16), time(8), ZONE), DutyType.ON_SITE_STANDBY
    )


def ours(problem: Problem, seconds: float, seed: int = 1) -> list[Sighting]:
    """Run the search of the product, stopped by its caller after so many seconds."""
    began, seen = perf_counter(), []

    def watch(progress: Progress) -> bool:
        passed = perf_counter() - began
        seen.append(Sighting(passed, progress.filled, progress.score.cost))
        return passed < seconds

    filling = fill(problem, seed=seed, on_progress=watch, steps=10**9)
    seen.append(Sighting(perf_counter() - began, len(filling.assigned), filling.score.cost))
    return seen


def greedy(problem: Problem) -> list[Sighting]:
    """Run only the start of the search: the hardest place first, to whom it costs least."""
    began = perf_counter()
    filling = fill(problem, steps=0)
    return [Sighting(perf_counter() - began, len(filling.assigned), filling.score.cost)]


def by_cp_sat(problem: Problem, seconds: float) -> list[Sighting]:
    """Give the same model to CP-SAT with two workers: one variable a place and person, costs as tables."""
    from ortools.sat.python import cp_model

    began, seen = perf_counter(), []
    model = cp_model.CpModel()
    takes = _add_places(model, problem)
    costs = [*_wishes(problem, takes), *_ledger(model, problem, takes), *_spacing(model, problem, takes)]
    filled = sum(takes.values())
    worst = 1 + sum(abs(factor) * upper for factor, upper, _ in costs)
    model.maximize(worst * filled - sum(factor * variable for factor, _, variable in costs))

    class Watch(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            assigned = _taken(problem, takes, self.value)
            cost = score_of(problem, assigned).cost
            seen.append(Sighting(perf_counter() - began, len(assigned), cost))

    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds - (perf_counter() - began)
    solver.parameters.num_workers = 2
    solver.parameters.random_seed = 1
    solver.solve(model, Watch())
    return seen


Takes = dict[tuple[int, int], Any]
Costs = Iterator[tuple[int, int, Any]]


def _taken(problem: Problem, takes: Takes, value: Callable[[Any], int]) -> dict[DutyKey, UUID]:
    return {
        problem.open_duties[place].key: problem.candidates[who].person_id
        for (place, who), taken in takes.items()
        if value(taken)
    }


def _add_places(model: Any, problem: Problem) -> Takes:
    """Add who may take what, each place once, no clash and no limit of the month broken."""
    table = build_table(problem)
    takes: Takes = {}
    for place, people in enumerate(table.allowed):
        takes |= {(place, who): model.new_bool_var("") for who in people}
        model.add_at_most_one(takes[place, who] for who in people)
    for (place, who), taken in takes.items():
        for other in range(place + 1, len(table.allowed)):
            if table.clashes[place] >> other & 1 and (other, who) in takes:
                model.add_at_most_one(taken, takes[other, who])
    for who, limits in enumerate(table.limits):
        assert limits.on_call_beside, "this month has limits"
        own = [(table.kinds[place], taken) for (place, one), taken in takes.items() if one == who]
        standby = sum(taken for kind, taken in own if kind == STANDBY_KIND)
        on_call = sum(taken for kind, taken in own if kind == ON_CALL_KIND)
        table_of = list(enumerate(limits.on_call_beside))
        model.add_allowed_assignments(
            [_whole(model, standby), _whole(model, on_call)],
            [(number, count) for number, most in table_of for count in range(most + 1)],
        )
    return takes


def _whole(model: Any, count: Any) -> Any:
    variable = model.new_int_var(0, 31, "")
    model.add(variable == count)
    return variable


def _wishes(problem: Problem, takes: Takes) -> Costs:
    table = build_table(problem)
    for (place, who), taken in takes.items():
        if table.own_cost[place][who]:
            yield round(SCALE * table.own_cost[place][who]), 1, taken


def _ledger(model: Any, problem: Problem, takes: Takes) -> Costs:
    """Give each person and measure a table from the new load, in halves, to its squared distance."""
    ledger = ledger_of(problem)
    for who, candidate in enumerate(problem.candidates):
        for measure, price in enumerate(problem.rules.weights.ledger):
            weights = [
                (round(2 * weight), taken)
                for (place, one), taken in takes.items()
                if one == who and (weight := problem.open_duties[place].weight.values[measure])
            ]
            if not weights:
                continue
            top = min(40, sum(weight for weight, _ in weights))
            load = standing_load(candidate)[measure]
            ideal = ledger.fair[measure] * candidate.share
            row = [
                round(SCALE * price * (load + n / 2 - ideal) ** 2 / candidate.share) for n in range(top + 1)
            ]
            new, cost = model.new_int_var(0, top, ""), model.new_int_var(0, max(row), "")
            model.add(new == sum(weight * taken for weight, taken in weights))
            model.add_element(new, row, cost)
            yield 1, max(row), cost


def _spacing(model: Any, problem: Problem, takes: Takes) -> Costs:
    table = build_table(problem)
    for one, other in combinations(range(len(table.allowed)), 2):
        if not table.near_cost[one][other] or table.clashes[one] >> other & 1:
            continue
        for who in table.allowed[one]:
            if (other, who) in takes:
                both = model.new_bool_var("")
                model.add_bool_or(both, takes[one, who].negated(), takes[other, who].negated())
                yield round(SCALE * table.near_cost[one][other]), 1, both


def report(title: str, seen: list[Sighting], total: int) -> str:
    """Return seconds to the first complete filling and what stood at each mark, in words."""
    complete = next((one.seconds for one in seen if one.filled == total), None)
    words = [f"complete after {complete:.2f} s" if complete is not None else "never complete"]
    for mark in MARKS:
        best = [one for one in seen if one.seconds <= mark * 1.03]
        words.append(f"{mark:.0f} s: {best[-1].filled}/{total}, cost {best[-1].cost:.0f}" if best else "")
    return f"{title}: " + "; ".join(filter(None, words))


def main() -> None:
    """Print what each way reaches on the month of the goal, and on one with too few people."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else MARKS[-1]
    print(f"lines of code of our search: {_lines_of_code()}")
    if find_spec("ortools"):
        print(f"CP-SAT installs {_megabytes_of_cp_sat():.0f} MB more")
    else:
        print("ortools is not installed, so CP-SAT is not measured")
    for people in (GOAL, SHORT_HANDED):
        _compare(month(people), seconds)


def _compare(problem: Problem, seconds: float) -> None:
    total = len(problem.open_duties)
    print(f"{len(problem.candidates)} people x {len(DAYS)} days x {len(LINES)} lines")
    print(report("  greedy alone", greedy(problem), total))
    print(report("  our search", ours(problem, seconds), total), flush=True)
    if find_spec("ortools"):
        print(report("  CP-SAT", by_cp_sat(problem, seconds), total), flush=True)


def _lines_of_code() -> int:
    """Return the lines of the board and the search, which a solver would replace."""
    folder = Path(autofill.__file__).parent
    texts = [(folder / f"autofill_{name}.py").read_text() for name in ("board", "search")]
    return sum(1 for text in texts for line in text.splitlines() if line.strip())


def _megabytes_of_cp_sat() -> float:
    """Return the size on disk of ortools with what it alone brings."""
    spec = find_spec("ortools")
    assert spec and spec.origin, "found before"
    packages = Path(spec.origin).parent.parent
    files = (file for name in CP_SAT_PACKAGES for file in packages.glob(f"{name}/**/*") if file.is_file())
    return sum(file.stat().st_size for file in files) / 1e6


if __name__ == "__main__":
    main()
