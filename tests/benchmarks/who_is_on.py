"""Who is on, among 1,056 lines and 12 months of history, beside the bare statement through the driver.

Run `python -m tests.benchmarks.who_is_on`, with `postgresql` behind it for that database. Each question asks
for an instant of its own, as known then, over the whole year.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from confsched.db import Database
from confsched.services.who_is_on import who_is_on
from tests.benchmarks.coverage import NOW, Size, filled, seconds

QUESTIONS = 1000
WARM_UP = 20
BARE = "SELECT person_id FROM duty WHERE line_id = '{line}' AND starts_at <= '{at}' AND ends_at > '{at}'"


@dataclass(frozen=True)
class Percentiles:
    """Hold the median and the 99th percentile in seconds."""

    p50: float
    p99: float

    def __str__(self) -> str:
        return f"p50 {self.p50 * 1000:.2f} ms, p99 {self.p99 * 1000:.2f} ms"


def measure(
    database: Database, lines: Sequence[UUID], size: Size, *, questions: int = QUESTIONS
) -> dict[str, Percentiles]:
    """Ask for one line in turns with the bare statement, and for every line at once now and then."""
    chance = Random(questions)

    def asked() -> tuple[UUID, datetime]:
        hours = chance.randrange(size.days_back * 24 - 1)
        return chance.choice(lines), NOW - timedelta(hours=hours)

    ways: dict[str, Callable[[UUID, datetime], object]] = {
        "one line": lambda line, at: _who(database, at, line),
        "every line": lambda _line, at: _who(database, at, None),
        "bare statement": lambda line, at: _bare(database, line, at),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(questions + WARM_UP):
        for name, way in ways.items():
            line, at = asked()
            taken[name].append(seconds(lambda way=way, line=line, at=at: way(line, at)))  # type: ignore[misc]
    return {name: _percentiles(times[WARM_UP:]) for name, times in taken.items()}


def _who(database: Database, at: datetime, line: UUID | None) -> int:
    with database.read() as session:
        return len(who_is_on(session, at, line_id=line))


def _bare(database: Database, line: UUID, at: datetime) -> int:
    if database.is_sqlite:
        query = BARE.format(line=line.hex, at=f"{at:%Y-%m-%d %H:%M:%S.000000}")
    else:
        query = BARE.format(line=line, at=at.isoformat())
    with database.read() as session:
        return len(session.connection().exec_driver_sql(query).fetchall())


def _percentiles(times: list[float]) -> Percentiles:
    ranked = sorted(times)
    return Percentiles(ranked[len(ranked) // 2], ranked[len(ranked) * 99 // 100])


def main() -> None:
    """Print the figures of each database."""
    for kind in sys.argv[1:] or ["sqlite"]:
        with filled(kind, Size()) as (database, lines):
            figures = measure(database, lines, Size())
            ratio = figures["one line"].p50 / figures["bare statement"].p50
            for name, percentiles in figures.items():
                print(f"{kind}, {name}: {percentiles}", flush=True)
            print(f"{kind}: one line / bare statement {ratio:.1f} x", flush=True)


if __name__ == "__main__":
    main()
