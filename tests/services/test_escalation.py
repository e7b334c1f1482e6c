"""The ladder at work: who is called when, what a skip moves, nobody twice, and nobody afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.escalation import MAX_ROUNDS, ROUND_PAUSE, LadderState
from confsched.domain.invites import Kind
from confsched.domain.kinds import SkipReason, UrgentState, UrgentStepKind
from confsched.models.contacts import ReadinessCheck
from confsched.models.outbox import OutboxMessage
from confsched.models.rosters import DutyLine
from confsched.models.urgent import UrgentConsult, UrgentStep
from confsched.services import alerts, escalation
from tests.support.alerting import add_point, all_alerts
from tests.support.ladders import (
    HOTLINE,
    acknowledge,
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
from tests.world import NOW, World


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


@pytest.fixture
def second_line(session: Session, world: World) -> DutyLine:
    """Give a second line below the world's own: both are held and reachable, 180 s apart."""
    second = add_line(session, world, "Neurologie Hintergrund")
    set_ladder(session, world, line_step(world.line, repeats=1), line_step(second, 180))
    put_on_duty(session, world.line, world.neurologist)
    put_on_duty(session, second, world.second_neurologist)
    add_point(session, world.neurologist)
    add_point(session, world.second_neurologist)
    return second


def steps_of(session: Session, consult: UrgentConsult) -> list[tuple[UrgentStepKind, str]]:
    query = select(UrgentStep).where(UrgentStep.consult_id == consult.id).order_by(UrgentStep.number)
    return [(step.kind, step.code) for step in session.scalars(query)]


def alarms(session: Session) -> list[str]:
    query = select(OutboxMessage).where(OutboxMessage.kind == Kind.ROSTER_ALARM)
    return [str(mail.snapshot) for mail in session.scalars(query.order_by(OutboxMessage.created_at))]


@pytest.mark.usefixtures("second_line")
def test_a_request_calls_at_once_and_writes_the_whole_ladder(session: Session, world: World) -> None:
    consult = ring(session, world)
    rungs = rungs_of(session, consult)
    assert [(one.position, one.repeat) for one in rungs] == [(1, 0), (1, 1), (2, 0), (3, 0)]
    assert seconds_due(rungs) == [0, 60, 180, 240]
    assert [one.entered_at for one in rungs] == [NOW, None, None, None]
    assert alerted(session, consult) == [(world.neurologist.id, NOW)]
    assert consult.state is UrgentState.ALERTED
    assert steps_of(session, consult)[-1] == (UrgentStepKind.STATE, "alerted")


@pytest.mark.usefixtures("second_line")
def test_each_step_is_entered_when_it_is_due_and_not_before(session: Session, world: World) -> None:
    consult = ring(session, world)
    assert [climb(session, NOW + after(seconds)) for seconds in (59, 60, 60, 179, 180, 239, 240)] == [
        *(0, 1, 0, 0, 1, 0, 1)
    ]
    first, second = world.neurologist.id, world.second_neurologist.id
    assert alerted(session, consult) == [
        *((first, NOW), (first, NOW + after(60)), (second, NOW + after(180)))
    ]
    assert steps_of(session, consult)[2:] == [
        (UrgentStepKind.ESCALATED, "duty_line"),
        (UrgentStepKind.ESCALATED, "phone_card"),
    ]
    assert rungs_of(session, consult)[3].phone == HOTLINE
    assert escalation.state_of(consult) is LadderState.PHONE


@pytest.mark.usefixtures("second_line")
def test_after_the_acknowledgement_nobody_is_called_and_nothing_leaves(
    session: Session, world: World
) -> None:
    """Cover line 35: rungs that wait are stopped, and so are alerts that have not left."""
    consult = ring(session, world)
    acknowledge(session, consult, world.neurologist, NOW + after(20))
    assert climb(session, NOW + timedelta(hours=1)) == 0
    assert len(alerted(session, consult)) == 1
    assert [one.stopped_at for one in rungs_of(session, consult)[1:]] == [NOW + after(20)] * 3
    assert [one.stopped_at for one in all_alerts(session)] == [NOW + after(20)]
    assert alarms(session) == []
    assert escalation.state_of(consult) is LadderState.STOPPED


