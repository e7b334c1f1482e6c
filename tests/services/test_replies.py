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
HOUR = timedelta(hours=1)


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


def test_a_yes_to_a_time_that_has_changed_meanwhile_counts_for_nothing(
    database: Database, world: World, booking: Booking
) -> None:
    neurologist = world.actor(world.neurologist)
    with database.transaction() as session:
        row = session.get_one(Booking, booking.id)
        bookings.move(session, world.actor(world.requester), row, TEN + HOUR, now=NOW)
    with pytest.raises(Conflict), database.transaction() as session:
        row = session.get_one(Booking, booking.id)
        bookings.reply(session, neurologist, row, Partstat.ACCEPTED, now=NOW, seen_sequence=0)
    with database.transaction() as session:
        row = session.get_one(Booking, booking.id)
        mine = bookings.own_participation(row, neurologist)
        assert mine is not None and mine.partstat is Partstat.NEEDS_ACTION
        mine = bookings.reply(session, neurologist, row, Partstat.ACCEPTED, now=NOW, seen_sequence=1)
        assert mine.partstat is Partstat.ACCEPTED


def test_who_accepts_after_all_takes_the_time_that_holds_when_it_is_written(
    postgres_database: Database,
) -> None:
    """On PostgreSQL a move may commit between reading a meeting and waiting for its lock."""
    with postgres_database.transaction() as session:
        world = build_world(session)
        leave_one_neurologist(session, world)
        booking_id = book(session, world, TEN).id
    neurologist = world.actor(world.neurologist)
    with postgres_database.transaction() as replying:
        read_before = replying.get_one(Booking, booking_id)
        with postgres_database.transaction() as moving:
            row = moving.get_one(Booking, booking_id)
            bookings.move(moving, world.actor(world.requester), row, TEN + HOUR, now=NOW)
            bookings.reply(moving, neurologist, row, Partstat.DECLINED, now=NOW)
        bookings.reply(replying, neurologist, read_before, Partstat.ACCEPTED, now=NOW)
    with postgres_database.read() as session:
        assert set(session.scalars(select(Claim.starts_at))) == {TEN + HOUR}


def test_an_organiser_who_declined_is_asked_anew_when_the_time_changes(
    database: Database, world: World, booking: Booking
) -> None:
    requester = world.actor(world.requester)
    for at in (TEN + HOUR, TEN):
        with database.transaction() as session:
            row = session.get_one(Booking, booking.id)
            bookings.reply(session, requester, row, Partstat.DECLINED, now=NOW)
            bookings.move(session, world.actor(world.neurologist), row, at, now=NOW)
        with database.transaction() as session:
            row = session.get_one(Booking, booking.id)
            mine = bookings.own_participation(row, requester)
            assert mine is not None and mine.partstat is Partstat.NEEDS_ACTION
            bookings.reply(session, requester, row, Partstat.ACCEPTED, now=NOW)


def test_a_reply_is_a_revision_that_leaves_the_sequence(
    database: Database, world: World, booking: Booking
) -> None:
    """Feeds show who declined as free, and readers believe no change without a later DTSTAMP."""
    with database.transaction() as session:
        row = session.get_one(Booking, booking.id)
        bookings.reply(session, world.actor(world.neurologist), row, Partstat.DECLINED, now=NOW + HOUR)
        assert (row.revision, row.revised_at, row.sequence) == (2, NOW + HOUR, 0)
