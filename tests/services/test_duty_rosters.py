"""The month of a department: drafts that two editors share, and what a reader of the month sees."""

from __future__ import annotations

import threading
import time as stopwatch
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind, CountsAs, DayClass
from confsched.domain.permissions import Actor, Function
from confsched.domain.roster_rules import Rule
from confsched.domain.rosters import duty_span
from confsched.errors import NotFound, Refusal
from confsched.models.audit import AuditEvent
from confsched.models.catalogue import Service
from confsched.models.duty_rosters import DutyRoster, RosterEdit
from confsched.services import access, audit, duty_rosters, rosters
from confsched.services.duty_rosters import CellEdit, CellView, EditResult, MonthView
from tests.support.alerting import add_point
from tests.support.rosters import DECEMBER, NIGHT, RosterWorld, build_department
from tests.world import NOW, ZONE, World, add_person, local

LATER = NOW + timedelta(hours=1)
Plan = Mapping[tuple[str, int], str]


@pytest.fixture
def rw(session: Session, world: World) -> RosterWorld:
    return build_department(session, world)


def _day(number: int) -> date:
    return DECEMBER.replace(day=number)


def _edits(rw: RosterWorld, plan: Plan, seen: int = 0) -> list[CellEdit]:
    return [CellEdit(rw.person(name).id, _day(day), text, seen) for (name, day), text in plan.items()]


def _edit(
    session: Session, rw: RosterWorld, plan: Plan, *, seen: int = 0, by: Actor | None = None
) -> EditResult:
    edits = _edits(rw, plan, seen)
    return duty_rosters.edit_cells(session, by or rw.actor, rw.department, DECEMBER, edits, now=NOW)


def _month(session: Session, rw: RosterWorld, actor: Actor | None = None) -> MonthView:
    return duty_rosters.load_month(session, actor or rw.actor, rw.department, DECEMBER, now=LATER)


def _cell(view: MonthView, rw: RosterWorld, name: str, day: int) -> CellView:
    row = next(row for row in view.rows if row.person_id == rw.person(name).id)
    return row.cells[day - 1]


def _roster(session: Session) -> DutyRoster:
    return session.scalars(select(DutyRoster)).one()


def test_a_month_that_nobody_worked_on_shows_people_days_and_gaps(session: Session, rw: RosterWorld) -> None:
    view = _month(session, rw)

    assert [row.name.split()[-1] for row in view.rows] == [
        *("Ahrend", "Brandt", "Kolb", "Okafor", "Rieger", "Sölle", "Voss", "Wendt")
    ]
    assert (view.roster_id, view.edition, view.may_edit, len(view.days)) == (None, 0, True, 31)
    assert view.days[23].day_class is DayClass.HOLIDAY_EVE
    assert view.days[24].day_class is DayClass.HOLIDAY and view.days[24].holiday
    assert {line.code: line.days[0].gap_minutes for line in view.lines} == {"N": 960, "R": 960, "H": 1440}
    assert len(view.gaps) == 93


def test_what_is_typed_stands_in_the_draft_with_sums_and_coverage(session: Session, rw: RosterWorld) -> None:
    result = _edit(session, rw, {("Voss", 1): "n", ("Voss", 3): "T", ("Kolb", 1): " r + t"})

    assert [(cell.text, cell.version) for cell in result.saved] == [("N", 1), ("T", 1), ("R/T", 1)]
    view = _month(session, rw)
    assert _cell(view, rw, "Voss", 1) == CellView(_day(1), "N", "", 1)
    assert next(row for row in view.rows if "Voss" in row.name).sums == {CountsAs.NIGHT: 1, CountsAs.DAY: 1}
    assert view.lines[0].days[0].state == "held"
    assert {(change.name, change.before, change.after) for change in view.changes} == {
        *(("Dr. Kim Kolb", "", "R/T"), ("Dr. Kim Voss", "", "N"), ("Dr. Kim Voss", "", "T"))
    }


def test_the_second_of_two_editors_keeps_what_they_typed_and_overwrites_nothing(
    session: Session, rw: RosterWorld
) -> None:
    _edit(session, rw, {("Voss", 1): "N"})

    result = _edit(session, rw, {("Voss", 1): "R", ("Kolb", 2): "T"}, by=rw.second_actor)

    (conflict,) = result.conflicts
    assert (conflict.mine, conflict.theirs, conflict.version, conflict.by, conflict.at) == (
        *("R", "N", 1, "Petra Lindner", NOW),
    )
    assert [cell.text for cell in result.saved] == ["T"]
    assert _cell(_month(session, rw), rw, "Voss", 1).text == "N"


