"""Who could take over a duty or a meeting: who may, who is free then, and who had the fewest."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.availability import Source, State, Stretch, Why
from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType
from confsched.domain.matching import Candidate
from confsched.domain.permissions import Function
from confsched.domain.rest import rest_after
from confsched.errors import Message, msg
from confsched.models.people import Membership, Person
from confsched.models.rosters import Duty, DutyLine
from confsched.services.availability import Asked, load_candidates
from confsched.services.duty_codes import qualified_for
from confsched.services.roster_staff import valid_on
from confsched.services.standing import standing

YEAR = timedelta(days=365)
MAX_POOL = 100  # more people than this hold no line together
NEXT_DUTY = timedelta(days=2)  # rest reaches no further

BUSY_WORDS = {
    Why.CLAIM: msg("In a meeting then."),
    Why.ABSENCE: msg("Absent then."),
    Why.DUTY: msg("On another duty then."),
    Why.REST: msg("Resting after a duty then."),
    Why.CALENDAR: msg("Busy then in their own calendar."),
    Why.NOT_WORKING: msg("Does not work then."),
    Why.ANSWER: msg("Was asked and cannot come then."),
    Why.CAP: msg("Has enough of these meetings on that day."),
    Why.ELSEWHERE: msg("At another site then, or on the way."),
}
UNKNOWN_WORDS = msg("Their calendar says nothing about this time. Ask first.")


@dataclass(frozen=True)
class Substitute:
    """Hold one person who may take over, and in one line why they are or are not a good choice."""

    person_id: uuid.UUID
    name: str
    reason: Message
    is_free: bool


@dataclass(frozen=True)
class HeldSpan:
    """Hold a duty of somebody who might take over."""

    line_name: str
    span: Span


def substitutes(
    session: Session, line_id: uuid.UUID | None, person_id: uuid.UUID, span: Span, *, now: datetime
) -> list[Substitute]:
    """Return who may stand in for a person: the free ones first, who had the fewest before the others.

    For a duty of a line these are the people qualified for it, whatever their office hours. Without a line
    it is about a meeting: colleagues of the same discipline at the same site, in their working time.
    """
    if line_id is None:
        return _for_meeting(session, person_id, span, now=now)
    line = session.get_one(DutyLine, line_id)
    starts_on = clock.local_day(span.starts_at, line.department.site.zone)
    pool = {one.id: one.name for one in qualified_for(session, line, starts_on) if one.id != person_id}
    candidates = load_candidates(session, Asked(people=frozenset(pool)), span, now=now)
    held = _held_around(session, pool, span, now)
    counts = count_duties(session, line, pool, now=now)
    found = [
        _for_duty(candidates[one], held[one], line, span, counts.get(one, 0))
        for one in sorted(pool, key=lambda one: (counts.get(one, 0), pool[one]))
    ]
    return sorted(found, key=lambda one: not one.is_free)


def _for_duty(
    candidate: Candidate, held: Sequence[HeldSpan], line: DutyLine, span: Span, count: int
) -> Substitute:
    obstacle = _obstacle(candidate, held, line, span)
    reason = obstacle or msg("Free; duties of this line in 12 months: %(count)s.", count=count)
    return Substitute(candidate.id, candidate.name, reason, obstacle is None)


def _obstacle(candidate: Candidate, held: Sequence[HeldSpan], line: DutyLine, span: Span) -> Message | None:
    """Return what keeps somebody from a duty; that it lies outside their office hours does not."""
    for duty in held:
        if duty.span.overlaps(span):
            return msg("On another duty then: %(line)s.", line=duty.line_name)
    for stretch in candidate.availability.stretches:
        if stretch.state is State.BUSY and stretch.why not in (None, Why.NOT_WORKING):
            return BUSY_WORDS[stretch.why]
        if stretch.state is State.UNKNOWN and stretch.source is Source.CALENDAR:
            return UNKNOWN_WORDS
    if line.duty_type is DutyType.ON_SITE_STANDBY:
        return _no_rest_before(held, rest_after(span))
    return None


def _no_rest_before(held: Sequence[HeldSpan], rest: Span) -> Message | None:
    for duty in held:
        if duty.span.overlaps(rest):
            return msg("No rest before their next duty: %(line)s.", line=duty.line_name)
    return None


def _held_around(
    session: Session, people: Collection[uuid.UUID], span: Span, now: datetime
) -> Mapping[uuid.UUID, list[HeldSpan]]:
    query = (
        select(Duty.person_id, DutyLine.name, Duty.starts_at, Duty.ends_at)
        .join(DutyLine, DutyLine.id == Duty.line_id)
        .where(Duty.person_id.in_(people), *standing(span.widen(timedelta(), NEXT_DUTY), now))
        .order_by(Duty.starts_at, Duty.id)
    )
    held: dict[uuid.UUID, list[HeldSpan]] = defaultdict(list)
    for person_id, name, starts_at, ends_at in session.execute(query):
        held[person_id].append(HeldSpan(name, Span(starts_at, ends_at)))
    return held


def count_duties(
    session: Session, line: DutyLine, people: Collection[uuid.UUID], *, now: datetime
) -> dict[uuid.UUID, int]:
    """Return how many duties of a line each of these people began within the last 12 months."""
    query = (
        select(Duty.person_id, func.count())
        .where(
            Duty.line_id == line.id,
            Duty.person_id.in_(people),
            Duty.superseded_at.is_(None),
            Duty.starts_at > now - YEAR,
            Duty.starts_at <= now,
        )
        .group_by(Duty.person_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _for_meeting(session: Session, person_id: uuid.UUID, span: Span, *, now: datetime) -> list[Substitute]:
    pool = _colleagues(session, session.get_one(Person, person_id), span)
    found = load_candidates(session, Asked(people=frozenset(pool)), span, now=now).values()
    fairest = sorted(found, key=lambda one: (one.recent, one.name))
    offered = [_in_meeting(candidate) for candidate in fairest]
    return sorted(offered, key=lambda one: not one.is_free)


def _colleagues(session: Session, person: Person, span: Span) -> list[uuid.UUID]:
    """Return the consultants of the same discipline at the sites of a person; nobody without a discipline."""
    on = clock.local_day(span.starts_at, person.zone)
    sites = select(Membership.site_id).where(Membership.person_id == person.id)
    query = (
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.discipline == person.discipline,
            Person.discipline != "",
            Person.id != person.id,
            Membership.site_id.in_(sites),
            Membership.function == Function.CONSULTANT,
            *valid_on(on),
        )
        .distinct()
        .order_by(Person.id)
        .limit(MAX_POOL)
    )
    return list(session.scalars(query))


def _in_meeting(candidate: Candidate) -> Substitute:
    obstacle = find_obstacle(candidate.availability.stretches)
    reason = obstacle or msg("Free; meetings around now: %(count)s.", count=candidate.recent)
    return Substitute(candidate.id, candidate.name, reason, obstacle is None)


def find_obstacle(stretches: Sequence[Stretch]) -> Message | None:
    """Return why somebody cannot be in a meeting that fills these stretches; unknown is not free."""
    for stretch in stretches:
        if stretch.state is State.BUSY and stretch.why is not None:
            return BUSY_WORDS[stretch.why]
    is_unknown = any(stretch.state is State.UNKNOWN for stretch in stretches)
    return UNKNOWN_WORDS if is_unknown else None
