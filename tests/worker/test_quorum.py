"""What the worker does for conferences in time: each thing once, whoever knocks how often."""

from __future__ import annotations

import time_machine
from sqlalchemy import func, select

from confsched.db import Database
from confsched.models.conferences import QuorumCheck
from confsched.worker.quorum import look_after_conferences
from tests.support.conferences import START, add_conference
from tests.world import build_world


def test_a_quorum_is_checked_and_a_lost_place_told_once(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        conference = add_conference(session, build_world(session))
        assert conference.booking is not None
        conference.booking.join_link = ""
    with time_machine.travel(START, tick=False):
        assert look_after_conferences(sqlite_database, is_stopping=lambda: True) == 0
        assert look_after_conferences(sqlite_database) == 1  # the place of what begins now is past help
        assert look_after_conferences(sqlite_database) == 0
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count(QuorumCheck.id))) == 1
