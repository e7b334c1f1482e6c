"""The pages that ask urgently: nothing stops a request, not even a session that ended meanwhile."""

from __future__ import annotations

import re

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from confsched.db import Database
from confsched.domain.kinds import UrgentKind
from confsched.models.catalogue import Service
from confsched.models.urgent import UrgentConsult
from tests.support.urgent import HOTLINE, add_urgent, put_neurologist_on_duty
from tests.support.web import SignIn
from tests.world import PASSWORD, World

TYPED = {
    "form_key": "form-1",
    "case_ref": "FK-7Q2M",
    "callback_phone": "214",
    "last_known_well": "01:40",
    "nihss": "elf",
    "lvo": "yes",
}
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def stroke(sqlite_database: Database, world: World) -> Service:
    with sqlite_database.transaction() as session:
        put_neurologist_on_duty(session, world)
        return add_urgent(session, world, UrgentKind.TELESTROKE)


@pytest.fixture
def radiology(sqlite_database: Database, world: World) -> Service:
    with sqlite_database.transaction() as session:
        return add_urgent(session, world, UrgentKind.TELERADIOLOGY)


def consults(database: Database) -> list[UrgentConsult]:
    with database.read() as session:
        return list(session.scalars(select(UrgentConsult)))


def address(service: Service) -> str:
    return f"/urgent/new/{service.id}"


def hidden(answer: TestResponse) -> dict[str, str]:
    """Return what a page sends again, as a browser would."""
    return dict(_HIDDEN.findall(answer.text))


def test_the_page_shows_four_fields_the_ladder_and_the_number(
    client: FlaskClient, stroke: Service, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.requester)
    answer = client.get("/urgent/new?kind=telestroke", follow_redirects=True)
    assert answer.status_code == 200 and answer.request.path == address(stroke)
    for words in ("Call back at", "Last known well", "NIHSS total", "Large vessel occlusion suspected"):
        assert words in answer.text
    assert "Dr. Jana Okafor" in answer.text and HOTLINE in answer.text and "after 3 min" in answer.text
    assert re.search(r'class="ref">FK-[2-9A-Z]{4}<', answer.text)


def test_today_offers_in_red_what_the_site_may_ask(
    client: FlaskClient, stroke: Service, world: World, sign_in: SignIn
) -> None:
    assert stroke.urgent_kind is UrgentKind.TELESTROKE
    sign_in(client, world.requester)
    assert "btn-now" in client.get("/").text and "/urgent/new?kind=telestroke" in client.get("/").text
    assert "kind=teleradiology" not in client.get("/").text
    sign_in(client, world.neurologist)
    assert "/urgent/new" not in client.get("/").text


