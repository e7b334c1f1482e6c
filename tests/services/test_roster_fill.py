"""The automatic filling of a draft: asked for, worked out, stopped, taken over once, never over others."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.autofill import fill
from confsched.domain.duty_codes import planned_duties
from confsched.domain.kinds import AbsenceKind, FillState, WishKind
from confsched.domain.roster_month import day_span
from confsched.errors import Conflict
from confsched.models.duty_rosters import FillRun
from confsched.models.rotations import DutyWish
from confsched.services import duty_rosters, fill_views, roster_fill, rosters
from confsched.services.duty_rosters import CellEdit
from confsched.services.fill_problems import load_problem
from confsched.services.roster_cells import load_state, open_roster
from tests.support.rosters import DECEMBER, RosterWorld, build_department
from tests.world import NOW, World

KEY = "a worker"


@pytest.fixture
def month(session: Session, world: World) -> RosterWorld:
    return build_department(session, world)


def _ask(session: Session, month: RosterWorld, *, key: str = "form-1") -> FillRun:
    roster = open_roster(session, month.department, DECEMBER, now=NOW)
    return roster_fill.ask(session, month.actor, roster, keep_limits=False, now=NOW, key=key)


def _work(session: Session) -> None:
    due = roster_fill.claim_due(session, KEY, now=NOW)
    assert due is not None
    roster_fill.store(session, due, fill(due.problem, steps=2_000), now=NOW)


def test_an_empty_month_is_filled_and_taken_over_as_one_step(session: Session, month: RosterWorld) -> None:
    run = _ask(session, month)
    _work(session)
    assert run.state is FillState.DONE
    assert run.filled == run.total > 31
    roster_fill.take_over(session, month.actor, run, now=NOW)
    view = duty_rosters.load_month(session, month.actor, month.department, DECEMBER, now=NOW)
    assert view.gaps == ()
    assert view.problems == ()
    duty_rosters.undo(session, month.actor, run.roster, now=NOW)
    view = duty_rosters.load_month(session, month.actor, month.department, DECEMBER, now=NOW)
    assert view.gaps


def test_what_stands_is_kept_and_a_duty_given_meanwhile_stays_with_whom_it_was_given_to(
    session: Session, month: RosterWorld
) -> None:
    voss, kolb = month.person("Voss").id, month.person("Kolb").id
    edits = [CellEdit(voss, DECEMBER, "N"), CellEdit(kolb, date(2026, 12, 4), "T")]
    duty_rosters.edit_cells(session, month.actor, month.department, DECEMBER, edits, now=NOW)
    run = _ask(session, month)
    _work(session)
    later = [CellEdit(kolb, date(2026, 12, 9), "N")]
    duty_rosters.edit_cells(session, month.actor, month.department, DECEMBER, later, now=NOW)
    roster_fill.take_over(session, month.actor, run, now=NOW)
    state = load_state(session, month.department, DECEMBER, now=NOW)
    assert state.draft[voss, DECEMBER].startswith("N")
    assert state.draft[kolb, date(2026, 12, 4)].startswith("T")
    nights = [duty for duty in planned_duties(state.draft, state.legend) if duty.code == "N"]
    assert [duty.person_id for duty in nights if duty.day.day == 9] == [kolb]
    assert len(nights) == len({duty.day for duty in nights})


def test_absences_and_fixed_days_off_keep_people_from_duties_and_are_named_as_the_reason(
    session: Session, month: RosterWorld
) -> None:
    day = date(2026, 12, 10)
    away, *others = month.people.values()
    rosters.record_absence(
        session, None, away, day_span(day, "Europe/Berlin"), kind=AbsenceKind.LEAVE, now=NOW
    )
    session.add_all(
        DutyWish(
            person_id=one.id,
            kind=WishKind.DAY_OFF,
            starts_on=day,
            ends_on=day,
            weekday=None,
            note="",
            created_at=NOW,
        )
        for one in others
    )
    run = _ask(session, month)
    _work(session)
    view = fill_views.show(session, run)
    left = [one for one in view.left_open if one.day == day]
    assert left
    assert all("absent" in str(one.reasons[-1]) for one in left)
    assert not [one for one in view.proposals if one.day == day]


def test_a_second_wish_for_the_same_month_gets_the_filling_that_runs(
    session: Session, month: RosterWorld
) -> None:
    run = _ask(session, month)
    session.flush()
    assert _ask(session, month) is run
    assert _ask(session, month, key="form-2") is run


def test_a_filling_that_is_stopped_keeps_the_best_so_far(session: Session, month: RosterWorld) -> None:
    run = _ask(session, month)
    due = roster_fill.claim_due(session, KEY, now=NOW)
    assert due is not None
    assert roster_fill.claim_due(session, "another worker", now=NOW) is None
    roster_fill.stop(session, month.actor, run, now=NOW)
    answers: list[bool] = []

    def stopped(progress: object) -> bool:
        answers.append(roster_fill.note_progress(session, due, progress, now=NOW))  # type: ignore[arg-type]
        return answers[-1]

    roster_fill.store(session, due, fill(due.problem, on_progress=stopped, steps=10_000), now=NOW)
    assert answers[-1] is False
    assert run.state is FillState.STOPPED
    assert fill_views.show(session, run).may_be_taken_over


def test_a_filling_whose_worker_died_goes_to_the_next_and_the_dead_one_writes_nothing(
    session: Session, month: RosterWorld
) -> None:
    run = _ask(session, month)
    dead = roster_fill.claim_due(session, KEY, now=NOW)
    later = NOW + roster_fill.LEASE + timedelta(seconds=1)
    alive = roster_fill.claim_due(session, "another worker", now=later)
    assert dead is not None and alive is not None
    roster_fill.store(session, dead, fill(dead.problem, steps=100), now=later)
    assert run.state is FillState.RUNNING
    roster_fill.store_failure(session, alive, now=later)
    assert run.state is FillState.FAILED


def test_a_running_filling_cannot_be_taken_over_and_a_finished_one_only_once(
    session: Session, month: RosterWorld
) -> None:
    run = _ask(session, month)
    with pytest.raises(Conflict):
        roster_fill.take_over(session, month.actor, run, now=NOW)
    _work(session)
    assert roster_fill.take_over(session, month.actor, run, now=NOW).saved
    assert roster_fill.take_over(session, month.actor, run, now=NOW).saved == ()


def test_with_limits_kept_nobody_gets_more_than_the_numbers_of_a_month(
    session: Session, month: RosterWorld
) -> None:
    roster = open_roster(session, month.department, DECEMBER, now=NOW)
    problem = load_problem(session, roster, keep_limits=True, now=NOW)
    assert not any(one.limits.leave_room_for(5, 0) for one in problem.candidates)
    free = load_problem(session, roster, keep_limits=False, now=NOW)
    assert all(one.limits.leave_room_for(5, 0) for one in free.candidates)


def test_days_that_are_over_are_not_filled_any_more(session: Session, month: RosterWorld) -> None:
    later = NOW + timedelta(days=20)  # the 13th of December
    for now, count in ((NOW, 31), (later, 19)):
        lines = fill_views.list_open(session, month.department, DECEMBER, now=now)
        assert {(line.name, line.count) for line in lines} >= {("Hintergrund", count)}
