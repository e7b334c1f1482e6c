"""Sixteen clients in two processes want the same time: one gets it, in every round, on either database."""

from __future__ import annotations

import multiprocessing
import os
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from confsched.db import Database
from confsched.models.bookings import Booking
from confsched.models.claims import Claim
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.services import audit, consult_times
from tests.flows import race_client
from tests.flows.race_client import TAKEN, Race, Try
from tests.world import NOW, World, add_crowd, ask, book, build_world, leave_one_neurologist, local

# CONFSCHED_RACE_ROUNDS=200 runs the long form: two hundred rounds of each race.
CLIENTS, PROCESSES, ROUNDS = 16, 2, int(os.environ.get("CONFSCHED_RACE_ROUNDS", "30"))
SEARCHES = ROUNDS * 2 // 5  # rounds in which each client searches for who is free first: that is slow
PATIENCE_SECONDS = 900  # a loaded machine takes its time; a lost client would never report
FIRST_DAY, LATE_DAY, REPLY_BY = date(2026, 11, 24), date(2026, 12, 21), date(2026, 12, 31)
Figure = Callable[[str, object], None]


@pytest.fixture
def world(database: Database) -> World:
    """Give the cast with one neurologist only."""
    with database.transaction() as session:
        world = build_world(session)
        leave_one_neurologist(session, world)
    return world


@pytest.fixture
def crowd(database: Database, world: World) -> list[Person]:
    with database.transaction() as session:
        return add_crowd(session, world, CLIENTS)


