"""Who reads cannot write, what is written is written as a whole, and the trail shows every change."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from confsched import db
from confsched.db import Database
from confsched.models.audit import AuditEvent, AuditHead
from confsched.models.network import Department, Organisation
from confsched.services import audit
from tests.flows.processes import PROGRAMS, environment, started
from tests.support.postgres import PostgresServer
from tests.world import NOW

EVENTS = 12
Edit = Callable[[Session], object]


def _add(database: Database, name: str = "Klinikum Haus") -> None:
    with database.transaction() as session:
        organisation = Organisation(name=name)
        session.add(organisation)
        audit.record(session, None, "create", organisation, now=NOW)


def _names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Organisation.name).order_by(Organisation.name)))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE organisation SET name = 'x'", "DELETE FROM organisation", "CREATE TABLE more (id INTEGER)"],
)
def test_a_session_for_reading_cannot_change_anything(database: Database, statement: str) -> None:
    _add(database)
    with pytest.raises(DBAPIError), database.read() as session:
        session.execute(text(statement))
    assert _names(database) == ["Klinikum Haus"]


def test_a_session_for_reading_writes_no_changed_object(database: Database) -> None:
    _add(database)
    with database.read() as session:
        session.scalars(select(Organisation)).one().name = "Anderes Haus"
    assert _names(database) == ["Klinikum Haus"]


def test_writing_works_after_reading_on_the_same_connection(database: Database) -> None:
    assert _names(database) == []
    _add(database, "A")
    assert _names(database) == ["A"]
    _add(database, "B")
    assert _names(database) == ["A", "B"]


def test_a_transaction_that_fails_leaves_nothing_not_even_its_trail(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        session.add(Organisation(name="Klinikum Haus"))
        session.flush()
        audit.record(session, None, "create", "organisation", now=NOW)
        audit.write_pending(session)
        raise ZeroDivisionError
    assert _names(database) == []
    with database.read() as session:
        assert session.scalars(select(AuditEvent)).all() == []


def test_a_broken_constraint_takes_the_whole_transaction_back(database: Database) -> None:
    _add(database)
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(Organisation(name="Anderes Haus"))
        session.flush()
        session.add(Organisation(name="Klinikum Haus"))
    assert _names(database) == ["Klinikum Haus"]


def test_a_row_cannot_refer_to_what_does_not_exist(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(Department(site_id=Organisation(name="x").id, name="Neurologie", discipline="Neurologie"))


def test_many_writers_lose_no_change_and_keep_one_chain(database: Database) -> None:
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            for number in range(10):
                _add(database, f"{writer}-{number}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(_names(database)) == 80
    with database.read() as session:
        assert audit.find_break(session) is None


def test_sqlite_waits_for_the_disk_and_checks_references(sqlite_database: Database) -> None:
    def pragma(session: Session, name: str) -> object:
        return session.execute(text(f"PRAGMA {name}")).scalar_one()

    with sqlite_database.read() as session:
        full = 2
        assert pragma(session, "synchronous") == full
        assert pragma(session, "journal_mode") == "wal"
        assert pragma(session, "foreign_keys") == 1


def test_the_sqlite_library_is_safe_with_several_writers(sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        version = session.execute(text("SELECT sqlite_version()")).scalar_one()
    assert tuple(map(int, version.split("."))) >= db.SAFE_SQLITE


def test_an_old_sqlite_library_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(db, "SAFE_SQLITE", (99, 0, 0))
    with capture_logs() as lines:
        Database(f"sqlite:///{tmp_path / 'x.sqlite'}").dispose()
    assert [line["event"] for line in lines] == ["old_sqlite"]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.copy("template1") as url:
        yield url


def test_several_processes_may_migrate_at_once(empty_url: str, tmp_path: Path) -> None:
    variables = environment(tmp_path, empty_url)
    with ExitStack() as stack:
        together = [
            stack.enter_context(
                started(tmp_path / f"{number}.log", variables, PROGRAMS / "confsched", "initdb")
            )
            for number in range(4)
        ]
        codes = [process.child.wait(90) for process in together]
        assert codes == [0] * 4, [process.output() for process in together]
    database = Database(empty_url)
    with database.read() as session:
        assert db.schema_is_current(session)
    database.dispose()


class BusyFile:
    """Refuse the write-ahead log while another process switches the same file to it."""

    OperationalError = sqlite3.OperationalError

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.heard: list[str] = []

    def execute(self, statement: str) -> None:
        self.heard.append(statement)
        if "WAL" in statement and self.refusals:
            self.refusals -= 1
            raise sqlite3.OperationalError("database is locked")


def test_a_process_waits_for_another_one_that_makes_the_same_file() -> None:
    """Six processes that made one file at once: one in fifty ended with "database is locked"."""
    file = BusyFile(refusals=2)
    db._use_write_ahead_log(file)
    wait = ["BEGIN IMMEDIATE", "ROLLBACK"]
    switch = "PRAGMA journal_mode=WAL"
    assert file.heard == [switch, *wait, switch, *wait, switch]


def test_a_file_that_stays_locked_is_an_error() -> None:
    with pytest.raises(sqlite3.OperationalError):
        db._use_write_ahead_log(BusyFile(refusals=1000))


def test_tables_of_another_program_are_not_current(database: Database) -> None:
    with database.transaction() as session:
        assert db.schema_is_current(session)
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        assert not db.schema_is_current(session)


@contextmanager
def _undone(database: Database) -> Iterator[Session]:
    """Give a session whose work is taken back."""
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        yield session
        raise ZeroDivisionError


def _alter(number: int, **values: object) -> Edit:
    return lambda session: session.execute(
        update(AuditEvent).where(AuditEvent.number == number).values(**values)
    )


def _alter_and_hash(number: int) -> Edit:
    def edit(session: Session) -> None:
        event = session.scalars(select(AuditEvent).where(AuditEvent.number == number)).one()
        event.action = "read"
        event.hash = audit.event_hash(event)
        session.flush()

    return edit


def _remove(first: int, last: int) -> Edit:
    return lambda session: session.execute(
        delete(AuditEvent).where(AuditEvent.number >= first, AuditEvent.number <= last)
    )


def _edits() -> list[tuple[str, int, Edit]]:
    """Return edits of the trail with the number of the event at which each must show."""
    edits: list[tuple[str, int, Edit]] = []
    for number in range(1, EVENTS + 1):
        edits += [
            (f"another detail in {number}", number, _alter(number, detail="nothing to see")),
            (f"another time in {number}", number, _alter(number, at=NOW - timedelta(days=1))),
            (f"{number} removed", number, _remove(number, number)),
            (f"{number} altered with a new hash", number + 1, _alter_and_hash(number)),
        ]
    for count in (1, 2, 5):
        edits.append((f"the last {count} cut off", EVENTS + 1 - count, _remove(EVENTS + 1 - count, EVENTS)))
    edits.append(("everything removed", 1, _remove(1, EVENTS)))
    edits.append(
        ("the head set back", EVENTS + 1, lambda session: session.execute(update(AuditHead).values(number=5)))
    )
    return edits


def test_every_edit_of_the_trail_is_found(
    database: Database, record_property: Callable[[str, object], None]
) -> None:
    for number in range(EVENTS):
        _add(database, f"Haus {number}")
    edits = _edits()
    for name, expected, edit in edits:
        with _undone(database) as session:
            edit(session)
            assert audit.find_break(session) == expected, name
    with database.read() as session:
        assert audit.find_break(session) is None
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    record_property("figure", f"{kind}: {len(edits)} of {len(edits)} edits of the trail found")
    assert len(edits) >= 50