def test_both_typing_the_same_is_no_conflict(session: Session, rw: RosterWorld) -> None:
    _edit(session, rw, {("Voss", 1): "N"})
    result = _edit(session, rw, {("Voss", 1): "n"}, by=rw.second_actor)
    assert (result.conflicts, result.saved[0].version) == ((), 1)


def test_an_unknown_code_is_kept_as_a_finding_and_a_text_too_long_is_not(
    session: Session, rw: RosterWorld
) -> None:
    result = _edit(session, rw, {("Voss", 1): "Hg", ("Kolb", 1): "NIGHT", ("Wendt", 1): "T/N/R/H"})

    assert [cell.text for cell in result.saved] == ["HG"]
    assert {str(problem.message) for problem in result.problems} == {
        "The legend does not know HG.",
        "A code has at most 3 letters.",
        "A cell holds at most 3 codes.",
    }
    (problem,) = _month(session, rw).problems
    assert problem.person_id == rw.person("Voss").id


def test_two_people_with_one_line_at_once_is_a_finding_at_both_cells(
    session: Session, rw: RosterWorld
) -> None:
    _edit(session, rw, {("Voss", 1): "N", ("Kolb", 1): "N"})
    view = _month(session, rw)
    assert str(_cell(view, rw, "Voss", 1).problem) == "Dr. Kim Kolb holds the line then as well, with N."
    assert _cell(view, rw, "Kolb", 1).problem is not None


def test_days_of_other_months_and_people_of_other_houses_are_not_written(
    session: Session, rw: RosterWorld, world: World
) -> None:
    edits = [
        CellEdit(rw.person("Voss").id, date(2027, 1, 1), "N"),
        CellEdit(world.stranger.id, _day(1), "N"),
        CellEdit(world.secretary.id, _day(1), "N"),
    ]
    result = duty_rosters.edit_cells(session, rw.actor, rw.department, DECEMBER, edits, now=NOW)
    assert (result.saved, len(result.problems)) == ((), 3)


def test_more_cells_than_a_month_can_have_are_refused(session: Session, rw: RosterWorld) -> None:
    person_id, first = rw.person("Voss").id, date(2026, 1, 1)
    days = (first + timedelta(days=number) for number in range(duty_rosters.MAX_EDITS + 1))
    edits = [CellEdit(person_id, day, "N") for day in days]
    with pytest.raises(Refusal, match=f"at most {duty_rosters.MAX_EDITS} cells"):
        duty_rosters.edit_cells(session, rw.actor, rw.department, DECEMBER, edits, now=NOW)


def test_a_step_is_undone_and_redone_and_a_new_one_ends_redoing(session: Session, rw: RosterWorld) -> None:
    _edit(session, rw, {("Voss", 1): "N", ("Kolb", 2): "R"})
    _edit(session, rw, {("Voss", 1): "T"}, seen=1)
    roster = _roster(session)

    assert [cell.text for cell in duty_rosters.undo(session, rw.actor, roster, now=NOW).saved] == ["N"]
    assert [cell.text for cell in duty_rosters.undo(session, rw.actor, roster, now=NOW).saved] == ["", ""]
    assert [cell.text for cell in duty_rosters.redo(session, rw.actor, roster, now=NOW).saved] == ["N", "R"]
    _edit(session, rw, {("Wendt", 3): "U"})
    with pytest.raises(Refusal, match="no step of yours to redo"):
        duty_rosters.redo(session, rw.actor, roster, now=NOW)


def test_undo_leaves_what_somebody_else_wrote_since(session: Session, rw: RosterWorld) -> None:
    _edit(session, rw, {("Voss", 1): "N", ("Kolb", 2): "R"})
    _edit(session, rw, {("Voss", 1): "T"}, seen=1, by=rw.second_actor)

    result = duty_rosters.undo(session, rw.actor, _roster(session), now=NOW)

    assert [cell.text for cell in result.saved] == [""]
    assert [(conflict.theirs, conflict.by) for conflict in result.conflicts] == [("T", "Lara Brandis")]


def test_undo_is_refused_to_who_has_made_no_step(session: Session, rw: RosterWorld) -> None:
    _edit(session, rw, {("Voss", 1): "N"})
    with pytest.raises(Refusal, match="no step of yours"):
        duty_rosters.undo(session, rw.second_actor, _roster(session), now=NOW)


