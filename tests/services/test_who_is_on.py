"""Who is on, for a line, a service and the whole network."""

from __future__ import annotations

from datetime import date, time, timedelta

from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.rosters import duty_span
from confsched.services import rosters
from confsched.services.who_is_on import who_is_on
from tests.benchmarks import coverage
from tests.benchmarks.coverage import Size, fill
from tests.benchmarks.who_is_on import measure
from tests.world import NOW, ZONE, World

NIGHT = duty_span(date(2026, 11, 23), time(16), time(8), ZONE)
PUBLISHED = NOW - timedelta(days=30)


def test_who_is_on_answers_for_a_line_and_a_service_and_all(session: Session, world: World) -> None:
    rosters.record_duties(
        session, None, world.line, [(world.neurologist, NIGHT)], now=PUBLISHED, origin="plan"
    )
    session.flush()

    for line_id, service_id in ((world.line.id, None), (None, world.service.id), (None, None)):
        [on] = who_is_on(session, NIGHT.starts_at, line_id=line_id, service_id=service_id)
        assert (on.name, on.phone, on.until) == ("Dr. Jana Okafor", "+49 5555 2000", NIGHT.ends_at)
    assert who_is_on(session, NIGHT.ends_at, line_id=world.line.id) == []


def test_every_line_has_its_holder_in_the_network_of_the_benchmark(sqlite_database: Database) -> None:
    size = Size(lines=3, days_back=4, days_ahead=2)
    with sqlite_database.transaction() as session:
        lines = fill(session, size)

    with sqlite_database.read() as session:
        found = who_is_on(session, coverage.NOW - timedelta(days=1))

    assert [on.line_id for on in found] == lines
    assert set(measure(sqlite_database, lines, size, questions=1)) == {
        *("one line", "every line", "bare statement"),
    }
