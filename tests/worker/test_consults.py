"""The worker ends and reminds; a second one right after it finds nothing left."""

from __future__ import annotations

from datetime import date, time, timedelta

import time_machine
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.invites import Kind
from confsched.domain.kinds import ConsultState
from confsched.models.consults import Consult
from confsched.worker.consults import look_after_consults
from tests.support.outbox import all_messages
from tests.world import NOW, ask, book, build_world, local

EIGHT = local(date(2026, 11, 24), time(8))


def _kinds(database: Database) -> list[Kind]:
    with database.read() as session:
        return sorted(message.kind for message in all_messages(session))


def test_a_consult_lives_through_its_days_without_anybody_saying_a_word(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        world = build_world(session)
        booked = book(session, world, EIGHT).id
        left = ask(session, world, "key-2", reply_by_on=date(2026, 11, 26)).id
    invited = _kinds(sqlite_database)
    with time_machine.travel(NOW, tick=False) as moment:
        assert look_after_consults(sqlite_database) == 2  # booked so late that no reminder goes out
        assert _kinds(sqlite_database) == invited
        moment.move_to(local(date(2026, 11, 25), time(8)))
        assert look_after_consults(sqlite_database) == 1
        assert look_after_consults(sqlite_database) == 0
        assert _kinds(sqlite_database) == sorted([*invited, Kind.DEADLINE_REMINDER])
        moment.move_to(local(date(2026, 11, 27), time(0)))
        assert look_after_consults(sqlite_database) == 2
        assert look_after_consults(sqlite_database) == 0
    with sqlite_database.read() as session:
        states = {consult.booking_id: consult.state for consult in session.scalars(select(Consult))}
        assert states == {booked: ConsultState.TOOK_PLACE, None: ConsultState.EXPIRED}
        assert session.get_one(Consult, left).steps[-1].taken_at == local(date(2026, 11, 27), time(0))


def test_a_worker_that_is_told_to_stop_begins_nothing(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        ask(session, build_world(session))
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        assert look_after_consults(sqlite_database, is_stopping=lambda: True) == 0
