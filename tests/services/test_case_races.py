"""Two at once on one list of cases, on both databases: minutes and references are given away once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.errors import Refusal
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import case_lists, cases
from tests.support.cases import add_dates, register
from tests.world import NOW, World

Move = Callable[[Session], object]


@pytest.fixture
def dates(database: Database, world: World) -> list[uuid.UUID]:
    with database.transaction() as session:
        return [one.id for one in add_dates(session, world, 2)]


def _at_once(database: Database, *moves: Move) -> list[bool]:
    """Make the moves at once; return which of them counted."""
    counted, start = [False] * len(moves), threading.Barrier(len(moves))

    def make(number: int) -> None:
        start.wait(30)
        try:
            with database.transaction() as session:
                moves[number](session)
            counted[number] = True
        except Refusal:
            pass  # the other was faster

    threads = [threading.Thread(target=make, args=(number,)) for number in range(len(moves))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return counted


def _registering(world: World, conference_id: uuid.UUID, key: str, case_ref: str, minutes: int) -> Move:
    def move(session: Session) -> object:
        conference = session.get_one(Conference, conference_id)
        return register(session, world, conference, key, case_ref=case_ref, minutes=minutes)

    return move


def test_the_last_minutes_of_a_date_go_to_one_case(
    database: Database, world: World, dates: list[uuid.UUID]
) -> None:
    """Cover line 4: registering races the limit of a date."""
    moves = (_registering(world, dates[0], f"key-{n}", f"FK-111{n}", 40) for n in range(3))
    assert sum(_at_once(database, *moves)) == 1


def test_a_reference_of_a_house_goes_to_one_case_whatever_the_dates(
    database: Database, world: World, dates: list[uuid.UUID]
) -> None:
    moves = (_registering(world, one, str(one), "FK-1111", 5) for one in dates)
    assert sum(_at_once(database, *moves)) == 1


def test_a_case_that_two_put_off_at_once_stands_once_on_the_later_date(
    database: Database, world: World, dates: list[uuid.UUID]
) -> None:
    with database.transaction() as session:
        case_id = register(session, world, session.get_one(Conference, dates[0])).id
    desk = world.actor(world.secretary)

    def defer(session: Session) -> object:
        return cases.defer(session, desk, case_lists.get_for_desk(session, desk, case_id), None, now=NOW)

    assert _at_once(database, defer, defer) == [True, True]
    with database.read() as session:
        on_later = select(func.count()).select_from(CaseItem).where(CaseItem.conference_id == dates[1])
        assert session.scalar(on_later) == 1
