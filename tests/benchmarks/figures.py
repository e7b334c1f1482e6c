"""The figures of 50,000 urgent consults of a year, beside a bare count of their rows in the same run.

Run `python -m tests.benchmarks.figures`, with `postgresql` behind it for that database.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.figures import Measure
from confsched.domain.intervals import Span
from confsched.domain.kinds import UrgentKind
from confsched.models.catalogue import Service
from confsched.models.urgent import UrgentConsult, UrgentStep
from confsched.services import figures
from tests.benchmarks.coverage import fresh_url, seconds
from tests.world import NOW, World, add_site, build_world

CONSULTS, SPOKES = 50_000, 44
STATES = ("requested", "alerted", "acknowledged", "connected", "recommended", "reported", "closed")
YEAR = Span(NOW - timedelta(days=365), NOW)
ROUNDS = 5


def fill(session: Session, world: World, consults: int) -> None:
    """Write consults of one year with all their steps, between one hub and its spokes."""
    chance = Random(consults)
    session.get_one(Service, world.service.id).urgent_kind = UrgentKind.TELESTROKE
    spokes = [add_site(session, f"Haus {n}", f"H{n}", state="DE-NI").id for n in range(SPOKES)]
    rows: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    for _ in range(consults):
        at = NOW - timedelta(seconds=chance.randrange(1, 365 * 86_400))
        row = _consult(world, chance.choice(spokes), at)
        rows.append(row)
        for number, code in enumerate(STATES, start=1):
            steps.append(_step(row["id"], number, code, at))
            at += timedelta(seconds=chance.randrange(5, 240))
    session.execute(insert(UrgentConsult), rows)
    session.execute(insert(UrgentStep), steps)


def _consult(world: World, spoke_id: uuid.UUID, at: Any) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(),
        "service_id": world.service.id,
        "site_id": spoke_id,
        "requester_id": world.requester.id,
        "kind": "telestroke",
        "state": "closed",
        "case_ref": "FK-9XWT",
        "requested_at": at,
        "recorded_at": at,
        "acknowledged_at": at + timedelta(seconds=75),
    }


def _step(consult_id: uuid.UUID, number: int, code: str, at: Any) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(),
        "consult_id": consult_id,
        "number": number,
        "kind": "state",
        "code": code,
        "taken_at": at,
        "recorded_at": at,
    }


@contextmanager
def filled(kind: str, consults: int) -> Iterator[tuple[Database, World]]:
    """Give a fresh database with a network and its consults."""
    with fresh_url(kind) as url:
        database = Database(url)
        database.migrate()
        with database.transaction() as session:
            world = build_world(session)
            fill(session, world, consults)
        with database.engine.connect() as connection:
            connection.execute(text("ANALYZE"))
            connection.commit()
        yield database, world
        database.dispose()


def measure(database: Database, world: World) -> tuple[float, float, int]:
    """Return the best seconds of the figures and of a bare count of the same rows, and how many consults."""
    asked = figures.Asked(YEAR, UrgentKind.TELESTROKE, Measure.ACKNOWLEDGE)
    actor = world.actor(world.coordinator)

    def page() -> int:
        with database.read() as session:
            return figures.show(session, actor, asked).count

    def bare() -> None:
        with database.read() as session:
            session.execute(
                select(func.count())
                .select_from(UrgentStep)
                .join(UrgentConsult, UrgentConsult.id == UrgentStep.consult_id)
                .where(UrgentConsult.requested_at >= YEAR.starts_at)
            )

    return min(seconds(page) for _ in range(ROUNDS)), min(seconds(bare) for _ in range(ROUNDS)), page()


def main() -> None:
    """Print the figures of each database."""
    for kind in sys.argv[1:] or ["sqlite"]:
        with filled(kind, CONSULTS) as (database, world):
            page, bare, count = measure(database, world)
            print(
                f"{kind}: {count} consults, page {page:.2f} s, bare count {bare:.2f} s, {page / bare:.1f} x"
            )


if __name__ == "__main__":
    main()