@pytest.mark.usefixtures("second_line")
def test_a_rung_that_somebody_forgot_to_stop_calls_nobody(session: Session, world: World) -> None:
    """Cover line 35 a second time: the state of the consult decides, not only the marks on its rungs."""
    consult = ring(session, world)
    consult.state, consult.acknowledged_at = UrgentState.ACKNOWLEDGED, NOW + after(5)
    session.flush()
    assert climb(session, NOW + after(300)) == 1  # looked at, and stopped
    assert len(alerted(session, consult)) == 1
    assert all(one.stopped_at for one in rungs_of(session, consult)[1:])


def test_nobody_on_duty_skips_at_once_moves_the_rest_and_alarms_the_owner_once(
    session: Session, world: World
) -> None:
    """Cover line 32: a gap is skipped in the same second, seen, and told to who keeps the roster."""
    second = add_line(session, world, "Neurologie Hintergrund")
    set_ladder(session, world, line_step(world.line, repeats=1), line_step(second, 180))
    put_on_duty(session, second, world.second_neurologist)
    add_point(session, world.second_neurologist)
    consult = ring(session, world)
    rungs = rungs_of(session, consult)
    assert [one.skipped for one in rungs] == [SkipReason.NOBODY_ON_DUTY] * 2 + [None] * 2
    assert seconds_due(rungs[2:]) == [0, 60]  # the number came 60 s after the second line, and still does
    assert alerted(session, consult) == [(world.second_neurologist.id, NOW)]
    climb(session, NOW + after(60))
    climb(session, NOW + after(120))  # the second round begins: the line is empty as before
    assert len(rungs_of(session, consult)) == 8
    gaps = [mail for mail in alarms(session) if "nobody on duty" in mail]
    assert len(gaps) == 1
    assert "Neurologie Dienst" in gaps[0]
    assert all("SK-7Q2M" not in mail for mail in alarms(session))


def test_the_reason_why_nobody_was_called_is_kept(session: Session, world: World) -> None:
    """Cover line 34 at the last moment: who has no proven contact point is not counted on."""
    service = set_ladder(session, world, line_step(world.line))
    put_on_duty(session, world.line, world.neurologist)
    first = ring(session, world)
    add_point(session, world.neurologist)
    service.consults_at_once = 1
    taken = ring(session, world)
    acknowledge(session, taken, world.neurologist, NOW)
    last = ring(session, world)
    assert [rungs_of(session, one)[0].skipped for one in (first, taken, last)] == [
        *(SkipReason.NOBODY_REACHABLE, None, SkipReason.ALL_AT_CAP)
    ]
    assert rungs_of(session, last)[1].entered_at == NOW


def test_one_person_on_two_lines_is_called_once_and_the_next_step_begins(
    session: Session, world: World
) -> None:
    second = add_line(session, world, "Neurologie Hintergrund")
    set_ladder(session, world, line_step(world.line), line_step(second, 60))
    for line in (world.line, second):
        put_on_duty(session, line, world.neurologist)
    add_point(session, world.neurologist)
    consult = ring(session, world)
    climb(session, NOW + after(60))
    assert len(alerted(session, consult)) == 1
    assert [one.skipped for one in rungs_of(session, consult)][:2] == [None, SkipReason.ALREADY_ALERTED]
    assert rungs_of(session, consult)[2].entered_at == NOW + after(60)
    assert not [mail for mail in alarms(session) if "nobody" in mail]


@pytest.mark.usefixtures("second_line")
def test_who_has_not_said_ready_is_called_together_with_the_next_step(session: Session, world: World) -> None:
    check = unanswered_check(world)
    session.add(check)
    armed = ring(session, world)
    assert {person_id for person_id, _ in alerted(session, armed)} == {
        *(world.neurologist.id, world.second_neurologist.id)
    }
    assert seconds_due(rungs_of(session, armed)) == [0, 60, 0, 60]
    climb(session, NOW + after(59))
    assert rungs_of(session, armed)[3].entered_at is None
    check.answered_at = NOW
    answered = ring(session, world)
    assert len(alerted(session, answered)) == 1


