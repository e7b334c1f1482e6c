"""Who is called by an urgent consult reads so on every page, on Today, and where their session has ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.models.urgent import UrgentConsult
from confsched.services import urgent_live
from tests.support.alerting import add_consult, add_point, add_rung, alert_about
from tests.support.web import SignIn
from tests.world import NOW, World

BANNER = "An urgent consult calls you."
WAITS = "An urgent consult is waiting for whoever was signed in here."


@pytest.fixture
def consult(world: World, sqlite_database: Database) -> UrgentConsult:
    """Give a consult that calls the neurologist."""
    with sqlite_database.transaction() as session:
        add_point(session, world.neurologist)
        consult = add_consult(session, world)
        alert_about(session, consult, add_rung(session, consult), world.neurologist)
        return consult


def test_who_is_called_reads_it_on_every_page_until_somebody_has_taken_it(
    client: FlaskClient, world: World, sign_in: SignIn, consult: UrgentConsult, sqlite_database: Database
) -> None:
    sign_in(client, world.neurologist)
    for path in ("/", "/consults/", "/urgent/history", "/nowhere"):
        page = client.get(path).text
        assert BANNER in page, path
        assert f'href="/urgent/{consult.id}"' in page
        assert consult.case_ref not in page or path == "/" or path == "/urgent/history"
    assert BANNER not in client.get(f"/urgent/{consult.id}").text  # it stands there itself
    today = client.get("/").text
    assert "calls you" in today
    assert today.index("Krankenhaus Moorfeld waits") < today.index("My next meetings")
    with sqlite_database.transaction() as session:
        urgent_live.acknowledge(
            session, world.neurologist.id, session.get_one(UrgentConsult, consult.id), now=NOW
        )
    today = client.get("/").text
    assert BANNER not in today
    assert "taken by you" in today


def test_who_is_not_called_reads_nothing_of_it(
    client: FlaskClient, world: World, sign_in: SignIn, consult: UrgentConsult
) -> None:
    assert consult.consultant_id is None
    for person in (world.second_neurologist, world.requester, world.stranger, world.secretary):
        sign_in(client, person)
        assert BANNER not in client.get("/").text
        assert "calls you" not in client.get("/").text


def test_the_end_of_a_session_hides_no_alarm_and_says_nothing_of_it(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    consult: UrgentConsult,
    moment: time_machine.Traveller,
    sqlite_database: Database,
) -> None:
    assert WAITS not in client.get("/login").text
    sign_in(client, world.neurologist)
    moment.shift(timedelta(minutes=31))
    page = client.get("/login").text
    assert WAITS in page
    for secret in (consult.case_ref, "Moorfeld", "Okafor", str(consult.id)):
        assert secret not in page
    with sqlite_database.transaction() as session:
        urgent_live.acknowledge(
            session, world.second_neurologist.id, session.get_one(UrgentConsult, consult.id), now=NOW
        )
    assert WAITS not in client.get("/login").text


def test_who_has_signed_out_leaves_nothing_to_tell(
    client: FlaskClient, world: World, sign_in: SignIn, consult: UrgentConsult
) -> None:
    assert consult.consultant_id is None
    sign_in(client, world.neurologist)
    client.post("/logout")
    assert WAITS not in client.get("/login").text
