"""Moving the meeting of a consult to a time that is held for it, with whoever serves it then."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.bookings import may_move
from confsched.domain.kinds import Partstat
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, msg
from confsched.models.bookings import Booking, Participation
from confsched.models.claims import Hold
from confsched.models.consults import Consult
from confsched.services import audit, bookings, claims, consult_times, holds, invitations, reminders
from confsched.services.bookings import Attendance


def move_to_hold(session: Session, actor: Actor, consult: Consult, hold: Hold, *, now: datetime) -> Booking:
    """Give the meeting the held time: who stays gets the change, who leaves a CANCEL, who joins a REQUEST."""
    booking = consult.booking
    assert booking is not None, "what is moved is booked"
    session.refresh(booking, with_for_update=True)
    if not may_move(booking.state) or booking.starts_at <= now:
        raise Conflict(msg("This meeting has been called off or is over. Book a new one."))
    was = invitations.before(booking)
    claims.release_booking(session, booking.id)
    if claims.confirm(session, hold, booking.id) != len(holds.subjects_in(hold)):
        raise consult_times.RanOut
    booking.starts_at, booking.ends_at = hold.starts_at, hold.ends_at
    booking.resource_id = consult_times.resource_in(hold)
    reminders.forget(booking)
    _change_people(session, actor, booking, consult_times.attendances(consult, hold), now)
    session.delete(hold)
    session.flush()
    session.expire(consult, ["hold"])
    session.expire(booking, ["resource"])
    invitations.announce(session, booking, was, now=now)
    audit.record(session, actor, "booking.move", booking, now=now)
    return booking


def _change_people(
    session: Session, actor: Actor, booking: Booking, wanted: list[Attendance], now: datetime
) -> None:
    """Let those take part who serve the new time; who was removed before gets their old row back."""
    serving = {one.person_id: one for one in wanted}
    for participation in booking.participations:
        if participation.person_id not in serving and participation.removed_at is None:
            participation.removed_at = now
    own = {participation.person_id: participation for participation in booking.participations}
    _let_return(own, serving, now)
    joining = [one for person_id, one in serving.items() if person_id not in own]
    position = 1 + max(p.position for p in booking.participations)
    for number, participation in enumerate(bookings.participations_of(session, actor, joining, now)):
        participation.position = position + number
        booking.participations.append(participation)


def _let_return(
    own: dict[uuid.UUID, Participation], serving: dict[uuid.UUID, Attendance], now: datetime
) -> None:
    for person_id, participation in own.items():
        if participation.removed_at is not None and person_id in serving:
            participation.removed_at, participation.invited_at = None, now
            participation.serves = serving[person_id].serves
            participation.partstat = Partstat.NEEDS_ACTION