def test_filling_leaves_what_stands_and_is_one_step(session: Session, rw: RosterWorld) -> None:
    _edit(session, rw, {("Voss", 1): "U"})
    roster = _roster(session)
    cells = {(rw.person(name).id, _day(1)): "N" for name in ("Voss", "Kolb")}

    result = duty_rosters.fill_cells(session, rw.actor, roster, cells, now=NOW, only_empty=True)

    assert ([cell.text for cell in result.saved], [one.theirs for one in result.conflicts]) == (["N"], ["U"])
    duty_rosters.undo(session, rw.actor, roster, now=NOW)
    assert _cell(_month(session, rw), rw, "Kolb", 1).text == ""


def test_an_edit_that_changes_nothing_leaves_no_step_and_no_trace(session: Session, rw: RosterWorld) -> None:
    _edit(session, rw, {("Voss", 1): "N"})
    _edit(session, rw, {("Voss", 1): "N"}, seen=1)
    assert len(session.scalars(select(RosterEdit)).all()) == 1
    audit.write_pending(session)
    actions = session.scalars(select(AuditEvent).where(AuditEvent.action == "edit_cells")).all()
    assert [event.detail for event in actions] == ["1 cells"]


def test_a_warning_keeps_the_reason_that_was_given(session: Session, rw: RosterWorld) -> None:
    _edit(session, rw, {("Voss", 1): "N", ("Voss", 2): "T"})
    voss, roster = rw.person("Voss").id, _roster(session)
    (warning,) = _month(session, rw).warnings
    assert (warning.rule, warning.name, warning.day, warning.reason) == (
        *(Rule.REST, "Dr. Kim Voss", _day(2), None),
    )

    duty_rosters.give_reason(session, rw.actor, roster, voss, _day(2), Rule.REST, "Wants it", now=NOW)

    assert _cell(_month(session, rw), rw, "Voss", 2).warnings[0].reason == "Wants it"
    duty_rosters.give_reason(session, rw.actor, roster, voss, _day(2), Rule.REST, " ", now=NOW)
    assert _month(session, rw).warnings[0].reason is None


def test_a_month_never_published_here_is_read_from_the_duties_that_stand(
    session: Session, rw: RosterWorld
) -> None:
    nights = [(rw.person("Voss"), duty_span(_day(day), *NIGHT, ZONE)) for day in (1, 31)]
    late = duty_span(_day(5), NIGHT[0].replace(hour=22), NIGHT[1], ZONE)
    rosters.record_duties(
        *(session, None, rw.lines["N"], [*nights, (rw.person("Kolb"), late)]), now=NOW, origin="program"
    )

    view = _month(session, rw)

    assert [_cell(view, rw, "Voss", day).text for day in (1, 31)] == ["N", "N"]
    assert (_cell(view, rw, "Kolb", 5).text, view.changes) == ("", ())
    assert str(_cell(view, rw, "Kolb", 5).part) == "On duty from 22:00 to 08:00, which no code says."
    assert view.lines[0].days[4].gap_minutes == 360


def test_colleagues_read_what_is_published_and_not_why_somebody_is_away(
    session: Session, rw: RosterWorld
) -> None:
    _edit(session, rw, {("Voss", 1): "N"})
    view = _month(session, rw, rw.actor_of("Voss"))
    assert (view.may_edit, _cell(view, rw, "Voss", 1).text, view.changes) == (False, "", ())


def test_a_month_takes_a_constant_number_of_queries_and_little_time(
    session: Session, rw: RosterWorld, record_property: Callable[[str, object], None]
) -> None:
    few = _count_queries(session, rw)
    hub = rw.department.site
    for number in range(46):
        add_person(
            *(session, hub, "Dr.", "Kim", f"Number{number}", Function.CONSULTANT), department=rw.department
        )
    people = [row.person_id for row in _month(session, rw).rows]
    codes = ("T", "T", "N", "", "T", "R", "", "U")
    edits = [
        CellEdit(person_id, _day(day), codes[(day + number) % 8])
        for number, person_id in enumerate(people)
        for day in range(1, 32)
    ]
    duty_rosters.edit_cells(session, rw.actor, rw.department, DECEMBER, edits, now=NOW)

    _month(session, rw)  # fills what is remembered of holidays, as in a server that runs
    started = stopwatch.process_time()
    many = _count_queries(session, rw)
    elapsed = stopwatch.process_time() - started

    kind = session.get_bind().dialect.name
    record_property(
        "figure", f"a month of {len(people)} people on {kind}: {elapsed * 1000:.0f} ms, {many} queries"
    )
    assert len(people) == 54 and few <= many <= few + 3
    assert elapsed < 1


