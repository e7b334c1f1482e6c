"""An agenda for tests: four cases of the spoke, of which every second one needs the same people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from confsched.domain.permissions import Function
from confsched.models.cases import CaseItem, CaseNeed
from confsched.models.conferences import Conference
from confsched.models.people import Person
from tests.support.cases import add_board
from tests.support.conferences import add_case
from tests.world import NEUROLOGY, NOW, World, add_person

RADIOLOGY = "radiology"
REFS = ("FK-0001", "FK-0002", "FK-0003", "FK-0004")
BEST = ("FK-0001", "FK-0003", "FK-0002", "FK-0004")


@dataclass(frozen=True)
class Agenda:
    conference: Conference
    cases: tuple[CaseItem, ...]
    radiologist: Person


def add_agenda(session: Session, world: World, **values: Any) -> Agenda:
    """Add a date on Thursday at 15:00, an hour long; its cases of ten minutes need two people in turn."""
    known = next((p for p in session.query(Person) if p.discipline == RADIOLOGY), None)
    radiologist = known or add_person(
        session, world.hub, "Dr.", "Emine", "Demir", Function.CONSULTANT, discipline=RADIOLOGY
    )
    conference = add_board(session, world, world.neurologist, world.second_neurologist, radiologist, **values)
    cases = tuple(add_one(session, world, conference, number) for number in range(len(REFS)))
    return Agenda(conference, cases, radiologist)


def add_one(session: Session, world: World, conference: Conference, number: int, **values: Any) -> CaseItem:
    """Add a case: with an even number it needs radiology and is the requester's."""
    is_even = number % 2 == 0
    case = add_case(
        session,
        world,
        conference,
        **{
            "case_ref": f"FK-{number + 1:04d}",
            "minutes": 10,
            "presenter_id": (world.requester if is_even else world.second_requester).id,
            "first_registered_at": NOW + timedelta(seconds=number),
            **values,
        },
    )
    case.needs = [CaseNeed(discipline=RADIOLOGY if is_even else NEUROLOGY)]
    session.flush()
    return case
