"""When a duty changes hands, what was booked through its line follows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.bookings import OPEN_STATES, ClaimState
from confsched.domain.consults import ASKING
from confsched.domain.intervals import Span
from confsched.domain.kinds import Partstat
from confsched.domain.permissions import Actor
from confsched.models.bookings import Booking, Participation
from confsched.models.claims import Hold
from confsched.models.consults import Consult
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.services import audit, bookings, claims, holds, invitations
from confsched.services.line_bindings import binding_lines, services_through


def rebind(
    session: Session,
    actor: Actor | None,
    line: DutyLine,
    span: Span,
    from_person_id: uuid.UUID,
    to_person_id: uuid.UUID,
    *,
    now: datetime,
) -> list[Booking]:
    """Hand the open meetings booked through a line to who holds it now, and return those that followed.

    Only what begins within the span and is still to come follows; a consult that has begun stays with its
    consultant. Where the new person is taken, the meeting stays whole with the former one and shows up among
    the affected. Twice is the same as once.
    """
    claims.line_up(session, [from_person_id, to_person_id])
    _release_holds(session, line, span, from_person_id, now)
    followed = []
    for booking in _bound_bookings(session, line, span, from_person_id, now):
        try:
            followed.append(hand_over(session, actor, booking, from_person_id, to_person_id, now=now))
        except claims.Taken:
            continue  # stays as it was; affected_meetings shows it with a proposal
    return followed


def _release_holds(session: Session, line: DutyLine, span: Span, person_id: uuid.UUID, now: datetime) -> None:
    """Give back times that are only held with the former person: their requester chooses once more."""
    query = (
        select(Consult, Hold)
        .join(Hold, Hold.consult_id == Consult.id)
        .where(
            Consult.service_id.in_(services_through(line)),
            Hold.starts_at >= max(now, span.starts_at),
            Hold.starts_at < span.ends_at,
        )
        .with_for_update(of=Hold)
    )
    for consult, hold in session.execute(query).all():
        if any(_serves_as(one, person_id) for one in hold.serving):
            holds.give_back(session, None, consult, now=now)


def _serves_as(one: Mapping[str, str], person_id: uuid.UUID) -> bool:
    return one["key"] != ASKING and one.get("person_id") == str(person_id)


def _bound_bookings(
    session: Session, line: DutyLine, span: Span, person_id: uuid.UUID, now: datetime
) -> list[Booking]:
    """Return the meetings that follow, locked against a move or a cancellation at the same moment."""
    session.flush()
    serving = (Participation.person_id == person_id) & Participation.removed_at.is_(None)
    query = (
        select(Booking)
        .where(
            Booking.state.in_(OPEN_STATES),
            Booking.starts_at >= max(now, span.starts_at),
            Booking.starts_at < span.ends_at,
            Booking.participations.any(serving & (Participation.serves != ASKING)),
        )
        .order_by(Booking.starts_at, Booking.id)
        .with_for_update(of=Booking)
        .execution_options(populate_existing=True)
    )
    found = list(session.scalars(query))
    lines = binding_lines(session, {booking.id for booking in found})
    return [booking for booking in found if line.id in lines.get(booking.id, ())]


def hand_over(
    session: Session,
    actor: Actor | None,
    booking: Booking,
    from_person_id: uuid.UUID,
    to_person_id: uuid.UUID,
    *,
    now: datetime,
) -> Booking:
    """Let one person take the part of another: their time, their place, and the mails that tell them.

    Who leaves gets a CANCEL, who joins a REQUEST with the same UID. Raises Taken, with nothing changed, where
    the new person is taken then or takes part already.
    """
    former = next(p for p in booking.participations if p.person_id == from_person_id)
    if any(p.person_id == to_person_id and p.removed_at is None for p in booking.participations):
        raise claims.Taken
    was = invitations.before(booking)
    _pass_claims_on(session, booking, former, to_person_id, now)
    former.removed_at = now
    _let_join(session, booking, former, to_person_id, now)
    invitations.announce(session, booking, was, now=now)
    audit.record(session, actor, "booking.rebind", booking, now=now, detail=str(to_person_id))
    return booking


def _pass_claims_on(
    session: Session, booking: Booking, former: Participation, to_person_id: uuid.UUID, now: datetime
) -> None:
    """Give back the time of one person and take that of the other, both or neither."""
    place = claims.places_in(session, booking.id).get(former.person_id)
    wanted = [
        replace(taking, subject_id=to_person_id, site_id=place)
        for taking in bookings.takings(booking)
        if taking.subject_id == former.person_id
    ]
    with session.begin_nested():
        claims.release_booking(session, booking.id, subject_id=former.person_id)
        claims.take(session, wanted, now=now, state=ClaimState.FIRM, booking_id=booking.id)


def _let_join(
    session: Session, booking: Booking, former: Participation, person_id: uuid.UUID, now: datetime
) -> None:
    """Put a person in the place of the former one; who was removed before gets their old row back."""
    own = next((p for p in booking.participations if p.person_id == person_id), None)
    if own is None:
        person = session.get_one(Person, person_id)
        own = Participation(person=person, organisation_id=_house_of(person, former))
        booking.participations.append(own)
    own.position, own.serves, own.is_optional = former.position, former.serves, former.is_optional
    own.partstat, own.invited_at, own.removed_at = Partstat.NEEDS_ACTION, now, None


def _house_of(person: Person, former: Participation) -> uuid.UUID:
    houses = [membership.organisation_id for membership in person.memberships]
    assert houses, "who holds a duty works somewhere"
    return former.organisation_id if former.organisation_id in houses else houses[0]
