"""The page behind the link of a guest: opened by scanners, answered by people, dead when it is taken back."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.kinds import PartnerKind, Partstat
from confsched.domain.signed_links import LinkPurpose
from confsched.mail.envelopes import House, envelope_of
from confsched.mail.signed_links import signed
from confsched.models.bookings import Participation
from confsched.models.conferences import Conference
from confsched.models.guests import Guest
from confsched.models.people import Person
from confsched.services import conference_texts, documents, group_quorum, guests
from confsched.services.accounts import FREE_FAILURES
from confsched.services.group_quorum import GroupDraft
from tests.support.guests import TEN, add_guest, hold, invite, link_of, mails_to
from tests.support.matrix import picture, without_marks
from tests.support.web import SECRET_KEY
from tests.world import NOW, World

PATH = re.compile(rb"/g/[\w.%~-]+")
WORDS = "We talk about beds.\nBring figures."


class Invited:
    """Hold a guest at a regional conference, and one at another."""

    def __init__(self, database: Database, world: World) -> None:
        self.database = database
        with database.transaction() as session:
            actor = world.actor(world.coordinator)
            conference = hold(session, world)
            other = hold(session, world, TEN + timedelta(days=1), key="regional-2")
            other.booking.title = other.title = "Another table"  # type: ignore[union-attr]
            insurers = GroupDraft("one of the insurers", 1, partner_kind=PartnerKind.INSURER)
            group_quorum.add(session, actor, conference, insurers, now=NOW)
            conference_texts.write(session, actor, conference, WORDS, now=NOW)
            documents.add(session, actor, conference, "Report", "https://files.example/report", now=NOW)
            guest = add_guest(session, actor)
            guest.person.language, guest.person.zone = "de", "Europe/London"
            (part,) = invite(session, world, conference, guest)
            invite(session, world, other, add_guest(session, actor, "Bo Tal", "bo@amt.example", "Amt"))
            self.conference_id, self.guest_id, self.part_id = conference.id, guest.id, part.id
            self.person_id = guest.person_id
            self.link = link_of(part)

    def part(self) -> Participation:
        with self.database.read() as session:
            return session.get_one(Participation, self.part_id)

    def standing(self) -> str:
        with self.database.read() as session:
            conference = session.get_one(Conference, self.conference_id)
            return group_quorum.forecast(session, conference)[0].standing.value


@pytest.fixture
def invited(sqlite_database: Database, world: World) -> Invited:
    return Invited(sqlite_database, world)


def test_opening_the_link_shows_this_meeting_alone_and_changes_nothing(
    client: FlaskClient, sqlite_database: Database, invited: Invited
) -> None:
    before = picture(sqlite_database)
    for _ in range(2):
        page = client.get(invited.link)
        assert page.status_code == 200
    assert client.head(invited.link).status_code == 200
    assert picture(sqlite_database) == before
    for shown in ("Health conference Moorkreis", "09:00", "10:00", "We talk about beds.", "Arne Vogt"):
        assert shown in page.text
    assert 'href="https://files.example/report"' in page.text and "https://video.example/room" in page.text
    assert '<html lang="de"' in page.text
    for hidden in ("Another table", "Bo Tal", "bo@amt.example", str(invited.conference_id), "/bookings/"):
        assert hidden not in page.text
    assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"


def test_buttons_answer_without_cookies_and_move_the_quorum(app: Flask, invited: Invited) -> None:
    client = app.test_client(use_cookies=False)
    for said, standing in (("DECLINED", "missed"), ("TENTATIVE", "open"), ("ACCEPTED", "met")):
        form = {"partstat": said, "sequence": "0"}
        for _ in range(2):
            answer = client.open(f"{invited.link}/reply", method="POST", data=form)
            assert (answer.status_code, answer.location) == (303, invited.link)
        assert (invited.part().partstat, invited.standing()) == (Partstat(said), standing)


def test_a_substitute_gets_a_link_of_their_own(client: FlaskClient, invited: Invited) -> None:
    form = {"name": "Dr. Cem Ufer", "email": "cem@kasse.example"}
    assert client.post(f"{invited.link}/substitute", data=form).status_code == 303
    part = invited.part()
    assert part.partstat is Partstat.DELEGATED and part.delegated_to_id is not None
    assert "Dr. Cem Ufer" in client.get(invited.link).text
    with invited.database.read() as session:
        person = session.get_one(Person, part.delegated_to_id)
        (mail,) = mails_to(session, person)
    house = House("http://localhost:8000", "planung@haus.example", secret_key=SECRET_KEY)
    url = envelope_of(mail, house).values["url"].removeprefix("http://localhost:8000")
    assert url != invited.link and client.get(url).status_code == 200
    assert envelope_of(mail, house, is_shown=True).values["url"].endswith("/g/hidden")
    assert url.encode() not in (envelope_of(mail, house, is_shown=True).calendar or "").encode()
    other = {"name": "Dora Feld", "email": "dora@kasse.example"}
    assert client.post(f"{invited.link}/substitute", data=other).status_code == 409


@pytest.mark.parametrize(
    ("part", "form", "status"),
    [
        ("reply", {}, 422),
        ("reply", {"partstat": "DELEGATED"}, 422),
        ("reply", {"partstat": "NEEDS-ACTION"}, 422),
        ("reply", {"partstat": "ACCEPTED", "sequence": "9"}, 409),
        ("substitute", {}, 422),
        ("substitute", {"name": "Cem Ufer", "email": "cem"}, 422),
        ("substitute", {"name": "", "email": "cem@kasse.example"}, 422),
        ("substitute", {"name": "x" * 300, "email": "cem@kasse.example"}, 422),
        ("substitute", {"name": "Anna", "email": "anna.berg@kasse-nord.example"}, 422),
    ],
)
def test_what_is_wrong_is_said_on_the_page_and_nothing_changes(
    client: FlaskClient, invited: Invited, part: str, form: dict[str, str], status: int
) -> None:
    before = picture(invited.database)
    page = client.post(f"{invited.link}/{part}", data=form)
    assert page.status_code == status
    assert form.get("email", "") in page.text and 'role="alert"' in page.text
    assert picture(invited.database) == before


def _mutations(link: str) -> list[str]:
    """Return forty addresses near a signed one: signs changed, left out, doubled, cut, of other purposes."""
    token = link.removeprefix("/g/")
    places = range(0, len(token), 3)
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in places]
    cut = [
        token[:-1],
        token[1:],
        token + "A",
        token.replace(".", ""),
        token.replace(".", ".."),
        token.upper(),
    ]
    turned = [
        ".".join(reversed(token.split("."))),
        token.split(".")[0],
        "." + token.split(".")[1],
        "x",
        "0" * 66,
    ]
    # The last sign of base64 has spare bits: other spellings of the same signature are no link of ours.
    last = [token[:-1] + sign for sign in "ABCDEFGHIJ" if sign != token[-1]]
    return [*changed, *cut, *turned, *last]


def test_forty_links_that_are_nearly_right_answer_like_any_page_that_is_not_there(
    client: FlaskClient, invited: Invited
) -> None:
    mutations = [f"/g/{one}" for one in _mutations(invited.link)]
    foreign = [
        "/g/" + signed(LinkPurpose.PARTICIPATION, uuid.uuid4(), SECRET_KEY),
        "/g/" + signed(LinkPurpose.PARTICIPATION, invited.part_id, "another" * 8),
        *(
            "/g/" + signed(purpose, invited.part_id, SECRET_KEY)
            for purpose in (LinkPurpose.ALERT, LinkPurpose.VOTE)
        ),
    ]
    assert len(mutations) >= 40
    client.get("/nowhere")
    answers = set()
    for number, link in enumerate([*mutations, *foreign]):
        # Each comes from elsewhere, so that none is held up for guessing.
        answer = client.get(link, environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"})
        status, headers, body = without_marks(answer)
        kept = [(name, value) for name, value in headers if name != "Content-Length"]  # the path stands in it
        answers.add((status, str(kept), PATH.sub(b"", body)))
    assert {status for status, _, _ in answers} == {404}
    assert len(answers) == 1


def test_who_guesses_waits_and_a_right_link_is_answered_all_the_same(
    client: FlaskClient, invited: Invited
) -> None:
    statuses = [client.get(f"/g/guess-{number}").status_code for number in range(FREE_FAILURES + 2)]
    assert statuses == [404] * FREE_FAILURES + [429] * 2
    assert client.post("/g/guess/reply", data={"partstat": "ACCEPTED"}).status_code == 429
    assert client.get(invited.link).status_code == 200


def test_a_link_is_dead_within_the_request_after_the_guest_is_removed(
    client: FlaskClient, world: World, invited: Invited
) -> None:
    with invited.database.transaction() as session:
        actor = world.actor(world.coordinator)
        guests.remove(session, actor, session.get_one(Guest, invited.guest_id), now=NOW)
    assert client.get(invited.link).status_code == 404
    for part in ("reply", "substitute"):
        form = {"partstat": "ACCEPTED", "name": "Cem Ufer", "email": "cem@kasse.example"}
        assert client.post(f"{invited.link}/{part}", data=form).status_code == 404


def test_after_the_meeting_the_page_shows_it_and_takes_no_answer_and_ends_after_30_days(
    client: FlaskClient, invited: Invited
) -> None:
    end = TEN + timedelta(minutes=90)
    for after, status, said in ((timedelta(0), 200, 409), (timedelta(hours=24), 404, 404)):
        with time_machine.travel(end + after, tick=False):
            page = client.get(invited.link)
            assert page.status_code == status
            assert 'name="partstat"' not in page.text
            answer = client.post(f"{invited.link}/reply", data={"partstat": "ACCEPTED"})
            assert answer.status_code == said


def test_another_origin_cannot_answer(client: FlaskClient, invited: Invited) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    form = {"partstat": "ACCEPTED"}
    assert client.post(f"{invited.link}/reply", data=form, headers=headers).status_code == 403
    assert invited.part().partstat is Partstat.NEEDS_ACTION
