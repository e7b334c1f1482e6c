"""The choice of a time for a conference, as somebody in another time zone reads it."""

from __future__ import annotations

from flask.testing import FlaskClient

from confsched.db import Database
from confsched.models.people import Person
from confsched.services.conferences import Wanted
from tests.support.web import SignIn
from tests.web.test_conferences import plan
from tests.world import NEUROLOGY, World


def test_a_reader_in_another_zone_sees_both(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    """Cover line 12 of the failures of others."""
    here = f"/conferences/{plan(sqlite_database, world, Wanted(discipline=NEUROLOGY))}/times"
    sign_in(client, world.secretary)
    assert "The columns are hours in" not in client.get(here).text
    with sqlite_database.transaction() as session:
        session.get_one(Person, world.secretary.id).zone = "Europe/Lisbon"
    page = client.get(here).text
    assert "The columns are hours in Europe/Berlin" in page
    assert "You read the times below in Europe/Lisbon." in page
    assert '<li class="tick at-1 for-4">08</li>' in page, "the band keeps the clock of the place"
    assert "Mon 23 Nov, 07:00" in page, "eight there is seven for the reader"
