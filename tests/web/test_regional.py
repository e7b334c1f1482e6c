"""The one page of a regional conference: invitations, replies, reminders, papers, attendance, decisions."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import ConferenceState, Partstat
from confsched.models.bookings import Participation
from confsched.models.conferences import Conference
from confsched.models.guests import Guest
from confsched.services import (
    conference_texts,
    decisions,
    documents,
    group_quorum,
    guest_invitations,
    guest_links,
)
from confsched.services import regional as service
from tests.support.guests import add_guest, hold, invite
from tests.support.matrix import picture
from tests.support.web import SignIn
from tests.world import NOW, World

NEW = {
    "title": "Health conference",
    "day": "2026-12-10",
    "at": "14:00",
    "duration_minutes": "90",
    "join_link": "https://video.example/room",
    "form_key": "key-1",
}


class Table:
    """Hold a regional conference with one invited guest and one who is not."""

    def __init__(self, database: Database, world: World) -> None:
        self.database, self.actor = database, world.actor(world.coordinator)
        with database.transaction() as session:
            conference = hold(session, world)
            guest = add_guest(session, self.actor)
            other = add_guest(session, self.actor, "=Bo Tal", "bo@amt.example", "Amt")
            (part,) = invite(session, world, conference, guest)
            self.id, self.part_id, self.other_id = conference.id, part.id, other.id
            self.person_id = guest.person_id
        self.path = f"/regional/{self.id}"

    def part(self) -> Participation:
        with self.database.read() as session:
            return session.get_one(Participation, self.part_id)


@pytest.fixture
def table(sqlite_database: Database, world: World) -> Table:
    return Table(sqlite_database, world)


@pytest.fixture
def desk(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.coordinator)
    return client


def test_a_conference_is_fixed_once_and_found_in_the_list(desk: FlaskClient, world: World) -> None:
    assert "No regional conference yet" in desk.get("/regional/").text
    assert desk.get("/regional/new").status_code == 200
    targets = {desk.post("/regional/", data=NEW).location for _ in range(2)}
    (target,) = targets
    page = desk.get(target)
    assert page.status_code == 200
    assert (
        "Health conference" in page.text
        and "14:00–15:30" in page.text
        and world.coordinator.name in page.text
    )
    assert "everybody has answered" in desk.get("/regional/").text


@pytest.mark.parametrize(
    "wrong",
    [
        *({"title": ""}, {"day": ""}, {"at": "x"}, {"day": "2026-11-01"}, {"duration_minutes": "7"}),
        *({"join_link": "http://video.example"}, {"day": "2027-03-28", "at": "02:30"}, {"form_key": ""}),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_fixed(
    desk: FlaskClient, sqlite_database: Database, wrong: dict[str, str]
) -> None:
    before = picture(sqlite_database)
    answer = desk.post("/regional/", data={**NEW, **wrong})
    assert answer.status_code in (409, 422)
    assert 'role="alert"' in answer.text
    assert "join_link" in wrong or "https://video.example/room" in answer.text
    assert picture(sqlite_database) == before


def test_guests_are_invited_reminded_once_a_day_and_taken_out(desk: FlaskClient, table: Table) -> None:
    form = {"guest_ids": [str(table.other_id)]}
    assert "=Bo Tal" in desk.get(table.path).text
    for _ in range(2):
        assert desk.post(f"{table.path}/invitations", data=form).status_code == 303
    page = desk.get(table.path).text
    assert "2 of 3 have not answered" in page and "All your guests are invited." in page
    with table.database.transaction() as session:
        for part in session.scalars(select(Participation)):
            part.invited_at = NOW - timedelta(hours=25)
    asked = [desk.post(f"{table.path}/reminders", follow_redirects=True).text for _ in range(2)]
    assert "2 people asked once more by mail." in asked[0]
    assert "asked within the last day" in asked[1]
    out = {"participation_id": str(table.part_id)}
    for _ in range(2):
        assert desk.post(f"{table.path}/removals", data=out).status_code == 303
    assert table.part().removed_at is not None


def test_replies_and_substitutes_stand_on_the_page(desk: FlaskClient, table: Table) -> None:
    with table.database.transaction() as session:
        guest_links.reply(session, table.part_id, Partstat.TENTATIVE, now=NOW)
    assert "perhaps" in desk.get(table.path).text
    with table.database.transaction() as session:
        guest_links.delegate(session, table.part_id, "Cem Ufer", "cem@kasse.example", now=NOW)
    page = desk.get(table.path).text
    assert "sends Cem Ufer" in page and "1 of 3 have not answered" in page
    assert f'href="{table.path}"' in desk.get(f"/conferences/{table.id}").text


def test_texts_documents_groups_and_decisions_are_kept_on_the_page(desk: FlaskClient, table: Table) -> None:
    posts = [
        ("texts", {"text": "We talk about beds."}),
        ("texts/sending", {}),
        ("documents", {"label": "Report", "url": "https://files.example/r"}),
        ("groups", {"label": "one of the insurers", "least": "1", "kind": "insurer", "counts": "partners"}),
        ("decisions", {"text": "Buy beds", "responsible": "Amt", "due_on": "2026-12-20", "form_key": "k"}),
    ]
    for _ in range(2):
        for part, form in posts:
            assert desk.post(f"{table.path}/{part}", data=form).status_code == 303, part
    page = desk.get(table.path).text
    for shown in (
        "We talk about beds.",
        "https://files.example/r",
        "0 of 1 come, 1 may come still",
        "Buy beds",
    ):
        assert page.count(shown) == 1, shown
    with table.database.read() as session:
        conference = session.get_one(Conference, table.id)
        ids: dict[str, dict[str, object]] = {
            "decisions/settling": {
                "decision_id": decisions.list_decisions(session, conference)[0].id,
                "done": "yes",
            },
            "documents/removal": {"link_id": documents.list_links(session, conference)[0].id},
            "groups/removal": {"group_id": group_quorum.list_groups(session, conference)[0].id},
        }
        assert len(conference_texts.list_versions(session, conference)) == 1
    for part, pressed in ids.items():
        assert desk.post(f"{table.path}/{part}", data=pressed).status_code == 303
    page = desk.get(table.path).text
    assert "Open again" in page and "files.example" not in page and "come still" not in page


@pytest.mark.parametrize(
    ("part", "form", "status"),
    [
        ("invitations", {}, 422),
        ("invitations", {"guest_ids": "x"}, 422),
        ("invitations", {"guest_ids": str(uuid.uuid4())}, 404),
        ("removals", {}, 422),
        ("removals", {"participation_id": str(uuid.uuid4())}, 404),
        ("texts", {"text": ""}, 422),
        ("texts", {"text": "Muster, Hans *12.3.51"}, 422),
        ("texts/sending", {}, 409),
        ("documents", {"label": "Report", "url": "http://files.example"}, 422),
        ("documents", {"label": "", "url": "https://files.example"}, 422),
        ("documents/removal", {"link_id": str(uuid.uuid4())}, 404),
        ("groups", {"label": "x", "least": "0", "kind": "insurer"}, 422),
        ("groups", {"label": "x", "least": "y", "kind": "insurer"}, 422),
        ("groups", {"label": "x", "least": "1", "kind": "named"}, 422),
        ("groups", {"label": "x", "least": "1", "kind": "nothing"}, 422),
        ("groups/removal", {"group_id": ""}, 422),
        ("decisions", {"text": ""}, 422),
        ("decisions", {"text": "Buy", "due_on": "tomorrow"}, 422),
        ("decisions", {"text": "Buy", "form_key": ""}, 409),
        ("decisions/settling", {"decision_id": str(uuid.uuid4())}, 404),
        ("attendance", {"person_id": str(uuid.uuid4()), "action": "remote"}, 404),
        ("attendance", {"person_id": "x", "action": "remote"}, 422),
        ("attendance", {"person_id": str(uuid.uuid4()), "action": "fly"}, 422),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    desk: FlaskClient, table: Table, part: str, form: dict[str, str], status: int
) -> None:
    before = picture(table.database)
    answer = desk.post(f"{table.path}/{part}", data=form)
    assert answer.status_code == status
    assert status == 404 or 'role="alert"' in answer.text
    assert picture(table.database) == before


def test_attendance_is_kept_with_in_and_out_and_given_as_a_harmless_table(
    desk: FlaskClient, table: Table, world: World, moment: time_machine.Traveller
) -> None:
    with table.database.transaction() as session:
        conference = service.get_for_change(session, table.actor, table.id)
        guest_invitations.invite(session, table.actor, conference, [table.other_id], now=NOW)
        person_id = session.get_one(Guest, table.other_id).person_id
    for action in ("remote", "remote", "on_site"):
        form = {"person_id": str(person_id), "action": action}
        assert desk.post(f"{table.path}/attendance", data=form).status_code == 303
    moment.shift(timedelta(minutes=20))
    left = {"person_id": str(person_id), "action": "left"}
    assert desk.post(f"{table.path}/attendance", data=left).status_code == 303
    here = {"person_id": str(world.coordinator.id), "action": "on_site"}
    desk.post(f"{table.path}/attendance", data=here)
    desk.post(f"{table.path}/attendance", data={**here, "action": "struck"})
    assert "has left" in desk.get(table.path).text
    answer = desk.get(f"{table.path}/attendance.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.text.removeprefix("\ufeff").splitlines() == [
        "Name,Institution,Role,Came,Left,How",
        '\'=Bo Tal,Amt,"Referent, Amt",2026-11-23 08:00,2026-11-23 08:20,on site',
    ]


def test_another_house_and_another_function_find_nothing(
    client: FlaskClient, world: World, sign_in: SignIn, table: Table
) -> None:
    sign_in(client, world.secretary)
    assert client.get(table.path).status_code == 200  # the house runs it
    sign_in(client, world.neurologist)
    assert client.get(table.path).status_code == 403
    sign_in(client, world.coordinator)
    with table.database.transaction() as session:
        session.get_one(Conference, table.id).organisation_id = world.spoke.organisation_id
        session.get_one(Conference, table.id).organiser_id = world.requester.id
    for path in (table.path, f"{table.path}/attendance.csv"):
        assert client.get(path).status_code == 404
    assert client.post(f"{table.path}/reminders").status_code == 404


def test_a_meeting_that_is_off_invites_nobody_and_says_so(desk: FlaskClient, table: Table) -> None:
    booking_id = table.part().booking_id
    assert desk.post(f"/bookings/{booking_id}/cancellation", data={"reason": "Storm"}).status_code == 303
    page = desk.get(table.path)
    assert page.status_code == 200 and "called off" in page.text and "Invite guests" not in page.text
    form = {"guest_ids": [str(table.other_id)]}
    assert desk.post(f"{table.path}/invitations", data=form).status_code == 409
    with table.database.read() as session:
        assert session.get_one(Conference, table.id).state is ConferenceState.CANCELLED
