"""The only owner of connections, transactions and commits, the same for SQLite and PostgreSQL."""

from __future__ import annotations

import fcntl
import importlib
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import sleep
from types import ModuleType
from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from confsched.services import audit

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_SECONDS = 30
SAFE_SQLITE = (3, 51, 3)  # earlier versions can corrupt the write-ahead log with several writers
MIGRATION_LOCK = 7_203_117  # any constant: the advisory lock that lets one process migrate at a time
WAL_ATTEMPTS = 20
LOCK_TRIES, LOCK_SECONDS = 500, 0.002
PASSES = 500  # transactions that do not wait at the door after one has waited there in vain
POOL_SIZE = 8
POOL_OVERFLOW = 24

_log = structlog.get_logger(__name__)
_turns: dict[str, Turns] = {}
_turns_guard = threading.Lock()


class Database:
    """Open one database by URL; `read` and `transaction` are the only ways in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _sqlite_engine(url) if url.startswith("sqlite") else _postgres_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._turns = _turns_of(url) if self.is_sqlite else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that cannot write: a GET that tries to change something fails."""
        connection = self.engine.connect().execution_options(**_options(self.engine, writes=False))
        with connection, Session(connection, autoflush=False) as session:
            yield session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session whose work is committed as a whole at the end, or not at all."""
        if self._turns is None:
            with self._write_session() as session:
                yield session
            return
        with self._turns.taken(), self._write_session() as session:
            yield session

    @contextmanager
    def _write_session(self) -> Iterator[Session]:
        connection = self.engine.connect().execution_options(**_options(self.engine, writes=True))
        with connection, Session(connection, expire_on_commit=False) as session:
            yield session
            audit.write_pending(session)
            session.commit()

    def migrate(self) -> None:
        """Bring the schema up to date; safe to call from several processes at once."""
        config = alembic_config()
        with self.migration_connection() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def migration_connection(self) -> Iterator[Connection]:
        """Give the connection that revisions run on, in one transaction that nobody else's can meet.

        SQLite changes a table by putting a new one in its place, which references would not survive: they are
        switched off meanwhile, as its manual says, and checked as a whole before the end.
        """
        with self.engine.connect().execution_options(**_options(self.engine, writes=True)) as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
                yield connection
                connection.commit()
                return
            with _without_references(connection):
                connection.begin()  # else Alembic commits after each revision, and others come in between
                yield connection
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                assert not broken, f"a revision broke references: {broken[:5]}"
                connection.commit()

    def dispose(self) -> None:
        self.engine.dispose()


@contextmanager
def _without_references(connection: Connection) -> Iterator[None]:
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA foreign_keys=OFF")  # before the transaction: inside one it does nothing
    try:
        yield
    finally:
        connection.rollback()
        raw.execute("PRAGMA foreign_keys=ON")


def _options(engine: Engine, *, writes: bool) -> dict[str, Any]:
    if engine.dialect.name == "sqlite":
        return {"confsched_writes": writes}
    return {"postgresql_readonly": not writes, "isolation_level": "READ COMMITTED"}


def _postgres_engine(url: str) -> Engine:
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_pre_ping=True,
    )


def _sqlite_engine(url: str) -> Engine:
    module = _sqlite_module()
    engine = create_engine(
        url,
        module=module,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _sqlite_module() -> ModuleType:
    """Prefer the bundled library: the system's may be too old to be safe with several writers."""
    try:
        module = importlib.import_module("pysqlite3")
    except ImportError:
        module = sqlite3
    if module.sqlite_version_info < SAFE_SQLITE:
        _log.warning("old_sqlite", version=module.sqlite_version, wanted=".".join(map(str, SAFE_SQLITE)))
    return module


def _prepare_sqlite(raw: Any, _record: object) -> None:
    raw.isolation_level = None  # the driver must not open transactions of its own
    _use_write_ahead_log(raw)
    raw.execute("PRAGMA synchronous=FULL")  # NORMAL lost acknowledged commits in simulated power cuts
    raw.execute("PRAGMA foreign_keys=ON")


def _use_write_ahead_log(raw: Any) -> None:
    """Switch a new file; SQLite waits for other processes everywhere but here."""
    for _ in range(WAL_ATTEMPTS):
        try:
            raw.execute("PRAGMA journal_mode=WAL")
            return
        except raw.OperationalError:
            raw.execute("BEGIN IMMEDIATE")  # waits until the other process has switched it
            raw.execute("ROLLBACK")
    raw.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("confsched_writes", True)
    connection.exec_driver_sql("PRAGMA query_only=OFF" if writes else "PRAGMA query_only=ON")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Turns:
    """Let the writers of one SQLite file take turns, threads and processes alike; a killed one leaves none.

    SQLite lets one write at a time and has the others try again and again, up to 100 ms apart: who writes
    one transaction after the other keeps them all away for seconds. So threads go in as they came, and before
    the file is a door with a place before it: who stands there goes in next, and who comes out has to stand
    there first. It is only manners, since SQLite itself keeps writers apart: where a process was halted at
    the door, the others pass it by.
    """

    def __init__(self, path: str) -> None:
        self._path = path if path not in ("", ":memory:") else None
        self._thread = InOrder()
        self._passes = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        with self._thread.taken():
            if self._path is None or self._may_pass():
                yield
                return
            with _lock_file(f"{self._path}-turn") as inside:
                with _lock_file(f"{self._path}-next") as before:
                    if not (_lock(before) and _lock(inside)):
                        self._passes = PASSES
                yield

    def _may_pass(self) -> bool:
        self._passes = max(0, self._passes - 1)
        return self._passes > 0


class InOrder:
    """Let one thread in at a time, in the order in which they came: a plain lock lets the quickest in."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @contextmanager
    def taken(self) -> Iterator[None]:
        self._come_in()
        try:
            yield
        finally:
            self._call_next()

    def _come_in(self) -> None:
        gate = threading.Lock()
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            gate.acquire()
            self._waiting.append(gate)
        try:
            gate.acquire()  # until who is inside opens it on the way out
        except BaseException:
            self._step_aside(gate)
            raise

    def _step_aside(self, gate: threading.Lock) -> None:
        """Leave the line, or pass on the turn that came at that very moment."""
        with self._guard:
            is_waiting = gate in self._waiting
            if is_waiting:
                self._waiting.remove(gate)
        if not is_waiting:
            self._call_next()

    def _call_next(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


@contextmanager
def _lock_file(path: str) -> Iterator[int]:
    """Open a file to lock, anew each time: closing it ends the lock, and a fork shares none."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)


def _lock(file: int) -> bool:
    """Lock a file within a second or so, and tell whether that was to be had."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sleep(LOCK_SECONDS)
        else:
            return True
    return False


def _turns_of(url: str) -> Turns:
    with _turns_guard:
        if url not in _turns:
            _turns[url] = Turns(make_url(url).database or "")
        return _turns[url]


def alembic_config() -> Config:
    """Return where the revisions are; the caller adds the connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))  # a path is no template
    return config


def schema_is_current(session: Session) -> bool:
    """Tell whether the database answers and carries the tables that this program knows."""
    return bool(session.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == _head())


@cache
def _head() -> str | None:
    """Return the newest revision of the schema."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()
