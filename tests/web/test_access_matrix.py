"""Every route, for everybody, with an own object, a colleague's, a partner's, a stranger's and none at all.

Generated from the routes of the app, so a page of tomorrow is held to the same rules on its first day.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from confsched.db import Database
from confsched.domain.kinds import BookingKind
from confsched.domain.permissions import PERMISSIONS, Function, Permission
from confsched.models.people import Person
from confsched.services import engine
from confsched.web.policies import is_public, policy_of
from tests.support.matrix import (
    CASE_REF,
    LINK,
    UNKNOWN,
    Cast,
    Objects,
    Route,
    Watch,
    list_routes,
    without_marks,
)
from tests.support.web import SignIn
from tests.world import NOW, World

Record = Callable[[str, object], None]
WHOSE = ("own", "house", "partner", "foreign", "unknown")
SECRETARIAT = frozenset({Function.SECRETARY, Function.COORDINATOR})
POST_OFFICE = SECRETARIAT | {Function.ORGANISATION_ADMIN}
ROSTER_OFFICE = frozenset({Function.SECRETARY})
TRIAGERS = frozenset({Function.CONSULTANT, Function.SECRETARY})
CLINICIANS = frozenset({Function.REQUESTER, Function.CONSULTANT})
EVERYBODY = frozenset(Function)
NOBODY: frozenset[Function] = frozenset()
# Who sees what is not their own, by the name that routes have for it: of the own house, of a partner's house
# when somebody of the own house takes part. Nobody sees what is foreign.
SEES = {
    "booking_id": {"house": SECRETARIAT, "partner": SECRETARIAT},
    "conference_id": {"house": SECRETARIAT},
    "message_id": {"house": POST_OFFICE},
    "triage_id": {"house": TRIAGERS},
    # Who answers sees what others ask of the house, its requesters what it asks itself.
    **{
        name: {"house": CLINICIANS, "partner": frozenset({Function.CONSULTANT})}
        for name in ("urgent_id", "mission_id")
    },
    "offered_id": {"house": CLINICIANS},
    **{name: {"house": SECRETARIAT} for name in ("guest_id", "partner_id", "regional_id")},
    **{name: {"house": ROSTER_OFFICE} for name in ("swap_id", "absence_id", "wish_id", "import_id")},
    "department_id": {"house": EVERYBODY},
    "rotation_id": {"house": EVERYBODY},
    "service_id": {"house": EVERYBODY},  # of those whose function includes it
    "hours_id": {"house": ROSTER_OFFICE},
    **{name: {"house": EVERYBODY} for name in ("site_id", "board_id")},
    "gateway_id": {"house": EVERYBODY},  # of those whose function includes it
    "case_id": {"house": CLINICIANS | SECRETARIAT},  # of the site that brings it, and its desk
    "desk_case_id": {"house": SECRETARIAT},
    "series_id": {"house": CLINICIANS | SECRETARIAT},  # whose sites may bring cases, and its desk
    "date_id": {"house": SECRETARIAT},
    "follow_up_id": {"house": CLINICIANS | SECRETARIAT},
    **{name: {"house": SECRETARIAT} for name in ("report_id", "attendance_id", "poll_id")},
}
CHANGES = {
    **SEES,
    "booking_id": {"house": SECRETARIAT},
    "series_id": {"house": SECRETARIAT},
    **{name: {"house": ROSTER_OFFICE} for name in ("gap_id", "run_id", "rotation_id")},
}
# The offers are for who may take one, a form for who may send it.
PAGES_FOR_CHANGES = {"bookings.times", "series_changes.edit", "series_changes.ending", "series_dates.show"}
# Their secret is their token, and nobody knows it here.
MAILED_LINKS = {
    *("questions.answer", "alerts.acknowledge", "alerts.pass_on", "alerts.answer_ready"),
    *("guest_pages.reply", "guest_pages.delegate", "poll_votes.answer"),
}
# A code that nobody was given is said to be none, at its field.
WITHOUT_TOKEN = {**dict.fromkeys(MAILED_LINKS, 404), "check_in.check": 422}
CHANGES_FOR_READERS = {"bookings.reply"}  # who sees a meeting without taking part is told so, or 404
DONE = {"GET": {200, 302, 303}, "POST": {200, 303, 409, 422}}
QUESTION = "Thrombectomy-in-the-posterior-territory"
TITLE = "Rasmussen-board-of-four-houses"
WORDS = (QUESTION, TITLE, CASE_REF, LINK)


@dataclass
class Stage:
    """Hold the app, its database, and for each function at the hub the objects by whose they are."""

    app: Flask
    database: Database
    world: World
    hub: Cast
    spoke: Cast
    far: Cast
    sign_in: SignIn
    watch: Watch

    def client(self, function: Function | None) -> FlaskClient:
        """Return a browser of somebody at the hub, or of a visitor, that has seen a page already."""
        client = self.app.test_client()
        if function is not None:
            self.sign_in(client, self.hub.people[function])
        client.get("/nowhere")  # the first page of a session sets its form secret
        return client

    def objects(self, function: Function) -> dict[str, dict[str, uuid.UUID]]:
        """Make what the person has, a colleague has, a partner has with a colleague, and strangers have."""
        with self.database.transaction() as session:
            made = Objects(session, self.world)
            return {
                "own": made.make(self.hub.actors[function]),
                "house": made.make(self.world.actor(self.world.second_neurologist)),
                "partner": made.make(self.world.actor(self.world.requester), self.world.second_neurologist),
                "foreign": made.make(self.world.actor(self.world.stranger), self.world.second_requester),
            }


@pytest.fixture
def stage(app: Flask, world: World, sqlite_database: Database, sign_in: SignIn) -> Iterator[Stage]:
    sites = (world.hub, world.spoke, world.stranger_site)
    with sqlite_database.transaction() as session:
        hub, spoke, far = (
            Cast(session, site, name) for site, name in zip(sites, ("Hub", "Spoke", "Far"), strict=True)
        )
        engine.record_cycle(session, "worker", NOW)  # so that /health/engine is well
    with closing(Watch(sqlite_database)) as watch:
        yield Stage(app, sqlite_database, world, hub, spoke, far, sign_in, watch)


def _cases(app: Flask, method: str) -> Iterator[tuple[Route, str | None]]:
    """Give each route with whose object it is asked for; None for routes without one."""
    for route in list_routes(app):
        if route.method == method:
            yield from ((route, whose) for whose in (WHOSE if route.argument else (None,)))


def _is_expected(app: Flask, route: Route, function: Function, whose: str | None, status: int) -> bool:
    """Tell whether the status is right: the policy first (403), then the row (404), then the page itself."""
    if is_public(app, route.endpoint):
        return status < 500
    if policy_of(app, route.endpoint) not in PERMISSIONS[function]:
        return status == 403
    if whose is not None and not _may_have(route, function, whose):
        return status == 404
    return status in DONE[route.method]


def _may_have(route: Route, function: Function, whose: str) -> bool:
    is_change = route.method == "POST" and route.endpoint not in CHANGES_FOR_READERS
    rules = CHANGES if is_change or route.endpoint in PAGES_FOR_CHANGES else SEES
    return function in {"own": EVERYBODY, **rules.get(route.argument or "", {})}.get(whose, NOBODY)


def _ask(client: FlaskClient, stage: Stage, route: Route, row_id: uuid.UUID | None) -> TestResponse:
    return client.open(route.path(stage.app, row_id), method=route.method, headers=_token(client))


def _token(client: FlaskClient) -> dict[str, str]:
    return {"X-CSRFToken": client._token()}  # type: ignore[attr-defined]


@pytest.mark.parametrize("function", list(Function))
def test_every_page_opens_to_whom_it_is_meant_for_and_changes_nothing(
    stage: Stage, function: Function, record_property: Record
) -> None:
    objects = stage.objects(function)
    client, before, statuses = stage.client(function), stage.watch.picture(), Counter[int]()
    wrong: list[object] = []
    for route, whose in _cases(stage.app, "GET"):
        answer = _ask(client, stage, route, objects.get(whose or "", {}).get(route.argument or "", UNKNOWN))
        statuses[answer.status_code] += 1
        if not _is_expected(stage.app, route, function, whose, answer.status_code):
            wrong.append((route.endpoint, whose, answer.status_code))
        if stage.watch.picture() != before:
            wrong.append((route.endpoint, whose, "has written"))
    assert wrong == []
    record_property("figure", f"{function}: {statuses.total()} pages asked for, {_words(statuses)}")


@pytest.mark.parametrize("function", list(Function))
def test_every_change_is_refused_to_whom_it_is_not_meant_for_and_then_changes_nothing(
    stage: Stage, function: Function, record_property: Record
) -> None:
    statuses = Counter[int]()
    wrong: list[object] = []
    client, objects, before = stage.client(function), stage.objects(function), stage.watch.picture()
    for route, whose in _cases(stage.app, "POST"):
        answer = _ask(client, stage, route, objects.get(whose or "", {}).get(route.argument or "", UNKNOWN))
        statuses[answer.status_code] += 1
        if not _is_expected(stage.app, route, function, whose, answer.status_code):
            wrong.append((route.endpoint, whose, answer.status_code))
        has_written = stage.watch.picture() != before
        if has_written and answer.status_code >= 400:
            wrong.append((route.endpoint, whose, "has written"))
        if has_written:
            client, objects, before = stage.client(function), stage.objects(function), stage.watch.picture()
    assert wrong == []
    record_property("figure", f"{function}: {statuses.total()} changes asked for, {_words(statuses)}")


def _words(statuses: Counter[int]) -> str:
    return ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))


def test_a_visitor_is_asked_to_sign_in_whatever_the_address_names(
    stage: Stage, record_property: Record
) -> None:
    objects, client = stage.objects(Function.CONSULTANT), stage.client(None)
    before, wrong, count = stage.watch.picture(), [], 0
    for method, refused in (("GET", 302), ("POST", 401)):
        for route, whose in _cases(stage.app, method):
            row_id = objects.get(whose or "", {}).get(route.argument or "", UNKNOWN)
            status, count = _ask(client, stage, route, row_id).status_code, count + 1
            if status != refused and not (is_public(stage.app, route.endpoint) and status < 500):
                wrong.append((route.endpoint, method, whose, status))
    assert wrong == []
    assert stage.watch.picture() == before
    record_property("figure", f"visitor: {count} requests, none answered that is not public")


@pytest.mark.parametrize("function", list(Function))
def test_no_change_is_made_without_a_form_token(stage: Stage, function: Function) -> None:
    objects, client = stage.objects(function), stage.client(function)
    before, wrong = stage.watch.picture(), []
    for route, whose in _cases(stage.app, "POST"):
        row_id = objects.get(whose or "", {}).get(route.argument or "", UNKNOWN)
        answer = client.open(route.path(stage.app, row_id), method="POST")
        if answer.status_code != WITHOUT_TOKEN.get(route.endpoint, 400):
            wrong.append((route.endpoint, whose, answer.status_code))
    assert wrong == []
    assert stage.watch.picture() == before


@pytest.mark.parametrize("function", list(Function))
def test_what_is_foreign_answers_like_what_does_not_exist_to_the_byte(
    stage: Stage, function: Function, record_property: Record
) -> None:
    objects, client, wrong, count = stage.objects(function), stage.client(function), [], 0
    for route in list_routes(stage.app):
        if not route.argument:
            continue
        unknown = without_marks(_ask(client, stage, route, UNKNOWN))
        for whose in ("house", "partner", "foreign"):
            if _may_have(route, function, whose):
                continue
            count += 1
            if without_marks(_ask(client, stage, route, objects[whose][route.argument])) != unknown:
                wrong.append((route.endpoint, route.method, whose))
    assert wrong == []
    record_property("figure", f"{function}: {count} answers for foreign rows equal to the byte")


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
