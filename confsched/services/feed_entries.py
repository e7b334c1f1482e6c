"""What a feed holds: one's meetings and duties, or those of a line, and for a while what no longer holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from confsched.domain.bookings import UNCONFIRMED_STATES, BookingState
from confsched.domain.intervals import Span
from confsched.domain.kinds import FeedPrivacy, FeedScope, Partstat
from confsched.errors import msg
from confsched.formats.ical import Busy, Entry, Status
from confsched.formats.meetings import kind_words, summary
from confsched.i18n import translate
from confsched.models.bookings import Booking, Participation
from confsched.models.feeds import Feed
from confsched.models.network import Department, Resource, Site
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine

DAYS_BACK = 366
DAYS_AHEAD = 731
# A program that was away for a long holiday still learns what was called off.
TOMBSTONE = timedelta(days=90)
UID_DOMAIN = "confsched"
BUSY_WORD = msg("Busy")
DUTY_WORD = msg("Duty")

_HOLDER = (Person.title, Person.given_name, Person.family_name)

Columns = Select[*tuple[Any, ...]]


def feed_day(now: datetime) -> datetime:
    """Return when the day of a feed began: it changes by age once a day, not with every poll."""
    return datetime.combine(now.astimezone(UTC).date(), time.min, UTC)


def feed_entries(session: Session, feed: Feed, *, now: datetime, public_url: str = "") -> tuple[Entry, ...]:
    """Return the entries of a feed, in order, the same for the same data whenever it is asked on a day.

    What was called off, or no longer concerns the person, stays as CANCELLED for 90 days: a program that
    misses an entry keeps showing it.
    """
    window, gone_since = _reach(now)
    entries = [*_duties(session, feed, window, gone_since)]
    if feed.scope is FeedScope.OWN:
        entries += _meetings(session, feed, window, gone_since, public_url)
    return tuple(sorted(entries, key=lambda entry: (entry.span.starts_at, entry.uid)))


def feed_parts(session: Session, feed: Feed, *, now: datetime) -> list[tuple[str, ...]]:
    """Return what tells one state of a feed from the next, ids and revisions, cheaper than its entries."""
    window, gone_since = _reach(now)
    columns = (Booking.id, Booking.revision, Booking.state, Booking.organiser_id)
    mine = (Participation.partstat, Participation.removed_at, Resource.name, Site.name)
    meetings = select(*_raw(*columns, *mine)).order_by(Booking.id)
    parts: list[Row[*tuple[Any, ...]]] = []
    if feed.scope is FeedScope.OWN:
        parts += session.execute(_of_meetings(meetings, feed, window, gone_since))
    if feed.privacy is not FeedPrivacy.BUSY:
        names = (DutyLine.name, Site.name, Site.zone, *_HOLDER)
        duties = select(*_raw(Duty.id, Duty.superseded_at, *names)).order_by(Duty.id)
        parts += session.execute(_of_duties(duties, feed, window, gone_since))
    return [tuple(map(str, part)) for part in parts]


def _raw(*columns: Any) -> list[Any]:
    """Return columns as the driver gives them: nobody reads the values, they are only compared."""
    return [type_coerce(column, NullType()).label(f"part_{n}") for n, column in enumerate(columns)]


def _reach(now: datetime) -> tuple[Span, datetime]:
    """Return the time that a feed speaks of, and since when what is gone still stands in it."""
    today = feed_day(now)
    window = Span(today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD))
    return window, today - TOMBSTONE


def _meetings(
    session: Session, feed: Feed, window: Span, gone_since: datetime, public_url: str
) -> Iterator[Entry]:
    """Yield meetings by one query of columns: loading rows as objects takes several times as long."""
    query: Columns = select(
        *(Booking.id, Booking.uid, Booking.sequence, Booking.kind, Booking.state, Booking.title),
        *(Booking.case_ref, Booking.starts_at, Booking.ends_at, Booking.zone, Booking.join_link),
        *(Booking.created_at, Booking.revised_at, Booking.organiser_id),
        *(Participation.partstat, Participation.removed_at),
        *(Resource.name.label("room"), Site.name.label("site")),
    )
    rows = session.execute(_of_meetings(query, feed, window, gone_since))
    return (_meeting(row, feed, public_url) for row in rows)


def _of_meetings(query: Columns, feed: Feed, window: Span, gone_since: datetime) -> Columns:
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
            Booking.starts_at < window.ends_at,
            Booking.ends_at > window.starts_at,
            or_(Booking.state != BookingState.CANCELLED, Booking.revised_at > gone_since),
            or_(
                Booking.organiser_id == me,
                Participation.removed_at.is_(None),
                Participation.removed_at > gone_since,
            ),
        )
    )


def _meeting(row: Row[*tuple[Any, ...]], feed: Feed, public_url: str) -> Entry:
    is_removed = row.removed_at is not None and row.organiser_id != feed.person_id
    is_off = is_removed or row.state is BookingState.CANCELLED
    shows_place = feed.privacy is FeedPrivacy.KIND_AND_PLACE and not is_off
    return Entry(
        uid=row.uid,
        sequence=row.sequence,
        span=Span(row.starts_at, row.ends_at),
        zone=row.zone,
        summary=_headline(row, feed),
        description=f"{public_url}/bookings/{row.id}" if public_url and shows_place else "",
        location=f"{row.room}, {row.site}" if row.room and shows_place else "",
        join_link=row.join_link if shows_place else "",
        status=_status(row.state, is_off),
        busy=_busy(row.partstat),
        created_at=row.created_at,
        revised_at=max(row.revised_at, row.removed_at) if row.removed_at else row.revised_at,
    )


def _headline(row: Row[*tuple[Any, ...]], feed: Feed) -> str:
    language = feed.person.language
    if feed.privacy is FeedPrivacy.BUSY:
        return translate(BUSY_WORD, language)
    if feed.privacy is FeedPrivacy.KIND:
        return kind_words(row.kind, language)
    return summary(row.kind, row.title, row.case_ref, language)


def _status(state: BookingState, is_off: bool) -> Status:
    if is_off:
        return "CANCELLED"
    return "TENTATIVE" if state in UNCONFIRMED_STATES else "CONFIRMED"


def _busy(partstat: Partstat | None) -> Busy:
    """Return how the time reads: who has declined is free (RFC 5545 3.2.12)."""
    if partstat is Partstat.DECLINED:
        return "FREE"
    return "TENTATIVE" if partstat is Partstat.TENTATIVE else "BUSY"


def _duties(session: Session, feed: Feed, window: Span, gone_since: datetime) -> Iterator[Entry]:
    """Yield duties, which take no time: who is on call may be booked. So "busy" has no word for them."""
    if feed.privacy is FeedPrivacy.BUSY:
        return iter(())
    query: Columns = select(
        *(Duty.id, Duty.starts_at, Duty.ends_at, Duty.recorded_at, Duty.superseded_at),
        *(DutyLine.name.label("line"), Site.name.label("site"), Site.zone, *_HOLDER),
    )
    rows = session.execute(_of_duties(query, feed, window, gone_since))
    return (_duty(row, feed) for row in rows)


def _of_duties(query: Columns, feed: Feed, window: Span, gone_since: datetime) -> Columns:
    return (
        query.select_from(Duty)
        .join(DutyLine, DutyLine.id == Duty.line_id)
        .join(Department, Department.id == DutyLine.department_id)
        .join(Site, Site.id == Department.site_id)
        .join(Person, Person.id == Duty.person_id)
        .where(
            _is_held(feed),
            Duty.starts_at < window.ends_at,
            Duty.ends_at > window.starts_at,
            or_(Duty.superseded_at.is_(None), Duty.superseded_at > gone_since),
        )
    )


def _is_held(feed: Feed) -> ColumnElement[bool]:
    """Return which duties stand in a feed: the person's own, or everybody's on a line or in a department."""
    if feed.scope is FeedScope.LINE:
        return Duty.line_id == feed.line_id
    if feed.scope is FeedScope.DEPARTMENT:
        return DutyLine.department_id == feed.department_id
    return Duty.person_id == feed.person_id


def _duty(row: Row[*tuple[Any, ...]], feed: Feed) -> Entry:
    shows_place = feed.privacy is FeedPrivacy.KIND_AND_PLACE
    is_off = row.superseded_at is not None
    return Entry(
        uid=f"duty-{row.id}@{UID_DOMAIN}",
        sequence=1 if is_off else 0,
        span=Span(row.starts_at, row.ends_at),
        zone=row.zone,
        summary=_duty_headline(row, feed),
        description="",
        location=row.site if shows_place and not is_off else "",
        join_link="",
        status="CANCELLED" if is_off else "CONFIRMED",
        busy="FREE",
        created_at=row.recorded_at,
        revised_at=row.superseded_at or row.recorded_at,
    )


def _duty_headline(row: Row[*tuple[Any, ...]], feed: Feed) -> str:
    """Return "Duty: Neurology" for one's own, and "Neurology: Dr. Jana Okafor" where others hold it too."""
    word = translate(DUTY_WORD, feed.person.language)
    if feed.privacy is not FeedPrivacy.KIND_AND_PLACE:
        return word
    if feed.scope is FeedScope.OWN:
        return f"{word}: {row.line}"
    name = " ".join(part for part in (row.title, row.given_name, row.family_name) if part)
    return f"{row.line}: {name}"
