"""A worker of the product as a process of its own, whose clock can be set by a signal while it runs."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from confsched import clock, logs
from confsched.db import Database
from confsched.services import alerts
from confsched.worker import scheduler
from tests.flows.processes import HOUSE, SECRET_KEY, Process, environment, started

JUMP = timedelta(hours=1)
FORWARD, BACK = signal.SIGUSR1, signal.SIGUSR2


class SetClock:
    """Stand between the product and the machine's clock, and be set by an hour on a signal."""

    def __init__(self) -> None:
        self.by = timedelta()
        self._now, self._machine_started_at = clock.now, clock.machine_started_at

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Be the clock of this process for a while."""
        clock.now, clock.machine_started_at = self.now, self.machine_started_at
        try:
            yield
        finally:
            clock.now, clock.machine_started_at = self._now, self._machine_started_at

    def obey(self) -> None:
        """Be set by signals."""
        signal.signal(FORWARD, lambda _number, _frame: self.jump(JUMP))
        signal.signal(BACK, lambda _number, _frame: self.jump(-JUMP))

    def jump(self, by: timedelta) -> None:
        self.by += by

    def now(self) -> datetime:
        return self._now() + self.by

    def machine_started_at(self) -> datetime:
        return self._machine_started_at() + self.by


@contextmanager
def workers(count: int, folder: Path, database_url: str) -> Iterator[list[Process]]:
    """Give running workers without a mail server, which are gone afterwards."""
    with ExitStack() as running:
        yield [
            running.enter_context(one_worker(folder / f"worker-{number}.log", database_url))
            for number in range(count)
        ]


@contextmanager
def one_worker(
    log: Path,
    database_url: str,
    smtp_url: str = "",
    *,
    lease: timedelta = alerts.LEASE,
    set_by: timedelta = timedelta(),
) -> Iterator[Process]:
    """Give one running worker, whose alerts are others' after the lease, on a clock that was set before."""
    times = (str(lease.total_seconds()), str(set_by.total_seconds()))
    command = (sys.executable, "-m", "tests.chaos.worker", database_url, smtp_url, *times)
    with started(log, environment(log.parent, database_url), *command) as process:
        yield process


def main(database_url: str, smtp_url: str, lease_seconds: str, set_by_seconds: str) -> None:
    """Work until killed or told to stop."""
    logs.configure()
    alerts.LEASE = timedelta(seconds=float(lease_seconds))
    set_clock = SetClock()
    set_clock.jump(timedelta(seconds=float(set_by_seconds)))
    set_clock.obey()
    with set_clock.installed():
        _work(database_url, smtp_url)


def _work(database_url: str, smtp_url: str) -> None:
    name = scheduler.worker_name()
    engine = scheduler.Engine(Database(database_url), HOUSE, smtp_url or None, name, secret_key=SECRET_KEY)
    running = scheduler.start(engine)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
    try:
        while True:
            signal.pause()
    finally:
        running.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
