"""Who is called and cannot take it passes it on: the next step begins at once, and nothing is lost by it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.escalation import PASSED_ON
from confsched.domain.kinds import EscalationTarget, UrgentState
from confsched.errors import Conflict, Refusal
from confsched.models.rosters import DutyLine
from confsched.models.urgent import Alert, UrgentConsult, UrgentStep
from confsched.services import urgent_lists, urgent_live, urgent_passing, urgent_tasks
from tests.support.alerting import add_consult, add_point
from tests.support.ladders import (
    add_line,
    alerted,
    climb,
    line_step,
    put_on_duty,
    ring,
    rungs_of,
    seconds_due,
    set_ladder,
)
from tests.world import NOW, World, build_world

LATER = NOW + timedelta(seconds=30)
THREADS = 16


def _lines(session: Session, world: World) -> DutyLine:
    """Let the first neurologist hold the first line, and the second one the line behind it."""
    behind = add_line(session, world, "Hintergrund")
    for line, person in ((world.line, world.neurologist), (behind, world.second_neurologist)):
        put_on_duty(session, line, person)
        add_point(session, person)
    return behind


@pytest.fixture
def consult(session: Session, world: World) -> UrgentConsult:
    """Give a consult that calls the first neurologist, again and again, and the second after 3 min."""
    behind = _lines(session, world)
    set_ladder(session, world, line_step(world.line, repeats=2), line_step(behind, 180))
    return ring(session, world)


def _passed(session: Session, consult: UrgentConsult) -> list[UrgentStep]:
    query = select(UrgentStep).where(UrgentStep.consult_id == consult.id, UrgentStep.code == PASSED_ON)
    return list(session.scalars(query))


def test_the_next_step_is_called_at_once_and_the_rest_comes_earlier_by_the_time_saved(
    session: Session, world: World, consult: UrgentConsult
) -> None:
    first, second = world.neurologist, world.second_neurologist
    for _ in range(2):  # twice is as good as once
        urgent_passing.pass_on(session, first.id, consult, now=LATER)
    assert alerted(session, consult) == [(first.id, NOW), (second.id, LATER)]
    # The repeats of the step that nobody rings on any more are stopped.
    climb(session, NOW + timedelta(seconds=61))
    assert [person_id for person_id, _ in alerted(session, consult)] == [first.id, second.id]
    rungs = rungs_of(session, consult)
    assert [one.target for one in rungs][-2:] == [EscalationTarget.DUTY_LINE, EscalationTarget.PHONE_CARD]
    assert seconds_due(rungs)[-2:] == [30, 90]
    (step,) = _passed(session, consult)
    assert (step.person_id, step.taken_at, step.details) == (first.id, LATER, {"position": 1})
    assert consult.state is UrgentState.ALERTED


def test_who_passed_it_on_is_called_no_more_yet_may_still_take_it(
    session: Session, world: World, consult: UrgentConsult
) -> None:
    actor = world.actor(world.neurologist)
    assert [one.id for one in urgent_tasks.list_calls(session, actor)] == [consult.id]
    assert urgent_passing.may_pass_on(consult, actor.person_id)
    urgent_passing.pass_on(session, actor.person_id, consult, actor=actor, now=LATER)
    assert urgent_tasks.list_calls(session, actor) == []
    assert [one.calls_me for one in urgent_lists.worklist(session, actor, now=LATER).incoming] == [False]
    assert urgent_passing.has_passed_on(consult, actor.person_id)
    assert not urgent_passing.may_pass_on(consult, actor.person_id)
    unsent = session.scalars(select(Alert).where(Alert.person_id == actor.person_id)).all()
    assert {one.stopped_at for one in unsent} == {LATER}
    urgent_live.acknowledge(session, actor.person_id, consult, now=LATER)
    assert consult.consultant_id == actor.person_id


def test_when_all_have_passed_it_on_the_number_is_shown_and_the_next_round_calls_them_again(
    session: Session, world: World, consult: UrgentConsult
) -> None:
    for person in (world.neurologist, world.second_neurologist):
        urgent_passing.pass_on(session, person.id, consult, now=LATER)
    assert any(
        one.target is EscalationTarget.PHONE_CARD and one.entered_at for one in rungs_of(session, consult)
    )
    climb(session, LATER + timedelta(seconds=61))
    assert [one.id for one in urgent_tasks.list_calls(session, world.actor(world.neurologist))] == [
        consult.id
    ]
    urgent_passing.pass_on(session, world.neurologist.id, consult, now=LATER + timedelta(seconds=70))
    assert [step.details["position"] for step in _passed(session, consult)] == [1, 2, 101]


def test_a_colleague_on_the_same_line_rings_on_beside_the_next_step(session: Session, world: World) -> None:
    behind = _lines(session, world)
    beside = world.requester
    put_on_duty(session, world.line, beside)
    add_point(session, beside)
    set_ladder(session, world, line_step(world.line, repeats=1), line_step(behind, 180))
    consult = ring(session, world)
    urgent_passing.pass_on(session, world.neurologist.id, consult, now=LATER)
    assert {who for who, _ in alerted(session, consult)} == {
        *(world.neurologist.id, beside.id, world.second_neurologist.id)
    }
    climb(session, NOW + timedelta(seconds=60))
    again = [who for who, at in alerted(session, consult) if at == NOW + timedelta(seconds=60)]
    assert again == [beside.id]


def test_the_last_who_is_called_hurries_nothing_that_has_begun_already(
    session: Session, world: World, consult: UrgentConsult
) -> None:
    climb(session, NOW + timedelta(seconds=181))
    before = seconds_due(rungs_of(session, consult))
    urgent_passing.pass_on(session, world.neurologist.id, consult, now=NOW + timedelta(seconds=190))
    assert seconds_due(rungs_of(session, consult)) == before


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (UrgentState.CANCELLED, "is over"),
        (UrgentState.PRE_ALERT, "Nobody has been called yet"),
    ],
)
def test_what_rings_no_more_is_not_passed_on(
    session: Session, world: World, state: UrgentState, sentence: str
) -> None:
    consult = add_consult(session, world, state=state)
    with pytest.raises(Conflict, match=sentence):
        urgent_passing.pass_on(session, world.neurologist.id, consult, now=LATER)


def test_only_who_is_called_passes_on_and_not_what_somebody_has_taken(
    session: Session, world: World, consult: UrgentConsult
) -> None:
    for nobody in (world.second_neurologist, world.requester):
        with pytest.raises(Refusal, match="Only who is called"):
            urgent_passing.pass_on(session, nobody.id, consult, now=LATER)
    urgent_live.acknowledge(session, world.neurologist.id, consult, now=LATER)
    with pytest.raises(Conflict, match="You have taken"):
        urgent_passing.pass_on(session, world.neurologist.id, consult, now=LATER)
    with pytest.raises(Conflict, match="Jana Okafor"):
        urgent_passing.pass_on(session, world.second_neurologist.id, consult, now=LATER)
    assert _passed(session, consult) == []


def test_of_sixteen_who_acknowledge_at_once_one_has_it_and_all_others_are_told_who(
    database: Database,
) -> None:
    """PEER_FAILURES 35 and 36."""
    with database.transaction() as session:
        world = build_world(session)
        _lines(session, world)
        set_ladder(session, world, line_step(world.line))
        consult_id = ring(session, world).id
    people, together = (world.neurologist, world.second_neurologist), threading.Barrier(THREADS)

    def press(number: int) -> str:
        person = people[number % 2]
        together.wait(60)
        try:
            with database.transaction() as session:
                consult = session.get_one(UrgentConsult, consult_id)
                urgent_live.acknowledge(session, person.id, consult, now=LATER)
        except Conflict as conflict:
            return str(conflict.message.values["name"])
        return f"taken by {person.name}"

    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(press, range(THREADS)))
    with database.read() as session:
        consult = session.get_one(UrgentConsult, consult_id)
        taker = next(person for person in people if person.id == consult.consultant_id)
        assert [step.code for step in consult.steps].count(UrgentState.ACKNOWLEDGED.value) == 1
    assert set(answers) == {f"taken by {taker.name}", taker.name}
    assert answers.count(taker.name) == THREADS // 2
