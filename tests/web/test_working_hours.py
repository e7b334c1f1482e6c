"""The page of working hours: one's own, and those of the house for a secretary."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.models.people import Person
from confsched.models.rosters import WorkingHoursRow
from tests.support.web import SignIn
from tests.world import World

PAGE = "/working-hours/"


def _form(world: World, **changed: Any) -> dict[str, Any]:
    form = {
        "site_id": str(world.hub.id),
        "weekdays": ["5"],
        "starts": "09:00",
        "ends": "12:00",
        "rhythm": "w2",
        "valid_from": "2026-12-01",
        "form_key": "once",
    }
    return {**form, **changed}


def _rows(database: Database, person: Person) -> list[WorkingHoursRow]:
    with database.read() as session:
        query = select(WorkingHoursRow).where(WorkingHoursRow.person_id == person.id)
        return list(session.scalars(query.order_by(WorkingHoursRow.weekday, WorkingHoursRow.valid_from)))


@pytest.fixture
def doctor(client: FlaskClient, sign_in: SignIn, world: World) -> FlaskClient:
    sign_in(client, world.neurologist)
    return client


def test_the_week_is_shown_with_its_rhythm_and_the_weeks_to_come(doctor: FlaskClient) -> None:
    page = doctor.get(PAGE).text

    assert page.count("08:00–16:00") >= 5 + 8
    assert "every week" in page
    assert "Weihnachtstag" in page


def test_hours_of_every_second_week_are_entered_once(
    doctor: FlaskClient, world: World, sqlite_database: Database
) -> None:
    first, second = (doctor.post(PAGE, data=_form(world)) for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 303)
    row = _rows(sqlite_database, world.neurologist)[-1]
    assert (row.weekday, row.every_weeks, len(_rows(sqlite_database, world.neurologist))) == (5, 2, 6)
    assert "every second week" in doctor.get(PAGE).text


def test_the_first_thursday_of_the_month_is_told_in_words(doctor: FlaskClient, world: World) -> None:
    doctor.post(PAGE, data=_form(world, weekdays=["3"], rhythm="o1", starts="17:00", ends="19:00"))

    assert "first Thursday of the month" in doctor.get(PAGE).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("site_id", "nowhere"),
        ("weekdays", []),
        ("weekdays", ["9"]),
        ("starts", "9 o'clock"),
        ("rhythm", "w99"),
        ("valid_from", ""),
        ("valid_until", "2026-11-01"),
        ("valid_until", "some day"),
    ],
)
def test_what_cannot_be_meant_is_said_and_stays(
    doctor: FlaskClient, world: World, sqlite_database: Database, field: str, value: Any
) -> None:
    answer = doctor.post(PAGE, data=_form(world, **{field: value}))

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert 'value="12:00"' in answer.text
    assert len(_rows(sqlite_database, world.neurologist)) == 5


def test_all_that_cannot_be_read_is_said_at_once(doctor: FlaskClient, world: World) -> None:
    wrong = {"starts": "early", "ends": "", "rhythm": "w99", "valid_from": "soon"}
    answer = doctor.post(PAGE, data=_form(world, **wrong))
    assert answer.status_code == 422
    assert [field for field in wrong if f'href="#{field}"' not in answer.text] == []


@pytest.mark.parametrize("field", ["changes_id", "person_id"])
def test_what_is_no_id_of_a_row_is_not_found_and_enters_nothing(
    doctor: FlaskClient, world: World, sqlite_database: Database, field: str
) -> None:
    assert doctor.post(PAGE, data=_form(world, **{field: "x"})).status_code == 404
    assert len(_rows(sqlite_database, world.neurologist)) == 5


def test_hours_that_overlap_are_refused(doctor: FlaskClient, world: World) -> None:
    answer = doctor.post(PAGE, data=_form(world, weekdays=["1"]))

    assert answer.status_code == 422
    assert re.search(r"On \d\d\.\d\d\.\d{4} these hours overlap", answer.text)


def test_hours_change_from_a_day_on(doctor: FlaskClient, world: World, sqlite_database: Database) -> None:
    friday = _rows(sqlite_database, world.neurologist)[-1]
    page = doctor.get(f"{PAGE}?change={friday.id}").text
    assert f'name="changes_id" value="{friday.id}"' in page

    changed = _form(world, changes_id=str(friday.id), weekdays=["4"], rhythm="w1")
    assert doctor.post(PAGE, data=changed).status_code == 303

    before, after = _rows(sqlite_database, world.neurologist)[-2:]
    assert (before.valid_until, after.valid_from) == (date(2026, 11, 30), date(2026, 12, 1))


def test_hours_are_ended_and_those_to_come_removed(
    doctor: FlaskClient, world: World, sqlite_database: Database
) -> None:
    monday = _rows(sqlite_database, world.neurologist)[0]
    for _ in range(2):
        answer = doctor.post(f"{PAGE}{monday.id}/end", data={"last_on": "2026-12-14"})
        assert answer.status_code == 303
    assert _rows(sqlite_database, world.neurologist)[0].valid_until == date(2026, 12, 14)
    refused = doctor.post(f"{PAGE}{monday.id}/end", data={"last_on": "2025-12-14"})
    assert refused.status_code == 422 and "2025-12-14" in refused.text

    doctor.post(PAGE, data=_form(world))
    saturday = _rows(sqlite_database, world.neurologist)[-1]
    assert doctor.post(f"{PAGE}{monday.id}/removal").status_code == 422
    assert doctor.post(f"{PAGE}{saturday.id}/removal").status_code == 303
    assert len(_rows(sqlite_database, world.neurologist)) == 5


def test_a_secretary_enters_hours_for_people_of_the_house_only(
    client: FlaskClient, sign_in: SignIn, world: World, sqlite_database: Database
) -> None:
    sign_in(client, world.secretary)
    neurologist, stranger = world.neurologist, world.stranger

    assert f"Working hours of {neurologist.name}" in client.get(f"{PAGE}?person={neurologist.id}").text
    assert client.post(PAGE, data=_form(world, person_id=str(neurologist.id))).status_code == 303
    assert len(_rows(sqlite_database, neurologist)) == 6
    assert client.get(f"{PAGE}?person={stranger.id}").status_code == 404
    assert client.post(PAGE, data=_form(world, person_id=str(stranger.id))).status_code == 404


def test_nobody_else_reaches_the_hours_of_a_colleague(
    client: FlaskClient, sign_in: SignIn, world: World, sqlite_database: Database
) -> None:
    sign_in(client, world.second_neurologist)
    row = _rows(sqlite_database, world.neurologist)[0]

    assert client.get(f"{PAGE}?person={world.neurologist.id}").status_code == 404
    assert client.get(f"{PAGE}?change={row.id}").status_code == 404
    assert client.post(f"{PAGE}{row.id}/end", data={"last_on": "2026-12-14"}).status_code == 404
    assert client.post(f"{PAGE}{row.id}/removal").status_code == 404