def _times(count: int, day: date = FIRST_DAY) -> list[datetime]:
    """Return so many half hours of work from a day on."""
    days = (day + timedelta(days=number) for number in range(40))
    workdays = (day for day in days if day.weekday() < 5)
    times = [local(day, time(8 + half // 2, half % 2 * 30)) for day in workdays for half in range(16)]
    return times[:count]


@dataclass(frozen=True)
class Result:
    """Hold what each round's clients got, and how long all of it took."""

    rounds: list[list[str]]
    seconds: float

    @property
    def winners(self) -> list[list[str]]:
        return [[got for got in got_by_all if got != TAKEN] for got_by_all in self.rounds]

    def figure(self, what: str, database: Database) -> str:
        name = "SQLite" if database.is_sqlite else "PostgreSQL"
        counts = Counter(got == TAKEN for got_by_all in self.rounds for got in got_by_all)
        return (
            f"{what} on {name}: {len(self.rounds)} rounds of {CLIENTS} clients in {PROCESSES} processes,"
            f" {counts[False]} won, {counts[True]} refused, {self.seconds:.1f} s"
        )


class Racers:
    """Keep the processes for all races of this file: starting one takes longer than most races."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.barrier = context.Barrier(CLIENTS)  # kept: the processes find it by name while it lives
        self.reports = context.Queue()
        self.inboxes = [context.Queue() for _ in range(PROCESSES)]
        self.processes = [
            context.Process(target=race_client.serve, args=(inbox, self.barrier, self.reports), daemon=True)
            for inbox in self.inboxes
        ]
        for process in self.processes:
            process.start()

    def race(
        self, database: Database, act: Callable[[Database, Try], str], clients: Sequence[Sequence[Try]]
    ) -> Result:
        """Let the clients, shared out over the processes, run against each other."""
        for number, inbox in enumerate(self.inboxes):
            inbox.put(Race(database.url, act, clients[number::PROCESSES]))
        reports = [self.reports.get(timeout=PATIENCE_SECONDS) for _ in self.inboxes]
        rounds: dict[int, list[str]] = defaultdict(list)
        for report in reports:
            for outcome in report.outcomes:
                rounds[outcome.round].append(outcome.got)
        seconds = max(report.ended for report in reports) - min(report.began for report in reports)
        return Result([rounds[number] for number in sorted(rounds)], seconds)

    def close(self) -> None:
        for inbox in self.inboxes:
            inbox.put(None)
        for process in self.processes:
            process.join()


@pytest.fixture(scope="module")
def racers() -> Iterator[Racers]:
    with closing(Racers()) as racers:
        yield racers


def _overlaps(session: Session) -> int:
    """Count the pairs of claims that nobody may have at once, without asking the constraint."""
    one, other = aliased(Claim), aliased(Claim)
    query = (
        select(func.count())
        .select_from(one)
        .join(other, (one.subject_id == other.subject_id) & (one.id < other.id))
        .where(one.starts_at < other.ends_at, other.starts_at < one.ends_at)
    )
    return session.scalar(query) or 0


def test_of_sixteen_who_claim_one_time_exactly_one_gets_it(
    database: Database, world: World, racers: Racers, record_property: Figure
) -> None:
    """Lines 2 and 7: the database decides, with many rounds to think of something better."""
    tries = [Try(world.actor(world.requester), world.neurologist.id, at) for at in _times(ROUNDS)]
    result = racers.race(database, race_client.take, [tries] * CLIENTS)
    record_property("figure", result.figure("claim", database))
    assert result.winners == [["won"]] * ROUNDS
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Claim)) == ROUNDS
        assert _overlaps(session) == 0


def test_of_sixteen_who_hold_one_time_exactly_one_gets_it(
    database: Database, world: World, crowd: list[Person], racers: Racers, record_property: Figure
) -> None:
    """Lines 2 and 7: two browsers take one time, one of them succeeds; the claim lasts beyond the commit."""
    with database.transaction() as session:
        asked = [ask(session, world, by=person, reply_by_on=REPLY_BY).id for person in crowd]
    clients = [
        [Try(world.actor(person), consult_id, at) for at in _times(SEARCHES)]
        for person, consult_id in zip(crowd, asked, strict=True)
    ]
    result = racers.race(database, race_client.hold, clients)
    record_property("figure", result.figure("hold", database))
    assert [len(winners) for winners in result.winners] == [1] * SEARCHES, result.winners
    with database.read() as session:
        assert _overlaps(session) == 0
        assert audit.find_break(session) is None


def test_of_sixteen_who_confirm_one_hold_all_get_the_same_booking(
    database: Database, world: World, racers: Racers, record_property: Figure
) -> None:
    """Lines 1 and 11: confirmed sixteen times at once, booked once."""
    actor = world.actor(world.requester)
    held = []
    with database.transaction() as session:
        for number, at in enumerate(_times(ROUNDS)):
            consult = ask(session, world, f"key-{number}", reply_by_on=REPLY_BY)
            consult_times.hold(session, actor, consult, at, now=NOW)
            held.append(Try(actor, consult.id, at))
    result = racers.race(database, race_client.confirm, [held] * CLIENTS)
    record_property("figure", result.figure("confirm", database))
    assert [len(set(got)) for got in result.rounds] == [1] * ROUNDS, result.rounds
    with database.read() as session:
        made = {str(booking_id) for booking_id in session.scalars(select(Booking.id))}
        assert made == {got for rounds in result.rounds for got in rounds}
        assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 2 * ROUNDS
        assert audit.find_break(session) is None


def test_of_sixteen_meetings_moved_to_one_time_exactly_one_gets_it(
    database: Database, world: World, crowd: list[Person], racers: Racers, record_property: Figure
) -> None:
    """Line 2: moving takes a time as surely as booking it."""
    with database.transaction() as session:
        places = _times(CLIENTS, LATE_DAY)
        booked = [
            book(session, world, at, by=person, reply_by_on=REPLY_BY).id
            for person, at in zip(crowd, places, strict=True)
        ]
    clients = [
        [Try(world.actor(person), booking_id, at) for at in _times(SEARCHES)]
        for person, booking_id in zip(crowd, booked, strict=True)
    ]
    result = racers.race(database, race_client.move, clients)
    record_property("figure", result.figure("move", database))
    assert [len(winners) for winners in result.winners] == [1] * SEARCHES, result.winners
    with database.read() as session:
        assert _overlaps(session) == 0
        assert {b.starts_at for b in session.scalars(select(Booking))} == _where_they_stand(result, session)


def _where_they_stand(result: Result, session: Session) -> set[datetime]:
    """Return the last time each booking won, or where it began."""
    times: dict[uuid.UUID, datetime] = {}
    for at, winners in zip(_times(SEARCHES), result.winners, strict=True):
        times[uuid.UUID(winners[0])] = at
    kept = session.scalars(select(Booking.starts_at).where(Booking.id.not_in(times)))
    return set(times.values()) | set(kept)


def test_a_form_sent_sixteen_times_at_once_asks_once(
    database: Database, world: World, racers: Racers
) -> None:
    """Line 11: the same form in parallel makes one request; who comes second is told to look again."""
    actor = world.actor(world.requester)
    sent = [Try(actor, world.service.id, at) for at in _times(10)]
    result = racers.race(database, race_client.ask_twice, [sent] * CLIENTS)
    for got in result.rounds:
        assert len({one for one in got if "already sent" not in one}) == 1, got
