"""The page behind the link of an alert: it shows who asks, and one button takes it."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.channels.links import signed
from confsched.db import Database
from confsched.models.contacts import ReadinessCheck
from confsched.models.rosters import Duty
from confsched.models.urgent import Alert, UrgentConsult, UrgentStep
from tests.support.alerting import add_consult, add_point, add_rung, alert_about
from tests.support.matrix import Watch
from tests.support.web import SECRET_KEY
from tests.world import NOW, World

CALL_BACK = "+49 5555 4711"


@pytest.fixture
def alert(world: World, sqlite_database: Database) -> Alert:
    """Give the alert of the neurologist; a colleague has one about the same consult."""
    with sqlite_database.transaction() as session:
        consult = add_consult(session, world)
        rung = add_rung(session, consult)
        for person in (world.neurologist, world.second_neurologist):
            add_point(session, person)
        alert_about(session, consult, rung, world.second_neurologist)
        return alert_about(session, consult, rung, world.neurologist)[0]


def _path(alert: Alert) -> str:
    return f"/alerts/{signed(alert.id, SECRET_KEY)}"


def _consult(database: Database, alert: Alert) -> UrgentConsult:
    assert alert.consult_id is not None
    with database.read() as session:
        return session.get_one(UrgentConsult, alert.consult_id)


def test_opening_the_link_shows_kind_site_and_time_and_changes_nothing(
    client: FlaskClient, alert: Alert, sqlite_database: Database
) -> None:
    """Mail scanners open every link, some of them with script."""
    with closing(Watch(sqlite_database)) as watch:
        before = watch.picture()
        page = client.get(_path(alert))
        client.head(_path(alert))
        assert watch.picture() == before
    assert page.status_code == 200
    assert "Telestroke: Krankenhaus Moorfeld" in page.text
    assert "I take it" in page.text
    for secret in (CALL_BACK, "FK-7Q2M", "Hemiparesis"):
        assert secret not in page.text


def test_one_press_takes_the_consult_shows_the_number_and_calls_nobody_else(
    client: FlaskClient, alert: Alert, sqlite_database: Database, world: World
) -> None:
    """PEER_FAILURES 35."""
    for _ in range(2):
        answer = client.post(f"{_path(alert)}/acknowledgement", csrf=False)
        assert (answer.status_code, answer.location) == (303, _path(alert))
    consult = _consult(sqlite_database, alert)
    assert (consult.consultant_id, consult.acknowledged_at) == (world.neurologist.id, NOW)
    with sqlite_database.read() as session:
        assert session.get_one(Alert, alert.id).seen_at == NOW
    page = client.get(_path(alert)).text
    assert CALL_BACK in page
    assert "I take it" not in page


def test_the_link_passes_it_on_and_says_so_and_the_consult_may_still_be_taken(
    client: FlaskClient, alert: Alert, sqlite_database: Database
) -> None:
    assert "I cannot, pass on" in client.get(_path(alert)).text
    for _ in range(2):
        answer = client.post(f"{_path(alert)}/passing-on", csrf=False)
        assert (answer.status_code, answer.location) == (303, _path(alert))
    page = client.get(_path(alert)).text
    assert "You have passed it on" in page and "I cannot, pass on" not in page and "I take it" in page
    assert CALL_BACK not in page
    assert [step.code for step in _steps(sqlite_database, alert)] == ["passed_on"]
    client.post(f"{_path(alert)}/acknowledgement", csrf=False)
    answer = client.post(f"{_path(alert)}/passing-on", csrf=False)
    assert answer.status_code == 409 and "You have taken this consult already." in answer.text


def _steps(database: Database, alert: Alert) -> list[UrgentStep]:
    with database.read() as session:
        return list(session.scalars(select(UrgentStep).where(UrgentStep.consult_id == alert.consult_id)))


def test_who_comes_second_reads_who_was_faster(
    client: FlaskClient, alert: Alert, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        consult = session.get_one(UrgentConsult, alert.consult_id)
        (late,) = alert_about(session, consult, None, world.second_neurologist)
    client.post(f"{_path(alert)}/acknowledgement", csrf=False)
    answer = client.post(f"{_path(late)}/acknowledgement", csrf=False)
    assert answer.status_code == 409
    assert f"{world.neurologist.name} has taken this consult" in answer.text
    assert CALL_BACK not in answer.text
    assert _consult(sqlite_database, alert).consultant_id == world.neurologist.id


def test_unknown_expired_and_foreign_links_answer_alike(
    client: FlaskClient, alert: Alert, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        session.get_one(UrgentConsult, alert.consult_id).ended_at = NOW - timedelta(hours=24)
    foreign = f"/alerts/{signed(alert.id, 'the key of another house, long enough')}"
    damaged = _path(alert)[:-1]
    for path in (_path(alert), foreign, damaged, "/alerts/x", "/alerts/" + "x" * 200):
        assert client.get(path).status_code == 404
        for noun in ("acknowledgement", "readiness"):
            assert client.post(f"{path}/{noun}", csrf=False).status_code == 404
    texts = {client.get(path).text for path in (_path(alert), foreign, "/alerts/x")}
    assert len({_without_ids(text) for text in texts}) == 1


def _without_ids(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "csrf" not in line and "next" not in line)


def test_a_link_is_still_read_a_day_after_the_end_but_takes_nothing(
    client: FlaskClient, alert: Alert, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        consult = session.get_one(UrgentConsult, alert.consult_id)
        consult.ended_at = consult.acknowledged_at = NOW - timedelta(hours=23)
    assert "This consult is over" in client.get(_path(alert)).text


def test_a_readiness_link_answers_by_one_tap_while_the_duty_is_ones_own(
    client: FlaskClient, world: World, sqlite_database: Database
) -> None:
    holder = {"line_id": world.line.id, "person_id": world.neurologist.id}
    starts_at, ends_at = NOW + timedelta(minutes=30), NOW + timedelta(hours=12)
    with sqlite_database.transaction() as session:
        check = ReadinessCheck(
            **holder, duty_starts_at=starts_at, duty_ends_at=ends_at, asked_at=NOW, answer_by=NOW
        )
        duty = Duty(
            **holder, starts_at=starts_at, ends_at=ends_at, day=NOW.date(), origin="", recorded_at=NOW
        )
        session.add_all([check, duty])
        session.flush()
        add_point(session, world.neurologist)
        (alert,) = alert_about(session, None, None, world.neurologist, check)
    assert "I am ready" in client.get(_path(alert)).text
    assert client.post(f"{_path(alert)}/acknowledgement", csrf=False).status_code == 404
    for _ in range(2):
        assert client.post(f"{_path(alert)}/readiness", csrf=False).status_code == 303
    with sqlite_database.transaction() as session:
        answered = session.get_one(ReadinessCheck, check.id)
        assert answered.answered_at == NOW
        answered.answered_at, session.get_one(Duty, duty.id).superseded_at = None, NOW
    assert "This duty has gone to somebody else" in client.get(_path(alert)).text
    assert client.post(f"{_path(alert)}/readiness", csrf=False).status_code == 409
