"""The legend: codes with hours, who may hold a line, and how swaps are settled."""

from __future__ import annotations

import uuid
from datetime import time

import pytest
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.kinds import AbsenceKind, CountsAs, DayClass, DutyType
from confsched.models.network import Department
from confsched.services import department_settings, duty_codes
from confsched.services.duty_codes import NewCode
from tests.support.rosters import DECEMBER, RosterWorld, build_department
from tests.support.web import SignIn
from tests.world import World

EVENING = {"all_from": "16:00", "all_until": "08:00"}


@pytest.fixture
def ward(sqlite_database: Database, world: World) -> RosterWorld:
    with sqlite_database.transaction() as session:
        return build_department(session, world)


@pytest.fixture
def secretary(ward: RosterWorld, client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    sign_in(client, ward.world.secretary)
    return client


def _legend(ward: RosterWorld) -> str:
    return f"/rosters/{ward.department.id}/codes"


def _form(ward: RosterWorld, **other: str) -> dict[str, str]:
    line = f"line:{ward.lines['N'].id}"
    usual = {"code": "k", "name": "Kurznacht", "stands_for": line, "duty_type": "on_site_standby"}
    return {**usual, "counts_as": "night", **EVENING, **other}


def _codes(database: Database, ward: RosterWorld) -> dict[str, NewCode]:
    with database.read() as session:
        department = session.get_one(Department, ward.department.id)
        return {
            row.code: NewCode(
                *(row.code, row.name, row.line_id, row.absence, row.duty_type, row.counts_as),
                {hours.day_class: (hours.starts, hours.ends) for hours in row.hours},
            )
            for row in duty_codes.list_codes(session, department)
        }


def test_the_legend_says_what_the_letters_mean(secretary: FlaskClient, ward: RosterWorld) -> None:
    page = secretary.get(_legend(ward)).text
    assert "Nacht 16–08" in page and "Duty: Rufbereitschaft" in page and "Absence" in page
    assert '<b class="code-n">N</b>' in page and '<b class="code-u">U</b>' in page


def test_a_code_is_added_with_the_row_that_stands_for_all_days(
    secretary: FlaskClient, ward: RosterWorld, sqlite_database: Database
) -> None:
    form = _form(ward, saturday_from="20:00", saturday_until="08:00")
    answer = secretary.post(_legend(ward), data=form)
    assert (answer.status_code, answer.location) == (303, _legend(ward))
    code = _codes(sqlite_database, ward)["K"]
    assert (code.line_id, code.counts_as, code.duty_type) == (
        *(ward.lines["N"].id, CountsAs.NIGHT, DutyType.ON_SITE_STANDBY),
    )
    assert code.hours[DayClass.SATURDAY] == (time(20), time(8))
    assert len(code.hours) == 6 and code.hours[DayClass.HOLIDAY] == (time(16), time(8))


def test_a_code_that_exists_on_some_days_only_and_an_absence_need_no_helping_row(
    secretary: FlaskClient, ward: RosterWorld, sqlite_database: Database
) -> None:
    friday = _form(ward, all_from="", all_until="", friday_from="14:00", friday_until="22:00")
    assert secretary.post(_legend(ward), data=friday).status_code == 303
    away = _form(ward, code="D", stands_for="absence:other", all_from="", all_until="")
    assert secretary.post(_legend(ward), data=away).status_code == 303
    codes = _codes(sqlite_database, ward)
    assert codes["K"].hours == {DayClass.FRIDAY: (time(14), time(22))}
    assert codes["D"].absence is AbsenceKind.OTHER and codes["D"].line_id is None


def test_a_code_is_changed_in_the_form_that_shows_it(
    secretary: FlaskClient, ward: RosterWorld, sqlite_database: Database
) -> None:
    with sqlite_database.read() as session:
        department = session.get_one(Department, ward.department.id)
        code_id = next(row.id for row in duty_codes.list_codes(session, department) if row.code == "N")
    page = secretary.get(f"{_legend(ward)}?edit={code_id}").text
    assert f'value="{code_id}"' in page and 'value="Nacht"' in page and 'value="16:00"' in page
    form = _form(ward, code_id=str(code_id), code="N", name="Spätnacht", all_from="18:00")
    assert secretary.post(_legend(ward), data=form).status_code == 303
    assert _codes(sqlite_database, ward)["N"].name == "Spätnacht"


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "N"}, "code"),
        ({"code": "N/R"}, "code"),
        ({"name": ""}, "name"),
        ({"stands_for": "line:x"}, "stands_for"),
        ({"stands_for": f"line:{uuid.UUID(int=5)}"}, "stands_for"),
        ({"stands_for": "absence:party"}, "stands_for"),
        ({"duty_type": "x"}, "duty_type"),
        ({"counts_as": "x"}, "counts_as"),
        ({"all_from": "", "all_until": ""}, "all_from"),
        ({"friday_from": "14:00"}, "friday_until"),
        ({"friday_from": "25:00", "friday_until": "08:00"}, "friday_from"),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_nothing_typed_is_lost(
    secretary: FlaskClient, ward: RosterWorld, sqlite_database: Database, other: dict[str, str], field: str
) -> None:
    before = _codes(sqlite_database, ward)
    answer = secretary.post(_legend(ward), data=_form(ward, **other))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text and f'href="#{field}"' in answer.text
    assert 'value="16:00"' in answer.text or "all_from" in other
    assert _codes(sqlite_database, ward) == before


