"""A series is the same in our rows and in two calendar programs: every shape, over both clock changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta

import recurring_ical_events
import vobject
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import FeedPrivacy
from confsched.formats.ical import join_feed, render_event
from confsched.mail.envelopes import House, envelope_of
from confsched.models.bookings import Booking
from confsched.models.people import Person
from confsched.models.series import ConferenceSeries
from confsched.services import feeds, invitations, series_invitations, series_rows
from confsched.services import invitation_rows as rows
from confsched.services.feed_entries import feed_entries
from confsched.services.invitation_rows import Before, Subject
from confsched.services.series_messages import invite_to
from confsched.services.series_rows import Laid
from tests.formats.ical_rules import assert_interop
from tests.support.series import MADE_AT, Made, make
from tests.world import World, build_world

HOUSE = House("https://termine.confsched.example", "termine@confsched.example")
SERIES = 500
IN_DATABASE = 25
WIDE = timedelta(days=400)
EVENTS = {
    *("weekly", "nth_weekday", "month_day", "last_workday"),
    *("holiday skipped", "holiday moved", "moved", "moved far", "cancelled", "not with the member"),
    *("other link", "split off", "this and following"),
}


def calendars(made: Made) -> Iterator[bytes]:
    """Give what mails bring to the calendar of the member: each series, and each date that has left one."""
    for series in made.series:
        if own := made.of(series):
            reader = own[0].participations[0]
            values = series_rows.values_of(series, Laid.of(series), own, reader)
            yield _sent(series, own[0], values, series.sequence)
    for booking in made.held():
        if booking.series_id is None:
            values = rows.values_of(booking, None) | {"kind": "conference"}
            values |= {"path": "/", "attendees": rows.attendees_of(booking)}
            yield _sent(made.series[0], booking, values, booking.sequence)


def _sent(series: ConferenceSeries, booking: Booking, values: dict[str, object], sequence: int) -> bytes:
    reader = booking.participations[0]
    invite = invite_to(reader, Kind.INVITATION, sequence)
    message = rows.new_message(Subject(series.organisation_id), invite, reader.person.id, values, MADE_AT)
    calendar = envelope_of(message, HOUSE).calendar
    assert calendar is not None
    return calendar.encode()


def seen_by_icalendar(data: bytes) -> Iterator[Span]:
    calendar = assert_interop(data)
    masters = {one["UID"]: one for one in reversed(calendar.walk("VEVENT"))}
    for one in calendar.walk("VEVENT"):
        assert one["SEQUENCE"] >= masters[one["UID"]]["SEQUENCE"], "no exception is older than its master"
    starts_at = next(iter(masters.values()))["DTSTART"].dt
    for event in recurring_ical_events.of(calendar).between(starts_at - WIDE, starts_at + WIDE):
        if event["STATUS"] != "CANCELLED":
            yield Span(event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC))


def seen_by_vobject(data: bytes) -> Iterator[Span]:
    """Expand with another reader, which takes hours from our VTIMEZONE, and lay the exceptions over it."""
    events = vobject.readOne(data.decode()).vevent_list
    overridden = {
        (one.uid.value, one.recurrence_id.value.astimezone(UTC))
        for one in events
        if hasattr(one, "recurrence_id")
    }
    for one in (event for event in events if event.status.value != "CANCELLED"):
        length = one.dtend.value.astimezone(UTC) - one.dtstart.value.astimezone(UTC)
        starts = one.getrruleset() if hasattr(one, "rrule") else [one.dtstart.value]
        for starts_at in (start.astimezone(UTC) for start in starts):
            if not hasattr(one, "rrule") or (one.uid.value, starts_at) not in overridden:
                yield Span(starts_at, starts_at + length)


def test_five_hundred_series_are_the_same_in_our_rows_and_in_two_calendar_programs(
    record_property: Callable[[str, object], None],
) -> None:
    """PEER_FAILURES 18, 19, 23: the same days, the same hours on the wall, no exception below its master."""
    done: Counter[str] = Counter()
    dates = 0
    for number in range(SERIES):
        made = make(number)
        written = list(calendars(made))
        expected = made.spans()
        assert sorted(span for data in written for span in seen_by_icalendar(data)) == expected, number
        assert sorted(span for data in written for span in seen_by_vobject(data)) == expected, number
        done.update(made.done)
        dates += len(expected)
    assert done.keys() == EVENTS
    assert min(done.values()) > SERIES // 20
    record_property("figure", f"{SERIES} series with {dates} dates alike in three places: {dict(done)}")


def test_what_the_outbox_sends_and_what_a_feed_gives_are_the_rows_of_the_database(database: Database) -> None:
    """PEER_FAILURES 28: what is off stays in the feed as cancelled, and is held by nobody."""
    now = MADE_AT + timedelta(days=60)
    with database.transaction() as session:
        world = build_world(session)
        expected, sent = [], []
        for number in range(IN_DATABASE):
            made = _stored(session, world, number)
            for series in made.series:
                told = series_invitations.announce(
                    session, series, series_invitations.before(session, None), now=MADE_AT
                )
                assert len(told) == (1 if made.of(series) else 0), "one mail for a whole series"
                sent += told
            alone = [one for one in made.held() if one.series_id is None]
            nobody = Before(None)
            sent += [m for one in alone for m in invitations.announce(session, one, nobody, now=MADE_AT)]
            expected += made.spans()
        session.flush()
        calendars = [str(envelope_of(message, HOUSE).calendar).encode() for message in sent]
        actor = world.actor(world.neurologist)
        feed, _ = feeds.create_feed(session, actor, "x", privacy=FeedPrivacy.KIND_AND_PLACE, now=now)
        entries = feed_entries(session, feed, now=now)
    written = join_feed("x", {entry.zone for entry in entries}, map(render_event, entries), 60)
    for seen in (seen_by_icalendar, seen_by_vobject):
        assert sorted(span for data in calendars for span in seen(data)) == sorted(expected)
        assert sorted(seen(written)) == sorted(expected)
    assert b"STATUS:CANCELLED" in written


def _stored(session: Session, world: World, number: int) -> Made:
    """Write the series of a number with the neurologist as its member."""
    hub = world.hub
    made = make(
        number,
        session.get_one(Person, world.neurologist.id),
        organiser=session.get_one(Person, world.secretary.id),
        organisation_id=hub.organisation_id,
        site_id=hub.id,
        chair_id=world.neurologist.id,
    )
    session.add_all(made.series)
    session.flush()
    session.add_all(made.bookings)
    session.flush()
    return made
