"""The legend of a department, the people of its month, and who may hold its lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.duty_codes import span_on
from confsched.domain.kinds import AbsenceKind, CountsAs, DayClass, DutyType
from confsched.domain.permissions import Function
from confsched.domain.rosters import duty_span
from confsched.errors import Conflict, Refusal
from confsched.models.network import Department
from confsched.services import duty_codes, duty_rosters
from confsched.services.duty_codes import NewCode, StaffMember
from confsched.services.duty_rosters import CellEdit
from tests.support.rosters import DECEMBER, NIGHT, RosterWorld, build_department, publish_cells, type_cells
from tests.world import NOW, ZONE, World, add_membership, add_person

LATER = NOW + timedelta(days=40)  # in January


@pytest.fixture
def rw(session: Session, world: World) -> RosterWorld:
    return build_department(session, world)


def _night(rw: RosterWorld, code: str = "N2") -> NewCode:
    hours = {DayClass.WORKDAY: NIGHT}
    return NewCode(
        code, "Second night", rw.lines["N"].id, None, DutyType.ON_SITE_STANDBY, CountsAs.NIGHT, hours
    )


def _staff(session: Session, rw: RosterWorld, name: str, month: date = DECEMBER) -> StaffMember:
    staff = duty_codes.staff_of(session, rw.department, month)
    return next(one for one in staff if one.family_name == name)


def test_the_legend_knows_codes_in_order_with_hours_by_class_of_day(
    session: Session, rw: RosterWorld
) -> None:
    legend = duty_codes.legend_of(session, rw.department)
    assert list(legend.codes) == ["T", "N", "R", "H", "U", "F"]
    assert span_on(legend.codes["T"], date(2026, 12, 25), legend) is None
    assert span_on(legend.codes["N"], date(2026, 12, 25), legend) == duty_span(
        date(2026, 12, 25), *NIGHT, ZONE
    )


@pytest.mark.parametrize(("state", "is_holiday"), [("DE-NI", False), ("DE-ST", True)])
def test_the_sixth_of_january_is_a_holiday_by_the_state_of_the_site(
    session: Session, rw: RosterWorld, state: str, is_holiday: bool
) -> None:
    rw.department.site.state = state
    legend = duty_codes.legend_of(session, rw.department)
    assert legend.is_holiday(date(2027, 1, 6)) is is_holiday


def test_a_code_is_added_in_capitals_and_changed(session: Session, rw: RosterWorld) -> None:
    row = duty_codes.save_code(session, rw.actor, rw.department, _night(rw, " n2 "), now=NOW)
    assert (row.code, row.position) == ("N2", 7)
    sunday = {DayClass.SUNDAY: (time(8), time(8))}
    changed = replace(_night(rw), name="Sunday", hours=sunday)
    duty_codes.save_code(session, rw.actor, rw.department, changed, now=NOW, code_id=row.id)
    session.expire_all()
    code = duty_codes.legend_of(session, rw.department).codes["N2"]
    assert (code.name, code.hours) == ("Sunday", sunday)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "NIGH"}, "code"),
        ({"code": "N/R"}, "code"),
        ({"code": "n"}, "code"),
        ({"name": " "}, "name"),
        ({"hours": {}}, "hours"),
        ({"absence": AbsenceKind.LEAVE}, "absence"),
        ({"absence": AbsenceKind.LEAVE, "line_id": None}, "hours"),
    ],
)
def test_a_code_that_means_nothing_clear_is_refused(
    session: Session, rw: RosterWorld, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        new = replace(_night(rw), **wrong)  # type: ignore[arg-type]
        duty_codes.save_code(session, rw.actor, rw.department, new, now=NOW)
    assert refused.value.field == field


def test_a_line_of_another_department_is_refused(session: Session, rw: RosterWorld) -> None:
    other = Department(site_id=rw.department.site_id, name="Kardiologie", discipline="cardiology")
    session.add(other)
    session.flush()
    with pytest.raises(Refusal, match="line of this department"):
        duty_codes.save_code(session, rw.actor, other, _night(rw), now=NOW)


def test_a_code_that_was_removed_meanwhile_is_a_conflict(session: Session, rw: RosterWorld) -> None:
    row = duty_codes.save_code(session, rw.actor, rw.department, _night(rw), now=NOW)
    duty_codes.remove_code(session, rw.actor, row, now=NOW)
    with pytest.raises(Conflict, match="removed this code"):
        duty_codes.save_code(session, rw.actor, rw.department, _night(rw), now=NOW, code_id=row.id)


@pytest.mark.parametrize("is_published", [False, True])
def test_a_code_that_stands_in_a_month_to_come_keeps_its_meaning(
    session: Session, rw: RosterWorld, is_published: bool
) -> None:
    row = duty_codes.save_code(session, rw.actor, rw.department, _night(rw), now=NOW)
    write = publish_cells if is_published else type_cells
    write(session, rw, {("Voss", 1): "N2"})
    moved = replace(_night(rw), line_id=rw.lines["R"].id)
    with pytest.raises(Conflict, match="stands in the month 12/2026"):
        duty_codes.save_code(session, rw.actor, rw.department, moved, now=NOW, code_id=row.id)
    with pytest.raises(Conflict, match="stands in the month 12/2026"):
        duty_codes.remove_code(session, rw.actor, row, now=NOW)

    duty_codes.remove_code(session, rw.actor, row, now=LATER)
    assert "N2" not in duty_codes.legend_of(session, rw.department).codes


def test_the_people_of_a_month_are_its_clinicians_with_their_share(session: Session, rw: RosterWorld) -> None:
    hub = rw.department.site
    leaver = add_person(session, hub, "", "Nele", "Zorn", Function.CONSULTANT)
    seat = leaver.memberships[0]
    seat.department_id, seat.employment_percent, seat.valid_until = rw.department.id, 50, date(2026, 12, 15)
    session.flush()

    staff = duty_codes.staff_of(session, rw.department, DECEMBER)
    assert [one.family_name for one in staff][-2:] == ["Wendt", "Zorn"]
    assert (staff[-1].share, staff[-1].note, staff[0].note) == (50, "50 % · – 14.12.", "")
    assert len(duty_codes.staff_of(session, rw.department, date(2027, 1, 1))) == 8


def test_who_stands_in_the_draft_belongs_to_its_month(session: Session, rw: RosterWorld) -> None:
    guest = add_person(session, rw.department.site, "", "Gus", "Adler", Function.REQUESTER)
    edit = CellEdit(guest.id, DECEMBER, "N")
    duty_rosters.edit_cells(session, rw.actor, rw.department, DECEMBER, [edit], now=NOW)

    assert _staff(session, rw, "Adler").note == ""
    assert len(duty_codes.staff_of(session, rw.department, DECEMBER)) == 9


def test_a_line_that_names_nobody_may_be_held_by_every_clinician_of_the_day(
    session: Session, rw: RosterWorld
) -> None:
    late = add_person(session, rw.department.site, "", "Nele", "Zorn", Function.REQUESTER)
    add_membership(
        *(session, late, rw.department.site, Function.CONSULTANT),
        department=rw.department,
        valid_from=date(2026, 12, 5),
    )
    line = rw.lines["N"]
    assert len(duty_codes.qualified_for(session, line, date(2026, 12, 4))) == 8
    assert len(duty_codes.qualified_for(session, line, date(2026, 12, 5))) == 9


def test_a_line_is_held_by_who_is_named_for_it(session: Session, rw: RosterWorld) -> None:
    line, wanted = rw.lines["R"], [rw.person("Voss").id, rw.person("Kolb").id]
    duty_codes.set_qualified(session, rw.actor, line, wanted, now=NOW)
    assert [one.family_name for one in duty_codes.qualified_for(session, line, DECEMBER)] == ["Kolb", "Voss"]
    duty_codes.set_qualified(session, rw.actor, line, wanted[:1], now=NOW)
    assert [one.family_name for one in duty_codes.qualified_for(session, line, DECEMBER)] == ["Voss"]
    duty_codes.set_qualified(session, rw.actor, line, [], now=NOW)
    assert len(duty_codes.qualified_for(session, line, DECEMBER)) == 8


def test_naming_somebody_who_does_not_exist_is_refused(session: Session, rw: RosterWorld) -> None:
    with pytest.raises(Refusal, match="does not exist any more"):
        duty_codes.set_qualified(session, rw.actor, rw.lines["R"], [rw.department.id], now=NOW)
