"""Every page, for everybody, with an own object, a colleague's, a partner's, a stranger's and none at all.

Generated from the routes of the app, so a page of tomorrow is held to the same rules on its first day.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask

from confsched.domain.kinds import BookingKind
from confsched.domain.permissions import Function, Permission
from confsched.models.people import Person
from confsched.web.policies import is_public, policy_of
from tests.support.access import (
    QUESTION,
    TITLE,
    WORDS,
    Record,
    Stage,
    ask,
    cases,
    is_expected,
    words,
)
from tests.support.matrix import CASE_REF, LINK, UNKNOWN, Objects, list_routes


@pytest.mark.parametrize("function", list(Function))
def test_every_page_opens_to_whom_it_is_meant_for_and_changes_nothing(
    stage: Stage, function: Function, record_property: Record
) -> None:
    objects = stage.objects(function)
    client, before, statuses = stage.client(function), stage.watch.picture(), Counter[int]()
    wrong: list[object] = []
    for route, whose in cases(stage.app, "GET", function):
        answer = ask(client, stage, route, objects.get(whose or "", {}).get(route.argument or "", UNKNOWN))
        statuses[answer.status_code] += 1
        if not is_expected(stage.app, route, function, whose, answer.status_code):
            wrong.append((route.endpoint, whose, answer.status_code))
        if stage.watch.picture() != before:
            wrong.append((route.endpoint, whose, "has written"))
    assert wrong == []
    record_property("figure", f"{function}: {statuses.total()} pages asked for, {words(statuses)}")


def test_a_visitor_is_asked_to_sign_in_whatever_the_address_names(
    stage: Stage, record_property: Record
) -> None:
    objects, client = stage.objects(Function.CONSULTANT), stage.client(None)
    before, wrong, count = stage.watch.picture(), [], 0
    for method, refused in (("GET", 302), ("POST", 401)):
        for route, whose in cases(stage.app, method, None):
            row_id = objects.get(whose or "", {}).get(route.argument or "", UNKNOWN)
            status, count = ask(client, stage, route, row_id).status_code, count + 1
            if status != refused and not (is_public(stage.app, route.endpoint) and status < 500):
                wrong.append((route.endpoint, method, whose, status))
    assert wrong == []
    assert stage.watch.picture() == before
    record_property("figure", f"visitor: {count} requests, none answered that is not public")


def _texts(stage: Stage, person: Person, row_ids: dict[str, uuid.UUID]) -> Iterator[tuple[str, str]]:
    """Give the text of every page that the person can ask for; searches try for the words themselves."""
    client = stage.app.test_client()
    stage.sign_in(client, person)
    for route in list_routes(stage.app):
        if route.method == "GET":
            path = route.path(stage.app, row_ids.get(route.argument or "", UNKNOWN))
            yield route.endpoint, client.get(path).text
    for word in (TITLE, CASE_REF):
        found = (
            client.get(f"/bookings/?q={word}").text.replace(f"q={word}", "").replace(f'value="{word}"', "")
        )
        assert ("1 meetings" in found) == (word in found)
        yield "bookings.index", found


def _readers(stage: Stage, row_ids: dict[str, uuid.UUID]) -> dict[str, set[str]]:
    """Return for each word who finds it on any page."""
    people = {
        f"{house} {function}": person
        for house, cast in (("hub", stage.hub), ("spoke", stage.spoke), ("far", stage.far))
        for function, person in cast.people.items()
    }
    people |= {"asker": stage.world.requester, "consultant": stage.world.neurologist}
    people |= {"colleague": stage.world.second_neurologist, "stranger": stage.world.stranger}
    texts = {name: [text for _, text in _texts(stage, one, row_ids)] for name, one in people.items()}
    return {
        word: {name for name, pages in texts.items() if any(word in page for page in pages)} for word in WORDS
    }


@pytest.fixture
def secret(stage: Stage) -> dict[str, uuid.UUID]:
    """Give a consult that the spoke organises: a requester there asks, a neurologist of the hub answers."""
    actor = stage.world.actor(stage.world.requester)
    with stage.database.transaction() as session:
        made = Objects(session, stage.world)
        booking = made.booking(actor, stage.world.neurologist, title=TITLE, kind=BookingKind.TELECONSULT)
        consult = made.consult(actor, QUESTION, booking)
        return {"booking_id": booking.id, "consult_id": consult.id}


def test_what_a_meeting_is_about_is_read_by_whom_it_concerns(
    stage: Stage, secret: dict[str, uuid.UUID]
) -> None:
    """The question by who takes part; title, reference and link also by the secretariat that plans it.

    Administrators, auditors, strangers and the secretariat of a partner read it on no page, nor find it.
    """
    taking_part = {"asker", "consultant"}
    planning = {*taking_part, "spoke secretary", "spoke coordinator"}
    expected = {QUESTION: taking_part, TITLE: planning, CASE_REF: planning, LINK: planning}
    assert _readers(stage, secret) == expected


def test_the_secretariat_of_a_house_that_takes_part_sees_time_and_people(
    stage: Stage, secret: dict[str, uuid.UUID]
) -> None:
    client = stage.client(Function.SECRETARY)
    page = client.get(f"/bookings/{secret['booking_id']}").text
    assert "08:00" in page
    assert stage.world.neurologist.name in page
    assert TITLE not in page
    assert QUESTION not in page


def test_the_watch_sees_what_is_committed_and_only_that(stage: Stage) -> None:
    before = stage.watch.picture()
    assert stage.watch.picture() is before
    with stage.database.transaction() as session:
        session.get_one(Person, stage.world.requester.id).family_name = "Other"
        session.flush()
        assert stage.watch.picture() is before
    assert stage.watch.picture() != before


def test_the_policies_name_only_permissions_that_exist(app: Flask) -> None:
    policies = {policy_of(app, route.endpoint) for route in list_routes(app)}
    assert policies <= {"public", *Permission}
