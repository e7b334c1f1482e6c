"""Reminders of minutes: once, to chair and organiser, on the morning of the day on which they are due."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.kinds import ConferenceState
from confsched.errors import msg
from confsched.models.bookings import Booking
from confsched.models.conferences import Conference, ConferenceStep
from confsched.services import conference_news, conference_steps, minutes

ROUND = 50  # conferences in one transaction; the next call takes the rest
REMINDED = "minutes_reminded"


def remind_due(session: Session, *, now: datetime) -> int:
    """Remind of minutes that are due by tonight and not released; returns of how many."""
    reminded = select(ConferenceStep.conference_id).where(ConferenceStep.code == REMINDED)
    query = (
        select(Conference)
        .join(Booking, Booking.id == Conference.booking_id)
        .where(
            Conference.state.in_({ConferenceState.RUNNING, ConferenceState.MINUTES_DRAFT}),
            Conference.released_at.is_(None),
            Conference.id.not_in(reminded),
            Booking.starts_at < now,
        )
        .order_by(Booking.ends_at, Conference.id)
        .limit(ROUND)
        .with_for_update(of=Conference, skip_locked=True)
    )
    due = [one for one in session.scalars(query) if _is_due(one, now)]
    for conference in due:
        _remind(session, conference, now)
    return len(due)


def _is_due(conference: Conference, now: datetime) -> bool:
    at = minutes.remind_at(conference)
    return at is not None and at <= now


def _remind(session: Session, conference: Conference, now: datetime) -> None:
    conference_steps.record_step(session, None, conference, now=now, code=REMINDED)
    people = conference_news.desk_of(conference)
    conference_news.tell(
        session, conference, people, msg("Minutes are due today"), (), now=now, page="/minutes"
    )
