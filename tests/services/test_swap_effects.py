"""What follows a swap, on both databases: cells, bookings; and two takers at once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.invites import Method
from confsched.domain.kinds import CountsAs, DayClass, RequirementKind
from confsched.domain.permissions import Function
from confsched.errors import Conflict
from confsched.models.catalogue import Requirement, Service
from confsched.models.duty_rosters import DutyRoster, RosterCell, RosterEdition
from confsched.models.network import Department
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.swaps import DutySwap
from confsched.services import access, duty_codes, duty_rosters, swaps
from confsched.services.duty_codes import NewCode
from confsched.services.duty_rosters import CellEdit
from confsched.services.who_is_on import who_is_on
from tests.support.matrix import actor_of
from tests.support.swaps import MONDAY, NIGHT, TEN, approval, give, holder, propose
from tests.world import NEUROLOGY, NOW, World, add_person, book, local

# ---- the month follows ----


@pytest.fixture
def month(session: Session, world: World) -> DutyRoster:
    """Give the published November, in which the first neurologist holds "N" on Monday night."""
    actor, department = world.actor(world.secretary), session.get_one(Department, world.neurology.id)
    nights = dict.fromkeys(DayClass, (TEN, time(6)))
    code = NewCode("N", "Night", line_id=world.line.id, counts_as=CountsAs.NIGHT, hours=nights)
    duty_codes.save_code(session, actor, department, code, now=NOW)
    edit = CellEdit(world.neurologist.id, MONDAY, "N", 0)
    duty_rosters.edit_cells(session, actor, department, MONDAY.replace(day=1), [edit], now=NOW)
    roster = session.scalars(select(DutyRoster)).one()
    duty_rosters.publish(session, actor, roster, seen_edition=0, now=NOW)
    return roster


def cells_of(session: Session, roster: DutyRoster) -> tuple[dict[str, Any], dict[uuid.UUID, str]]:
    """Return the cells of the last edition and of the draft."""
    edition = session.scalars(
        select(RosterEdition).where(
            RosterEdition.roster_id == roster.id, RosterEdition.number == roster.edition
        )
    ).one()
    draft = session.scalars(select(RosterCell).where(RosterCell.roster_id == roster.id))
    return edition.cells, {cell.person_id: cell.text for cell in draft if cell.text}


def take_from(session: Session, world: World, **asked: Any) -> None:
    approval(session, world, needed=False)
    duty = session.scalars(select(Duty).where(Duty.superseded_at.is_(None))).one()
    swap = propose(session, world, duty, **asked)
    swaps.accept(session, world.actor(world.second_neurologist), swap, now=NOW)


def test_a_whole_duty_takes_its_letter_along_in_draft_and_edition(
    session: Session, world: World, month: DutyRoster
) -> None:
    take_from(session, world)
    taker = world.second_neurologist.id
    assert month.edition == 2
    assert cells_of(session, month) == ({str(taker): {MONDAY.isoformat(): "N"}}, {taker: "N"})


def test_a_day_at_work_without_a_line_shortens_the_rest_of_the_taker(
    session: Session, world: World, month: DutyRoster
) -> None:
    actor, department = world.actor(world.secretary), session.get_one(Department, world.neurology.id)
    ward = NewCode("W", "Ward", hours=dict.fromkeys(DayClass, (time(8), time(16))))
    duty_codes.save_code(session, actor, department, ward, now=NOW)
    taker, tuesday = world.second_neurologist, MONDAY + timedelta(days=1)
    edit = CellEdit(taker.id, tuesday, "W", 0)
    duty_rosters.edit_cells(session, actor, department, month.month, [edit], now=NOW)
    duty = session.scalars(select(Duty).where(Duty.superseded_at.is_(None))).one()
    swap = propose(session, world, duty)

    def warnings() -> list[str]:
        found = swaps.consequences(session, actor, swap, taker.id, now=NOW)
        assert found is not None
        return [str(one.message) for one in found.warnings]

    assert warnings() == [], "a draft is no work yet"
    duty_rosters.publish(session, actor, month, seen_edition=1, now=NOW)
    assert warnings() == ["Rest of 2 h instead of 11 h before the duty on 24.11."]


def test_a_part_leaves_the_letters_and_survives_the_next_publication(
    session: Session, world: World, month: DutyRoster
) -> None:
    midnight = local(date(2026, 11, 24), time(0))
    take_from(session, world, starts_at=midnight)
    giver = world.neurologist.id
    assert (month.edition, cells_of(session, month)[1]) == (1, {giver: "N"})
    actor, department = world.actor(world.secretary), session.get_one(Department, world.neurology.id)
    edit = CellEdit(giver, date(2026, 11, 28), "N", 0)
    duty_rosters.edit_cells(session, actor, department, month.month, [edit], now=NOW)
    duty_rosters.publish(session, actor, month, seen_edition=1, now=NOW)
    assert holder(session, world, midnight) == "Dr. Tom Brandt"


# ---- what was booked through the line follows ----


@pytest.fixture
def booked(session: Session, world: World) -> tuple[Duty, datetime]:
    """Give a consult that was booked through the line for Wednesday 09:00, and the duty behind it."""
    service, line = session.get_one(Service, world.service.id), session.get_one(DutyLine, world.line.id)
    service.requirements = [
        Requirement(kind=RequirementKind.DUTY_LINE, duty_line_id=line.id, count=1, discipline=NEUROLOGY)
    ]
    line.makes_available = True
    line.blocks = False
    day = date(2026, 11, 25)
    duty = give(session, world, world.neurologist, Span(local(day, time(8)), local(day, time(16))))
    session.flush()
    return duty, local(day, time(9))


def test_invitations_follow_with_the_same_uid(
    session: Session, world: World, booked: tuple[Duty, datetime]
) -> None:
    duty, starts_at = booked
    booking = book(session, world, starts_at)
    uid = booking.uid
    assert world.neurologist.id in {p.person_id for p in booking.participations}
    approval(session, world, needed=False)
    swap = propose(session, world, duty)
    taker = world.actor(world.second_neurologist)
    found = swaps.consequences(session, taker, swap, taker.person_id, now=NOW)
    assert found is not None
    assert [one.booking_id for one in found.following] == [booking.id]
    swaps.accept(session, taker, swap, now=NOW)
    session.flush()
    there = {p.person_id for p in booking.participations if p.removed_at is None}
    assert world.second_neurologist.id in there
    assert world.neurologist.id not in there
    messages = session.scalars(select(OutboxMessage).where(OutboxMessage.booking_id == booking.id)).all()
    told = {(one.recipient_id, one.method) for one in messages if one.snapshot["uid"] == uid}
    assert (world.neurologist.id, Method.CANCEL) in told
    assert (world.second_neurologist.id, Method.REQUEST) in told


# ---- two at once ----


@dataclass
class Race:
    """Hold two qualified takers of one proposal, each ready to press the button."""

    database: Database
    world: World
    swap_id: uuid.UUID

    def run(self, *takers: Person) -> list[str]:
        answers: list[str] = []
        start = threading.Barrier(len(takers))

        def take(person: Person) -> None:
            start.wait(30)
            answers.append(self._take(person))

        threads = [threading.Thread(target=take, args=(one,)) for one in takers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return sorted(answers)

    def _take(self, person: Person) -> str:
        actor = self.world.actor(person)
        try:
            with self.database.transaction() as session:
                swap = access.get_swap(session, actor, self.swap_id, to="change")
                return swaps.accept(session, actor, swap, now=NOW).state.value
        except Conflict as conflict:
            return str(conflict)


@pytest.fixture
def race(database: Database, world: World) -> Callable[[bool], tuple[Race, Person]]:
    def start(needs_approval: bool) -> tuple[Race, Person]:
        with database.transaction() as session:
            approval(session, world, needs_approval)
            hub = world.hub
            third = add_person(
                session, hub, "", "Nils", "Arndt", Function.CONSULTANT, department=world.neurology
            )
            world.actors[third.id] = actor_of(session, third, hub, Function.CONSULTANT)
            duty = give(session, world, world.neurologist, NIGHT)
            return Race(database, world, propose(session, world, duty).id), third

    return start


@pytest.mark.parametrize("needs_approval", [True, False])
def test_of_two_takers_at_once_one_wins_and_the_other_is_told(
    race: Callable[[bool], tuple[Race, Person]], needs_approval: bool
) -> None:
    """Line 6."""
    contest, third = race(needs_approval)
    answers = contest.run(contest.world.second_neurologist, third)
    won = "accepted" if needs_approval else "effective"
    assert answers.count(won) == 1
    (other,) = (answer for answer in answers if answer != won)
    assert other.startswith("A colleague was faster")
    with contest.database.read() as session:
        swap = session.get_one(DutySwap, contest.swap_id)
        on = who_is_on(session, NIGHT.starts_at, line_id=contest.world.line.id)
        expected = contest.world.neurologist.id if needs_approval else swap.taken_by_id
        assert [one.person_id for one in on] == [expected]
