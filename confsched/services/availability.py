"""Load what is on record about people and rooms, in a fixed number of queries whatever their number."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from confsched.domain.availability import (
    FILE_STALE_AFTER,
    STALE_AFTER,
    Facts,
    ImportedCalendar,
    availability,
)
from confsched.domain.bookings import BookingState
from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span
from confsched.domain.kinds import BusySourceKind, DutyType
from confsched.domain.matching import Candidate
from confsched.domain.rest import rest_after
from confsched.domain.working_hours import WorkingHours, working_spans
from confsched.models.bookings import Booking, Participation
from confsched.models.busy import BusySource, BusySpan
from confsched.models.claims import Claim
from confsched.models.network import Resource, Site
from confsched.models.people import Membership, Person
from confsched.models.rosters import Absence, Duty, DutyLine, WorkingHoursRow

# What lies around the window matters too: a night duty before it needs rest, a buffer reaches over its edge.
MARGIN = timedelta(days=2)
RECENT = timedelta(days=28)

Spans = dict[uuid.UUID, list[Span]]


@dataclass(frozen=True)
class Asked:
    """Say for whom availability is asked and what colours it."""

    people: frozenset[uuid.UUID]
    resources: frozenset[uuid.UUID] = frozenset()
    # Whoever asks chooses their own hours: only their claims count.
    present: frozenset[uuid.UUID] = frozenset()
    service_id: uuid.UUID | None = None
    duty_lines: frozenset[uuid.UUID] = frozenset()
    # Who is wanted as the one on duty is there during the duty, not in their office hours.
    only_on_duty: frozenset[uuid.UUID] = frozenset()
    case_ref: str | None = None
    # Of people of other houses the asker learns that they are busy, not with what kind of thing.
    own_house: uuid.UUID | None = None
    # A booking that is being moved does not stand in its own way.
    without_booking: uuid.UUID | None = None
    # Nor does the time that is held for the very consult that asks.
    without_hold: uuid.UUID | None = None
    # Where those who must be there in person have to be.
    site_id: uuid.UUID | None = None
    on_site: frozenset[uuid.UUID] = frozenset()
    # So many meetings of the service a person has on a local day of `zone` at most.
    cap_per_day: int | None = None
    zone: str = "UTC"


@dataclass
class _Duties:
    available: Spans = field(default_factory=lambda: defaultdict(list))
    blocking: Spans = field(default_factory=lambda: defaultdict(list))
    rest: Spans = field(default_factory=lambda: defaultdict(list))


def load_candidates(
    session: Session, asked: Asked, window: Span, *, now: datetime
) -> dict[uuid.UUID, Candidate]:
    """Return a candidate per person and resource asked for, with availability over `window`."""
    wide = window.widen(MARGIN, MARGIN)
    people = asked.people | asked.present
    facts = _load_facts(session, asked, wide, now=now)
    recent = _count_recent(session, people, now)
    knowing = _knowing_the_case(session, asked) - asked.present
    names = _load_names(session, people, asked.resources)
    own = _load_own(session, people, asked.own_house) | asked.present | asked.resources
    return {
        subject_id: Candidate(
            id=subject_id,
            name=name,
            availability=availability(facts[subject_id], window, now),
            recent=recent.get(subject_id, 0),
            knows_case=subject_id in knowing,
            is_foreign=subject_id not in own,
        )
        for subject_id, name in names.items()
    }


def _load_facts(session: Session, asked: Asked, window: Span, *, now: datetime) -> Mapping[uuid.UUID, Facts]:
    people = asked.people - asked.present
    claims = _load_claims(session, asked, window, now)
    working = _load_working(session, people, window)
    duties = _load_duties(session, asked, people, window)
    absences = _load_absences(session, people, window)
    calendars = _load_calendars(session, people, window)
    facts = {
        person_id: Facts(
            working=() if person_id in asked.only_on_duty else working.get(person_id),
            available_duties=tuple(duties.available[person_id]),
            blocking_duties=tuple(duties.blocking[person_id]),
            absences=tuple(absences[person_id]),
            claims=tuple(claims[person_id]),
            rest=tuple(duties.rest[person_id]),
            calendars=tuple(calendars.get(person_id, ())),
        )
        for person_id in people
    }
    for subject_id in asked.resources | asked.present:
        facts[subject_id] = Facts(working=(window,), claims=tuple(claims[subject_id]))
    return facts


def _load_names(
    session: Session, people: Iterable[uuid.UUID], resources: Iterable[uuid.UUID]
) -> dict[uuid.UUID, str]:
    persons = session.scalars(select(Person).where(Person.id.in_(list(people))))
    rooms = session.scalars(select(Resource).where(Resource.id.in_(list(resources))))
    return {person.id: person.name for person in persons} | {room.id: room.name for room in rooms}


def _load_own(session: Session, people: Iterable[uuid.UUID], house: uuid.UUID | None) -> frozenset[uuid.UUID]:
    query = select(Membership.person_id).where(
        Membership.person_id.in_(list(people)), Membership.organisation_id == house
    )
    return frozenset(session.scalars(query)) if house else frozenset()


def _load_claims(session: Session, asked: Asked, window: Span, now: datetime) -> Spans:
    subjects = list(asked.people | asked.present | asked.resources)
    query = select(Claim.subject_id, Claim.starts_at, Claim.ends_at).where(
        Claim.subject_id.in_(subjects),
        Claim.starts_at < window.ends_at,
        Claim.ends_at > window.starts_at,
        # An absence is a claim as well, but says "absent" in its own words below.
        Claim.absence_id.is_(None),
        or_(Claim.expires_at.is_(None), Claim.expires_at > now),
    )
    if asked.without_booking:
        query = query.where(or_(Claim.booking_id.is_(None), Claim.booking_id != asked.without_booking))
    if asked.without_hold:
        query = query.where(or_(Claim.hold_id.is_(None), Claim.hold_id != asked.without_hold))
    return _by_subject(session.execute(query))


def _by_subject(rows: Iterable[tuple[uuid.UUID, datetime, datetime]]) -> Spans:
    spans: Spans = defaultdict(list)
    for subject_id, starts_at, ends_at in rows:
        spans[subject_id].append(Span(starts_at, ends_at))
    return spans


def _load_working(
    session: Session, people: Iterable[uuid.UUID], window: Span
) -> dict[uuid.UUID, tuple[Span, ...]]:
    query = (
        select(WorkingHoursRow, Site.zone, Site.state)
        .join(Site, Site.id == WorkingHoursRow.site_id)
        .where(WorkingHoursRow.person_id.in_(list(people)))
    )
    hours: dict[uuid.UUID, dict[str, list[WorkingHours]]] = defaultdict(lambda: defaultdict(list))
    for row, zone, state in session.execute(query):
        hours[row.person_id][state].append(
            WorkingHours(row.weekday, row.starts, row.ends, row.valid_from, row.valid_until, zone)
        )
    spans = _Worked(window)
    return {
        person_id: tuple(span for state, rules in by_state.items() for span in spans.of(state, rules))
        for person_id, by_state in hours.items()
    }


class _Worked:
    """Expand each pattern once: most people of a site share theirs."""

    def __init__(self, window: Span) -> None:
        self.window = window
        self.known: dict[tuple[str, tuple[WorkingHours, ...]], list[Span]] = {}

    def of(self, state: str, rules: list[WorkingHours]) -> list[Span]:
        key = (state, tuple(sorted(rules, key=repr)))
        if key not in self.known:
            self.known[key] = working_spans(rules, self.window, _holidays_of(state))
        return self.known[key]


def _holidays_of(state: str) -> Callable[[date], bool]:
    return lambda day: is_public_holiday(day, state)


def _load_duties(session: Session, asked: Asked, people: Iterable[uuid.UUID], window: Span) -> _Duties:
    query = (
        select(Duty.person_id, Duty.starts_at, Duty.ends_at, DutyLine)
        .join(DutyLine, DutyLine.id == Duty.line_id)
        .where(
            Duty.person_id.in_(list(people)),
            Duty.superseded_at.is_(None),
            Duty.starts_at < window.ends_at,
            Duty.ends_at > window.starts_at,
        )
    )
    duties = _Duties()
    for person_id, starts_at, ends_at, line in session.execute(query):
        span = Span(starts_at, ends_at)
        if _serves(line, asked):
            duties.available[person_id].append(span)
        elif line.blocks:
            duties.blocking[person_id].append(span)
        if line.duty_type is DutyType.ON_SITE_STANDBY:
            duties.rest[person_id].append(rest_after(span))
    return duties


def _serves(line: DutyLine, asked: Asked) -> bool:
    is_for_service = asked.service_id is not None and line.service_id == asked.service_id
    return line.id in asked.duty_lines or (line.makes_available and is_for_service)


def _load_absences(session: Session, people: Iterable[uuid.UUID], window: Span) -> Spans:
    query = select(Absence.person_id, Absence.starts_at, Absence.ends_at).where(
        Absence.person_id.in_(list(people)),
        Absence.withdrawn_at.is_(None),
        Absence.starts_at < window.ends_at,
        Absence.ends_at > window.starts_at,
    )
    return _by_subject(session.execute(query))


def _load_calendars(
    session: Session, people: Iterable[uuid.UUID], window: Span
) -> dict[uuid.UUID, list[ImportedCalendar]]:
    sources = session.scalars(
        select(BusySource).where(BusySource.person_id.in_(list(people)), BusySource.removed_at.is_(None))
    ).all()
    if not sources:
        return {}
    query = select(BusySpan.source_id, BusySpan.starts_at, BusySpan.ends_at).where(
        BusySpan.source_id.in_([source.id for source in sources]),
        BusySpan.starts_at < window.ends_at,
        BusySpan.ends_at > window.starts_at,
    )
    busy = _by_subject(session.execute(query))
    calendars: dict[uuid.UUID, list[ImportedCalendar]] = defaultdict(list)
    for source in sources:
        known = (
            Span(source.known_from, source.known_until) if source.known_from and source.known_until else None
        )
        calendars[source.person_id].append(
            ImportedCalendar(tuple(busy[source.id]), source.read_at, known, stale_after(source))
        )
    return calendars


def stale_after(source: BusySource) -> timedelta:
    """Return how long a reading of the calendar is believed."""
    return FILE_STALE_AFTER if source.kind is BusySourceKind.UPLOAD else STALE_AFTER


def _count_recent(session: Session, people: Iterable[uuid.UUID], now: datetime) -> dict[uuid.UUID, int]:
    query = (
        select(Participation.person_id, func.count())
        .join(Booking, Booking.id == Participation.booking_id)
        .where(
            Participation.person_id.in_(list(people)),
            Participation.removed_at.is_(None),
            Booking.state != BookingState.CANCELLED,
            Booking.starts_at > now - RECENT,
        )
        .group_by(Participation.person_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _knowing_the_case(session: Session, asked: Asked) -> frozenset[uuid.UUID]:
    """Return who took part in another meeting about the case."""
    if asked.case_ref is None:
        return frozenset()
    query = (
        select(Participation.person_id)
        .join(Booking, Booking.id == Participation.booking_id)
        .where(
            Booking.case_ref == asked.case_ref,
            Booking.state != BookingState.CANCELLED,
            Participation.removed_at.is_(None),
        )
    )
    if asked.without_booking:
        query = query.where(Booking.id != asked.without_booking)
    return frozenset(session.scalars(query))
