"""Load what is on record about people and rooms, in a fixed number of queries whatever their number."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from confsched.domain.availability import (
    FILE_STALE_AFTER,
    STALE_AFTER,
    Facts,
    ImportedCalendar,
    availability,
)
from confsched.domain.bookings import BookingState
from confsched.domain.intervals import Span
from confsched.domain.kinds import BusySourceKind, QuestionAnswer
from confsched.domain.matching import Candidate
from confsched.domain.times import Times
from confsched.models.bookings import Booking, Participation
from confsched.models.busy import BusySource, BusySpan
from confsched.models.claims import Claim
from confsched.models.conferences import Conference
from confsched.models.network import Resource
from confsched.models.people import Membership, Person
from confsched.models.questions import AvailabilityQuestion
from confsched.models.rosters import Absence
from confsched.services.day_caps import DayCap, load_capped
from confsched.services.duty_times import Duties, LineFacts, load_duties
from confsched.services.spans import Spans, TimesOf, load_times, without_collector
from confsched.services.travel import load_elsewhere
from confsched.services.working_times import Working, load_working

# What lies around the window matters too: a night duty before it needs rest, a buffer reaches over its edge.
MARGIN = timedelta(days=2)
RECENT = timedelta(days=28)
# No meeting with its buffers is nearly as long; the bound keeps the search out of years of history.
LONGEST_CLAIM = timedelta(days=28)

CLAIM = (Claim.subject_id, Claim.starts_at, Claim.ends_at)


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
    # Nor do the dates of a series that is being changed.
    without_series: uuid.UUID | None = None
    # Nor does the time that is held for the very consult that asks.
    without_hold: uuid.UUID | None = None
    # Where those who must be there in person have to be.
    site_id: uuid.UUID | None = None
    on_site: frozenset[uuid.UUID] = frozenset()
    # So many meetings of the service a person has on a local day of `zone` at most.
    cap_per_day: int | None = None
    # A meeting that an earlier time would replace: it takes its time still, and no place under the cap.
    counted_without: uuid.UUID | None = None
    zone: str = "UTC"


@dataclass(frozen=True)
class _Answers:
    yes: TimesOf
    no: TimesOf


def load_candidates(
    session: Session, asked: Asked, window: Span, *, now: datetime
) -> dict[uuid.UUID, Candidate]:
    """Return a candidate per person and resource asked for, with availability over `window`."""
    return load_all(session, [(asked, window)], now=now)[0]


def load_all(
    session: Session, searches: Sequence[tuple[Asked, Span]], *, now: datetime
) -> list[dict[uuid.UUID, Candidate]]:
    """Return the candidates of each search, for many in as many queries as for one.

    All of them leave out the same booking and the same hold, if any.
    """
    if not searches:
        return []
    session.flush()  # plain rows are read below, which does not flush what waits by itself
    every = [asked for asked, _ in searches]
    people = frozenset[uuid.UUID]().union(*(asked.people | asked.present for asked in every))
    resources = frozenset[uuid.UUID]().union(*(asked.resources for asked in every))
    with without_collector():
        facts = _load_facts(session, searches, now=now)
    recent = _count_recent(session, people, now)
    names = _load_names(session, people, resources)
    houses = _load_houses(session, people, {asked.own_house for asked in every})
    return [
        _candidates(session, asked, window, own, recent, names, houses, now)
        for (asked, window), own in zip(searches, facts, strict=True)
    ]


def _candidates(
    session: Session,
    asked: Asked,
    window: Span,
    facts: Mapping[uuid.UUID, Facts],
    recent: Mapping[uuid.UUID, int],
    names: Mapping[uuid.UUID, str],
    houses: Mapping[uuid.UUID, frozenset[uuid.UUID]],
    now: datetime,
) -> dict[uuid.UUID, Candidate]:
    knowing = _knowing_the_case(session, asked) - asked.present
    own = asked.present | asked.resources | (houses[asked.own_house] if asked.own_house else frozenset())
    return {
        subject_id: Candidate(
            id=subject_id,
            name=names[subject_id],
            availability=availability(facts[subject_id], window, now),
            recent=recent.get(subject_id, 0),
            knows_case=subject_id in knowing,
            is_foreign=subject_id not in own,
        )
        for subject_id in names.keys() & (asked.people | asked.present | asked.resources)
    }


@dataclass(frozen=True)
class _Loaded:
    """Hold what is on record about everybody, whatever it means for one search."""

    window: Span
    claims: TimesOf
    working: Working
    duties: Duties
    absences: TimesOf
    calendars: Mapping[uuid.UUID, list[ImportedCalendar]]
    answers: _Answers
    capped: Mapping[uuid.UUID, Spans]
    elsewhere: Mapping[uuid.UUID, Mapping[uuid.UUID, tuple[Span, ...]]]


def _load_facts(
    session: Session, searches: Sequence[tuple[Asked, Span]], *, now: datetime
) -> list[Mapping[uuid.UUID, Facts]]:
    every = [asked for asked, _ in searches]
    left_out = {(one.without_booking, one.without_series, one.without_hold) for one in every}
    assert len(left_out) == 1, "they leave out the same"
    begin, end = min(span.starts_at for _, span in searches), max(span.ends_at for _, span in searches)
    window = Span(begin, end).widen(MARGIN, MARGIN)
    standing = _standing(every[0], window, now)
    people = frozenset[uuid.UUID]().union(*(asked.people - asked.present for asked in every))
    subjects = people.union(*(asked.present | asked.resources for asked in every))
    loaded = _Loaded(
        window,
        claims=load_times(session, *CLAIM, Claim.subject_id.in_(list(subjects)), *standing),
        working=load_working(session, people, window),
        duties=load_duties(session, people, window),
        absences=_load_absences(session, people, window),
        calendars=_load_calendars(session, people, window),
        answers=_load_answers(session, people, window),
        capped=_load_capped(session, every, people, window, now),
        elsewhere=_load_elsewhere(session, every, standing),
    )
    return [_facts_of(asked, loaded) for asked in every]


def _facts_of(asked: Asked, loaded: _Loaded) -> Mapping[uuid.UUID, Facts]:
    people = asked.people - asked.present
    duties = loaded.duties.times(people, lambda line, person: _serves(line, person, asked))
    capped = loaded.capped.get(asked.service_id, {}) if asked.service_id and asked.cap_per_day else {}
    elsewhere = loaded.elsewhere.get(asked.site_id, {}) if asked.site_id and asked.on_site else {}
    facts = {
        person_id: Facts(
            working=_working_of(person_id, asked, loaded.working),
            available_duties=tuple(duties.available.get(person_id, ())),
            blocking_duties=tuple(duties.blocking.get(person_id, ())),
            absences=loaded.absences.get(person_id, ()),
            claims=loaded.claims.get(person_id, ()),
            rest=tuple(duties.rest.get(person_id, ())),
            calendars=tuple(loaded.calendars.get(person_id, ())),
            confirmed=loaded.answers.yes.get(person_id, ()),
            refused=loaded.answers.no.get(person_id, ()),
            capped=tuple(capped.get(person_id, ())),
            elsewhere=elsewhere.get(person_id, ()) if person_id in asked.on_site else (),
        )
        for person_id in people
    }
    for subject_id in asked.resources | asked.present:
        facts[subject_id] = Facts(working=(loaded.window,), claims=loaded.claims.get(subject_id, ()))
    return facts


def _working_of(person_id: uuid.UUID, asked: Asked, working: Working) -> Times | tuple[()] | None:
    if person_id in asked.only_on_duty:
        return ()
    return working.of(person_id, asked.site_id if person_id in asked.on_site else None)


def _load_names(
    session: Session, people: Iterable[uuid.UUID], resources: Iterable[uuid.UUID]
) -> dict[uuid.UUID, str]:
    persons = session.scalars(select(Person).where(Person.id.in_(list(people))))
    rooms = session.scalars(select(Resource).where(Resource.id.in_(list(resources))))
    return {person.id: person.name for person in persons} | {room.id: room.name for room in rooms}


def _load_houses(
    session: Session, people: Iterable[uuid.UUID], houses: Iterable[uuid.UUID | None]
) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """Return which of the people work in each of the houses."""
    wanted = [house for house in houses if house]
    if not wanted:
        return {}
    query = select(Membership.organisation_id, Membership.person_id).where(
        Membership.person_id.in_(list(people)), Membership.organisation_id.in_(wanted)
    )
    found: dict[uuid.UUID, set[uuid.UUID]] = {house: set() for house in wanted}
    for house, person_id in session.execute(query):
        found[house].add(person_id)
    return {house: frozenset(own) for house, own in found.items()}


def _standing(asked: Asked, window: Span, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of claims that take time from whoever is asked."""
    found = [
        Claim.starts_at < window.ends_at,
        Claim.starts_at > window.starts_at - LONGEST_CLAIM,
        Claim.ends_at > window.starts_at,
        # An absence is a claim as well, but says "absent" in its own words below.
        Claim.absence_id.is_(None),
        or_(Claim.expires_at.is_(None), Claim.expires_at > now),
    ]
    if asked.without_booking:
        found.append(or_(Claim.booking_id.is_(None), Claim.booking_id != asked.without_booking))
    if asked.without_series:
        own = select(Conference.booking_id).where(
            Conference.series_id == asked.without_series, Conference.booking_id.is_not(None)
        )
        found.append(or_(Claim.booking_id.is_(None), Claim.booking_id.not_in(own)))
    if asked.without_hold:
        found.append(or_(Claim.hold_id.is_(None), Claim.hold_id != asked.without_hold))
    return tuple(found)


