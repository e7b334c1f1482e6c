"""What we send stands at the right time in a real calendar client: khal, with files of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.invites import Kind
from confsched.domain.kinds import FeedPrivacy
from confsched.formats.ical import join_feed, render_event
from confsched.mail.compose import compose
from confsched.mail.envelopes import House, envelope_of
from confsched.models.bookings import Booking
from confsched.models.feeds import Feed
from confsched.models.outbox import OutboxMessage
from confsched.services import bookings, consult_times, consults, feeds
from confsched.services.consults import Question
from confsched.services.feed_entries import feed_entries
from tests.world import World, build_world

HOUSE = House("https://termine.confsched.example", "termine@confsched.example")
# A weekday on either side of each clock change in Berlin, 10:00 local each time.
BEFORE_AND_AFTER = [
    pytest.param(datetime(2026, 10, 23, 8, tzinfo=UTC), "23.10.2026 10:00", id="before October's change"),
    pytest.param(datetime(2026, 10, 26, 9, tzinfo=UTC), "26.10.2026 10:00", id="after October's change"),
    pytest.param(datetime(2027, 3, 25, 9, tzinfo=UTC), "25.03.2027 10:00", id="before March's change"),
    pytest.param(datetime(2027, 3, 30, 8, tzinfo=UTC), "30.03.2027 10:00", id="after March's change"),
]


class Khal:
    """Drive the real client on a calendar folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.calendar = folder / "calendar"
        self.calendar.mkdir()
        self.config = folder / "config"
        self.config.write_text(
            f"[calendars]\n[[work]]\npath = {self.calendar}\n"
            "[locale]\nlocal_timezone = Europe/Berlin\ndefault_timezone = Europe/Berlin\n"
            "timeformat = %H:%M\ndateformat = %d.%m.\nlongdateformat = %d.%m.%Y\n"
            "datetimeformat = %d.%m. %H:%M\nlongdatetimeformat = %d.%m.%Y %H:%M\n"
            f"[sqlite]\npath = {folder / 'khal.db'}\n[default]\ndefault_calendar = work\n"
        )
        self.environment = {**os.environ, "HOME": str(folder), "TZ": "Europe/Berlin", "LC_ALL": "C.UTF-8"}

    def take(self, calendar: bytes, folder: Path) -> None:
        """Import a calendar file, as a click on an attachment does."""
        file = folder / "given.ics"
        file.write_bytes(calendar)
        self._run("import", "--batch", str(file))

    def shows(self, day: datetime) -> str:
        """Return what the client shows for a day."""
        form = "{start-long}|{end-time}|{title}|{location}|{status}"
        return self._run("list", "--format", form, "--day-format", "", f"{day:%d.%m.%Y}", "1d")

    def _run(self, *arguments: str) -> str:
        command = [str(Path(sys.executable).with_name("khal")), "--config", str(self.config), *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def khal(tmp_path: Path) -> Khal:
    return Khal(tmp_path)


def booked(database: Database, starts_at: datetime) -> tuple[World, Booking]:
    """Book the consult of the small network at an exact time, two days before it."""
    now = starts_at - timedelta(days=2)
    with database.transaction() as session:
        world = build_world(session)
        actor = world.actor(world.requester)
        question = Question(world.service.id, "FK-7Q2M", "Umstellung sinnvoll?", starts_at.date())
        consult = consults.request(session, actor, question, now=now, key="k")
        consult_times.hold(session, actor, consult, starts_at, now=now)
        return world, consult_times.book(session, actor, consult, now=now)


def sent_calendar(database: Database, kind: Kind) -> bytes:
    """Return the calendar out of a finished mail, read as a mail program reads it."""
    with database.read() as session:
        query = select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.recipient)
        message = session.scalars(query).first()
        assert message is not None
        mail = BytesParser(policy=policy.default).parsebytes(compose(envelope_of(message, HOUSE)))
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content
    raise AssertionError("the mail carries a calendar")


def feed_of(database: Database, feed: Feed, now: datetime) -> bytes:
    """Return the feed as its address gives it."""
    with database.read() as session:
        entries = feed_entries(session, session.get_one(Feed, feed.id), now=now)
    return join_feed("Kalender", {entry.zone for entry in entries}, map(render_event, entries), 60)


@pytest.mark.parametrize(("starts_at", "shown"), BEFORE_AND_AFTER)
def test_an_invitation_stands_in_the_client_at_local_time(
    sqlite_database: Database, khal: Khal, tmp_path: Path, starts_at: datetime, shown: str
) -> None:
    """PEER_FAILURES 12: a time across the clock change is not an hour off."""
    booked(sqlite_database, starts_at)
    khal.take(sent_calendar(sqlite_database, Kind.INVITATION), tmp_path)
    line = khal.shows(starts_at)
    assert line.startswith(shown) and "FK-7Q2M" in line and "Umstellung" not in line


def test_an_update_moves_the_entry_and_leaves_none_behind(
    sqlite_database: Database, khal: Khal, tmp_path: Path
) -> None:
    """PEER_FAILURES 8: one meeting, one UID, one entry."""
    starts_at = datetime(2026, 11, 25, 9, tzinfo=UTC)
    world, booking = booked(sqlite_database, starts_at)
    khal.take(sent_calendar(sqlite_database, Kind.INVITATION), tmp_path)
    with sqlite_database.transaction() as session:
        standing = session.get_one(Booking, booking.id)
        bookings.move(
            session,
            world.actor(world.requester),
            standing,
            starts_at + timedelta(hours=2),
            now=starts_at - timedelta(days=1),
        )
    khal.take(sent_calendar(sqlite_database, Kind.UPDATE), tmp_path)
    assert [line[:16] for line in khal.shows(starts_at).splitlines()] == ["25.11.2026 12:00"]


def test_a_feed_shows_the_meeting_and_its_cancellation(
    sqlite_database: Database, khal: Khal, tmp_path: Path
) -> None:
    """PEER_FAILURES 28: what was called off stays as cancelled instead of vanishing."""
    starts_at = datetime(2026, 11, 25, 9, tzinfo=UTC)
    world, booking = booked(sqlite_database, starts_at)
    now = starts_at - timedelta(days=1)
    actor = world.actor(world.requester)
    with sqlite_database.transaction() as session:
        feed, _token = feeds.create_feed(session, actor, "khal", privacy=FeedPrivacy.KIND_AND_PLACE, now=now)
    khal.take(feed_of(sqlite_database, feed, now), tmp_path)
    assert khal.shows(starts_at).startswith("25.11.2026 10:00")
    with sqlite_database.transaction() as session:
        bookings.cancel(session, actor, session.get_one(Booking, booking.id), now=now)
    khal.take(feed_of(sqlite_database, feed, now), tmp_path)
    assert khal.shows(starts_at).rstrip().endswith("CANCELLED")
