"""The support of the tests itself: the server runs, copies are separate, the browser opens a page."""

from __future__ import annotations

import psycopg
import pytest
from playwright.sync_api import Page

from confsched.db import Database, schema_is_current
from tests.support.postgres import PostgresServer


def _psycopg_url(url: str) -> str:
    return url.replace("postgresql+psycopg", "postgresql")


def _make_a_table(url: str) -> None:
    with psycopg.connect(_psycopg_url(url)) as connection:
        connection.execute("CREATE TABLE duty (id int)")


def _rows_after_adding_one(url: str) -> int:
    with psycopg.connect(_psycopg_url(url)) as connection:
        connection.execute("INSERT INTO duty VALUES (1)")
        row = connection.execute("SELECT count(*) FROM duty").fetchone()
    assert row is not None
    return int(row[0])


def test_each_copy_of_a_template_is_a_database_of_its_own(postgres_server: PostgresServer) -> None:
    template = postgres_server.create_template(_make_a_table)
    with postgres_server.copy(template) as first, postgres_server.copy(template) as second:
        assert _rows_after_adding_one(first) == 1
        assert _rows_after_adding_one(second) == 1


def _make_a_duty(url: str) -> None:
    _make_a_table(url)
    assert _rows_after_adding_one(url) == 1


@pytest.mark.parametrize(
    ("change", "is_taken_again"),
    [
        ("UPDATE duty SET id = 2", True),
        ("DELETE FROM duty", True),
        ("TRUNCATE duty", False),
        ("ALTER TABLE duty ADD COLUMN day date", False),
        ("ALTER TABLE duty ALTER COLUMN id SET NOT NULL", False),
        ("CREATE TABLE swap (id int)", False),
        ("DROP TABLE duty", False),
        ("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'", False),
    ],
)
def test_what_one_test_has_changed_the_next_one_does_not_meet(
    postgres_server: PostgresServer, change: str, is_taken_again: bool
) -> None:
    template = postgres_server.create_template(_make_a_duty)
    with postgres_server.copy(template) as first, psycopg.connect(_psycopg_url(first)) as connection:
        connection.execute(change.encode())
    with postgres_server.copy(template) as second:
        with psycopg.connect(_psycopg_url(second)) as connection:
            assert connection.execute("SELECT * FROM duty").fetchall() == [(1,)]
            assert connection.execute("SELECT to_regclass('swap'), to_regproc('one')").fetchall() == [
                (None, None)
            ]
        assert (second == first) == is_taken_again


def test_who_is_still_connected_to_a_copy_is_so_no_longer_for_the_next_test(
    postgres_server: PostgresServer,
) -> None:
    template = postgres_server.create_template(_make_a_duty)
    with postgres_server.copy(template) as url:
        left_over = psycopg.connect(_psycopg_url(url))
        left_over.execute("LOCK TABLE duty")
    with postgres_server.copy(template) as again:
        assert again == url
        assert _rows_after_adding_one(again) == 2
    with pytest.raises(psycopg.OperationalError), left_over:
        left_over.execute("SELECT 1")


def test_the_server_knows_the_operators_that_exclude_overlapping_claims(
    postgres_server: PostgresServer,
) -> None:
    with postgres_server.copy("template1") as url, psycopg.connect(_psycopg_url(url)) as connection:
        connection.execute("CREATE EXTENSION btree_gist")
        connection.execute("CREATE TABLE claim (subject uuid, EXCLUDE USING gist (subject WITH =))")


def test_the_browser_reads_german_in_the_time_zone_of_berlin(page: Page) -> None:
    page.set_content("<p>Dienst</p>")
    assert page.evaluate("[navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone]") == [
        "de-DE",
        "Europe/Berlin",
    ]


def test_a_fresh_database_of_either_kind_has_its_tables(database: Database) -> None:
    with database.read() as session:
        assert schema_is_current(session)
