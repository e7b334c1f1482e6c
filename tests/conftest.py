"""Fixtures of all tests: a fresh migrated database of either kind, and the browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support import browser
from tests.support.postgres import PostgresServer, running_server

if TYPE_CHECKING:
    from confsched.db import Database

# The same examples in every run, however slow or busy the machine is.
settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

KINDS = ("sqlite", "postgresql")


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of a fresh migrated database; the test runs once on each kind."""
    fixtures = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}
    return str(request.getfixturevalue(fixtures[request.param]))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give a fresh migrated database; the test runs once on each kind."""
    with _opened(database_url) as opened:
        yield opened


@pytest.fixture
def sqlite_url(_sqlite_template: Path, _sqlite_place: Path) -> str:
    """Give the URL of a fresh migrated SQLite file, at the same path for each test of this process."""
    for left_over in _sqlite_place.parent.iterdir():
        left_over.unlink()
    return _sqlite_url(Path(shutil.copy(_sqlite_template, _sqlite_place)))


@pytest.fixture(scope="session")
def _sqlite_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sqlite") / "confsched.sqlite"


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """Give a fresh migrated SQLite database."""
    with _opened(sqlite_url) as opened:
        yield opened


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, _postgres_template: str) -> Iterator[str]:
    """Give the URL of a fresh migrated PostgreSQL database."""
    with postgres_server.copy(_postgres_template) as url:
        yield url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    """Give a fresh migrated PostgreSQL database."""
    with _opened(postgres_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run one PostgreSQL server per test process, only where a test asks for it."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: PostgresServer) -> str:
    return postgres_server.create_template(_migrate)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "confsched.sqlite"
    _migrate(_sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Launch the machine's Chromium, see tests/support/browser.py."""
    return {**browser_type_launch_args, **browser.launch_arguments()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """Open pages as a German reader in Berlin does."""
    return {**browser_context_args, **browser.CONTEXT}


def _sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def _migrate(url: str) -> None:
    with _opened(url) as opened:
        opened.migrate()


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    """Give a database without open connections; they are closed afterwards.

    One that was opened before is taken again, because its engine still knows the statements it has compiled.
    """
    opened = _open(url)
    try:
        yield opened
    finally:
        opened.dispose()


@cache
def _open(url: str) -> Database:
    from confsched.db import Database

    return Database(url)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have measured with record_property("figure", ...)."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(f"{report.nodeid.partition('::')[0]}: {value}")
