"""The lists of guests and institutions: for who runs conferences, with a look before a list is taken over."""

from __future__ import annotations

import uuid

import pytest
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.kinds import PartnerKind
from confsched.domain.permissions import Function
from confsched.models.guests import Guest, Partner
from confsched.services import guests, partners
from tests.support.guests import add_guest
from tests.support.matrix import Cast, picture
from tests.support.web import SignIn
from tests.world import World

LIST = "Dr. Bo Tal; bo@amt.example; Gesundheitsamt Moorkreis; Leitung\nX; x"
NEW = {"name": "Dr. Bo Tal", "email": "Bo@Amt.example", "partner_id": "", "role": "Leitung"}


@pytest.fixture
def guest(sqlite_database: Database, world: World) -> Guest:
    with sqlite_database.transaction() as session:
        guest = add_guest(session, world.actor(world.coordinator))
        assert guest.person.name == "Dr. Anna Berg"  # loaded, to be read after the session has ended
        return guest


def _names(database: Database, world: World) -> list[str]:
    with database.read() as session:
        listing = guests.list_guests(session, world.actor(world.coordinator))
        return [row.person.name for row in listing.items]


def test_a_guest_is_added_once_found_changed_and_removed(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, guest: Guest
) -> None:
    sign_in(client, world.coordinator)
    for _ in range(2):
        assert client.post("/guests/", data=NEW).status_code == 303
    assert _names(sqlite_database, world) == ["Dr. Anna Berg", "Dr. Bo Tal"]
    found = client.get("/guests/?q=leit").text
    assert "Dr. Bo Tal" in found and "Dr. Anna Berg" not in found
    assert "No guest fits" in client.get("/guests/?q=nobody").text
    path = f"/guests/{guest.id}"
    assert 'value="Referent"' in client.get(path).text
    assert client.post(f"{path}/change", data={"role": "Head", "partner_id": ""}).status_code == 303
    assert client.post(f"{path}/change", data={"role": "x" * 200}).status_code == 422
    assert client.post(f"{path}/removal").status_code == 303
    assert client.get(path).status_code == 404
    assert _names(sqlite_database, world) == ["Dr. Bo Tal"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Type the name of the person."),
        ({"email": "bo"}, "This is no mail address."),
        ({"email": "mia.sander@moorfeld.example"}, "belongs to somebody of the network"),
        ({"partner_id": str(uuid.uuid4())}, "Choose an institution from the list."),
        ({"partner_id": "x"}, "Choose an institution from the list."),
        ({"email": "anna.berg@kasse-nord.example"}, "is your guest already"),
        ({"role": "Muster, Hans *12.3.51"}, 'role="alert"'),
    ],
)
def test_what_is_wrong_with_a_guest_stands_on_the_page_with_what_was_typed(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    guest: Guest,
    wrong: dict[str, str],
    said: str,
) -> None:
    sign_in(client, world.coordinator)
    before = picture(sqlite_database)
    answer = client.post("/guests/", data={**NEW, **wrong})
    assert answer.status_code == 422
    assert (said in answer.text and 'value="Leitung"' in answer.text) or "role" in wrong
    assert picture(sqlite_database) == before
    assert guest.removed_at is None


def test_a_list_is_shown_before_it_is_taken_over(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, guest: Guest
) -> None:
    sign_in(client, world.coordinator)
    before = picture(sqlite_database)
    looked = client.post("/guests/import", data={"text": LIST})
    assert looked.status_code == 200 and "Add 1 guests" in looked.text and "new institution" in looked.text
    assert "no mail address" in looked.text and "bo@amt.example; Gesundheitsamt" in looked.text
    assert picture(sqlite_database) == before
    for _ in range(2):
        assert client.post("/guests/import", data={"text": LIST, "action": "take"}).status_code == 303
    assert _names(sqlite_database, world) == [guest.person.name, "Dr. Bo Tal"]
    assert client.post("/guests/import", data={"text": ""}).status_code == 422


def test_institutions_are_added_changed_and_removed_when_nobody_comes_from_them(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, guest: Guest
) -> None:
    sign_in(client, world.secretary)
    for _ in range(2):
        assert client.post("/partners/", data={"name": "Amt", "kind": "health_office"}).status_code == 303
    page = client.get("/partners/").text
    assert page.count(">Amt</a>") == 1 and "Kasse Nord" in page
    assert "Kasse Nord" not in client.get("/partners/?q=amt").text
    assert client.get(f"/partners/{guest.partner_id}").status_code == 200
    refused = client.post(f"/partners/{guest.partner_id}/removal")
    assert refused.status_code == 422 and "1 guests come from here" in refused.text
    for wrong in ({"name": ""}, {"kind": "x"}, {"name": "amt"}):
        form = {"name": "Kasse", "kind": "insurer", **wrong}
        assert client.post(f"/partners/{guest.partner_id}/change", data=form).status_code == 422
    with sqlite_database.transaction() as session:
        actor = world.actor(world.coordinator)
        office = next(p for p in partners.list_all(session, actor) if p.kind is PartnerKind.HEALTH_OFFICE)
        office_id = office.id
    form = {"name": "Gesundheitsamt", "kind": "municipality"}
    assert client.post(f"/partners/{office_id}/change", data=form).status_code == 303
    assert client.post(f"/partners/{office_id}/removal").status_code == 303
    assert client.post("/partners/", data={"name": "", "kind": "x"}).status_code == 422


def test_a_house_sees_no_guest_and_no_institution_of_another(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database, guest: Guest
) -> None:
    with sqlite_database.transaction() as session:
        other = Cast(session, session.merge(world.spoke), "Spoke").people[Function.COORDINATOR]
    sign_in(client, other)
    for path in ("/guests/", "/guests/?q=Anna", "/partners/", f"/guests/?partner={guest.partner_id}"):
        page = client.get(path)
        assert page.status_code == 200
        assert "Anna Berg" not in page.text and "Kasse Nord" not in page.text
    for path in (f"/guests/{guest.id}", f"/partners/{guest.partner_id}"):
        assert client.get(path).status_code == 404
        assert client.post(f"{path}/removal").status_code == 404
    assert client.post("/guests/", data={**NEW, "partner_id": str(guest.partner_id)}).status_code == 422
    with sqlite_database.read() as session:
        assert session.get_one(Partner, guest.partner_id).removed_at is None


@pytest.mark.parametrize("path", ["/guests/", "/guests/import", "/partners/", "/regional/", "/regional/new"])
def test_only_who_runs_conferences_opens_these_pages(
    client: FlaskClient, world: World, sign_in: SignIn, path: str
) -> None:
    assert client.get(path).status_code == 302
    sign_in(client, world.neurologist)
    assert client.get(path).status_code == 403
