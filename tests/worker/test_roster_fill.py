"""The worker fills months: to the end, stopped from outside, after a crash, after a kill, while stopping."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from confsched.db import Database
from confsched.domain.autofill_facts import Progress
from confsched.domain.kinds import FillState
from confsched.models.duty_rosters import FillRun
from confsched.models.network import Department
from confsched.sandbox import ChildFailed
from confsched.services import fill_views, roster_fill
from confsched.services.roster_cells import open_roster
from confsched.worker import fill_child
from confsched.worker import roster_fill as worker
from tests.support.rosters import DECEMBER, RosterWorld, build_department
from tests.world import NOW

SHORT_SECONDS = 0.2


@pytest.fixture
def month(database: Database) -> RosterWorld:
    with database.transaction() as session:
        return build_department(session)


def ask(database: Database, month: RosterWorld) -> uuid.UUID:
    with database.transaction() as session:
        department = session.get_one(Department, month.department.id)
        roster = open_roster(session, department, DECEMBER, now=NOW)
        return roster_fill.ask(session, month.actor, roster, keep_limits=False, now=NOW, key="form-1").id


def run_of(database: Database, run_id: uuid.UUID) -> FillRun:
    with database.read() as session:
        return session.get_one(FillRun, run_id)


def work(database: Database, is_stopping: Callable[[], bool] = lambda: False) -> bool:
    with time_machine.travel(NOW, tick=False):
        return worker.fill_due_rosters(database, is_stopping=is_stopping, seconds=SHORT_SECONDS)


def test_a_filling_is_worked_out_to_its_end_once(database: Database, month: RosterWorld) -> None:
    run_id = ask(database, month)
    assert work(database)
    assert not work(database)
    with database.read() as session:
        view = fill_views.show(session, session.get_one(FillRun, run_id))
    assert view.run.state is FillState.DONE
    assert len(view.proposals) == view.run.total > 31
    assert view.may_be_taken_over
    assert view.score["wishes_broken"] == 0


def test_a_stop_from_another_session_keeps_the_best_so_far(
    sqlite_database: Database, month_on_sqlite: RosterWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = ask(sqlite_database, month_on_sqlite)
    goes_on = worker._Watch.goes_on

    def stop_first(watch: worker._Watch, progress: Progress) -> bool:
        with sqlite_database.transaction() as session:
            run = session.get_one(FillRun, run_id)
            roster_fill.stop(session, month_on_sqlite.actor, run, now=NOW)
        return goes_on(watch, progress)

    monkeypatch.setattr(worker._Watch, "goes_on", stop_first)
    work(sqlite_database)
    run = run_of(sqlite_database, run_id)
    assert run.state is FillState.STOPPED
    assert run.filled == run.total > 31


def test_a_crash_is_said_to_be_one_and_the_next_month_is_filled(
    sqlite_database: Database, month_on_sqlite: RosterWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = ask(sqlite_database, month_on_sqlite)

    def crash(*_: object) -> None:
        raise ChildFailed("crash")

    with monkeypatch.context() as patched:
        patched.setattr(worker, "fill_aside", crash)
        assert work(sqlite_database)
    assert run_of(sqlite_database, run_id).state is FillState.FAILED
    assert not work(sqlite_database)


def test_a_child_that_dies_is_noticed(
    sqlite_database: Database, month_on_sqlite: RosterWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = ask(sqlite_database, month_on_sqlite)
    monkeypatch.setattr(fill_child, "child_command", lambda _module: ["/bin/false"])
    assert work(sqlite_database)
    assert run_of(sqlite_database, run_id).state is FillState.FAILED


def test_a_worker_that_is_to_stop_gives_the_filling_back_and_the_next_one_begins_it_again(
    sqlite_database: Database, month_on_sqlite: RosterWorld
) -> None:
    run_id = ask(sqlite_database, month_on_sqlite)
    asked: list[None] = []

    def stops_during_the_search() -> bool:
        asked.append(None)
        return len(asked) > 1

    assert work(sqlite_database, stops_during_the_search)
    given_back = run_of(sqlite_database, run_id)
    assert given_back.state is FillState.WAITING
    assert given_back.lease_key is None
    assert not work(sqlite_database, lambda: True)
    assert work(sqlite_database)
    assert run_of(sqlite_database, run_id).state is FillState.DONE


def test_a_filling_of_a_killed_worker_is_taken_over_when_its_lease_has_ended(
    sqlite_database: Database, month_on_sqlite: RosterWorld
) -> None:
    run_id = ask(sqlite_database, month_on_sqlite)
    with sqlite_database.transaction() as session:
        before = NOW - roster_fill.LEASE - timedelta(seconds=1)
        killed = roster_fill.claim_due(session, "killed", now=before)
    assert killed is not None
    assert work(sqlite_database)
    assert run_of(sqlite_database, run_id).state is FillState.DONE


@pytest.fixture
def month_on_sqlite(sqlite_database: Database) -> RosterWorld:
    with sqlite_database.transaction() as session:
        return build_department(session)