def unanswered_check(world: World) -> ReadinessCheck:
    return ReadinessCheck(
        line_id=world.line.id,
        person_id=world.neurologist.id,
        duty_starts_at=NOW - timedelta(hours=4),
        duty_ends_at=NOW + timedelta(hours=8),
        asked_at=NOW - timedelta(hours=5),
        answer_by=NOW - timedelta(hours=4),
        armed_at=NOW - timedelta(hours=4),
    )


def test_the_repeat_of_a_step_that_was_not_ready_hurries_nothing_more(session: Session, world: World) -> None:
    second = add_line(session, world, "Neurologie Hintergrund")
    third = add_line(session, world, "Neurologie Reserve")
    first_step = line_step(world.line, repeats=2, every=30)
    set_ladder(session, world, first_step, line_step(second, 100), line_step(third, 200))
    for line, person in ((world.line, world.neurologist), (second, world.second_neurologist)):
        put_on_duty(session, line, person)
        add_point(session, person)
    session.add(unanswered_check(world))
    consult = ring(session, world)
    climb(session, NOW + after(30))
    assert [(one.position, one.entered_at) for one in rungs_of(session, consult)][3:] == [
        *((2, NOW), (3, None), (4, None))
    ]
    assert seconds_due(rungs_of(session, consult))[3:] == [0, 200, 260]


@pytest.mark.usefixtures("second_line")
def test_a_ladder_without_an_answer_begins_again_and_then_says_that_it_has_ended(
    session: Session, world: World
) -> None:
    consult = ring(session, world)
    end, now = NOW + timedelta(hours=1), NOW
    while now < end:
        now += after(10)
        climb(session, now)
    rungs = rungs_of(session, consult)
    assert [one.position for one in rungs if one.repeat == 0] == [1, 2, 3, 101, 102, 103, 201, 202, 203]
    assert rungs[4].due_at == NOW + after(240) + ROUND_PAUSE
    assert all(one.entered_at == one.due_at for one in rungs)
    assert len(alerted(session, consult)) == 3 * MAX_ROUNDS
    assert escalation.state_of(consult) is LadderState.EXHAUSTED
    said = alarms(session)
    assert [("once more" in mail, "any more" in mail) for mail in said] == [(True, False), (False, True)]


def test_a_service_without_a_ladder_shows_its_number_at_once(session: Session, world: World) -> None:
    consult = ring(session, world)
    (card, *_) = rungs_of(session, consult)
    assert (card.entered_at, card.phone) == (NOW, "+49 5555 1000")  # of the hub: there is no hotline
    assert alarms(session) == []  # it is so meant, or said by the page of the ladder
    assert consult.state is UrgentState.REQUESTED


@pytest.mark.usefixtures("second_line")
def test_calls_that_a_stop_of_all_workers_has_held_up_are_made_once(session: Session, world: World) -> None:
    consult = ring(session, world)
    late = NOW + timedelta(minutes=10)
    while climb(session, late):
        pass
    first, second = world.neurologist.id, world.second_neurologist.id
    assert sorted(alerted(session, consult)) == sorted([(first, NOW), (first, late), (second, late)])


def test_overdue_repeats_are_one_call(session: Session, world: World) -> None:
    set_ladder(session, world, line_step(world.line, repeats=3), line_step(world.line, 300))
    put_on_duty(session, world.line, world.neurologist)
    add_point(session, world.neurologist)
    consult = ring(session, world)
    climb(session, NOW + after(250))
    assert len(alerted(session, consult)) == 2
    assert [one.skipped for one in rungs_of(session, consult)[1:4]] == [
        *(None, SkipReason.ALREADY_ALERTED, SkipReason.ALREADY_ALERTED)
    ]


@pytest.mark.usefixtures("second_line")
def test_a_fault_while_calling_refuses_no_request_and_the_worker_calls(
    session: Session, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(alerts, "alert", lambda *_args, **_kwargs: 1 / 0)
        consult = ring(session, world)
    assert [one.entered_at for one in rungs_of(session, consult)] == [None] * 4
    assert climb(session, NOW + after(1)) == 1
    assert alerted(session, consult) == [(world.neurologist.id, NOW + after(1))]
    assert consult.state is UrgentState.ALERTED
