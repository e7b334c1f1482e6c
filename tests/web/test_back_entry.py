"""The page that enters a consult held by telephone."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import UrgentKind
from confsched.models.urgent import UrgentConsult
from tests.support.urgent import add_urgent
from tests.support.web import SignIn
from tests.world import World

PATH = "/urgent/back-entry"


def _sent(world: World, **changed: str) -> dict[str, str]:
    return {
        "form_key": "key",
        "case_ref": "FK-9XWT",
        "consultant": str(world.neurologist.id),
        "day": "2026-11-22",
        "requested": "10:00",
        "acknowledged": "10:02",
        **changed,
    }


def test_a_consult_is_entered_and_what_is_wrong_stays_typed_at_its_field(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        add_urgent(session, world, UrgentKind.TELESTROKE)
    sign_in(client, world.requester)
    assert "Times, as remembered" in client.get(PATH).text
    wrong = client.post(PATH, data=_sent(world, acknowledged="half past", reported="10:30"))
    assert wrong.status_code == 422
    assert 'value="half past"' in wrong.text and "Choose a time, such as 14:30." in wrong.text
    doubled = client.post(PATH, data=_sent(world, day="2026-10-25", requested="02:30", acknowledged="03:10"))
    assert doubled.status_code == 422 and 'id="requested-error"' in doubled.text
    answers = [client.post(PATH, data=_sent(world)) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    with sqlite_database.read() as session:
        consult = session.scalars(select(UrgentConsult)).one()
        assert consult.is_downtime and answers[0].location == f"/urgent/{consult.id}"


def test_a_site_without_urgent_services_has_nothing_to_enter(
    client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.stranger)
    assert "No urgent service is open to your site" in client.get(PATH).text
    assert client.post(PATH, data=_sent(world)).status_code == 422


def test_of_several_services_one_is_chosen_first(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        stroke = add_urgent(session, world, UrgentKind.TELESTROKE)
        images = add_urgent(session, world, UrgentKind.TELERADIOLOGY)
    sign_in(client, world.requester)
    page = client.get(PATH).text
    assert f"service={stroke.id}" in page and f"service={images.id}" in page
    assert "Images complete" in client.get(f"{PATH}?service={images.id}").text
    sent = _sent(world, service=str(images.id), images_received="10:20", phoned="10:31")
    assert client.post(PATH, data=sent).status_code == 303


def test_a_secretary_enters_none(client: FlaskClient, world: World, sign_in: SignIn) -> None:
    sign_in(client, world.secretary)
    assert client.get(PATH).status_code == 403