def _count_queries(session: Session, rw: RosterWorld) -> int:
    seen: list[str] = []
    engine = session.get_bind()

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    _month(session, rw)
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_an_absence_over_a_weekend_shows_on_each_of_its_days_and_warns_of_duties(
    session: Session, rw: RosterWorld
) -> None:
    """Cover line 16: away from Friday 18:00 to Monday 08:00 is away on Saturday."""
    span = Span(local(_day(4), time(18)), local(_day(7), time(8)))
    rosters.record_absence(session, None, rw.person("Voss"), span, kind=AbsenceKind.TRAINING, now=NOW)
    _edit(session, rw, {("Voss", 5): "N"})
    view = _month(session, rw)
    kinds = [_cell(view, rw, "Voss", day).absence for day in (3, 4, 5, 6, 7, 8)]
    assert kinds == [None, *[AbsenceKind.TRAINING] * 4, None]
    assert [warning.rule for warning in _cell(view, rw, "Voss", 5).warnings] == [Rule.ABSENT]


def test_the_days_are_those_of_the_site_whoever_reads_them(session: Session, rw: RosterWorld) -> None:
    """Cover line 15: for a reader in Auckland the night of the first is still the night of the first."""
    nights = [(rw.person("Voss"), duty_span(_day(1), *NIGHT, ZONE))]
    rosters.record_duties(session, None, rw.lines["N"], nights, now=NOW, origin="program")
    view = _month(session, rw, replace(rw.actor, zone="Pacific/Auckland"))
    assert _cell(view, rw, "Voss", 1).text == "N"


def test_who_cannot_be_reached_is_warned_of(session: Session, rw: RosterWorld) -> None:
    """Cover line 34: a person on duty without any working contact is flagged before publication."""
    rw.person("Voss").phone = rw.person("Voss").email = ""
    _edit(session, rw, {("Voss", 5): "N"})
    assert [warning.rule for warning in _month(session, rw).warnings] == [Rule.NO_CONTACT]


def test_who_holds_an_urgent_line_without_a_proven_contact_point_is_warned_of(
    session: Session, world: World, rw: RosterWorld
) -> None:
    """Cover line 34: the ring would reach nobody, and that is known before publication."""
    service = session.get_one(Service, world.service.id)
    rw.lines["N"].service_id, service.is_urgent = service.id, True
    _edit(session, rw, {("Voss", 5): "N"})
    assert [warning.rule for warning in _month(session, rw).warnings] == [Rule.NO_ALERT]
    add_point(session, rw.person("Voss"))
    assert _month(session, rw).warnings == ()


@pytest.mark.parametrize("month", [date(1, 1, 1), date(9999, 12, 1)])
def test_a_month_that_nobody_plans_does_not_exist(session: Session, rw: RosterWorld, month: date) -> None:
    with pytest.raises(NotFound):
        duty_rosters.load_month(session, rw.actor, rw.department, month, now=NOW)
    with pytest.raises(NotFound):
        duty_rosters.edit_cells(session, rw.actor, rw.department, month, [], now=NOW)


def test_of_two_first_edits_of_one_cell_at_once_one_is_a_conflict(database: Database, world: World) -> None:
    with database.transaction() as session:
        rw = build_department(session, world)
    together, results = threading.Barrier(2), []

    def write(text: str) -> None:
        together.wait(timeout=20)
        with database.transaction() as session:
            department = access.get_department(session, rw.actor, rw.department.id, to="change")
            edits = _edits(rw, {("Voss", 1): text})
            done = duty_rosters.edit_cells(session, rw.actor, department, DECEMBER, edits, now=NOW)
        results.append((len(done.saved), len(done.conflicts)))

    writers = [threading.Thread(target=write, args=(text,)) for text in ("N", "R")]
    for one in writers:
        one.start()
    for one in writers:
        one.join(timeout=60)
    assert sorted(results) == [(0, 1), (1, 0)]


def test_a_reason_for_a_cell_of_another_month_is_not_found(session: Session, rw: RosterWorld) -> None:
    _edit(session, rw, {("Voss", 1): "N"})
    with pytest.raises(NotFound):
        duty_rosters.give_reason(
            *(session, rw.actor, _roster(session), rw.person("Voss").id, date(2027, 1, 1), Rule.REST, "x"),
            now=NOW,
        )
