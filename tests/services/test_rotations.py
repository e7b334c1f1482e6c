"""Rotations: made once, changed without touching the past, ended, filled in beside what stands."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.errors import NotFound, Refusal
from confsched.models.audit import AuditEvent
from confsched.models.catalogue import Service
from confsched.models.rosters import DutyLine
from confsched.models.rotations import DutyRotation
from confsched.services import access, duty_rosters, rotation_drafts, rotation_views, rotations
from confsched.services.hub_rotation import resolve
from confsched.services.roster_cells import load_state
from confsched.services.rotations import NewRotation
from tests.services.test_hub_rotation import lines
from tests.support.rosters import DECEMBER, RosterWorld, build_department, type_cells
from tests.world import NOW, World, local

__all__ = ["lines"]

MONDAY = date(2026, 11, 30)
WEEK = timedelta(weeks=1)
NAMES = ("Voss", "Kolb", "Wendt")


@pytest.fixture
def month(session: Session, world: World) -> RosterWorld:
    return build_department(session, world)


def plan(month: RosterWorld, **other: object) -> NewRotation:
    members = tuple(month.person(name).id for name in NAMES)
    values = {"name": "Woche", "starts_on": MONDAY, "members": members, "code": "h", **other}
    return NewRotation(**values)  # type: ignore[arg-type]


def add(session: Session, month: RosterWorld, key: str = "form-1", **other: object) -> DutyRotation:
    new = plan(month, **other)
    return rotations.add_for_people(session, month.actor, month.department, new, now=NOW, key=key)


def drafted(session: Session, month: RosterWorld) -> dict[tuple[uuid.UUID, date], str]:
    state = load_state(session, month.department, DECEMBER, now=NOW)
    return {cell: text for cell, text in state.draft.items() if text}


def test_a_draft_is_filled_with_the_turns_and_what_stands_stays(session: Session, month: RosterWorld) -> None:
    row = add(session, month)
    type_cells(session, month, {("Voss", 2): "U", ("Rieger", 8): "H"})
    done = rotation_drafts.fill_draft(session, month.actor, row, DECEMBER, now=NOW)
    assert len(done.filled) == 29
    assert [(one.day.day, one.name, str(one.why)) for one in done.kept] == [
        (2, "Dr. Kim Voss", "U stands there"),
        (8, "Dr. Kim Kolb", "Dr. Kim Rieger has the line"),
    ]
    cells = drafted(session, month)
    voss, kolb = month.person("Voss").id, month.person("Kolb").id
    assert cells[voss, date(2026, 12, 6)] == cells[kolb, date(2026, 12, 7)] == "H"
    assert cells[voss, date(2026, 12, 2)] == "U"
    assert (voss, date(2026, 12, 7)) not in cells


def test_filling_twice_fills_nothing_more_and_is_undone_as_one_step(
    session: Session, month: RosterWorld
) -> None:
    row = add(session, month)
    first = rotation_drafts.fill_draft(session, month.actor, row, DECEMBER, now=NOW)
    again = rotation_drafts.fill_draft(session, month.actor, row, DECEMBER, now=NOW)
    assert (len(first.filled), again.filled, again.kept) == (31, (), ())
    roster = duty_rosters.load_month(session, month.actor, month.department, DECEMBER, now=NOW).roster_id
    assert roster is not None
    undone = access.get_roster(session, month.actor, roster, to="change")
    duty_rosters.undo(session, month.actor, undone, now=NOW)
    assert drafted(session, month) == {}


def test_the_same_key_makes_one_rotation(session: Session, month: RosterWorld) -> None:
    assert add(session, month) is add(session, month, name="Other")
    assert add(session, month, key="form-2") is not add(session, month)


def test_a_change_of_turns_that_run_leaves_those_that_are_over(session: Session, month: RosterWorld) -> None:
    row = add(session, month, starts_on=MONDAY - 3 * WEEK)
    new = plan(month, starts_on=MONDAY, members=(month.person("Rieger").id,))
    later = rotations.change(session, month.actor, row, new, now=NOW, key="change")
    assert rotations.change(session, month.actor, row, new, now=NOW, key="change") is later
    assert later is not row and row.ends_on == MONDAY
    assert len(row.members) == 3 and later.line_id == row.line_id
    views = rotation_views.list_for_department(session, month.department, now=NOW)
    assert [[turn.name for turn in view.turns][:1] for view in views] == [
        ["Dr. Kim Wendt"],
        ["Dr. Kim Rieger"],
    ]
    assert [view.is_running for view in views] == [True, False]


def test_a_change_that_would_reach_into_the_past_is_refused(session: Session, month: RosterWorld) -> None:
    row = add(session, month, starts_on=MONDAY - 3 * WEEK)
    with pytest.raises(Refusal) as refused:
        new = plan(month, starts_on=MONDAY - 2 * WEEK)
        rotations.change(session, month.actor, row, new, now=NOW, key="change")
    assert refused.value.field == "starts_on"
    assert row.ends_on is None


def test_one_that_has_not_begun_is_changed_itself(session: Session, month: RosterWorld) -> None:
    row = add(session, month)
    new = plan(month, code="R", members=(month.person("Rieger").id,), last_on=MONDAY + WEEK)
    assert rotations.change(session, month.actor, row, new, now=NOW, key="change") is row
    assert row.line_id == month.lines["R"].id
    assert [one.person_id for one in row.members] == [month.person("Rieger").id]
    assert row.ends_on == MONDAY + WEEK + timedelta(days=1)


def test_an_end_is_not_before_today_and_twice_is_once(session: Session, month: RosterWorld) -> None:
    row = add(session, month, starts_on=MONDAY - 3 * WEEK)
    with pytest.raises(Refusal):
        rotations.end(session, month.actor, row, NOW.date() - timedelta(days=1), now=NOW)
    for _ in "twice":
        rotations.end(session, month.actor, row, NOW.date(), now=NOW)
    assert row.ends_on == NOW.date() + timedelta(days=1)
    over = NOW + timedelta(days=3)
    assert rotation_views.show(session, row, now=over).turns == ()
    with pytest.raises(Refusal):
        rotations.change(session, month.actor, row, plan(month), now=over, key="change")


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"every_days": 0}, "every_days"),
        ({"every_days": 93}, "every_days"),
        ({"members": ()}, "members"),
        ({"members": (uuid.UUID(int=1),)}, "members"),
        ({"members": (uuid.UUID(int=1),) * 61}, "members"),
        ({"code": "T"}, "code"),
        ({"code": "X"}, "code"),
        ({"last_on": MONDAY - WEEK}, "last_on"),
        ({"starts_on": date(2036, 1, 1)}, "starts_on"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_field(
    session: Session, month: RosterWorld, other: dict[str, object], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        new = plan(month, **other)
        rotations.add_for_people(session, month.actor, month.department, new, now=NOW, key="form-1")
    assert refused.value.field == field
    assert session.scalars(select(DutyRotation)).all() == []


def test_a_code_that_has_left_the_legend_fills_nothing(session: Session, month: RosterWorld) -> None:
    row = add(session, month)
    row.code = "X"
    with pytest.raises(Refusal, match="no code X"):
        rotation_drafts.fill_draft(session, month.actor, row, DECEMBER, now=NOW)


def test_hubs_take_turns_and_who_is_on_goes_by_them(
    session: Session, world: World, lines: tuple[DutyLine, DutyLine]
) -> None:
    actor, service = world.actor(world.secretary), session.get_one(Service, world.service.id)
    new = NewRotation("Hubs", MONDAY, (lines[1].id, lines[0].id))
    row = rotations.add_between_hubs(session, actor, service, new, now=NOW, key="form-1")
    for weeks, line in ((0, lines[1]), (1, lines[0])):
        at = local(MONDAY + weeks * WEEK, time(8))
        assert resolve(session, service.id, at).line_id == line.id
    shown = rotation_views.list_between_hubs(session, actor, now=NOW)
    assert [turn.name for turn in shown[0].turns] == [
        *("Moorfeld: Neurologie Moorfeld", "Wendstadt: Neurologie Dienst") * 2,
        "Moorfeld: Neurologie Moorfeld",
    ]
    session.flush()
    events = session.info["audit_pending"]
    assert [(one.action, one.object_id) for one in events if isinstance(one, AuditEvent)] == [
        ("create", row.id)
    ]
    with pytest.raises(Refusal):
        rotation_drafts.fill_draft(session, actor, row, DECEMBER, now=NOW)
    late = replace(new, starts_on=NOW.date() - WEEK)
    with pytest.raises(Refusal):
        rotations.add_between_hubs(session, actor, service, late, now=NOW, key="form-2")


def test_a_foreign_house_sees_no_rotation_and_changes_no_service(
    session: Session, world: World, month: RosterWorld
) -> None:
    row = add(session, month)
    stranger = world.actor(world.stranger)
    for model, row_id in ((DutyRotation, row.id), (Service, world.service.id)):
        with pytest.raises(NotFound):
            access.get_row(session, stranger, model, row_id)
