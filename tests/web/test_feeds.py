"""The page of calendar feeds: the address is shown once, to its owner, and nowhere else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from confsched.db import Database
from confsched.domain.kinds import FeedPrivacy, FeedScope
from confsched.domain.permissions import Permission
from confsched.models.feeds import Feed
from confsched.models.network import Department
from confsched.services import feeds, rosters
from confsched.services.rosters import NewLine
from tests.support.web import SignIn
from tests.world import NOW, World

ADDRESS = re.compile(r'value="http://localhost:8000/feeds/([\w-]{43})/confsched\.ics"')
FORM = {"name": "Outlook", "privacy": "kind", "form_key": "key-1"}


@pytest.fixture
def owner(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    """Give the client with the neurologist signed in."""
    sign_in(client, world.neurologist)
    return client


@pytest.fixture
def feed(world: World, sqlite_database: Database) -> Feed:
    with sqlite_database.transaction() as session:
        actor = world.actor(world.neurologist)
        return feeds.create_feed(session, actor, "My phone", privacy=FeedPrivacy.KIND, now=NOW)[0]


def secret_of(answer: TestResponse) -> str:
    found = ADDRESS.search(answer.text)
    assert found
    return found[1]


def rows(database: Database) -> list[Feed]:
    with database.read() as session:
        return list(session.scalars(select(Feed).order_by(Feed.created_at)))


def test_an_empty_page_explains_the_first_step(owner: FlaskClient) -> None:
    page = owner.get("/feeds/")
    assert page.status_code == 200
    assert "Make one for each program or device" in page.text
    assert all(name in page.text for name in ("Outlook", "Google", "Apple", "Thunderbird"))


def test_a_new_address_is_shown_once_with_its_code(owner: FlaskClient) -> None:
    answer = owner.post("/feeds/", data=FORM)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    secret = secret_of(answer)
    assert '<svg viewBox="' in answer.text
    assert "style=" not in answer.text
    assert 'data-copy="url"' in answer.text
    assert secret not in owner.get("/feeds/").text
    assert owner.get(f"/feeds/{secret}/confsched.ics").status_code == 200


def test_the_same_form_sent_twice_makes_one_address(owner: FlaskClient, sqlite_database: Database) -> None:
    """Peer failure 11."""
    owner.post("/feeds/", data=FORM)
    again = owner.post("/feeds/", data=FORM)
    assert again.status_code == 409
    assert "shown only once" in again.text
    assert len(rows(sqlite_database)) == 1


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("name", "x" * 81), ("privacy", "all")])
def test_wrong_input_is_named_at_its_field_and_kept(
    owner: FlaskClient, sqlite_database: Database, field: str, value: str
) -> None:
    answer = owner.post("/feeds/", data={**FORM, field: value})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'value="{FORM["name"] if field == "privacy" else value}"' in answer.text
    assert rows(sqlite_database) == []


def test_renewing_shows_the_new_address_and_closes_the_old_one(owner: FlaskClient) -> None:
    old = secret_of(owner.post("/feeds/", data=FORM))
    (feed_id,) = re.findall(r"/feeds/([0-9a-f-]{36})/renewal", owner.get("/feeds/").text)
    new = secret_of(owner.post(f"/feeds/{feed_id}/renewal"))
    assert owner.get(f"/feeds/{old}/confsched.ics").status_code == 404
    assert owner.get(f"/feeds/{new}/confsched.ics").status_code == 200
    assert owner.post(f"/feeds/{feed_id}/renewal").status_code == 404


def test_a_revoked_address_is_gone_from_the_page(owner: FlaskClient, feed: Feed) -> None:
    assert "My phone" in owner.get("/feeds/").text
    assert owner.post(f"/feeds/{feed.id}/revocation").status_code == 303
    assert "My phone" not in owner.get("/feeds/").text
    assert owner.post(f"/feeds/{feed.id}/revocation").status_code == 404


def test_the_privacy_of_an_address_can_be_changed(
    owner: FlaskClient, feed: Feed, sqlite_database: Database
) -> None:
    for _ in range(2):
        answer = owner.post(f"/feeds/{feed.id}/privacy", data={"privacy": "busy"})
        assert (answer.status_code, answer.location) == (303, "/feeds/")
    assert rows(sqlite_database)[0].privacy is FeedPrivacy.BUSY
    assert owner.post(f"/feeds/{feed.id}/privacy", data={"privacy": "all"}).status_code == 422


def test_the_page_says_who_fetched_last_and_who_is_silent(
    owner: FlaskClient, feed: Feed, sqlite_database: Database
) -> None:
    assert "not fetched yet" in owner.get("/feeds/").text
    for days, words in ((3, "silent for 3 days"), (0, "up to date")):
        with sqlite_database.transaction() as session:
            feeds.record_fetch(session, feed, "Outlook", now=NOW - timedelta(days=days))
        assert words in owner.get("/feeds/").text
    assert "Mon 23 Nov, 08:00, Outlook" in owner.get("/feeds/").text


@pytest.mark.parametrize("noun", ["renewal", "revocation", "privacy"])
def test_another_persons_address_is_not_found(
    client: FlaskClient, world: World, sign_in: SignIn, feed: Feed, noun: str
) -> None:
    for other in (world.second_neurologist, world.secretary, world.admin, world.stranger):
        sign_in(client, other)
        assert client.post(f"/feeds/{feed.id}/{noun}", data={"privacy": "busy"}).status_code == 404
        assert "My phone" not in client.get("/feeds/").text


def test_a_visitor_is_asked_to_sign_in(client: FlaskClient, feed: Feed) -> None:
    assert client.get("/feeds/").location == "/login?next=/feeds/"
    for path in ("/feeds/", f"/feeds/{feed.id}/revocation"):
        assert client.post(path, data=FORM).status_code == 401


def test_everybody_who_may_use_the_application_may_have_feeds(
    client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    for person in world.cast:
        sign_in(client, person)
        expected = 200 if world.actor(person).may(Permission.USE) else 403
        assert client.get("/feeds/").status_code == expected


def test_a_line_or_a_department_becomes_a_feed_in_one_form(
    owner: FlaskClient, world: World, sqlite_database: Database
) -> None:
    for number, holds in enumerate((f"line:{world.line.id}", f"department:{world.neurology.id}")):
        form = {**FORM, "form_key": f"key-{number}", "holds": holds}
        secret = secret_of(owner.post("/feeds/", data=form))
        assert owner.get(f"/feeds/{secret}/confsched.ics").status_code == 200
    assert {(one.scope, one.line_id, one.department_id) for one in rows(sqlite_database)} == {
        (FeedScope.LINE, world.line.id, None),
        (FeedScope.DEPARTMENT, None, world.neurology.id),
    }
    page = owner.get("/feeds/").text
    assert f"Duty line: {world.line.group_name}, Neurologie Dienst" in page
    assert "Department: Neurologie" in page
    assert page.count('<option value="busy"') == 0


@pytest.mark.parametrize(
    "holds", ["line:", "line:x", "everything", "department:" + "0" * 32, "line:" + "0" * 32]
)
def test_what_is_not_in_the_list_is_refused_at_the_field(
    owner: FlaskClient, sqlite_database: Database, holds: str
) -> None:
    answer = owner.post("/feeds/", data={**FORM, "holds": holds})
    assert answer.status_code == 422
    assert 'href="#holds"' in answer.text
    assert 'value="Outlook"' in answer.text
    assert rows(sqlite_database) == []


def test_busy_only_is_refused_for_duties_and_the_choice_is_kept(owner: FlaskClient, world: World) -> None:
    holds = f"line:{world.line.id}"
    answer = owner.post("/feeds/", data={**FORM, "privacy": "busy", "holds": holds})
    assert answer.status_code == 422
    assert 'href="#privacy"' in answer.text
    assert f'<option value="{holds}" selected>' in answer.text


def test_lines_of_one_name_are_told_apart_by_their_group(
    owner: FlaskClient, world: World, sqlite_database: Database
) -> None:
    """Two lines called after the hospital, of surgery and of internal medicine."""
    with sqlite_database.transaction() as session:
        for group_name in ("Surgery", "Medicine"):
            department = session.get_one(Department, world.neurology.id)
            line = NewLine(group_name, "Steinach", "030 23125-1")
            rosters.add_line(session, None, department, line, now=NOW)
    page = owner.get("/feeds/", query_string={"site": str(world.hub.id)}).text
    assert ">Medicine, Steinach<" in page and ">Surgery, Steinach<" in page


def test_lines_are_listed_by_site_and_departments_of_the_own_house_only(
    client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    line, department = f"line:{world.line.id}", f"department:{world.neurology.id}"
    sign_in(client, world.stranger)
    own, other = client.get("/feeds/").text, client.get(f"/feeds/?site={world.hub.id}").text
    assert (line in own, line in other) == (False, True)
    assert department not in own + other
    for site in ("x", "00000000-0000-0000-0000-000000000000"):
        assert client.get(f"/feeds/?site={site}").status_code == 200
    sign_in(client, world.auditor)
    assert line not in client.get(f"/feeds/?site={world.hub.id}").text
    assert client.post("/feeds/", data={**FORM, "holds": line}).status_code == 422
