"""Two at once on one month: one outcome, never a half, on both databases."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.kinds import SwapState
from confsched.errors import Refusal
from confsched.models.duty_rosters import DutyRoster, RosterEdition
from confsched.models.network import Department
from confsched.models.rosters import Duty
from confsched.models.swaps import DutySwap
from confsched.services import access, duty_rosters, swaps
from confsched.services.roster_cells import find_roster
from confsched.services.swaps import Proposal
from tests.support.rosters import DECEMBER, RosterWorld, build_department, publish_cells, type_cells
from tests.world import NOW, World

LATER = NOW + timedelta(hours=1)


@dataclass(frozen=True)
class Contest:
    """Hold a published night of Voss that Kolb is asked to take, and a draft that gives it to Wendt."""

    database: Database
    rw: RosterWorld
    swap_id: uuid.UUID

    def run(self, *moves: Callable[[Contest, Session], object]) -> list[bool]:
        """Make the moves at once; return which of them counted."""
        counted = [False] * len(moves)
        start = threading.Barrier(len(moves))

        def make(number: int) -> None:
            start.wait(30)
            try:
                with self.database.transaction() as session:
                    moves[number](self, session)
                counted[number] = True
            except Refusal:
                pass  # the other was faster

        threads = [threading.Thread(target=make, args=(number,)) for number in range(len(moves))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return counted

    def swap(self, session: Session, name: str) -> DutySwap:
        return access.get_swap(session, self.rw.actor_of(name), self.swap_id, to="change")

    def roster(self, session: Session) -> DutyRoster:
        roster = find_roster(session, self.rw.department, DECEMBER)
        assert roster is not None
        return roster


@pytest.fixture
def contest(database: Database, world: World) -> Contest:
    with database.transaction() as session:
        rw = build_department(session, world)
        session.get_one(Department, rw.department.id).swaps_need_approval = False
        publish_cells(session, rw, {("Voss", 1): "N"})
        duty = session.scalars(select(Duty)).one()
        asked = Proposal(to_person_id=rw.person("Kolb").id)
        swap = swaps.propose(session, rw.actor_of("Voss"), duty, asked, now=NOW, key="k")
        type_cells(session, rw, {("Voss", 1): "", ("Wendt", 1): "N", ("Rieger", 2): "N"})
        return Contest(database, rw, swap.id)


def _accept(contest: Contest, session: Session) -> None:
    swaps.accept(session, contest.rw.actor_of("Kolb"), contest.swap(session, "Kolb"), now=LATER)


def _withdraw(contest: Contest, session: Session) -> None:
    swaps.withdraw(session, contest.rw.actor_of("Voss"), contest.swap(session, "Voss"), now=LATER)


def _publish(contest: Contest, session: Session) -> None:
    roster = contest.roster(session)
    duty_rosters.publish(session, contest.rw.actor, roster, seen_edition=1, now=LATER)


def _restore(contest: Contest, session: Session) -> None:
    actor, roster = contest.rw.second_actor, contest.roster(session)
    duty_rosters.restore(session, actor, roster, 0, seen_edition=1, now=LATER)


def _held(session: Session) -> list[tuple[str, date]]:
    rows = session.scalars(select(Duty).where(Duty.superseded_at.is_(None)).order_by(Duty.starts_at)).all()
    for one, other in pairwise(rows):
        assert not Span(one.starts_at, one.ends_at).overlaps(Span(other.starts_at, other.ends_at))
    return [(row.person.family_name, row.starts_at.date()) for row in rows]


def _said(contest: Contest, session: Session) -> list[tuple[str, date]]:
    """Return what the cells of the last edition say."""
    roster = contest.roster(session)
    query = select(RosterEdition.cells).where(
        RosterEdition.roster_id == roster.id, RosterEdition.number == roster.edition
    )
    names = {str(person.id): name for name, person in contest.rw.people.items()}
    cells = session.scalars(query).one()
    found = [(names[one], date.fromisoformat(day)) for one, days in cells.items() for day in days]
    return sorted(found, key=lambda entry: entry[1])


@pytest.mark.parametrize(
    ("moves", "wins"),
    [
        ((_accept, _withdraw), 1),
        ((_publish, _accept), 1),
        ((_publish, _restore), 1),
        ((_accept, _restore), 1),
    ],
    ids=["taken or withdrawn", "published or taken", "published, restored", "taken, restored"],
)
def test_of_two_at_once_each_counts_whole_or_not_at_all(
    contest: Contest, moves: tuple[Callable[[Contest, Session], object], ...], wins: int
) -> None:
    """Line 6."""
    counted = contest.run(*moves)
    assert sum(counted) == wins
    with contest.database.read() as session:
        assert _held(session) == _said(contest, session)
        state = session.get_one(DutySwap, contest.swap_id).state
        assert (state is SwapState.EFFECTIVE) == (_accept in moves and counted[moves.index(_accept)])
        if _withdraw in moves and counted[1]:
            assert state is SwapState.WITHDRAWN
