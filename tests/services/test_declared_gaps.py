"""Gaps that are meant: who declares them, what cannot be declared, and that sending twice declares once."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.intervals import Span
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.rosters import DeclaredGap
from confsched.services import access, audit, declared_gaps, rosters
from confsched.services.standing import intended_gaps
from tests.world import NOW, ZONE, World

REASON = "Ward closed over Christmas"
SPAN = Span(
    clock.to_instant(date(2026, 12, 24), time(16), ZONE), clock.to_instant(date(2026, 12, 27), time(8), ZONE)
)
HOUR = timedelta(hours=1)


def _declare(
    session: Session,
    world: World,
    span: Span = SPAN,
    reason: str = REASON,
    *,
    key: str = "k",
    now: datetime = NOW,
) -> DeclaredGap:
    return declared_gaps.declare_gap(
        session, world.actor(world.secretary), world.line, span, reason, now=now, key=key
    )


def test_a_declared_gap_stands_with_its_reason_and_is_on_record(session: Session, world: World) -> None:
    gap = _declare(session, world, reason=f"  {REASON} ")

    [listed] = declared_gaps.list_declared(session, world.actor(world.coordinator), now=NOW)

    assert (listed.id, listed.reason, listed.declared_by_id) == (gap.id, REASON, world.secretary.id)
    audit.write_pending(session)
    assert audit.count_events(session, "declare_gap", gap.id) == 1


def test_the_same_form_sent_twice_declares_once(session: Session, world: World) -> None:
    """Covers PEER_FAILURES 11."""
    assert _declare(session, world).id == _declare(session, world).id


def test_what_is_declared_or_held_cannot_be_declared(session: Session, world: World) -> None:
    """Covers PEER_FAILURES 32: a duty that falls out later would be a gap that nobody notices."""
    held = [(world.neurologist, Span(SPAN.starts_at, SPAN.starts_at + HOUR))]
    rosters.record_duties(session, None, world.line, held, now=NOW, origin="plan")
    with pytest.raises(Conflict):
        _declare(session, world)

    _declare(session, world, Span(SPAN.starts_at + HOUR, SPAN.ends_at))
    with pytest.raises(Conflict):
        _declare(session, world, Span(SPAN.ends_at - HOUR, SPAN.ends_at + HOUR), key="other")


@pytest.mark.parametrize(
    ("reason", "span", "field"),
    [
        (" ", SPAN, "reason"),
        ("x" * 201, SPAN, "reason"),
        ("Frau Müller geb. 12.03.1956 wird verlegt", SPAN, "reason"),
        (REASON, Span(NOW - HOUR, NOW), "starts_at"),
        (REASON, Span(NOW, NOW + timedelta(days=400)), "ends_at"),
    ],
    ids=["no reason", "long reason", "patient", "past", "far away"],
)
def test_what_cannot_be_declared_is_named_at_its_field(
    session: Session, world: World, reason: str, span: Span, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        _declare(session, world, span, reason)

    assert refused.value.field == field


def test_a_withdrawn_gap_alarms_again_and_stays_known_for_the_time_before(
    session: Session, world: World
) -> None:
    gap = _declare(session, world)
    actor, later = world.actor(world.secretary), NOW + HOUR

    declared_gaps.withdraw_gap(session, actor, gap, now=later)
    session.flush()

    assert intended_gaps(session, SPAN, NOW)[world.line.id] == [SPAN]
    assert intended_gaps(session, SPAN, later) == {}
    assert declared_gaps.list_declared(session, actor, now=later) == []
    with pytest.raises(Conflict):
        declared_gaps.withdraw_gap(session, actor, gap, now=later)


def test_a_gap_that_is_over_is_not_withdrawn(session: Session, world: World) -> None:
    gap = _declare(session, world)

    with pytest.raises(Conflict):
        declared_gaps.withdraw_gap(session, world.actor(world.secretary), gap, now=SPAN.ends_at)


def test_another_house_sees_it_and_may_not_withdraw_it(session: Session, world: World) -> None:
    gap = _declare(session, world)
    session.flush()
    stranger = world.actor(world.stranger)

    assert access.get_row(session, stranger, DeclaredGap, gap.id).id == gap.id
    with pytest.raises(NotFound):
        access.get_row(session, stranger, DeclaredGap, gap.id, to="change")
