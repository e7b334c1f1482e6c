"""The short form of the benchmark of the urgent lane: everything real, judged by its rows and not by time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from confsched.db import Database
from tests.benchmarks.urgent_lane import Figures, measure

REQUESTS, WORKERS, MAILS = 60, 2, 100


def test_two_workers_enter_each_step_of_many_ladders_once(
    sqlite_database: Database,
    postgres_database: Database,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """Cover lines 35 and 36: none skipped, none doubled, nobody called afterwards; 40 clients on each."""

    def run(database: Database) -> Figures:
        folder = tmp_path / database.engine.dialect.name
        folder.mkdir()
        return measure(
            *(database, folder),
            requests=REQUESTS,
            worker_count=WORKERS,
            mails=MAILS,
            patience=None,
            has_bare=False,
        )

    databases = (sqlite_database, postgres_database)
    with ThreadPoolExecutor() as threads:
        found = list(threads.map(run, databases))
    for database, figures in zip(databases, found, strict=True):
        record_property("figure", f"{database.engine.dialect.name}: {figures.steps}")
        assert not figures.faults
        assert figures.steps.count > 0
