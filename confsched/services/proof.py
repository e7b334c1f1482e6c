"""What a house shows for what it is paid for: its conferences of a year, and what each partner site used.

An export is a chain: each row carries a hash over itself and the row before, and the last hash stands in the
audit trail. So a cell that was changed, a row that is missing, and a list made up elsewhere are all noticed.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain import chains
from confsched.domain.conferences import TOOK_PLACE
from confsched.domain.intervals import Span
from confsched.domain.kinds import CaseState, ConferenceKind
from confsched.domain.permissions import Actor, Permission
from confsched.errors import NotFound
from confsched.models.audit import AuditEvent
from confsched.models.bookings import Booking
from confsched.models.cases import CaseItem
from confsched.models.conferences import Attendance, Conference, ConferenceStep, MinutesRelease
from confsched.models.network import Organisation
from confsched.models.people import Person
from confsched.services import audit
from confsched.services.conference_run import BELOW_QUORUM

EXPORTED = "proof.export"
DISCUSSED = frozenset({CaseState.RECOMMENDED, CaseState.IMPLEMENTED, CaseState.NOT_IMPLEMENTED})


@dataclass(frozen=True)
class ConferenceProof:
    """Hold what is proven of one conference; nothing of its cases but how many they were."""

    conference_id: uuid.UUID
    held_on: date
    title: str
    kind: ConferenceKind
    disciplines: tuple[str, ...]
    people: int
    discussed: int
    noted: int
    deferred: int
    is_below_quorum: bool
    released_at: datetime | None
    versions: int


@dataclass(frozen=True)
class Verdict:
    """Say what became of an export: the first row that does not fit, and who has made the list and when."""

    broken_row: int | None
    exported_at: datetime | None
    exported_by: str

    @property
    def is_ours(self) -> bool:
        return self.broken_row is None and self.exported_at is not None


def get_house(session: Session, actor: Actor) -> Organisation:
    """Return the house whose proof the actor reads: where they work, else the first that lets them."""
    houses = actor.organisations_with(Permission.SEE_PROOF)
    if not houses:
        raise NotFound
    own = actor.organisation_id if actor.organisation_id in houses else min(houses)
    return session.get_one(Organisation, own)


def year_span(year: int, zone: str) -> Span:
    """Return a calendar year on the clocks of a zone."""
    return Span(clock.start_of_day(date(year, 1, 1), zone), clock.start_of_day(date(year + 1, 1, 1), zone))


def list_conferences(session: Session, house: Organisation, span: Span) -> list[ConferenceProof]:
    """Return the conferences of a house that took place, in order; six queries however many they are."""
    held = held_ids(house, span)
    query = (
        select(Conference)
        .join(Booking, Booking.id == Conference.booking_id)
        .where(Conference.id.in_(held))
        .options(joinedload(Conference.booking), joinedload(Conference.site))
        .order_by(Booking.starts_at, Conference.id)
    )
    counts = _counts(session, held)
    return [_proof(conference, counts) for conference in session.scalars(query)]


def held_ids(house: Organisation, span: Span) -> Select[uuid.UUID]:
    """Return the query for the conferences of a house that took place in a period."""
    return (
        select(Conference.id)
        .join(Booking, Booking.id == Conference.booking_id)
        .where(
            Conference.organisation_id == house.id,
            Conference.state.in_(TOOK_PLACE),
            Booking.starts_at >= span.starts_at,
            Booking.starts_at < span.ends_at,
        )
    )


@dataclass(frozen=True)
class _Counts:
    disciplines: Mapping[uuid.UUID, set[str]]
    people: Mapping[uuid.UUID, int]
    cases: Mapping[tuple[uuid.UUID, CaseState], int]
    below: frozenset[uuid.UUID]
    versions: Mapping[uuid.UUID, int]


def _counts(session: Session, held: Select[uuid.UUID]) -> _Counts:
    """Count for all these conferences at once."""
    disciplines: dict[uuid.UUID, set[str]] = defaultdict(set)
    people: Counter[uuid.UUID] = Counter()
    present = (
        select(Attendance.conference_id, Person.discipline)
        .join(Person, Person.id == Attendance.person_id)
        .where(Attendance.conference_id.in_(held))
    )
    for conference_id, discipline in session.execute(present):
        people[conference_id] += 1
        if discipline:
            disciplines[conference_id].add(discipline)
    cases = (
        select(CaseItem.conference_id, CaseItem.state, func.count().label("count_"))
        .where(CaseItem.conference_id.in_(held))
        .group_by(CaseItem.conference_id, CaseItem.state)
    )
    below = select(ConferenceStep.conference_id).where(
        ConferenceStep.conference_id.in_(held), ConferenceStep.code == BELOW_QUORUM
    )
    versions = (
        select(MinutesRelease.conference_id, func.count())
        .where(MinutesRelease.conference_id.in_(held))
        .group_by(MinutesRelease.conference_id)
    )
    return _Counts(
        disciplines,
        people,
        {(row.conference_id, row.state): row.count_ for row in session.execute(cases)},
        frozenset(session.scalars(below)),
        dict(iter(session.execute(versions))),
    )


def _proof(conference: Conference, counts: _Counts) -> ConferenceProof:
    assert conference.booking is not None, "what took place had a time"
    key = conference.id
    return ConferenceProof(
        conference_id=key,
        held_on=clock.local_day(conference.booking.starts_at, conference.site.zone),
        title=conference.title,
        kind=conference.kind,
        disciplines=tuple(sorted(counts.disciplines.get(key, ()))),
        people=counts.people.get(key, 0),
        discussed=sum(counts.cases.get((key, state), 0) for state in DISCUSSED),
        noted=counts.cases.get((key, CaseState.NOTED), 0),
        deferred=counts.cases.get((key, CaseState.DEFERRED), 0),
        is_below_quorum=key in counts.below,
        released_at=conference.released_at,
        versions=counts.versions.get(key, 0),
    )


def seal(
    session: Session,
    actor: Actor,
    house: Organisation,
    rows: Iterable[Sequence[str]],
    *,
    now: datetime,
) -> list[tuple[str, ...]]:
    """Return the rows of an export with their hashes, and keep the last one in the audit trail."""
    sealed = chains.chained(rows)
    head = sealed[-1][-1] if sealed else chains.FIRST_HASH
    audit.record(session, actor, EXPORTED, house, now=now, detail=head)
    return sealed


def verify(session: Session, house: Organisation, rows: Sequence[Sequence[str]]) -> Verdict:
    """Tell whether the rows of an export are those that this application has written for the house."""
    broken = chains.find_break(rows)
    if broken is not None or not rows:
        return Verdict(broken or 1, None, "")
    return verify_head(session, house, rows[-1][-1])


def verify_head(session: Session, house: Organisation, head: str) -> Verdict:
    """Tell whether an export with this last hash was made for the house."""
    query = (
        select(AuditEvent.at, Person)
        .join(Person, Person.id == AuditEvent.person_id)
        .where(
            AuditEvent.object_kind == Organisation.__tablename__,
            AuditEvent.object_id == house.id,
            AuditEvent.action == EXPORTED,
            AuditEvent.detail == head,
        )
        .order_by(AuditEvent.number)
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return Verdict(None, row[0], row[1].name) if row else Verdict(None, None, "")
