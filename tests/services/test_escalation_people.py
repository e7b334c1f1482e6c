"""Whom a step reaches at an instant: hubs that change, nights of the clock change, swaps, busy people."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.bookings import ClaimState
from confsched.domain.escalation import Step
from confsched.domain.intervals import Span
from confsched.domain.kinds import EscalationTarget as Target
from confsched.domain.kinds import SkipReason, SubjectKind, UrgentState
from confsched.domain.rosters import duty_span
from confsched.models.catalogue import Service
from confsched.models.claims import Claim
from confsched.models.network import Department
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.services import engine_time, escalation, ladders, swaps, urgent_steps
from confsched.services.escalation_people import Reached
from tests.services.test_hub_rotation import rotate
from tests.support.alerting import add_point
from tests.support.ladders import (
    acknowledge,
    add_line,
    alerted,
    climb,
    line_step,
    put_on_duty,
    ring,
    rungs_of,
    set_ladder,
)
from tests.support.swaps import MONDAY, NIGHT, TEN, approval, give, propose
from tests.world import NOW, ZONE, World, local

SECOND = timedelta(seconds=1)
ALWAYS = Span(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 12, 10, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _reachable(session: Session, world: World) -> None:
    for person in (world.neurologist, world.second_neurologist):
        add_point(session, person)


def dry_run(session: Session, world: World, at: datetime, known_at: datetime | None = None) -> Reached:
    """Ask whom the first step would reach."""
    service = session.get_one(Service, world.service.id)
    step = ladders.read_ladder(session, service)[0]
    return escalation.resolve_step(session, service, step, at, known_at)


def names(reached: Reached) -> list[str]:
    return [one.name for one in reached.choice.called]


def test_hubs_change_on_monday_at_eight_during_an_open_consult(session: Session, world: World) -> None:
    """DOMAIN 10: who is called again at 08:00 is the hub whose turn it is then; who has taken it keeps it."""
    spoke = Department(site_id=world.spoke.id, name="Neurologie", discipline="neurology")
    session.add(spoke)
    session.flush()
    own, other = session.get_one(DutyLine, world.line.id), add_line(session, world, "Hub 2", department=spoke)
    rotate(session, world, (own, other), starts_on=MONDAY)
    put_on_duty(session, own, world.neurologist, ALWAYS)
    put_on_duty(session, other, world.second_neurologist, ALWAYS)
    set_ladder(session, world, Step(Target.HUB_ROTATION, repeats=1, repeat_seconds=30))
    change = local(MONDAY + timedelta(days=7), time(8))
    taken = ring(session, world, change - timedelta(minutes=5))
    acknowledge(session, taken, world.neurologist, change - timedelta(minutes=4))
    ringing = ring(session, world, change - timedelta(seconds=30))
    climb(session, change + timedelta(seconds=30))
    first, second = world.neurologist.id, world.second_neurologist.id
    assert [person_id for person_id, _ in alerted(session, ringing)] == [first, second]
    assert [(one.line_id, one.label) for one in rungs_of(session, ringing)][:2] == [
        *((own.id, own.name), (other.id, other.name))
    ]
    assert (taken.consultant_id, taken.state) == (first, UrgentState.ACKNOWLEDGED)
    assert len(alerted(session, taken)) == 1


@pytest.mark.parametrize(("sunday", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23)])
def test_a_day_of_the_clock_change_is_held_to_its_last_second(
    session: Session, world: World, sunday: date, hours: int
) -> None:
    """Cover line 13 and DOMAIN 10: from 08:00 to 08:00 in these nights lasts 25 or 23 h, without a gap."""
    saturday = sunday - timedelta(days=1)
    first = duty_span(saturday, time(8), time(8), ZONE)
    assert first.duration == timedelta(hours=hours)
    put_on_duty(session, world.line, world.neurologist, first, known_since=first.starts_at)
    following = duty_span(sunday, time(8), time(8), ZONE)
    put_on_duty(session, world.line, world.second_neurologist, following, known_since=first.starts_at)
    set_ladder(session, world, line_step(world.line))
    assert names(dry_run(session, world, first.ends_at - SECOND)) == [world.neurologist.name]
    assert names(dry_run(session, world, first.ends_at)) == [world.second_neurologist.name]


def test_a_swap_accepted_at_21_59_counts_from_22_00(session: Session, world: World) -> None:
    """DOMAIN 10: who took the night a minute before is called at 22:00; until then, who held the evening."""
    approval(session, world, needed=False)
    set_ladder(session, world, line_step(world.line))
    ten = local(MONDAY, TEN)
    swap = propose(
        session,
        world,
        give(session, world, world.neurologist, NIGHT),
        to_person_id=world.second_neurologist.id,
    )
    swaps.accept(session, world.actor(world.second_neurologist), swap, now=ten - timedelta(minutes=1))
    consult = ring(session, world, ten)
    assert alerted(session, consult) == [(world.second_neurologist.id, ten)]
    before = dry_run(session, world, ten, known_at=ten - timedelta(minutes=2))
    assert names(before) == [world.neurologist.name]


def test_a_duty_recorded_by_a_machine_whose_clock_is_ahead_counts(session: Session, world: World) -> None:
    set_ladder(session, world, line_step(world.line))
    put_on_duty(session, world.line, world.neurologist, known_since=NOW + timedelta(hours=1))
    assert names(dry_run(session, world, NOW)) == [world.neurologist.name]


def test_the_second_of_the_afternoon_is_called_where_the_first_is_busy(
    session: Session, world: World
) -> None:
    """DOMAIN 10: the consultant is in a meeting; the second comes at 15:00 and is called from then on."""
    three = local(MONDAY, time(15))
    set_ladder(session, world, line_step(world.line, repeats=1))
    put_on_duty(session, world.line, world.neurologist, ALWAYS)
    afternoon = Span(three, three + timedelta(hours=4))
    put_on_duty(session, world.line, world.second_neurologist, afternoon)
    occupy(session, world.neurologist, Span(three - timedelta(hours=1), three + timedelta(hours=1)))
    before, after = (dry_run(session, world, at) for at in (three - SECOND, three))
    assert names(before) == [world.neurologist.name]
    assert names(after) == [world.second_neurologist.name]
    assert str(before.steps[-1].message).endswith("is busy and is called, since nobody is free.")
    assert str(after.steps[-1].message).endswith("is busy and is called when the step is repeated.")


def occupy(session: Session, person: Person, span: Span, expires_at: datetime | None = None) -> None:
    session.add(
        Claim(
            subject_id=person.id,
            subject_kind=SubjectKind.PERSON,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            state=ClaimState.HELD if expires_at else ClaimState.FIRM,
            expires_at=expires_at,
        )
    )
    session.flush()


def test_a_hold_that_ran_out_makes_nobody_busy(session: Session, world: World) -> None:
    set_ladder(session, world, line_step(world.line))
    for person in (world.neurologist, world.second_neurologist):
        put_on_duty(session, world.line, person)
    hour = Span(NOW - SECOND, NOW + timedelta(hours=1))
    occupy(session, world.neurologist, hour, expires_at=NOW)
    occupy(session, world.second_neurologist, hour, expires_at=NOW + SECOND)
    assert names(dry_run(session, world, NOW)) == [world.neurologist.name]


def test_who_treats_somebody_comes_after_who_does_not_and_is_spared_at_the_cap(
    session: Session, world: World
) -> None:
    set_ladder(session, world, line_step(world.line)).consults_at_once = 2
    for person in (world.neurologist, world.second_neurologist):
        put_on_duty(session, world.line, person)
    first, second = world.neurologist, world.second_neurologist
    assert called_by_a_request(session, world) == {first.id, second.id}
    acknowledge(session, ring(session, world), first, NOW)
    assert called_by_a_request(session, world) == {second.id}
    acknowledge(session, ring(session, world), second, NOW)
    assert called_by_a_request(session, world) == {first.id, second.id}
    acknowledge(session, ring(session, world), first, NOW)
    assert called_by_a_request(session, world) == {second.id}
    last = ring(session, world)
    acknowledge(session, last, second, NOW)
    reached = dry_run(session, world, NOW)
    assert reached.choice.skipped is SkipReason.ALL_AT_CAP
    urgent_steps.enter(session, None, last, UrgentState.CANCELLED, now=NOW, code="false_alarm")
    assert called_by_a_request(session, world) == {second.id}


def called_by_a_request(session: Session, world: World) -> set[uuid.UUID]:
    return {person_id for person_id, _ in alerted(session, ring(session, world))}


def test_the_trace_says_why_somebody_is_not_called(session: Session, world: World) -> None:
    line = add_line(session, world, "Leer")
    service = set_ladder(session, world, line_step(line), line_step(world.line, 60))
    put_on_duty(session, world.line, world.secretary)
    put_on_duty(session, world.line, world.neurologist)
    empty, held, card = ladders.read_ladder(session, service)
    said = [
        [str(step.message) for step in escalation.resolve_step(session, service, step, NOW).steps]
        for step in (empty, held, card)
    ]
    assert said[0] == ["Nobody holds Leer then.", "Nobody is on duty: the next step begins at once."]
    assert said[1][-2:] == [
        "Petra Lindner has no proven contact point and is not called.",
        "Dr. Jana Okafor is called.",
    ]
    assert said[2] == ["The number +49 5555 3000 is shown to who asks."]


def test_a_rotation_that_has_ended_calls_every_line_of_the_service(session: Session, world: World) -> None:
    set_ladder(session, world, Step(Target.HUB_ROTATION))
    put_on_duty(session, world.line, world.neurologist)
    assert names(dry_run(session, world, NOW)) == [world.neurologist.name]


def test_the_time_of_the_lane_is_the_servers_where_there_is_one(session: Session) -> None:
    assert engine_time.now(session) <= engine_time.now(session)
    assert engine_time.now(session).tzinfo is UTC