def test_the_same_code_twice_is_one_code(secretary: FlaskClient, ward: RosterWorld) -> None:
    assert secretary.post(_legend(ward), data=_form(ward)).status_code == 303
    again = secretary.post(_legend(ward), data=_form(ward))
    assert again.status_code == 422 and "The legend has K already." in again.text


def test_a_code_is_removed_unless_a_month_uses_it(
    secretary: FlaskClient, ward: RosterWorld, sqlite_database: Database
) -> None:
    with sqlite_database.read() as session:
        department = session.get_one(Department, ward.department.id)
        ids = {row.code: str(row.id) for row in duty_codes.list_codes(session, department)}
    cell = [str(ward.person("Kolb").id), "2026-12-10", "N", 0]
    secretary.post(f"/rosters/{ward.department.id}/2026-12/cells", json={"edits": [cell]})
    kept = secretary.post(f"{_legend(ward)}/removal", data={"code_id": ids["N"]})
    assert kept.status_code == 409 and "N stands in the month 12/2026." in kept.text
    assert secretary.post(f"{_legend(ward)}/removal", data={"code_id": ids["F"]}).status_code == 303
    assert secretary.post(f"{_legend(ward)}/removal", data={"code_id": ids["F"]}).status_code == 404
    assert secretary.post(f"{_legend(ward)}/removal", data={"code_id": "F"}).status_code == 422
    assert set(_codes(sqlite_database, ward)) == {"T", "N", "R", "H", "U"}


def test_people_are_named_for_a_line(
    secretary: FlaskClient, ward: RosterWorld, sqlite_database: Database
) -> None:
    line, kolb = ward.lines["R"], ward.person("Kolb")
    form = {"line_id": str(line.id), "person_id": str(kolb.id)}
    assert secretary.post(f"{_legend(ward)}/people", data=form).status_code == 303
    with sqlite_database.read() as session:
        department = session.get_one(Department, ward.department.id)
        named, staff = department_settings.list_line_people(session, department, DECEMBER)
    assert {one.line.id: one.named for one in named}[line.id] == {kolb.id}
    assert len(staff) == len(ward.people)
    assert "1 named" in secretary.get(_legend(ward)).text
    for other in ("x", str(ward.world.stranger.id)):
        answer = secretary.post(f"{_legend(ward)}/people", data=form | {"person_id": other})
        assert answer.status_code == 422 and ward.world.stranger.name not in answer.text


@pytest.mark.parametrize(("sent", "needed"), [({}, False), ({"swaps_need_approval": "yes"}, True)])
def test_the_department_says_whether_swaps_wait_for_the_secretary(
    secretary: FlaskClient,
    ward: RosterWorld,
    sqlite_database: Database,
    sent: dict[str, str],
    needed: bool,
) -> None:
    for _ in range(2):
        assert secretary.post(f"{_legend(ward)}/settings", data=sent).status_code == 303
    with sqlite_database.read() as session:
        assert session.get_one(Department, ward.department.id).swaps_need_approval is needed


def test_colleagues_read_the_legend_and_strangers_do_not_find_it(
    ward: RosterWorld, client: FlaskClient, sign_in: SignIn
) -> None:
    sign_in(client, ward.person("Rieger"))
    page = client.get(_legend(ward)).text
    assert "Nacht 16–08" in page and "/removal" not in page and "code-form" not in page
    for path in ("", "/removal", "/people", "/settings"):
        assert client.post(_legend(ward) + path).status_code == 403
    sign_in(client, ward.world.stranger)
    assert client.get(_legend(ward)).status_code == 404
