"""The page of an urgent consult: the next step first, each move by one press, and nothing for strangers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import TeleradiologyKind, UrgentKind, UrgentState
from confsched.models.people import Person
from confsched.models.urgent import UrgentConsult, UrgentStep
from confsched.services import engine
from tests.support.alerting import add_consult, add_point
from tests.support.ladders import line_step, put_on_duty, ring, set_ladder
from tests.support.web import SignIn
from tests.world import NOW, World


@pytest.fixture
def consult(world: World, sqlite_database: Database) -> UrgentConsult:
    """Give a telestroke request that rings at the neurologist."""
    with sqlite_database.transaction() as session:
        set_ladder(session, world, line_step(world.line))
        for person in (world.neurologist, world.second_neurologist):
            add_point(session, person)
        put_on_duty(session, world.line, world.neurologist)
        engine.record_cycle(session, "worker", NOW)
        return ring(session, world)


@pytest.fixture
def hub(app: Flask, world: World, sign_in: SignIn) -> FlaskClient:
    """Give the browser of the neurologist who is called."""
    client = app.test_client()
    sign_in(client, world.neurologist)
    return client


@pytest.fixture
def spoke(app: Flask, world: World, sign_in: SignIn) -> FlaskClient:
    """Give the browser of who asked."""
    client = app.test_client()
    sign_in(client, world.requester)
    return client


def _state(database: Database, consult: UrgentConsult) -> UrgentState:
    with database.read() as session:
        return session.get_one(UrgentConsult, consult.id).state


def _steps(database: Database, consult: UrgentConsult) -> list[str]:
    with database.read() as session:
        query = select(UrgentStep.code).where(UrgentStep.consult_id == consult.id)
        return list(session.scalars(query.order_by(UrgentStep.number)))


def _post(client: FlaskClient, consult: UrgentConsult, noun: str, **data: str) -> int:
    return client.post(f"/urgent/{consult.id}/{noun}", data=data).status_code


def test_both_sides_see_their_own_next_step_first(
    hub: FlaskClient, spoke: FlaskClient, consult: UrgentConsult
) -> None:
    called, asking = hub.get(f"/urgent/{consult.id}").text, spoke.get(f"/urgent/{consult.id}").text
    assert "Acknowledge, I take it" in called
    assert "You are alerted." in called
    assert "Acknowledge, I take it" not in asking
    assert "It rings. Nobody has acknowledged yet." in asking
    for page in (called, asking):
        assert consult.case_ref in page
        assert "Dr. Jana Okafor" in page


def test_a_stroke_goes_from_the_first_press_to_the_end(
    hub: FlaskClient, spoke: FlaskClient, consult: UrgentConsult, sqlite_database: Database
) -> None:
    moves: tuple[tuple[FlaskClient, str, dict[str, str]], ...] = (
        (hub, "acknowledgement", {}),
        (spoke, "connection", {}),
        (hub, "recommendation", {"recommendation": "thrombolysis_transfer", "note": "Start at once"}),
        (spoke, "items", {"item": "needle"}),
        (spoke, "items", {"item": "bed_accepted"}),
        (spoke, "items", {"item": "bed_accepted", "done": "0"}),
        (hub, "phoned-result", {"to": "Dr. Sander", "at": "07:58", "read_back": "y"}),
        (hub, "report", {}),
        (spoke, "closure", {}),
    )
    for client, noun, data in moves:
        for _ in range(2):  # sent twice is as good as once
            assert _post(client, consult, noun, **data) == 303, noun
            assert client.get(f"/urgent/{consult.id}").status_code == 200
    assert _steps(sqlite_database, consult) == [
        *("requested", "alerted", "acknowledged", "connected", "recommended", "needle"),
        *("bed_accepted", "bed_accepted", "phoned", "reported", "closed"),
    ]
    page = spoke.get(f"/urgent/{consult.id}").text
    assert "This consult is over." in page
    assert "Taken back: Bed accepted" in page
    assert "Result phoned to Dr. Sander" in page


def test_images_are_read_from_the_indication_to_the_report(
    hub: FlaskClient, spoke: FlaskClient, world: World, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        consult = add_consult(
            session, world, kind=UrgentKind.TELERADIOLOGY, legal_kind=TeleradiologyKind.TELERADIOLOGY
        )
    moves: tuple[tuple[FlaskClient, str, dict[str, str]], ...] = (
        (hub, "acknowledgement", {}),
        (hub, "indication", {"answer": "refused", "reason": "Sonography first"}),
        (hub, "indication", {"answer": "modality", "reason": "MR"}),
        (hub, "indication", {"answer": "given", "reason": "Plain CT"}),
        *((spoke, "scan", {}), (spoke, "images", {}), (hub, "reading", {})),
        (hub, "phoned-result", {"to": "Dr. Sander"}),
        *((hub, "report", {}), (spoke, "closure", {})),
    )
    for client, noun, data in moves:
        assert hub.get(f"/urgent/{consult.id}").status_code == 200
        assert _post(client, consult, noun, **data) == 303, noun
    assert _state(sqlite_database, consult) is UrgentState.CLOSED


def test_who_presses_second_reads_who_was_faster(
    app: Flask, hub: FlaskClient, consult: UrgentConsult, world: World, sign_in: SignIn
) -> None:
    late = app.test_client()
    sign_in(late, world.second_neurologist)
    assert _post(hub, consult, "acknowledgement") == 303
    answer = late.post(f"/urgent/{consult.id}/acknowledgement")
    assert answer.status_code == 409
    assert "Dr. Jana Okafor has taken this consult already." in answer.text


def test_what_does_not_follow_is_refused_with_a_sentence_and_changes_nothing(
    hub: FlaskClient, consult: UrgentConsult, sqlite_database: Database
) -> None:
    for noun in ("connection", "report", "closure", "reading", "second-consultant", "hand-over"):
        answer = hub.post(f"/urgent/{consult.id}/{noun}")
        assert answer.status_code == 409, noun
        assert 'role="alert"' in answer.text
    assert _steps(sqlite_database, consult) == ["requested", "alerted"]


def test_who_asks_does_not_answer(
    spoke: FlaskClient, consult: UrgentConsult, sqlite_database: Database
) -> None:
    data = {"recommendation": "stay", "answer": "given", "to": "Dr. Sander"}
    for noun in ("acknowledgement", "recommendation", "indication", "reading", "phoned-result", "report"):
        answer = spoke.post(f"/urgent/{consult.id}/{noun}", data=data)
        assert answer.status_code == 422, noun
        assert "This is for who answers" in answer.text
    assert _steps(sqlite_database, consult) == ["requested", "alerted"]


@pytest.mark.parametrize(
    ("noun", "data", "said"),
    [
        ("recommendation", {"recommendation": "prayer", "note": "kept words"}, "Choose one of the entries"),
        ("recommendation", {"recommendation": "stay", "note": "Muster, Hans *12.3.51"}, "patient"),
        ("phoned-result", {"to": " ", "phone_note": "kept words"}, "Say to whom"),
        ("cancellation", {"code": "duplicate", "end_reason": ""}, "Say which consult it doubles."),
        ("cancellation", {"code": "bored", "end_reason": "kept words"}, "false alarm or a duplicate"),
        ("hand-over", {"person_id": "nobody"}, "Choose one of the people proposed."),
        ("items", {"item": "prayer"}, "Choose one of the entries"),
    ],
)
def test_wrong_input_is_named_at_its_field_and_what_was_typed_stays(
    hub: FlaskClient, consult: UrgentConsult, noun: str, data: dict[str, str], said: str
) -> None:
    _post(hub, consult, "acknowledgement")
    answer = hub.post(f"/urgent/{consult.id}/{noun}", data=data)
    assert answer.status_code == 422
    assert said in answer.text
    assert ("kept words" in answer.text) == ("kept words" in data.values())


def test_a_false_alarm_ends_it_for_both_sides_and_stops_the_ladder(
    hub: FlaskClient, spoke: FlaskClient, consult: UrgentConsult, sqlite_database: Database
) -> None:
    assert _post(spoke, consult, "cancellation", code="false_alarm") == 303
    with sqlite_database.read() as session:
        row = session.get_one(UrgentConsult, consult.id)
        assert row.ended_at == NOW
        assert all(rung.entered_at or rung.stopped_at for rung in row.rungs)
    assert "This consult is over." in hub.get(f"/urgent/{consult.id}").text


def test_a_second_consultant_joins_and_takes_over_and_both_are_seen(
    app: Flask, hub: FlaskClient, consult: UrgentConsult, world: World, sign_in: SignIn
) -> None:
    other = app.test_client()
    sign_in(other, world.second_neurologist)
    _post(hub, consult, "acknowledgement")
    assert _post(other, consult, "second-consultant") == 303
    assert "Dr. Jana Okafor, Dr. Tom Brandt" in hub.get(f"/urgent/{consult.id}").text
    assert _post(other, consult, "hand-over", person_id=str(world.second_neurologist.id)) == 303
    page = hub.get(f"/urgent/{consult.id}").text
    assert "Handed over to Dr. Tom Brandt" in page
    assert "with Dr. Tom Brandt" in page


def _tag(page: str) -> str:
    found = re.search(r'data-tag="([^"]+)"', page)
    assert found is not None
    return found[1].replace("&quot;", '"')


def test_an_open_page_is_answered_with_304_until_something_changes(
    hub: FlaskClient,
    spoke: FlaskClient,
    consult: UrgentConsult,
    moment: time_machine.Traveller,
    sqlite_database: Database,
) -> None:
    url = f"/urgent/{consult.id}/live"
    tag = _tag(hub.get(f"/urgent/{consult.id}").text)

    def ask(etag: str) -> int:
        return hub.get(url, headers={"If-None-Match": etag}).status_code

    assert tag.startswith('"')
    assert ask(tag) == 304
    assert ask("") == ask("nonsense") == ask('"1-x-0-y"') == ask(f'"1-{"9" * 5000}-0-y"') == 200
    assert spoke.get(url, headers={"If-None-Match": tag}).status_code == 200  # what one sees is one's own
    moment.shift(timedelta(seconds=5))
    assert ask(tag) == 304
    moment.shift(timedelta(seconds=6))  # the goal of the first alert has passed, and the worker is late
    fresh = hub.get(url, headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert "Nothing leaves the house at the moment." in fresh.text
    with sqlite_database.transaction() as session:
        engine.record_cycle(session, "worker", NOW + timedelta(seconds=11))
    again = hub.get(url, headers={"If-None-Match": fresh.headers["ETag"]})
    assert again.status_code == 200
    assert ask(again.headers["ETag"]) == 304
    _post(hub, consult, "acknowledgement")
    assert ask(again.headers["ETag"]) == 200


def test_a_stranger_reads_what_does_not_exist(
    client: FlaskClient, consult: UrgentConsult, world: World, sign_in: SignIn
) -> None:
    people: tuple[tuple[Person, int], ...] = (
        *((world.stranger, 404), (world.secretary, 403)),
        *((world.admin, 403), (world.auditor, 403)),
    )
    for person, status in people:
        sign_in(client, person)
        for path in ("", "/live"):
            assert client.get(f"/urgent/{consult.id}{path}").status_code == status
