"""What an open page of an urgent consult costs the server: its polls and itself, beside a bare Flask view.

Run with `python -m tests.benchmarks.urgent_page`; ratios of interleaved rounds count. A poll that is answered
with 304 reads the session of the browser and one row; the statements of each answer are counted as well.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import structlog
from flask.testing import FlaskClient
from sqlalchemy import event

from confsched import clock
from confsched.create_app import create_app
from confsched.db import Database
from confsched.models.urgent import UrgentConsult
from confsched.services import accounts, engine
from confsched.settings import load_settings
from confsched.web.policies import public
from tests.support.alerting import add_point
from tests.support.ladders import line_step, put_on_duty, ring, set_ladder
from tests.world import NOW, build_world

ROUNDS, POLLS = 7, 150
SECRET = "benchmark-only-" + "0123456789abcdef" * 3


def main() -> None:
    """Print milliseconds and statements of each answer, at an instant at which no goal ends."""
    clock.now = lambda: NOW
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/confsched.sqlite")
        database.migrate()
        client, consult = _prepare(database, Path(folder))
        _measure(client, database, consult)
        database.dispose()


def _prepare(database: Database, folder: Path) -> tuple[FlaskClient, UrgentConsult]:
    app = create_app(
        load_settings(
            {
                "CONFSCHED_PUBLIC_URL": "http://localhost:8000",
                "CONFSCHED_DATABASE_URL": str(database.engine.url),
                "CONFSCHED_SECRET_KEY": SECRET,
                "CONFSCHED_DATA_DIR": str(folder),
            }
        ),
        database,
    )
    app.add_url_rule("/bare", "bare", public(lambda: "ok"))
    with database.transaction() as session:
        world = build_world(session)
        set_ladder(session, world, line_step(world.line))
        add_point(session, world.neurologist)
        put_on_duty(session, world.line, world.neurologist)
        engine.record_cycle(session, "worker", NOW)
        consult = ring(session, world)
    client = app.test_client()
    with database.transaction() as session:
        credentials = accounts.find_credentials(session, world.neurologist.email, now=NOW)
        token = accounts.sign_in(session, credentials, True, now=NOW)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client, consult


def _measure(client: FlaskClient, database: Database, consult: UrgentConsult) -> None:
    url = f"/urgent/{consult.id}/live"
    tag = client.get(url).headers["ETag"]
    ways: dict[str, Callable[[], int]] = {
        "bare Flask view": lambda: client.get("/bare").status_code,
        "poll answered with 304": lambda: client.get(url, headers={"If-None-Match": tag}).status_code,
        "poll answered with the parts": lambda: client.get(url).status_code,
        "the whole page": lambda: client.get(f"/urgent/{consult.id}").status_code,
    }
    assert [way() for way in ways.values()] == [200, 304, 200, 200]
    rounds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            rounds[name].append(_seconds(way))
    bare = statistics.median(rounds["bare Flask view"])
    for name, way in ways.items():
        taken, count = statistics.median(rounds[name]), _statements(database, way)
        print(f"{name}: {taken * 1000:.2f} ms, {taken / bare:.1f} x bare, {count} statements")


def _seconds(way: Callable[[], int]) -> float:
    started = perf_counter()
    for _ in range(POLLS):
        way()
    return (perf_counter() - started) / POLLS


def _statements(database: Database, way: Callable[[], int]) -> int:
    seen: list[str] = []

    def count(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(database.engine, "before_cursor_execute", count)
    way()
    event.remove(database.engine, "before_cursor_execute", count)
    return sum(not one.startswith(("PRAGMA", "BEGIN")) for one in seen)


if __name__ == "__main__":
    main()
