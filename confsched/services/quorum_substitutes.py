"""Who could fill a seat that is missing at a conference: proposed from rosters, invited by one press."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.bookings import ClaimState
from confsched.domain.conferences import AHEAD
from confsched.domain.intervals import Span
from confsched.domain.kinds import Partstat, RequirementKind
from confsched.domain.matching import Candidate
from confsched.domain.permissions import Actor
from confsched.domain.quorum import Forecast
from confsched.errors import Conflict, Refusal, msg
from confsched.models.bookings import Booking, Participation
from confsched.models.catalogue import Requirement
from confsched.models.conferences import Conference
from confsched.services import audit, bookings, claims, invitations
from confsched.services.availability import Asked, load_candidates
from confsched.services.bookings import Attendance
from confsched.services.pools import needs_of
from confsched.services.substitutes import UNKNOWN_WORDS, Substitute, find_obstacle

SHOWN = 5  # for one requirement; a longer list helps nobody in a hurry
MAX_SERVES = 120


def propose(
    session: Session, conference: Conference, found: Forecast, *, now: datetime
) -> dict[str, list[Substitute]]:
    """Return who else could meet each requirement that lacks somebody: the free first, then the unknown.

    Keys are those of the requirements. Who is busy then is left out.
    """
    lacking = {line.required.key for line in found.lacking}
    wanted = [one for one in conference.requirements if str(one.id) in lacking]
    if not wanted or conference.booking is None:
        return {}
    booking = conference.booking
    span = Span(booking.starts_at, booking.ends_at)
    pools = _pools(session, conference, wanted, span)
    lines = frozenset(one.duty_line_id for one in wanted if one.duty_line_id)
    people = frozenset(one for pool in pools.values() for one in pool)
    asked = Asked(people=people, duty_lines=lines, own_house=conference.organisation_id)
    known = load_candidates(session, asked, span, now=now)
    offered = {one.id: _offered(one) for one in known.values()}
    return {key: _best([offered[one] for one in pool if one in offered]) for key, pool in pools.items()}


def _pools(
    session: Session, conference: Conference, wanted: Sequence[Requirement], span: Span
) -> dict[str, list[uuid.UUID]]:
    """Return who fits each requirement and does not take part yet, nor has declined."""
    assert conference.booking is not None, "only what has a time lacks somebody"
    out = {part.person_id for part in conference.booking.participations if _is_answered(part)}
    needs = needs_of(session, wanted, span, conference.site.zone)
    return {need.key: [one for one in need.pool if one not in out] for need in needs}


def _is_answered(part: Participation) -> bool:
    """Tell whether somebody is invited now, or was and said no."""
    return part.removed_at is None or part.partstat is Partstat.DECLINED


def _offered(candidate: Candidate) -> Substitute:
    obstacle = find_obstacle(candidate.availability.stretches)
    reason = obstacle or msg("Free; meetings around now: %(count)s.", count=candidate.recent)
    return Substitute(candidate.id, candidate.name, reason, obstacle is None)


def _best(offered: Iterable[Substitute]) -> list[Substitute]:
    possible = [one for one in offered if one.is_free or one.reason is UNKNOWN_WORDS]
    return sorted(possible, key=lambda one: (not one.is_free, one.name))[:SHOWN]


def invite(
    session: Session,
    actor: Actor,
    conference: Conference,
    requirement_id: uuid.UUID,
    person_id: uuid.UUID,
    *,
    now: datetime,
) -> Participation:
    """Invite somebody to one date for a requirement: their time is taken, their calendar told. Twice is once.

    Raises Taken where their time has gone meanwhile, Refusal for somebody who does not meet the requirement.
    """
    booking = conference.booking
    if booking is None or conference.state not in AHEAD or booking.starts_at <= now:
        raise Conflict(msg("This conference has begun or is off. Nobody can be invited to it any more."))
    session.refresh(booking, with_for_update=True)
    known = _part_of(booking, person_id)
    if known is not None and known.removed_at is None:
        return known
    required = _requirement(session, conference, requirement_id, person_id)
    was = invitations.before(booking)
    _let_join(session, actor, booking, known, required, person_id, now)
    own = [one for one in bookings.takings(booking) if one.subject_id == person_id]
    claims.take(session, own, now=now, state=ClaimState.FIRM, booking_id=booking.id)
    invitations.announce(session, booking, was, now=now)
    audit.record(session, actor, "conference.substitute", conference, now=now, detail=str(person_id))
    joined = _part_of(booking, person_id)
    assert joined is not None, "they have just joined"
    return joined


def _part_of(booking: Booking, person_id: uuid.UUID) -> Participation | None:
    return next((part for part in booking.participations if part.person_id == person_id), None)


def _requirement(
    session: Session, conference: Conference, requirement_id: uuid.UUID, person_id: uuid.UUID
) -> str:
    """Return in words what the person is to serve; raises Refusal for who is not in its pool."""
    found = [one for one in conference.requirements if one.id == requirement_id]
    booking = conference.booking
    assert booking is not None, "only what has a time lacks somebody"
    span = Span(booking.starts_at, booking.ends_at)
    needs = needs_of(session, found, span, conference.site.zone)
    is_person = bool(found) and found[0].kind is not RequirementKind.RESOURCE
    if not is_person or person_id not in needs[0].pool:
        raise Refusal(msg("This person does not meet the requirement. Choose one of those proposed."))
    return needs[0].label[:MAX_SERVES]


def _let_join(
    session: Session,
    actor: Actor,
    booking: Booking,
    known: Participation | None,
    serves: str,
    person_id: uuid.UUID,
    now: datetime,
) -> None:
    """Put somebody among those who take part; who had left before gets their old row back."""
    if known is None:
        (known,) = bookings.participations_of(session, actor, [Attendance(person_id, serves)], now)
        known.position = 1 + max((part.position for part in booking.participations), default=0)
        booking.participations.append(known)
    known.serves, known.is_optional, known.is_of_series = serves, False, False
    known.invited_at, known.removed_at = now, None
    known.partstat = Partstat.ACCEPTED if person_id == actor.person_id else Partstat.NEEDS_ACTION
    session.flush()
