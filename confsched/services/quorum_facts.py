"""What a forecast of a quorum is made of: the replies, and what is on record about those who take part."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from confsched import clock
from confsched.domain.availability import State, Why, availability
from confsched.domain.intervals import Span
from confsched.domain.kinds import RequirementKind
from confsched.domain.matching import Candidate
from confsched.domain.permissions import Function
from confsched.domain.quorum import Attendee, Required
from confsched.models.bookings import Booking, Participation
from confsched.models.catalogue import Requirement
from confsched.models.claims import Claim
from confsched.models.conferences import Attendance, Conference
from confsched.models.people import Membership, Person
from confsched.services.availability import LONGEST_CLAIM, Asked, load_all
from confsched.services.pools import Wanted, needs_of_all

_STRONGEST_FIRST = (
    *(Why.ABSENCE, Why.DUTY, Why.CLAIM, Why.REST, Why.ELSEWHERE),
    *(Why.ANSWER, Why.CALENDAR, Why.NOT_WORKING, Why.CAP),
)
People = dict[uuid.UUID, list[Attendee]]
Claims = Mapping[uuid.UUID, Sequence[tuple[uuid.UUID | None, Span]]]


@dataclass(frozen=True)
class QuorumFacts:
    """Hold what one conference requires and who takes part in it."""

    required: tuple[Required, ...]
    people: tuple[Attendee, ...]


def load_facts(
    session: Session, conferences: Sequence[Conference], *, now: datetime
) -> dict[uuid.UUID, QuorumFacts]:
    """Return the facts of each conference that has a time, for many in as many queries as for one."""
    timed = [one for one in conferences if one.booking is not None]
    if not timed:
        return {}
    _load_rows(session, timed)
    required, people = _required(session, timed), _people(session, timed, now)
    return {one.id: QuorumFacts(required[one.id], tuple(people[one.id])) for one in timed}


def span_of(conference: Conference) -> Span:
    """Return when a conference takes place; it has a time."""
    booking = conference.booking
    assert booking is not None, "only what has a time has a quorum"
    return Span(booking.starts_at, booking.ends_at)


def _load_rows(session: Session, conferences: Sequence[Conference]) -> None:
    """Load people, their memberships and the requirements of all conferences at once."""
    to_person = selectinload(Booking.participations).selectinload(Participation.person)
    query = select(Conference).where(Conference.id.in_([one.id for one in conferences]))
    wanted = selectinload(Conference.requirements)
    list(
        session.scalars(
            query.options(
                selectinload(Conference.booking).options(to_person.selectinload(Person.memberships)),
                wanted.selectinload(Requirement.persons),
                wanted.selectinload(Requirement.sites),
                selectinload(Conference.site),
            )
        )
    )


def _required(session: Session, conferences: Sequence[Conference]) -> dict[uuid.UUID, tuple[Required, ...]]:
    """Return what has to be met by people; a room is no matter of a quorum."""
    searches = [
        Wanted(
            [two for two in one.requirements if two.kind is not RequirementKind.RESOURCE],
            span_of(one),
            one.site.zone,
        )
        for one in conferences
    ]
    needs = needs_of_all(session, searches)
    return {
        conference.id: tuple(
            _one_required(one, need.label, need.pool)
            for one, need in zip(wanted.requirements, own, strict=True)
        )
        for conference, wanted, own in zip(conferences, searches, needs, strict=True)
    }


def _one_required(one: Requirement, label: str, pool: Iterable[uuid.UUID]) -> Required:
    is_discipline = one.kind is RequirementKind.DISCIPLINE
    return Required(
        key=str(one.id),
        label=label,
        count=one.count,
        pool=None if is_discipline else frozenset(pool),
        discipline=one.discipline or "",
        site_ids=frozenset(site.site_id for site in one.sites),
        specialists_only=one.specialists_only,
        is_optional=one.is_optional,
        may_double=one.may_double,
    )


def _people(session: Session, conferences: Sequence[Conference], now: datetime) -> People:
    """Return who takes part, and who was seen at the table without an invitation."""
    there = _load_attendance(session, conferences)
    against = _load_against(session, conferences, there, now)
    found: People = {}
    for conference in conferences:
        parts = {part.person_id: part for part in _parts(conference)}
        seen = there[conference.id]
        people = [part.person for part in parts.values()]
        people += [row.person for row in seen.values() if row.person_id not in parts]
        on = clock.local_day(span_of(conference).starts_at, conference.site.zone)
        found[conference.id] = [
            replace(
                _attendee(one, on, parts.get(one.id)),
                against=against.get((conference.id, one.id)),
                is_there=seen[one.id].left_at is None if one.id in seen else None,
                stands_for=_stands_for(one.id, parts.values()),
            )
            for one in people
        ]
    return found


def _parts(conference: Conference) -> list[Participation]:
    assert conference.booking is not None, "only what has a time has a quorum"
    return [part for part in conference.booking.participations if part.removed_at is None]


def _attendee(person: Person, on: date, part: Participation | None) -> Attendee:
    consults_at = frozenset(
        one.site_id
        for one in person.memberships
        if one.function is Function.CONSULTANT and _is_valid(one, on)
    )
    known = Attendee(
        person.id,
        person.name,
        discipline=person.discipline,
        is_specialist=person.is_specialist,
        site_ids=consults_at,
    )
    return replace(known, reply=part.partstat) if part else known


def _is_valid(membership: Membership, on: date) -> bool:
    return membership.valid_from <= on and (membership.valid_until is None or membership.valid_until > on)


def _stands_for(person_id: uuid.UUID, parts: Iterable[Participation]) -> frozenset[uuid.UUID]:
    return frozenset(part.person_id for part in parts if part.delegated_to_id == person_id)


def _load_attendance(
    session: Session, conferences: Sequence[Conference]
) -> dict[uuid.UUID, dict[uuid.UUID, Attendance]]:
    query = (
        select(Attendance)
        .where(Attendance.conference_id.in_([one.id for one in conferences]))
        .options(selectinload(Attendance.person).selectinload(Person.memberships))
    )
    found: dict[uuid.UUID, dict[uuid.UUID, Attendance]] = defaultdict(dict)
    for row in session.scalars(query):
        found[row.conference_id][row.person_id] = row
    return found


def _load_against(
    session: Session,
    conferences: Sequence[Conference],
    there: Mapping[uuid.UUID, Mapping[uuid.UUID, Attendance]],
    now: datetime,
) -> dict[tuple[uuid.UUID, uuid.UUID], Why | None]:
    """Return what stands against each person's part: absence, duty, rest, another meeting, a calendar."""
    searches = [(_asked(one), span_of(one)) for one in conferences]
    found = load_all(session, searches, now=now)
    others = _load_claims(session, conferences, now)
    against: dict[tuple[uuid.UUID, uuid.UUID], Why | None] = {}
    for conference, (asked, span), candidates in zip(conferences, searches, found, strict=True):
        for person_id in asked.people & candidates.keys() - there[conference.id].keys():
            own = _without(others[person_id], conference.booking_id)
            against[conference.id, person_id] = _why(candidates[person_id], own, span, now)
    return against


