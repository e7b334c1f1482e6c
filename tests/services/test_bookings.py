"""Moving and calling off, with claims, messages and rights, on both databases."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.bookings import BookingState
from confsched.domain.invites import Method
from confsched.domain.kinds import DutyType, Partstat
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.bookings import Booking
from confsched.models.claims import Claim
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.services import access, audit, booking_lists, bookings, claims
from confsched.services.claims import Taken
from tests.world import NOW, World, book, build_world, leave_one_neurologist, local

TUESDAY = date(2026, 11, 24)
NINE, TEN, NIGHT = local(TUESDAY, time(9)), local(TUESDAY, time(10)), local(TUESDAY, time(20))
REASON = "both agreed"


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        world = build_world(session)
        leave_one_neurologist(session, world)
    return world


def _sent(session: Session, booking: Booking) -> list[OutboxMessage]:
    query = select(OutboxMessage).where(OutboxMessage.booking_id == booking.id)
    return list(session.scalars(query.order_by(OutboxMessage.created_at)))


def test_moving_tells_everybody_and_asks_anew(database: Database, world: World) -> None:
    later = NOW + timedelta(minutes=1)
    with database.transaction() as session:
        booking = book(session, world, NINE)
        uid = booking.uid
        for participation in booking.participations:
            participation.partstat = Partstat.ACCEPTED
        bookings.move(session, world.actor(world.requester), booking, TEN, now=later)
    with database.read() as session:
        booking = session.scalars(select(Booking)).one()
        assert (booking.uid, booking.sequence, booking.revised_at) == (uid, 1, later)
        states = {p.person_id: p.partstat for p in booking.participations}
        assert states[world.neurologist.id] is Partstat.NEEDS_ACTION
        updates = [m for m in _sent(session, booking) if m.created_at == later]
        assert {m.recipient_id for m in updates} == set(states)
        assert {(m.method, m.snapshot["uid"], m.snapshot["sequence"]) for m in updates} == {
            (Method.REQUEST, uid, 1)
        }
        assert {claim.starts_at for claim in session.scalars(select(Claim))} == {TEN}
        assert audit.count_events(session, "booking.move", booking.id) == 1


def test_moving_to_the_same_time_changes_nothing(session: Session, world: World) -> None:
    booking = book(session, world, NINE)
    bookings.move(session, world.actor(world.requester), booking, NINE, now=NOW)
    assert (booking.sequence, len(_sent(session, booking))) == (0, 2)


def test_the_own_old_time_does_not_stand_in_the_way(session: Session, world: World) -> None:
    booking = book(session, world, NINE)
    at = NINE + timedelta(minutes=15)
    bookings.move(session, world.actor(world.requester), booking, at, now=NOW)
    assert booking.starts_at == at


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_moving_onto_a_taken_time_is_refused(database: Database, world: World, minutes: int) -> None:
    """Lines 2 and 3: a time is not taken twice, at its edges and inside, by moving either."""
    with database.transaction() as session:
        booking_id = book(session, world, NINE).id
        book(session, world, TEN, "key-2", by=world.second_requester)
    with pytest.raises(Taken), database.transaction() as session:
        booking = session.get_one(Booking, booking_id)
        at = TEN + timedelta(minutes=minutes)
        bookings.move(session, world.actor(world.requester), booking, at, now=NOW)
    with database.read() as session:
        booking = session.get_one(Booking, booking_id)
        assert (booking.starts_at, booking.sequence, len(_sent(session, booking))) == (NINE, 0, 2)


def test_a_conflict_is_overruled_with_a_reason_that_both_sides_see(session: Session, world: World) -> None:
    """Line 10: staff override a conflict knowingly, with a reason on record."""
    first = book(session, world, NINE)
    second = book(session, world, TEN, "key-2", by=world.second_requester)
    actor = world.actor(world.neurologist)
    bookings.move(session, actor, second, NINE, now=NOW, override_reason=REASON)
    for booking in (first, second):
        overlaps = claims.list_overlaps(session, booking.id)
        assert [(c.subject_id, c.blocking, c.override_reason, c.override_by_id) for c in overlaps] == [
            (world.neurologist.id, False, REASON, world.neurologist.id)
        ]


def test_an_overruled_time_outside_the_hours_is_no_overlap(session: Session, world: World) -> None:
    booking = book(session, world, NINE)
    actor = world.actor(world.neurologist)
    bookings.move(session, actor, booking, NIGHT, now=NOW, override_reason=REASON)
    assert claims.list_overlaps(session, booking.id) == []


@pytest.mark.parametrize("reason", [REASON, "x" * 201])
def test_who_has_not_the_right_does_not_overrule(session: Session, world: World, reason: str) -> None:
    booking = book(session, world, NINE)
    with pytest.raises(Refusal) as refused:
        bookings.move(session, world.actor(world.requester), booking, NIGHT, now=NOW, override_reason=reason)
    assert refused.value.field == "override_reason"


def test_a_reason_too_long_is_refused_not_cut(session: Session, world: World) -> None:
    booking, actor = book(session, world, NINE), world.actor(world.neurologist)
    with pytest.raises(Refusal, match="200") as refused:
        bookings.move(session, actor, booking, NIGHT, now=NOW, override_reason="x" * 201)
    assert refused.value.field == "override_reason"
    with pytest.raises(Refusal, match="200") as refused:
        bookings.cancel(session, actor, booking, now=NOW, reason="x" * 201)
    assert refused.value.field == "reason"


def test_what_has_begun_or_was_called_off_is_not_moved(session: Session, world: World) -> None:
    booking, actor = book(session, world, NINE), world.actor(world.requester)
    with pytest.raises(Conflict):
        bookings.move(session, actor, booking, TEN, now=NINE)
    bookings.cancel(session, actor, booking, now=NOW)
    with pytest.raises(Conflict):
        bookings.move(session, actor, booking, TEN, now=NOW)


def test_a_duty_for_the_service_makes_available_for_moving_too(session: Session, world: World) -> None:
    line = session.get_one(DutyLine, world.line.id)
    line.makes_available, line.duty_type = True, DutyType.ON_CALL_HOME
    booking = book(session, world, NINE)
    duty = Duty(
        line_id=line.id,
        person_id=world.neurologist.id,
        starts_at=local(TUESDAY, time(16)),
        ends_at=local(TUESDAY, time(23)),
        day=TUESDAY,
        origin="test",
        recorded_at=NOW,
    )
    session.add(duty)
    session.flush()
    bookings.move(session, world.actor(world.requester), booking, NIGHT, now=NOW)
    assert booking.starts_at == NIGHT


def test_calling_off_tells_everybody_once_and_frees_the_time(database: Database, world: World) -> None:
    """Line 5: cancel, and the freed time can be booked again. Line 11: twice is once."""
    with database.transaction() as session:
        booking = book(session, world, NINE)
        for _ in range(2):
            bookings.cancel(session, world.actor(world.requester), booking, now=NOW, reason="moved house")
        booking_id = booking.id
    with database.transaction() as session:
        booking = session.get_one(Booking, booking_id)
        assert (booking.state, booking.sequence) == (BookingState.CANCELLED, 1)
        cancels = [m for m in _sent(session, booking) if m.method is Method.CANCEL]
        assert {m.recipient_id for m in cancels} == {p.person_id for p in booking.participations}
        assert {(m.snapshot["uid"], m.snapshot["sequence"]) for m in cancels} == {(booking.uid, 1)}
        assert len(cancels) == 2
        assert list(session.scalars(select(Claim))) == []
        assert audit.count_events(session, "booking.cancel", booking_id) == 1
        book(session, world, NINE, "key-2", by=world.second_requester)


def test_what_has_begun_is_not_called_off(session: Session, world: World) -> None:
    booking = book(session, world, NINE)
    with pytest.raises(Conflict):
        bookings.cancel(session, world.actor(world.requester), booking, now=NINE)


@pytest.mark.parametrize(
    ("name", "sees", "changes", "reads"),
    [
        ("requester", True, True, True),
        ("neurologist", True, True, True),
        ("secretary", True, False, False),
        ("coordinator", True, False, False),
        ("second_neurologist", False, False, False),
        ("second_requester", False, False, False),
        ("admin", False, False, False),
        ("auditor", False, False, False),
        ("stranger", False, False, False),
    ],
)
def test_who_sees_who_changes_and_who_reads_the_question(
    session: Session, world: World, name: str, sees: bool, changes: bool, reads: bool
) -> None:
    booking = book(session, world, NINE)
    person: Person = getattr(world, name)
    actor = world.actor(person)
    assert _finds(session, world, person, booking, "see") is sees
    assert _finds(session, world, person, booking, "change") is changes
    assert bookings.may_change(session, actor, booking) is changes
    assert access.may_read_content(actor, booking) is reads
    listed = booking_lists.list_bookings(session, actor, since=NOW.date())
    assert [b.id for b in listed.bookings] == ([booking.id] if sees else [])


def test_who_has_left_a_meeting_no_longer_finds_it(session: Session, world: World) -> None:
    booking = book(session, world, NINE)
    own = next(p for p in booking.participations if p.person_id == world.neurologist.id)
    own.removed_at = NOW
    session.flush()
    assert not _finds(session, world, world.neurologist, booking, "see")
    assert not access.may_read_content(world.actor(world.neurologist), booking)


def _finds(session: Session, world: World, person: Person, booking: Booking, to: access.To) -> bool:
    try:
        access.get_booking(session, world.actor(person), booking.id, to=to)
    except NotFound:
        return False
    return True
