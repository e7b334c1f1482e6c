"""The page of a full month, 54 people by 31 days, and the answer to one edit, beside what bounds them.

Run `python -m tests.benchmarks.month_page`; the database is a SQLite file in a temporary folder. In turns it
asks for the page, for the month without a page, and for a bare view of the same app that sends the bytes of
that page; reads the same rows through the driver; and types a cell, as a page does that knows what it shows.
CPU time stands beside the time by the clock, because machines are shared.
"""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, process_time

import structlog
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from confsched.create_app import create_app
from confsched.db import Database
from confsched.models.people import Person
from confsched.services import accounts, duty_rosters
from confsched.settings import load_settings
from confsched.web.policies import public
from tests.support.full_month import DAYS, PEOPLE, fill_month
from tests.support.rosters import DECEMBER, RosterWorld, build_department
from tests.support.web import PageClient
from tests.world import NOW

ROUNDS, WARM_UP = 25, 3
BARE = (
    "SELECT person_id, day, text, version, edited_by_id, edited_at FROM roster_cell",
    "SELECT line_id, person_id, starts_at, ends_at, origin FROM duty WHERE superseded_at IS NULL",
    "SELECT cells FROM roster_edition WHERE number = 1",
)


@dataclass(frozen=True)
class Taken:
    """Hold median seconds by the clock and of the processor."""

    clock: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.clock * 1000:.1f} ms, CPU {self.cpu * 1000:.1f} ms"


@dataclass
class Desk:
    """Hold the app with the full month, and a secretary who is signed in."""

    app: Flask
    database: Database
    rw: RosterWorld
    person: Person
    client: FlaskClient
    body: bytes = b""
    answer: bytes = b""
    seen: dict[str, str] = field(default_factory=dict)
    edits: int = 0

    @property
    def url(self) -> str:
        return f"/rosters/{self.rw.department.id}/{DECEMBER:%Y-%m}"

    def page(self) -> None:
        """Ask for the page, and send the same bytes from the bare view from now on."""
        self.body = self._sent(self.client.get(self.url))
        found = re.search(r'data-seen="([^"]*)"', self.body.decode())
        assert found
        self.seen = dict(one.split(":") for one in found[1].split())

    def bare_view(self) -> None:
        self._sent(self.client.get("/bare"))

    def month(self) -> None:
        with self.database.read() as session:
            department = session.merge(self.rw.department, load=False)
            duty_rosters.load_month(session, self.rw.actor, department, DECEMBER, now=NOW)

    def bare_rows(self) -> None:
        with self.database.read() as session:
            connection = session.connection()
            for statement in BARE:
                connection.exec_driver_sql(statement).fetchall()

    def edit(self) -> None:
        """Type T and F into a cell in turns, whichever version it has."""
        self.edits += 1
        cell = [str(self.person.id), DAYS[9].isoformat(), "TF"[self.edits % 2], self.edits]
        self.answer = self._sent(
            self.client.post(f"{self.url}/cells", json={"edits": [cell], "seen": self.seen})
        )

    def _sent(self, response: TestResponse) -> bytes:
        assert response.status_code == 200
        return response.data


@contextmanager
def opened() -> Iterator[Desk]:
    """Give the app on a fresh database with the full month in it."""
    with tempfile.TemporaryDirectory() as folder, time_machine.travel(NOW, tick=False):
        settings = load_settings({"CONFSCHED_DATA_DIR": folder})
        database = Database(settings.database_url)
        database.migrate()
        with database.transaction() as session:
            rw = build_department(session)
            people = fill_month(session, rw)
        app = create_app(settings, database)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        app.test_client_class = PageClient
        desk = Desk(app, database, rw, people[-1], app.test_client())
        app.add_url_rule("/bare", "bare", public(lambda: desk.body))
        _sign_in(desk)
        yield desk
        database.dispose()


def _sign_in(desk: Desk) -> None:
    with desk.database.transaction() as session:
        credentials = accounts.find_credentials(session, desk.rw.world.secretary.email, now=NOW)
        token = accounts.sign_in(session, credentials, True, now=NOW)
    with desk.client.session_transaction() as cookie:
        cookie["_user_id"] = token


def measure(desk: Desk, *, rounds: int = ROUNDS) -> Mapping[str, Taken]:
    """Do each thing in turns, so that a busy machine is as busy for all of them."""
    ways: dict[str, Callable[[], None]] = {
        "page": desk.page,
        "month alone": desk.month,
        "edit": desk.edit,
        "bare view": desk.bare_view,
        "bare rows": desk.bare_rows,
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds + WARM_UP):
        for name, way in ways.items():
            began, busy = perf_counter(), process_time()
            way()
            taken[name].append((perf_counter() - began, process_time() - busy))
    return {name: _medians(times[WARM_UP:]) for name, times in taken.items()}


def _medians(times: list[tuple[float, float]]) -> Taken:
    return Taken(median(one[0] for one in times), median(one[1] for one in times))


def main() -> None:
    """Print the figures and their ratios."""
    with opened() as desk:
        figures = measure(desk)
        sizes = f"page {len(desk.body)} bytes, answer to an edit {len(desk.answer)} bytes"
        print(f"{PEOPLE} people by {len(DAYS)} days: {sizes}, {len(desk.answer) / len(desk.body):.2f} x")
        for name, taken in figures.items():
            print(f"{name}: {taken}")
        page, edit, month = (figures[name].cpu for name in ("page", "edit", "month alone"))
        print(
            f"page / bare view {page / figures['bare view'].cpu:.1f} x, month / bare rows "
            f"{month / figures['bare rows'].cpu:.1f} x, edit / page {edit / page:.1f} x of CPU time"
        )


if __name__ == "__main__":
    main()
