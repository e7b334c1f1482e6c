"""Clients that reach for the same thing at the same moment: threads of one process, told by plain values."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from time import monotonic

from confsched.db import Database
from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.kinds import SubjectKind
from confsched.domain.permissions import Actor
from confsched.services import access, bookings, claims, consult_times, consults
from confsched.services.claims import Taken, Taking
from tests.world import NOW

WAIT_SECONDS = 60
TAKEN = "taken"


@dataclass(frozen=True)
class Try:
    """Say who does what to which row; `starts_at` where a time is wanted."""

    actor: Actor
    row_id: uuid.UUID
    starts_at: datetime


@dataclass(frozen=True)
class Report:
    """Hold all outcomes of one process, and when it began and ended on the machine's one steady clock."""

    outcomes: list[Outcome]
    began: float
    ended: float


@dataclass(frozen=True)
class Outcome:
    """Say what one client got in one round: the id it won, TAKEN, or an error nobody wants."""

    round: int
    got: str


def hold(database: Database, one: Try) -> str:
    """Hold a time for a consult of one's own."""
    with database.transaction() as session:
        consult = access.get_consult(session, one.actor, one.row_id, to="change")
        return str(consult_times.hold(session, one.actor, consult, one.starts_at, now=NOW).id)


def confirm(database: Database, one: Try) -> str:
    """Book what a consult holds."""
    with database.transaction() as session:
        consult = access.get_consult(session, one.actor, one.row_id, to="change")
        return str(consult_times.book(session, one.actor, consult, now=NOW).id)


def move(database: Database, one: Try) -> str:
    """Move a booking."""
    with database.transaction() as session:
        booking = access.get_booking(session, one.actor, one.row_id, to="change")
        return str(bookings.move(session, one.actor, booking, one.starts_at, now=NOW).id)


def ask_twice(database: Database, one: Try) -> str:
    """Send the question of a form again; the row's id stands for the key of the form."""
    question = consults.Question(one.row_id, "FK-7Q2M", "Is a thrombectomy sensible?", one.starts_at.date())
    with database.transaction() as session:
        return str(consults.request(session, one.actor, question, now=NOW, key=one.starts_at.isoformat()).id)


def take(database: Database, one: Try) -> str:
    """Take a person's time as every service does, and nothing else."""
    span = Span(one.starts_at, one.starts_at + timedelta(minutes=30))
    with database.transaction() as session:
        claims.take(
            session,
            [Taking(one.row_id, SubjectKind.PERSON, span)],
            now=NOW,
            state=ClaimState.PENDING,
        )
    return "won"


@dataclass(frozen=True)
class Race:
    """Tell a process what its clients do, each a thread, round by round."""

    url: str
    act: Callable[[Database, Try], str]
    clients: Sequence[Sequence[Try]]


def serve(races: Queue[Race | None], barrier: Barrier, reports: Queue[Report]) -> None:
    """Run races until there are no more."""
    while (race := races.get()) is not None:
        reports.put(_run(race, barrier))


def _run(race: Race, barrier: Barrier) -> Report:
    outcomes: list[Outcome] = []
    database, began = Database(race.url), monotonic()
    threads = [
        threading.Thread(target=_play, args=(database, race.act, tries, barrier, outcomes))
        for tries in race.clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.dispose()
    return Report(outcomes, began, monotonic())


def _play(
    database: Database,
    act: Callable[[Database, Try], str],
    tries: Sequence[Try],
    barrier: Barrier,
    outcomes: list[Outcome],
) -> None:
    for number, one in enumerate(tries):
        barrier.wait(WAIT_SECONDS)
        try:
            got = act(database, one)
        except Taken:
            got = TAKEN
        except Exception as error:  # whatever it is, the test names it
            got = f"{type(error).__name__}: {error}"
        outcomes.append(Outcome(number, got))
