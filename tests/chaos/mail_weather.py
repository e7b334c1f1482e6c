"""A mail server that refuses, hangs or greylists while alerts are due, each alone, and what others feel.

Run `python -m tests.chaos.mail_weather`, with `postgresql` behind it for that database: it waits as long as
the product does. The mail server takes connections and mails; hanging, it never answers what it has taken.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import select

from confsched import clock
from confsched.channels import email
from confsched.db import Database
from confsched.domain.kinds import Channel, GatewayKind
from confsched.models.contacts import AlertGateway, ContactPoint
from confsched.models.urgent import Alert
from confsched.services import alerts
from confsched.services.sealed import Purpose, seal
from confsched.worker.alerts import Post, send_due_alerts
from tests.benchmarks.urgent_lane import fresh
from tests.chaos.urgent import MoodyPostbox, Weather
from tests.flows.processes import HOUSE, SECRET_KEY
from tests.support.alerting import add_alerts, add_point, all_alerts
from tests.support.listener import Listener, listening
from tests.support.postbox import serving
from tests.world import build_world

CONSULTS = 3  # as many as one mailbox has threads
BAD = (Weather.REFUSING, Weather.HANGING, Weather.GREYLISTING)
KNOCK_SECONDS, LOOK_SECONDS, MOST_SECONDS = 0.1, 0.02, 60.0


@dataclass(frozen=True)
class Pace:
    """Say how long an answer of the mail server is waited for, and how long until the next try."""

    answer_seconds: float
    retry_seconds: float

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Let the product wait so long for a while."""
        pause = timedelta(seconds=self.retry_seconds)
        with (
            patch.object(email, "TIMEOUT_SECONDS", self.answer_seconds),
            patch.object(alerts, "retry_at", lambda _attempts, now: now + pause),
        ):
            yield


SHORT, AS_IT_IS = Pace(1.5, 0.2), Pace(email.TIMEOUT_SECONDS, 5.0)


@dataclass(frozen=True)
class Seen:
    """Hold how long the other channel took meanwhile, and what became of every alert in the end."""

    weather: Weather
    others_seconds: float
    mails_meanwhile: int
    tries: int
    lost: int
    doubled: int

    def __str__(self) -> str:
        return (
            f"{self.weather}: by other channels after {self.others_seconds:.2f} s, "
            f"{self.mails_meanwhile} mails by then; {self.tries} tries by mail in all, "
            f"lost {self.lost}, doubled {self.doubled}"
        )


def stand(weather: Weather, database: Database, pace: Pace) -> Seen:
    """Alert one person by mail and by a gateway in a weather, let it turn fair, and count what came."""
    postbox = MoodyPostbox()
    postbox.weather = weather
    with serving(postbox) as smtp_url, listening() as gateway, pace.kept():
        _prepare(database, gateway)
        post = Post(database, HOUSE, smtp_url, SECRET_KEY, "one", frozenset({gateway.host}))
        with _jobs(post):
            begun = time.monotonic()
            _wait_until(lambda: len(gateway.posted) >= CONSULTS)
            others_seconds, meanwhile = time.monotonic() - begun, len(postbox.mails)
            _wait_until(lambda: all(row.last_error or row.sent_at for row in _by_mail(database)))
            postbox.weather = Weather.FAIR
            _wait_until(lambda: all(row.sent_at for row in _by_mail(database)))
    mails, copies = _by_mail(database), postbox.copies()
    lost = sum(f"<{row.id}@confsched>" not in copies for row in mails)
    doubled = sum(copies.values()) - len(copies) + len(gateway.posted) - CONSULTS
    tries = sum(row.attempts for row in mails)
    return Seen(weather, others_seconds, meanwhile, tries, lost, doubled)


def _prepare(database: Database, gateway: Listener) -> None:
    now = clock.now()
    with database.transaction() as session:
        world = build_world(session)
        row = AlertGateway(
            organisation_id=world.hub.organisation_id,
            kind=GatewayKind.WEBHOOK,
            name="SMS",
            sealed_url="",
            created_at=now,
        )
        session.add(row)
        session.flush()
        url = f"json://{gateway.host}/sms/{{address}}"
        row.sealed_url = seal(url, secret_key=SECRET_KEY, row_id=row.id, purpose=Purpose.GATEWAY)
        add_point(session, world.neurologist)
        add_point(session, world.neurologist, "4711", channel=Channel.GATEWAY, gateway_id=row.id)
        for _ in range(CONSULTS):
            add_alerts(session, world, world.neurologist, now=now)


@contextmanager
def _jobs(post: Post) -> Iterator[None]:
    """Let each channel send what is due again and again, each by a thread of its own, as the worker does."""
    over = threading.Event()

    def knock(channel: Channel) -> None:
        while not over.wait(KNOCK_SECONDS):
            send_due_alerts(post, channel, is_stopping=over.is_set)

    threads = [
        threading.Thread(target=knock, args=(channel,)) for channel in (Channel.EMAIL, Channel.GATEWAY)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(int(MOST_SECONDS / LOOK_SECONDS)):
        if is_so():
            return
        time.sleep(LOOK_SECONDS)
    raise AssertionError("it did not come to that")


def _by_mail(database: Database) -> list[Alert]:
    with database.read() as session:
        mailboxes = set(session.scalars(select(ContactPoint.id).where(ContactPoint.channel == Channel.EMAIL)))
        return [row for row in all_alerts(session) if row.contact_id in mailboxes]


def main() -> None:
    """Print what each weather does on each database."""
    for kind in sys.argv[1:] or ["sqlite"]:
        for weather in BAD:
            with tempfile.TemporaryDirectory() as folder, fresh(kind, Path(folder)) as database:
                print(f"{kind}, {stand(weather, database, AS_IT_IS)}", flush=True)
                database.dispose()


if __name__ == "__main__":
    main()