def _asked(conference: Conference) -> Asked:
    lines = frozenset(one.duty_line_id for one in conference.requirements if one.duty_line_id)
    return Asked(people=frozenset(part.person_id for part in _parts(conference)), duty_lines=lines)


def _without(claims: Iterable[tuple[uuid.UUID | None, Span]], booking_id: uuid.UUID | None) -> list[Span]:
    return [span for of_booking, span in claims if of_booking is None or of_booking != booking_id]


def _why(candidate: Candidate, claims: Sequence[Span], span: Span, now: datetime) -> Why | None:
    """Return the strongest thing against a time; the claim of the meeting itself is none."""
    known = availability(replace(candidate.availability.facts, claims=()), span, now)
    busy = {stretch.why for stretch in known.stretches if stretch.state is State.BUSY}
    if any(one.overlaps(span) for one in claims):
        busy.add(Why.CLAIM)
    return next((why for why in _STRONGEST_FIRST if why in busy), None)


def _load_claims(session: Session, conferences: Sequence[Conference], now: datetime) -> Claims:
    people = {part.person_id for one in conferences for part in _parts(one)}
    begin = min(span_of(one).starts_at for one in conferences)
    end = max(span_of(one).ends_at for one in conferences)
    query = select(Claim.subject_id, Claim.booking_id, Claim.starts_at, Claim.ends_at).where(
        Claim.subject_id.in_(people),
        Claim.starts_at < end,
        Claim.starts_at > begin - LONGEST_CLAIM,
        Claim.ends_at > begin,
        Claim.absence_id.is_(None),
        Claim.expires_at.is_(None) | (Claim.expires_at > now),
    )
    found: dict[uuid.UUID, list[tuple[uuid.UUID | None, Span]]] = defaultdict(list)
    for subject_id, booking_id, starts_at, ends_at in session.execute(query):
        found[subject_id].append((booking_id, Span(starts_at, ends_at)))
    return found
