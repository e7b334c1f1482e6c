"""A series of four Thursdays for tests: three members, and a guest of the second date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.clock import local_day
from confsched.domain.bookings import BookingState
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import ConferenceKind, ConferenceState, HolidayRule, LateRule, StandardCare
from confsched.mail.envelopes import House, envelope_of
from confsched.models.bookings import Booking, Participation
from confsched.models.conferences import Conference
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.series import ConferenceSeries
from confsched.services import bookings, series_invitations
from confsched.services.series_invitations import SeriesBefore
from tests.formats.ical_rules import assert_interop
from tests.world import NOW, ZONE, World

HOUSE = House("https://termine.confsched.example", "termine@confsched.example")
FIRST = datetime(2026, 11, 26, 14, tzinfo=UTC)  # Thursday 15:00 in Berlin
WEEK = timedelta(weeks=1)
HOUR = timedelta(hours=1)
LATER = NOW + HOUR
THURSDAYS = "FREQ=WEEKLY;BYDAY=TH;WKST=MO"
RIDS = [FIRST + WEEK * number for number in range(4)]


@dataclass(frozen=True)
class Board:
    """Hold a series of four Thursdays: three members, and a guest of the second date."""

    session: Session
    world: World
    series: ConferenceSeries
    dates: list[Booking]

    def told(self, was: SeriesBefore, at: datetime = LATER) -> set[tuple[str, Kind, str]]:
        """Announce the series; return who is told what of which: "all", the date's number, or "own"."""
        return self.named(series_invitations.announce(self.session, self.series, was, now=at))

    def named(self, messages: list[OutboxMessage]) -> set[tuple[str, Kind, str]]:
        return {(message.recipient.split(".")[0], message.kind, self._about(message)) for message in messages}

    def _about(self, message: OutboxMessage) -> str:
        event = calendar_of(message).walk("VEVENT")[0]
        if event["UID"] != self.series.uid:
            return "own"
        return (
            str(RIDS.index(event["RECURRENCE-ID"].dt.astimezone(UTC))) if "RECURRENCE-ID" in event else "all"
        )

    def was(self) -> SeriesBefore:
        return series_invitations.before(self.session, self.series)


def calendar_of(message: OutboxMessage) -> Calendar:
    calendar = envelope_of(message, HOUSE).calendar
    assert calendar is not None
    return assert_interop(calendar.encode())


def latest(session: Session) -> list[OutboxMessage]:
    """Return the messages of the last change."""
    session.flush()
    return list(session.scalars(select(OutboxMessage).where(OutboxMessage.created_at == LATER)))


def part(person: Person, world: World, *, is_of_series: bool = True) -> Participation:
    return Participation(
        person=person,
        organisation_id=world.hub.organisation_id,
        serves="neurology",
        is_of_series=is_of_series,
        invited_at=NOW,
    )


def add_series(session: Session, world: World, starts: list[datetime], **values: object) -> ConferenceSeries:
    series = ConferenceSeries(
        title="Neuro board",
        kind=ConferenceKind.CASE_CONFERENCE,
        organisation_id=world.hub.organisation_id,
        site_id=world.hub.id,
        organiser_id=world.secretary.id,
        chair_id=world.neurologist.id,
        zone=ZONE,
        rule=THURSDAYS,
        first_on=local_day(starts[0], ZONE),
        until_on=local_day(starts[-1], ZONE),
        starts_at_local=(starts[0] + HOUR).time(),
        duration_minutes=60,
        holiday_rule=HolidayRule.SKIP,
        capacity_minutes=60,
        late_rule=LateRule.CHAIR_APPROVES,
        standard_care=StandardCare.LISTED,
        uid=f"series-{starts[0]:%H%M%d}@confsched",
        created_at=NOW,
        revised_at=NOW,
    )
    for name, value in values.items():
        setattr(series, name, value)
    session.add(series)
    session.flush()
    return series


def add_date(session: Session, world: World, series: ConferenceSeries, starts_at: datetime) -> Booking:
    meeting = bookings.Meeting(
        kind=bookings.BookingKind.CONFERENCE,
        title=series.title,
        span=Span(starts_at, starts_at + HOUR),
        zone=ZONE,
        organisation_id=series.organisation_id,
        join_link="https://video.example/board",
    )
    booking = bookings.create(session, world.actor(world.secretary), meeting, [], now=NOW)
    booking.series_id, booking.recurrence_at = series.id, starts_at
    people = (world.neurologist, world.second_neurologist, world.requester)
    session.add(_conference(world, series, booking))
    booking.participations = [part(session.get_one(Person, one.id), world) for one in people]
    for position, participation in enumerate(booking.participations):
        participation.position = position
    return booking


def _conference(world: World, series: ConferenceSeries, booking: Booking) -> Conference:
    day = local_day(booking.starts_at, ZONE)
    return Conference(
        title=series.title,
        duration_minutes=60,
        search_from_on=day,
        search_until_on=day,
        site_id=world.hub.id,
        organisation_id=series.organisation_id,
        organiser_id=series.organiser_id,
        state=ConferenceState.REGISTRATION_OPEN,
        booking=booking,
        series_id=series.id,
        occurs_at=booking.starts_at,
        created_at=NOW,
    )


def add_board(session: Session, world: World) -> Board:
    """Write the series, of which nobody has been told yet."""
    series = add_series(session, world, RIDS, join_link="https://video.example/board")
    dates = [add_date(session, world, series, at) for at in RIDS]
    guest = session.get_one(Person, world.second_requester.id)
    dates[1].participations.append(part(guest, world, is_of_series=False))
    dates[1].participations[-1].position = 3
    session.flush()
    return Board(session, world, series, dates)


def move(board: Board, number: int, by: timedelta) -> None:
    booking = board.dates[number]
    booking.starts_at, booking.ends_at = booking.starts_at + by, booking.ends_at + by
    series_invitations.leave_if_out_of_place(board.session, booking)


def change_time(board: Board) -> None:
    """Let the series, and the dates that belong to it, begin an hour later by its rule."""
    board.series.starts_at_local = time(board.series.starts_at_local.hour + 1)
    for booking in board.dates:
        if booking.recurrence_at is not None:
            booking.recurrence_at += HOUR
            booking.starts_at, booking.ends_at = booking.starts_at + HOUR, booking.ends_at + HOUR


def call_off(board: Board, *numbers: int) -> None:
    for number in numbers:
        board.dates[number].state = BookingState.CANCELLED


def leave(board: Board, *numbers: int) -> None:
    """Let Tom leave some dates."""
    for number in numbers:
        board.dates[number].participations[1].removed_at = LATER


def end(board: Board) -> None:
    call_off(board, 2, 3)
    board.series.ended_at = LATER
