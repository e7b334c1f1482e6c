"""Absences over HTTP: entered after a look, taken over from a list; strangers, wrong input, twice."""

from __future__ import annotations

import io
import uuid
from datetime import date, time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import AbsenceKind
from confsched.domain.rosters import duty_span
from confsched.models.people import Person
from confsched.models.rosters import Absence, DutyLine
from confsched.models.swaps import DutySwap
from confsched.services import rosters
from tests.support.web import SignIn
from tests.world import NOW, ZONE, World, local

FRIDAY = date(2026, 11, 27)
WEEKEND = {
    "kind": "sick",
    "from_day": "2026-11-27",
    "from_time": "18:00",
    "until_day": "2026-11-30",
    "until_time": "08:00",
}
LIST = "Name;Art;Von;Bis\nDr. Okafor;Urlaub;21.12.2026;03.01.2027\nOkafer;krank;27.11.2026;\n"


@pytest.fixture
def me(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.neurologist)
    return client


@pytest.fixture
def secretary(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    other = client.application.test_client()
    sign_in(other, world.secretary)
    return other


@pytest.fixture
def duty_id(sqlite_database: Database, world: World) -> uuid.UUID:
    with sqlite_database.transaction() as session:
        line = session.get_one(DutyLine, world.line.id)
        holder = session.get_one(Person, world.neurologist.id)
        night = duty_span(FRIDAY, time(16), time(8), ZONE)
        return rosters.record_duties(session, None, line, [(holder, night)], now=NOW, origin="plan")[0].id


def absences_of(database: Database) -> list[Absence]:
    with database.read() as session:
        return list(session.scalars(select(Absence)))


def enter(client: FlaskClient, **typed: object) -> str:
    answer = client.post("/absences/", data={"form_key": "k", "action": "enter", **WEEKEND, **typed})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_the_first_click_shows_what_breaks_and_enters_nothing(
    me: FlaskClient, duty_id: uuid.UUID, sqlite_database: Database
) -> None:
    answer = me.post("/absences/", data={"form_key": "k", "action": "check", **WEEKEND})
    assert answer.status_code == 200
    for words in ("What it would break", "Neurologie Dienst", "Dr. Tom Brandt", str(duty_id)):
        assert words in answer.text
    assert 'value="18:00"' in answer.text
    assert absences_of(sqlite_database) == []


def test_an_absence_is_entered_in_the_readers_zone_and_asks_who_was_ticked(
    me: FlaskClient, duty_id: uuid.UUID, sqlite_database: Database
) -> None:
    page = me.get(enter(me, ask=str(duty_id))).text
    assert "Colleagues are asked" in page
    (absence,) = absences_of(sqlite_database)
    assert (absence.kind, absence.starts_at) == (AbsenceKind.SICK, local(FRIDAY, time(18)))
    with sqlite_database.read() as session:
        assert session.scalars(select(DutySwap.starts_at)).all() == [local(FRIDAY, time(18))]


def test_colleagues_are_asked_afterwards_by_one_button(
    me: FlaskClient, duty_id: uuid.UUID, sqlite_database: Database
) -> None:
    page = enter(me)
    assert "Ask colleagues" in me.get(page).text
    part = {"starts_at": local(FRIDAY, time(18)).isoformat(), "ends_at": "2026-11-28T07:00:00+00:00"}
    answer = me.post("/swaps/", data={"form_key": "b", "duty_id": str(duty_id), **part})
    assert answer.status_code == 303
    assert "Colleagues are asked" in me.get(page).text
    with sqlite_database.read() as session:
        assert len(session.scalars(select(DutySwap)).all()) == 1


def test_without_times_whole_days_are_meant(me: FlaskClient, sqlite_database: Database) -> None:
    enter(me, from_time="", until_time="", until_day="2026-11-27")
    (absence,) = absences_of(sqlite_database)
    assert (absence.starts_at, absence.ends_at) == (
        local(FRIDAY, time(0)),
        local(date(2026, 11, 28), time(0)),
    )


def test_a_form_sent_twice_enters_one_absence(me: FlaskClient, sqlite_database: Database) -> None:
    """Line 11."""
    assert enter(me) == enter(me)
    assert len(absences_of(sqlite_database)) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"from_day": ""}, "Choose a day"),
        ({"until_day": "0001-01-01"}, "Choose a day"),
        ({"until_day": "2026-11-26"}, "The end must be after the start"),
        ({"until_day": "2026-11-27", "until_time": "17:00"}, "The end must be after the start"),
        ({"until_day": "2029-11-27"}, "at most 400 days"),
        ({"kind": "holiday"}, "Choose one from the list"),
        ({"person_id": "rubbish"}, "Choose one from the list"),
        ({"from_day": "2026-10-25", "from_time": "02:30"}, "The clocks change"),
    ],
)
def test_wrong_input_is_named_kept_and_changes_nothing(
    me: FlaskClient, typed: dict[str, str], said: str, sqlite_database: Database
) -> None:
    for action in ("check", "enter"):
        answer = me.post("/absences/", data={"form_key": "k", "action": action, **WEEKEND, **typed})
        assert answer.status_code == 422
        assert said in answer.text
    assert absences_of(sqlite_database) == []


