"""Figures out of steps: of the own house only, those of memory apart, beside the period before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.figures import Measure
from confsched.domain.intervals import Span
from confsched.domain.kinds import TransferItem, Urgency, UrgentKind, UrgentState
from confsched.domain.permissions import Function
from confsched.models.catalogue import Service
from confsched.models.network import Site
from confsched.models.urgent import UrgentConsult
from confsched.services import figures, urgent_live, urgent_steps
from tests.support.matrix import actor_of
from tests.support.urgent import add_urgent
from tests.world import NOW, World, add_person, build_world

WEEK = timedelta(days=7)
ASKED = figures.Asked(Span(NOW - WEEK, NOW), UrgentKind.TELESTROKE, Measure.ACKNOWLEDGE)
S = UrgentState


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


def held(
    session: Session,
    world: World,
    service: Service,
    at: datetime,
    *steps: tuple[UrgentState, float],
    site: Site | None = None,
    **values: object,
) -> UrgentConsult:
    """Add a consult whose states were entered so many seconds after the request."""
    assert service.urgent_kind is not None
    consult = UrgentConsult(
        service=service,
        site=site or session.get_one(Site, world.spoke.id),
        requester_id=world.requester.id,
        kind=service.urgent_kind,
        state=S.REQUESTED,
        case_ref="FK-9XWT",
        requested_at=at,
        recorded_at=at,
        **values,
    )
    urgent_steps.begin(session, None, consult, now=at)
    for state, seconds in steps:
        code = "transfer" if state is S.RECOMMENDED else ""
        urgent_steps.enter(session, None, consult, state, now=at + timedelta(seconds=seconds), code=code)
    return consult


def _network(session: Session) -> tuple[World, Service]:
    world = build_world(session)
    service = add_urgent(session, world, UrgentKind.TELESTROKE)
    for number in range(6):
        at = NOW - timedelta(days=1, minutes=number)
        took = ((S.ACKNOWLEDGED, 60.25 + 20 * number), (S.CONNECTED, 200), (S.RECOMMENDED, 400))
        held(session, world, service, at, *took, (S.RECOMMENDED, 500), (S.REPORTED, 1100))
    return world, service


def _show(session: Session, world: World, asked: figures.Asked = ASKED) -> figures.Figures:
    return figures.show(session, world.actor(world.coordinator), asked)


def test_each_step_is_timed_and_compared_with_its_target(session: Session) -> None:
    world, _service = _network(session)
    found = _show(session, world)
    assert found.count == 6
    whole = found.steps[Measure.ACKNOWLEDGE]
    assert whole.median == pytest.approx(110.25, abs=0.01) and whole.low == pytest.approx(85.25, abs=0.01)
    assert (whole.within, whole.with_goal) == (3, 6)
    assert found.steps[Measure.VIDEO].share == 1.0
    assert found.steps[Measure.RECOMMENDATION].median == pytest.approx(400, abs=0.01)
    # A report follows the last recommendation, not the one that was changed.
    assert found.steps[Measure.REPORT].median == pytest.approx(600, abs=0.01)
    rows = {part.by: dict(part.rows) for part in found.parts}
    assert rows["spoke"]["Krankenhaus Moorfeld"].count == rows["hub"]["Uniklinik Wendstadt"].count == 6
    assert rows["weekday"]["6"].count == 6 and rows["weekday"]["0"].count == 0
    assert len(rows["hour"]) == 24


def test_what_was_entered_from_memory_or_called_off_is_not_mixed_with_the_rest(session: Session) -> None:
    world, service = _network(session)
    at = NOW - timedelta(days=2)
    held(session, world, service, at, (S.ACKNOWLEDGED, 9000), is_downtime=True)
    held(session, world, service, at, (S.CANCELLED, 10))
    found = _show(session, world)
    assert (found.count, found.downtime_count) == (6, 1)
    assert max(found.seconds) < 200


def test_the_period_before_is_of_the_same_length_and_ends_where_this_one_begins(session: Session) -> None:
    world, service = _network(session)
    held(session, world, service, NOW - WEEK, (S.ACKNOWLEDGED, 30))
    held(session, world, service, NOW - WEEK - timedelta(seconds=1), (S.ACKNOWLEDGED, 40))
    held(session, world, service, NOW - 2 * WEEK, (S.ACKNOWLEDGED, 50))
    held(session, world, service, NOW - 2 * WEEK - timedelta(seconds=1), (S.ACKNOWLEDGED, 60))
    found = _show(session, world)
    assert (found.count, found.before_count) == (7, 2)
    assert found.before[Measure.ACKNOWLEDGE].median == pytest.approx(45, abs=0.01)


def test_another_house_sees_nothing_and_the_asking_house_only_what_it_asked(session: Session) -> None:
    world, service = _network(session)
    other = session.get_one(Site, world.stranger_site.id)
    held(session, world, service, NOW - timedelta(days=1), (S.ACKNOWLEDGED, 60), site=other)
    seen = []
    for site in (world.hub, world.spoke, world.stranger_site):
        person = add_person(session, site, "", "Ada", f"Zahl {site.short_name}", Function.AUDITOR)
        actor = actor_of(session, person, site, Function.AUDITOR)
        choices = figures.list_choices(session, actor)
        seen.append((figures.show(session, actor, ASKED).count, {one.name for one in choices.spokes}))
    everything = {"Krankenhaus Moorfeld", "Klinikum Steinach"}
    assert seen == [(7, everything), (6, {"Krankenhaus Moorfeld"}), (1, {"Klinikum Steinach"})]
    wanted = replace(ASKED, spoke_id=world.stranger_site.id)
    assert figures.show(session, world.actor(world.coordinator), wanted).count == 1


def test_readings_are_timed_from_the_last_images_to_the_first_word_of_the_result(session: Session) -> None:
    world = build_world(session)
    service = add_urgent(session, world, UrgentKind.TELERADIOLOGY)
    held(
        *(session, world, service, NOW - timedelta(days=1)),
        *((S.ACKNOWLEDGED, 30), (S.INDICATION_GIVEN, 200), (S.SCANNING, 300), (S.IMAGES_RECEIVED, 600)),
        *((S.IMAGES_RECEIVED, 900), (S.PHONED, 1500), (S.REPORTED, 4000)),
        urgency=Urgency.STROKE,
    )
    asked = replace(ASKED, kind=UrgentKind.TELERADIOLOGY, measure=Measure.TURNAROUND)
    found = _show(session, world, asked)
    assert found.steps[Measure.INDICATION].median == pytest.approx(200, abs=0.01)
    assert found.steps[Measure.TURNAROUND].median == pytest.approx(600, abs=0.01)
    assert found.goal == 900


def test_a_departure_counts_from_the_door_by_the_last_word_and_only_where_both_are_known(
    session: Session,
) -> None:
    world, service = _network(session)
    door = (NOW - timedelta(days=1, minutes=9)).isoformat()
    told = {"door": {"typed": "gestern", "value": door}}
    unclear = {"door": {"typed": "vorhin", "value": None}}
    ticked = ((told, (9,)), (told, (4, 5, 6)), (told, (7, 8)), (unclear, (9,)), ({}, (9,)), (told, ()))
    for facts, minutes in ticked:
        at = NOW - timedelta(days=1)
        consult = held(session, world, service, at, (S.ACKNOWLEDGED, 30), facts=facts)
        for number, minute in enumerate(minutes):
            done, pressed = number % 2 == 0, at + timedelta(minutes=minute)
            actor, item = world.actor(world.requester), TransferItem.DEPARTED
            urgent_live.tick(session, actor, consult, item, is_done=done, now=pressed)
    found = _show(session, world, replace(ASKED, measure=Measure.DOOR_OUT))
    assert sorted(found.seconds) == pytest.approx([15 * 60, 18 * 60], abs=0.01)
    assert found.goal == 5400


def test_what_was_only_announced_has_not_been_asked_yet(session: Session) -> None:
    world, service = _network(session)
    held(session, world, service, NOW - timedelta(hours=1)).state = S.PRE_ALERT
    session.flush()
    assert _show(session, world).count == 6
