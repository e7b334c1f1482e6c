"""Slot search on bit rows beside a plain slot scan; run `python -m tests.benchmarks.slot_search`.

The scan is the usual one: each start asks each person for a free span around it, then a team is put together.
Both get the same availabilities and are checked to find the same starts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from statistics import median
from time import perf_counter
from uuid import UUID

from confsched import clock
from confsched.domain import bitgrid
from confsched.domain.availability import Facts, ImportedCalendar, availability
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate, Need, Plan, Search, find_slots, prepare

ZONE = "Europe/Berlin"
FIRST_DAY = date(2026, 10, 5)
ROUNDS = 15
SCAN_ROUNDS = 3


@dataclass(frozen=True)
class Scenario:
    """Hold one question and the facts it is answered from, wherever they were loaded."""

    title: str
    needs: tuple[Need, ...]
    facts: Mapping[UUID, Facts]
    search: Search

    def candidates(self) -> dict[UUID, Candidate]:
        """Decide everyone's availability."""
        window = self.search.window
        return {
            person: Candidate(
                person, f"Dr. {number}", availability(facts, window, window.starts_at), number % 5
            )
            for number, (person, facts) in enumerate(self.facts.items())
        }


@dataclass(frozen=True)
class Figures:
    """Hold the median seconds of each part in one run, and how many starts were found."""

    decide: float
    prepare: float
    query: float
    scan: float
    starts: int
    offers: int


def scenario_a() -> Scenario:
    """14 people, 6 weeks, all of them needed: two thirds by name, the others one of two."""
    people = _people(14)
    needs = [Need(f"n{n}", f"Need {n}", (one,)) for n, one in enumerate(people[:6])]
    needs += [Need(f"p{n}", f"Pair {n}", tuple(people[6 + 2 * n : 8 + 2 * n])) for n in range(4)]
    return _scenario("14 people x 6 weeks", needs, people, weeks=6)


def scenario_b() -> Scenario:
    """30 people, 12 weeks, eight disciplines "any of" three or four."""
    people = _people(30)
    needs = [Need(f"d{n}", f"Discipline {n}", tuple(people[n::8])) for n in range(8)]
    return _scenario("30 people x 12 weeks, 8 any-of needs", needs, people, weeks=12)


def scenario_b_shared() -> Scenario:
    """The same with four people who stand for two disciplines each and a quorum of three."""
    plain = scenario_b()
    people = list(plain.facts)
    needs = list(plain.needs)
    needs[0] = Need("d0", "Discipline 0", (*needs[0].pool, *needs[1].pool[:2]))
    needs[2] = Need("d2", "Discipline 2", (*needs[2].pool, *needs[3].pool[:2]))
    needs[4] = Need("d4", "Discipline 4", tuple(people[4::4]), count=3)
    return Scenario(f"{plain.title}, shared people, one 3 of 7", tuple(needs), plain.facts, plain.search)


def measure(scenario: Scenario) -> Figures:
    """Run every part in turns, so that a noisy moment hits all alike."""
    search, needs = scenario.search, scenario.needs
    candidates = scenario.candidates()
    board = prepare(candidates, search)
    ours = [
        _timed(
            scenario.candidates,
            lambda: prepare(candidates, search),
            lambda: find_slots(needs, candidates, search, board),
        )
        for _ in range(ROUNDS)
    ]
    scans = [_timed(lambda: list(slot_scan(needs, candidates, search))) for _ in range(SCAN_ROUNDS)]
    found = _check(needs, candidates, search)
    decide, prepared, query = (median(column) for column in zip(*ours, strict=True))
    offers = len(find_slots(needs, candidates, search, board))
    return Figures(decide, prepared, query, median(scan for (scan,) in scans), found, offers)


def slot_scan(
    needs: Sequence[Need], candidates: Mapping[UUID, Candidate], search: Search
) -> Iterator[tuple[datetime, tuple[UUID, ...]]]:
    """Ask each start in turn who is free, the plain way, with a binary search in each person's spans."""
    spans = {key: candidate.availability.free for key, candidate in candidates.items()}
    at = search.earliest_at
    while at + search.duration <= search.window.ends_at:
        wanted = Span(at, at + search.duration)
        free = {key for key, own in spans.items() if _covers(own, wanted)}
        team = _team(needs, free, ())
        if team is not None:
            yield at, team
        at += search.step


def _covers(spans: Sequence[Span], wanted: Span) -> bool:
    place = bisect_right(spans, wanted.starts_at, key=lambda span: span.starts_at) - 1
    return place >= 0 and spans[place].covers(wanted)


