"""The pages of a teleconsult beside its times: triage, its own page, on behalf, outcome and report."""

from __future__ import annotations

import re
import uuid
from datetime import date, time, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import ConsultState
from confsched.models.catalogue import Service
from confsched.models.consults import Consult
from confsched.services import audit
from tests.support.web import SignIn
from tests.world import World, add_agreement, add_service, ask, book, leave_one_neurologist, local

SOON = local(date(2026, 11, 23), time(8, 15))  # and over before a login without a press is
QUESTION = "Is a thrombectomy sensible?"


@pytest.fixture
def waiting(sqlite_database: Database, world: World) -> str:
    """Give the id of a request that waits for the hub, which has a second service that may be asked."""
    with sqlite_database.transaction() as session:
        service = session.get_one(Service, world.service.id)
        service.needs_triage = True
        add_agreement(session, add_service(session, service.site, name="Epilepsy"), world.spoke)
        return str(ask(session, world).id)


@pytest.fixture
def booked(sqlite_database: Database, world: World) -> str:
    """Give the id of a consult that is booked for a quarter of an hour ahead with the neurologist."""
    with sqlite_database.transaction() as session:
        leave_one_neurologist(session, world)
        service = session.get_one(Service, world.service.id)
        service.notice_minutes, service.duration_minutes = 0, 10
        booking = book(session, world, SOON)
        return str(session.scalars(select(Consult).filter_by(booking_id=booking.id)).one().id)


def _consult(database: Database, consult_id: str) -> Consult:
    with database.read() as session:
        return session.get_one(Consult, uuid.UUID(consult_id))


def _primary(page: str) -> int:
    return len(re.findall(r"btn-primary", page))


def test_a_request_that_is_triaged_leads_to_its_page_not_to_times(
    client: FlaskClient, world: World, sign_in: SignIn, waiting: str
) -> None:
    sign_in(client, world.requester)
    form = {"service_id": str(world.service.id), "case_ref": "FK-3ZK6", "question": QUESTION}
    answer = client.post("/consults/", data={**form, "reply_by_on": "2026-12-04", "form_key": "key-9"})
    page = client.get(answer.location).text
    assert not answer.location.endswith("/times")
    assert "Wendstadt decides on your request" in page
    assert QUESTION in page
    assert waiting in client.get("/consults/?show=triage").text
    assert waiting not in client.get("/consults/?show=booked").text
    assert client.get("/consults/?show=nonsense&page=nonsense").status_code == 200


def test_the_house_that_is_asked_accepts(
    client: FlaskClient, world: World, sign_in: SignIn, waiting: str, sqlite_database: Database
) -> None:
    sign_in(client, world.neurologist)
    assert f"/triage/{waiting}" in client.get("/").text
    assert f"/triage/{waiting}" in client.get("/triage/").text
    assert "Decide" in client.get(f"/consults/{waiting}").text
    page = client.get(f"/triage/{waiting}").text
    assert (QUESTION in page, _primary(page)) == (True, 1)
    for _ in range(2):
        assert client.post(f"/triage/{waiting}/acceptance").status_code == 303
    assert _consult(sqlite_database, waiting).state is ConsultState.OFFERED
    assert "Nothing waits for a decision" in client.get("/triage/").text
    assert QUESTION in client.get(f"/consults/{waiting}").text
    assert "This request is decided already" in client.get(f"/triage/{waiting}").text
    sign_in(client, world.requester)
    assert f"/consults/{waiting}/times" in client.get(f"/consults/{waiting}").text


def test_the_house_that_is_asked_passes_on(
    client: FlaskClient, world: World, sign_in: SignIn, waiting: str, sqlite_database: Database
) -> None:
    sign_in(client, world.secretary)
    page = client.get(f"/triage/{waiting}").text
    [target] = re.findall(r'<option value="([^"]+)">Epilepsy', page)
    answer = client.post(f"/triage/{waiting}/redirection", data={"service_id": target, "reason": " "})
    assert (answer.status_code, 'id="reason-error"' in answer.text) == (422, True)
    reason = {"service_id": target, "reason": "They see such patients daily."}
    assert client.post(f"/triage/{waiting}/redirection", data=reason).status_code == 303
    assert _consult(sqlite_database, waiting).service_id == uuid.UUID(target)
    sign_in(client, world.requester)
    page = client.get(f"/consults/{waiting}").text
    assert "Passed on; a time may be chosen" in page
    assert "They see such patients daily." in page


def test_what_a_decision_lacks_is_said_at_once(
    client: FlaskClient, world: World, sign_in: SignIn, waiting: str
) -> None:
    sign_in(client, world.neurologist)
    refusal = client.post(f"/triage/{waiting}/refusal", data={"reason": "", "alternative": ""})
    assert refusal.status_code == 422
    assert 'href="#decline_reason"' in refusal.text and 'href="#alternative"' in refusal.text
    onward = client.post(f"/triage/{waiting}/redirection", data={"service_id": "", "reason": ""})
    assert onward.status_code == 422
    assert 'href="#service_id"' in onward.text and 'href="#reason"' in onward.text
    assert "1 request<" in client.get("/triage/").text


def test_the_house_that_is_asked_declines_with_both_sentences(
    client: FlaskClient, world: World, sign_in: SignIn, waiting: str
) -> None:
    sign_in(client, world.neurologist)
    typed = {"reason": "No capacity before Christmas.", "alternative": ""}
    answer = client.post(f"/triage/{waiting}/refusal", data=typed)
    assert answer.status_code == 422
    assert 'href="#alternative"' in answer.text
    assert typed["reason"] in answer.text
    typed["alternative"] = "Phone the ward of Steinach."
    assert [client.post(f"/triage/{waiting}/refusal", data=typed).status_code for _ in range(2)] == [303, 303]
    assert client.post(f"/triage/{waiting}/acceptance").status_code == 409
    sign_in(client, world.requester)
    page = client.get(f"/consults/{waiting}").text
    assert "Instead: Phone the ward of Steinach." in page
    assert 'href="/consults/new"' in page
    assert waiting in client.get("/consults/?show=ended").text


