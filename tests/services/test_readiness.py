""" "Ready?" before duties: who is asked when, what an answer does, and what silence does."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.invites import Kind
from confsched.domain.kinds import AlertPurpose
from confsched.errors import Conflict, NotFound
from confsched.models.catalogue import Service
from confsched.models.contacts import ReadinessCheck
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.rosters import Duty
from confsched.services import engine_time, readiness
from confsched.worker.readiness import look_after_readiness
from tests.support.alerting import add_point, all_alerts, claim
from tests.world import NOW, World, local

STARTS_AT = NOW + timedelta(hours=8)  # Monday 16:00
NIGHT = timedelta(hours=16)


@pytest.fixture
def urgent(session: Session, world: World) -> World:
    """Give the world with a duty line that an urgent service calls, and a neurologist who can be reached."""
    session.get_one(Service, world.service.id).is_urgent = True
    add_point(session, world.neurologist)
    return world


def _duty(
    session: Session, world: World, starts_at: datetime = STARTS_AT, person: Person | None = None
) -> Duty:
    duty = Duty(
        line_id=world.line.id,
        person_id=(person or world.neurologist).id,
        starts_at=starts_at,
        ends_at=starts_at + NIGHT,
        day=starts_at.date(),
        origin="plan",
        recorded_at=NOW - timedelta(days=9),
    )
    session.add(duty)
    session.flush()
    return duty


def _ask(session: Session, now: datetime) -> list[ReadinessCheck]:
    asked = [readiness.ask(session, one, now=now) for one in readiness.list_unasked(session, now=now)]
    return [check for check in asked if check]


def _arm(session: Session, now: datetime) -> int:
    return sum(readiness.arm(session, one, now=now) for one in readiness.list_unanswered(session, now=now))


def _alarms(session: Session) -> list[OutboxMessage]:
    return list(session.scalars(select(OutboxMessage).where(OutboxMessage.kind == Kind.ROSTER_ALARM)))


@pytest.mark.parametrize(
    "starts_at",
    [
        STARTS_AT,
        local(date(2026, 11, 24), time(0, 0)),
        local(date(2026, 3, 29), time(3, 10)),
        local(date(2026, 10, 25), time(2, 10)),
        local(date(2026, 10, 25), time(3, 10)),
    ],
)
def test_who_holds_a_duty_is_asked_once_half_an_hour_before(
    session: Session, urgent: World, starts_at: datetime
) -> None:
    _duty(session, urgent, starts_at)
    half_an_hour = timedelta(minutes=30)
    assert _ask(session, starts_at - half_an_hour - timedelta(seconds=1)) == []
    (check,) = _ask(session, starts_at - half_an_hour)
    assert _ask(session, starts_at - half_an_hour) == []
    assert check.answer_by == starts_at - timedelta(minutes=10)
    (alert,) = all_alerts(session)
    assert (alert.purpose, alert.readiness_id) == (AlertPurpose.READINESS, check.id)


def test_a_line_that_no_urgent_service_calls_asks_nobody(session: Session, world: World) -> None:
    _duty(session, world)
    assert _ask(session, STARTS_AT - timedelta(minutes=20)) == []


def test_who_holds_the_line_already_goes_on_without_a_word(session: Session, urgent: World) -> None:
    _duty(session, urgent, STARTS_AT - NIGHT)
    _duty(session, urgent)
    assert _ask(session, STARTS_AT - timedelta(minutes=20)) == []


def test_an_answer_in_time_arms_nothing_and_calls_off_what_has_not_left(
    session: Session, urgent: World
) -> None:
    _duty(session, urgent)
    asked_at = STARTS_AT - timedelta(minutes=30)
    (check,) = _ask(session, asked_at)
    readiness.answer_as(session, urgent.actor(urgent.neurologist), check.id, now=asked_at)
    readiness.answer_as(session, urgent.actor(urgent.neurologist), check.id, now=STARTS_AT)
    session.flush()
    assert check.answered_at == asked_at
    assert claim(session, now=STARTS_AT) == []
    assert _arm(session, STARTS_AT) == 0


def test_silence_arms_the_step_behind_and_tells_who_keeps_the_roster_once(
    session: Session, urgent: World
) -> None:
    """PEER_FAILURES 34: who cannot be woken is known before the duty begins."""
    _duty(session, urgent)
    (check,) = _ask(session, STARTS_AT - timedelta(minutes=30))
    assert _arm(session, STARTS_AT - timedelta(minutes=11)) == 0
    due = STARTS_AT - timedelta(minutes=10)
    assert (_arm(session, due), _arm(session, due)) == (1, 0)
    assert check.armed_at == due
    (alarm,) = _alarms(session)
    assert alarm.recipient_id == urgent.secretary.id
    readiness.answer(check, now=STARTS_AT)
    assert check.answered_at == STARTS_AT


def test_who_cannot_be_asked_has_not_answered(session: Session, urgent: World) -> None:
    _duty(session, urgent, person=urgent.second_neurologist)
    (check,) = _ask(session, STARTS_AT - timedelta(minutes=30))
    assert check.armed_at == STARTS_AT - timedelta(minutes=30)
    assert len(_alarms(session)) == 1


def test_a_duty_that_changed_hands_asks_its_new_holder_and_arms_for_nobody_else(
    session: Session, urgent: World
) -> None:
    add_point(session, urgent.second_neurologist)
    former = _duty(session, urgent)
    _ask(session, STARTS_AT - timedelta(minutes=30))
    former.superseded_at = STARTS_AT - timedelta(minutes=12)
    _duty(session, urgent, person=urgent.second_neurologist)
    (check,) = _ask(session, STARTS_AT - timedelta(minutes=8))
    assert check.person_id == urgent.second_neurologist.id
    assert [alert.person_id for alert in claim(session, now=STARTS_AT)] == [check.person_id]
    assert check.answer_by == STARTS_AT - timedelta(minutes=3)
    assert _arm(session, STARTS_AT - timedelta(minutes=5)) == 0
    assert _arm(session, STARTS_AT) == 1
    assert readiness.list_open(session, urgent.actor(urgent.neurologist), now=STARTS_AT) == []


def test_nobody_answers_for_others_or_after_the_duty(session: Session, urgent: World) -> None:
    _duty(session, urgent)
    (check,) = _ask(session, STARTS_AT - timedelta(minutes=30))
    with pytest.raises(NotFound):
        readiness.answer_as(session, urgent.actor(urgent.requester), check.id, now=STARTS_AT)
    with pytest.raises(Conflict):
        readiness.answer(check, now=STARTS_AT + NIGHT)


def test_the_worker_asks_and_arms_and_is_done_then(database: Database, world: World) -> None:
    with database.transaction() as session:
        session.get_one(Service, world.service.id).is_urgent = True
        now = engine_time.now(session)
        starts_at = now + timedelta(minutes=20)
        _duty(session, world, starts_at)
        add_point(session, world.neurologist)
    assert (look_after_readiness(database), look_after_readiness(database)) == (1, 0)
    with database.transaction() as session:
        session.scalars(select(ReadinessCheck)).one().answer_by = now
    assert (look_after_readiness(database), look_after_readiness(database)) == (1, 0)
    with database.read() as session:
        assert session.scalars(select(ReadinessCheck)).one().armed_at is not None
