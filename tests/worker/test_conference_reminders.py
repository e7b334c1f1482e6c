"""The worker reminds of minutes and of recommendations, each once, however often it knocks."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from confsched.db import Database
from confsched.services.cases import list_cases
from confsched.worker.conference_reminders import remind_of_conferences
from tests.support.conference_run import begin, end, recommend
from tests.world import NOW, build_world


def test_minutes_and_recommendations_are_asked_about_once_each(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        world = build_world(session)
        conference = begin(session, world)
        recommend(session, world, list_cases(session, conference)[0], "Watch.", now=NOW)
        end(session, world, conference, now=NOW)
    counts = []
    for days in (0, 1, 1, 28, 29):
        with time_machine.travel(NOW + timedelta(days=days, minutes=1), tick=False):
            counts.append(remind_of_conferences(sqlite_database))
    assert counts == [0, 1, 0, 1, 0]
    with time_machine.travel(NOW + timedelta(days=28), tick=False):
        assert remind_of_conferences(sqlite_database, is_stopping=lambda: True) == 0