def _serves(line: LineFacts, person_id: uuid.UUID, asked: Asked) -> bool:
    """Tell whether a duty on the line makes the person available; who has to come has to be on duty there."""
    if asked.site_id is not None and person_id in asked.on_site and line.site_id != asked.site_id:
        return False
    is_for_service = asked.service_id is not None and line.service_id == asked.service_id
    return line.id in asked.duty_lines or (line.makes_available and is_for_service)


def _load_absences(session: Session, people: Iterable[uuid.UUID], window: Span) -> TimesOf:
    return load_times(
        session,
        *(Absence.person_id, Absence.starts_at, Absence.ends_at),
        Absence.person_id.in_(list(people)),
        Absence.withdrawn_at.is_(None),
        Absence.starts_at < window.ends_at,
        Absence.ends_at > window.starts_at,
    )


def _load_answers(session: Session, people: Iterable[uuid.UUID], window: Span) -> _Answers:
    """Return what people said to times they were asked for; another time instead is a no to this one."""

    def answered(*answers: QuestionAnswer) -> TimesOf:
        return load_times(
            session,
            *(AvailabilityQuestion.person_id, AvailabilityQuestion.starts_at, AvailabilityQuestion.ends_at),
            AvailabilityQuestion.person_id.in_(list(people)),
            AvailabilityQuestion.answer.in_(answers),
            AvailabilityQuestion.withdrawn_at.is_(None),
            AvailabilityQuestion.starts_at < window.ends_at,
            AvailabilityQuestion.ends_at > window.starts_at,
        )

    return _Answers(answered(QuestionAnswer.YES), answered(QuestionAnswer.NO, QuestionAnswer.OTHER))


