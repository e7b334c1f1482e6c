"""The screen of a running conference over HTTP: each press, and a text that is never lost."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from confsched.db import Database
from confsched.domain.kinds import CaseState, ConferenceState, Partstat
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import conference_run
from confsched.services.cases import list_cases
from confsched.services.shared_texts import text_mark
from tests.support.conference_run import REFS, add_cases, add_conference, begin, require_neurologist
from tests.support.web import SignIn
from tests.world import NOW, PASSWORD, World

ADVICE = "Resection, then adjuvant therapy."
MINE = "Radiation instead, says the second assistant."


@pytest.fixture
def running(sqlite_database: Database, world: World) -> uuid.UUID:
    with sqlite_database.transaction() as session:
        return begin(session, world).id


@pytest.fixture
def secretary(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.secretary)
    return client


@contextmanager
def _opened(database: Database, conference_id: uuid.UUID) -> Iterator[tuple[Conference, list[CaseItem]]]:
    with database.read() as session:
        conference = session.get_one(Conference, conference_id)
        yield conference, list_cases(session, conference)


def _case_ids(database: Database, conference_id: uuid.UUID) -> list[uuid.UUID]:
    with _opened(database, conference_id) as (_conference, cases):
        return [case.id for case in cases]


def _post(client: FlaskClient, conference_id: uuid.UUID, what: str, **values: object) -> TestResponse:
    return client.post(f"/conferences/{conference_id}/run/{what}", data=values)


def _write(
    client: FlaskClient, conference_id: uuid.UUID, case_id: uuid.UUID, **values: object
) -> TestResponse:
    usual = {"case_id": case_id, "recommendation": ADVICE, "mark": text_mark(""), "step": "finish"}
    return _post(client, conference_id, "recommendation", **{**usual, **values})


def test_below_quorum_the_page_asks_for_a_reason_and_keeps_it(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        conference = add_conference(session, world)
        add_cases(session, world, conference)
        require_neurologist(conference)
        assert conference.booking is not None
        conference.booking.participations[0].partstat = Partstat.DECLINED
        conference_id = conference.id
    assert "There is no quorum: neurology missing" in secretary.get(f"/conferences/{conference_id}/run").text
    refused = _post(secretary, conference_id, "start")
    assert refused.status_code == 422 and 'aria-invalid="true"' in refused.text
    assert _post(secretary, conference_id, "start", below_quorum_reason="Urgent case").status_code == 303
    assert _post(secretary, conference_id, "start").status_code == 303, "pressed twice"
    with _opened(sqlite_database, conference_id) as (stored, _cases):
        assert stored.state is ConferenceState.RUNNING
        assert [step.reason for step in stored.steps] == ["", "Urgent case"]


def test_an_assistant_goes_from_case_to_case_by_one_press_each(
    secretary: FlaskClient, sqlite_database: Database, running: uuid.UUID
) -> None:
    first, second, third = _case_ids(sqlite_database, running)
    assert f"Call {REFS[0]}" in secretary.get(f"/conferences/{running}/run").text
    assert _post(secretary, running, "call", case_id=first).status_code == 303
    page = secretary.get(f"/conferences/{running}/run").text
    assert f"Done, call {REFS[1]}" in page and 'data-since="0">0:00</b> of 7 min' in page
    assert _write(secretary, running, first, step="next", follow_up_on="2026-12-24").status_code == 303
    assert _post(secretary, running, "note", case_id=second).status_code == 303
    assert _post(secretary, running, "call", case_id=third).status_code == 303
    refused = _post(secretary, running, "end")
    assert refused.status_code == 409 and f"{REFS[2]} is being talked about" in refused.text
    assert _post(secretary, running, "pause", case_id=third).status_code == 303
    answer = _post(secretary, running, "end")
    assert answer.headers["Location"] == f"/conferences/{running}/minutes"
    with _opened(sqlite_database, running) as (stored, cases):
        assert [case.state.value for case in cases] == ["recommended", "noted", "scheduled"]
        assert (cases[0].recommendation, str(cases[0].follow_up_on)) == (ADVICE, "2026-12-24")
        assert stored.state is ConferenceState.MINUTES_DRAFT


def test_a_refused_text_stays_in_the_field_of_its_case(
    secretary: FlaskClient, sqlite_database: Database, running: uuid.UUID
) -> None:
    first = _case_ids(sqlite_database, running)[0]
    _post(secretary, running, "call", case_id=first)
    name = "Muster, Hans *12.3.51"
    for values, told in (
        ({"recommendation": name}, "This looks like"),
        ({"follow_up_on": "tomorrow", "recommendation": MINE}, "Not a valid date value."),
        ({"follow_up_on": "2036-01-01", "recommendation": MINE}, "within the next two years"),
    ):
        answer = _write(secretary, running, first, **values)
        assert answer.status_code == 422 and told in answer.text
        assert values["recommendation"] in answer.text and REFS[0] in answer.text
    with _opened(sqlite_database, running) as (_conference, cases):
        assert (cases[0].recommendation, cases[0].state) == ("", CaseState.IN_DISCUSSION)


def test_of_two_assistants_the_later_sees_both_texts_and_joins_them(
    secretary: FlaskClient, sqlite_database: Database, running: uuid.UUID
) -> None:
    first = _case_ids(sqlite_database, running)[0]
    _post(secretary, running, "call", case_id=first)
    assert _write(secretary, running, first, step="save").status_code == 303
    answer = _write(secretary, running, first, recommendation=MINE)
    assert answer.status_code == 409
    assert ADVICE in answer.text and MINE in answer.text
    (mark,) = re.findall(r'name="mark"[^>]*value="([0-9a-f]+)"', answer.text)
    joined = f"{ADVICE} {MINE}"
    assert _write(secretary, running, first, recommendation=joined, mark=mark).status_code == 303
    with _opened(sqlite_database, running) as (_conference, cases):
        assert (cases[0].recommendation, cases[0].state) == (joined, CaseState.RECOMMENDED)


def test_a_text_outlives_a_session_that_ended_and_is_saved_by_signing_in(
    client: FlaskClient, sqlite_database: Database, running: uuid.UUID, world: World
) -> None:
    first = _case_ids(sqlite_database, running)[0]
    with sqlite_database.transaction() as session:
        case = session.get_one(CaseItem, first)
        conference_run.call_case(session, world.actor(world.secretary), case, now=NOW)
    kept = _write(client, running, first)
    assert kept.status_code == 401 and ADVICE in kept.text and "Your session has ended" in kept.text
    values = {"case_id": first, "recommendation": ADVICE, "mark": text_mark(""), "step": "finish"}
    wrong = _post(client, running, "sign-in", **values, email=world.secretary.email, password="wrong")
    assert wrong.status_code == 422 and ADVICE in wrong.text
    with _opened(sqlite_database, running) as (_conference, cases):
        assert cases[0].recommendation == ""
    saved = _post(client, running, "sign-in", **values, email=world.secretary.email, password=PASSWORD)
    assert saved.status_code == 303
    with _opened(sqlite_database, running) as (_conference, cases):
        assert cases[0].recommendation == ADVICE
    assert client.get(f"/conferences/{running}/run").status_code == 200, "signed in"


def test_a_form_token_from_before_keeps_the_text_too(
    secretary: FlaskClient, sqlite_database: Database, running: uuid.UUID
) -> None:
    first = _case_ids(sqlite_database, running)[0]
    values = {"case_id": first, "recommendation": ADVICE, "step": "save"}
    path = f"/conferences/{running}/run/recommendation"
    answer = secretary.post(path, data=values, csrf=False)
    assert answer.status_code == 400 and ADVICE in answer.text


def test_attendance_is_one_press_and_a_late_comer_is_found_by_name(
    secretary: FlaskClient, running: uuid.UUID, world: World
) -> None:
    for mark, told in (("remote", "remote, "), ("left", "08:00–08:00"), ("on_site", "on site, ")):
        answer = _post(secretary, running, "attendance", person_id=world.requester.id, mark=mark)
        assert answer.headers["Location"].endswith("#attendance")
        assert told in secretary.get(f"/conferences/{running}/run").text
    _post(secretary, running, "attendance", person_id=world.requester.id, mark="not_there")
    assert "0 there" in secretary.get(f"/conferences/{running}/run").text
    found = secretary.get(f"/conferences/{running}/run?person=han").text
    assert world.second_requester.name in found
    assert _post(secretary, running, "attendance", person_id="x", mark="on_site").status_code == 422
    assert _post(secretary, running, "attendance", person_id=world.requester.id, mark="x").status_code == 422
    unknown = {"person_id": uuid.uuid4(), "mark": "on_site"}
    assert _post(secretary, running, "attendance", **unknown).status_code == 404


def test_who_takes_part_or_is_a_stranger_does_not_run_a_conference(
    client: FlaskClient, sqlite_database: Database, running: uuid.UUID, world: World, sign_in: SignIn
) -> None:
    first = _case_ids(sqlite_database, running)[0]
    for person in (world.requester, world.stranger):
        sign_in(client, person)
        assert client.get(f"/conferences/{running}/run").status_code == 404
        assert _post(client, running, "call", case_id=first).status_code == 404
        assert _write(client, running, first).status_code == 404
    sign_in(client, world.auditor)
    assert client.get(f"/conferences/{running}/run").status_code == 403
    assert _write(client, running, first).status_code == 403
    sign_in(client, world.neurologist)  # the chair
    assert client.get(f"/conferences/{running}/run").status_code == 200


def test_a_case_is_deferred_and_a_start_or_an_end_by_mistake_is_undone(
    secretary: FlaskClient, sqlite_database: Database, running: uuid.UUID
) -> None:
    assert _post(secretary, running, "false-start").status_code == 303
    assert _post(secretary, running, "start").status_code == 303
    first, second, _third = _case_ids(sqlite_database, running)
    _post(secretary, running, "call", case_id=first)
    assert _post(secretary, running, "deferral", case_id=first, reason="No imaging").status_code == 303
    refused = _post(secretary, running, "deferral", case_id=second, to=uuid.uuid4())
    assert refused.status_code == 422
    assert _post(secretary, running, "call").status_code == 422
    assert _post(secretary, running, "end").status_code == 303
    assert _post(secretary, running, "resumption").status_code == 303
    with _opened(sqlite_database, running) as (stored, cases):
        assert (stored.state, cases[0].state) == (ConferenceState.RUNNING, CaseState.DEFERRED)
