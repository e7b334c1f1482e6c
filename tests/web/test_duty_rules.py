"""The page of the house's rules: beside the law, wrong numbers at their fields, and the way back."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.services import duty_rules
from confsched.services.duty_rules import LAW_LIMITS, Limits
from tests.support.web import SignIn
from tests.world import World

PATH = "/rosters/rules"
LAW = {name: str(value) for name, value in asdict(LAW_LIMITS).items()}


@pytest.fixture
def secretary(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    """Give the client with the secretary signed in."""
    sign_in(client, world.secretary)
    return client


def _limits(database: Database, world: World) -> Limits:
    with database.read() as session:
        return duty_rules.limits_of(session, world.hub.organisation_id)


def test_each_number_stands_beside_the_one_of_the_law(secretary: FlaskClient) -> None:
    page = secretary.get(PATH).text

    assert "Law: 11" in page
    assert "ArbZG § 5 (1)" in page
    assert "as the law has them" in page
    assert "Back to the law" not in page


def test_saved_numbers_hold_until_the_house_goes_back_to_the_law(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    for _ in range(2):
        answer = secretary.post(PATH, data={**LAW, "rest_hours": " 12 ", "notice_days": "21"})
        assert (answer.status_code, answer.location) == (303, PATH)
    assert _limits(sqlite_database, world) == Limits(rest_hours=12, notice_days=21)
    page = secretary.get(PATH).text
    assert "changed by your house" in page
    assert "Back to the law" in page

    for _ in range(2):
        assert secretary.post(f"{PATH}/restoration").status_code == 303
    assert _limits(sqlite_database, world) == LAW_LIMITS


@pytest.mark.parametrize("typed", ["", "eleven", "-1", "25", "1.5", "9" * 40, "١١"])
def test_what_is_no_such_number_is_named_at_its_field_and_stays_typed(
    secretary: FlaskClient, sqlite_database: Database, world: World, typed: str
) -> None:
    answer = secretary.post(PATH, data={**LAW, "rest_hours": typed, "cap_hours": "16"})

    assert answer.status_code == 422
    assert "Enter a whole number from 1 to 24." in answer.text
    assert 'value="16"' in answer.text
    assert _limits(sqlite_database, world) == LAW_LIMITS


def test_several_wrong_fields_are_named_at_once(secretary: FlaskClient) -> None:
    page = secretary.post(PATH, data={**LAW, "rest_hours": "x", "free_weekends": "y"}).text

    assert page.count('aria-invalid="true"') == 2


def test_who_plans_no_rosters_does_not_get_here(client: FlaskClient, world: World, sign_in: SignIn) -> None:
    sign_in(client, world.neurologist)

    assert client.get(PATH).status_code == 403
    assert client.post(PATH, data=LAW).status_code == 403
    assert client.post(f"{PATH}/restoration").status_code == 403
