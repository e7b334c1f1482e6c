"""Shared consults: seats in meetings that stand, each with a case and a question of one's own."""

from __future__ import annotations

import threading
import uuid
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.bookings import BookingState
from confsched.domain.invites import Kind, Method
from confsched.domain.kinds import ConsultState
from confsched.errors import Conflict, NotFound
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.claims import Claim
from confsched.models.consults import Consult
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.services import access, bookings, consult_times, consults, seats
from tests.world import NOW, World, add_crowd, ask, book, build_world, local

TUESDAY = date(2026, 11, 24)
NINE, TEN = local(TUESDAY, time(9)), local(TUESDAY, time(10))


@pytest.fixture
def shared(session: Session, world: World) -> World:
    """Give the cast with a service of three seats."""
    session.get_one(Service, world.service.id).seats = 3
    return world


def _join(session: Session, world: World, booking: Booking, person: Person, key: str) -> Consult:
    actor = world.actor(person)
    consult = ask(session, world, key, by=person, case_ref=f"FK-{key.upper()}")
    consult_times.hold_seat(session, actor, consult, booking.id, now=NOW)
    consult_times.book(session, actor, consult, now=NOW)
    return consult


def _told(session: Session) -> list[tuple[uuid.UUID, Kind]]:
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.method.is_not(None)))
    return [(row.recipient_id, row.kind) for row in rows]


def test_a_standing_meeting_is_named_with_its_free_seats(session: Session, shared: World) -> None:
    booking = book(session, shared, NINE)
    consult = ask(session, shared, "key-2", by=shared.second_requester)
    (one,) = seats.list_standing(session, consult, now=NOW)
    assert (one.booking_id, one.free, one.seats) == (booking.id, 2, 3)
    assert len(one.names) == 1 and "Sander" not in str(one.names)
    consult_times.hold_seat(session, shared.actor(shared.second_requester), consult, booking.id, now=NOW)
    third = ask(session, shared, "key-3", by=add_crowd(session, shared, 1)[0])
    assert [one.free for one in seats.list_standing(session, third, now=NOW)] == [1], "held is not free"
    late = NOW + timedelta(minutes=11)
    assert [one.free for one in seats.list_standing(session, third, now=late)] == [2]


def test_a_time_held_before_the_service_had_seats_stays_with_who_held_it(
    session: Session, world: World
) -> None:
    """Whoever held it was promised a meeting of their own."""
    consult, actor = ask(session, world), world.actor(world.requester)
    consult_times.hold(session, actor, consult, NINE, now=NOW)
    session.get_one(Service, world.service.id).seats = 3
    booking = consult_times.book(session, actor, consult, now=NOW)
    other = ask(session, world, "key-2", by=world.second_requester)
    assert seats.list_standing(session, other, now=NOW) == ()
    assert booking.case_ref == consult.case_ref


def test_an_own_meeting_a_foreign_service_and_a_single_seat_are_not_named(
    session: Session, world: World
) -> None:
    book(session, world, NINE)
    other = ask(session, world, "key-2", by=world.second_requester)
    assert seats.list_standing(session, other, now=NOW) == ()
    session.get_one(Service, world.service.id).seats = 3
    assert seats.list_standing(session, other, now=NOW) == (), "booked for one case before it was shared"
    book(session, world, TEN, "key-4")
    mine = ask(session, world, "key-3")
    assert seats.list_standing(session, mine, now=NOW) == (), "who takes part is busy then"
    assert len(seats.list_standing(session, other, now=NOW)) == 1


def test_who_takes_a_seat_is_invited_and_nobody_else_is_told(session: Session, shared: World) -> None:
    booking = book(session, shared, NINE)
    before = _told(session)
    consult = _join(session, shared, booking, shared.second_requester, "key-2")
    assert consult.booking_id == booking.id and consult.state is ConsultState.BOOKED
    assert _told(session)[len(before) :] == [(shared.second_requester.id, Kind.INVITATION)]
    assert booking.sequence == 0
    assert len(session.scalars(select(Claim).where(Claim.booking_id == booking.id)).all()) == 3
    assert consult_times.book(session, shared.actor(shared.second_requester), consult, now=NOW) is booking


