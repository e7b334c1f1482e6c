"""Lists of meetings: those an actor may see, by day, kind and words, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from confsched import clock
from confsched.domain.kinds import BookingKind
from confsched.domain.permissions import Actor
from confsched.models.bookings import Booking, Participation
from confsched.services import access

PAGE_SIZE = 50


@dataclass(frozen=True)
class Listing:
    """Hold one page of bookings and how many there are."""

    bookings: list[Booking]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def list_bookings(
    session: Session,
    actor: Actor,
    *,
    since: date,
    kind: BookingKind | None = None,
    text: str = "",
    page: int = 1,
) -> Listing:
    """Return the meetings the actor may see from a local day on, soonest first."""
    query = access.visible(actor, Booking).where(Booking.ends_at >= clock.start_of_day(since, actor.zone))
    if kind is not None:
        query = query.where(Booking.kind == kind)
    if text.strip():
        pattern = f"%{_escape_like(text.strip())}%"
        query = query.where(
            access.with_title(actor),
            or_(Booking.title.ilike(pattern, escape="\\"), Booking.case_ref.ilike(pattern, escape="\\")),
        )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.options(
            selectinload(Booking.participations).selectinload(Participation.person),
            selectinload(Booking.resource),
        )
        .order_by(Booking.starts_at, Booking.id)
        .limit(PAGE_SIZE)
        .offset((max(1, page) - 1) * PAGE_SIZE)
    )
    return Listing(list(rows), total, max(1, page))


def _escape_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
