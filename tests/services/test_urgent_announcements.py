"""A stroke is announced before it is there: nobody is called, until one press asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.kinds import UrgentKind, UrgentState
from confsched.domain.urgent import UrgentNext
from confsched.domain.urgent_clocks import ClockState
from confsched.errors import Conflict, Refusal
from confsched.models.catalogue import Service
from confsched.models.urgent import Alert, UrgentConsult
from confsched.services import urgent_announcements, urgent_live, urgent_view
from confsched.services.urgent_requests import NewRequest
from tests.support.ladders import alerted, rungs_of
from tests.support.urgent import add_urgent, put_neurologist_on_duty
from tests.world import NOW, World

THERE = NOW + timedelta(minutes=18)


@pytest.fixture
def service(session: Session, world: World) -> Service:
    put_neurologist_on_duty(session, world)
    return add_urgent(session, world, UrgentKind.TELESTROKE)


def _announce(session: Session, world: World, service: Service, **typed: str) -> UrgentConsult:
    actor, new = world.actor(world.requester), NewRequest(typed)
    return urgent_announcements.announce(session, actor, service, new, key="a", now=NOW)


def test_announcing_calls_nobody_and_no_clock_runs(session: Session, world: World, service: Service) -> None:
    consult = _announce(session, world, service, nihss="11")
    assert _announce(session, world, service).id == consult.id
    assert (consult.state, rungs_of(session, consult)) == (UrgentState.PRE_ALERT, [])
    assert session.scalars(select(Alert)).all() == []
    asking, answering = world.actor(world.requester), world.actor(world.neurologist)
    shown = urgent_view.view(session, asking, consult, THERE)
    assert shown.step is UrgentNext.REQUEST
    states = {one.state(THERE) for one in shown.clocks}
    assert states == {ClockState.WAITING}
    assert urgent_view.view(session, answering, consult, THERE).step is UrgentNext.WAIT


def test_requesting_it_starts_clocks_and_ladder_once(
    session: Session, world: World, service: Service
) -> None:
    consult, actor = _announce(session, world, service), world.actor(world.requester)
    for _ in range(2):
        urgent_announcements.request_announced(session, actor, consult, now=THERE)
    assert alerted(session, consult) == [(world.neurologist.id, THERE)]
    assert [step.code for step in consult.steps] == ["pre_alert", "requested", "alerted"]
    assert (consult.requested_at, consult.recorded_at) == (THERE, NOW)


def test_whoever_goes_back_and_asks_with_the_same_form_is_answered_with_what_they_typed_since(
    session: Session, world: World, service: Service
) -> None:
    consult, actor = _announce(session, world, service, nihss="11"), world.actor(world.requester)
    new = NewRequest({"nihss": "14", "lvo": "yes"})
    asked = urgent_announcements.request(session, actor, service, new, key="a", now=THERE)
    assert (asked.id, asked.state) == (consult.id, UrgentState.ALERTED)
    assert {name: one["typed"] for name, one in asked.facts.items()} == {"nihss": "14", "lvo": "yes"}
    # Announcing with the form that has asked changes nothing any more.
    assert _announce(session, world, service).state is UrgentState.ALERTED


def test_only_the_asking_side_asks_and_not_for_what_was_called_off(
    session: Session, world: World, service: Service
) -> None:
    consult, actor = _announce(session, world, service), world.actor(world.requester)
    with pytest.raises(Refusal, match="site that asks"):
        urgent_announcements.request_announced(session, world.actor(world.neurologist), consult, now=THERE)
    urgent_live.cancel(session, actor, consult, code="false_alarm", now=THERE)
    with pytest.raises(Conflict, match="is over"):
        urgent_announcements.request_announced(session, actor, consult, now=THERE)


def test_only_a_stroke_is_announced(session: Session, world: World) -> None:
    service = add_urgent(session, world, UrgentKind.TELERADIOLOGY)
    with pytest.raises(Refusal, match="Only a stroke"):
        _announce(session, world, service)
