"""Caps per day hold also when two times of one day are held at once, which overlap nowhere."""

from __future__ import annotations

import threading
from datetime import date, time

from sqlalchemy import select

from confsched.db import Database
from confsched.models.catalogue import Service
from confsched.models.claims import Hold
from confsched.services import access, consult_times
from confsched.services.claims import Taken
from tests.world import NOW, add_crowd, ask, build_world, leave_one_neurologist, local

TUESDAY = date(2026, 11, 24)
CLIENTS, CAP = 4, 2


def test_of_four_who_hold_times_of_one_day_at_once_the_cap_lets_two(database: Database) -> None:
    with database.transaction() as session:
        world = build_world(session)
        leave_one_neurologist(session, world)
        session.get_one(Service, world.service.id).cap_per_day = CAP
        crowd = add_crowd(session, world, CLIENTS)
        asked = [ask(session, world, by=person).id for person in crowd]
    barrier, refused = threading.Barrier(CLIENTS), []

    def press(number: int) -> None:
        actor = world.actor(crowd[number])
        barrier.wait(60)
        try:
            with database.transaction() as session:
                consult = access.get_consult(session, actor, asked[number], to="change")
                at = local(TUESDAY, time(9 + number))
                consult_times.hold(session, actor, consult, at, now=NOW)
        except Taken:
            refused.append(number)

    threads = [threading.Thread(target=press, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert len(session.scalars(select(Hold)).all()) == CAP
    assert len(refused) == CLIENTS - CAP
