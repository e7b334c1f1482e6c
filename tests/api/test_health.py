"""What a load balancer and an alarm ask for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from confsched.create_app import create_app
from confsched.db import Database
from confsched.services import engine
from confsched.settings import Settings
from tests.world import NOW


def _cycle(database: Database, age: timedelta, worker: str = "one") -> None:
    with database.transaction() as session:
        engine.record_cycle(session, worker, NOW - age)


def test_a_living_process_says_so_without_a_database(app: Flask, client: FlaskClient) -> None:
    del app.extensions["confsched_database"]
    assert client.get("/health/live").json == {"alive": True}


def test_a_current_schema_is_ready(client: FlaskClient) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json) == (200, {"ready": True})


def test_a_database_without_tables_is_not_ready(settings: Settings, tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    answer = create_app(settings, empty).test_client().get("/health/ready")
    empty.dispose()
    assert (answer.status_code, answer.json) == (503, {"ready": False})


def test_a_lost_version_table_is_not_ready(client: FlaskClient, sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        session.execute(text("DROP TABLE alembic_version"))
    assert client.get("/health/ready").status_code == 503


def test_without_any_cycle_the_engine_is_not_healthy(client: FlaskClient) -> None:
    answer = client.get("/health/engine")
    assert (answer.status_code, answer.json) == (503, {"completed_at": None, "age_seconds": None})


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (10, 200), (10.5, 503), (3600, 503)])
def test_the_engine_is_healthy_for_ten_seconds_after_a_cycle(
    client: FlaskClient, sqlite_database: Database, seconds: float, status: int
) -> None:
    _cycle(sqlite_database, timedelta(seconds=seconds))
    answer = client.get("/health/engine")
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["age_seconds"] == seconds


def test_one_living_worker_is_enough(client: FlaskClient, sqlite_database: Database) -> None:
    _cycle(sqlite_database, timedelta(hours=1), "dead")
    _cycle(sqlite_database, timedelta(seconds=2), "alive")
    assert client.get("/health/engine").status_code == 200


def test_a_later_cycle_replaces_the_earlier(client: FlaskClient, sqlite_database: Database) -> None:
    _cycle(sqlite_database, timedelta(minutes=1))
    _cycle(sqlite_database, timedelta(seconds=1))
    answer = client.get("/health/engine")
    assert answer.json is not None
    assert answer.json["age_seconds"] == 1


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/health/engine"])
def test_health_carries_no_personal_data_and_sets_no_cookie(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
