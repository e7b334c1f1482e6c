"""When a duty changes hands, its consults follow, and nothing is ever done by half."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import ConsultState, FeedPrivacy, Partstat, SubjectKind
from confsched.errors import msg
from confsched.mail.envelopes import House, envelope_of
from confsched.models.bookings import Booking, Participation
from confsched.models.catalogue import Requirement
from confsched.models.claims import Claim
from confsched.models.consults import Consult
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.services import bookings, claims, consult_times, feeds
from confsched.services.affected import Loss, affected_meetings
from confsched.services.feed_entries import feed_entries
from confsched.services.rebinding import hand_over, rebind
from tests.support.outbox import all_messages
from tests.world import NOW, World, ask, book, leave_one_neurologist, local

WEDNESDAY = date(2026, 11, 25)
DAY = Span(local(WEDNESDAY, time(8)), local(WEDNESDAY + timedelta(days=1), time(8)))
TEN = local(WEDNESDAY, time(10))
HOUSE = House("https://planung.example", "planung@haus.example")


@pytest.fixture
def line(session: Session, world: World) -> DutyLine:
    """Give the line of the service, whose holder is there for its consults."""
    line = session.get_one(DutyLine, world.line.id)
    line.makes_available = True
    session.flush()
    return line


def hold_line(session: Session, person: Person, line: DutyLine, span: Span = DAY) -> None:
    """Let a person hold a line."""
    duty = Duty(
        line_id=line.id,
        person_id=person.id,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        day=span.starts_at.date(),
        origin="test",
        recorded_at=NOW,
    )
    session.add(duty)
    session.flush()


def consult_at(session: Session, world: World, at: datetime, key: str = "key-1") -> Booking:
    """Book a consult that the first neurologist serves."""
    booking = book(session, world, at, key)
    part = next(p for p in booking.participations if p.person_id != world.requester.id)
    if part.person_id != world.neurologist.id:
        hand_over(session, None, booking, part.person_id, world.neurologist.id, now=NOW)
        session.delete(part)
        for message in all_messages(session):
            session.delete(message)
        session.flush()
        session.refresh(booking)
    return booking


def change_hands(
    session: Session, world: World, line: DutyLine, span: Span = DAY, now: datetime = NOW
) -> list[Booking]:
    return rebind(
        session,
        world.actor(world.secretary),
        line,
        span,
        world.neurologist.id,
        world.second_neurologist.id,
        now=now,
    )


def consultants(booking: Booking) -> list[str]:
    return [p.person.family_name for p in bookings.people_of(booking) if p.serves != "requester"]


def claimed(session: Session, booking: Booking) -> set[object]:
    return set(session.scalars(select(Claim.subject_id).where(Claim.booking_id == booking.id)))


def test_a_consult_follows_the_duty_with_time_people_mails_and_feeds(
    session: Session, world: World, line: DutyLine
) -> None:
    """Cover line 24: CANCEL goes to who leaves and REQUEST to who joins, with one UID for both."""
    booking = consult_at(session, world, TEN)
    later = NOW + timedelta(hours=1)
    assert change_hands(session, world, line, now=later) == [booking]
    session.flush()
    assert consultants(booking) == ["Brandt"]
    assert claimed(session, booking) == {world.second_neurologist.id, world.requester.id}
    told = {message.recipient_id: message for message in all_messages(session) if message.created_at == later}
    assert {person: told[person].kind for person in told} == {
        world.neurologist.id: Kind.REMOVAL,
        world.second_neurologist.id: Kind.INVITATION,
    }
    calendars = [Calendar.from_ical(envelope_of(one, HOUSE).calendar or "") for one in told.values()]
    assert {calendar["METHOD"] for calendar in calendars} == {"CANCEL", "REQUEST"}
    events = [calendar.events[0] for calendar in calendars]
    assert {(event["UID"], event["SEQUENCE"]) for event in events} == {(booking.uid, booking.sequence)}
    assert {event["DTSTAMP"].dt for event in events} == {later}
    assert [status_in_feed(session, world, one, booking, later) for one in told] == [
        "CANCELLED" if one == world.neurologist.id else "CONFIRMED" for one in told
    ]


def status_in_feed(session: Session, world: World, person_id: object, booking: Booking, now: datetime) -> str:
    actor = next(one for one in world.actors.values() if one.person_id == person_id)
    feed, _ = feeds.create_feed(session, actor, "Phone", privacy=FeedPrivacy.KIND, now=now)
    return next(entry.status for entry in feed_entries(session, feed, now=now) if entry.uid == booking.uid)


def test_a_second_time_changes_nothing(session: Session, world: World, line: DutyLine) -> None:
    booking = consult_at(session, world, TEN)
    change_hands(session, world, line)
    session.flush()
    before = (booking.revision, len(all_messages(session)))
    assert change_hands(session, world, line) == []
    assert (booking.revision, len(all_messages(session))) == before


def test_there_and_back_again_leaves_one_row_a_person(session: Session, world: World, line: DutyLine) -> None:
    booking = consult_at(session, world, TEN)
    change_hands(session, world, line)
    back = (world.second_neurologist.id, world.neurologist.id)
    assert rebind(session, None, line, DAY, *back, now=NOW + timedelta(hours=1)) == [booking]
    session.flush()
    session.refresh(booking)
    assert consultants(booking) == ["Okafor"]
    assert len(booking.participations) == 3
    assert booking.participations[0].booking_id == booking.id


def test_where_the_new_person_is_taken_the_meeting_stays_whole_and_is_reported(
    session: Session, world: World, line: DutyLine
) -> None:
    booking = consult_at(session, world, TEN)
    free = consult_at(session, world, TEN + timedelta(hours=1), "key-2")
    taking = claims.Taking(
        world.second_neurologist.id, SubjectKind.PERSON, Span(TEN, TEN + timedelta(minutes=5))
    )
    claims.take(session, [taking], now=NOW, state=ClaimState.FIRM)
    count = len(all_messages(session))
    assert change_hands(session, world, line) == [free]
    session.flush()
    assert consultants(booking) == ["Okafor"]
    assert claimed(session, booking) == {world.neurologist.id, world.requester.id}
    assert len(all_messages(session)) == count + 2
    loss = Loss(world.neurologist.id, DAY, line.id, msg("Duty"))
    assert [one.booking_id for one in affected_meetings(session, [loss], now=NOW)] == [booking.id]


@pytest.mark.parametrize(
    ("minutes_before", "follows"), [(1, True), (0, True), (-1, False)], ids=["before", "at", "after"]
)
def test_a_consult_that_has_begun_stays_with_its_consultant(
    session: Session, world: World, line: DutyLine, minutes_before: int, follows: bool
) -> None:
    booking = consult_at(session, world, TEN)
    now = TEN - timedelta(minutes=minutes_before)
    assert change_hands(session, world, line, now=now) == ([booking] if follows else [])


@pytest.mark.parametrize(
    ("starts", "ends", "follows"), [(0, 15, True), (-60, 0, False), (1, 60, False), (-60, 1, True)]
)
def test_only_what_begins_in_the_part_taken_over_follows(
    session: Session, world: World, line: DutyLine, starts: int, ends: int, follows: bool
) -> None:
    booking = consult_at(session, world, TEN)
    span = Span(TEN + timedelta(minutes=starts), TEN + timedelta(minutes=ends))
    assert change_hands(session, world, line, span) == ([booking] if follows else [])


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_swap_at_the_hour_counts_on_the_nights_on_which_the_clocks_change(
    session: Session, world: World, line: DutyLine, day: date
) -> None:
    """Cover line 13: from 02:00 to 06:00 local time, whatever the clock does in between."""
    booking = consult_at(session, world, TEN)
    claims.release_booking(session, booking.id)
    booking.starts_at, booking.ends_at = local(day, time(5, 30)), local(day, time(6, 15))
    session.flush()
    now = local(day, time(0)) - timedelta(minutes=1)
    night = Span(local(day, time(1)), local(day, time(6)))
    too_early = Span(local(day, time(0)), local(day, time(5)))
    assert change_hands(session, world, line, too_early, now) == []
    assert change_hands(session, world, line, night, now) == [booking]


def test_what_was_not_booked_through_the_line_stays(session: Session, world: World) -> None:
    line = session.get_one(DutyLine, world.line.id)
    consult_at(session, world, TEN)
    assert change_hands(session, world, line) == []


def test_a_service_that_requires_the_line_binds_as_well(session: Session, world: World) -> None:
    line = session.get_one(DutyLine, world.line.id)
    booking = consult_at(session, world, TEN)
    requirement = session.scalars(select(Requirement).where(Requirement.service_id == world.service.id)).one()
    requirement.duty_line_id = line.id
    session.flush()
    assert change_hands(session, world, line) == [booking]


def test_who_asks_is_not_replaced_by_who_takes_the_duty(
    session: Session, world: World, line: DutyLine
) -> None:
    booking = consult_at(session, world, TEN)
    own = next(p for p in booking.participations if p.person_id == world.neurologist.id)
    own.serves = "requester"
    session.flush()
    assert change_hands(session, world, line) == []


def test_a_meeting_that_was_called_off_follows_nobody(session: Session, world: World, line: DutyLine) -> None:
    booking = consult_at(session, world, TEN)
    bookings.cancel(session, world.actor(world.requester), booking, now=NOW)
    session.flush()
    assert change_hands(session, world, line) == []


def test_who_declined_is_replaced_and_the_new_one_is_taken(
    session: Session, world: World, line: DutyLine
) -> None:
    booking = consult_at(session, world, TEN)
    bookings.reply(session, world.actor(world.neurologist), booking, Partstat.DECLINED, now=NOW)
    session.flush()
    assert change_hands(session, world, line) == [booking]
    assert claimed(session, booking) == {world.second_neurologist.id, world.requester.id}


def test_a_time_that_is_only_held_is_given_back(session: Session, world: World, line: DutyLine) -> None:
    leave_one_neurologist(session, world)
    consult = ask(session, world)
    consult_times.hold(session, world.actor(world.requester), consult, TEN, now=NOW)
    assert change_hands(session, world, line) == []
    session.refresh(consult)
    assert (consult.state, consult.hold) == (ConsultState.OFFERED, None)
    assert session.scalars(select(Claim)).all() == []


def test_the_consult_itself_keeps_its_booking(session: Session, world: World, line: DutyLine) -> None:
    booking = consult_at(session, world, TEN)
    change_hands(session, world, line)
    consult = session.scalars(select(Consult)).one()
    assert (consult.booking_id, consult.state) == (booking.id, ConsultState.BOOKED)


def test_nobody_takes_the_part_of_another_in_a_meeting_they_are_in(session: Session, world: World) -> None:
    booking = consult_at(session, world, TEN)
    with pytest.raises(claims.Taken):
        hand_over(session, None, booking, world.neurologist.id, world.requester.id, now=NOW)
    assert session.scalars(select(Participation.removed_at)).all() == [None, None]
    assert not [one for one in session.scalars(select(OutboxMessage)) if one.kind is Kind.REMOVAL]
