"""Planned meetings whose people an urgent consult has taken: who is told, and who may stand in for them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from confsched import clock
from confsched.domain.bookings import OPEN_STATES
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import BookingKind, Partstat
from confsched.domain.permissions import Actor, Function
from confsched.errors import Conflict, Message, msg
from confsched.models.bookings import Booking, Participation
from confsched.models.claims import Claim
from confsched.models.consults import Consult
from confsched.models.people import Membership, Person
from confsched.models.urgent import UrgentConsult
from confsched.services import access, claims, rebinding, urgent_steps
from confsched.services.affected import ANOTHER_TIME, AffectedMeeting, Loss, affected_meetings
from confsched.services.notices import notify
from confsched.services.roster_staff import valid_on
from confsched.services.tasks import Task, TaskKind

MOST_SHOWN = 10
MAX_SECRETARIES = 10
WHY = msg("Has an urgent consult then.")
_HAS_BEGUN = msg("The meeting is running: tell the others.")
_TO_COME = msg("Whoever plans the meeting can give it to a substitute or move it, on its page.")


@dataclass(frozen=True)
class Collision:
    """Hold one planned meeting that somebody's urgent consult lies over, and the way out of it.

    `label` is empty for who may not read it. Without a `substitute_id` only another time is left, or, for
    one that has begun, to tell the others.
    """

    booking_id: uuid.UUID
    span: Span
    kind: BookingKind
    label: str
    person_id: uuid.UUID
    person_name: str
    has_begun: bool
    proposal: Message
    substitute_id: uuid.UUID | None = None
    substitute_name: str = ""


def tell(
    session: Session, consult: UrgentConsult, person_id: uuid.UUID, span: Span, *, now: datetime
) -> None:
    """Tell who planned and who asked for each meeting that a span of an urgent consult is the first to hit.

    The mails say who and when, and nothing of the consult.
    """
    person = session.get_one(Person, person_id)
    for part in _parts_hit(session, person_id, span, now):
        if not _was_hit(session, consult, part, span):
            _tell_of(session, person, part, now)


def _parts_hit(session: Session, person_id: uuid.UUID, span: Span, now: datetime) -> list[Participation]:
    query = (
        select(Participation)
        .join(Booking, Booking.id == Participation.booking_id)
        .where(
            Participation.person_id == person_id,
            *(Participation.removed_at.is_(None), Participation.partstat != Partstat.DECLINED),
            *(Booking.state.in_(OPEN_STATES), Booking.ends_at > now),
            *(Booking.starts_at < span.ends_at, Booking.ends_at > span.starts_at),
        )
        .options(contains_eager(Participation.booking), joinedload(Participation.person))
        .order_by(Booking.starts_at, Booking.id)
        .limit(MOST_SHOWN)
    )
    return list(session.scalars(query))


def _was_hit(session: Session, consult: UrgentConsult, part: Participation, span: Span) -> bool:
    """Tell whether what a consult took before reached into the meeting already."""
    query = select(Claim.id).where(
        Claim.urgent_consult_id == consult.id,
        Claim.subject_id == part.person_id,
        Claim.starts_at < span.starts_at,
        Claim.ends_at > part.booking.starts_at,
    )
    return session.scalar(query.limit(1)) is not None


def _tell_of(session: Session, person: Person, part: Participation, now: datetime) -> None:
    booking = part.booking
    heading = msg("%(name)s has been called to an urgent consult during a meeting", name=person.name)
    first = msg("The urgent consult comes first: expect %(name)s late, or not at all.", name=person.name)
    way_out = _HAS_BEGUN if _has_begun(part, now) else _TO_COME
    lines = [msg("Meeting: %(span)s", span=Span(booking.starts_at, booking.ends_at)), first, way_out]
    for one in _concerned(session, part, now):
        notify(
            session,
            Kind.CONSULT_NEWS,
            one,
            organisation_id=booking.organisation_id,
            heading=heading,
            lines=lines,
            path=f"/bookings/{booking.id}",
            now=now,
        )


def _concerned(session: Session, part: Participation, now: datetime) -> Iterable[Person]:
    """Return the organiser, who asked for the consults of the meeting, and the person's secretariat."""
    asked = select(Consult).where(Consult.booking_id == part.booking_id)
    found = [part.booking.organiser]
    for consult in session.scalars(asked):
        found += [one for one in (consult.requester, consult.requested_by) if one]
    found += _secretaries(session, part, now)
    return {one.id: one for one in found if one.id != part.person_id}.values()


def _secretaries(session: Session, part: Participation, now: datetime) -> list[Person]:
    on = clock.local_day(now, part.person.zone)
    sites = select(Membership.site_id).where(
        Membership.person_id == part.person_id, Membership.organisation_id == part.organisation_id
    )
    query = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.site_id.in_(sites), Membership.function == Function.SECRETARY, *valid_on(on))
        .distinct()
        .order_by(Person.family_name, Person.id)
        .limit(MAX_SECRETARIES)
    )
    return list(session.scalars(query))


