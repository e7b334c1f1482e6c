"""A storm over the urgent lane: workers die and freeze, the clock is set, the mail server plays up.

Run `python -m tests.chaos.urgent --minutes 20`, with `--database postgresql` for that one. Meanwhile requests
come and are taken. Afterwards every row is looked at: each rung was entered once or stopped, each call has
its alerts once, each alert that was wanted has arrived. Lateness is printed and no part of the judgement.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from random import Random

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Visit
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from confsched.db import Database
from confsched.models.engine import EngineCycle
from confsched.models.urgent import Alert
from confsched.services import alerts, engine_time, escalation
from tests.benchmarks.urgent_lane import (
    Lateness,
    find_faults,
    fresh,
    prepare,
    request,
    steps_late,
    take,
)
from tests.chaos.worker import BACK, FORWARD, JUMP, SetClock, one_worker
from tests.flows.processes import Process
from tests.support.postbox import Postbox, serving
from tests.world import World

WORKERS = 2
CLIENTS = 10
LEFT_SHARE = 0.4  # of the requests, which ring on until the storm is over
LOOK_SECONDS, CALM_SECONDS = 0.2, 120
TEMPORARY = "451 4.7.1 Try again later"


class Weather(StrEnum):
    """Name how the mail server behaves."""

    FAIR = "fair"
    REFUSING = "refusing"
    HANGING = "hanging"
    GREYLISTING = "greylisting"


class MoodyPostbox(Postbox):
    """Take mails as the weather is; greylisting refuses each mail once."""

    def __init__(self) -> None:
        super().__init__()
        self.weather = Weather.FAIR
        self.seen: set[bytes] = set()

    async def handle_DATA(self, server: SMTP, visit: Visit, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        if self.weather is Weather.HANGING:
            await asyncio.sleep(60)  # longer than anybody waits
        is_new = content not in self.seen
        self.seen.add(content)
        if self.weather is Weather.REFUSING or (self.weather is Weather.GREYLISTING and is_new):
            return TEMPORARY
        return await super().handle_DATA(server, visit, envelope)


@dataclass(frozen=True)
class Storm:
    """Say how long it lasts and how it strikes; `seconds` are of wall time."""

    seconds: float
    kill_every: float
    stop_seconds: float
    weather_every: float
    jump_every: float
    lease: timedelta = alerts.LEASE


SHORT = Storm(10, kill_every=4, stop_seconds=5, weather_every=2, jump_every=3, lease=timedelta(seconds=3))


def long_storm(minutes: float) -> Storm:
    """Return the storm of an evening: a kill every few seconds, a freeze for a minute."""
    return Storm(minutes * 60, kill_every=7, stop_seconds=60, weather_every=20, jump_every=45)


@dataclass(frozen=True)
class Damage:
    """Hold what was done and what came of it."""

    strikes: Counter[str]
    faults: Counter[str]
    steps: Lateness
    alerts: int
    arrived: int
    copies: int
    requests: int

    def __str__(self) -> str:
        done = ", ".join(f"{count} x {name}" for name, count in sorted(self.strikes.items()))
        return (
            f"{self.requests} requests, {self.alerts} alerts, {self.arrived} arrived; {done}\n"
            f"  {self.steps}\n  faults: {dict(self.faults) or 'none'}; mails that came twice: {self.copies}"
        )


@dataclass
class _Crew:
    """Hold the workers by place, so that one that died is followed by another."""

    folder: Path
    database: Database
    smtp_url: str
    lease: timedelta
    clock: SetClock
    open: list[ExitStack] = field(default_factory=list)
    running: list[Process] = field(default_factory=list)
    started: int = 0
    seen: set[str] = field(default_factory=set)

    def start(self) -> None:
        """Start all, and wait until each has shown that it works."""
        for place in range(WORKERS):
            self.open.append(ExitStack())
            self.running.append(self._enter(place))
        self.running[0].wait_until(self.is_at_work)

    def is_at_work(self) -> bool:
        """Tell whether every worker that was started has come to work; the dead lose their rows."""
        with self.database.read() as session:
            self.seen.update(session.scalars(select(EngineCycle.worker)))
        return len(self.seen) == self.started

    def _enter(self, place: int) -> Process:
        self.started += 1
        log = self.folder / f"worker-{place}.log"
        set_by = self.clock.by if self.database.is_sqlite else timedelta()
        worker = one_worker(log, self.database.url, self.smtp_url, lease=self.lease, set_by=set_by)
        return self.open[place].enter_context(worker)

    def kill(self, place: int) -> bool:
        """End one in the middle of its work; one that has only just been started is left alone."""
        if not self.is_at_work():
            return False
        self.running[place].kill()
        self.running[place] = self._enter(place)
        return True

    def tell(self, place: int, number: signal.Signals) -> None:
        os.kill(self.running[place].child.pid, number)

    def end(self) -> None:
        for one in self.open:
            one.close()


def weather_the(storm: Storm, database: Database, folder: Path) -> Damage:
    """Let a storm pass over a database, and return what is left."""
    world, postbox, clock = prepare(database, mails=0), MoodyPostbox(), SetClock()
    own_clock = clock.installed() if database.is_sqlite else nullcontext()
    with serving(postbox) as smtp_url, own_clock:
        crew = _Crew(folder, database, smtp_url, storm.lease, clock)
        crew.start()
        try:
            with _clients(database, world) as requested:
                strikes = _strike(storm, crew, postbox, _jumps(database, crew, clock))
            _wait_for_calm(database)  # what nobody has taken arrives
            for consult_id in requested.left:
                take(database, world, consult_id)
        finally:
            crew.end()
    return _look_at(database, postbox, strikes, requested)


def _strike(storm: Storm, crew: _Crew, postbox: MoodyPostbox, jump: Callable[[int], bool]) -> Counter[str]:
    """Kill the first worker, freeze the second, set clocks and change the weather, each in its rhythm."""
    done, turns, moods = Counter[str](), Counter[str](), list(Weather)

    def change_weather(count: int) -> None:
        postbox.weather = moods[(count + 1) % len(moods)]

    def freeze(count: int) -> None:
        crew.tell(1, signal.SIGCONT if count % 2 else signal.SIGSTOP)

    deeds: tuple[tuple[str, float, Callable[[int], bool | None]], ...] = (
        ("killed", storm.kill_every, lambda _count: crew.kill(0)),
        ("frozen or thawed", storm.stop_seconds, freeze),
        ("weather", storm.weather_every, change_weather),
        ("clock set", storm.jump_every, jump),
    )
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < storm.seconds:
        for name, every, deed in deeds:
            if passed >= every * (turns[name] + 0.5):
                done[name] += int(deed(turns[name]) is not False)
                turns[name] += 1
        time.sleep(0.05)
    crew.tell(1, signal.SIGCONT)
    postbox.weather = Weather.FAIR
    return done


def _jumps(database: Database, crew: _Crew, clock: SetClock) -> Callable[[int], bool]:
    """Return what sets clocks there and back: of a file the machine's, else that of one worker."""
    set_to: list[timedelta] = [timedelta()]

    def jump(_turn: int) -> bool:
        if not crew.is_at_work():  # one that is starting does not obey yet
            return False
        by, number = (-JUMP, BACK) if set_to[0] else (JUMP, FORWARD)
        set_to[0] += by
        if database.is_sqlite:
            clock.jump(by)
            crew.tell(0, number)
        crew.tell(1, number)
        return True

    return jump


