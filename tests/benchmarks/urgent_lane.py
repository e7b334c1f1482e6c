"""How late the steps of ladders are when 5,000 requests come by 40 at once and workers do all their work.

Run `python -m tests.benchmarks.urgent_lane`, with `sqlite` or `postgresql`, `workers=1` or `workers=3` and
`requests=300` behind it to choose. Everything is real: processes, files, a server, the alerts of each call,
and mails that wait. Beside the steps stands a bare one: a process that opens an empty transaction at instants
set before, and does nothing else. Lateness is `entered_at - due_at` by the database's rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from confsched import clock
from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.kinds import EscalationTarget, UrgentState, UrgentStepKind
from confsched.models.catalogue import Service
from confsched.models.engine import EngineCycle
from confsched.models.outbox import OutboxMessage
from confsched.models.urgent import Alert, UrgentConsult, UrgentRung, UrgentStep
from confsched.services import engine_time, urgent_live, urgent_requests
from confsched.services.urgent_requests import NewRequest
from tests.chaos.worker import workers
from tests.flows.processes import ROOT
from tests.support.alerting import add_point
from tests.support.ladders import add_line, line_step, put_on_duty, set_ladder
from tests.support.outbox import add_messages
from tests.support.postgres import running_server
from tests.world import World, build_world

REQUESTS, CLIENTS, MAILS = 5000, 40, 2000
GAP_SECONDS = 2  # from one step to the next: as short as a run can bear, nobody sets it so
# How many are taken after how many seconds: most before the second step, a few after the number was shown.
PATIENCE = ((0.60, 0.8), (0.20, 2.8), (0.15, 4.8), (0.05, 7.0))
BARE_A_SECOND = 20
TYPED = NewRequest(
    {
        "door": "02:40",
        "last_known_well": "01:15",
        "nihss": "11",
        "callback_phone": "030 5550 112",
        "question": "Lyse?",
    }
)
GOAL_P99, GOAL_MAX = 2.0, 5.0


@dataclass(frozen=True)
class Lateness:
    """Hold how late the steps were, in seconds."""

    count: int
    p50: float
    p99: float
    most: float

    def __str__(self) -> str:
        return f"{self.count} steps: p50 {self.p50:.2f} s, p99 {self.p99:.2f} s, max {self.most:.2f} s"


def lateness_of(seconds: Sequence[float]) -> Lateness:
    """Return the figures of measured values, the smallest first or not."""
    ranked = sorted(seconds) or [0.0]
    return Lateness(len(seconds), ranked[len(ranked) // 2], ranked[len(ranked) * 99 // 100], ranked[-1])


@dataclass(frozen=True)
class Figures:
    """Hold what one run has measured, and what went wrong in it: nothing."""

    steps: Lateness
    bare: Lateness
    requests: Lateness
    seconds: float
    faults: Counter[str] = field(default_factory=Counter)
    mails_left: int = 0


@dataclass
class Crowd:
    """Count down what the clients still have to request, and keep how long a request took."""

    requests: int
    chance: Random
    seconds: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_patience(self) -> float | None:
        """Return after how many seconds the next consult is taken; None when all have been requested."""
        with self._lock:
            if not self.requests:
                return None
            self.requests -= 1
            shares, waits = zip(*PATIENCE, strict=True)
            return float(self.chance.choices(waits, shares)[0]) + self.chance.random()


def measure(
    database: Database,
    folder: Path,
    *,
    requests: int,
    worker_count: int,
    mails: int = MAILS,
    patience: float | None = GOAL_MAX,
    has_bare: bool = True,
) -> Figures:
    """Let clients request and take while workers call, and look at every row afterwards."""
    world = prepare(database, mails=mails)
    crowd = Crowd(requests, Random(requests))
    with workers(worker_count, folder, database.url) as running:
        running[0].wait_until(lambda: _has_beaten(database, worker_count))
        started_at = time.monotonic()
        with _bare(database.url, is_wanted=has_bare) as bare:
            _run_clients(database, world, crowd)
        seconds = time.monotonic() - started_at
        assert all(process.child.poll() is None for process in running)
    with database.read() as session:
        waiting = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.sent_at.is_(None))
        return Figures(
            *(steps_late(session), lateness_of(bare), lateness_of(crowd.seconds), seconds),
            faults=find_faults(session, patience=patience),
            mails_left=session.scalar(waiting) or 0,
        )


def prepare(database: Database, *, mails: int = MAILS) -> World:
    """Write a service with three lines, each held and reachable now, and mails that wait."""
    now = clock.now()
    with database.transaction() as session:
        world = build_world(session)
        lines = [world.line, add_line(session, world, "Parallel"), add_line(session, world, "Hintergrund")]
        set_ladder(session, world, *(line_step(line, GAP_SECONDS * bool(n)) for n, line in enumerate(lines)))
        people = (world.neurologist, world.second_neurologist, world.requester)
        for line, person in zip(lines, people, strict=True):
            span = Span(now - timedelta(hours=1), now + timedelta(hours=9))
            put_on_duty(session, line, person, span, known_since=now - timedelta(hours=1))
            add_point(session, person)
        add_messages(session, world, mails)
    return world


def _has_beaten(database: Database, count: int) -> bool:
    with database.read() as session:
        return (session.scalar(select(func.count()).select_from(EngineCycle)) or 0) >= count


def _run_clients(database: Database, world: World, crowd: Crowd) -> None:
    clients = [threading.Thread(target=_be_client, args=(database, world, crowd)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()


def _be_client(database: Database, world: World, crowd: Crowd) -> None:
    """Request, wait while the ladder runs, take, and begin anew."""
    while (patience := crowd.next_patience()) is not None:
        begun = time.monotonic()
        consult_id = request(database, world)
        crowd.seconds.append(time.monotonic() - begun)
        time.sleep(patience)
        take(database, world, consult_id)


def request(database: Database, world: World) -> uuid.UUID:
    """Request as the page does, in one transaction."""
    key = str(uuid.uuid4())
    with database.transaction() as session:
        actor, service = world.actor(world.requester), session.get_one(Service, world.service.id)
        asked = urgent_requests.request(session, actor, service, TYPED, key=key, now=engine_time.now(session))
        return asked.id


def take(database: Database, world: World, consult_id: uuid.UUID) -> None:
    """Acknowledge and end it at once, so that nobody comes to the most that one person may have."""
    with database.transaction() as session:
        consult = session.get_one(UrgentConsult, consult_id)
        now = engine_time.now(session)
        urgent_live.acknowledge(session, world.neurologist.id, consult, now=now)
        urgent_live.cancel(session, world.actor(world.neurologist), consult, code="false_alarm", now=now)


# ---- what the rows say ----


def steps_late(session: Session) -> Lateness:
    """Return how late what workers entered was: the first step is entered with its request."""
    query = select(UrgentRung.due_at, UrgentRung.entered_at).where(
        UrgentRung.entered_at.is_not(None), UrgentRung.position > 1
    )
    return lateness_of(
        [(entered - due).total_seconds() for due, entered in session.execute(query) if entered]
    )


def find_faults(session: Session, *, patience: float | None = GOAL_MAX) -> Counter[str]:
    """Count rungs that were skipped or lost, and alerts that are missing or doubled.

    Lost is what was due for longer than `patience` when the consult was taken; None: as late as it may be.
    """
    faults: Counter[str] = Counter()
    taken_at = {one.id: one.acknowledged_at for one in session.scalars(select(UrgentConsult))}
    alerts_of = Counter(session.scalars(select(Alert.rung_id)))
    for rung in session.scalars(select(UrgentRung)):
        end = taken_at[rung.consult_id]
        assert end is not None, "every consult of a run is taken in the end"
        faults += _faults_of(rung, alerts_of[rung.id])
        waited = (end - rung.due_at).total_seconds()
        faults["lost"] += int(rung.entered_at is None and patience is not None and waited > patience)
    return +faults + Counter({"called after it was taken": _count_late_calls(session)})


def _count_late_calls(session: Session) -> int:
    """Count steps of ladders behind the acknowledgement: by their numbers, which the lock on it gives out."""
    taken = aliased(UrgentStep)
    query = (
        select(func.count())
        .select_from(UrgentStep)
        .join(taken, taken.consult_id == UrgentStep.consult_id)
        .where(
            UrgentStep.kind == UrgentStepKind.ESCALATED,
            taken.code == UrgentState.ACKNOWLEDGED,
            UrgentStep.number > taken.number,
        )
    )
    return session.scalar(query) or 0


def _faults_of(rung: UrgentRung, alerts: int) -> Counter[str]:
    wanted = int(rung.entered_at is not None and rung.target is not EscalationTarget.PHONE_CARD)
    return +Counter(
        {
            "skipped": int(rung.skipped is not None),
            "neither entered nor stopped": int(rung.entered_at is None and rung.stopped_at is None),
            "entered and stopped": int(rung.entered_at is not None and rung.stopped_at is not None),
            "entered too early": int(rung.entered_at is not None and rung.entered_at < rung.due_at),
            "alerts missing": max(0, wanted - alerts),
            "alerts doubled": max(0, alerts - wanted),
        }
    )


# ---- the bare one ----


@contextmanager
def _bare(database_url: str, *, is_wanted: bool) -> Iterator[list[float]]:
    """Measure empty transactions in a process of its own meanwhile; the list is filled at the end."""
    found: list[float] = []
    if not is_wanted:
        yield found
        return
    command = [sys.executable, "-m", "tests.benchmarks.urgent_lane", "bare", database_url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        yield found
        answer, _ = child.communicate(b"\n")
    found += json.loads(answer)


def be_bare(database_url: str) -> None:
    """Open a transaction that only asks for the time, at instants 50 ms apart, until told to stop."""
    database, late = Database(database_url), []
    over = threading.Event()

    def wait_for_word() -> None:
        sys.stdin.readline()
        over.set()

    threading.Thread(target=wait_for_word, daemon=True).start()
    due = time.monotonic()
    while not over.is_set():
        due = max(due + 1 / BARE_A_SECOND, time.monotonic())
        over.wait(max(0.0, due - time.monotonic()))
        with database.transaction() as session:
            engine_time.now(session)
            late.append(time.monotonic() - due)
    print(json.dumps(late))


# ---- by hand ----


@contextmanager
def fresh(kind: str, folder: Path) -> Iterator[Database]:
    """Give an empty database of a kind."""
    if kind == "sqlite":
        yield _migrated(f"sqlite:///{folder / 'confsched.sqlite'}")
        return
    with running_server() as server:
        yield _migrated(server.url(server.create_template(lambda url: _migrated(url).dispose())))


def _migrated(url: str) -> Database:
    database = Database(url)
    database.migrate()
    return database


def main(arguments: list[str]) -> None:
    """Print the figures of each database with one and with three workers."""
    if arguments[:1] == ["bare"]:
        be_bare(arguments[1])
        return
    chosen = dict(one.split("=") for one in arguments if "=" in one)
    counts = [int(chosen["workers"])] if "workers" in chosen else [1, 3]
    for kind in [one for one in arguments if "=" not in one] or ["sqlite", "postgresql"]:
        for count in counts:
            with tempfile.TemporaryDirectory() as folder, fresh(kind, Path(folder)) as database:
                requests = int(chosen.get("requests", REQUESTS))
                _print(kind, count, measure(database, Path(folder), requests=requests, worker_count=count))
                database.dispose()


def _print(kind: str, count: int, figures: Figures) -> None:
    held = figures.steps.p99 <= GOAL_P99 and figures.steps.most <= GOAL_MAX and not figures.faults
    print(f"{kind}, {count} worker(s), {figures.seconds:.0f} s: {figures.steps}", flush=True)
    print(f"  bare: {figures.bare}; requests: {figures.requests}")
    print(
        f"  faults: {dict(figures.faults) or 'none'}; mails left: {figures.mails_left}; held: {held}",
        flush=True,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
