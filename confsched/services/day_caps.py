"""Load the days on which people serve as often as they may serve a day."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.intervals import Span
from confsched.models.bookings import Booking
from confsched.models.claims import Claim, Hold
from confsched.models.consults import Consult
from confsched.services.spans import Spans

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DayCap:
    """Say how many meetings of a service one person has on a local day of a zone.

    The booking and the hold named do not count: they are what is being decided.
    """

    service_id: uuid.UUID
    per_day: int
    zone: str
    without_booking: uuid.UUID | None = None
    without_hold: uuid.UUID | None = None


# Who serves which service, when, and in which meeting or by which hold.
Serving = tuple[uuid.UUID, uuid.UUID, datetime, uuid.UUID]


def load_capped(
    session: Session, people: Iterable[uuid.UUID], caps: Sequence[DayCap], window: Span, *, now: datetime
) -> list[Spans]:
    """Return for each cap the local days on which each person has reached it, booked and held together.

    Two holds at once pass the cap together, unless each first locks its people (claims.line_up).
    """
    if not caps:
        return []
    people, services = list(people), [cap.service_id for cap in caps]
    serving = [*_booked(session, people, services, window), *_held(session, people, services, window, now)]
    return [_capped(serving, cap) for cap in caps]


def _capped(serving: Sequence[Serving], cap: DayCap) -> Spans:
    left_out = (cap.without_booking, cap.without_hold)
    served = Counter(
        (person_id, clock.local_day(starts_at, cap.zone))
        for person_id, service_id, starts_at, row_id in serving
        if service_id == cap.service_id and row_id not in left_out
    )
    capped: Spans = {}
    for (person_id, day), count in sorted(served.items()):
        if count >= cap.per_day:
            capped.setdefault(person_id, []).append(_whole(day, cap.zone))
    return capped


def _booked(
    session: Session, people: list[uuid.UUID], services: list[uuid.UUID], window: Span
) -> Iterator[Serving]:
    """Return who serves in which meeting; one meeting of several consults counts once."""
    query = (
        select(Claim.subject_id, Consult.service_id, Booking.starts_at, Booking.id)
        .join(Booking, Booking.id == Claim.booking_id)
        .join(Consult, Consult.booking_id == Booking.id)
        .where(
            Claim.subject_id.in_(people),
            Consult.service_id.in_(services),
            Consult.requester_id != Claim.subject_id,
            Booking.starts_at < window.ends_at,
            Booking.ends_at > window.starts_at,
        )
        .distinct()
    )
    yield from session.connection().execute(query)


def _held(
    session: Session, people: list[uuid.UUID], services: list[uuid.UUID], window: Span, now: datetime
) -> Iterator[Serving]:
    """Return whose time is held; a seat in a standing meeting takes nobody but its requester."""
    query = (
        select(Claim.subject_id, Consult.service_id, Hold.starts_at, Hold.id)
        .join(Hold, Hold.id == Claim.hold_id)
        .join(Consult, Consult.id == Hold.consult_id)
        .where(
            Claim.subject_id.in_(people),
            Claim.expires_at > now,
            Consult.service_id.in_(services),
            Consult.requester_id != Claim.subject_id,
            Hold.starts_at < window.ends_at,
            Hold.ends_at > window.starts_at,
        )
    )
    yield from session.connection().execute(query)


def _whole(day: date, zone: str) -> Span:
    return Span(clock.start_of_day(day, zone), clock.start_of_day(day + ONE_DAY, zone))
