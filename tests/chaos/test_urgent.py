"""The short form of the storm: what it asserts does not depend on how fast the machine is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from confsched.db import Database
from tests.chaos.urgent import SHORT, weather_the


def test_no_alert_is_lost_or_doubled_whatever_happens_to_workers_clocks_and_the_mail_server(
    sqlite_database: Database,
    postgres_database: Database,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """Cover lines 25, 35 and 36: killed and frozen workers, a clock that is set, a mail server that plays up.

    Both databases at once, since most of the time is waiting.
    """
    databases = (sqlite_database, postgres_database)
    folders = [tmp_path / str(number) for number, _ in enumerate(databases)]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor() as threads:
        found = list(threads.map(weather_the, (SHORT, SHORT), databases, folders))
    for database, damage in zip(databases, found, strict=True):
        record_property("figure", f"{'SQLite' if database.is_sqlite else 'PostgreSQL'}: {damage}")
        assert not damage.faults
        assert damage.arrived > 0
        assert damage.strikes["frozen or thawed"] >= 1
