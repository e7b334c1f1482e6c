"""Which agendas are settled, so that everybody may be told their own time.

An agenda is settled when registration has closed or it is frozen, and nobody has moved a case for two
minutes. What was told before is kept right also while a frozen agenda is opened again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from confsched.domain.bookings import BookingState
from confsched.domain.conferences import AHEAD, OFF, cutoff_at
from confsched.domain.kinds import CaseLane, ConferenceState
from confsched.models.bookings import Booking
from confsched.models.cases import AgendaBlock, CaseItem
from confsched.models.conferences import Conference, ConferenceStep
from confsched.services.agenda import ORDERED
from confsched.services.agenda_blocks import list_standing, retell

QUIET = timedelta(minutes=2)
LONGEST_CUTOFF = timedelta(days=62)
ROUND = 100  # conferences that are looked at in one transaction


def tell_due(session: Session, *, now: datetime) -> int:
    """Tell what has to be told of all agendas that are settled; returns of how many there was news."""
    return sum(bool(retell(session, conference, now=now)) for conference in _list_due(session, now))


def _list_due(session: Session, now: datetime) -> list[Conference]:
    """Return, locked, what is closed, frozen or told already and ahead, or off and still in calendars."""
    is_told = exists().where(AgendaBlock.conference_id == Conference.id, AgendaBlock.removed_at.is_(None))
    has_cases = exists().where(CaseItem.conference_id == Conference.id, CaseItem.lane == CaseLane.DISCUSSION)
    has_moved = exists().where(
        ConferenceStep.conference_id == Conference.id,
        ConferenceStep.code == ORDERED,
        ConferenceStep.taken_at > now - QUIET,
    )
    is_off = Conference.state.in_(OFF) | (Booking.state == BookingState.CANCELLED)
    is_ahead = Conference.state.in_(AHEAD) & or_(has_cases, is_told) & ~has_moved
    query = (
        select(Conference)
        .join(Booking, Booking.id == Conference.booking_id)
        .where(
            Booking.starts_at > now,
            Booking.starts_at < now + LONGEST_CUTOFF,
            or_(is_off & is_told, is_ahead & ~is_off),
        )
        .order_by(Booking.starts_at, Conference.id)
        .with_for_update(of=Conference, skip_locked=True)
    )
    found = [one for one in session.scalars(query) if _is_settled(session, one, now)]
    return found[:ROUND]


def _is_settled(session: Session, conference: Conference, now: datetime) -> bool:
    booking = conference.booking
    assert booking is not None, "only what has a time is asked for"
    if conference.state is not ConferenceState.REGISTRATION_OPEN:
        return True
    return cutoff_at(booking.starts_at, conference.cutoff_minutes) <= now or bool(
        list_standing(session, conference)
    )
