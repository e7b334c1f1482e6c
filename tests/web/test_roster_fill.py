"""The page of the automatic filling: asking, watching, stopping, taking over, for whom it is meant."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.autofill import fill
from confsched.domain.kinds import FillState
from confsched.models.duty_rosters import FillRun, RosterCell
from confsched.services import roster_fill
from confsched.services.roster_fill import Due
from tests.support.rosters import RosterWorld, build_department
from tests.support.web import SignIn
from tests.world import NOW, World

ALL_OPEN = "Fill 93 open duties"
PAGE = "/rosters/{}/2026-12/fill"


@pytest.fixture
def month(sqlite_database: Database, world: World, client: FlaskClient, sign_in: SignIn) -> RosterWorld:
    """Give a department with an empty December; the client is the secretary's."""
    with sqlite_database.transaction() as session:
        built = build_department(session, world)
    sign_in(client, world.secretary)
    return built


def page_of(month: RosterWorld) -> str:
    return PAGE.format(month.department.id)


def ask(client: FlaskClient, of: RosterWorld, **other: str) -> int:
    data = {"department_id": str(of.department.id), "month": "2026-12", "form_key": "form-1", **other}
    return client.post("/rosters/fillings", data=data).status_code


def runs(database: Database) -> list[FillRun]:
    with database.read() as session:
        return list(session.scalars(select(FillRun).order_by(FillRun.requested_at)))


def claim(database: Database) -> Due:
    with database.transaction() as session:
        due = roster_fill.claim_due(session, "a worker", now=NOW)
    assert due is not None
    return due


def work(database: Database) -> None:
    due = claim(database)
    with database.transaction() as session:
        roster_fill.store(session, due, fill(due.problem, steps=500), now=NOW)


def test_the_page_counts_what_is_open_by_line(client: FlaskClient, month: RosterWorld) -> None:
    answer = client.get(page_of(month))

    assert ALL_OPEN in answer.text and "Keep the limits of the month" in answer.text
    assert "<li><span>31</span><span>Hintergrund</span></li>" in answer.text
    assert "Refresh" not in answer.headers


def test_a_filling_is_watched_worked_out_and_taken_over(
    client: FlaskClient, month: RosterWorld, sqlite_database: Database
) -> None:
    assert ask(client, month, keep_limits="") == 303
    waiting = client.get(page_of(month))
    assert "Waiting for the worker" in waiting.text and waiting.headers["Refresh"] == "3"
    still = client.get(page_of(month) + "?still=1")
    assert "This page stands still." in still.text and "Refresh" not in still.headers

    due, seen = claim(sqlite_database), list[str]()

    def note(progress: object) -> bool:
        with sqlite_database.transaction() as session:
            roster_fill.note_progress(session, due, progress, now=NOW)  # type: ignore[arg-type]
        seen.append(client.get(page_of(month)).text)
        return False

    filling = fill(due.problem, on_progress=note)
    assert '<progress class="bar" max="93" value="93"' in seen[0] and "0 broken, 0 met" in seen[0]
    with sqlite_database.transaction() as session:
        roster_fill.store(session, due, filling, now=NOW)

    ended = client.get(page_of(month))
    assert "Take over 93 duties into the draft" in ended.text and "Refresh" not in ended.headers
    assert "Proposed duties by day" in ended.text
    (run,) = runs(sqlite_database)
    for _ in "twice":
        answer = client.post(f"/fillings/{run.id}/takeover")
        assert answer.status_code == 303 and answer.location == f"/rosters/{month.department.id}/2026-12"
    with sqlite_database.read() as session:
        assert session.scalars(select(RosterCell.version)).all().count(1) > 80
    page = client.get(page_of(month)).text
    assert "Taken over into the draft on" in page and "Nothing is open" in page


def test_what_stays_open_is_named_with_its_reasons(
    client: FlaskClient, month: RosterWorld, sqlite_database: Database
) -> None:
    ask(client, month, keep_limits="yes")
    work(sqlite_database)

    page = client.get(page_of(month)).text

    assert "Stays open" in page
    assert "8 qualified: " in page and "at the limit of the month" in page


@pytest.mark.parametrize("state", [FillState.WAITING, FillState.RUNNING])
def test_a_stop_is_asked_for_once_and_twice_is_the_same(
    client: FlaskClient, month: RosterWorld, sqlite_database: Database, state: FillState
) -> None:
    ask(client, month)
    if state is FillState.RUNNING:
        claim(sqlite_database)
    (run,) = runs(sqlite_database)

    for _ in "twice":
        assert client.post(f"/fillings/{run.id}/stop").status_code == 303

    page = client.get(page_of(month)).text
    is_waiting = state is FillState.WAITING
    assert ("stopped before it began" in page) == is_waiting
    assert ("It ends in a moment." in page) != is_waiting


def test_a_fault_is_said_and_the_way_to_try_again_stands_beside_it(
    client: FlaskClient, month: RosterWorld, sqlite_database: Database
) -> None:
    ask(client, month)
    due = claim(sqlite_database)
    with sqlite_database.transaction() as session:
        roster_fill.store_failure(session, due, now=NOW)

    page = client.get(page_of(month)).text

    assert "by a fault of ours" in page and ALL_OPEN in page


def test_asking_twice_asks_once_even_when_the_first_has_ended(
    client: FlaskClient, month: RosterWorld, sqlite_database: Database
) -> None:
    assert [ask(client, month), ask(client, month), ask(client, month, form_key="form-2")] == [303] * 3
    work(sqlite_database)
    assert ask(client, month) == 303
    assert [run.state for run in runs(sqlite_database)] == [FillState.DONE]


def test_what_runs_cannot_be_taken_over(
    client: FlaskClient, month: RosterWorld, sqlite_database: Database
) -> None:
    ask(client, month)
    (run,) = runs(sqlite_database)

    answer = client.post(f"/fillings/{run.id}/takeover")

    assert answer.status_code == 409
    assert "The filling still runs." in answer.text


@pytest.mark.parametrize(
    ("other", "status"),
    [
        ({"department_id": "neurology"}, 422),
        ({"department_id": str(uuid.UUID(int=1))}, 404),
        ({"month": "2026-13"}, 404),
        ({"month": "December"}, 404),
        ({"form_key": ""}, 409),
        ({"form_key": "x" * 65}, 409),
    ],
)
def test_a_form_that_means_nothing_asks_for_nothing(
    client: FlaskClient, month: RosterWorld, sqlite_database: Database, other: dict[str, str], status: int
) -> None:
    assert ask(client, month, **other) == status
    assert runs(sqlite_database) == []


def _people() -> list[tuple[str, int]]:
    return [("neurologist", 403), ("coordinator", 403), ("admin", 403), ("stranger", 403)]


@pytest.mark.parametrize(("who", "status"), _people())
def test_only_who_looks_after_the_roster_fills_it(
    client: FlaskClient,
    month: RosterWorld,
    sqlite_database: Database,
    sign_in: SignIn,
    who: str,
    status: int,
) -> None:
    ask(client, month)
    (run,) = runs(sqlite_database)
    sign_in(client, getattr(month.world, who))

    requests: tuple[Callable[[], int], ...] = (
        lambda: client.get(page_of(month)).status_code,
        lambda: ask(client, month, form_key="form-2"),
        lambda: client.post(f"/fillings/{run.id}/stop").status_code,
        lambda: client.post(f"/fillings/{run.id}/takeover").status_code,
    )

    assert [request() for request in requests] == [status] * 4
    assert runs(sqlite_database)[0].stop_asked_at is None
