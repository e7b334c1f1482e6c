"""The stage for every route, for everybody, with an own object, a colleague's, a partner's, a stranger's.

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
from confsched.domain.permissions import PERMISSIONS, Function
from confsched.services import engine
from confsched.web.policies import is_public, policy_of
from tests.support.matrix import (
    CASE_REF,
    LINK,
    Cast,
    Objects,
    Route,
    Watch,
    list_routes,
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


def cases(app: Flask, method: str, function: Function | None) -> Iterator[tuple[Route, str | None]]:
    """Give each route with whose object it is asked for; None for routes without one.

    What a function does not include is refused before any row is looked for: then one's own is enough.
    """
    for route in list_routes(app):
        if route.method == method:
            wanted = WHOSE if includes(app, route, function) else WHOSE[:1]
            yield from ((route, whose) for whose in (wanted if route.argument else (None,)))


def includes(app: Flask, route: Route, function: Function | None) -> bool:
    """Tell whether a function, or a visitor, gets as far as the row that the address names."""
    if function is None or is_public(app, route.endpoint):
        return True
    return policy_of(app, route.endpoint) in PERMISSIONS[function]


def is_expected(app: Flask, route: Route, function: Function, whose: str | None, status: int) -> bool:
    """Tell whether the status is right: the policy first (403), then the row (404), then the page itself."""
    if is_public(app, route.endpoint):
        return status < 500
    if policy_of(app, route.endpoint) not in PERMISSIONS[function]:
        return status == 403
    if whose is not None and not may_have(route, function, whose):
        return status == 404
    return status in DONE[route.method]


def may_have(route: Route, function: Function, whose: str) -> bool:
    is_change = route.method == "POST" and route.endpoint not in CHANGES_FOR_READERS
    rules = CHANGES if is_change or route.endpoint in PAGES_FOR_CHANGES else SEES
    return function in {"own": EVERYBODY, **rules.get(route.argument or "", {})}.get(whose, NOBODY)


def ask(client: FlaskClient, stage: Stage, route: Route, row_id: uuid.UUID | None) -> TestResponse:
    return client.open(route.path(stage.app, row_id), method=route.method, headers=token(client))


def token(client: FlaskClient) -> dict[str, str]:
    return {"X-CSRFToken": client._token()}  # type: ignore[attr-defined]


def words(statuses: Counter[int]) -> str:
    return ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
