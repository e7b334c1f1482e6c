"""A list of thirty costs as many queries as a list of three."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from confsched.db import Database
from confsched.models.network import Site
from tests.support.web import SignIn
from tests.world import World, add_agreement, add_service, ask, book, local


def _queries(client: FlaskClient, database: Database, path: str) -> int:
    statements: list[str] = []

    def count(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(database.engine, "before_cursor_execute", count)
    assert client.get(path).status_code == 200
    event.remove(database.engine, "before_cursor_execute", count)
    return len(statements)


@pytest.mark.parametrize("path", ["/bookings/", "/consults/"])
def test_a_longer_list_asks_no_more(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, path: str
) -> None:
    sign_in(client, world.requester)
    first = local(date(2026, 11, 24), time(8))
    counts = []
    for numbers in (range(3), range(3, 30)):
        with sqlite_database.transaction() as session:
            for number in numbers:
                at = first + timedelta(days=number // 10, minutes=30 * (number % 10))
                book(session, world, at, f"booked-{number}")
                ask(session, world, f"open-{number}")
        counts.append(_queries(client, sqlite_database, path))
    assert counts[0] == counts[1]


def test_a_longer_list_of_services_asks_no_more(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    """Each row says when its service has time next: one search for the page, not one for each row."""
    sign_in(client, world.admin)
    counts = []
    for numbers in (range(2), range(2, 15)):
        with sqlite_database.transaction() as session:
            for number in numbers:
                service = add_service(session, session.get_one(Site, world.hub.id), name=f"Service {number}")
                service.cap_per_day = 1 + number
                add_agreement(session, service, world.spoke)
        counts.append(_queries(client, sqlite_database, "/services/"))
    assert counts[0] == counts[1]
