"""The best weekday of a series over half a year; run `python -m tests.benchmarks.weekly`."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from statistics import median
from time import perf_counter
from uuid import UUID

from confsched import clock
from confsched.domain.availability import Facts, availability
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate, Need, Search
from confsched.domain.starts import Plan, prepare
from confsched.domain.weekly import WEEKS, best_weekly
from confsched.domain.working_hours import WorkingHours, working_spans

SEED = 4
ROUNDS = 15
PEOPLE = 14
MEETINGS_A_WEEK = 12
ZONE = "Europe/Berlin"
FIRST = date(2026, 1, 5)
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def case() -> tuple[tuple[Need, ...], dict[UUID, Candidate], Search]:
    """Return 14 people of four disciplines with hours and meetings over 26 weeks."""
    draw = Random(SEED)
    end = clock.start_of_day(FIRST + timedelta(weeks=WEEKS), ZONE)
    window = Span(clock.start_of_day(FIRST, ZONE), end)
    people = {}
    for number in range(PEOPLE):
        rules = [WorkingHours(day, time(8), time(16 + number % 3), FIRST, None, ZONE) for day in range(5)]
        worked = tuple(working_spans(rules, window, lambda _day: False))
        facts = Facts(working=worked, claims=tuple(_meetings(draw)))
        known = availability(facts, window, NOW)
        people[UUID(int=number)] = Candidate(UUID(int=number), f"Dr. {number}", known)
    ids = list(people)
    needs = (
        Need("A", "A", tuple(ids[:5]), 2),
        Need("B", "B", tuple(ids[5:9])),
        Need("C", "C", tuple(ids[9:13])),
        Need("D", "D", (ids[13],)),
    )
    return needs, people, Search(timedelta(minutes=45), window, ZONE)


def _meetings(draw: Random) -> list[Span]:
    starts = [
        clock.to_instant(
            FIRST + timedelta(weeks=week, days=draw.randrange(5)), time(draw.randrange(8, 17)), ZONE
        )
        for week in range(WEEKS)
        for _ in range(MEETINGS_A_WEEK)
    ]
    return [Span(at, at + timedelta(minutes=draw.choice((30, 45, 60)))) for at in starts]


def main() -> None:
    needs, people, search = case()
    whole, alone = [], []
    for _ in range(ROUNDS):
        begun = perf_counter()
        board = prepare(people, search)
        ready = perf_counter()
        slots = best_weekly(Plan(needs, people, search, board))
        done = perf_counter()
        whole.append(done - begun)
        alone.append(done - ready)
    best = slots[0]
    print(f"{PEOPLE} people x {WEEKS} weeks: {len(slots)} starts of a week")
    print(f"prepared and judged {median(whole) * 1000:.0f} ms, judged alone {median(alone) * 1000:.0f} ms")
    print(f"best: weekday {best.weekday} at {best.starts:%H:%M}, {best.good_weeks} of {best.weeks} weeks")


if __name__ == "__main__":
    main()
