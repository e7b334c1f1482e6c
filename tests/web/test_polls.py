"""Polls over HTTP: drafted and sent by the coordinator, answered by a link, decided into a conference."""

from __future__ import annotations

import re
import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import PollState
from confsched.domain.signed_links import LinkPurpose
from confsched.mail.signed_links import signed
from confsched.models.polls import DatePoll, PollReply, PollVoter
from tests.support.guests import add_guest
from tests.support.web import SECRET_KEY, SignIn
from tests.world import World

DETAILS = {
    "title": "Health conference",
    "kind": "regional_conference",
    "duration_minutes": "90",
    "reply_by_on": "2026-11-30",
    "join_link": "",
    "text": "Emergency care in the district",
}


@pytest.fixture
def desk(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.coordinator)
    return client


def draft(desk: FlaskClient, **typed: str) -> str:
    """Start a poll and return its page."""
    return desk.post("/polls/", data=DETAILS | {"form_key": "k1"} | typed).headers["Location"]


def send(desk: FlaskClient, database: Database, world: World) -> tuple[str, str]:
    """Return the page of a poll that was sent, and the link of the guest."""
    with database.transaction() as session:
        guest_id = add_guest(session, world.actor(world.coordinator)).id
    path = draft(desk)
    for day in ("2026-12-08", "2026-12-09"):
        assert desk.post(f"{path}/times", data={"day": day, "at": "10:00"}).status_code == 303
    assert desk.post(f"{path}/people", data={"guests": str(guest_id)}).status_code == 303
    assert desk.post(f"{path}/sending").status_code == 303
    with database.read() as session:
        voter = session.scalars(select(PollVoter).order_by(PollVoter.position.desc())).first()
        assert voter is not None
        return path, "/polls/vote/" + signed(LinkPurpose.VOTE, voter.id, SECRET_KEY)


def answers_in(page: str) -> dict[str, str]:
    """Return a yes for each time of a page."""
    return dict.fromkeys(re.findall(r'name="(answer-[0-9a-f-]+)"', page), "yes")


def test_from_the_first_page_to_the_conference(
    desk: FlaskClient, world: World, sqlite_database: Database
) -> None:
    path, link = send(desk, sqlite_database, world)
    guest = desk.application.test_client()
    page = guest.get(link).text
    assert "Health conference" in page and "Emergency care in the district" in page
    typed = answers_in(page)
    assert len(typed) == 2
    for _ in range(2):
        assert guest.post(link, data=typed | {"note": "by train"}).status_code == 303
    with sqlite_database.read() as session:
        assert len(session.scalars(select(PollReply)).all()) == 2
    shown = desk.get(path).text
    assert "1 of 2 have answered" in shown and "by train" in shown
    time_id = re.findall(r'name="time_id" value="([0-9a-f-]+)"', shown)[0]
    decided = desk.post(f"{path}/decision", data={"time_id": time_id})
    assert decided.status_code == 303 and "/conferences/" in decided.headers["Location"]
    again = desk.post(f"{path}/decision", data={"time_id": time_id})
    assert again.headers["Location"] == decided.headers["Location"]
    assert "The date is decided" in guest.get(link).text
    assert guest.post(link, data=typed).status_code == 409


def test_opening_the_link_answers_nothing_and_a_changed_link_opens_nothing(
    desk: FlaskClient, world: World, sqlite_database: Database
) -> None:
    _, link = send(desk, sqlite_database, world)
    guest = desk.application.test_client()
    assert guest.get(link).status_code == 200
    with sqlite_database.read() as session:
        assert not session.scalars(select(PollReply)).all()
        other = session.scalars(select(DatePoll)).one()
    for wrong in (link[:-1], link + "x", "/polls/vote/" + signed(LinkPurpose.VOTE, other.id, SECRET_KEY)):
        assert guest.get(wrong).status_code == 404
        assert guest.post(wrong, data={}).status_code == 404


def test_a_missing_answer_is_named_and_the_others_are_kept(
    desk: FlaskClient, world: World, sqlite_database: Database
) -> None:
    _, link = send(desk, sqlite_database, world)
    guest = desk.application.test_client()
    first = next(iter(answers_in(guest.get(link).text)))
    refused = guest.post(link, data={first: "no", "note": "perhaps later"})
    assert refused.status_code == 422 and 'value="perhaps later"' in refused.text
    assert f'name="{first}" value="no" checked' in refused.text


def test_what_is_wrong_with_a_draft_is_said_where_it_is(desk: FlaskClient) -> None:
    refused = desk.post("/polls/", data=DETAILS | {"title": "Muster, Hans *12.3.51", "reply_by_on": ""})
    assert refused.status_code == 422 and "Muster, Hans" in refused.text
    assert 'id="title-error"' in refused.text and 'id="reply_by_on-error"' in refused.text
    path = draft(desk)
    assert desk.post(f"{path}/sending").status_code == 422
    assert desk.post(f"{path}/times", data={"day": "2020-01-01", "at": "10:00"}).status_code == 422
    assert desk.post(f"{path}/times", data={"day": "", "at": ""}).status_code == 422


def test_a_poll_started_twice_is_one(desk: FlaskClient, sqlite_database: Database) -> None:
    assert draft(desk) == draft(desk)
    with sqlite_database.read() as session:
        assert session.scalars(select(DatePoll)).one().state is PollState.DRAFT


def test_others_find_no_poll(
    desk: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    path, _ = send(desk, sqlite_database, world)
    stranger = desk.application.test_client()
    sign_in(stranger, world.stranger)
    for answer in (
        stranger.get(path),
        stranger.post(f"{path}/withdrawal"),
        stranger.get(f"/polls/{uuid.uuid4()}"),
    ):
        assert answer.status_code in (403, 404)
