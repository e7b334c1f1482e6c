"""The series in a feed: one entry that comes back, with an exception for each date that differs or is off."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.intervals import Span
from confsched.formats.ical import Busy, Entry
from confsched.formats.series_ical import lay_out
from confsched.models.bookings import Booking
from confsched.models.feeds import Feed
from confsched.models.network import Resource, Site
from confsched.models.series import ConferenceSeries
from confsched.services.feed_meetings import (
    IS_OF_SERIES,
    Columns,
    MeetingRow,
    entry_of,
    headline,
    meeting_columns,
    of_person,
    part_columns,
    raw,
    shows_places,
)
from confsched.services.invitation_rows import place_of
from confsched.services.series_rows import Laid


def groups(
    session: Session, feed: Feed, window: Span, gone_since: datetime, public_url: str
) -> Iterator[tuple[Entry, ...]]:
    """Yield each series of the person: its master, then the dates that are not as the rule gives them.

    A series is told from its first date on: leaving out old dates day by day would be a change each day. A
    date that is off, or held without the person, stays as CANCELLED for as long as any meeting, and is left
    out by the master after that.
    """
    query = of_person(meeting_columns(), feed, gone_since).where(IS_OF_SERIES, _reaches(window))
    found = session.execute(query.order_by(Booking.series_id, Booking.recurrence_at)).all()
    rows = {series_id: list(dates) for series_id, dates in groupby(found, key=lambda row: row.series_id)}
    for series in _series(session, rows):
        yield _laid_out(series, rows[series.id], feed, public_url)


def parts(session: Session, feed: Feed, window: Span, gone_since: datetime) -> list[MeetingRow]:
    """Return what tells one state of the series from the next."""
    dates = of_person(part_columns(), feed, gone_since).where(IS_OF_SERIES, _reaches(window))
    mine = of_person(select(Booking.series_id), feed, gone_since).where(IS_OF_SERIES, _reaches(window))
    columns = (ConferenceSeries.id, ConferenceSeries.revision, Resource.name, Site.name)
    series: Columns = (
        select(*raw(*columns))
        .outerjoin(Resource, Resource.id == ConferenceSeries.resource_id)
        .outerjoin(Site, Site.id == Resource.site_id)
        .where(ConferenceSeries.id.in_(mine))
        .order_by(ConferenceSeries.id)
    )
    return [*session.execute(dates), *session.execute(series)]


def _reaches(window: Span) -> ColumnElement[bool]:
    """Return the dates of the series that are held at any time of the window."""
    reaching = select(ConferenceSeries.id).where(
        ConferenceSeries.first_on <= window.ends_at.date(),
        ConferenceSeries.until_on >= window.starts_at.date(),
    )
    return Booking.series_id.in_(reaching)


def _series(session: Session, ids: Iterable[uuid.UUID]) -> Sequence[ConferenceSeries]:
    query = (
        select(ConferenceSeries)
        .where(ConferenceSeries.id.in_(ids))
        .options(joinedload(ConferenceSeries.resource).joinedload(Resource.site))
        .order_by(ConferenceSeries.id)
    )
    return session.scalars(query).all()


def _laid_out(
    series: ConferenceSeries, rows: Sequence[MeetingRow], feed: Feed, public_url: str
) -> tuple[Entry, ...]:
    laid = Laid.of(series)
    dates = [
        replace(
            entry_of(row, feed, public_url),
            uid=series.uid,
            zone=series.zone,
            summary=headline(feed, series.kind, row.title, row.case_ref),
            recurrence_at=row.recurrence_at,
        )
        for row in rows
    ]
    return lay_out(_master(series, laid, dates, feed, public_url), laid.rule, laid.starts, dates)


def _master(
    series: ConferenceSeries, laid: Laid, dates: Sequence[Entry], feed: Feed, public_url: str
) -> Entry:
    """Return what most of the dates are like; programs take a change only with a later date of revision."""
    is_off = all(one.status == "CANCELLED" for one in dates)
    shows_place = shows_places(feed) and not is_off
    return Entry(
        uid=series.uid,
        sequence=series.sequence,
        span=laid.span_at(laid.starts[0]),
        zone=series.zone,
        summary=headline(feed, series.kind, series.title, None),
        description=f"{public_url}/series/{series.id}" if public_url and shows_place else "",
        location=place_of(series.resource) if shows_place else "",
        join_link=series.join_link if shows_place else "",
        status="CANCELLED" if is_off else "CONFIRMED",
        busy=_usual(one.busy for one in dates),
        created_at=series.created_at,
        revised_at=max([series.revised_at, *(one.revised_at for one in dates)]),
    )


def _usual(found: Iterable[Busy]) -> Busy:
    """Return how most of the dates read, the first such word where two are as many."""
    counts = Counter(found)
    return min(counts, key=lambda busy: (-counts[busy], busy))
