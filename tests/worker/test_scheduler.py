"""The scheduler only knocks: each job, what a stop waits for, and what a worker is called."""

from __future__ import annotations

import os
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from confsched.db import Database
from confsched.mail.envelopes import House
from confsched.models.engine import EngineCycle
from confsched.services import engine, outbox
from confsched.worker import scheduler
from confsched.worker.housekeeping import tidy_up
from confsched.worker.scheduler import Engine, Job, run_once, start, worker_name
from tests.support.outbox import add_messages, all_messages
from tests.world import NOW, build_world

HOUSE = House("https://confsched.example", "termine@confsched.example")
PATIENCE_SECONDS = 60


def _work(database: Database, worker: str = "worker-one") -> Engine:
    hosts = frozenset({"kalender.haus.example"})
    return Engine(database, HOUSE, None, worker, allowed_hosts=hosts, secret_key="the key of the house")


def test_one_round_delivers_what_is_due_and_proves_that_the_engine_runs(database: Database) -> None:
    with database.transaction() as session:
        add_messages(session, build_world(session), 3)
    with time_machine.travel(NOW, tick=False):
        run_once(_work(database))
    with database.read() as session:
        assert [message.sent_at for message in all_messages(session)] == [NOW] * 3
        assert engine.last_cycle(session) == NOW
        assert not engine.is_late(session, NOW + engine.LATE_AFTER)
        assert engine.is_late(session, NOW + engine.LATE_AFTER + timedelta(microseconds=1))


def test_internal_calendar_servers_are_asked_only_where_the_house_allows_it(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(scheduler, "read_due_calendars", lambda _database, **values: asked.append(values))
    run_once(_work(sqlite_database))
    hosts = frozenset({"kalender.haus.example"})
    assert asked == [{"worker": "worker-one", "secret_key": "the key of the house", "allow_hosts": hosts}]


def test_an_engine_does_not_show_the_secret_key(sqlite_database: Database) -> None:
    assert "the key of the house" not in repr(_work(sqlite_database))


def test_workers_of_long_ago_are_forgotten(database: Database) -> None:
    with database.transaction() as session:
        engine.record_cycle(session, "old", NOW - engine.FORGOTTEN_AFTER - timedelta(seconds=1))
        engine.record_cycle(session, "recent", NOW - engine.FORGOTTEN_AFTER)
        tidy_up(session, now=NOW)
    with database.read() as session:
        assert list(session.scalars(select(EngineCycle.worker))) == ["recent"]


def test_a_name_fits_its_column_on_a_machine_with_a_long_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease with a cut key could never be settled, and its mail would be sent again and again."""
    monkeypatch.setattr("socket.gethostname", lambda: "termine-" * 8)
    monkeypatch.setattr(os, "getpid", lambda: 4_194_304)  # the highest id that Linux gives
    names = {worker_name() for _ in range(100)}
    assert len(names) == 100
    assert max(map(len, names)) <= 40


def test_a_job_that_fails_is_called_again(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    second_call = threading.Event()
    calls: list[Engine] = []

    def fail(work: Engine) -> None:
        calls.append(work)
        if len(calls) == 2:
            second_call.set()
        raise ZeroDivisionError

    monkeypatch.setattr(scheduler, "JOBS", (Job("fail", 1, fail),))
    running = start(_work(sqlite_database))
    assert second_call.wait(PATIENCE_SECONDS)
    running.stop()


def test_a_stop_waits_for_the_job_in_hand(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Event(), threading.Event()

    def finish_when_stopping(work: Engine) -> None:
        begun.set()
        assert work.stopping.wait(PATIENCE_SECONDS)
        ended.set()

    monkeypatch.setattr(scheduler, "JOBS", (Job("wait", 1, finish_when_stopping),))
    running = start(_work(sqlite_database))
    assert begun.wait(PATIENCE_SECONDS)
    running.stop()
    assert ended.is_set()


def test_a_stopping_worker_claims_no_further_mail(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        add_messages(session, build_world(session), 2)
    work = _work(sqlite_database)
    work.stopping.set()
    run_once(work)
    with sqlite_database.read() as session:
        assert [message.attempts for message in all_messages(session)] == [0, 0]


def test_every_job_is_due_often_enough() -> None:
    """The engine's health is late after ten seconds, a hold's end and a mail must not wait for long."""
    every = {job.run.__name__: job.every_seconds for job in scheduler.JOBS}
    assert every["_deliver"] <= 2
    assert timedelta(seconds=every["_beat"]) * 3 <= engine.LATE_AFTER
    assert all(seconds <= 60 for seconds in every.values())
    assert timedelta(minutes=3) < outbox.LEASE  # ten answers of up to 20 seconds
