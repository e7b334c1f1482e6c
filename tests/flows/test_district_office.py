"""N5: a one-person office runs a health conference: people, invitations, replies, reminder, minutes, proof.

Everything goes through the pages, guests come by the links in their mails and never sign in.
"""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.invites import Kind
from confsched.domain.kinds import ConferenceState
from confsched.mail.compose import preview
from confsched.mail.envelopes import House, envelope_of
from confsched.models.bookings import Participation
from confsched.models.conferences import Conference, QuorumCheck
from confsched.models.outbox import OutboxMessage
from tests.support.web import SECRET_KEY, SignIn
from tests.web.conftest import app, client, moment, settings, sign_in, world
from tests.world import NOW, World

__all__ = ["app", "client", "moment", "settings", "sign_in", "world"]

HOUSE = House("http://localhost:8000", "planung@haus.example", secret_key=SECRET_KEY)
PEOPLE = """Dr. Anna Berg; anna@kasse-nord.example; Krankenkasse Nord; Head
Bo Tal; bo@kasse-sued.example; Krankenkasse Süd; Referent
Cem Ufer; cem@amt.example; Gesundheitsamt Moorkreis; Head
Dora Feld; dora@netz.example; Ärztenetz Moor; Speaker"""
CONFERENCE = {
    "title": "Health conference Moorkreis",
    "day": "2026-11-23",
    "at": "08:30",
    "duration_minutes": "60",
    "form_key": "one",
}


def _links(database: Database) -> dict[str, str]:
    """Return the path in the latest mail of each reader."""
    with database.read() as session:
        messages = session.scalars(select(OutboxMessage).order_by(OutboxMessage.created_at)).all()
        urls = {message.recipient: envelope_of(message, HOUSE).values["url"] for message in messages}
    return {mail: url.removeprefix(HOUSE.public_url) for mail, url in urls.items()}


def _press(client: FlaskClient, path: str, **form: object) -> str:
    """Send a form and return the page that follows; whatever is refused fails here."""
    answer = client.post(path, data=form, follow_redirects=True)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.text


def _prepare(desk: FlaskClient) -> str:
    """Enter the people, fix the time, say who has to be there, write the invitation, invite everybody."""
    assert "Add 4 guests" in _press(desk, "/guests/import", text=PEOPLE)
    assert "4 guests added." in _press(desk, "/guests/import", text=PEOPLE, action="take")
    path = str(desk.post("/regional/", data=CONFERENCE).location)
    _press(desk, f"{path}/texts", text="We talk about nursing in winter.")
    _press(desk, f"{path}/documents", label="Report", url="https://files.example/report")
    _press(desk, f"{path}/groups", label="one of the insurers", least="1", kind="insurer", counts="partners")
    page = desk.get(path).text
    ids = re.findall(r'name="guest_ids" value="([0-9a-f-]{36})"', page)
    assert "4 guests invited by mail." in _press(desk, f"{path}/invitations", guest_ids=ids)
    return path


def test_one_person_runs_a_regional_conference_from_the_list_of_people_to_the_proof(
    app: Flask, client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.coordinator)
    path = _prepare(client)
    conference_path = path.replace("/regional/", "/conferences/")
    links = _links(sqlite_database)
    with sqlite_database.read() as session:
        invitation = session.scalars(
            select(OutboxMessage).where(OutboxMessage.recipient == "anna@kasse-nord.example")
        ).one()
        words = preview(envelope_of(invitation, HOUSE))
    assert "We talk about nursing in winter." in words.text and "Regional conference" in words.subject
    assert links["anna@kasse-nord.example"] in words.text and "without signing in" in words.text

    # Guests answer by their links; opening one says nothing yet.
    visitor = app.test_client(use_cookies=False)
    assert "0 of 1 come, 2 may come still" in client.get(path).text
    for mail, said in (("anna@kasse-nord.example", "DECLINED"), ("cem@amt.example", "ACCEPTED")):
        assert visitor.get(links[mail]).status_code == 200
        answer = visitor.open(f"{links[mail]}/reply", method="POST", data={"partstat": said, "sequence": "0"})
        assert answer.status_code == 303
    substitute = {"name": "Eva Stein", "email": "eva@kasse-sued.example"}
    sent = visitor.open(f"{links['bo@kasse-sued.example']}/substitute", method="POST", data=substitute)
    assert sent.status_code == 303
    eva = _links(sqlite_database)["eva@kasse-sued.example"]
    assert "0 of 1 come, 1 may come still" in client.get(path).text
    assert visitor.open(f"{eva}/reply", method="POST", data={"partstat": "ACCEPTED"}).status_code == 303
    assert "1 of 1 come" in client.get(path).text

    # Who is silent is asked once, by one press.
    with sqlite_database.transaction() as session:
        for part in session.scalars(select(Participation)):
            part.invited_at = NOW - timedelta(days=2)
    assert "1 people asked once more by mail." in _press(client, f"{path}/reminders")
    assert "within the last day" in _press(client, f"{path}/reminders")
    with sqlite_database.read() as session:
        news = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == Kind.CONFERENCE_NEWS)).all()
        assert sorted(one.recipient for one in news) == ["arne.vogt@wendstadt.example", "dora@netz.example"]

    # The conference itself: attendance, decisions, minutes.
    _press(client, f"{conference_path}/run/start")
    page = client.get(path).text
    for name, action in (("Cem Ufer", "on_site"), ("Eva Stein", "remote")):
        row = page[page.index(f"{name}<small>", page.index('id="attendance"')) :]
        person_id = re.search('name="person_id" value="([^"]*)"', row)
        assert person_id is not None
        _press(client, f"{path}/attendance", person_id=person_id[1], action=action)
    decision = {"text": "Tender the bus", "responsible": "Moorkreis", "due_on": "2027-02-01", "form_key": "d"}
    assert "Tender the bus" in _press(client, f"{path}/decisions", **decision)
    _press(client, f"{conference_path}/run/end")
    draft = client.get(f"{conference_path}/minutes").text
    mark = re.search(r'name="mark"[^>]*value="([^"]*)"', draft)
    assert mark is not None
    _press(client, f"{conference_path}/minutes", minutes="All agreed.", mark=mark[1], step="release")

    # The proof: a table of who was there, and a check of the quorum at the start.
    table = client.get(f"{path}/attendance.csv").text
    assert "Cem Ufer,Gesundheitsamt Moorkreis" in table and "Eva Stein,Krankenkasse Süd" in table
    with sqlite_database.read() as session:
        assert session.scalars(select(Conference)).one().state is ConferenceState.RELEASED
        assert session.scalars(select(QuorumCheck)).one().has_quorum
