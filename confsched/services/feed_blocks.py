"""The parts of a feed that are a person's own minutes of a conference, as their calendar was told of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import FeedPrivacy
from confsched.formats.ical import Entry
from confsched.formats.meetings import part_summary
from confsched.models.bookings import Booking, Participation
from confsched.models.cases import AgendaBlock
from confsched.models.conferences import Conference
from confsched.models.feeds import Feed
from confsched.models.series import ConferenceSeries
from confsched.services.feed_meetings import Columns, MeetingRow, headline, raw, shows_places


def entries(
    session: Session, feed: Feed, window: Span, gone_since: datetime, public_url: str
) -> Iterator[Entry]:
    """Yield a person's own minutes; what was taken back stays as CANCELLED for a while."""
    query: Columns = select(
        *(AgendaBlock.uid, AgendaBlock.sequence, AgendaBlock.sent_from, AgendaBlock.sent_until),
        *(AgendaBlock.revised_at, AgendaBlock.removed_at, AgendaBlock.conference_id),
        *(Booking.kind, Booking.title, Booking.zone, Booking.join_link, Booking.created_at),
        *(Booking.uid.label("booking_uid"), Booking.series_id, Participation.is_of_series),
        ConferenceSeries.uid.label("series_uid"),
    )
    rows = session.execute(_of_person(query, feed, window, gone_since))
    return (_entry(row, feed, public_url) for row in rows)


def parts(session: Session, feed: Feed, window: Span, gone_since: datetime) -> Sequence[MeetingRow]:
    """Return what tells one state of these entries from the next."""
    columns = (AgendaBlock.id, AgendaBlock.sequence, AgendaBlock.revised_at, AgendaBlock.removed_at)
    query = select(*raw(*columns, Booking.revision)).order_by(AgendaBlock.id)
    return session.execute(_of_person(query, feed, window, gone_since)).all()


def _of_person(query: Columns, feed: Feed, window: Span, gone_since: datetime) -> Columns:
    me = feed.person_id
    my_part = and_(
        Participation.booking_id == Booking.id,
        Participation.person_id == me,
        Participation.removed_at.is_(None),
    )
    return (
        query.select_from(AgendaBlock)
        .join(Conference, Conference.id == AgendaBlock.conference_id)
        .join(Booking, Booking.id == Conference.booking_id)
        .outerjoin(Participation, my_part)
        .outerjoin(ConferenceSeries, ConferenceSeries.id == Booking.series_id)
        .where(
            AgendaBlock.person_id == me,
            AgendaBlock.sent_from < window.ends_at,
            AgendaBlock.sent_until > window.starts_at,
            or_(AgendaBlock.removed_at.is_(None), AgendaBlock.removed_at > gone_since),
        )
    )


def _entry(row: MeetingRow, feed: Feed, public_url: str) -> Entry:
    is_off = row.removed_at is not None
    shows_more = shows_places(feed) and not is_off
    is_named = feed.privacy is FeedPrivacy.KIND_AND_PLACE
    return Entry(
        uid=row.uid,
        sequence=row.sequence,
        span=Span(row.sent_from, row.sent_until),
        zone=row.zone,
        summary=part_summary(row.title, feed.person.language)
        if is_named
        else headline(feed, row.kind, row.title, None),
        description=f"{public_url}/conferences/{row.conference_id}/live" if public_url and shows_more else "",
        location="",
        join_link=row.join_link if shows_more else "",
        status="CANCELLED" if is_off else "CONFIRMED",
        busy="BUSY",
        created_at=row.created_at,
        revised_at=row.revised_at,
        related_to=row.series_uid if row.is_of_series and row.series_uid else row.booking_uid,
    )
