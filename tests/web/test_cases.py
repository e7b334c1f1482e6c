"""The pages of cases: five fields to the earliest board, lists, one case, and what its desk decides."""

from __future__ import annotations

import re
import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from confsched.db import Database
from confsched.domain.kinds import CaseLane, CaseState, ConferenceState
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from tests.support.cases import QUESTION, TITLE, add_board, add_dates, add_series, register
from tests.support.web import SignIn
from tests.world import NEUROLOGY, World

NAME = "Muster, Hans *12.3.51"


@pytest.fixture
def dates(sqlite_database: Database, world: World) -> list[uuid.UUID]:
    """Give three weekly dates of the hub that are open to the spoke, and one that is not."""
    with sqlite_database.transaction() as session:
        foreign = add_series(session, world, title="Closed board")
        add_board(session, world, series=foreign, title="Closed board")
        return [one.id for one in add_dates(session, world, 3)]


@pytest.fixture
def case_id(sqlite_database: Database, world: World, dates: list[uuid.UUID]) -> str:
    """Give a case of the spoke on the first date."""
    with sqlite_database.transaction() as session:
        return str(register(session, world, session.get_one(Conference, dates[0])).id)


def _form(**other: object) -> dict[str, object]:
    typed = {"case_ref": "FK-7Q2M", "question": QUESTION, "disciplines": [NEUROLOGY], "minutes": "7"}
    return {**typed, "form_key": "key-1", **other}


def _pressed(answer: TestResponse) -> list[str]:
    return re.findall(r'name="board" value="([^"]+)"', answer.text)


def _case(database: Database, case_id: str) -> CaseItem:
    with database.read() as session:
        return session.get_one(CaseItem, uuid.UUID(case_id))


def _all_cases(database: Database) -> list[CaseItem]:
    with database.read() as session:
        return list(session.scalars(select(CaseItem)))


def test_five_fields_and_one_press_on_the_earliest_board_register_a_case_once(
    client: FlaskClient, world: World, sign_in: SignIn, dates: list[uuid.UUID], sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    assert "/cases/new" in client.get("/").text
    page = client.get(f"/cases/new?conference_id={dates[1]}").text
    assert re.search(
        r'name="case_ref"[^>]*value="FK-[0-9A-Z]{4}"|value="FK-[0-9A-Z]{4}"[^>]*name="case_ref"', page
    )
    answer = client.post("/cases/", data=_form(wanted=str(dates[1])))
    assert answer.status_code == 200
    assert (answer.text.count(TITLE), "Closed board" in answer.text) == (3, False)
    assert ("earliest that suits" in answer.text, "you come from here" in answer.text) == (True, True)
    boards = _pressed(answer)
    assert [board.partition("/")[0] for board in boards] == [str(one) for one in dates]
    sent = [client.post("/cases/", data=_form(board=boards[0])) for _ in range(2)]
    assert ([one.status_code for one in sent], len({one.location for one in sent})) == ([303, 303], 1)
    [case] = _all_cases(sqlite_database)
    assert (case.conference_id, case.case_ref, case.minutes) == (dates[0], "FK-7Q2M", 7)
    page = client.get(sent[0].location).text
    assert QUESTION in page and "Whoever runs the conference looks at it first." in page
    assert "FK-7Q2M" in client.get("/cases/?show=mine&q=7q2").text
    assert "Nothing found" in client.get("/cases/?show=nonsense&q=zzz&page=nonsense").text


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"question": NAME}, "question"),
        ({"minutes": "0"}, "minutes"),
        ({"minutes": "600"}, "minutes"),
        ({"minutes": "many"}, "minutes"),
        ({"disciplines": []}, "disciplines"),
        ({"case_ref": "?"}, "case_ref"),
        ({"present_from": "noon"}, "present_from"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    dates: list[uuid.UUID],
    other: dict[str, object],
    field: str,
    sqlite_database: Database,
) -> None:
    sign_in(client, world.requester)
    for board in ("", f"{dates[0]}/discussion"):
        answer = client.post("/cases/", data=_form(board=board, **other))
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
        assert QUESTION in answer.text or NAME in answer.text
    assert _all_cases(sqlite_database) == []


def test_a_board_that_was_frozen_or_begins_meanwhile_is_shown_anew(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    dates: list[uuid.UUID],
    sqlite_database: Database,
) -> None:
    sign_in(client, world.requester)
    board = _pressed(client.post("/cases/", data=_form()))[0]
    with sqlite_database.transaction() as session:
        session.get_one(Conference, dates[0]).state = ConferenceState.FROZEN
    answer = client.post("/cases/", data=_form(board=board))
    assert answer.status_code == 409
    assert "This date has changed meanwhile" in answer.text
    assert "the chair would have to approve" in answer.text
    with sqlite_database.transaction() as session:
        session.get_one(Conference, dates[0]).state = ConferenceState.RUNNING
    answer = client.post("/cases/", data=_form(board=board))
    assert (answer.status_code, len(_pressed(answer))) == (409, 2)
    assert _all_cases(sqlite_database) == []


def test_a_date_of_another_house_is_not_there(
    client: FlaskClient, world: World, sign_in: SignIn, dates: list[uuid.UUID], case_id: str
) -> None:
    sign_in(client, world.stranger)
    assert "No date is open to your site" in client.post("/cases/", data=_form()).text
    for board in (f"{dates[0]}/discussion", "nonsense"):
        assert client.post("/cases/", data=_form(board=board)).status_code == 404
    paths = ("change", "lamps", "withdrawal", "triage", "approval", "deferral")
    assert {client.post(f"/cases/{case_id}/{path}").status_code for path in paths} == {404}
    assert {client.get(f"/cases/{case_id}{path}").status_code for path in ("", "/edit")} == {404}


