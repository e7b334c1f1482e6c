"""A calendar that does nothing but follow the mails shows what the database holds, whatever has happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import recurring_ical_events
from icalendar import Calendar, Event

from confsched.db import Database
from confsched.domain.bookings import BookingState
from confsched.domain.intervals import Span
from confsched.models.bookings import Booking
from confsched.models.outbox import OutboxMessage
from confsched.services import invitations, series_invitations
from tests.support.series import span_of
from tests.support.series_board import HOUR, LATER, WEEK, Board, add_board, calendar_of, change_time
from tests.world import NOW, build_world

STORIES = 12
CHANGES = 7


class _Over(Exception):
    """Take back what a story has changed."""


@dataclass
class Client:
    """Keep a calendar as programs do: a master is replaced, an exception merged (RFC 5546 3.2.2)."""

    events: dict[tuple[str, datetime | None], Event] = field(default_factory=dict)

    def take(self, message: OutboxMessage) -> None:
        calendar = calendar_of(message)
        events = calendar.walk("VEVENT")
        for event in events:
            self._check_order(event)
        if "RECURRENCE-ID" not in events[0]:
            uid = str(events[0]["UID"])
            self.events = {key: event for key, event in self.events.items() if key[0] != uid}
        for event in events:
            if calendar["METHOD"] == "CANCEL":
                event["STATUS"] = "CANCELLED"
            self.events[_key(event)] = event

    def _check_order(self, event: Event) -> None:
        """A lower SEQUENCE than that of the entry, or of the master, would be taken for an old message."""
        for key in (_key(event), (str(event["UID"]), None)):
            if key in self.events:
                assert event["SEQUENCE"] >= self.events[key]["SEQUENCE"], "nothing goes back"

    def spans(self) -> list[Span]:
        calendar = Calendar()
        for event in self.events.values():
            calendar.add_component(event)
        if not self.events:
            return []
        found = recurring_ical_events.of(calendar).between(NOW - WEEK, NOW + 60 * WEEK)
        return sorted(
            Span(event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC))
            for event in found
            if event.get("STATUS") != "CANCELLED"
        )


def _key(event: Event) -> tuple[str, datetime | None]:
    at = event["RECURRENCE-ID"].dt.astimezone(UTC) if "RECURRENCE-ID" in event else None
    return str(event["UID"]), at


def happen(rng: Random, board: Board, now: datetime) -> list[OutboxMessage]:
    """Change one date, or the hour of all, as pages do, and return the mails."""
    standing = [one for one in board.dates if one.state is BookingState.BOOKED]
    if not standing or rng.random() < 0.15:
        was = board.was()
        change_time(board)
        return series_invitations.announce(board.session, board.series, was, now=now)
    booking = rng.choice(standing)
    remembered, was = invitations.before(booking), board.was()
    _change(rng, board, booking, now)
    if rng.random() < 0.5:
        return invitations.announce(board.session, booking, remembered, now=now)
    return series_invitations.announce(board.session, board.series, was, now=now)


def _change(rng: Random, board: Board, booking: Booking, now: datetime) -> None:
    what, someone = rng.randrange(6), rng.choice(booking.participations)
    if what == 0:
        booking.state = BookingState.CANCELLED
    elif what == 1:
        booking.join_link = f"https://video.example/{now:%H}"
    elif what == 2:
        someone.removed_at = now if someone.removed_at is None else None
    else:
        by = rng.choice((HOUR, -HOUR, 26 * HOUR, WEEK + HOUR, -WEEK - HOUR))
        booking.starts_at, booking.ends_at = booking.starts_at + by, booking.ends_at + by
        series_invitations.leave_if_out_of_place(board.session, booking)


def test_a_calendar_that_follows_the_mails_shows_what_the_database_holds(database: Database) -> None:
    """PEER_FAILURES 22, 23: a message of one date leaves the others, and none counts below a former one."""
    with database.transaction() as session:
        world = build_world(session)
        for number in range(STORIES):
            with pytest.raises(_Over), session.begin_nested():
                board = add_board(session, world)
                told = series_invitations.announce(
                    session, board.series, series_invitations.before(session, None), now=NOW
                )
                _follow(Random(number), board, told)
                raise _Over


def _follow(rng: Random, board: Board, told: list[OutboxMessage]) -> None:
    clients: dict[str, Client] = {}
    for step in range(CHANGES):
        for message in told:
            clients.setdefault(message.recipient, Client()).take(message)
        for email, client in clients.items():
            assert client.spans() == _held(board, email), (step, email)
        told = happen(rng, board, LATER + timedelta(minutes=step))


def _held(board: Board, email: str) -> list[Span]:
    return sorted(
        span_of(booking)
        for booking in board.dates
        if booking.state is BookingState.BOOKED
        for p in booking.participations
        if p.person.email == email and p.removed_at is None
    )
