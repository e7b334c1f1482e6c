"""Kill real processes in the middle of their work: every mail arrives, every booking stays."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from confsched.db import Database
from confsched.models.bookings import Booking
from confsched.models.outbox import OutboxMessage
from tests.flows.processes import (
    START_SECONDS,
    Process,
    Visitor,
    book_consult,
    end_family,
    environment,
    web_process,
    working,
)
from tests.support.outbox import add_messages
from tests.support.postbox import Postbox, serving
from tests.world import PASSWORD, World, build_world

MAILS = 300
LEASE_SECONDS = 2
# When the worker dies: before a mail is taken, before the server's answer leaves, and at the goodbye.
MOMENTS = (
    *(("RCPT", 7), ("DATA", 20), ("QUIT", 45), ("DATA", 46)),
    *(("RCPT", 110), ("QUIT", 170), ("DATA", 240), ("QUIT", 299)),
)


@dataclass
class Assassin:
    """Kill the worker of the moment when the mail server reaches the next moment of the script."""

    moments: list[tuple[str, int]]
    victim: Process | None = None
    kills: int = 0

    def strike(self, step: str, count: int) -> None:
        if self.victim is None or not self.moments:
            return
        at_step, at_count = self.moments[0]
        if step == at_step and count >= at_count:
            self.moments.pop(0)
            self.kills += 1
            os.kill(self.victim.child.pid, signal.SIGKILL)
            self.victim = None


def test_no_mail_is_lost_when_workers_are_killed(
    database: Database, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Cover line 25: what a killed worker had in hand leaves later; what comes twice is the same."""
    with database.transaction() as session:
        expected = {message.message_id for message in add_messages(session, build_world(session), MAILS)}
    postbox, assassin = Postbox(), Assassin(list(MOMENTS))
    postbox.at_step = assassin.strike
    with serving(postbox) as smtp_url:
        _work_and_die(database, tmp_path, smtp_url, assassin)
    contents: dict[str, set[bytes]] = {}
    for mail in postbox.mails:
        contents.setdefault(mail.message_id, set()).add(mail.content)
    duplicates = len(postbox.mails) - len(contents)
    lost = len(expected - set(contents))
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    record_property(
        "figure", f"{kind}: mails={MAILS} kills={assassin.kills} duplicates={duplicates} lost={lost}"
    )
    assert (assassin.kills, lost) == (len(MOMENTS), 0)
    assert contents.keys() == expected
    assert all(len(different) == 1 for different in contents.values())
    assert duplicates <= assassin.kills


def _work_and_die(database: Database, folder: Path, smtp_url: str, assassin: Assassin) -> None:
    for _ in MOMENTS:
        with working(folder / "worker.log", database.url, smtp_url, LEASE_SECONDS) as worker:
            assassin.victim = worker
            assert worker.child.wait(START_SECONDS) == -signal.SIGKILL, worker.output()
    with working(folder / "worker.log", database.url, smtp_url, LEASE_SECONDS) as worker:
        worker.wait_until(lambda: _count_waiting(database) == 0)
        assert worker.stop() == 0, worker.output()


def _count_waiting(database: Database) -> int:
    query = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.sent_at.is_(None))
    with database.read() as session:
        return session.scalar(query) or 0


def test_a_booking_that_was_answered_survives_the_death_of_its_web_process(
    database: Database, tmp_path: Path
) -> None:
    with database.transaction() as session:
        world = build_world(session)
    variables = environment(tmp_path, database.url)
    with web_process(tmp_path / "one.log", variables) as (process, url):
        path = book_consult(_signed_in(url, world), world.service.name, "FK-7Q2M")
        end_family(process)
    with database.read() as session:
        booking = session.scalars(select(Booking)).one()
        mails = list(session.scalars(select(OutboxMessage).where(OutboxMessage.booking_id == booking.id)))
    assert path == f"/bookings/{booking.id}"
    assert {world.neurologist.email, world.second_neurologist.email} & {mail.recipient for mail in mails}
    assert world.requester.email in {mail.recipient for mail in mails}
    assert all(mail.sent_at is None and mail.failed_at is None for mail in mails)
    with web_process(tmp_path / "two.log", variables) as (_, url):
        assert "FK-7Q2M" in _signed_in(url, world).get(path)


def _signed_in(url: str, world: World) -> Visitor:
    return Visitor(url).sign_in(world.requester.email, PASSWORD)
