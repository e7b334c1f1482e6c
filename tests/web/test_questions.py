"""The page behind the link of a question: opened by scanners, answered by people, without signing in."""

from __future__ import annotations

import re
import uuid
from datetime import date, time, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.invites import Kind
from confsched.domain.kinds import ConsultState
from confsched.models.consults import Consult
from confsched.services import conferences
from confsched.services.accounts import FREE_FAILURES
from confsched.services.conferences import Draft, Wanted
from tests.support.matrix import picture, without_marks
from tests.support.questions import ask_about, mails, token_for
from tests.support.web import SignIn
from tests.world import NEUROLOGY, NOW, World, local

TUESDAY = date(2026, 11, 24)
TEN = local(TUESDAY, time(10))


@pytest.fixture
def asked(sqlite_database: Database, world: World) -> tuple[uuid.UUID, str]:
    """Give a consult whose consultant was asked, and the secret of the link."""
    with sqlite_database.transaction() as session:
        consult = ask_about(session, world, TEN)
        return consult.id, token_for(session, world.neurologist)


def _state(database: Database, consult_id: uuid.UUID) -> ConsultState:
    with database.read() as session:
        return session.get_one(Consult, consult_id).state


def test_opening_a_link_shows_the_question_and_answers_nothing(
    client: FlaskClient, sqlite_database: Database, asked: tuple[uuid.UUID, str]
) -> None:
    before = picture(sqlite_database)
    for answer in ("", "?answer=yes", "?answer=no", "?answer=other", "?answer=x"):
        page = client.get(f"/questions/{asked[1]}{answer}")
        assert page.status_code == 200
        assert "Dr. Mia Sander, Krankenhaus Moorfeld" in page.text and "FK-7Q2M" in page.text
        assert "thrombectomy" not in page.text and "Neurologie-Konsil" not in page.text
    assert picture(sqlite_database) == before


@pytest.mark.parametrize(
    ("form", "state"),
    [
        ({"answer": "yes"}, ConsultState.BOOKED),
        ({"answer": "no"}, ConsultState.OFFERED),
        ({"answer": "other", "day": "2026-11-25", "at": "11:00"}, ConsultState.HELD),
    ],
)
def test_a_button_answers_without_cookies_and_without_a_form_token(
    app: Flask,
    sqlite_database: Database,
    asked: tuple[uuid.UUID, str],
    form: dict[str, str],
    state: ConsultState,
) -> None:
    client = app.test_client(use_cookies=False)
    answer = client.open(f"/questions/{asked[1]}", method="POST", data=form)
    assert answer.status_code == 303
    assert client.get(answer.location).status_code == 200
    assert _state(sqlite_database, asked[0]) is state