def _load_capped(
    session: Session, every: Iterable[Asked], people: Iterable[uuid.UUID], window: Span, now: datetime
) -> dict[uuid.UUID, Spans]:
    """Return for each service with a cap who has reached it when."""
    caps = [
        DayCap(
            one.service_id,
            one.cap_per_day,
            one.zone,
            one.without_booking or one.counted_without,
            one.without_hold,
        )
        for one in every
        if one.service_id is not None and one.cap_per_day is not None
    ]
    found = load_capped(session, people, caps, window, now=now)
    return {cap.service_id: capped for cap, capped in zip(caps, found, strict=True)}


def _load_elsewhere(
    session: Session, every: Iterable[Asked], standing: Iterable[ColumnElement[bool]]
) -> dict[uuid.UUID, Mapping[uuid.UUID, tuple[Span, ...]]]:
    """Return who is away from each site at which somebody has to be in person: few sites, so a query each."""
    wanted: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for asked in every:
        if asked.site_id is not None and asked.on_site:
            wanted[asked.site_id] |= asked.on_site
    return {
        site_id: load_elsewhere(session, on_site, site_id, *standing) for site_id, on_site in wanted.items()
    }


def _load_calendars(
    session: Session, people: Iterable[uuid.UUID], window: Span
) -> dict[uuid.UUID, list[ImportedCalendar]]:
    sources = session.scalars(
        select(BusySource).where(BusySource.person_id.in_(list(people)), BusySource.removed_at.is_(None))
    ).all()
    if not sources:
        return {}
    busy = load_times(
        session,
        *(BusySpan.source_id, BusySpan.starts_at, BusySpan.ends_at),
        BusySpan.source_id.in_([source.id for source in sources]),
        BusySpan.starts_at < window.ends_at,
        BusySpan.ends_at > window.starts_at,
    )
    calendars: dict[uuid.UUID, list[ImportedCalendar]] = defaultdict(list)
    for source in sources:
        known = (
            Span(source.known_from, source.known_until) if source.known_from and source.known_until else None
        )
        calendars[source.person_id].append(
            ImportedCalendar(busy.get(source.id, ()), source.read_at, known, stale_after(source))
        )
    return calendars


def stale_after(source: BusySource) -> timedelta:
    """Return how long a reading of the calendar is believed."""
    return FILE_STALE_AFTER if source.kind is BusySourceKind.UPLOAD else STALE_AFTER


def _count_recent(session: Session, people: Iterable[uuid.UUID], now: datetime) -> dict[uuid.UUID, int]:
    """Return in how many meetings each person takes part lately and from now on.

    Counted by claims, whose index knows the start: a meeting called off has given its time back.
    """
    query = (
        select(Claim.subject_id, func.count(Claim.booking_id.distinct()))
        .where(
            Claim.subject_id.in_(list(people)),
            Claim.booking_id.is_not(None),
            Claim.starts_at > now - RECENT,
        )
        .group_by(Claim.subject_id)
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
