"""What a stranger, an old page and a hasty finger do to urgent consults: nothing, and each is told why."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.channels.links import signed
from confsched.db import Database
from confsched.domain.kinds import UrgentKind, UrgentState
from confsched.models.catalogue import Service
from confsched.models.urgent import Alert, UrgentConsult
from confsched.services import urgent_live
from tests.support.urgent import add_urgent, put_neurologist_on_duty
from tests.support.web import SECRET_KEY, SignIn
from tests.web.test_urgent import TYPED, address, consults, hidden
from tests.world import NOW, World


@pytest.fixture
def stroke(sqlite_database: Database, world: World) -> Service:
    with sqlite_database.transaction() as session:
        put_neurologist_on_duty(session, world)
        return add_urgent(session, world, UrgentKind.TELESTROKE)


def _asked(client: FlaskClient, stroke: Service, **more: str) -> str:
    return str(client.post(address(stroke), data={**TYPED, **more}).location)


def _end(database: Database, world: World) -> None:
    with database.transaction() as session:
        consult = session.scalars(select(UrgentConsult)).one()
        urgent_live.cancel(session, world.actor(world.requester), consult, code="false_alarm", now=NOW)


@pytest.mark.parametrize("more", [{}, {"announces": "1"}])
def test_a_form_whose_consult_is_over_never_asks_into_the_void_but_asks_anew(
    client: FlaskClient,
    stroke: Service,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    more: dict[str, str],
) -> None:
    sign_in(client, world.requester)
    _asked(client, stroke, **more)
    _end(sqlite_database, world)
    back = client.post(address(stroke), data=TYPED)  # from the page that the browser had kept
    assert back.status_code == 409 and "nobody is called. Send it now to ask anew." in back.text
    for _ in range(2):  # pressed twice it asks once
        assert client.post(address(stroke), data=hidden(back)).status_code == 303
    states = sorted(one.state for one in consults(sqlite_database))
    assert states == sorted([UrgentState.CANCELLED, UrgentState.ALERTED])


def test_old_pages_and_people_who_were_not_called_pass_nothing_on(
    client: FlaskClient, stroke: Service, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.requester)
    page = _asked(client, stroke)
    answer = client.post(f"{page}/passing-on")
    assert answer.status_code == 422 and "Only who is called can pass a consult on." in answer.text
    sign_in(client, world.second_neurologist)
    assert client.post(f"{page}/passing-on").status_code == 422
    assert client.post(f"{page}/acknowledgement").status_code == 303
    sign_in(client, world.neurologist)  # with the page that still rings
    answer = client.post(f"{page}/passing-on")
    assert answer.status_code == 409
    assert f"{world.second_neurologist.name} has taken this consult already." in answer.text
    sign_in(client, world.stranger)
    for noun in ("passing-on", "request", "acknowledgement"):
        assert client.post(f"{page}/{noun}").status_code in (403, 404)
    client.post("/logout")
    for noun in ("passing-on", "request"):
        assert client.post(f"{page}/{noun}").status_code == 401


def test_a_link_about_something_else_passes_nothing_on(
    client: FlaskClient, stroke: Service, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    _asked(client, stroke)
    with sqlite_database.transaction() as session:
        alert = session.scalars(select(Alert)).one()
        alert.rung_id = None  # as one about a hand-over, or a mission
        link = f"/alerts/{signed(alert.id, SECRET_KEY)}"
    assert "I cannot, pass on" not in client.get(link).text
    answer = client.post(f"{link}/passing-on", csrf=False)
    assert answer.status_code == 422 and "Only who is called" in answer.text
    assert client.post(f"{link}x/passing-on", csrf=False).status_code == 404


def test_what_was_called_off_before_it_was_asked_is_not_asked_by_an_old_page(
    client: FlaskClient, stroke: Service, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.requester)
    page = _asked(client, stroke, announces="1")
    assert client.post(f"{page}/acknowledgement").status_code in (409, 422)
    _end(sqlite_database, world)
    answer = client.post(f"{page}/request")
    assert answer.status_code == 409 and "This consult is over." in answer.text
    assert [one.state for one in consults(sqlite_database)] == [UrgentState.CANCELLED]