def list_collisions(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    consult: UrgentConsult | None = None,
    booking: Booking | None = None,
) -> list[Collision]:
    """Return the planned meetings that open urgent consults lie over, those that the actor may change.

    Each with whoever could stand in; of all, or of one consult or one meeting. Soonest first.
    """
    hit = _list_hit(session, actor, now, consult, booking)
    losses = [Loss(part.person_id, span, None, WHY) for part, span in hit if not _has_begun(part, now)]
    ways = {
        (one.booking_id, one.person_id): one
        for one in affected_meetings(session, losses, now=now, actor=actor)
    }
    return [
        _collision(session, actor, part, ways.get((part.booking_id, part.person_id)), now) for part, _ in hit
    ]


def list_tasks(session: Session, actor: Actor, *, now: datetime) -> list[Task]:
    """Return what waits for who may change such a meeting: each once, with whom it loses."""
    return [
        Task(
            TaskKind.COLLIDES,
            part.booking_id,
            part.booking.title if access.may_read_title(actor, part.booking) else "",
            due_at=part.booking.starts_at,
            starts_at=part.booking.starts_at,
            person_name=part.person.name,
        )
        for part, _ in _list_hit(session, actor, now)
        if not _has_begun(part, now)
    ]


def _list_hit(
    session: Session,
    actor: Actor,
    now: datetime,
    consult: UrgentConsult | None = None,
    booking: Booking | None = None,
) -> list[tuple[Participation, Span]]:
    """Return who of which meeting is hit, and by which span, each once."""
    query = (
        select(Participation, Claim.starts_at, Claim.ends_at)
        .join(Claim, Claim.subject_id == Participation.person_id)
        .join(UrgentConsult, UrgentConsult.id == Claim.urgent_consult_id)
        .join(Booking, Booking.id == Participation.booking_id)
        .where(
            UrgentConsult.consultant_id.is_not(None),
            UrgentConsult.ended_at.is_(None),
            *(Claim.starts_at < Booking.ends_at, Claim.ends_at > Booking.starts_at, Claim.ends_at > now),
            *(Participation.removed_at.is_(None), Participation.partstat != Partstat.DECLINED),
            *(Booking.state.in_(OPEN_STATES), Booking.ends_at > now),
            Booking.id.in_(access.visible(actor, Booking, to="change").with_only_columns(Booking.id)),
        )
        .options(contains_eager(Participation.booking), joinedload(Participation.person))
        .order_by(Booking.starts_at, Booking.id, Claim.starts_at)
        .limit(MOST_SHOWN)
    )
    if consult is not None:
        query = query.where(UrgentConsult.id == consult.id)
    if booking is not None:
        query = query.where(Booking.id == booking.id)
    found: dict[uuid.UUID, tuple[Participation, Span]] = {}
    for part, starts_at, ends_at in session.execute(query):
        found.setdefault(part.id, (part, Span(starts_at, ends_at)))
    return list(found.values())


def _has_begun(part: Participation, now: datetime) -> bool:
    return part.booking.starts_at <= now


def _collision(
    session: Session, actor: Actor, part: Participation, way: AffectedMeeting | None, now: datetime
) -> Collision:
    booking = part.booking
    substitute = session.get(Person, way.substitute_id) if way and way.substitute_id else None
    return Collision(
        booking_id=booking.id,
        span=Span(booking.starts_at, booking.ends_at),
        kind=booking.kind,
        label=booking.title if access.may_read_title(actor, booking) else "",
        person_id=part.person_id,
        person_name=part.person.name,
        has_begun=_has_begun(part, now),
        proposal=way.proposal if way else ANOTHER_TIME,
        substitute_id=substitute.id if substitute else None,
        substitute_name=substitute.name if substitute else "",
    )


def give_to_substitute(
    session: Session,
    actor: Actor,
    booking: Booking,
    person_id: uuid.UUID,
    substitute_id: uuid.UUID,
    *,
    now: datetime,
) -> None:
    """Let whoever is proposed stand in for somebody whom an urgent consult has taken; twice is once.

    Raises Conflict where the consult is over, the meeting has begun, or the substitute is taken meanwhile.
    """
    session.refresh(booking, with_for_update={"of": Booking})
    present = {part.person_id for part in booking.participations if part.removed_at is None}
    if person_id not in present and substitute_id in present:
        return
    claims.line_up(session, [person_id, substitute_id])
    found = list_collisions(session, actor, now=now, booking=booking)
    mine = next((one for one in found if one.person_id == person_id and not one.has_begun), None)
    if mine is None:
        raise Conflict(msg("No urgent consult lies over this meeting any more, or it has begun."))
    if mine.substitute_id != substitute_id:
        raise Conflict(msg("This person is not free any more. Look who could take it over now."))
    rebinding.hand_over(session, actor, booking, person_id, substitute_id, now=now)
    _tell_pages(session, person_id)


def _tell_pages(session: Session, person_id: uuid.UUID) -> None:
    """Let the open pages of the person's urgent consults show that the meeting is in other hands."""
    mine = (UrgentConsult.consultant_id == person_id, UrgentConsult.second_consultant_id == person_id)
    for consult in session.scalars(select(UrgentConsult).where(or_(*mine), UrgentConsult.ended_at.is_(None))):
        urgent_steps.touch(session, consult)