def test_what_is_typed_is_sent_and_can_be_completed(
    client: FlaskClient, stroke: Service, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    first, second = (client.post(address(stroke), data=TYPED) for _ in range(2))
    (consult,) = consults(sqlite_database)
    assert first.status_code == 303 and first.location == second.location == f"/urgent/{consult.id}"
    page = client.get(f"/urgent/{consult.id}/facts")
    assert 'value="elf"' in page.text and "Unclear, kept as typed." in page.text
    sent = {"shown-nihss": "elf", "nihss": "11", "shown-lvo": "yes"}
    sign_in(client, world.second_requester)
    assert client.post(f"/urgent/{consult.id}/facts", data=sent).status_code == 303
    facts = consults(sqlite_database)[0].facts
    assert facts["nihss"]["value"] == 11 and "lvo" not in facts
    assert facts["callback_phone"]["typed"] == "214"
    page = client.get(f"/urgent/{consult.id}/facts")
    assert "<del>elf</del>" in page.text and "Ole Hansen" in page.text


@pytest.mark.parametrize("data", [{}, {"form_key": "x" * 300, "case_ref": "<b>", "nihss": "9" * 5000}])
def test_neither_nothing_nor_nonsense_stops_a_request(
    client: FlaskClient,
    stroke: Service,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    data: dict[str, str],
) -> None:
    sign_in(client, world.requester)
    assert client.post(address(stroke), data=data).status_code == 303
    assert len(consults(sqlite_database)) == 1


def test_a_session_that_ended_keeps_what_was_typed_and_signing_in_sends_it(
    client: FlaskClient,
    stroke: Service,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    moment: time_machine.Traveller,
) -> None:
    sign_in(client, world.requester)
    moment.shift(31 * 60)
    kept = client.post(address(stroke), data=TYPED, csrf=False)
    assert kept.status_code == 401 and consults(sqlite_database) == []
    again = hidden(kept)
    assert {**again, **TYPED} == again
    wrong = client.post(
        f"{address(stroke)}/sign-in", data={**again, "email": world.requester.email, "password": "no"}
    )
    assert wrong.status_code == 422 and hidden(wrong)["nihss"] == "elf"
    login = {**hidden(wrong), "email": world.requester.email, "password": PASSWORD}
    moment.shift(5)
    sent = client.post(f"{address(stroke)}/sign-in", data=login)
    (consult,) = consults(sqlite_database)
    assert sent.status_code == 303 and sent.location == f"/urgent/{consult.id}"
    assert (consult.requester_id, consult.case_ref) == (world.requester.id, "FK-7Q2M")
    assert "password" not in consult.facts
    assert client.get("/").status_code == 200


def test_a_page_from_before_signing_in_is_kept_and_sent_with_one_press(
    client: FlaskClient, stroke: Service, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    kept = client.post(address(stroke), data={**TYPED, "csrf_token": "of another session"}, csrf=False)
    assert kept.status_code == 400 and consults(sqlite_database) == []
    assert client.post(address(stroke), data=hidden(kept), csrf=False).status_code == 303
    assert consults(sqlite_database)[0].case_ref == "FK-7Q2M"


def test_who_may_not_ask_gets_nothing_sent_and_loses_nothing(
    client: FlaskClient, stroke: Service, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    for person in (world.stranger, world.secretary, world.admin):
        sign_in(client, person)
        assert client.get(address(stroke)).status_code in (403, 404)
        answer = client.post(address(stroke), data=TYPED)
        assert answer.status_code == 404 and hidden(answer)["nihss"] == "elf"
    assert consults(sqlite_database) == []


def test_facts_are_for_both_sides_only(
    client: FlaskClient, stroke: Service, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    client.post(address(stroke), data=TYPED)
    path = f"/urgent/{consults(sqlite_database)[0].id}/facts"
    for person, status in (
        (world.neurologist, 200),
        (world.second_requester, 200),
        (world.stranger, 404),
        (world.secretary, 403),
        (world.admin, 403),
    ):
        sign_in(client, person)
        assert client.get(path).status_code == status
        assert client.post(path, data={}).status_code == (303 if status == 200 else status)


def test_teleradiology_warns_of_what_is_missing_and_asks_for_a_reason(
    client: FlaskClient,
    radiology: Service,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
) -> None:
    """Monday 08:00 at the spoke: no night, no holiday, nobody who can come, no test of the line."""
    sign_in(client, world.requester)
    page = client.get(address(radiology)).text
    for name in ("reason-permit", "reason-arrival", "reason-link_test"):
        assert f'name="{name}"' in page
    typed = {
        "modality": "CT",
        "regions": ["head", "neck"],
        "urgency": "stroke",
        "reason-permit": "Ill",
    }
    assert client.post(address(radiology), data={**TYPED, **typed}).status_code == 303
    (consult,) = consults(sqlite_database)
    assert consult.facts["regions"]["value"] == ["head", "neck"]
    facts = client.get(f"/urgent/{consult.id}/facts").text
    assert 'value="Ill"' in facts and "No physician on site is named" in facts


def test_a_patients_name_is_warned_of_and_sent(
    client: FlaskClient, stroke: Service, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    client.post(address(stroke), data={**TYPED, "question": "Muster, Hans *12.3.51"})
    (consult,) = consults(sqlite_database)
    assert consult.question == "Muster, Hans *12.3.51"
    assert "no message carries it" in client.get(f"/urgent/{consult.id}/facts").text


def test_a_link_test_is_recorded_with_one_tap(
    client: FlaskClient, radiology: Service, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.requester)
    assert "missing today" in client.get("/link-tests/").text
    sent = {"site_id": str(world.spoke.id), "worked": "yes", "note": "Test image 3", "form_key": "k"}
    for _ in range(2):
        assert client.post("/link-tests/", data=sent).status_code == 303
    page = client.get("/link-tests/").text
    assert "worked today" in page and page.count("Test image 3") == 1
    assert "reason-link_test" not in client.get(address(radiology)).text
    notes = ("x" * 201, "Muster, Hans *12.3.51")
    for wrong in ({"worked": "perhaps"}, {"site_id": "x"}, *({"note": note} for note in notes)):
        answer = client.post("/link-tests/", data={**sent, "form_key": "other", **wrong})
        assert answer.status_code == 422
    foreign = {**sent, "form_key": "foreign", "site_id": str(world.hub.id)}
    assert client.post("/link-tests/", data=foreign).status_code == 404
    sign_in(client, world.secretary)
    assert client.get("/link-tests/").status_code == 403


def test_a_stroke_is_announced_with_one_button_and_asked_with_another(
    client: FlaskClient, stroke: Service, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    assert 'name="announces"' in client.get(address(stroke)).text
    announced = client.post(address(stroke), data={**TYPED, "announces": "1"})
    (consult,) = consults(sqlite_database)
    assert (announced.status_code, consult.state) == (303, "pre_alert")
    page = client.get(announced.location)
    assert "Nobody is called yet." in page.text and "Request the consult now" in page.text
    for _ in range(2):
        assert client.post(f"{announced.location}/request").status_code == 303
    assert consults(sqlite_database)[0].state == "alerted"
    sign_in(client, world.neurologist)
    assert client.post(f"{announced.location}/request").status_code == 422


def test_an_ended_session_announces_what_was_to_be_announced(
    client: FlaskClient, stroke: Service, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    client.post("/logout")
    kept = client.post(address(stroke), data={**TYPED, "announces": "1"})
    assert kept.status_code == 401 and "Sign in and announce" in kept.text
    form = {**hidden(kept), "email": world.requester.email, "password": PASSWORD}
    assert client.post(f"{address(stroke)}/sign-in", data=form).status_code == 303
    assert [one.state for one in consults(sqlite_database)] == ["pre_alert"]


def test_a_reading_is_never_announced(
    client: FlaskClient, radiology: Service, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    assert 'name="announces"' not in client.get(address(radiology)).text
    answer = client.post(address(radiology), data={**TYPED, "announces": "1"})
    assert answer.status_code == 422 and "Only a stroke is announced." in answer.text
    assert consults(sqlite_database) == []
