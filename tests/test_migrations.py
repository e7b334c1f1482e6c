"""One history for both databases: up, down and up again, equal to the models, overlaps refused."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from confsched.db import Database, alembic_config
from confsched.domain.bookings import ClaimState
from confsched.domain.invites import Method
from confsched.domain.kinds import FeedScope, SubjectKind
from confsched.models import Base
from confsched.models.audit import AuditHead
from confsched.models.claims import Claim
from confsched.models.feeds import Feed
from confsched.models.network import Department
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Membership
from confsched.models.rosters import Duty
from confsched.models.swaps import DutySwap
from confsched.services import audit
from tests.support.postgres import PostgresServer
from tests.world import NOW

HOUR = timedelta(hours=1)
ROOM = uuid.UUID(int=7)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a database without tables."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
        yield database
        database.dispose()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.copy("template1") as url:
        database = Database(url)
        yield database
        database.dispose()


def _downgrade(database: Database, revision: str = "base") -> None:
    config = alembic_config()
    with database.migration_connection() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def _upgrade(database: Database, revision: str) -> None:
    config = alembic_config()
    with database.migration_connection() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def _add_claim(session: Session, *, starts: timedelta, ends: timedelta, blocking: bool = True) -> None:
    session.add(
        Claim(
            subject_id=ROOM,
            subject_kind=SubjectKind.RESOURCE,
            starts_at=NOW + starts,
            ends_at=NOW + ends,
            state=ClaimState.FIRM,
            blocking=blocking,
            override_reason=None if blocking else "Notfall",
        )
    )
    session.flush()


def test_up_down_and_up_again_leads_to_the_same_tables(empty: Database) -> None:
    empty.migrate()
    tables = _tables(empty)
    assert tables == set(Base.metadata.tables)
    _downgrade(empty)
    assert _tables(empty) == set()
    empty.migrate()
    assert _tables(empty) == tables


def test_migrating_twice_changes_nothing(empty: Database) -> None:
    empty.migrate()
    with empty.transaction() as session:
        audit.record(session, None, "create", "organisation", now=NOW)
    empty.migrate()
    with empty.read() as session:
        assert session.scalars(select(AuditHead)).one().number == 1


def _fill_first_tables(database: Database) -> None:
    """Write what an installation of the first revision holds, in its own words."""
    texts = (
        "INSERT INTO organisation (id, name) VALUES (:a, 'Uniklinik Wendstadt')",
        "INSERT INTO site (id, organisation_id, name, short_name, kind, zone, state, phone)"
        " VALUES (:a, :a, 'Wendstadt', 'Wendstadt', 'hospital', 'Europe/Berlin', 'DE-NI', '1')",
        "INSERT INTO department (id, site_id, name, discipline) VALUES (:a, :a, 'Neurologie', 'neurology')",
        "INSERT INTO person (id, title, given_name, family_name, email, phone, discipline, is_specialist,"
        " language, zone) VALUES (:a, '', 'Jana', 'Okafor', 'jana@wendstadt.example', '', '', true, 'de',"
        " 'Europe/Berlin')",
        "INSERT INTO membership (id, person_id, organisation_id, site_id, function, valid_from)"
        " VALUES (:a, :a, :a, :a, 'consultant', '2026-01-01')",
        "INSERT INTO feed (id, person_id, name, token_hash, privacy, created_at)"
        " VALUES (:a, :a, 'Telefon', 'x', 'kind', '2026-01-01 00:00:00+00:00')",
        "INSERT INTO outbox_message (id, kind, organisation_id, recipient_id, recipient, language, zone,"
        " message_id, snapshot, method, created_at, due_at, attempts) VALUES (:a, 'invitation', :a, :a,"
        " 'jana@wendstadt.example', 'de', 'Europe/Berlin', '<a@b>', '{}', 'REQUEST',"
        " '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00', 0)",
    )
    with database.engine.begin() as connection:
        for statement in texts:
            connection.execute(text(statement), {"a": uuid.UUID(int=1).hex})


def test_the_revision_of_the_rosters_keeps_what_is_there_and_gives_it_back(empty: Database) -> None:
    _upgrade(empty, "0001")
    _fill_first_tables(empty)
    _upgrade(empty, "0002")
    with empty.read() as session:
        assert session.scalars(select(Membership)).one().employment_percent == 100
        assert session.scalars(select(Department)).one().swaps_need_approval
        assert session.scalars(select(Feed)).one().scope is FeedScope.OWN
        assert session.scalars(select(OutboxMessage.method)).one() is Method.REQUEST
    _downgrade(empty, "0001")
    with empty.engine.connect() as connection:
        assert connection.execute(text("SELECT message_id FROM outbox_message")).all() == [("<a@b>",)]
        assert connection.execute(text("SELECT token_hash FROM feed")).all() == [("x",)]


def _fill_second_tables(database: Database) -> None:
    """Write a line in Berlin, and a night of its first person of which a part is handed on, and the rest."""
    line = (
        "INSERT INTO duty_line (id, department_id, group_name, name, kind, duty_type, phone, covered_from,"
        " covered_until, covered_workdays_only, makes_available, blocks, position) VALUES (:a, :a, '', 'N',"
        " 'primary', 'regular', '1', '00:00:00', '00:00:00', false, false, true, 0)"
    )
    duty = (
        "INSERT INTO duty (id, line_id, person_id, starts_at, ends_at, origin, recorded_at, superseded_at)"
        " VALUES (:id, :a, :a, :starts, :ends, :origin, :recorded, :superseded)"
    )
    zone = "" if database.is_sqlite else "+00"
    stamps = {1: f"2026-10-01 07:00:00.000000{zone}", 2: f"2026-10-02 07:00:00.000000{zone}", 3: None}
    with database.engine.begin() as connection:
        connection.execute(text(line), {"a": uuid.UUID(int=1).hex})
        for number, (starts, ends, origin, recorded, superseded, _) in enumerate(DUTIES, start=1):
            values = {"id": uuid.UUID(int=number).hex, "a": uuid.UUID(int=1).hex, "origin": origin}
            values |= {"starts": f"2026-{starts}:00.000000{zone}", "ends": f"2026-{ends}:00.000000{zone}"}
            values |= {"recorded": stamps[recorded], "superseded": stamps[superseded]}
            connection.execute(text(duty), values)


# When a duty starts and ends, what wrote it and when, when it was superseded, and the day it belongs to.
DUTIES = (
    (
        "10-24 22:30",
        "10-25 07:00",
        "roster",
        1,
        3,
        "2026-10-25",
    ),  # 00:30 in Berlin, in the night of the change
    ("10-24 21:30", "10-24 22:30", "roster", 1, 3, "2026-10-24"),
    ("11-01 15:00", "11-02 07:00", "roster", 1, 2, "2026-11-01"),
    ("11-01 15:00", "11-02 00:00", "roster", 2, 3, "2026-11-01"),
    ("11-02 00:00", "11-02 02:00", "swap", 2, 3, "2026-11-01"),
    ("11-02 02:00", "11-02 07:00", "roster", 2, 3, "2026-11-01"),
    ("11-02 07:00", "11-02 15:00", "roster", 2, 3, "2026-11-02"),
)


def test_the_revision_of_the_days_finds_the_day_of_each_duty_and_keeps_what_refers_to_it(
    empty: Database,
) -> None:
    """Cover line 13 of the failures: the local day counts, also in the night of a clock change."""
    _upgrade(empty, "0001")
    _fill_first_tables(empty)
    _upgrade(empty, "0002")
    _fill_second_tables(empty)
    swap = (
        "INSERT INTO duty_swap (id, line_id, starts_at, ends_at, duty_id, from_person_id, state, note,"
        " proposed_by_id, proposed_at, decision_reason) SELECT id, line_id, starts_at, ends_at, id,"
        " person_id, 'proposed', '', person_id, recorded_at, '' FROM duty WHERE id = :a"
    )
    with empty.engine.begin() as connection:
        connection.execute(text(swap), {"a": uuid.UUID(int=1).hex})
    _upgrade(empty, "0003")
    with empty.read() as session:
        days = {duty.id.int: f"{duty.day}" for duty in session.scalars(select(Duty))}
        assert days == {number: duty[-1] for number, duty in enumerate(DUTIES, start=1)}
        assert session.scalars(select(DutySwap)).one().duty_id == uuid.UUID(int=1)
    _downgrade(empty, "0002")
    with empty.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM duty")) == len(DUTIES)
        assert connection.scalar(text("SELECT count(*) FROM duty_swap")) == 1
    empty.migrate()


def test_the_history_builds_what_the_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_no_two_blocking_claims_of_a_room_overlap(empty: Database) -> None:
    """Cover lines 1 to 3: the database itself refuses, whatever the program does."""
    empty.migrate()
    _downgrade(empty)
    empty.migrate()
    with empty.transaction() as session:
        _add_claim(session, starts=HOUR, ends=3 * HOUR)
        _add_claim(session, starts=3 * HOUR, ends=4 * HOUR)  # half-open: it begins when the other ends
        _add_claim(session, starts=HOUR, ends=2 * HOUR, blocking=False)
    for starts, ends in (
        (HOUR, 3 * HOUR),
        (0 * HOUR, 5 * HOUR),
        (1.5 * HOUR, 2 * HOUR),
        (2 * HOUR, 3.5 * HOUR),
    ):
        with pytest.raises(DBAPIError, match="claim"), empty.transaction() as session:
            _add_claim(session, starts=starts, ends=ends)


def test_a_claim_that_is_moved_or_made_to_block_may_not_overlap_either(database: Database) -> None:
    with database.transaction() as session:
        _add_claim(session, starts=HOUR, ends=2 * HOUR)
        _add_claim(session, starts=2 * HOUR, ends=3 * HOUR)
        _add_claim(session, starts=HOUR, ends=2 * HOUR, blocking=False)
    with pytest.raises(DBAPIError), database.transaction() as session:
        session.scalars(select(Claim).where(Claim.starts_at == NOW + 2 * HOUR)).one().starts_at = NOW + HOUR
    with pytest.raises(DBAPIError), database.transaction() as session:
        session.scalars(select(Claim).where(~Claim.blocking)).one().blocking = True