def test_a_page_of_another_origin_cannot_answer(
    client: FlaskClient, sqlite_database: Database, asked: tuple[uuid.UUID, str]
) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    answer = client.post(f"/questions/{asked[1]}", data={"answer": "yes"}, headers=headers)
    assert answer.status_code == 403
    assert _state(sqlite_database, asked[0]) is ConsultState.HELD


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose one of the answers."),
        ({"answer": "perhaps"}, "Choose one of the answers."),
        ({"answer": "other"}, "Choose a day and a time."),
        ({"answer": "other", "day": "2026-11-25", "at": "x"}, "Choose a day and a time."),
        ({"answer": "other", "day": "2026-11-20", "at": "11:00"}, "This time does not help."),
        ({"answer": "other", "day": "2099-01-01", "at": "11:00"}, "This time does not help."),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_answered(
    client: FlaskClient,
    sqlite_database: Database,
    asked: tuple[uuid.UUID, str],
    form: dict[str, str],
    said: str,
) -> None:
    answer = client.post(f"/questions/{asked[1]}", data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert form.get("day", "") in answer.text
    assert _state(sqlite_database, asked[0]) is ConsultState.HELD


def test_settled_run_out_and_unknown_links_look_alike(
    client: FlaskClient, asked: tuple[uuid.UUID, str], moment: time_machine.Traveller
) -> None:
    client.get("/nowhere")
    unknown = without_marks(client.get(f"/questions/{'n' * len(asked[1])}"))
    assert unknown[0] == 404
    assert "Nothing more is asked of you here." in unknown[2].decode()
    moment.shift(timedelta(hours=25))
    paths = re.compile(rb"/questions/[\w-]+")
    for answer in (client.get(f"/questions/{asked[1]}"), client.post(f"/questions/{asked[1]}")):
        status, headers, body = without_marks(answer)
        assert status == 404
        if answer.request.method == "GET":
            assert (headers, paths.sub(b"", body)) == (unknown[1], paths.sub(b"", unknown[2]))
    moment.shift(timedelta(hours=-25))
    client.post(f"/questions/{asked[1]}", data={"answer": "no"})
    status, headers, body = without_marks(client.get(f"/questions/{asked[1]}"))
    assert (status, headers, paths.sub(b"", body)) == (404, unknown[1], paths.sub(b"", unknown[2]))


def test_the_page_speaks_to_whom_it_was_sent(
    client: FlaskClient, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        person = session.merge(world.neurologist)
        person.language, person.zone = "de", "Europe/London"
        ask_about(session, world, TEN)
        token = token_for(session, world.neurologist)
    page = client.get(f"/questions/{token}").text
    assert '<html lang="de"' in page
    assert "09:00" in page
    answer = client.post(f"/questions/{token}", data={"answer": "other", "day": "2026-11-25", "at": "10:00"})
    assert '<html lang="de"' in client.get(answer.location).text
    with sqlite_database.read() as session:
        proposed = mails(session, Kind.CONSULT_NEWS)[-1].snapshot["lines"][-1]
    assert proposed["values"]["at"] == {"at": "2026-11-25T10:00:00+00:00"}


def test_whoever_looks_at_the_mail_cannot_answer_for_its_reader(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    asked: tuple[uuid.UUID, str],
) -> None:
    with sqlite_database.read() as session:
        message_id = mails(session, Kind.AVAILABILITY_QUESTION)[-1].id
    sign_in(client, world.neurologist)
    page = client.get(f"/deliveries/{message_id}")
    assert page.status_code == 200
    assert asked[1] not in page.text


def test_a_planner_asks_with_one_press(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    actor = world.actor(world.secretary)
    draft = Draft("Board", 30, TUESDAY, TUESDAY + timedelta(days=3), (Wanted(discipline=NEUROLOGY),))
    with sqlite_database.transaction() as session:
        conference_id = conferences.plan(session, actor, draft, now=NOW, key="key-1").id
    form = {
        "person_id": str(world.neurologist.id),
        "starts_at": TEN.isoformat(),
        "ends_at": (TEN + timedelta(minutes=30)).isoformat(),
    }
    path = f"/conferences/{conference_id}/questions"
    sign_in(client, world.secretary)
    for wrong in ({"person_id": "x"}, {"person_id": str(world.requester.id)}, {"ends_at": form["starts_at"]}):
        assert client.post(path, data={**form, **wrong}).status_code == 404
    assert client.post(path, data={**form, "starts_at": "soon"}).status_code == 422
    assert [client.post(path, data=form).status_code for _ in range(2)] == [303, 303]
    with sqlite_database.read() as session:
        assert len(mails(session, Kind.AVAILABILITY_QUESTION)) == 1


def test_who_guesses_links_waits_as_at_the_login_and_a_right_link_is_answered_all_the_same(
    client: FlaskClient, asked: tuple[uuid.UUID, str]
) -> None:
    statuses = [client.get(f"/questions/guess-{number}").status_code for number in range(FREE_FAILURES + 2)]
    assert statuses == [404] * FREE_FAILURES + [429] * 2
    assert "Try again in one second." in client.post("/questions/guess", data={"answer": "yes"}).text
    assert client.get(f"/questions/{asked[1]}").status_code == 200
    with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
        assert client.get("/questions/guess").status_code == 404


def test_an_old_link_is_nobodys_guess(client: FlaskClient, asked: tuple[uuid.UUID, str]) -> None:
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        assert {client.get(f"/questions/{asked[1]}").status_code for _ in range(FREE_FAILURES + 2)} == {404}
