"""Workers at the ladders: several call once, a fault holds up nobody else, a stop ends between two calls."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from confsched import clock
from confsched.db import Database
from confsched.domain.kinds import Channel
from confsched.models.engine import EngineClock
from confsched.models.urgent import Alert, UrgentConsult, UrgentRung
from confsched.services import alerts, engine, engine_time, escalation, outbox
from confsched.worker import scheduler
from confsched.worker.escalation import BATCH, climb_ladders
from tests.support.alerting import add_point
from tests.support.ladders import acknowledge, add_line, line_step, put_on_duty, ring, rungs_of, set_ladder
from tests.support.outbox import add_messages
from tests.world import NOW, World, build_world

CONSULTS = 12
LATER = NOW + timedelta(seconds=61)


@pytest.fixture
def world(database: Database) -> World:
    """Give two lines, the second called after 60 s, each held by one person."""
    with database.transaction() as session:
        world = build_world(session)
        second = add_line(session, world, "Neurologie Hintergrund")
        set_ladder(session, world, line_step(world.line), line_step(second, 60))
        put_on_duty(session, world.line, world.neurologist)
        put_on_duty(session, second, world.second_neurologist)
        add_point(session, world.neurologist)
        add_point(session, world.second_neurologist)
        return world


@pytest.fixture
def at_61_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be 61 s after NOW, whatever clock is asked."""
    monkeypatch.setattr(engine_time, "now", lambda _session: LATER)


def add_consults(database: Database, world: World, count: int = CONSULTS) -> list[uuid.UUID]:
    with database.transaction() as session:
        return [ring(session, world, case_ref=f"SK-{number}").id for number in range(count)]


