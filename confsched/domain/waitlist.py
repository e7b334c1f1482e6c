"""The line for freed times: which time is worth offering to whom, and until when they may take it."""

from __future__ import annotations

from datetime import datetime, timedelta

from confsched.domain.intervals import Span
from confsched.domain.kinds import ConsultState

# Long enough for a ward round and an operation; the next in line still gets the time on the same day.
TAKE_WITHIN = timedelta(hours=4)
# Who comes to the meeting has to learn of it before they leave for something else.
TAKE_BEFORE_START = timedelta(hours=1)
# Who has less than this to decide was not really offered anything.
LEAST_TO_TAKE = timedelta(minutes=15)

# A consult in one of these may wait: for any time, or with a booking for an earlier one.
WAITING_STATES = frozenset({ConsultState.TRIAGED, ConsultState.OFFERED, ConsultState.BOOKED})


def take_by(offered_at: datetime, starts_at: datetime) -> datetime | None:
    """Return until when an offer made now stands; None where the start is too near to offer it."""
    deadline = min(offered_at + TAKE_WITHIN, starts_at - TAKE_BEFORE_START)
    return deadline if deadline >= offered_at + LEAST_TO_TAKE else None


def is_worth_offering(span: Span, *, offered_at: datetime, earlier_than: datetime | None) -> bool:
    """Tell whether a new time helps one who waits: earlier than what they have, and not too near."""
    is_earlier = earlier_than is None or span.starts_at < earlier_than
    return is_earlier and take_by(offered_at, span.starts_at) is not None