@dataclass
class Requested:
    """Count what was requested, and keep what nobody is to take before the storm is over."""

    count: int = 0
    left: list[uuid.UUID] = field(default_factory=list)


@contextmanager
def _clients(database: Database, world: World) -> Iterator[Requested]:
    """Request and take all the while; who is refused by a database that is held up presses again."""
    requested, over = Requested(), threading.Event()

    def be_client(number: int) -> None:
        chance = Random(number)
        while not over.is_set():
            consult_id = _insist(lambda: request(database, world))
            requested.count += 1
            over.wait(chance.choice((0.5, 2.5, 4.5)))
            if chance.random() < LEFT_SHARE:
                requested.left.append(consult_id)
            else:
                _insist(lambda consult_id=consult_id: take(database, world, consult_id))  # type: ignore[misc]

    clients = [threading.Thread(target=be_client, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield requested
    finally:
        over.set()
        for client in clients:
            client.join()


def _insist(deed: Callable[[], uuid.UUID | None]) -> uuid.UUID:
    while True:
        try:
            return deed() or uuid.UUID(int=0)
        except OperationalError:
            time.sleep(LOOK_SECONDS)


def _wait_for_calm(database: Database) -> None:
    """Wait until no rung is due and no alert waits."""
    unsent = (Alert.sent_at.is_(None), Alert.failed_at.is_(None), Alert.stopped_at.is_(None))
    for _ in range(int(CALM_SECONDS / LOOK_SECONDS)):
        with database.read() as session:
            is_due = escalation.is_due(session, now=engine_time.now(session))
            if not is_due and not session.scalar(select(func.count()).where(*unsent)):
                return
        time.sleep(LOOK_SECONDS)


def _look_at(
    database: Database, postbox: MoodyPostbox, strikes: Counter[str], requested: Requested
) -> Damage:
    copies = postbox.copies()
    with database.read() as session:
        faults, steps = find_faults(session, patience=None), steps_late(session)
        rows = list(session.scalars(select(Alert)))
    for one in rows:
        arrived = f"<{one.id}@confsched>" in copies
        faults["alert lost"] += int(one.sent_at is not None and not arrived)
        faults["alert waits"] += int(one.sent_at is None and one.failed_at is None and one.stopped_at is None)
        faults["alert given up"] += int(one.failed_at is not None)
    return Damage(
        *(strikes, +faults, steps, len(rows), len(copies), sum(copies.values()) - len(copies)),
        requests=requested.count,
    )


def main() -> None:
    """Print what the long storm has left of each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.0, help="the short form without it")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    chosen = parser.parse_args()
    storm = long_storm(chosen.minutes) if chosen.minutes else SHORT
    for kind in chosen.database or ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder, fresh(kind, Path(folder)) as database:
            print(f"{kind}: {weather_the(storm, database, Path(folder))}", flush=True)
            database.dispose()


if __name__ == "__main__":
    main()
