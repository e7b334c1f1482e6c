"""Minutes that specialists and presenters have to be there: arranged, as registered, by chance.

Run: python -m tests.benchmarks.agenda [number of agendas]
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from random import Random

from confsched.domain import agenda
from confsched.domain.agenda import Docket
from tests.domain.agenda_cases import make_docket

AGENDAS = 200
SHUFFLES = 5
LARGE = 10  # of 26 cases and 14 people


@dataclass(frozen=True)
class Figures:
    """Hold mean minutes of presence an agenda, and how the search did."""

    agendas: int
    arranged: float
    registered: float
    by_chance: float
    proven: int
    spare: float  # minutes from the bound, where the best order was not proven
    seconds: float
    slowest: float

    @property
    def in_words(self) -> str:
        saved = [100 * (1 - self.arranged / other) for other in (self.registered, self.by_chance)]
        return (
            f"{self.agendas} agendas: {self.arranged:.0f} minutes of presence arranged,"
            f" {self.registered:.0f} as registered ({saved[0]:.0f} % saved),"
            f" {self.by_chance:.0f} by chance ({saved[1]:.0f} % saved);"
            f" {self.proven} proven best, else at most {self.spare:.0f} minutes from it;"
            f" {1000 * self.seconds:.0f} ms each, {1000 * self.slowest:.0f} at most"
        )


def dockets(count: int) -> list[Docket]:
    """Return agendas of 6 to 26 cases, some with windows and pins."""
    random = Random(2026)
    return [_docket(random) for _ in range(count)]


def _docket(random: Random) -> Docket:
    size = random.choice((6, 8, 8, 10, 10, 12, 12, 16, 20, 26))
    windows, pins = random.choice((0, 0, 0.2)), random.choice((0, 0, 0, 1))
    return make_docket(random, size, min(7, 3 + size // 5), min(7, 3 + size // 4), windows=windows, pins=pins)


def large_dockets() -> list[Docket]:
    """Return agendas of 26 cases and 14 people."""
    random = Random(26)
    return [make_docket(random, 26, 7, 7) for _ in range(LARGE)]


def measure(count: int) -> Figures:
    """Arrange generated agendas and compare."""
    return compare(dockets(count))


def compare(given: list[Docket]) -> Figures:
    took, arranged = [], []
    for docket in given:
        began = time.process_time()
        arranged.append(agenda.arrange(docket))
        took.append(time.process_time() - began)
    open_ones = [one.spare_minutes for one in arranged if not one.is_best]
    return Figures(
        agendas=len(given),
        arranged=_mean([one.layout.minutes for one in arranged]),
        registered=_mean([agenda.lay_out(one, agenda.registered(one)).minutes for one in given]),
        by_chance=_mean([_by_chance(one) for one in given]),
        proven=sum(one.is_best for one in arranged),
        spare=_mean(open_ones),
        seconds=_mean(took),
        slowest=max(took),
    )


def _by_chance(docket: Docket) -> float:
    """Return the mean minutes of several shuffled orders."""
    random, keys = Random(1), [case.key for case in docket.cases]
    return _mean([agenda.lay_out(docket, random.sample(keys, len(keys))).minutes for _ in range(SHUFFLES)])


def _mean(values: list[int] | list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    print(compare(dockets(int(sys.argv[1]) if len(sys.argv) > 1 else AGENDAS)).in_words)
    print(f"26 cases, 14 people: {compare(large_dockets()).in_words}")
