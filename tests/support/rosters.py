"""A department of eight people with a legend and its lines, in whose December the roster tests work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.kinds import AbsenceKind, CountsAs, DayClass, DutyType, LineKind
from confsched.domain.permissions import Actor, Function, Seat
from confsched.models.accounts import Account
from confsched.models.network import Department, Site
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.services import duty_codes, duty_rosters, rosters
from confsched.services.duty_codes import NewCode
from confsched.services.duty_rosters import CellEdit, EditResult, Publication
from confsched.services.roster_cells import find_roster
from confsched.services.rosters import NewLine
from tests.world import NEUROLOGY, NOW, World, add_person, build_world

DECEMBER = date(2026, 12, 1)
MORE_PEOPLE = ("Ahrend", "Kolb", "Rieger", "Sölle", "Voss", "Wendt")
EVERY_DAY = tuple(DayClass)
AT_WORK = (DayClass.WORKDAY, DayClass.FRIDAY, DayClass.HOLIDAY_EVE)
DAY, NIGHT, WHOLE_DAY = (time(8), time(16)), (time(16), time(8)), (time(8), time(8))


@dataclass(frozen=True)
class RosterWorld:
    """Hold the department by name; `lines` goes by the code that stands for the line: N, R and H.

    T is a day at work, U is leave and F training; the two neurologists of the world are among the people.
    """

    world: World
    department: Department
    lines: dict[str, DutyLine]
    people: dict[str, Person]
    actor: Actor
    second_actor: Actor

    def person(self, family_name: str) -> Person:
        return self.people[family_name]

    def actor_of(self, family_name: str) -> Actor:
        return self.world.actor(self.people[family_name])

    def cells(self, plan: Mapping[tuple[str, int], str]) -> dict[tuple[object, date], str]:
        """Return cells of December from family name and day of the month."""
        return {(self.people[name].id, DECEMBER.replace(day=day)): text for (name, day), text in plan.items()}


def build_department(session: Session, world: World | None = None) -> RosterWorld:
    """Write the department into the session's database, with the world around it unless that stands."""
    world = world or build_world(session)
    department = session.get_one(Department, world.neurology.id)
    hub = session.get_one(Site, world.hub.id)
    people = {one.family_name: one for one in (world.neurologist, world.second_neurologist)}
    people = {name: session.get_one(Person, one.id) for name, one in people.items()}
    for name in MORE_PEOPLE:
        people[name] = add_person(
            *(session, hub, "Dr.", "Kim", name, Function.CONSULTANT),
            discipline=NEUROLOGY,
            department=department,
        )
    second = add_person(session, hub, "", "Lara", "Brandis", Function.SECRETARY)
    _add_actors(session, world, [*people.values(), second])
    lines = _add_lines(session, world, department)
    _add_codes(session, department, lines)
    return RosterWorld(world, department, lines, people, world.actor(world.secretary), world.actor(second))


def _add_actors(session: Session, world: World, people: list[Person]) -> None:
    for person in people:
        account_id = session.scalars(select(Account.id).where(Account.person_id == person.id)).one()
        seats = tuple(
            Seat(seat.organisation_id, seat.site_id, seat.department_id, seat.function)
            for seat in person.memberships
        )
        world.actors[person.id] = Actor(
            person.id, account_id, person.name, person.language, person.zone, seats
        )


def _add_lines(session: Session, world: World, department: Department) -> dict[str, DutyLine]:
    on_call = NewLine(
        *("Neurologie", "Rufbereitschaft", "+49 5555 2001", LineKind.BACKGROUND, DutyType.ON_CALL_HOME),
        covered_from=time(16),
        covered_until=time(8),
        blocks=False,
        position=1,
    )
    background = NewLine(
        *("Neurologie", "Hintergrund", "+49 5555 2002", LineKind.BACKGROUND, DutyType.BACKGROUND),
        covered_from=time(8),
        covered_until=time(8),
        blocks=False,
        position=2,
    )
    return {
        "N": session.get_one(DutyLine, world.line.id),
        "R": rosters.add_line(session, None, department, on_call, now=NOW),
        "H": rosters.add_line(session, None, department, background, now=NOW),
    }


def _add_codes(session: Session, department: Department, lines: Mapping[str, DutyLine]) -> None:
    for new in (
        NewCode("T", "Tag", counts_as=CountsAs.DAY, hours=dict.fromkeys(AT_WORK, DAY)),
        _duty("N", "Nacht", lines["N"], CountsAs.NIGHT, NIGHT),
        _duty("R", "Rufbereitschaft", lines["R"], CountsAs.ON_CALL, NIGHT),
        _duty("H", "Hintergrund", lines["H"], CountsAs.BACKGROUND, WHOLE_DAY),
        NewCode("U", "Urlaub", absence=AbsenceKind.LEAVE),
        NewCode("F", "Fortbildung", absence=AbsenceKind.TRAINING),
    ):
        duty_codes.save_code(session, None, department, new, now=NOW)


def _duty(code: str, name: str, line: DutyLine, counts_as: CountsAs, hours: tuple[time, time]) -> NewCode:
    return NewCode(code, name, line.id, None, line.duty_type, counts_as, dict.fromkeys(EVERY_DAY, hours))


def at_noon(day: int) -> datetime:
    """Return an instant of December in the middle of the day."""
    return datetime(2026, 12, day, 11, tzinfo=NOW.tzinfo)


def type_cells(
    session: Session,
    rw: RosterWorld,
    plan: Mapping[tuple[str, int], str],
    *,
    by: Actor | None = None,
    month: date = DECEMBER,
    now: datetime = NOW,
) -> EditResult:
    """Write cells by family name and day of the month, as somebody who sees what stands there."""
    view = duty_rosters.load_month(session, by or rw.actor, rw.department, month, now=now)
    seen = {(row.person_id, cell.day): cell.version for row in view.rows for cell in row.cells}
    edits = [
        CellEdit(
            rw.people[name].id, month.replace(day=day), text, seen[rw.people[name].id, month.replace(day=day)]
        )
        for (name, day), text in plan.items()
    ]
    return duty_rosters.edit_cells(session, by or rw.actor, rw.department, month, edits, now=now)


def publish_cells(
    session: Session,
    rw: RosterWorld,
    plan: Mapping[tuple[str, int], str],
    *,
    by: Actor | None = None,
    month: date = DECEMBER,
    now: datetime = NOW,
) -> Publication:
    """Write cells and publish the month as the secretary, or as `by`."""
    type_cells(session, rw, plan, by=by, month=month, now=now)
    roster = find_roster(session, rw.department, month)
    assert roster is not None, "an edit has made the month"
    return duty_rosters.publish(session, by or rw.actor, roster, seen_edition=roster.edition, now=now)
