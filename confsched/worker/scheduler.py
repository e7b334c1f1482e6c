"""When the worker does what: one table in words. The scheduler only knocks; the database is the truth."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from confsched import clock
from confsched.db import Database
from confsched.domain.kinds import Channel
from confsched.mail.envelopes import House
from confsched.services import engine, outbox
from confsched.worker.alerts import Post, send_due_alerts
from confsched.worker.busy_calendars import read_due_calendars
from confsched.worker.conference_reminders import remind_of_conferences
from confsched.worker.consults import look_after_consults
from confsched.worker.delivery import deliver_due
from confsched.worker.downtime import keep_sheets
from confsched.worker.escalation import climb_ladders
from confsched.worker.housekeeping import tidy_up
from confsched.worker.quorum import look_after_conferences
from confsched.worker.readiness import look_after_readiness
from confsched.worker.roster_fill import fill_due_rosters
from confsched.worker.urgent_claims import keep_up_claims
from confsched.worker.waitlist import give_back_unanswered, serve_waiting

# Who waits for the database gives its turn away, and would get it back only after 5 ms for each thread that
# writes a mail: forty statements of one call would take half a second.
SWITCH_SECONDS = 0.0005


@dataclass(frozen=True)
class Engine:
    """Hold what the jobs of one worker process need; `stopping` is set to end a long job early."""

    database: Database
    house: House
    smtp_url: str | None
    worker: str
    allowed_hosts: frozenset[str] = frozenset()
    secret_key: str = field(default="", repr=False)
    mail_lease: timedelta = outbox.LEASE
    is_demo: bool = False
    data_dir: Path | None = None
    stopping: threading.Event = field(default_factory=threading.Event)


class Job(NamedTuple):
    """Say what is done, how often, and by which function."""

    name: str
    every_seconds: float
    run: Callable[[Engine], None]


def _deliver(work: Engine) -> None:
    deliver_due(
        work.database,
        work.house,
        work.smtp_url,
        worker=work.worker,
        lease=work.mail_lease,
        is_stopping=work.stopping.is_set,
    )


def _climb_ladders(work: Engine) -> None:
    climb_ladders(work.database, is_stopping=work.stopping.is_set)


def _send_alert_mails(work: Engine) -> None:
    send_due_alerts(_post(work), Channel.EMAIL, is_stopping=work.stopping.is_set)


def _send_alert_pushes(work: Engine) -> None:
    send_due_alerts(_post(work), Channel.PUSH, is_stopping=work.stopping.is_set)


def _send_alerts_by_gateways(work: Engine) -> None:
    send_due_alerts(_post(work), Channel.GATEWAY, is_stopping=work.stopping.is_set)


def _post(work: Engine) -> Post:
    return Post(
        work.database,
        work.house,
        work.smtp_url,
        work.secret_key,
        work.worker,
        work.allowed_hosts,
        work.is_demo,
    )


def _beat(work: Engine) -> None:
    with work.database.transaction() as session:
        engine.record_cycle(session, work.worker, clock.now())


def _read_calendars(work: Engine) -> None:
    read_due_calendars(
        work.database, worker=work.worker, secret_key=work.secret_key, allow_hosts=work.allowed_hosts
    )


def _fill_rosters(work: Engine) -> None:
    fill_due_rosters(work.database, is_stopping=work.stopping.is_set)


def _give_back_unanswered(work: Engine) -> None:
    give_back_unanswered(work.database)


def _serve_waiting(work: Engine) -> None:
    serve_waiting(work.database, is_stopping=work.stopping.is_set)


def _look_after_consults(work: Engine) -> None:
    look_after_consults(work.database, is_stopping=work.stopping.is_set)


def _look_after_conferences(work: Engine) -> None:
    look_after_conferences(work.database, is_stopping=work.stopping.is_set)


def _remind_of_conferences(work: Engine) -> None:
    remind_of_conferences(work.database, is_stopping=work.stopping.is_set)


def _look_after_readiness(work: Engine) -> None:
    look_after_readiness(work.database, is_stopping=work.stopping.is_set)


def _keep_downtime_sheets(work: Engine) -> None:
    if work.data_dir is not None:
        keep_sheets(work.database, work.data_dir, is_stopping=work.stopping.is_set)


def _keep_up_claims(work: Engine) -> None:
    keep_up_claims(work.database)


def _tidy(work: Engine) -> None:
    with work.database.transaction() as session:
        tidy_up(session, now=clock.now())


# What writes mails stands before what sends them: one `tick` leaves nothing lying that it has written itself.
JOBS = (
    Job("call the next by the ladders of urgent consults", 0.25, _climb_ladders),
    Job("ask who begins a duty whether they are ready", 5, _look_after_readiness),
    Job("keep the claims of urgent consults in step", 10, _keep_up_claims),
    Job("read busy calendars that are due", 5, _read_calendars),
    Job("fill rosters that wait for it", 1, _fill_rosters),
    Job("give back times without an answer", 30, _give_back_unanswered),
    Job("offer freed times to who waits", 30, _serve_waiting),
    Job("end and remind of consults, remind of meetings", 20, _look_after_consults),
    Job("check the quorum and the place of conferences", 20, _look_after_conferences),
    Job("remind of minutes and of recommendations", 60, _remind_of_conferences),
    Job("send alerts by mail", 1, _send_alert_mails),
    Job("send alerts to browsers", 1, _send_alert_pushes),
    Job("send alerts by gateways", 1, _send_alerts_by_gateways),
    Job("deliver mails that are due", 1, _deliver),
    Job("prove that the engine runs", 3, _beat),
    Job("keep the downtime sheet of each site", 60, _keep_downtime_sheets),
    Job("give back holds that ran out, forget old keys", 30, _tidy),
)


def worker_name() -> str:
    """Return a name no other worker has, in at most 40 characters, so that a lease tells whose it is."""
    return f"{socket.gethostname()[:20]}-{os.getpid()}-{secrets.token_hex(4)}"


def run_once(work: Engine) -> None:
    """Do every job once, in order: the `tick` command, and what tests call."""
    for job in JOBS:
        job.run(work)


class RunningWorker:
    """Hold a worker that knocks in the background until it is stopped."""

    def __init__(self, work: Engine, scheduler: BackgroundScheduler) -> None:
        self._work = work
        self._scheduler = scheduler

    def stop(self) -> None:
        """Let each job finish what it has in hand, and return when none runs any more."""
        self._work.stopping.set()
        self._scheduler.shutdown(wait=True)


def start(work: Engine) -> RunningWorker:
    """Start knocking in the background."""
    sys.setswitchinterval(SWITCH_SECONDS)
    # A thread for each job: what takes long never keeps an alert from being sent.
    scheduler = BackgroundScheduler(timezone="UTC", executors={"default": ThreadPoolExecutor(len(JOBS))})
    for job in JOBS:
        scheduler.add_job(
            job.run,
            "interval",
            args=[work],
            name=job.name,
            seconds=job.every_seconds,
            next_run_time=clock.now(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,  # the default of one second would drop a late knock
        )
    scheduler.start()
    return RunningWorker(work, scheduler)