def test_who_brings_no_cases_is_sent_away(client: FlaskClient, world: World, sign_in: SignIn) -> None:
    for person in (world.coordinator, world.auditor):
        sign_in(client, person)
        assert client.get("/cases/new").status_code == client.post("/cases/").status_code == 403


def test_whoever_brings_a_case_changes_it_and_takes_it_back(
    client: FlaskClient, world: World, sign_in: SignIn, case_id: str, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    edit = client.get(f"/cases/{case_id}/edit").text
    [revision] = re.findall(r'name="revision" value="(\d+)"', edit)
    changed = _form(
        revision=revision, question="Is it operable?", present_from="15:10", present_until="15:40"
    )
    answer = client.post(f"/cases/{case_id}/change", data={**changed, "question": NAME})
    assert (answer.status_code, NAME in answer.text) == (422, True)
    assert client.post(f"/cases/{case_id}/change", data=changed).status_code == 303
    assert client.post(f"/cases/{case_id}/change", data=changed).status_code == 409
    page = client.get(f"/cases/{case_id}").text
    assert "Is it operable?" in page and "15:10–15:40" in page
    lamps = {"imaging": "there", "pathology": "not_needed"}
    assert client.post(f"/cases/{case_id}/lamps", data=lamps).status_code == 303
    assert client.post(f"/cases/{case_id}/triage", data={"decision": "discuss"}).status_code == 404
    assert [client.post(f"/cases/{case_id}/withdrawal").status_code for _ in range(2)] == [303, 303]
    assert _case(sqlite_database, case_id).state is CaseState.WITHDRAWN
    assert client.get(f"/cases/{case_id}/edit").status_code == 303
    assert client.post(f"/cases/{case_id}/lamps", data={}).status_code == 409


def test_the_desk_triages_rejects_and_defers(
    client: FlaskClient, world: World, sign_in: SignIn, case_id: str, sqlite_database: Database
) -> None:
    sign_in(client, world.secretary)
    assert f"Triage a case: {TITLE}" in client.get("/").text
    assert "FK-5KR8" in client.get("/cases/?show=desk").text
    triage = f"/cases/{case_id}/triage"
    assert client.post(triage, data={"decision": "nonsense"}).status_code == 422
    answer = client.post(triage, data={"decision": "reject", "reason": " "})
    assert (answer.status_code, 'href="#triage_reason"' in answer.text) == (422, True)
    for _ in range(2):
        assert client.post(triage, data={"decision": "discuss"}).status_code == 303
    assert len(re.findall("btn-primary", client.get(f"/cases/{case_id}").text)) <= 1
    answer = client.post(f"/cases/{case_id}/deferral", data={"to": str(uuid.uuid4())})
    assert (answer.status_code, 'href="#to"' in answer.text) == (422, True)
    first = client.post(f"/cases/{case_id}/deferral", data={"reason": "No time left."}).location
    assert client.post(f"/cases/{case_id}/deferral").location == first
    second = client.post(f"{first}/deferral").location
    page = client.get(second).text
    assert "deferred 2 times" in page
    assert "Reason: No time left." in page  # each date's steps stand there
    assert "To the later date" in client.get(first).text
    sign_in(client, world.requester)
    assert "Your case lacks something" in client.get("/").text
    assert "No time left." in client.get(f"/cases/{case_id}").text
    assert _case(sqlite_database, second.rpartition("/")[2]).deferrals == 2


def test_the_chair_lets_a_late_case_in(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    dates: list[uuid.UUID],
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as session:
        session.get_one(Conference, dates[0]).cutoff_minutes = 7 * 1440
    sign_in(client, world.requester)
    board = _pressed(client.post("/cases/", data=_form()))[0]
    assert board.startswith(str(dates[0]))
    page = client.post("/cases/", data=_form(board=board)).location
    sign_in(client, world.secretary)
    assert "Let a late case in, or move it" in client.get("/").text
    answer = client.post(f"{page}/approval")
    assert (answer.status_code, "Only the chair" in answer.text) == (422, True)
    sign_in(client, world.neurologist)
    assert "Let it in" in client.get(page).text
    assert [client.post(f"{page}/approval").status_code for _ in range(2)] == [303, 303]
    assert _case(sqlite_database, page.rpartition("/")[2]).lane is CaseLane.DISCUSSION


@pytest.mark.usefixtures("dates")
def test_a_secretary_registers_for_a_clinician(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.secretary)
    board = _pressed(client.post("/cases/", data=_form()))[0]
    answer = client.post("/cases/", data=_form(board=board))
    assert (answer.status_code, 'href="#presenter_id"' in answer.text) == (422, True)
    sent = _form(board=board, presenter_id=str(world.neurologist.id))
    assert client.post("/cases/", data=sent).status_code == 303
    assert [one.presenter_id for one in _all_cases(sqlite_database)] == [world.neurologist.id]


def test_more_cases_and_more_dates_ask_no_more_of_the_database(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    statements: list[str] = []
    event.listen(sqlite_database.engine, "before_cursor_execute", lambda *of: statements.append(str(of[2])))
    counts = []
    for number, size in enumerate((2, 9)):
        with sqlite_database.transaction() as session:
            for place, date in enumerate(add_dates(session, world, size, title=f"Board {number}")):
                register(session, world, date, f"{number}-{place}", case_ref=f"FK-{number}{place}XX")
        statements.clear()
        assert client.get("/cases/").status_code == 200
        assert client.post("/cases/", data=_form()).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
