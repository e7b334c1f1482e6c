"""From rows in a database to ranked offers for a pool of 500 people, beside a bare fetch of the same rows.

Run `python -m tests.benchmarks.availability_load`, with `postgresql` behind it for that database; the files
and the server live in a temporary folder. Everything is made of one seed. The meetings of the last 12 months
lie in the same table and must not be felt.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from statistics import median
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind, BusySourceKind, DutyType, LineKind, SiteKind, SubjectKind
from confsched.domain.matching import Need, Search, find_slots
from confsched.domain.permissions import Function
from confsched.domain.starts import Candidate, prepare
from confsched.models.base import Base
from confsched.models.busy import BusySource, BusySpan
from confsched.models.claims import Claim
from confsched.models.network import Department, Organisation, Site
from confsched.models.people import Membership, Person
from confsched.models.rosters import Absence, Duty, DutyLine, WorkingHoursRow
from confsched.services.availability import Asked, load_candidates
from tests.benchmarks.coverage import fresh_url, seconds

ZONE = "Europe/Berlin"
TODAY = date(2026, 8, 31)  # the 12 weeks hold the end of summer time
NOW = clock.to_instant(TODAY, time(8), ZONE)
PEOPLE, WEEKS, WEEKS_BACK = 500, 12, 52
ROUNDS = 9
BATCH = 20_000
SEED = 4
MEBIBYTE = 1 << 20

Row = TypeVar("Row", bound=Base)

TABLES = {
    f"claim WHERE ends_at > '{TODAY}'": "subject_id, starts_at, ends_at",
    "busy_span": "source_id, starts_at, ends_at",
    "absence": "person_id, starts_at, ends_at",
    "duty": "person_id, starts_at, ends_at",
    "working_hours": "person_id, weekday, starts, ends, valid_from, valid_until",
}


@dataclass(frozen=True)
class Figures:
    """Hold the median seconds of each part in one run, the rows it read and the most memory it held."""

    rows: int
    bare: float
    load: float
    prepare: float
    search: float
    peak: int
    offers: int

    @property
    def whole(self) -> float:
        return self.load + self.prepare + self.search

    def __str__(self) -> str:
        """Return the figures as lines: milliseconds, and how often the bare fetch that is."""
        parts = {"bare fetch of the same rows": self.bare, "load": self.load, "prepare": self.prepare}
        parts |= {"search": self.search, "load, prepare and search": self.whole}
        lines = [
            f"  {name:28}{seconds * 1000:8.0f} ms {seconds / self.bare:6.2f} x"
            for name, seconds in parts.items()
        ]
        head = f"{PEOPLE} people x {WEEKS} weeks, {self.rows} rows, {self.offers} offers"
        return "\n".join((head, *lines, f"  {'memory at most':28}{self.peak / MEBIBYTE:8.0f} MiB"))


def wanted() -> tuple[tuple[Need, ...], Search]:
    """Ask for three of the whole pool and one each of two halves."""
    pool = _people()
    needs = (Need("all", "All", pool, 3), Need("even", "Even", pool[::2]), Need("odd", "Odd", pool[1::2]))
    return needs, Search(timedelta(minutes=45), Span(NOW, NOW + timedelta(weeks=WEEKS)), ZONE)


def _people() -> tuple[UUID, ...]:
    return tuple(UUID(int=number) for number in range(1, PEOPLE + 1))


def fill(session: Session) -> None:
    """Write people with hours, duties, absences, a claim each workday and a calendar of two a day."""
    chance = Random(SEED)
    site, line = _house(session)
    rows: dict[type[Base], list[dict[str, Any]]] = {}
    for number, person_id in enumerate(_people()):
        for model, row in _rows_of(person_id, number, site, line, chance):
            rows.setdefault(model, []).append(row)
    for model in (Person, Membership, WorkingHoursRow, Duty, Absence, Claim, BusySource, BusySpan):
        for first in range(0, len(rows[model]), BATCH):
            session.execute(insert(model), rows[model][first : first + BATCH])


def _house(session: Session) -> tuple[Site, DutyLine]:
    house = _add(session, Organisation(name="Universitätsklinikum Wendstadt"))
    site = Site(
        organisation_id=house.id,
        name="Universitätsklinikum Wendstadt",
        short_name="Wendstadt",
        kind=SiteKind.HOSPITAL,
        zone=ZONE,
        state="DE-NI",
        phone="",
    )
    department = Department(site_id=_add(session, site).id, name="Neurologie", discipline="neurology")
    line = DutyLine(
        department_id=_add(session, department).id,
        group_name="Neurologie",
        name="Neurologie Dienst",
        kind=LineKind.PRIMARY,
        duty_type=DutyType.ON_SITE_STANDBY,
        phone="+49 5555 2000",
        covered_from=time(16),
        covered_until=time(8),
    )
    return site, _add(session, line)


def _add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def _rows_of(
    person_id: UUID, number: int, site: Site, line: DutyLine, chance: Random
) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    names = {"given_name": "P", "family_name": f"Person{number}", "email": f"p{number}@wendstadt.example"}
    yield Person, {"id": person_id, "title": "Dr.", "discipline": "neurology", **names}
    yield Membership, _membership(person_id, site)
    yield from ((WorkingHoursRow, row) for row in _hours(person_id, number, site))
    days = _workdays(0, 7 * WEEKS)
    own, source_id = {"person_id": person_id}, UUID(int=(1 << 64) + number)
    for night in chance.sample(days, 6):
        duty = {"line_id": line.id, "day": night, "origin": "test", "recorded_at": NOW}
        yield Duty, own | duty | _at(night, 16, 8)
    for day in chance.sample(days, 3):
        yield Absence, own | {"kind": AbsenceKind.LEAVE, "recorded_at": NOW, **_at(day, 0, 24)}
    subject = {"subject_id": person_id, "subject_kind": SubjectKind.PERSON, "state": ClaimState.FIRM}
    for day in (*_workdays(-7 * WEEKS_BACK, 0), *days):
        yield Claim, {**subject, "blocking": True, **_meeting(day, chance)}
    yield BusySource, own | _calendar(source_id)
    for day in (day for day in days for _ in range(2)):
        yield BusySpan, {"source_id": source_id, **_meeting(day, chance)}


def _workdays(first: int, last: int) -> list[date]:
    """Return the Mondays to Fridays between two days, counted from today, a Monday."""
    return [TODAY + timedelta(days=day) for day in range(first, last) if day % 7 < 5]


def _membership(person_id: UUID, site: Site) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "organisation_id": site.organisation_id,
        "site_id": site.id,
        "function": Function.CONSULTANT,
        "valid_from": date(2026, 1, 1),
    }


def _hours(person_id: UUID, number: int, site: Site) -> Iterator[dict[str, Any]]:
    """Give everybody five days from a day of their own on; every tenth has a Saturday every second week."""
    since = date(2024, 1, 1) + timedelta(days=number)
    for weekday in range(6 if number % 10 == 0 else 5):
        yield {
            "person_id": person_id,
            "site_id": site.id,
            "weekday": weekday,
            "starts": time(7 + number % 3),
            "ends": time(16 + number % 2),
            "valid_from": since,
            "every_weeks": 2 if weekday == 5 else 1,
        }


def _calendar(source_id: UUID) -> dict[str, Any]:
    reach = {"known_from": NOW - timedelta(days=3), "known_until": NOW + timedelta(weeks=WEEKS + 1)}
    kind = {"id": source_id, "kind": BusySourceKind.URL, "name": "Kalender", "created_at": NOW}
    return {**kind, **reach, "read_at": NOW}


def _meeting(day: date, chance: Random) -> dict[str, datetime]:
    first = chance.randrange(8 * 12, 16 * 12) / 12
    return _at(day, first, first + chance.choice([0.25, 0.5, 0.75, 1]))


def _at(day: date, first: float, hours: float) -> dict[str, datetime]:
    """Return a span of a local day, from an hour on and up to another, which may lie on the next day."""
    midnight = clock.start_of_day(day, ZONE)
    return {
        "starts_at": midnight + timedelta(hours=first),
        "ends_at": midnight + timedelta(hours=hours if hours > first else hours + 24),
    }


def measure(database: Database, *, rounds: int = ROUNDS) -> Figures:
    """Return the medians of interleaved rounds, so that a noisy moment hits all parts alike."""
    rows = sum(len(part) for part in _bare_read(database))
    columns = [_round(database) for _ in range(rounds)]
    bare, load, prepared, found = (median(part) for part in zip(*columns, strict=True))
    peak, offers = _weigh(lambda: _whole(database))
    return Figures(rows, bare, load, prepared, found, peak, offers)


def _round(database: Database) -> tuple[float, ...]:
    needs, search = wanted()
    candidates = _load(database, search)
    board = prepare(candidates, search)
    return (
        seconds(lambda: _bare_read(database)),
        seconds(lambda: _load(database, search)),
        seconds(lambda: prepare(candidates, search)),
        seconds(lambda: find_slots(needs, candidates, search, board)),
    )


def _bare_read(database: Database) -> list[list[Any]]:
    """Fetch the rows as the driver gives them."""
    with database.engine.connect() as connection:
        cursor: Any = connection.connection.cursor()
        return [
            cursor.execute(f"SELECT {columns} FROM {name}").fetchall() for name, columns in TABLES.items()
        ]


def _load(database: Database, search: Search) -> dict[UUID, Candidate]:
    with database.read() as session:
        return load_candidates(session, Asked(people=frozenset(_people())), search.window, now=NOW)


def _whole(database: Database) -> int:
    needs, search = wanted()
    return len(find_slots(needs, _load(database, search), search))


def _weigh(work: Callable[[], int]) -> tuple[int, int]:
    """Return the most bytes that the work held at once, and its result."""
    tracemalloc.start()
    try:
        result = work()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


def main() -> None:
    for kind in sys.argv[1:] or ["sqlite"]:
        with fresh_url(kind) as url:
            database = Database(url)
            database.migrate()
            with database.transaction() as session:
                fill(session)
            with database.engine.connect() as connection:
                connection.execute(text("ANALYZE"))
                connection.commit()
            print(f"{kind}: {measure(database)}", flush=True)
            database.dispose()


if __name__ == "__main__":
    main()