@pytest.mark.parametrize(("name", "status"), [("stranger", 403), ("coordinator", 403), ("requester", 403)])
def test_nobody_else_triages(
    client: FlaskClient, world: World, sign_in: SignIn, waiting: str, name: str, status: int
) -> None:
    sign_in(client, getattr(world, name))
    paths = ("acceptance", "redirection", "refusal")
    assert {client.post(f"/triage/{waiting}/{path}").status_code for path in paths} == {status}
    assert client.get(f"/triage/{waiting}").status_code == status


def test_a_secretary_books_for_a_clinician_and_both_follow_it(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        far = add_service(session, world.stranger_site, name="Stroke")
        add_agreement(session, far, world.hub)
        form = {"service_id": str(far.id), "case_ref": "FK-3ZK6", "question": QUESTION}
    form |= {"reply_by_on": "2026-12-04", "form_key": "key-9"}
    sign_in(client, world.secretary)
    assert world.neurologist.name in client.get("/consults/new").text
    answer = client.post("/consults/", data=form)
    assert (answer.status_code, 'id="requester_id-error"' in answer.text) == (422, True)
    answer = client.post("/consults/", data={**form, "requester_id": str(world.neurologist.id)})
    assert answer.status_code == 303
    consult_page = answer.location.removesuffix("/times")
    for person in (world.secretary, world.neurologist):
        sign_in(client, person)
        page = client.get(consult_page).text
        asked_by = f"{world.neurologist.name}, {world.hub.name} (asked for by {world.secretary.name})"
        assert asked_by in page
    sign_in(client, world.secretary)
    assert client.post(f"{consult_page}/withdrawal").status_code == 303


def test_after_the_meeting_outcome_report_reading_and_the_end(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    booked: str,
    sqlite_database: Database,
    moment: time_machine.Traveller,
) -> None:
    page = f"/consults/{booked}"
    sign_in(client, world.requester)
    assert "Open the meeting" in client.get(page).text
    assert client.post(f"{page}/outcome", data={"outcome": "took_place"}).status_code == 409
    moment.move_to(SOON + timedelta(minutes=10))
    assert "Did it take place?" in client.get("/").text
    assert _primary(client.get(page).text) == 1
    assert client.post(f"{page}/outcome", data={"outcome": "nonsense"}).status_code == 422
    assert client.post(f"{page}/outcome", data={"outcome": "consultant"}).status_code == 303
    assert "no show: who was asked" in client.get(page).text
    sign_in(client, world.neurologist)
    assert client.post(f"{page}/outcome", data={"outcome": "took_place"}).status_code == 303
    assert client.post(f"{page}/outcome", data={"outcome": "requester"}).status_code == 409
    assert "Write the report" in client.get("/").text
    answer = client.post(f"{page}/report", data={"report": "Frau Anna Schmidt, geb. 02.01.1970: o. B."})
    assert (answer.status_code, "Anna Schmidt" in answer.text) == (422, True)
    assert client.post(f"{page}/report", data={"report": "Anticoagulate.\nNo lysis."}).status_code == 303
    sign_in(client, world.requester)
    assert "Read the report" in client.get("/").text
    assert "Anticoagulate." not in client.get(page).text
    report = client.post(f"{page}/reading")
    assert (report.status_code, "<p>Anticoagulate.</p><p>No lysis.</p>" in report.text) == (200, True)
    assert [client.post(f"{page}/closure").status_code for _ in range(2)] == [303, 303]
    assert "Nothing is left to do here." in client.get(page).text
    with sqlite_database.read() as session:
        assert audit.count_events(session, "consult.read_report", uuid.UUID(booked)) == 1


@pytest.mark.parametrize("name", ["stranger", "second_requester", "coordinator", "admin"])
def test_a_foreign_consult_is_not_there(
    client: FlaskClient, world: World, sign_in: SignIn, booked: str, name: str
) -> None:
    sign_in(client, getattr(world, name))
    assert client.get(f"/consults/{booked}").status_code == 404
    paths = ("outcome", "report", "reading", "closure")
    assert {client.post(f"/consults/{booked}/{path}").status_code for path in paths} == {404}


def test_a_change_at_short_notice_names_the_phone_and_takes_a_reason(
    client: FlaskClient, world: World, sign_in: SignIn, booked: str, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        session.get_one(Service, world.service.id).cancel_notice_minutes = 2880
    booking = f"/bookings/{_consult(sqlite_database, booked).booking_id}"
    sign_in(client, world.requester)
    assert "Less than 2 days before the start" in client.get(booking).text
    answer = client.post(f"{booking}/cancellation", data={"reason": ""})
    assert (answer.status_code, "+49 5555 1000" in answer.text) == (422, True)
    ten = (SOON + timedelta(minutes=30)).isoformat()
    answer = client.post(f"{booking}/move", data={"starts_at": ten})
    assert (answer.status_code, 'id="short_reason-error"' in answer.text) == (422, True)
    assert f'name="starts_at" value="{ten}"' in answer.text
    moved = client.post(f"{booking}/move", data={"starts_at": ten, "short_reason": "The scan is late."})
    assert moved.status_code == 303
    assert "The scan is late." in client.get(f"/consults/{booked}").text
    assert client.post(f"{booking}/cancellation", data={"reason": "Transferred."}).status_code == 303