def _team(needs: Sequence[Need], free: set[UUID], seated: tuple[UUID, ...]) -> tuple[UUID, ...] | None:
    """Seat the first who can and go back where that leads nowhere."""
    if not needs:
        return seated
    first, rest = needs[0], needs[1:]
    for team in _choices([p for p in first.pool if p in free and p not in seated], first.count):
        found = _team(rest, free, (*seated, *team))
        if found is not None:
            return found
    return None


def _choices(pool: Sequence[UUID], count: int) -> Iterator[tuple[UUID, ...]]:
    if not count:
        yield ()
    for place, person in enumerate(pool if count else ()):
        for others in _choices(pool[place + 1 :], count - 1):
            yield (person, *others)


def _check(needs: Sequence[Need], candidates: Mapping[UUID, Candidate], search: Search) -> int:
    """Compare the starts of both ways and return how many there are."""
    plan = Plan(tuple(needs), candidates, search, prepare(candidates, search))
    bits = [plan.board.grid.instant(cell) for cell in bitgrid.set_bits(plan.required(known=True))]
    scanned = [at for at, _ in slot_scan(needs, candidates, search)]
    assert bits == scanned, "both ways find the same starts"
    return len(scanned)


def _timed(*parts: Callable[[], object]) -> tuple[float, ...]:
    seconds = []
    for part in parts:
        started = perf_counter()
        part()
        seconds.append(perf_counter() - started)
    return tuple(seconds)


def _people(count: int) -> list[UUID]:
    return [UUID(int=number) for number in range(1, count + 1)]


def _scenario(title: str, needs: Sequence[Need], people: Sequence[UUID], *, weeks: int) -> Scenario:
    window = Span(
        clock.start_of_day(FIRST_DAY, ZONE), clock.start_of_day(FIRST_DAY + timedelta(weeks=weeks), ZONE)
    )
    random = Random(len(people) * weeks)
    facts = {person: _facts(random, window, weeks) for person in people}
    return Scenario(title, tuple(needs), facts, Search(timedelta(minutes=30), window, ZONE))


def _facts(random: Random, window: Span, weeks: int) -> Facts:
    """Fill working weeks by a third: claims, an imported calendar, duties with rest, days of absence."""
    days = [FIRST_DAY + timedelta(days=n) for n in range(7 * weeks) if n % 7 < 5]
    nights = random.sample(days, weeks)
    return Facts(
        working=tuple(_hours(day, 8, 16.5) for day in days),
        blocking_duties=tuple(_hours(day, 17, 24) for day in nights),
        rest=tuple(_hours(day + timedelta(days=1), 0, 11) for day in nights),
        absences=tuple(_hours(day, 0, 24) for day in random.sample(days, weeks // 2)),
        claims=tuple(_meeting(random, day) for day in days),
        calendars=(
            ImportedCalendar(
                tuple(_meeting(random, day) for day in days for _ in range(2)), window.starts_at, window
            ),
        ),
    )


def _hours(day: date, first: float, last: float) -> Span:
    midnight = clock.to_instant(day, time(0), ZONE)
    return Span(midnight + timedelta(hours=first), midnight + timedelta(hours=last))


def _meeting(random: Random, day: date) -> Span:
    first = random.randrange(8 * 12, 16 * 12) / 12
    return _hours(day, first, first + random.choice([0.25, 0.5, 0.75, 1, 1.5]))


def report(scenario: Scenario) -> str:
    """Return the figures of one scenario in words."""
    figures = measure(scenario)
    whole = figures.decide + figures.prepare + figures.query
    lines = [
        f"{scenario.title}: {figures.starts} starts fit, {figures.offers} offers",
        f"  decide availability from facts   {figures.decide * 1000:9.2f} ms",
        f"  prepare bit rows                 {figures.prepare * 1000:9.2f} ms",
        f"  query: ranked offers             {figures.query * 1000:9.2f} ms",
        f"  plain slot scan (starts only)    {figures.scan * 1000:9.2f} ms",
        f"  scan / query                     {figures.scan / figures.query:9.1f}",
        f"  scan / (prepare + query)         {figures.scan / (figures.prepare + figures.query):9.1f}",
        f"  (decide + scan) / (decide + prepare + query) {(figures.decide + figures.scan) / whole:5.1f}",
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the figures of every scenario."""
    for scenario in (scenario_a(), scenario_b(), scenario_b_shared()):
        print(report(scenario))


if __name__ == "__main__":
    main()
