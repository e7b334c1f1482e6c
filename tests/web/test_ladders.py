"""The page of a ladder: all that is wrong at once, buttons without script, a dry run that sends nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import EscalationTarget, UrgentKind
from confsched.models.audit import AuditEvent
from confsched.models.catalogue import Service
from confsched.models.ladders import EscalationStep
from confsched.models.network import Department
from confsched.models.rosters import DutyLine
from confsched.services import urgent_claims
from tests.support.alerting import add_consult, add_point
from tests.support.ladders import add_line, line_step, put_on_duty, set_ladder
from tests.support.matrix import picture
from tests.support.web import SignIn
from tests.world import NOW, World


@pytest.fixture
def second(sqlite_database: Database, world: World) -> DutyLine:
    """Give a ladder of two lines: the first is held, the second by somebody whom nothing reaches."""
    with sqlite_database.transaction() as session:
        line = add_line(session, world, "Neurologie Hintergrund")
        set_ladder(session, world, line_step(world.line, repeats=1), line_step(line, 180))
        put_on_duty(session, world.line, world.neurologist)
        put_on_duty(session, line, world.second_neurologist)
        add_point(session, world.neurologist)
    return line


@pytest.fixture
def admin(client: FlaskClient, sign_in: SignIn, world: World) -> FlaskClient:
    sign_in(client, world.admin)
    return client


def path_of(world: World) -> str:
    return f"/services/{world.service.id}/ladder"


def form_of(*steps: dict[str, str], **other: Any) -> dict[str, Any]:
    form: dict[str, Any] = {"seen_revision": "1", "kind": "telestroke", "consults_at_once": "2"}
    form |= {"hotline": "+49 5555 3000", "steps": [str(place) for place in range(len(steps))]}
    for place, step in enumerate(steps):
        form |= {f"step-{place}-{name}": value for name, value in step.items()}
    return form | other


def call(line: DutyLine, delay: str = "0", **other: str) -> dict[str, str]:
    return {"target": "duty_line", "line_id": str(line.id), "delay_seconds": delay, **other}


CARD = {"target": "phone_card", "delay_seconds": "60"}


def steps_of(sqlite_database: Database) -> list[tuple[EscalationTarget, int]]:
    with sqlite_database.read() as session:
        rows = session.scalars(select(EscalationStep).order_by(EscalationStep.position))
        return [(row.target, row.delay_seconds) for row in rows]


def test_a_ladder_is_saved_as_a_whole_with_what_was_before_on_the_trail(
    admin: FlaskClient, sqlite_database: Database, world: World, second: DutyLine
) -> None:
    form = form_of(call(second), call(world.line, "90", repeats="2"), CARD, **{"target-video": "240"})
    assert admin.post(path_of(world), data=form).status_code == 303
    assert admin.post(path_of(world), data=form).status_code == 303  # sent twice: nothing differs
    assert [delay for _, delay in steps_of(sqlite_database)] == [0, 90, 60]
    with sqlite_database.read() as session:
        service = session.get_one(Service, world.service.id)
        assert (service.revision, service.targets) == (2, {"video": 240})
        said = list(session.scalars(select(AuditEvent.detail).where(AuditEvent.action == "ladder.change")))
    before, after = f"duty_line {world.line.id} +0s 1x60s", f"duty_line {second.id} +0s"
    assert f"step 1: {before} -> {after}" in said
    assert "target video: None -> 240" in said
    assert "240" in admin.get(path_of(world)).text


def test_all_that_is_wrong_is_said_at_once_and_at_its_field(
    admin: FlaskClient, sqlite_database: Database, world: World, second: DutyLine
) -> None:
    form = form_of(
        *(CARD, call(second, "4000"), call(second, "x", repeats="9"), {"target": "background_line"}),
        **{"consults_at_once": "0", "target-video": "1", "hotline": "0" * 50},
    )
    answer = admin.post(path_of(world), data=form)
    assert answer.status_code == 422
    for name in (
        *("step-0-target", "step-1-delay_seconds", "step-2-delay_seconds", "step-2-repeats"),
        *("step-2-line_id", "step-3-line_id", "consults_at_once", "hotline", "target-video"),
    ):
        assert f'id="{name}-error"' in answer.text, name
        assert f'href="#{name}"' in answer.text, name
    assert "4000" in answer.text
    assert [delay for _, delay in steps_of(sqlite_database)] == [0, 180, 60]
    assert admin.post(path_of(world), data=form_of()).status_code == 422


def test_a_line_that_nobody_holds_and_a_ladder_without_a_number_are_warned_of(
    admin: FlaskClient, sqlite_database: Database, world: World, second: DutyLine
) -> None:
    with sqlite_database.transaction() as session:
        empty = add_line(session, world, "Neurologie Reserve")
    answer = admin.post(path_of(world), data=form_of(call(empty), call(second, "60"), action="up-1"))
    assert answer.status_code == 200
    assert answer.text.count("Nobody holds this line") == 1
    assert "does not end with a number" in answer.text
    saved = admin.post(path_of(world), data=form_of(call(empty)))
    assert saved.status_code == 303


@pytest.mark.usefixtures("second")
def test_who_saves_second_sees_what_the_first_has_saved(admin: FlaskClient, world: World) -> None:
    assert admin.post(path_of(world), data=form_of(call(world.line, "5"), CARD)).status_code == 303
    answer = admin.post(path_of(world), data=form_of(call(world.line, "7"), CARD))
    assert answer.status_code == 409
    assert "Meanwhile saved by somebody else" in answer.text
    assert 'value="7"' in answer.text
    again = admin.post(path_of(world), data=form_of(call(world.line, "7"), CARD, seen_revision="2"))
    assert again.status_code == 303


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize(
    ("action", "values"),
    [
        ("add", ["0", "180", "60"]),
        ("up-1", ["60", "0"]),
        ("down-0", ["60", "0"]),
        ("remove-0", ["60"]),
    ],
)
def test_steps_are_added_moved_and_removed_without_script(
    admin: FlaskClient, sqlite_database: Database, world: World, action: str, values: list[str]
) -> None:
    was = picture(sqlite_database)
    answer = admin.post(path_of(world), data=form_of(call(world.line), CARD, action=action))
    found = re.findall(r'name="step-\d-delay_seconds" value="(\d+)"', answer.text)
    assert (answer.status_code, found) == (200, values)
    assert picture(sqlite_database) == was


@pytest.mark.usefixtures("second")
def test_a_dry_run_says_whom_a_request_reaches_and_changes_nothing(
    admin: FlaskClient, sqlite_database: Database, world: World
) -> None:
    """Say who cannot be reached before it matters (PEER_FAILURES 34)."""
    was = picture(sqlite_database)
    asked = {"try_day": "2026-11-23", "try_time": "09:00"}
    answer = admin.get(path_of(world), query_string=asked)
    assert "Dr. Jana Okafor first, after 0 s." in answer.text
    assert "Dr. Tom Brandt has no proven contact point and is not called." in answer.text
    night = admin.get(path_of(world), query_string={**asked, "try_time": "23:30"})
    assert "A request would reach nobody" in night.text
    assert "Nobody holds Neurologie Dienst then." in night.text
    typed = admin.post(path_of(world), data=form_of(CARD, action="try", **asked))
    assert "+49 5555 3000" in typed.text
    assert picture(sqlite_database) == was


@pytest.mark.parametrize(
    ("day", "at"),
    [
        ("2026-03-29", "02:30"),
        ("2026-10-25", "02:30"),
        ("", "09:00"),
        ("2026-11-23", "x"),
        ("0001-01-01", "09:00"),
    ],
)
@pytest.mark.usefixtures("second")
def test_a_dry_run_of_no_instant_is_refused_at_its_field(
    admin: FlaskClient, world: World, day: str, at: str
) -> None:
    answer = admin.get(path_of(world), query_string={"try_day": day, "try_time": at})
    assert answer.status_code == 422
    assert 'id="try_day-error"' in answer.text or 'id="try_time-error"' in answer.text


@pytest.mark.usefixtures("second")
def test_a_dry_run_passes_over_who_has_enough_and_calls_the_busy_last(
    admin: FlaskClient, sqlite_database: Database, world: World
) -> None:
    asked = {"try_day": "2026-11-23", "try_time": "08:10"}
    with sqlite_database.transaction() as session:
        consult = add_consult(session, world, consultant_id=world.neurologist.id, acknowledged_at=NOW)
        urgent_claims.take(session, consult, world.neurologist.id, now=NOW)
    answer = admin.get(path_of(world), query_string=asked)
    assert "is busy and is called, since nobody is free" in answer.text
    with sqlite_database.transaction() as session:
        session.get_one(Service, world.service.id).consults_at_once = 1
    answer = admin.get(path_of(world), query_string=asked)
    assert "has 1 urgent consults open already and is not called" in answer.text


def test_lines_of_hubs_without_agreement_are_not_to_be_had(
    admin: FlaskClient, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        foreign = Department(site_id=world.stranger_site.id, name="Neurologie", discipline="neurology")
        session.add(foreign)
        session.flush()
        line = add_line(session, world, "Fremder Dienst", department=foreign)
    assert "Fremder Dienst" not in admin.get(path_of(world)).text
    answer = admin.post(path_of(world), data=form_of(call(line), CARD))
    assert answer.status_code == 422
    assert 'id="step-0-line_id-error"' in answer.text


def test_a_service_becomes_urgent_with_its_first_ladder(
    admin: FlaskClient, sqlite_database: Database, world: World
) -> None:
    assert "no time of it is offered any more" in admin.get(path_of(world)).text
    assert admin.post(path_of(world), data=form_of(call(world.line), kind="")).status_code == 422
    assert admin.post(path_of(world), data=form_of(call(world.line))).status_code == 303
    with sqlite_database.read() as session:
        service = session.get_one(Service, world.service.id)
        assert (service.is_urgent, service.urgent_kind) == (True, UrgentKind.TELESTROKE)
    assert path_of(world) in admin.get(f"/services/{world.service.id}").text


@pytest.mark.usefixtures("second")
def test_others_find_no_ladder(client: FlaskClient, sign_in: SignIn, world: World) -> None:
    for person in (world.neurologist, world.secretary, world.stranger):
        sign_in(client, person)
        answers = client.get(path_of(world)), client.post(path_of(world), data=form_of(CARD))
        assert {answer.status_code for answer in answers} == {403}
