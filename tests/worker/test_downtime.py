"""The worker keeps the downtime sheet of every site as a file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import time_machine

from confsched.db import Database
from confsched.services import downtime
from confsched.worker.downtime import keep_sheets
from tests.world import NOW, build_world


def test_every_site_gets_one_file_a_day_however_often_the_worker_knocks(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with sqlite_database.transaction() as session:
        world = build_world(session)
    counts = []
    for hours in (0, 1, 15, 17):  # 08:00, 09:00, 23:00, and 01:00 of the next day
        with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
            counts.append(keep_sheets(sqlite_database, tmp_path, is_stopping=lambda: False))
    assert counts == [3, 0, 0, 3]
    kept = tmp_path / downtime.FOLDER
    assert sorted(path.name for path in kept.iterdir()) == sorted(
        downtime.file_name(site.id) for site in (world.hub, world.spoke, world.stranger_site)
    )
    assert (kept / downtime.file_name(world.spoke.id)).read_bytes().startswith(b"%PDF-")


def test_a_worker_that_stops_leaves_the_rest_for_the_next_time(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with sqlite_database.transaction() as session:
        build_world(session)
    with time_machine.travel(NOW, tick=False):
        assert keep_sheets(sqlite_database, tmp_path, is_stopping=lambda: True) == 0
