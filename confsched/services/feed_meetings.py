"""The meetings of a feed: one by one, as far as they are no dates of a series that the person belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, or_, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from confsched.domain.bookings import UNCONFIRMED_STATES, BookingState
from confsched.domain.intervals import Span
from confsched.domain.kinds import BookingKind, ConferenceKind, FeedPrivacy, Partstat
from confsched.errors import msg
from confsched.formats.ical import Busy, Entry, Status
from confsched.formats.meetings import kind_words, summary
from confsched.i18n import translate
from confsched.models.bookings import Booking, Participation
from confsched.models.feeds import Feed
from confsched.models.network import Resource, Site

BUSY_WORD = msg("Busy")

Columns = Select[*tuple[Any, ...]]
MeetingRow = Row[*tuple[Any, ...]]
# Of those who belong to a series only; its organiser does, also without taking part.
IS_OF_SERIES = and_(
    Booking.series_id.is_not(None), or_(Participation.id.is_(None), Participation.is_of_series.is_(True))
)


def entries(
    session: Session, feed: Feed, window: Span, gone_since: datetime, public_url: str
) -> Iterator[Entry]:
    """Yield meetings by one query of columns: loading rows as objects takes several times as long."""
    query = _in_window(of_person(meeting_columns(), feed, gone_since), window)
    return (entry_of(row, feed, public_url) for row in session.execute(query))


def parts(session: Session, feed: Feed, window: Span, gone_since: datetime) -> Sequence[MeetingRow]:
    """Return what tells one state of the meetings from the next."""
    return session.execute(_in_window(of_person(part_columns(), feed, gone_since), window)).all()


def _in_window(query: Columns, window: Span) -> Columns:
    return query.where(Booking.starts_at < window.ends_at, Booking.ends_at > window.starts_at, ~IS_OF_SERIES)


def meeting_columns() -> Columns:
    """Return what an entry is made of."""
    return select(
        *(Booking.id, Booking.uid, Booking.sequence, Booking.kind, Booking.state, Booking.title),
        *(Booking.case_ref, Booking.starts_at, Booking.ends_at, Booking.zone, Booking.join_link),
        *(Booking.created_at, Booking.revised_at, Booking.organiser_id),
        *(Booking.series_id, Booking.recurrence_at),
        *(Participation.partstat, Participation.removed_at),
        *(Resource.name.label("room"), Site.name.label("site")),
    )


def part_columns() -> Columns:
    """Return what changes whenever an entry does."""
    columns = (Booking.id, Booking.revision, Booking.state, Booking.organiser_id)
    mine = (Participation.partstat, Participation.removed_at, Resource.name, Site.name)
    return select(*raw(*columns, *mine)).order_by(Booking.id)


def raw(*columns: Any) -> list[Any]:
    """Return columns as the driver gives them: nobody reads the values, they are only compared."""
    return [type_coerce(column, NullType()).label(f"part_{n}") for n, column in enumerate(columns)]


def of_person(query: Columns, feed: Feed, gone_since: datetime) -> Columns:
    """Ask for the meetings of the person, with those that are gone since then only."""
    me = feed.person_id
    mine = (
        select(Participation.booking_id)
        .where(Participation.person_id == me)
        .union(select(Booking.id).where(Booking.organiser_id == me))
    )
    my_part = and_(Participation.booking_id == Booking.id, Participation.person_id == me)
    return (
        query.select_from(Booking)
        .outerjoin(Participation, my_part)
        .outerjoin(Resource, Resource.id == Booking.resource_id)
        .outerjoin(Site, Site.id == Resource.site_id)
        .where(
            Booking.id.in_(mine),
            or_(Booking.state != BookingState.CANCELLED, Booking.revised_at > gone_since),
            or_(
                Booking.organiser_id == me,
                Participation.removed_at.is_(None),
                Participation.removed_at > gone_since,
            ),
        )
    )


def entry_of(row: MeetingRow, feed: Feed, public_url: str) -> Entry:
    """Return one meeting as its person may see it here."""
    is_removed = row.removed_at is not None and row.organiser_id != feed.person_id
    is_off = is_removed or row.state is BookingState.CANCELLED
    shows_place = shows_places(feed) and not is_off
    return Entry(
        uid=row.uid,
        sequence=row.sequence,
        span=Span(row.starts_at, row.ends_at),
        zone=row.zone,
        summary=headline(feed, row.kind, row.title, row.case_ref),
        description=f"{public_url}/bookings/{row.id}" if public_url and shows_place else "",
        location=f"{row.room}, {row.site}" if row.room and shows_place else "",
        join_link=row.join_link if shows_place else "",
        status=_status(row.state, is_off),
        busy=_busy(row.partstat),
        created_at=row.created_at,
        revised_at=max(row.revised_at, row.removed_at) if row.removed_at else row.revised_at,
    )


def shows_places(feed: Feed) -> bool:
    """Tell whether a feed says where a meeting is held."""
    return feed.privacy is FeedPrivacy.KIND_AND_PLACE


def headline(feed: Feed, kind: BookingKind | ConferenceKind, title: str, case_ref: str | None) -> str:
    """Return what a feed calls a meeting."""
    language = feed.person.language
    if feed.privacy is FeedPrivacy.BUSY:
        return translate(BUSY_WORD, language)
    if feed.privacy is FeedPrivacy.KIND:
        return kind_words(kind, language)
    return summary(kind, title, case_ref, language)


def _status(state: BookingState, is_off: bool) -> Status:
    if is_off:
        return "CANCELLED"
    return "TENTATIVE" if state in UNCONFIRMED_STATES else "CONFIRMED"


def _busy(partstat: Partstat | None) -> Busy:
    """Return how the time reads: who has declined is free (RFC 5545 3.2.12)."""
    if partstat is Partstat.DECLINED:
        return "FREE"
    return "TENTATIVE" if partstat is Partstat.TENTATIVE else "BUSY"
