"""What became of recommendations over HTTP: the list, the page, each answer, and who may give it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.kinds import CaseState, FollowUpState, NotDoneReason
from confsched.models.cases import CaseItem
from confsched.services.cases import list_cases
from tests.support.conference_run import REFS, begin, end, recommend
from tests.support.web import SignIn
from tests.world import NOW, World

ADVICE = "Resection, then adjuvant therapy."


@pytest.fixture
def case_id(sqlite_database: Database, world: World) -> uuid.UUID:
    with sqlite_database.transaction() as session:
        case = list_cases(session, begin(session, world))[0]
        recommend(session, world, case, ADVICE, now=NOW)
        return case.id


def test_who_has_presented_a_case_says_what_became_of_it(
    client: FlaskClient, sqlite_database: Database, case_id: uuid.UUID, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.requester)
    assert "Nothing is due today" in client.get("/follow-ups/").text
    assert REFS[0] in client.get("/follow-ups/?show=open").text
    assert ADVICE in client.get(f"/follow-ups/{case_id}").text
    said = {"state": "not_done", "reason": "patients_wish"}
    for _twice in range(2):
        assert client.post(f"/follow-ups/{case_id}/outcome", data=said).status_code == 303
    assert "not carried out" in client.get("/follow-ups/?show=settled").text
    with sqlite_database.read() as session:
        case = session.get_one(CaseItem, case_id)
        assert (case.state, case.follow_up_state) == (CaseState.NOT_IMPLEMENTED, FollowUpState.NOT_DONE)
        assert case.not_done_reason is NotDoneReason.PATIENTS_WISH


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "Choose what became of it."),
        ({"state": "cured"}, "Choose what became of it."),
        ({"state": "not_done", "reason": "laziness"}, "Choose why it was not done."),
        ({"state": "ongoing", "follow_up_on": "soon"}, "Choose a day"),
        ({"state": "ongoing", "follow_up_on": "2026-11-01"}, "within the next two years"),
    ],
)
def test_what_is_not_an_answer_is_named_at_its_field(
    client: FlaskClient, case_id: uuid.UUID, world: World, sign_in: SignIn, said: dict[str, str], told: str
) -> None:
    sign_in(client, world.requester)
    answer = client.post(f"/follow-ups/{case_id}/outcome", data=said)
    assert answer.status_code == 422 and told in answer.text


def test_strangers_and_wrong_roles_find_nothing(
    client: FlaskClient, case_id: uuid.UUID, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.stranger)
    assert client.get(f"/follow-ups/{case_id}").status_code == 404
    assert client.post(f"/follow-ups/{case_id}/outcome", data={"state": "lost"}).status_code == 404
    assert REFS[0] not in client.get("/follow-ups/?show=open").text
    sign_in(client, world.auditor)
    assert client.get("/follow-ups/").status_code == 403


def test_today_names_minutes_to_write_and_recommendations_to_ask_about(
    client: FlaskClient, sqlite_database: Database, case_id: uuid.UUID, world: World, sign_in: SignIn
) -> None:
    with sqlite_database.transaction() as session:
        case = session.get_one(CaseItem, case_id)
        case.follow_up_on = NOW.date()
        end(session, world, case.conference, now=NOW)
        assert case.conference.booking is not None
        case.conference.booking.starts_at = NOW - timedelta(hours=1)
        case.conference.booking.ends_at = NOW
        conference_id = case.conference_id
    sign_in(client, world.requester)
    assert f'href="/follow-ups/{case_id}"' in client.get("/").text
    sign_in(client, world.neurologist)
    page = client.get("/").text
    assert f'href="/conferences/{conference_id}/minutes"' in page and "by Tue 24 Nov" in page
