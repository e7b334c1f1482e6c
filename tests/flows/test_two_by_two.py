"""Two web processes and two workers share one PostgreSQL: one network for all, one mail for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from confsched import clock
from confsched.db import Database
from confsched.demo import build_demo
from confsched.models.engine import EngineCycle
from confsched.models.outbox import OutboxMessage
from confsched.models.urgent import Alert
from tests.flows.processes import (
    PROGRAMS,
    SECRET_KEY,
    Process,
    Visitor,
    book_consult,
    environment,
    started,
    status_of,
    web_process,
)
from tests.support.outbox import all_messages
from tests.support.postbox import Postbox, serving

PASSWORD = "ein Kennwort für alle"
REQUESTER = "julia.marquardt@moorfeld.example"


@dataclass(frozen=True)
class Installation:
    """Hold two web addresses, two workers, the database between them, and the mail server."""

    urls: list[str]
    workers: list[Process]
    database: Database
    postbox: Postbox


@pytest.fixture
def installation(postgres_database: Database, tmp_path: Path) -> Iterator[Installation]:
    build_demo(postgres_database, now=clock.now(), password=PASSWORD, secret=SECRET_KEY)
    postbox = Postbox()
    with ExitStack() as stack:
        smtp_url = stack.enter_context(serving(postbox))
        variables = environment(tmp_path, postgres_database.url, CONFSCHED_SMTP_URL=smtp_url)
        workers = [
            stack.enter_context(
                started(tmp_path / f"worker-{number}.log", variables, PROGRAMS / "confsched", "worker")
            )
            for number in range(2)
        ]
        webs = [
            stack.enter_context(web_process(tmp_path / f"web-{number}.log", variables)) for number in range(2)
        ]
        yield Installation([url for _, url in webs], workers, postgres_database, postbox)


def _count_waiting(database: Database) -> int:
    query = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.sent_at.is_(None))
    with database.read() as session:
        return session.scalar(query) or 0


def _count_cycles(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(EngineCycle)) or 0


def test_two_web_processes_and_two_workers_are_one_product(
    installation: Installation, record_property: Callable[[str, object], None]
) -> None:
    here, there = installation.urls
    worker, other_worker = installation.workers
    visitor = Visitor(here).sign_in(REQUESTER, PASSWORD)
    path = book_consult(visitor, "Epileptologie", "FK-7Q2M")
    # The session and the booking of one process are known to the other at once.
    assert "FK-7Q2M" in visitor.at(there).get(path)
    booked_there = book_consult(visitor.at(there), "Kardiologie", "FK-8R3N")
    assert "FK-8R3N" in visitor.get(booked_there)

    worker.wait_until(lambda: _count_waiting(installation.database) == 0)
    other_worker.wait_until(lambda: _count_cycles(installation.database) == 2)
    for url in installation.urls:
        assert [status_of(f"{url}/health/{name}") for name in ("live", "ready", "engine")] == [200] * 3
    assert [one.stop() for one in installation.workers] == [0, 0]

    with installation.database.read() as session:
        expected = {message.message_id for message in all_messages(session)}
        # An urgent consult of the demo is still ringing: its alerts leave as well.
        alerts = {f"<{alert_id}@confsched>" for alert_id in session.scalars(select(Alert.id))}
    copies = installation.postbox.copies()
    record_property(
        "figure", f"2 web, 2 workers: mails={len(expected)} duplicates={sum(copies.values()) - len(copies)}"
    )
    assert expected <= set(copies) <= expected | alerts
    assert set(copies.values()) == {1}


def test_signing_out_at_one_process_ends_the_session_at_the_other(installation: Installation) -> None:
    here, there = installation.urls
    visitor = Visitor(here).sign_in(REQUESTER, PASSWORD)
    other = Visitor(there)
    for cookie in visitor.jar:  # a copy: what the first browser is told to forget, this one keeps
        other.jar.set_cookie(cookie)
    other.get("/bookings/")
    assert other.address == f"{there}/bookings/"
    visitor.get("/")
    visitor.post("/logout")
    other.get("/bookings/")
    assert "/login" in other.address
