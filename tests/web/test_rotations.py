"""The pages of rotations: made, changed, ended, filled into a month; by whom they are meant for."""

from __future__ import annotations

import uuid
from datetime import date, time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from confsched.db import Database
from confsched.domain.rosters import duty_span
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.models.rotations import DutyRotation
from confsched.services import rosters
from tests.support.rosters import RosterWorld, build_department
from tests.support.web import SignIn
from tests.world import NOW, ZONE, World

MONDAY = "2026-11-30"
HUBS = "/rosters/rotations"


@pytest.fixture
def month(sqlite_database: Database, world: World, client: FlaskClient, sign_in: SignIn) -> RosterWorld:
    """Give a department with an empty December; the client is the secretary's."""
    with sqlite_database.transaction() as session:
        built = build_department(session, world)
    sign_in(client, world.secretary)
    return built


def page_of(month: RosterWorld) -> str:
    return f"/rosters/{month.department.id}/rotations"


def form(month: RosterWorld, **other: object) -> dict[str, object]:
    members = [str(month.person(name).id) for name in ("Voss", "Kolb")]
    return {
        "name": "Hintergrundwoche",
        "code": "H",
        "starts_on": MONDAY,
        "every_days": "7",
        "at": "08:00",
        "last_on": "",
        "member_id": ["", *members, ""],
        "form_key": "form-1",
        **other,
    }


def rows(database: Database) -> list[DutyRotation]:
    with database.read() as session:
        return list(session.scalars(select(DutyRotation).order_by(DutyRotation.starts_on)))


@pytest.fixture
def rotation(client: FlaskClient, month: RosterWorld, sqlite_database: Database) -> str:
    """Give the address of a rotation that begins on Monday."""
    client.post(page_of(month), data=form(month))
    (row,) = rows(sqlite_database)
    return f"/rotations/{row.id}"


def test_a_rotation_is_made_once_and_shown_with_its_turns(
    client: FlaskClient, month: RosterWorld, sqlite_database: Database
) -> None:
    assert "No rotation yet." in client.get(page_of(month)).text
    for _ in "twice":
        answer = client.post(page_of(month), data=form(month))
        assert answer.status_code == 303
    (row,) = rows(sqlite_database)
    assert answer.location == f"/rotations/{row.id}"
    page = client.get(page_of(month)).text
    assert page.count("Dr. Kim Voss</span></li>") == 3 and page.count("Dr. Kim Kolb</span></li>") == 2
    assert "a week each, hand-over at 08:00" in page


def test_a_month_is_filled_and_what_was_left_is_said(client: FlaskClient, rotation: str) -> None:
    for filled in (31, 0):
        answer = client.post(f"{rotation}/fillings", data={"month": "2026-12"})
        assert answer.status_code == 200
        assert f"Days filled: {filled}" in answer.text
    assert "Nothing was left to fill" in answer.text


def test_more_places_keep_what_was_chosen(client: FlaskClient, month: RosterWorld, rotation: str) -> None:
    people = [str(month.person("Voss").id)] * 5
    for path in (page_of(month), f"{rotation}/changes"):
        page = client.post(path, data=form(month, member_id=people, more="1")).text
        assert page.count('name="member_id"') == 11
        assert page.count(f'<option value="{people[0]}" selected>') == 5


def test_a_change_and_an_end_are_shown(
    client: FlaskClient, month: RosterWorld, rotation: str, sqlite_database: Database
) -> None:
    changed = form(month, name="Zwei Wochen", every_days="14", form_key="form-2")
    assert client.post(f"{rotation}/changes", data=changed).location == rotation
    assert "14 days each" in client.get(rotation).text
    for _ in "twice":
        assert client.post(f"{rotation}/end", data={"on": "2026-12-13"}).status_code == 303
    assert "ends on" in client.get(rotation).text
    (row,) = rows(sqlite_database)
    assert row.ends_on and row.ends_on.isoformat() == "2026-12-14"


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"name": ""}, "name"),
        ({"code": "X"}, "code"),
        ({"starts_on": "tomorrow"}, "starts_on"),
        ({"starts_on": "9999-12-31"}, "starts_on"),
        ({"every_days": "week"}, "every_days"),
        ({"every_days": "1" * 30}, "every_days"),
        ({"at": "25:00"}, "at"),
        ({"last_on": "never"}, "last_on"),
        ({"member_id": []}, "members"),
        ({"member_id": ["Voss"]}, "members"),
        ({"member_id": [str(uuid.UUID(int=1))]}, "members"),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_what_was_typed_stays(
    client: FlaskClient,
    month: RosterWorld,
    sqlite_database: Database,
    other: dict[str, object],
    field: str,
) -> None:
    answer = client.post(page_of(month), data=form(month, **{"name": "Woche", **other}))
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text and f'id="{field}-error"' in answer.text
    assert rows(sqlite_database) == []


