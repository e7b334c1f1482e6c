"""A month as large as the field has them: 54 people by 31 days, every cell full, published, some changed."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from confsched.domain.permissions import Function
from confsched.models.network import Site
from confsched.models.people import Person
from confsched.services import duty_rosters
from confsched.services.duty_rosters import CellEdit
from confsched.services.roster_cells import find_roster
from tests.support.rosters import DECEMBER, RosterWorld
from tests.world import NEUROLOGY, NOW, add_person

PEOPLE, CHANGED = 54, 4
DAYS = tuple(DECEMBER + timedelta(days=number) for number in range(31))


def fill_month(session: Session, rw: RosterWorld) -> list[Person]:
    """Write December with three duties a day, publish it, change all cells of four people; return all."""
    people = [*rw.people.values(), *_crowd(session, rw, PEOPLE - len(rw.people))]
    codes = {(one, day): _code(row, day) for row, one in enumerate(people) for day in DAYS}
    _type(session, rw, codes, seen=0)
    roster = find_roster(session, rw.department, DECEMBER)
    assert roster is not None, "an edit has made the month"
    duty_rosters.publish(session, rw.actor, roster, seen_edition=0, now=NOW)
    _type(session, rw, {(one, day): "F" for one in people[:CHANGED] for day in DAYS}, seen=1)
    return people


def _crowd(session: Session, rw: RosterWorld, count: int) -> list[Person]:
    hub = session.get_one(Site, rw.world.hub.id)
    return [
        add_person(
            *(session, hub, "PD Dr.", "Anneliese", f"Niederkirchner{number}", Function.CONSULTANT),
            discipline=NEUROLOGY,
            department=rw.department,
        )
        for number in range(count)
    ]


def _code(row: int, day: date) -> str:
    place = (row + day.day) % PEOPLE
    return "NRH"[place] if place < 3 else "TTTTU"[place % 5]


def _type(session: Session, rw: RosterWorld, texts: dict[tuple[Person, date], str], *, seen: int) -> None:
    edits = [CellEdit(one.id, day, text, seen) for (one, day), text in texts.items()]
    duty_rosters.edit_cells(session, rw.actor, rw.department, DECEMBER, edits, now=NOW)
