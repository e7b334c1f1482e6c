"""The worklist of urgent consults and their history."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.kinds import Recommendation, Urgency, UrgentKind, UrgentState
from confsched.models.people import Person
from confsched.models.urgent import UrgentConsult
from tests.support.alerting import add_consult, add_point, add_rung, alert_about
from tests.support.web import SignIn
from tests.world import NOW, World


@pytest.fixture
def consults(world: World, sqlite_database: Database) -> list[UrgentConsult]:
    """Give one that rings, two that are read, one of another site that is closed."""
    reading = {"kind": UrgentKind.TELERADIOLOGY, "state": UrgentState.READING}
    taken = {"consultant_id": world.neurologist.id, "acknowledged_at": NOW}
    with sqlite_database.transaction() as session:
        add_point(session, world.neurologist)
        rings = add_consult(session, world, case_ref="FK-RING", requested_at=NOW - timedelta(minutes=3))
        alert_about(session, rings, add_rung(session, rings), world.neurologist)
        return [
            rings,
            add_consult(session, world, case_ref="FK-SLOW", urgency=Urgency.ROUTINE, **reading, **taken),
            add_consult(session, world, case_ref="FK-FAST", urgency=Urgency.STROKE, **reading, **taken),
            add_consult(
                session,
                world,
                case_ref="FK-DONE",
                site_id=world.stranger_site.id,
                state=UrgentState.CLOSED,
                recommendation=Recommendation.STAY,
                requested_at=NOW - timedelta(days=40),
                acknowledged_at=NOW - timedelta(days=40) + timedelta(seconds=95),
                ended_at=NOW - timedelta(days=40) + timedelta(hours=2),
            ),
        ]


def _places(page: str) -> list[str]:
    refs = ("FK-RING", "FK-FAST", "FK-SLOW", "FK-DONE")
    return sorted((ref for ref in refs if ref in page), key=page.index)


@pytest.fixture
def hub(app: Flask, world: World, sign_in: SignIn) -> FlaskClient:
    client = app.test_client()
    sign_in(client, world.neurologist)
    return client


def test_what_rings_stands_first_and_then_what_is_most_urgent(
    hub: FlaskClient, consults: list[UrgentConsult]
) -> None:
    page = hub.get("/urgent/").text
    assert _places(page) == ["FK-RING", "FK-FAST", "FK-SLOW"]
    assert "calls you" in page
    assert "Acknowledgement 1:00 over" in page
    assert f'href="/urgent/{consults[0].id}"' in page


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("requester", ["FK-RING", "FK-FAST", "FK-SLOW"]),
        ("second_neurologist", ["FK-RING", "FK-FAST", "FK-SLOW"]),
        ("stranger", []),  # what their site asked has ended
    ],
)
def test_everybody_sees_what_their_side_has_open(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    consults: list[UrgentConsult],
    who: str,
    seen: list[str],
) -> None:
    assert consults
    person: Person = getattr(world, who)
    sign_in(client, person)
    page = client.get("/urgent/").text
    assert _places(page) == seen
    assert "calls you" not in page
    assert ("Nothing rings and nothing runs" in page) == (not seen)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["FK-FAST", "FK-SLOW", "FK-RING", "FK-DONE"]),
        ("show=open", ["FK-FAST", "FK-SLOW", "FK-RING"]),
        ("show=closed", ["FK-DONE"]),
        ("show=cancelled", []),
        ("kind=telestroke", ["FK-RING", "FK-DONE"]),
        ("until=2026-11-22", ["FK-DONE"]),
        ("since=2026-11-23", ["FK-FAST", "FK-SLOW", "FK-RING"]),
        ("case=fk-slow", ["FK-SLOW"]),
        (
            "service=nonsense&site=nonsense&kind=nonsense&show=nonsense&since=x&page=99999",
            ["FK-FAST", "FK-SLOW", "FK-RING", "FK-DONE"],
        ),
    ],
)
def test_a_history_is_narrowed_in_its_address_and_its_table_holds_the_same(
    hub: FlaskClient, consults: list[UrgentConsult], query: str, found: list[str]
) -> None:
    del consults
    page = hub.get(f"/urgent/history?{query}")
    assert page.status_code == 200
    assert sorted(_places(page.text.partition("<table")[2])) == sorted(found)
    table = hub.get(f"/urgent/history.csv?{query}")
    assert table.content_type == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(table.text.lstrip("\ufeff"))))[1:]
    assert sorted(row[0] for row in rows) == sorted(found)


def test_the_table_says_how_long_and_names_nobody(
    hub: FlaskClient, consults: list[UrgentConsult], world: World, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        session.get_one(type(world.service), world.service.id).name = "=1+1"
    text = hub.get(f"/urgent/history.csv?show=closed&site={consults[3].site_id}").text
    assert "2026-10-14 09:00:00" in text
    assert ",95," in text
    assert "'=1+1" in text
    for person in world.cast:
        assert person.family_name not in text


def test_a_stranger_finds_only_what_their_site_asked(
    client: FlaskClient, world: World, sign_in: SignIn, consults: list[UrgentConsult]
) -> None:
    del consults
    sign_in(client, world.stranger)
    assert _places(client.get("/urgent/history").text) == ["FK-DONE"]
    sign_in(client, world.secretary)
    for path in ("/urgent/", "/urgent/history", "/urgent/history.csv"):
        assert client.get(path).status_code == 403
