"""From rows in a database to ranked offers, beside a plain slot scan over the same rows.

Run `python -m tests.benchmarks.slot_search_database`; it uses a SQLite file in a temporary folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.kinds import BusySourceKind, SiteKind, SubjectKind
from confsched.domain.matching import Candidate, Need, Search, find_slots
from confsched.models.busy import BusySource, BusySpan
from confsched.models.claims import Claim
from confsched.models.network import Organisation, Site
from confsched.models.people import Person
from confsched.models.rosters import WorkingHoursRow
from confsched.services.availability import Asked, load_candidates
from tests.benchmarks.slot_search import slot_scan

ZONE = "Europe/Berlin"
NOW = datetime.fromisoformat("2026-10-05T06:00:00+00:00")  # the window spans the end of summer time
ROUNDS = 9
SCAN_ROUNDS = 3


@dataclass(frozen=True)
class Question:
    """Hold what is asked of the database."""

    title: str
    people: tuple[UUID, ...]
    needs: tuple[Need, ...]
    weeks: int

    @property
    def search(self) -> Search:
        return Search(timedelta(minutes=45), Span(NOW, NOW + timedelta(weeks=self.weeks)), ZONE)


def typical() -> Question:
    """14 people, 6 weeks: six by name and four times one of two."""
    people = tuple(UUID(int=number) for number in range(1, 15))
    needs = [Need(f"n{n}", f"Need {n}", (one,)) for n, one in enumerate(people[:6])]
    needs += [Need(f"p{n}", f"Pair {n}", people[6 + 2 * n : 8 + 2 * n]) for n in range(4)]
    return Question("14 people x 6 weeks", people, tuple(needs), 6)


def large() -> Question:
    """30 people, 12 weeks, eight times any of three or four."""
    people = tuple(UUID(int=number) for number in range(1, 31))
    needs = [Need(f"d{n}", f"Discipline {n}", people[n::8]) for n in range(8)]
    return Question("30 people x 12 weeks, 8 any-of needs", people, tuple(needs), 12)


def fill(session: Session, question: Question) -> None:
    """Write people with working hours, bookings on each workday and a busy calendar each."""
    site = _add_site(session)
    for number, person_id in enumerate(question.people):
        session.add(
            Person(
                id=person_id,
                title="Dr.",
                given_name="P",
                family_name=f"Person{number}",
                email=f"p{number}@wendstadt.example",
            )
        )
        session.flush()
        session.add_all(_hours(person_id, site.id))
        chance = Random(number)
        _add_calendar(session, person_id, question, chance)
        session.add_all(_claims(person_id, question, chance))


def _add_site(session: Session) -> Site:
    house = Organisation(name="Universitätsklinikum Wendstadt")
    session.add(house)
    session.flush()
    site = Site(
        organisation_id=house.id,
        name="Wendstadt",
        short_name="Wendstadt",
        kind=SiteKind.HOSPITAL,
        zone=ZONE,
        state="DE-NI",
        phone="",
    )
    session.add(site)
    session.flush()
    return site


def _hours(person_id: UUID, site_id: UUID) -> Iterator[WorkingHoursRow]:
    for weekday in range(5):
        yield WorkingHoursRow(
            person_id=person_id,
            site_id=site_id,
            weekday=weekday,
            starts=time(8),
            ends=time(17),
            valid_from=date(2026, 1, 1),
            valid_until=None,
        )


def _add_calendar(session: Session, person_id: UUID, question: Question, chance: Random) -> None:
    window = question.search.window
    source = BusySource(
        person_id=person_id,
        kind=BusySourceKind.URL,
        name="Outlook",
        created_at=NOW,
        removed_at=None,
        read_at=NOW,
        known_from=window.starts_at - timedelta(days=3),
        known_until=window.ends_at + timedelta(days=3),
    )
    session.add(source)
    session.flush()
    session.add_all(
        BusySpan(source_id=source.id, starts_at=span.starts_at, ends_at=span.ends_at)
        for span in _day_spans(question, chance, first_hour=12, hours=(1, 2))
    )


def _claims(person_id: UUID, question: Question, chance: Random) -> Iterator[Claim]:
    for span in _day_spans(question, chance, first_hour=8, hours=(1, 2, 3)):
        yield Claim(
            id=uuid4(),
            subject_id=person_id,
            subject_kind=SubjectKind.PERSON,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            state=ClaimState.FIRM,
            blocking=True,
        )


def _day_spans(
    question: Question, chance: Random, *, first_hour: int, hours: Sequence[int]
) -> Iterator[Span]:
    """Take one stretch out of about every second day."""
    first = clock.local_day(NOW, ZONE)
    for number in range(question.weeks * 7):
        if chance.random() < 0.5:
            starts_at = clock.to_instant(first + timedelta(days=number), time(first_hour), ZONE)
            yield Span(starts_at, starts_at + timedelta(hours=chance.choice(hours)))


def measure(database: Database, question: Question) -> str:
    """Return the figures of one question in words; both ways start from the same rows."""
    search, asked = question.search, Asked(people=frozenset(question.people))

    def load() -> Mapping[UUID, Candidate]:
        with database.read() as session:
            return load_candidates(session, asked, search.window, now=NOW)

    candidates = load()
    loading = _median(load, ROUNDS)
    finding = _median(lambda: find_slots(question.needs, candidates, search), ROUNDS)
    scanning = _median(lambda: list(slot_scan(question.needs, candidates, search)), SCAN_ROUNDS)
    offers = len(find_slots(question.needs, candidates, search))
    return (
        f"{question.title}: load and decide {loading * 1000:.0f} ms, "
        f"rank {finding * 1000:.1f} ms ({offers} offers); "
        f"plain scan instead of rank {scanning * 1000:.0f} ms; "
        f"scan/rank {scanning / finding:.0f} x, end to end {(loading + scanning) / (loading + finding):.1f} x"
    )


def _median(work: Callable[[], object], rounds: int) -> float:
    return median(_seconds(work) for _ in range(rounds))


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def main() -> None:
    for question in (typical(), large()):
        with tempfile.TemporaryDirectory() as folder:
            database = Database(f"sqlite:///{Path(folder) / 'benchmark.sqlite'}")
            database.migrate()
            with database.transaction() as session:
                fill(session, question)
            print(measure(database, question), flush=True)
            database.dispose()


if __name__ == "__main__":
    main()
