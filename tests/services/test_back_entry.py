"""Consults held by telephone: entered with their clocks, marked, and calling nobody."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.kinds import Recommendation, UrgentKind, UrgentState
from confsched.models.outbox import OutboxMessage
from confsched.models.urgent import Alert, UrgentConsult, UrgentRung
from confsched.services import back_entry, urgent_requests
from confsched.services.back_entry import BackEntry
from confsched.services.findings import Unfit
from tests.support.urgent import add_urgent, put_neurologist_on_duty
from tests.world import NOW, World, build_world

SUNDAY = date(2026, 11, 22)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


def _world(session: Session) -> tuple[World, BackEntry]:
    world = build_world(session)
    add_urgent(session, world, UrgentKind.TELESTROKE)
    put_neurologist_on_duty(session, world)
    times = {
        UrgentState.REQUESTED: time(23, 50),
        UrgentState.ACKNOWLEDGED: time(23, 52),
        UrgentState.RECOMMENDED: time(0, 10),
    }
    entry = BackEntry("FK-9XWT", world.second_neurologist.id, SUNDAY, times, Recommendation.TRANSFER)
    return world, entry


def _enter(session: Session, world: World, entry: BackEntry, key: str = "once") -> UrgentConsult:
    actor = world.actor(world.requester)
    (offered,) = urgent_requests.list_services(session, actor, NOW)
    return back_entry.enter(session, actor, offered, entry, key=key, now=NOW)


def test_a_consult_held_by_telephone_is_kept_with_its_clocks_and_marked_as_reconstructed(
    session: Session,
) -> None:
    world, entry = _world(session)
    consult = _enter(session, world, entry)
    assert consult.is_downtime and consult.state is UrgentState.RECOMMENDED
    assert consult.recommendation is Recommendation.TRANSFER
    assert consult.consultant_id == world.second_neurologist.id
    assert consult.recorded_at == NOW and consult.requested_at == NOW - timedelta(hours=8, minutes=10)
    assert consult.acknowledged_at == consult.requested_at + timedelta(minutes=2)
    assert [(step.code, step.is_reconstructed) for step in consult.steps] == [
        ("requested", True),
        ("acknowledged", True),
        ("recommended", True),
    ]
    assert {step.recorded_at for step in consult.steps} == {NOW}


def test_nobody_is_called_for_it(session: Session) -> None:
    world, entry = _world(session)
    _enter(session, world, entry)
    for model in (UrgentRung, Alert, OutboxMessage):
        assert session.scalar(select(func.count()).select_from(model)) == 0


def test_a_form_sent_twice_enters_one_consult(session: Session) -> None:
    world, entry = _world(session)
    assert _enter(session, world, entry).id == _enter(session, world, entry).id


def test_everything_that_is_wrong_is_said_at_once(session: Session) -> None:
    world, entry = _world(session)
    wrong = replace(
        entry, case_ref="Muster", consultant_id=uuid.uuid4(), times={UrgentState.RECOMMENDED: time(1)}
    )
    with pytest.raises(Unfit) as refused:
        _enter(session, world, replace(wrong, case_ref="1951-03-12", recommendation=None))
    assert {problem.field for problem in refused.value.problems} == {
        *("case_ref", "consultant", "recommendation", "requested", "acknowledged"),
    }


def test_who_held_a_line_of_the_service_stands_first_among_those_who_may_have_answered(
    session: Session,
) -> None:
    world, _entry = _world(session)
    (offered,) = urgent_requests.list_services(session, world.actor(world.requester), NOW)
    found = back_entry.list_consultants(session, offered.service, NOW)
    assert [(one.name, one.was_on) for one in found] == [("Dr. Jana Okafor", True), ("Dr. Tom Brandt", False)]
