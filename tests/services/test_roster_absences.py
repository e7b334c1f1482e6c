"""One person in the months of two departments: away while one of them says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind
from confsched.domain.roster_month import day_span
from confsched.models.claims import Claim
from confsched.models.network import Department
from confsched.models.rosters import Absence
from confsched.services import duty_codes, duty_rosters, rosters
from confsched.services.duty_codes import NewCode
from confsched.services.duty_rosters import CellEdit
from confsched.services.roster_cells import find_roster
from tests.support.rosters import DECEMBER, RosterWorld, build_department
from tests.world import NOW, ZONE, World

DAY = day_span(DECEMBER, ZONE)


@pytest.fixture
def rw(session: Session, world: World) -> RosterWorld:
    return build_department(session, world)


@pytest.fixture
def second(session: Session, rw: RosterWorld) -> Department:
    """Give another department of the house, with F and K for two kinds of absence."""
    site_id = rw.department.site_id
    department = Department(site_id=site_id, name="Kardiologie", discipline="cardiology")
    session.add(department)
    session.flush()
    for new in (
        NewCode("F", "Fortbildung", absence=AbsenceKind.TRAINING),
        NewCode("K", "Urlaub", absence=AbsenceKind.LEAVE),
    ):
        duty_codes.save_code(session, None, department, new, now=NOW)
    return department


def _say(session: Session, rw: RosterWorld, department: Department, text: str, hours: int) -> None:
    """Publish what the first of December is for Voss in a department, some hours from now."""
    _type(session, rw, department, text, hours)
    roster = find_roster(session, department, DECEMBER)
    assert roster is not None, "an edit has made the month"
    now = NOW + timedelta(hours=hours)
    duty_rosters.publish(session, rw.actor, roster, seen_edition=roster.edition, now=now)


def _type(session: Session, rw: RosterWorld, department: Department, text: str, hours: int) -> None:
    now, voss = NOW + timedelta(hours=hours), rw.person("Voss").id
    view = duty_rosters.load_month(session, rw.actor, department, DECEMBER, now=now)
    seen = {row.person_id: row.cells[0].version for row in view.rows}
    edit = CellEdit(voss, DECEMBER, text, seen.get(voss, 0))
    duty_rosters.edit_cells(session, rw.actor, department, DECEMBER, [edit], now=now)


def _shown(session: Session, rw: RosterWorld, department: Department) -> AbsenceKind | None:
    view = duty_rosters.load_month(session, rw.actor, department, DECEMBER, now=NOW + timedelta(hours=9))
    row = next(row for row in view.rows if row.person_id == rw.person("Voss").id)
    return row.cells[0].absence


def _away(session: Session, rw: RosterWorld) -> list[tuple[AbsenceKind, Span]]:
    query = select(Absence).where(Absence.person_id == rw.person("Voss").id, Absence.withdrawn_at.is_(None))
    return [(row.kind, Span(row.starts_at, row.ends_at)) for row in session.scalars(query)]


def _is_blocked(session: Session, rw: RosterWorld) -> bool:
    query = select(Claim).where(Claim.subject_id == rw.person("Voss").id, Claim.absence_id.is_not(None))
    return any(claim.blocking for claim in session.scalars(query))


LEAVE, TRAINING = [(AbsenceKind.LEAVE, DAY)], [(AbsenceKind.TRAINING, DAY)]


@pytest.mark.parametrize("goes_first", [0, 1])
def test_leave_stands_until_neither_month_says_it(
    session: Session, rw: RosterWorld, second: Department, goes_first: int
) -> None:
    months = [rw.department, second]
    _say(session, rw, rw.department, "U", 1)
    _say(session, rw, second, "K", 2)
    assert _away(session, rw) == LEAVE
    _say(session, rw, months[goes_first], "", 3)
    assert (_away(session, rw), _is_blocked(session, rw)) == (LEAVE, True)
    _say(session, rw, months[1 - goes_first], "", 4)
    assert (_away(session, rw), _is_blocked(session, rw)) == ([], False)


def test_what_the_other_month_says_takes_the_place_of_what_goes(
    session: Session, rw: RosterWorld, second: Department
) -> None:
    _say(session, rw, rw.department, "U", 1)
    _say(session, rw, second, "F", 2)
    assert _away(session, rw) == LEAVE
    _say(session, rw, rw.department, "T", 3)
    assert _away(session, rw) == TRAINING
    _say(session, rw, second, "", 4)
    assert _away(session, rw) == []


def test_a_month_that_says_it_no_more_shows_that_the_person_is_away_for_the_other(
    session: Session, rw: RosterWorld, second: Department
) -> None:
    _say(session, rw, rw.department, "U", 1)
    _say(session, rw, second, "K", 2)
    _say(session, rw, rw.department, "", 3)
    assert _shown(session, rw, rw.department) is AbsenceKind.LEAVE


def test_a_draft_that_drops_the_leave_shows_whether_publishing_it_ends_the_absence(
    session: Session, rw: RosterWorld, second: Department
) -> None:
    _say(session, rw, rw.department, "U", 1)
    _say(session, rw, second, "K", 2)
    _type(session, rw, rw.department, "", 3)
    assert _shown(session, rw, rw.department) is AbsenceKind.LEAVE, "the other month says it"
    _say(session, rw, rw.department, "", 4)
    _type(session, rw, second, "", 5)
    assert _shown(session, rw, second) is None, "it was written by the first, and only this month says it"


def test_what_was_entered_by_hand_is_left_alone_by_both(
    session: Session, rw: RosterWorld, second: Department
) -> None:
    rosters.record_absence(session, None, rw.person("Voss"), DAY, kind=AbsenceKind.SICK, now=NOW)
    for hours, (department, text) in enumerate(
        [(rw.department, "U"), (second, "K"), (rw.department, ""), (second, "")], start=1
    ):
        _say(session, rw, department, text, hours)
    assert _away(session, rw) == [(AbsenceKind.SICK, DAY)]
