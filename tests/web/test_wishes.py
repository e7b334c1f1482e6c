"""Wishes over HTTP: kept, withdrawn, strangers, wrong input, twice."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.models.rotations import DutyWish
from tests.support.web import SignIn
from tests.world import World

WISH = {
    "form_key": "k",
    "kind": "day_off",
    "starts_on": "2026-12-01",
    "ends_on": "2026-12-31",
    "weekday": "4",
    "note": "Child care",
}


@pytest.fixture
def me(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.neurologist)
    return client


def wishes_of(database: Database) -> list[DutyWish]:
    with database.read() as session:
        return list(session.scalars(select(DutyWish)))


def test_a_wish_is_kept_shown_and_withdrawn(me: FlaskClient, sqlite_database: Database) -> None:
    """Sent twice it is kept once."""
    assert [me.post("/wishes/", data=WISH).status_code for _ in "ab"] == [303, 303]
    (wish,) = wishes_of(sqlite_database)
    page = me.get("/wishes/").text
    for words in ("Fixed day off", "Fridays, ", "Child care"):
        assert words in page
    action = re.search(rf"/wishes/{wish.id}/withdrawal", page)
    assert action
    assert [me.post(action[0]).status_code for _ in "ab"] == [303, 303]
    assert "Child care" not in me.get("/wishes/").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": "x"}, "Choose one from the list"),
        ({"weekday": "7"}, "Choose one from the list"),
        ({"person_id": "x"}, "Choose one from the list"),
        ({"starts_on": ""}, "Choose a day"),
        ({"ends_on": "2026-11-30"}, "The end must be after the start"),
        ({"starts_on": "2025-12-01", "ends_on": "2025-12-31"}, "These days are over"),
        ({"ends_on": "9999-12-31"}, "Choose a day"),
        ({"note": "x" * 121}, "at most 120 characters"),
        ({"note": "Herr Testmann, geb. 01.02.1950"}, "looks like"),
    ],
)
def test_wrong_input_is_named_and_kept(
    me: FlaskClient, typed: dict[str, str], said: str, sqlite_database: Database
) -> None:
    answer = me.post("/wishes/", data={**WISH, **typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert typed.get("note", "Child care") in answer.text
    assert wishes_of(sqlite_database) == []


def test_the_secretary_enters_for_her_people_and_for_nobody_else(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.secretary)
    own = client.post("/wishes/", data={**WISH, "person_id": str(world.neurologist.id)})
    foreign = client.post("/wishes/", data={**WISH, "form_key": "b", "person_id": str(world.stranger.id)})
    assert (own.status_code, foreign.status_code) == (303, 404)
    (wish,) = wishes_of(sqlite_database)
    assert wish.person_id == world.neurologist.id
    assert "Child care" in client.get(f"/wishes/?who={world.neurologist.id}").text
    assert "Child care" not in client.get(f"/wishes/?who={world.second_neurologist.id}").text


def test_a_stranger_withdraws_nobodys_wish(
    me: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    me.post("/wishes/", data=WISH)
    (wish,) = wishes_of(sqlite_database)
    for person in (world.stranger, world.second_neurologist, world.coordinator):
        other = me.application.test_client()
        sign_in(other, person)
        assert other.post(f"/wishes/{wish.id}/withdrawal").status_code == 404
        assert "Child care" not in other.get("/wishes/").text
