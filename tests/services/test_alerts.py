"""Alerts: by which ways a person is alerted, and how each leaves once, or is called off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.kinds import Channel
from confsched.models.contacts import ContactPoint
from confsched.models.urgent import UrgentConsult
from confsched.services import alerts, contact_points
from tests.support.alerting import (
    LEASE_KEY,
    QUIET_NIGHT,
    add_alerts,
    add_point,
    claim,
)
from tests.world import NOW, World

MIDNIGHT = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # 00:30 in Berlin


def _addresses(points: list[ContactPoint]) -> list[str]:
    return [point.address for point in points]


def test_a_person_is_reachable_by_what_is_proven_in_their_order(session: Session, world: World) -> None:
    person = world.neurologist
    add_point(session, person, "second@wendstadt.example", position=1)
    add_point(session, person, "first@wendstadt.example", position=0)
    add_point(session, person, "unproven@wendstadt.example", proven_at=None)
    add_point(session, person, "removed@wendstadt.example", removed_at=NOW)
    found = contact_points.reachable(session, [person.id, world.second_neurologist.id], now=NOW)
    assert list(found) == [person.id]
    assert _addresses(found[person.id]) == ["first@wendstadt.example", "second@wendstadt.example"]


def test_what_is_quiet_comes_last_and_is_used_only_where_nothing_else_is_left(
    session: Session, world: World
) -> None:
    quiet = add_point(session, world.neurologist, "quiet@wendstadt.example", **QUIET_NIGHT)
    loud = add_point(session, world.neurologist, "loud@wendstadt.example", position=1)
    (found,) = contact_points.reachable(session, [world.neurologist.id], now=MIDNIGHT).values()
    assert found == [loud, quiet]
    (sent,) = add_alerts(session, world, world.neurologist, now=MIDNIGHT)
    assert sent.contact_id == loud.id
    assert len(add_alerts(session, world, world.neurologist, now=NOW)) == 2
    loud.failed_at = NOW
    assert len(add_alerts(session, world, world.neurologist, now=MIDNIGHT)) == 2


def test_nobody_reachable_is_no_alert(session: Session, world: World) -> None:
    assert add_alerts(session, world, world.neurologist) == []


def test_an_alert_is_leased_to_one_worker_and_to_the_next_when_the_lease_runs_out(
    session: Session, world: World
) -> None:
    """PEER_FAILURES 36."""
    add_point(session, world.neurologist)
    (alert,) = add_alerts(session, world, world.neurologist)
    assert claim(session) == [alert]
    assert claim(session, now=NOW + timedelta(seconds=14)) == []
    assert claim(session, now=NOW + alerts.LEASE) == [alert]
    assert alert.attempts == 2


def test_each_channel_claims_its_own_and_passes_by_a_server_that_is_full(
    session: Session, world: World
) -> None:
    point = add_point(session, world.neurologist)
    (alert,) = add_alerts(session, world, world.neurologist)
    assert claim(session, channel=Channel.PUSH) == []
    lanes = [alerts.lane_of(point)]
    full = alerts.claim_due(session, now=NOW, lease_key=LEASE_KEY, channel=Channel.EMAIL, full_lanes=lanes)
    assert full == []
    assert claim(session) == [alert]


def test_retries_wait_longer_and_end_after_an_hour(session: Session, world: World) -> None:
    point = add_point(session, world.neurologist)
    (alert,) = add_alerts(session, world, world.neurologist)
    now, waits = NOW, []
    while alert.failed_at is None:
        assert claim(session, now=now) == [alert]
        alerts.settle_failed(session, alert.id, LEASE_KEY, now=now, reason="busy", is_permanent=False)
        waits.append(int((alert.due_at - now).total_seconds()))
        now = alert.due_at
    assert waits[:7] == [5, 10, 20, 40, 60, 60, 60]
    assert alert.failed_at - alert.created_at <= timedelta(minutes=61)
    assert (point.last_error, point.failed_at) == ("busy", alert.failed_at)


def test_a_permanent_refusal_stays_with_the_contact_point_until_it_works_again(
    session: Session, world: World
) -> None:
    """PEER_FAILURES 34."""
    point = add_point(session, world.neurologist)
    (first,) = add_alerts(session, world, world.neurologist)
    claim(session)
    alerts.settle_failed(session, first.id, LEASE_KEY, now=NOW, reason="no such user", is_permanent=True)
    assert (first.failed_at, point.failed_at, point.last_error) == (NOW, NOW, "no such user")
    (second,) = add_alerts(session, world, world.neurologist)
    claim(session)
    alerts.settle_sent(session, second.id, "another-worker", now=NOW)
    assert second.sent_at is None
    alerts.settle_sent(session, second.id, LEASE_KEY, now=NOW)
    assert second.sent_at == NOW
    assert {point.failed_at, point.last_error} == {None}


@pytest.mark.parametrize("column", ["acknowledged_at", "ended_at"])
def test_nothing_leaves_after_the_acknowledgement_or_the_end(
    session: Session, world: World, column: str
) -> None:
    """PEER_FAILURES 35: also what waits for its next try, and even where nobody has called it off."""
    add_point(session, world.neurologist)
    (alert,) = add_alerts(session, world, world.neurologist)
    claim(session)
    alerts.settle_failed(session, alert.id, LEASE_KEY, now=NOW, reason="busy", is_permanent=False)
    assert alert.consult_id is not None
    setattr(session.get_one(UrgentConsult, alert.consult_id), column, NOW)
    session.flush()
    assert claim(session, now=alert.due_at) == []


def test_who_is_asked_after_the_acknowledgement_is_still_alerted(session: Session, world: World) -> None:
    add_point(session, world.neurologist)
    (alert,) = add_alerts(session, world, world.neurologist, with_rung=False)
    consult = session.get_one(UrgentConsult, alert.consult_id)
    consult.acknowledged_at = NOW
    assert claim(session) == [alert]
    alerts.stop_for(session, consult, NOW)
    assert alert.stopped_at == NOW