def test_each_reads_their_own_case_and_question_only(session: Session, shared: World) -> None:
    booking = book(session, shared, NINE)
    consult = _join(session, shared, booking, shared.second_requester, "key-2")
    assert booking.case_ref is None
    assert "FK-" not in str([row.snapshot["case_ref"] for row in session.scalars(select(OutboxMessage))])
    actor = shared.actor(shared.second_requester)
    assert [one.id for one in consults.list_of_booking(session, actor, booking)] == [consult.id]
    first = session.scalars(select(Consult).where(Consult.id != consult.id)).one()
    with pytest.raises(NotFound):
        access.get_consult(session, actor, first.id)
    answering = next(p.person for p in booking.participations if p.serves != "requester")
    assert len(consults.list_of_booking(session, shared.actor(answering), booking)) == 2


def test_who_shares_a_meeting_neither_moves_nor_cancels_it(session: Session, shared: World) -> None:
    booking = book(session, shared, NINE)
    _join(session, shared, booking, shared.second_requester, "key-2")
    session.flush()
    for person in (shared.requester, shared.second_requester):
        assert not bookings.may_change(session, shared.actor(person), booking)
    answering = next(p.person for p in booking.participations if p.serves != "requester")
    assert bookings.may_change(session, shared.actor(answering), booking)


def test_who_leaves_frees_the_seat_and_the_last_one_out_calls_it_off(session: Session, shared: World) -> None:
    booking = book(session, shared, NINE)
    first = session.scalars(select(Consult)).one()
    second = _join(session, shared, booking, shared.second_requester, "key-2")
    before = _told(session)
    actor = shared.actor(shared.requester)
    for _ in range(2):
        seats.leave(session, actor, first.id, now=NOW)
    assert (first.state, first.booking_id, booking.state) == (
        ConsultState.CANCELLED,
        None,
        BookingState.BOOKED,
    )
    assert _told(session)[len(before) :] == [(shared.requester.id, Kind.REMOVAL)]
    removal = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == Kind.REMOVAL)).one()
    assert removal.method is Method.CANCEL
    again = _join(session, shared, booking, shared.requester, "key-3")
    assert again.booking_id == booking.id
    seats.leave(session, actor, again.id, now=NOW)
    seats.leave(session, shared.actor(shared.second_requester), second.id, now=NOW)
    assert (booking.state, second.state) == (BookingState.CANCELLED, ConsultState.CANCELLED)
    assert session.scalars(select(Claim)).all() == []


def test_a_seat_in_a_meeting_that_has_moved_is_refused(session: Session, shared: World) -> None:
    booking = book(session, shared, NINE)
    actor = shared.actor(shared.second_requester)
    consult = ask(session, shared, "key-2", by=shared.second_requester)
    consult_times.hold_seat(session, actor, consult, booking.id, now=NOW)
    answering = next(p.person for p in booking.participations if p.serves != "requester")
    bookings.move(session, shared.actor(answering), booking, TEN, now=NOW)
    with pytest.raises(Conflict, match="moved or called off"):
        consult_times.book(session, actor, consult, now=NOW)


def test_a_seat_of_ones_own_meeting_or_of_nothing_is_refused(session: Session, shared: World) -> None:
    consult = ask(session, shared)
    actor = shared.actor(shared.requester)
    with pytest.raises(NotFound):
        consult_times.hold_seat(session, actor, consult, uuid.uuid4(), now=NOW)
    with pytest.raises(Conflict, match="no seat"):
        seats.leave(session, actor, consult.id, now=NOW)
    with pytest.raises(NotFound):
        seats.leave(session, shared.actor(shared.stranger), consult.id, now=NOW)


def test_of_eight_who_want_the_last_seat_one_gets_it(database: Database) -> None:
    with database.transaction() as session:
        world = build_world(session)
        session.get_one(Service, world.service.id).seats = 2
        booking_id = book(session, world, NINE).id
        crowd = add_crowd(session, world, 8)
        asked = [ask(session, world, by=person).id for person in crowd]
    barrier, won, refused = threading.Barrier(8), [], []

    def press(number: int) -> None:
        barrier.wait(60)
        actor = world.actor(crowd[number])
        try:
            with database.transaction() as session:
                consult = access.get_consult(session, actor, asked[number], to="change")
                consult_times.hold_seat(session, actor, consult, booking_id, now=NOW)
                won.append(consult_times.book(session, actor, consult, now=NOW).id)
        except seats.Full:
            refused.append(number)

    threads = [threading.Thread(target=press, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (won, len(refused)) == ([booking_id], 7)
