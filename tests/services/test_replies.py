"""Replies given on a page: for oneself, with the own time given back or taken again, on both databases."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import Partstat
from confsched.errors import Conflict, NotFound
from confsched.models.bookings import Booking
from confsched.models.claims import Claim
from confsched.services import audit, bookings
from confsched.services.claims import Taken
from tests.world import NOW, World, book, build_world, leave_one_neurologist, local

TEN = local(date(2026, 11, 24), time(10))


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        world = build_world(session)
        leave_one_neurologist(session, world)
    return world


@pytest.fixture
def booking(database: Database, world: World) -> Booking:
    with database.transaction() as session:
        return book(session, world, TEN)


def answer(database: Database, world: World, booking: Booking, partstat: Partstat) -> None:
    with database.transaction() as session:
        row = session.get_one(Booking, booking.id)
        bookings.reply(session, world.actor(world.neurologist), row, partstat, now=NOW)


def test_who_accepts_is_shown_as_coming(database: Database, world: World, booking: Booking) -> None:
    answer(database, world, booking, Partstat.ACCEPTED)
    with database.read() as session:
        row = session.get_one(Booking, booking.id)
        mine = bookings.own_participation(row, world.actor(world.neurologist))
        assert mine is not None and mine.partstat is Partstat.ACCEPTED
        assert audit.count_events(session, "booking.reply", booking.id) == 1


def test_who_declines_no_longer_counts_as_busy(database: Database, world: World, booking: Booking) -> None:
    """PEER_FAILURES 9: a declined person still counts as busy."""
    answer(database, world, booking, Partstat.DECLINED)
    with database.read() as session:
        taken = set(session.scalars(select(Claim.subject_id).where(Claim.booking_id == booking.id)))
    assert taken == {world.requester.id}


def test_who_accepts_after_all_takes_their_time_again(
    database: Database, world: World, booking: Booking
) -> None:
    for partstat in (Partstat.DECLINED, Partstat.ACCEPTED, Partstat.ACCEPTED):
        answer(database, world, booking, partstat)
    with database.read() as session:
        taken = list(session.scalars(select(Claim.subject_id).where(Claim.booking_id == booking.id)))
    assert sorted(taken) == sorted([world.requester.id, world.neurologist.id])


def test_who_declined_and_is_booked_elsewhere_cannot_accept_any_more(
    database: Database, world: World, booking: Booking
) -> None:
    answer(database, world, booking, Partstat.DECLINED)
    with database.transaction() as session:
        book(session, world, TEN, by=world.second_requester)
    with pytest.raises(Taken):
        answer(database, world, booking, Partstat.ACCEPTED)


def test_nobody_replies_for_others_or_to_what_is_over(
    database: Database, world: World, booking: Booking
) -> None:
    with database.transaction() as session:
        row = session.get_one(Booking, booking.id)
        with pytest.raises(NotFound):
            bookings.reply(session, world.actor(world.stranger), row, Partstat.ACCEPTED, now=NOW)
        with pytest.raises(Conflict):
            neurologist = world.actor(world.neurologist)
            bookings.reply(session, neurologist, row, Partstat.ACCEPTED, now=TEN + timedelta(days=1))
