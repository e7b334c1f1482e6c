"""The short form of the storm: what it asserts does not depend on how fast the machine is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from confsched.db import Database
from tests.chaos import mail_weather
from tests.chaos.urgent import SHORT, Weather, weather_the


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


@pytest.mark.parametrize("weather", mail_weather.BAD)
def test_a_mail_server_that_plays_up_holds_up_no_other_channel_and_no_alert_is_lost_or_doubled(
    sqlite_database: Database, weather: Weather, record_property: Callable[[str, object], None]
) -> None:
    """Cover line 25: the mails come once the server takes them, the other channel before it is given up."""
    seen = mail_weather.stand(weather, sqlite_database, mail_weather.SHORT)
    record_property("figure", str(seen))
    assert seen.others_seconds < mail_weather.SHORT.answer_seconds
    assert (seen.lost, seen.doubled) == (0, 0)
    assert seen.mails_meanwhile == 0 or weather is Weather.GREYLISTING
    assert seen.tries >= 2 * mail_weather.CONSULTS
