"""Further education over HTTP: the chamber's numbers, check-in on a phone, reports, certificates."""

from __future__ import annotations

import uuid

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.models.cme import CheckInCode, CmeReport
from confsched.models.conferences import Attendance, Conference
from tests.support.conferences import START, add_conference
from tests.support.web import SignIn
from tests.world import World

EFN, OTHER_EFN = "802760100000017", "802760200000025"
VNR = "2761234567890123456"
LETTER = {"vnr": VNR, "password": "geheim", "category": "C", "points": "2", "least_minutes": "0"}


@pytest.fixture
def conference_id(sqlite_database: Database, world: World) -> uuid.UUID:
    with sqlite_database.transaction() as session:
        return add_conference(session, world).id


@pytest.fixture
def desk(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.secretary)
    return client


def page(conference_id: uuid.UUID, rest: str = "") -> str:
    return f"/conferences/{conference_id}/cme{rest}"


def codes(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(CheckInCode.code)))


def attendances(database: Database) -> list[Attendance]:
    with database.read() as session:
        return list(session.scalars(select(Attendance)))


def test_from_the_letter_of_the_chamber_to_report_and_certificate(
    desk: FlaskClient, conference_id: uuid.UUID, sqlite_database: Database
) -> None:
    assert desk.post(page(conference_id, "/event"), data=LETTER).status_code == 303
    assert desk.post(page(conference_id, "/codes")).status_code == 303
    (code,) = codes(sqlite_database)
    assert f"{code[:4]}-{code[4:]}" in desk.get(page(conference_id, "/list")).text
    visitor = desk.application.test_client()
    with time_machine.travel(START, tick=False):
        assert visitor.get(f"/check-in/?code={code[:4].lower()}-{code[4:]}").status_code == 303
        for _ in range(2):
            answer = visitor.post(f"/check-in/{code}", data={"mode": "on_site", "efn": EFN})
            assert answer.status_code == 303
    (row,) = attendances(sqlite_database)
    assert row.efn == EFN
    assert desk.post(page(conference_id, "/reports"), data={"kind": "full"}).status_code == 303
    with sqlite_database.read() as session:
        report = session.scalars(select(CmeReport)).one()
    file = desk.get(f"/cme-reports/{report.id}.csv")
    assert file.text.splitlines()[1] == f"{VNR};Gesamtmeldung;{EFN};C;2"
    assert "geheim" not in file.text
    assert "geheim" in desk.get(page(conference_id)).text  # the desk types it into the form of the chamber
    paper = desk.get(f"/certificates/{row.id}.pdf")
    assert paper.data.startswith(b"%PDF-") and b"/StructTreeRoot" in paper.data


def test_a_number_corrected_after_the_report_is_deleted_and_reported_late(
    desk: FlaskClient, conference_id: uuid.UUID, sqlite_database: Database
) -> None:
    desk.post(page(conference_id, "/event"), data=LETTER)
    desk.post(page(conference_id, "/codes"))
    (code,) = codes(sqlite_database)
    with time_machine.travel(START, tick=False):
        desk.application.test_client().post(f"/check-in/{code}", data={"mode": "remote", "efn": EFN})
    (row,) = attendances(sqlite_database)
    desk.post(page(conference_id, "/reports"), data={"kind": "full"})
    other = {"person_id": str(row.person_id), "efn": OTHER_EFN}
    assert desk.post(page(conference_id, "/efn"), data=other).status_code == 303
    assert desk.post(page(conference_id, "/reports"), data={"kind": "late"}).status_code == 409
    for kind in ("deletion", "late"):
        assert desk.post(page(conference_id, "/reports"), data={"kind": kind}).status_code == 303
    with sqlite_database.read() as session:
        made = session.scalars(select(CmeReport).order_by(CmeReport.created_at)).all()
        assert [[entry.efn for entry in one.entries] for one in made] == [[EFN], [EFN], [OTHER_EFN]]
    assert desk.post(page(conference_id, "/reports"), data={"kind": "late"}).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"vnr": "123"}, "vnr"), ({"points": "viele"}, "points"), ({"least_minutes": "-1"}, "least_minutes")],
)
def test_a_wrong_number_is_named_at_its_field_and_what_was_typed_is_kept(
    desk: FlaskClient, conference_id: uuid.UUID, wrong: dict[str, str], field: str
) -> None:
    answer = desk.post(page(conference_id, "/event"), data=LETTER | wrong)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text and f'value="{wrong[field]}"' in answer.text
    assert "geheim" not in answer.text


def test_a_wrong_efn_checks_nobody_in_and_stays_in_its_field(
    desk: FlaskClient, conference_id: uuid.UUID, sqlite_database: Database
) -> None:
    desk.post(page(conference_id, "/codes"))
    (code,) = codes(sqlite_database)
    with time_machine.travel(START, tick=False):
        answer = desk.application.test_client().post(
            f"/check-in/{code}", data={"mode": "on_site", "efn": "80275 0"}
        )
    assert answer.status_code == 422 and 'value="80275 0"' in answer.text
    assert not attendances(sqlite_database)


def test_codes_open_an_hour_before_and_looking_checks_nobody_in(
    desk: FlaskClient, conference_id: uuid.UUID, sqlite_database: Database
) -> None:
    desk.post(page(conference_id, "/codes"))
    (code,) = codes(sqlite_database)
    visitor = desk.application.test_client()
    assert visitor.post(f"/check-in/{code}", data={"mode": "on_site"}).status_code == 409
    assert visitor.get(f"/check-in/{code}").status_code == 200
    assert not attendances(sqlite_database)


def test_an_unknown_code_is_said_at_its_field(client: FlaskClient) -> None:
    answer = client.get("/check-in/?code=ABCD-2345")
    assert answer.status_code == 422 and "There is no such code" in answer.text
    assert 'value="ABCD-2345"' in answer.text


def test_strangers_and_people_without_the_desk_find_nothing(
    client: FlaskClient, world: World, sign_in: SignIn, conference_id: uuid.UUID
) -> None:
    for person in (world.stranger, world.requester):
        sign_in(client, person)
        assert client.get(page(conference_id)).status_code == 404
        assert client.post(page(conference_id, "/reports"), data={"kind": "full"}).status_code == 404
        assert client.get(f"/certificates/{uuid.uuid4()}.pdf").status_code == 404


def test_a_reported_attendance_is_not_struck(
    desk: FlaskClient, conference_id: uuid.UUID, sqlite_database: Database
) -> None:
    desk.post(page(conference_id, "/event"), data=LETTER)
    desk.post(page(conference_id, "/codes"))
    (code,) = codes(sqlite_database)
    with time_machine.travel(START, tick=False):
        desk.application.test_client().post(f"/check-in/{code}", data={"mode": "on_site", "efn": EFN})
    desk.post(page(conference_id, "/reports"), data={"kind": "full"})
    (row,) = attendances(sqlite_database)
    with sqlite_database.read() as session:
        assert session.get_one(Conference, conference_id).id == row.conference_id
    answer = desk.post(
        f"/conferences/{conference_id}/run/attendance",
        data={"person_id": str(row.person_id), "mark": "not_there"},
    )
    assert answer.status_code == 409
    assert len(attendances(sqlite_database)) == 1
