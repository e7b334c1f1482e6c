"""From rows in a database to the gaps of 1,056 lines in 90 days, beside a bare read of the same rows.

Run `python -m tests.benchmarks.coverage`, with `postgresql` behind it for that database; the files and the
server live in a temporary folder. The history of 12 months lies in the same table and must not be felt.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.domain.kinds import DutyType, LineKind, SiteKind
from confsched.models.network import Department, Organisation, Site
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.services import coverage
from tests.support.postgres import running_server

ZONE = "Europe/Berlin"
TODAY = date(2026, 9, 7)  # the 90 days hold the end of summer time
NOW = clock.to_instant(TODAY, time(8), ZONE)
LINES, DAYS_BACK, DAYS_AHEAD = 1056, 365, 90
LINES_A_SITE, PEOPLE_A_SITE = 12, 30
SUPERSEDED_SHARE, GAP_SHARE = 0.1, 0.01
BATCH = 20_000
ROUNDS = 5
SHIFTS = ((time(8), time(20)), (time(20), time(8)))
BARE = "SELECT line_id, starts_at, ends_at FROM duty WHERE ends_at > :since AND superseded_at IS NULL"


@dataclass(frozen=True)
class Size:
    """Say how large a network is made."""

    lines: int = LINES
    days_back: int = DAYS_BACK
    days_ahead: int = DAYS_AHEAD


@dataclass(frozen=True)
class Figures:
    """Hold the median seconds of one run, and how much there was."""

    bare: float
    found: float
    duties: int
    gaps: int

    def __str__(self) -> str:
        return (
            f"{self.duties} duties to {self.gaps} gaps in {self.found * 1000:.0f} ms, "
            f"bare read of the rows {self.bare * 1000:.0f} ms: {self.found / self.bare:.1f} x"
        )


def fill(session: Session, size: Size) -> list[UUID]:
    """Write a network with two duties a day on each line, a tenth superseded once; return its lines."""
    chance = Random(size.lines)
    lines: list[UUID] = []
    pools: dict[UUID, list[UUID]] = {}
    for number in range(0, size.lines, LINES_A_SITE):
        people, added = _add_site(session, number, min(LINES_A_SITE, size.lines - number))
        lines += added
        pools |= dict.fromkeys(added, people)
    rows: list[dict[str, object]] = []
    for line in lines:
        rows += _duties(line, pools[line], size, chance)
        if len(rows) > BATCH:
            session.execute(insert(Duty), rows)
            rows = []
    session.execute(insert(Duty), rows) if rows else None
    return lines


def _add_site(session: Session, number: int, lines: int) -> tuple[list[UUID], list[UUID]]:
    house = Organisation(name=f"Klinikum {number}")
    session.add(house)
    session.flush()
    site = Site(
        organisation_id=house.id,
        name=f"Klinikum {number}",
        short_name=f"K{number}",
        kind=SiteKind.HOSPITAL,
        zone=ZONE,
        state="DE-NI",
        phone="",
    )
    session.add(site)
    session.flush()
    department = Department(site_id=site.id, name="Neurologie", discipline="neurology")
    people = [_person(number * PEOPLE_A_SITE + place) for place in range(PEOPLE_A_SITE)]
    session.add_all([department, *people])
    session.flush()
    added = [_line(department, number + place) for place in range(lines)]
    session.add_all(added)
    session.flush()
    return [person.id for person in people], [line.id for line in added]


def _person(number: int) -> Person:
    name = f"Person{number}"
    return Person(title="Dr.", given_name="P", family_name=name, email=f"{name}@klinikum.example".lower())


def _line(department: Department, number: int) -> DutyLine:
    return DutyLine(
        department_id=department.id,
        group_name=f"Gruppe {number % 8}",
        name=f"Dienst {number}",
        kind=LineKind.PRIMARY,
        duty_type=DutyType.ON_CALL_HOME,
        phone="+49 5555 1",
        covered_from=time(0),
        covered_until=time(0),
        position=number,
    )


def _duties(line: UUID, people: list[UUID], size: Size, chance: Random) -> Iterator[dict[str, object]]:
    recorded = NOW - timedelta(days=size.days_back + 30)
    for offset in range(-size.days_back, size.days_ahead + 1):
        day = TODAY + timedelta(days=offset)
        for starts, ends in SHIFTS:
            if offset >= 0 and chance.random() < GAP_SHARE:
                continue
            duty = {
                "id": UUID(int=chance.getrandbits(128)),
                "line_id": line,
                "person_id": chance.choice(people),
                "starts_at": clock.to_instant(day, starts, ZONE),
                "ends_at": clock.to_instant(day + timedelta(days=ends < starts), ends, ZONE),
                "day": day,
                "origin": "plan",
                "recorded_at": recorded,
                "superseded_at": None,
            }
            yield duty
            if chance.random() < SUPERSEDED_SHARE:
                yield duty | {"id": UUID(int=chance.getrandbits(128)), "superseded_at": recorded}


def measure(database: Database, *, rounds: int = ROUNDS) -> Figures:
    """Find all gaps of the coming days, in turns with a bare read of the rows."""
    bare, found = [], []
    for _ in range(rounds):
        bare.append(seconds(lambda: _bare_read(database)))
        found.append(seconds(lambda: _gaps(database)))
    return Figures(median(bare), median(found), len(_bare_read(database)), _gaps(database))


def _bare_read(database: Database) -> list[object]:
    with database.read() as session:
        cursor = session.connection().exec_driver_sql(
            BARE.replace(":since", f"'{NOW:%Y-%m-%d %H:%M:%S.000000}{'' if database.is_sqlite else '+00'}'")
        )
        return list(cursor.fetchall())


def _gaps(database: Database) -> int:
    with database.read() as session:
        lines = coverage.list_lines(session)
        return sum(len(one.holes.gaps) for one in coverage.cover_lines(session, lines, TODAY, now=NOW))


def seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


@contextmanager
def filled(kind: str, size: Size) -> Iterator[tuple[Database, list[UUID]]]:
    """Give a fresh database of the kind with a network in it."""
    with fresh_url(kind) as url:
        database = Database(url)
        database.migrate()
        with database.transaction() as session:
            lines = fill(session, size)
        with database.engine.connect() as connection:
            connection.execute(text("ANALYZE"))
            connection.commit()
        yield database, lines
        database.dispose()


@contextmanager
def fresh_url(kind: str) -> Iterator[str]:
    """Give the address of an empty database of the kind, which is gone afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'benchmark.sqlite'}"
        return
    with running_server() as server, server.copy("template1") as url:
        yield url


def main() -> None:
    for kind in sys.argv[1:] or ["sqlite"]:
        with filled(kind, Size()) as (database, _):
            print(f"{kind}: {measure(database)}", flush=True)


if __name__ == "__main__":
    main()
