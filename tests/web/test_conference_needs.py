"""Requirements changed on the page of times: rows, findings at the row, the place kept, two planners."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.kinds import RequirementKind
from confsched.domain.permissions import Function
from confsched.models.claims import Claim
from confsched.models.conferences import Conference
from confsched.services.conferences import Wanted
from tests.support.web import SignIn
from tests.web.test_conferences import NINE, plan
from tests.world import NEUROLOGY, World, add_person


@pytest.fixture
def secretary(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.secretary)
    return client


@pytest.fixture
def conference_id(sqlite_database: Database, world: World) -> uuid.UUID:
    return plan(sqlite_database, world, Wanted(discipline=NEUROLOGY))


def seen(client: FlaskClient, conference_id: uuid.UUID) -> str:
    page = client.get(f"/conferences/{conference_id}/times").text
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def rows(*wanted: Mapping[str, object], **values: object) -> dict[str, object]:
    sent: dict[str, object] = {"needs": [str(place) for place in range(len(wanted))], **values}
    for place, one in enumerate(wanted):
        for name, value in {"kind": "discipline", "count": "1", **one}.items():
            sent[f"need-{place}-{name}"] = value
    return sent


def send(client: FlaskClient, conference_id: uuid.UUID, values: dict[str, object]) -> Any:
    return client.post(f"/conferences/{conference_id}/requirements", data=values)


ANY: dict[str, object] = {"discipline": NEUROLOGY}


def test_all_that_a_requirement_can_say_is_kept_and_the_day_with_it(
    secretary: FlaskClient, sqlite_database: Database, world: World, conference_id: uuid.UUID
) -> None:
    sites = [str(world.hub.id), str(world.spoke.id)]
    people = {"kind": "persons", "person_id": [str(world.requester.id)], "is_optional": "yes", "count": ""}
    full = ANY | {"site_id": sites, "specialists_only": "yes", "may_double": "yes", "is_on_site": "yes"}
    values = rows(ANY | {"count": "2"}, full, people, day="2026-11-24", seen=seen(secretary, conference_id))
    answer = send(secretary, conference_id, values)
    assert answer.status_code == 303, answer.text
    assert answer.location == f"/conferences/{conference_id}/times?day=2026-11-24#board"
    with sqlite_database.read() as session:
        first, second, third = session.get_one(Conference, conference_id).requirements
        assert {str(one.site_id) for one in second.sites} == set(sites)
        assert (second.specialists_only, second.may_double, second.is_on_site) == (True, True, True)
        assert (first.count, third.kind, third.is_optional) == (2, RequirementKind.PERSONS, True)
    page = secretary.get(answer.location).text
    assert "specialist, may be met by who takes part already, on site" in page


def test_the_same_rows_again_change_nothing_whatever_was_seen(
    secretary: FlaskClient, conference_id: uuid.UUID
) -> None:
    values = rows(ANY, seen=seen(secretary, conference_id))
    assert send(secretary, conference_id, values).status_code == 303
    assert send(secretary, conference_id, values | {"seen": "old"}).status_code == 303


def test_a_second_planner_sees_what_the_first_one_saved_before_anything_is_lost(
    secretary: FlaskClient, conference_id: uuid.UUID
) -> None:
    both_saw = seen(secretary, conference_id)
    send(secretary, conference_id, rows(ANY | {"count": "2"}, seen=both_saw))
    late = send(secretary, conference_id, rows(ANY | {"is_optional": ""}, ANY, seen=both_saw))
    assert late.status_code == 409
    assert "Now on record:" in late.text and f"2 of {NEUROLOGY}" in late.text
    assert late.text.count('<fieldset class="need"') == 2, "what was typed is still there"
    again = re.search(r'name="seen" value="([0-9a-f]+)"', late.text)
    assert again and again[1] != both_saw
    assert send(secretary, conference_id, rows(ANY, ANY, seen=again[1])).status_code == 303


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ((), "Say who has to be there"),
        (({"discipline": ""},), "Say who or what is needed."),
        ((ANY | {"count": "0"},), "Choose 1 to 20 people."),
        ((ANY | {"count": "9"},), "Only 2 are entered, 9 are asked for."),
        ((ANY | {"is_optional": "yes"},), "wishes alone make no meeting"),
        ((ANY | {"count": "2"}, ANY), "3 different people are needed, entered are 2"),
        ((ANY,) * 13, "At most 12 requirements"),
    ],
)
def test_what_nobody_can_ever_meet_is_said_at_its_row_and_the_times_stay(
    secretary: FlaskClient, conference_id: uuid.UUID, wanted: tuple[Mapping[str, object], ...], sentence: str
) -> None:
    answer = send(secretary, conference_id, rows(*wanted, seen=seen(secretary, conference_id)))
    assert answer.status_code == 422
    assert sentence in answer.text, re.findall(r'class="invalid".*', answer.text)
    assert "Requirements met" in answer.text


def test_a_button_of_a_row_keeps_what_was_typed_the_day_and_the_record(
    secretary: FlaskClient, conference_id: uuid.UUID
) -> None:
    before = seen(secretary, conference_id)
    typed = rows(ANY | {"count": "7"}, seen=before, day="2026-11-26", action="add-duty_line")
    page = send(secretary, conference_id, typed).text
    assert 'value="7"' in page and "Who is on duty" in page
    assert re.search(r'<a href="[^"]*day=2026-11-26" aria-current="date"', page)
    assert re.search(r'<details class="sect wanted[^>]* open>', page)
    assert seen(secretary, conference_id) == before


def test_a_room_that_is_required_is_taken_and_a_second_one_refused(
    secretary: FlaskClient, sqlite_database: Database, world: World, conference_id: uuid.UUID
) -> None:
    room = {"kind": "resource", "resource_id": str(world.room.id), "count": ""}
    mark = seen(secretary, conference_id)
    refused = send(secretary, conference_id, rows(ANY, room, room, seen=mark))
    assert refused.status_code == 422 and "takes one room or device" in refused.text
    assert send(secretary, conference_id, rows(ANY | {"is_on_site": "y"}, room, seen=mark)).status_code == 303
    assert (
        secretary.post(f"/conferences/{conference_id}/invitation", data={"starts_at": NINE}).status_code
        == 303
    )
    with sqlite_database.read() as session:
        booking = session.get_one(Conference, conference_id).booking
        assert booking is not None and booking.resource_id == world.room.id
        claims = {claim.subject_id: claim.site_id for claim in session.query(Claim)}
        (person,) = (one.person_id for one in booking.participations)
        assert world.room.id in claims and claims[person] == world.room.site_id


def test_somebody_of_unknown_time_is_asked_and_the_page_says_so(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        silent = add_person(session, world.spoke, "Dr.", "Ines", "Lenz", Function.CONSULTANT)
    wanted = (Wanted(discipline=NEUROLOGY), Wanted(person_ids=(silent.id,)))
    url = f"/conferences/{plan(sqlite_database, world, *wanted)}"
    page = secretary.get(f"{url}/times", query_string={"at": NINE}).text
    form = page[page.index(f'action="{url}/questions"') :]
    asked = dict(re.findall(r'name="(person_id|starts_at|ends_at)" value="([^"]+)"', form)[:3])
    assert asked["person_id"] == str(silent.id)
    answer = secretary.post(f"{url}/questions", data=asked)
    page = secretary.get(answer.location).text
    assert "no answer yet" in page
    assert 'name="person_id"' not in page.replace("need-1-person_id", "")


def test_the_day_reads_as_a_table(secretary: FlaskClient, conference_id: uuid.UUID) -> None:
    page = secretary.get(f"/conferences/{conference_id}/times?day=2026-11-24").text
    assert "08:00–16:00 free, 16:00–18:00 not at work" in page


def test_a_stranger_finds_no_requirements_and_another_function_may_not_change_them(
    client: FlaskClient, sqlite_database: Database, world: World, sign_in: SignIn, conference_id: uuid.UUID
) -> None:
    with sqlite_database.transaction() as session:
        stranger = add_person(session, world.stranger_site, "", "Karl", "Weiss", Function.SECRETARY)
    for person, status in ((stranger, 404), (world.requester, 403)):
        sign_in(client, person)
        assert send(client, conference_id, rows(ANY)).status_code == status
        assert send(client, conference_id, rows(ANY, action="add-persons")).status_code == status
