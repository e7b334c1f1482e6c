"""Series as lists show them: each with its next date, and the dates of one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.conferences import AHEAD
from confsched.domain.permissions import Actor
from confsched.models.bookings import Booking
from confsched.models.conferences import Conference
from confsched.models.series import ConferenceSeries
from confsched.services import access
from confsched.services.lists import Page, page_of

PAGE_SIZE = 50


@dataclass(frozen=True)
class Listed:
    """Hold one series, when it is next, and how many dates are to come."""

    series: ConferenceSeries
    next_at: datetime | None
    ahead: int


@dataclass(frozen=True)
class Dates:
    """Hold the dates of a series: those to come with the next one first, and the others, the latest first."""

    ahead: tuple[Conference, ...]
    other: tuple[Conference, ...]


def list_series(session: Session, actor: Actor, *, now: datetime, page: int = 1) -> Page[Listed]:
    """Return the series that the actor sees: those that go on first, by their next date."""
    query = access.visible(actor, ConferenceSeries).options(
        joinedload(ConferenceSeries.chair), joinedload(ConferenceSeries.site)
    )
    found = list(session.scalars(query.order_by(ConferenceSeries.title, ConferenceSeries.id)))
    to_come = _load_ahead(session, [series.id for series in found], now)
    listed = [Listed(series, *to_come.get(series.id, (None, 0))) for series in found]
    return page_of(sorted(listed, key=_order), page, PAGE_SIZE)


def _order(one: Listed) -> tuple[bool, datetime]:
    return one.next_at is None, one.next_at or one.series.created_at


def _load_ahead(
    session: Session, ids: Iterable[uuid.UUID], now: datetime
) -> dict[uuid.UUID, tuple[datetime, int]]:
    query = (
        select(Conference.series_id, func.min(Booking.starts_at), func.count())
        .join(Booking, Booking.id == Conference.booking_id)
        .where(Conference.series_id.in_(list(ids)), Conference.state.in_(AHEAD), Booking.starts_at > now)
        .group_by(Conference.series_id)
    )
    return {series_id: (next_at, count) for series_id, next_at, count in session.execute(query) if series_id}


def list_dates(session: Session, series: ConferenceSeries, *, now: datetime) -> Dates:
    """Return every date of a series, those that are off as well."""
    query = (
        select(Conference)
        .where(Conference.series_id == series.id)
        .order_by(Conference.occurs_at)
        .options(joinedload(Conference.booking))
    )
    rows = list(session.scalars(query))
    ahead = [row for row in rows if _is_to_come(row, now)]
    other = [row for row in reversed(rows) if not _is_to_come(row, now)]
    return Dates(tuple(sorted(ahead, key=_held_at)), tuple(other))


def _is_to_come(row: Conference, now: datetime) -> bool:
    """Tell whether a date is still to come; one that is off stands among them, so that nobody misses it."""
    assert row.occurs_at is not None, "a date of a series has its instant"
    return (row.booking.ends_at if row.booking else row.occurs_at) > now


def _held_at(row: Conference) -> datetime:
    assert row.occurs_at is not None, "a date of a series has its instant"
    return row.booking.starts_at if row.booking else row.occurs_at


def may_change(session: Session, actor: Actor, series: ConferenceSeries) -> bool:
    """Tell whether the actor may change a series: its organiser, chair, deputy, and the desk of the house."""
    query = access.visible(actor, ConferenceSeries, to="change").where(ConferenceSeries.id == series.id)
    return session.scalar(select(query.exists())) or False


def may_change_date(session: Session, actor: Actor, date: Conference) -> bool:
    """Tell whether the actor may change one date: its desk."""
    query = access.visible(actor, Conference, to="change").where(Conference.id == date.id)
    return session.scalar(select(query.exists())) or False
