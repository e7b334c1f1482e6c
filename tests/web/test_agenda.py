"""The agenda over HTTP: the desk orders it, others read their part; the live view of a turn."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.kinds import CaseState, ConferenceState
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from tests.support.agenda import BEST, REFS, add_agenda, add_one
from tests.support.web import SignIn
from tests.world import World

Ids = dict[str, uuid.UUID]


@pytest.fixture
def ids(sqlite_database: Database, world: World) -> Ids:
    with sqlite_database.transaction() as session:
        given = add_agenda(session, world)
        cases = {case.case_ref: case.id for case in given.cases}
        return {"conference": given.conference.id, "radiologist": given.radiologist.id, **cases}


@pytest.fixture
def secretary(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.secretary)
    return client


@pytest.fixture
def change(sqlite_database: Database, ids: Ids) -> Callable[..., None]:
    """Change the conference, or one of its cases by its reference."""

    def apply(ref: str = "", **values: object) -> None:
        with sqlite_database.transaction() as session:
            row = (
                session.get_one(CaseItem, ids[ref]) if ref else session.get_one(Conference, ids["conference"])
            )
            for name, value in values.items():
                setattr(row, name, value)

    return apply


def page(ids: Ids, part: str = "agenda") -> str:
    return f"/conferences/{ids['conference']}/{part}"


def order(client: FlaskClient, ids: Ids) -> list[str]:
    return re.findall(r"<a class=\"ref\" href=\"/cases/[^\"]+\">(FK-\d+)</a>", client.get(page(ids)).text)


def test_the_desk_arranges_the_agenda_and_takes_it_back(secretary: FlaskClient, ids: Ids) -> None:
    before = secretary.get(page(ids)).text
    assert order(secretary, ids) == list(REFS)
    assert "There is a better order: it needs 80 minutes of presence." in before
    assert "Back to the order before" not in before
    answer = secretary.post(page(ids, "agenda/arrangement"))
    assert answer.status_code == 303 and "best=1" in answer.location
    after = secretary.get(answer.location).text
    assert "Arranged: 80 minutes of presence." in after
    assert "No order is better. All of them were weighed." in after and "40 minutes less" in after
    assert order(secretary, ids) == list(BEST)
    secretary.post(page(ids, "agenda/former-order"))
    assert order(secretary, ids) == list(REFS)


def test_one_button_moves_a_case_and_comes_back_to_it(secretary: FlaskClient, ids: Ids) -> None:
    answer = secretary.post(page(ids, "agenda/moves"), data={"up": str(ids["FK-0003"])})
    assert answer.status_code == 303 and answer.location.endswith(f"#case-{ids['FK-0003']}")
    assert order(secretary, ids) == list(BEST)
    secretary.post(page(ids, "agenda/moves"), data={"down": str(ids["FK-0003"])})
    assert order(secretary, ids) == list(REFS)


def test_a_pinned_case_says_so_and_cannot_be_moved(secretary: FlaskClient, ids: Ids) -> None:
    secretary.post(page(ids, "agenda/moves"), data={"pin": str(ids["FK-0002"])})
    assert "pinned" in secretary.get(page(ids)).text
    refused = secretary.post(page(ids, "agenda/moves"), data={"up": str(ids["FK-0002"])})
    assert refused.status_code == 422 and "FK-0002 is pinned. Take the pin out" in refused.text
    secretary.post(page(ids, "agenda/arrangement"))
    assert order(secretary, ids)[1] == "FK-0002"
    secretary.post(page(ids, "agenda/moves"), data={"unpin": str(ids["FK-0002"])})
    assert "data-pinned" not in secretary.get(page(ids)).text


def test_a_laid_order_is_kept_and_a_stale_one_refused(secretary: FlaskClient, ids: Ids) -> None:
    laid = " ".join(str(ids[ref]) for ref in BEST)
    moved = {"order": laid, "moved": str(ids["FK-0003"])}
    assert secretary.post(page(ids, "agenda/order"), data=moved).status_code == 303
    assert order(secretary, ids) == list(BEST)
    for wrong in ("", "x y", laid.split()[0]):
        refused = secretary.post(page(ids, "agenda/order"), data={"order": wrong})
        assert refused.status_code == 409 and "changed meanwhile" in refused.text


@pytest.mark.parametrize("data", [{}, {"up": "x"}, {"left": "1"}])
def test_a_move_that_names_no_case_is_refused(secretary: FlaskClient, ids: Ids, data: dict[str, str]) -> None:
    assert secretary.post(page(ids, "agenda/moves"), data=data).status_code == 422


def test_a_frozen_agenda_stays(secretary: FlaskClient, ids: Ids, change: Callable[..., None]) -> None:
    change(state=ConferenceState.FROZEN)
    assert "The agenda is frozen: its order stays." in secretary.get(page(ids)).text
    assert secretary.post(page(ids, "agenda/arrangement")).status_code == 409


def test_a_long_agenda_is_compared_when_somebody_asks(
    secretary: FlaskClient, ids: Ids, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        conference = session.get_one(Conference, ids["conference"])
        for number in range(4, 15):
            add_one(session, world, conference, number, minutes=3)
    assert "is looked for when you ask for it" in secretary.get(page(ids)).text
    assert "There is a better order" in secretary.get(page(ids) + "?best=1").text


def test_a_presenter_reads_their_cases_and_their_minutes_only(
    client: FlaskClient, world: World, sign_in: SignIn, ids: Ids, change: Callable[..., None]
) -> None:
    for ref in ("FK-0001", "FK-0003"):
        change(ref, site_id=world.hub.id, registered_by_id=world.neurologist.id)
    sign_in(client, world.second_requester)
    text = client.get(page(ids)).text
    assert order(client, ids) == ["FK-0002", "FK-0004"]
    assert "Ole Hansen" in text and "Demir" not in text and "Arrange best" not in text
    for part in ("arrangement", "moves", "order", "former-order"):
        assert client.post(page(ids, f"agenda/{part}")).status_code in (404, 422)


def test_a_participant_reads_all_and_changes_nothing(
    client: FlaskClient, world: World, sign_in: SignIn, ids: Ids
) -> None:
    sign_in(client, world.second_neurologist)
    text = client.get(page(ids)).text
    assert order(client, ids) == list(REFS) and "Demir" in text
    assert client.post(page(ids, "agenda/arrangement")).status_code == 404


def test_a_stranger_finds_no_agenda(client: FlaskClient, world: World, sign_in: SignIn, ids: Ids) -> None:
    sign_in(client, world.stranger)
    for part in ("agenda", "live", "live/parts"):
        assert client.get(page(ids, part)).status_code == 404
    assert client.post(page(ids, "agenda/arrangement")).status_code == 404


def test_an_agenda_without_cases_says_so(
    secretary: FlaskClient, ids: Ids, change: Callable[..., None]
) -> None:
    for ref in REFS:
        change(ref, state=CaseState.WITHDRAWN)
    assert "No case is on the agenda yet." in secretary.get(page(ids)).text
    assert "No case that is to come needs you." in secretary.get(page(ids, "live")).text


def test_the_live_view_says_how_long_it_takes_until_the_turn(
    client: FlaskClient, world: World, sign_in: SignIn, ids: Ids, change: Callable[..., None]
) -> None:
    sign_in(client, world.second_requester)
    ahead = client.get(page(ids, "live")).text
    assert "at about" in ahead and "you present" in ahead and "The conference has not begun." in ahead
    change(state=ConferenceState.RUNNING)
    change("FK-0001", state=CaseState.IN_DISCUSSION)
    running = client.get(page(ids, "live")).text
    assert "about 10 minutes to go" in running and "0 of 4 cases done" in running
    change(state=ConferenceState.MINUTES_DRAFT)
    assert "This conference does not run any more." in client.get(page(ids, "live")).text


def test_the_parts_of_the_live_view_are_sent_once(
    client: FlaskClient, world: World, sign_in: SignIn, ids: Ids, change: Callable[..., None]
) -> None:
    sign_in(client, world.requester)
    change(state=ConferenceState.RUNNING)
    first = client.get(page(ids, "live/parts"))
    assert "<html" not in first.text and 'data-part="turn"' in first.text
    tag = first.headers["ETag"]
    assert tag.strip('"') in client.get(page(ids, "live")).text
    again = client.get(page(ids, "live/parts"), headers={"If-None-Match": f"W/{tag}"})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    change("FK-0001", state=CaseState.WITHDRAWN)
    assert client.get(page(ids, "live/parts"), headers={"If-None-Match": tag}).status_code == 200