def test_the_secretary_enters_for_her_people_and_for_nobody_else(
    me: FlaskClient, secretary: FlaskClient, world: World, sqlite_database: Database
) -> None:
    page = enter(secretary, person_id=str(world.neurologist.id))
    assert "Sick" in me.get(page).text
    foreign = {"form_key": "x", "action": "enter", **WEEKEND, "person_id": str(world.stranger.id)}
    assert secretary.post("/absences/", data=foreign).status_code == 404
    colleague = {**foreign, "person_id": str(world.second_neurologist.id)}
    assert me.post("/absences/", data=colleague).status_code == 404
    assert len(absences_of(sqlite_database)) == 1


def test_a_colleague_finds_neither_the_absence_nor_its_kind(
    me: FlaskClient, world: World, sign_in: SignIn
) -> None:
    page = enter(me)
    other = me.application.test_client()
    sign_in(other, world.second_neurologist)
    assert other.get(page).status_code == 404
    assert other.post(f"{page}/withdrawal").status_code == 404
    assert page not in other.get("/absences/").text


def test_a_withdrawn_absence_leaves_the_list(me: FlaskClient) -> None:
    page = enter(me)
    assert page in me.get("/absences/").text
    assert [me.post(f"{page}/withdrawal").status_code for _ in "ab"] == [303, 303]
    assert page not in me.get("/absences/").text
    assert "withdrawn" in me.get(page).text


def test_the_list_is_narrowed_by_its_address(me: FlaskClient, world: World) -> None:
    page = enter(me)
    assert page in me.get(f"/absences/?kind=sick&who={world.neurologist.id}&since=2026-11-01").text
    for narrowed in ("kind=leave", "since=2026-12-01", "since=&until=2026-11-01", f"who={uuid.uuid4()}"):
        assert page not in me.get(f"/absences/?{narrowed}").text
    for rubbish in ("kind=x", "who=x", "until=x", "until=0001-01-01", "page=x"):
        assert page in me.get(f"/absences/?{rubbish}").text


def test_a_list_is_looked_through_and_taken_over(
    secretary: FlaskClient, world: World, sqlite_database: Database
) -> None:
    sent = {"file": (io.BytesIO(LIST.encode()), "absences.csv")}
    dry = secretary.post("/absences/import/", data=sent, content_type="multipart/form-data")
    assert dry.status_code == 200
    assert "new: 1, known: 0, unclear: 1, left out: 0" in dry.text
    assert absences_of(sqlite_database) == []
    chosen = {"text": LIST, "person-3": str(world.neurologist.id)}
    assert "new: 2, known: 0" in secretary.post("/absences/import/", data=chosen).text
    take = secretary.post("/absences/import/", data={**chosen, "action": "take"})
    assert take.status_code == 303
    assert len(absences_of(sqlite_database)) == 2
    assert "new: 0, known: 2" in secretary.post("/absences/import/", data=chosen).text
    secretary.post("/absences/import/", data={**chosen, "action": "take"})
    assert len(absences_of(sqlite_database)) == 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Paste the cells"),
        ({"text": "Hello"}, "There is no absence in this list"),
        ({"text": "Okafor;krank;27.11.2026\n" * 501}, "at most 500 rows"),
    ],
)
def test_what_is_no_list_is_refused_and_kept(secretary: FlaskClient, sent: dict[str, str], said: str) -> None:
    answer = secretary.post("/absences/import/", data=sent)
    assert answer.status_code == 422
    assert said in answer.text


def test_a_file_that_is_no_table_is_refused(secretary: FlaskClient) -> None:
    sent = {"file": (io.BytesIO(b"%PDF-1.7 ..."), "absences.csv")}
    answer = secretary.post("/absences/import/", data=sent, content_type="multipart/form-data")
    assert (answer.status_code, "This is a PDF" in answer.text) == (422, True)


def test_only_who_edits_rosters_takes_lists_over(me: FlaskClient) -> None:
    assert me.get("/absences/import/").status_code == 403
    assert me.post("/absences/import/").status_code == 403