def at_once(*tasks: threading.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


@pytest.mark.usefixtures("at_61_seconds")
def test_three_workers_at_once_enter_each_rung_once(database: Database, world: World) -> None:
    """Cover line 36: two engines never call twice, and between them nothing is left."""
    add_consults(database, world)
    counts: list[int] = []
    at_once(*(threading.Thread(target=lambda: counts.append(climb_ladders(database))) for _ in range(3)))
    climb_ladders(database)  # what the others had in hand when a third looked
    with database.read() as session:
        entered = list(session.scalars(select(UrgentRung).where(UrgentRung.entered_at == LATER)))
        by_rung = Counter(session.scalars(select(Alert.rung_id)))
    assert Counter(rung.position for rung in entered) == {2: CONSULTS}
    assert len(by_rung) == 2 * CONSULTS
    assert set(by_rung.values()) == {1}


@pytest.mark.usefixtures("at_61_seconds")
def test_an_acknowledgement_during_a_call_ends_the_calls(database: Database, world: World) -> None:
    """Cover line 35: both lock the consult; whoever is second sees what the first has done."""
    ids = add_consults(database, world)

    def take_all() -> None:
        for consult_id in ids:
            with database.transaction() as session:
                consult = session.get_one(UrgentConsult, consult_id)
                acknowledge(session, consult, world.neurologist, LATER)

    at_once(threading.Thread(target=take_all), threading.Thread(target=lambda: climb_ladders(database)))
    assert climb_ladders(database) == 0
    with database.read() as session:
        for consult_id in ids:
            rungs = rungs_of(session, session.get_one(UrgentConsult, consult_id))
            assert all((rung.entered_at is None) != (rung.stopped_at is None) for rung in rungs)
            unsent = select(Alert).where(Alert.consult_id == consult_id, Alert.stopped_at.is_(None))
            assert not list(session.scalars(unsent))


@pytest.mark.usefixtures("at_61_seconds")
def test_a_rung_that_fails_is_put_off_and_the_others_are_called(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, *good = add_consults(database, world, 3)
    call = escalation.resolve_step

    def fail(session: object, service: object, rung: UrgentRung, *args: object, **kwargs: object) -> object:
        assert rung.consult_id != bad
        return call(session, service, rung, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(escalation, "resolve_step", fail)
    climb_ladders(database)
    with database.read() as session:
        waiting = select(UrgentRung).where(UrgentRung.entered_at.is_(None), UrgentRung.due_at <= LATER)
        assert not list(session.scalars(waiting))
        put_off = rungs_of(session, session.get_one(UrgentConsult, bad))[1]
        assert (put_off.entered_at, put_off.due_at) == (None, LATER + escalation.POSTPONED_BY)
        assert all(rungs_of(session, session.get_one(UrgentConsult, one))[1].entered_at for one in good)


@pytest.mark.usefixtures("at_61_seconds")
def test_a_stop_ends_between_two_transactions_and_nothing_is_lost(database: Database, world: World) -> None:
    add_consults(database, world, BATCH + 1)
    asked = iter([False, True])
    assert climb_ladders(database, is_stopping=lambda: next(asked)) == BATCH
    with database.read() as session:
        assert escalation.is_due(session, now=LATER)
    assert climb_ladders(database) > 0


def test_the_worker_looks_at_the_ladders_four_times_a_second() -> None:
    (job,) = [job for job in scheduler.JOBS if "ladders" in job.name]
    assert job.every_seconds <= 0.5


@pytest.mark.parametrize("set_by", [timedelta(hours=1), -timedelta(hours=1)], ids=["later", "earlier"])
def test_a_clock_that_is_set_by_an_hour_moves_what_waits(
    sqlite_database: Database, set_by: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine of its own has one clock: after it was set the next call comes after the same wait."""
    machine = SetClock(monkeypatch)
    with sqlite_database.transaction() as session:
        world = build_world(session)
        set_ladder(session, world, line_step(world.line), line_step(world.line, 60))
        put_on_duty(session, world.line, world.neurologist)
        add_point(session, world.neurologist)
        consult = ring(session, world, engine_time.now(session))
    machine.pass_time(timedelta(seconds=30))
    machine.set_by(set_by)
    assert climb_ladders(sqlite_database) == 0
    machine.pass_time(timedelta(seconds=29))
    assert climb_ladders(sqlite_database) == 0
    machine.pass_time(timedelta(seconds=1))
    assert climb_ladders(sqlite_database) == 2  # nobody but her: she was called, and the number is shown
    with sqlite_database.read() as session:
        rungs = rungs_of(session, session.get_one(UrgentConsult, consult.id))
        assert [one.entered_at for one in rungs[1:3]] == [NOW + set_by + timedelta(seconds=60)] * 2
        assert session.scalars(select(EngineClock)).one().started_at == machine.started_at


class SetClock:
    """Be the clock of a machine that was started a day before NOW, and that somebody may set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started_at, self.now = NOW - timedelta(days=1), NOW
        monkeypatch.setattr(clock, "now", lambda: self.now)
        monkeypatch.setattr(clock, "machine_started_at", lambda: self.started_at)
        monkeypatch.setattr(clock, "boot_name", lambda: "a start")

    def pass_time(self, by: timedelta) -> None:
        self.now += by

    def set_by(self, by: timedelta) -> None:
        self.started_at += by
        self.now += by


def test_a_clock_that_is_corrected_slowly_moves_nothing(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = SetClock(monkeypatch)
    with sqlite_database.transaction() as session:
        world = build_world(session)
        set_ladder(session, world, line_step(world.line), line_step(world.line, 60))
        consult_id = ring(session, world, engine_time.now(session)).id
        due = [rung.due_at for rung in rungs_of(session, session.get_one(UrgentConsult, consult_id))]
    for _ in range(20):
        machine.set_by(timedelta(seconds=2))
        with sqlite_database.transaction() as session:
            engine_time.now(session)
    with sqlite_database.read() as session:
        assert [rung.due_at for rung in rungs_of(session, session.get_one(UrgentConsult, consult_id))] == due


def test_alerts_mails_and_the_proof_of_life_move_with_the_clock_too(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = SetClock(monkeypatch)
    with sqlite_database.transaction() as session:
        world = build_world(session)
        set_ladder(session, world, line_step(world.line))
        put_on_duty(session, world.line, world.neurologist)
        add_point(session, world.neurologist)
        ring(session, world, engine_time.now(session))
        add_messages(session, world, 1, due_at=NOW)
        engine.record_cycle(session, "worker", NOW)
    machine.set_by(-timedelta(hours=1))
    climb_ladders(sqlite_database)
    machine.pass_time(engine.LATE_AFTER + timedelta(seconds=1))
    with sqlite_database.transaction() as session:
        now = engine_time.now(session)
        assert len(alerts.claim_due(session, now=now, lease_key="worker", channel=Channel.EMAIL)) == 1
        assert len(outbox.claim_due(session, now=now, lease_key="worker")) == 1
        assert engine.is_late(session, now)
