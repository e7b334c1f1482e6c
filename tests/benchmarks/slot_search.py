"""Slot search on bit rows beside `portion` and a slot scan; run `python -m tests.benchmarks.slot_search`.

Each contestant starts from the same JSON, in turns with the others; seconds are those of the processor, since
others use the machine too. "Read" is from the text to everybody's free time as that way keeps it; "search" is
from there to all starts at which everybody required can be there: bit row, interval or list. The starts
are checked to be equal. Ranking with reasons is what the product does beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from time import process_time
from typing import Any
from uuid import UUID

from confsched.domain import bitgrid
from confsched.domain.availability import Facts, ImportedCalendar, availability
from confsched.domain.intervals import Span
from confsched.domain.matching import Board, Candidate, Need, Plan, Search, find_slots, prepare
from confsched.domain.times import Times, minute_at
from tests.benchmarks import slot_search_cases, slot_search_peers
from tests.benchmarks.slot_search_cases import ZONE

TURNS = 3
ROUNDS = 9
RUNS = 5  # measured at once, so that looking at the clock is not what is measured
CASES = (
    slot_search_cases.typical,
    slot_search_cases.large,
    slot_search_cases.shared,
    slot_search_cases.quorum,
)


@dataclass(frozen=True)
class Question:
    """Hold a search as the product keeps it."""

    needs: tuple[Need, ...]
    candidates: dict[UUID, Candidate]
    search: Search


@dataclass(frozen=True)
class Way:
    """Hold one way to the starts: read the text, search, and say the starts in minutes since 1970."""

    name: str
    is_quick: bool
    read: Callable[[str], Any]
    search: Callable[[Any], Any]
    starts: Callable[[Any, Any], list[int]]


@dataclass(frozen=True)
class Figures:
    """Hold the median seconds of reading and of searching."""

    read: float
    search: float

    @property
    def whole(self) -> float:
        return self.read + self.search


def read(text: str) -> Question:
    """Read the raw rows into facts and say when everybody is available."""
    case = slot_search_peers.read(text)
    ids = [UUID(int=number) for number in range(len(case["people"]))]
    window = _span(case["window"])
    candidates = {
        own: Candidate(
            own, f"Dr. {own.int}", availability(_facts(row), window, window.starts_at), recent=own.int % 5
        )
        for own, row in zip(ids, case["people"], strict=True)
    }
    needs = tuple(
        Need(f"{place}", f"Need {place}", tuple([ids[one] for one in need["pool"]]), need["count"])
        for place, need in enumerate(case["needs"])
    )
    step, length = timedelta(minutes=case["step"]), timedelta(minutes=case["minutes"])
    return Question(needs, candidates, Search(length, window, ZONE, step=step))


def _facts(row: dict[str, Any]) -> Facts:
    calendar = ImportedCalendar(Times(*row["busy"]), _instant(row["read_at"]), _span(row["known"]))
    return Facts(
        working=Times(*row["working"]),
        blocking_duties=Times(*row["duties"]),
        absences=Times(*row["absences"]),
        claims=Times(*row["claims"]),
        rest=Times(*row["rest"]),
        calendars=(calendar,),
    )


def _span(edges: Sequence[int]) -> Span:
    return Span(_instant(edges[0]), _instant(edges[1]))


def _instant(minute: int) -> datetime:
    return datetime.fromtimestamp(60 * minute, UTC)


def _read_and_prepare(text: str) -> tuple[Question, Board]:
    question = read(text)
    return question, prepare(question.candidates, question.search)


def _required(ready: tuple[Question, Board]) -> int:
    question, board = ready
    return Plan(question.needs, question.candidates, question.search, board).required(known=True)


def _instants(ready: tuple[Question, Board], row: int) -> list[int]:
    return [minute_at(ready[1].grid.instant(cell)) for cell in bitgrid.set_bits(row)]


OURS = Way("bit rows", True, _read_and_prepare, _required, _instants)
PEERS = (
    Way(
        "portion",
        False,
        slot_search_peers.read_intervals,
        slot_search_peers.search_intervals,
        slot_search_peers.starts_of_intervals,
    ),
    Way(
        "slot scan",
        False,
        slot_search_peers.read_slots,
        slot_search_peers.search_slots,
        lambda _, starts: list(starts),
    ),
)


def measure(text: str) -> dict[str, Figures]:
    """Return the figures of every way by its name; all of them find the same starts."""
    ways = (OURS, *PEERS)
    ready = {way.name: way.read(text) for way in ways}
    found = {tuple(way.starts(ready[way.name], way.search(ready[way.name]))) for way in ways}
    assert len(found) == 1, "all find the same starts"
    reads = _in_turns({way.name: (way.is_quick, partial(way.read, text)) for way in ways})
    searches = _in_turns({way.name: (way.is_quick, partial(way.search, ready[way.name])) for way in ways})
    return {way.name: Figures(reads[way.name], searches[way.name]) for way in ways}


def _in_turns(parts: dict[str, tuple[bool, Callable[[], object]]]) -> dict[str, float]:
    """Return the median seconds of each part; a quick one is measured again and again in its turn."""
    taken: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(TURNS):
        for name, (is_quick, part) in parts.items():
            taken[name] += [_seconds(part, RUNS) for _ in range(ROUNDS)] if is_quick else [_seconds(part, 1)]
    return {name: median(seconds) for name, seconds in taken.items()}


def _seconds(part: Callable[[], object], runs: int) -> float:
    began = process_time()
    for _ in range(runs):
        part()
    return (process_time() - began) / runs


def _rank(text: str) -> tuple[float, int]:
    """Return the median seconds from facts to ranked offers with their reasons, and how many there are."""
    seconds = []
    for _ in range(ROUNDS):
        question = read(text)
        began = process_time()
        offers = find_slots(question.needs, question.candidates, question.search)
        seconds.append(process_time() - began)
    return median(seconds), len(offers)


def report(text: str) -> str:
    """Return the table of one search."""
    figures, (ranked, offers) = measure(text), _rank(text)
    ours = figures[OURS.name]
    lines = [
        f"{slot_search_peers.read(text)['title']}: {_count(text)} starts",
        f"  {'':10} {'read':>10} {'search':>11} {'whole':>10} {'search x':>9} {'whole x':>8}",
        *(
            f"  {name:10} {1000 * one.read:7.1f} ms {1000 * one.search:8.3f} ms {1000 * one.whole:7.1f} ms"
            f" {one.search / ours.search:9.0f} {one.whole / ours.whole:8.1f}"
            for name, one in figures.items()
        ),
        f"  from facts to {offers} ranked offers with reasons: {1000 * ranked:.1f} ms",
    ]
    return "\n".join(lines)


def _count(text: str) -> int:
    return _required(_read_and_prepare(text)).bit_count()


def main() -> None:
    """Print the figures of every search."""
    for case in CASES:
        print(report(case()), flush=True)


if __name__ == "__main__":
    main()
