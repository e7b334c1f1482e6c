"""What a feed holds: one's meetings and duties, or those of a line, and for a while what no longer holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import FeedPrivacy, FeedScope
from confsched.errors import msg
from confsched.formats.ical import Entry
from confsched.i18n import translate
from confsched.models.feeds import Feed
from confsched.models.network import Department, Site
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.services import feed_blocks, feed_meetings, feed_series
from confsched.services.feed_meetings import Columns, raw

DAYS_BACK = 366
DAYS_AHEAD = 731
# A program that was away for a long holiday still learns what was called off.
TOMBSTONE = timedelta(days=90)
UID_DOMAIN = "confsched"
DUTY_WORD = msg("Duty")

_HOLDER = (Person.title, Person.given_name, Person.family_name)


def feed_day(now: datetime) -> datetime:
    """Return when the day of a feed began: it changes by age once a day, not with every poll."""
    return datetime.combine(now.astimezone(UTC).date(), time.min, UTC)


def feed_entries(session: Session, feed: Feed, *, now: datetime, public_url: str = "") -> tuple[Entry, ...]:
    """Return the entries of a feed, in order, the same for the same data whenever it is asked on a day.

    What was called off, or no longer concerns the person, stays as CANCELLED for 90 days: a program that
    misses an entry keeps showing it.
    """
    window, gone_since = _reach(now)
    groups: list[tuple[Entry, ...]] = [(duty,) for duty in _duties(session, feed, window, gone_since)]
    if feed.scope is FeedScope.OWN:
        groups += [(one,) for one in feed_meetings.entries(session, feed, window, gone_since, public_url)]
        groups += feed_series.groups(session, feed, window, gone_since, public_url)
        groups += [(one,) for one in feed_blocks.entries(session, feed, window, gone_since, public_url)]
    # A master comes before its exceptions, wherever those have been moved.
    groups.sort(key=lambda group: (group[0].span.starts_at, group[0].uid))
    return tuple(entry for group in groups for entry in group)


def feed_parts(session: Session, feed: Feed, *, now: datetime) -> list[tuple[str, ...]]:
    """Return what tells one state of a feed from the next, ids and revisions, cheaper than its entries."""
    window, gone_since = _reach(now)
    parts: list[Row[*tuple[Any, ...]]] = []
    if feed.scope is FeedScope.OWN:
        parts += feed_meetings.parts(session, feed, window, gone_since)
        parts += feed_series.parts(session, feed, window, gone_since)
        parts += feed_blocks.parts(session, feed, window, gone_since)
    if feed.privacy is not FeedPrivacy.BUSY:
        names = (DutyLine.name, Site.name, Site.zone, *_HOLDER)
        duties = select(*raw(Duty.id, Duty.superseded_at, *names)).order_by(Duty.id)
        parts += session.execute(_of_duties(duties, feed, window, gone_since))
    return [tuple(map(str, part)) for part in parts]


def _reach(now: datetime) -> tuple[Span, datetime]:
    """Return the time that a feed speaks of, and since when what is gone still stands in it."""
    today = feed_day(now)
    window = Span(today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD))
    return window, today - TOMBSTONE


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