@pytest.mark.parametrize(
    ("part", "data"),
    [("fillings", {"month": "2026-13"}), ("fillings", {}), ("end", {"on": "x"}), ("end", {})],
)
def test_a_month_or_a_day_that_is_none_changes_nothing(
    client: FlaskClient, rotation: str, part: str, data: dict[str, str]
) -> None:
    answer = client.post(f"{rotation}/{part}", data=data)
    assert answer.status_code == 422 and 'role="alert"' in answer.text


def test_hubs_take_turns_on_a_service(
    client: FlaskClient, month: RosterWorld, sqlite_database: Database
) -> None:
    service, line = month.world.service, month.lines["N"]
    page = client.get(f"{HUBS}?service={service.id}").text
    assert "New rotation for Neurologie-Konsil" in page and "Wendstadt: Neurologie Dienst" in page
    sent = form(month, member_id=[str(line.id)], service_id=str(service.id))
    assert client.post(HUBS, data={**sent, "service_id": ""}).status_code == 422
    for _ in "twice":
        answer = client.post(HUBS, data=sent)
        assert answer.status_code == 303
    (row,) = rows(sqlite_database)
    assert row.service_id == service.id
    assert "Wendstadt: Neurologie Dienst" in client.get(answer.location or "").text
    assert "Hintergrundwoche" in client.get(HUBS).text
    assert client.post(f"/rotations/{row.id}/fillings", data={"month": "2026-12"}).status_code == 422


def test_whom_a_service_reaches_at_an_instant_is_told_with_its_way(
    client: FlaskClient, month: RosterWorld, sqlite_database: Database
) -> None:
    """The local night of the clock change counts; the doubled hour and nonsense are named at their field."""
    service = month.world.service
    with sqlite_database.transaction() as session:
        line, person = session.get_one(DutyLine, month.world.line.id), month.world.neurologist
        night = duty_span(date(2026, 12, 1), time(22), time(6), ZONE)
        holder = session.get_one(Person, person.id)
        rosters.record_duties(session, None, line, [(holder, night)], now=NOW, origin="plan")

    def ask(day: str, at: str, service_id: object = service.id) -> TestResponse:
        return client.get(f"{HUBS}?reach={service_id}&reach_day={day}&reach_time={at}")

    held = ask("2026-12-02", "03:10").text
    assert "Europe/Berlin" in held and f"{person.name} holds" in held
    assert f"Nobody holds {line.name} then." in ask("2026-12-02", "06:00").text
    wrong = [ask("2026-10-25", "02:30"), ask("gestern", "02:30"), ask("2026-12-02", "25:00")]
    wrong += [ask("2026-12-02", "03:10", uuid.uuid4()), ask("2026-12-02", "03:10", "<b>")]
    assert [answer.status_code for answer in wrong] == [422] * 5
    assert all("is-invalid" in answer.text for answer in wrong)


@pytest.mark.parametrize(
    ("who", "see", "change"), [("neurologist", 200, 403), ("stranger", 404, 403), ("auditor", 403, 403)]
)
def test_only_who_looks_after_the_roster_changes_turns(
    client: FlaskClient,
    month: RosterWorld,
    rotation: str,
    sign_in: SignIn,
    who: str,
    see: int,
    change: int,
) -> None:
    sign_in(client, getattr(month.world, who))
    seen: list[TestResponse] = [client.get(rotation), client.get(page_of(month))]
    assert [answer.status_code for answer in seen] == [see] * 2
    assert not any("Save the" in answer.text for answer in seen)
    changes = [
        client.post(page_of(month), data=form(month, form_key="form-2")),
        client.post(HUBS, data=form(month, form_key="form-2")),
        *(client.post(f"{rotation}/{part}", data={}) for part in ("changes", "end", "fillings")),
    ]
    assert [answer.status_code for answer in changes] == [change] * 5
