"""Mobile teams: one mission at a time, where and until when, and a way on where none is to be had."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.kinds import LineKind, Recommendation, UrgentKind, UrgentState
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.rosters import DutyLine
from confsched.models.urgent import TeamMission, UrgentConsult
from confsched.services import access, missions
from confsched.services.missions import Team
from tests.support.alerting import add_consult, add_point, all_alerts
from tests.support.ladders import add_line, put_on_duty
from tests.world import NOW, World, build_world

LATER = NOW + timedelta(hours=1)


def add_team(session: Session, world: World, *, is_held: bool = True) -> DutyLine:
    """Add a mobile team of the hub, which the second neurologist drives with."""
    line = add_line(session, world, "Interventionsteam")
    line.kind = LineKind.MOBILE_TEAM
    if is_held:
        put_on_duty(session, line, world.second_neurologist)
    session.flush()
    return line


def taken(session: Session, world: World, **other: object) -> UrgentConsult:
    values = {"state": UrgentState.CONNECTED, "consultant_id": world.neurologist.id, "acknowledged_at": NOW}
    return add_consult(session, world, **{**values, **other})


def team_of(session: Session, world: World, consult: UrgentConsult | None = None) -> Team:
    (team,) = missions.list_teams(session, world.actor(world.requester), now=LATER, consult=consult)
    return team


def test_a_team_goes_to_the_site_that_asks_and_is_alerted(session: Session, world: World) -> None:
    line, consult = add_team(session, world), taken(session, world)
    add_point(session, world.second_neurologist)
    actor = world.actor(world.requester)
    for _ in range(2):  # sent twice it goes once
        mission = missions.request(session, actor, consult, line.id, now=NOW)
    assert (mission.site_id, mission.until_at) == (world.spoke.id, NOW + timedelta(hours=3))
    assert [one.person_id for one in all_alerts(session)] == [world.second_neurologist.id]
    assert "FK-7Q2M" not in str(all_alerts(session)[0].snapshot)
    assert [(step.code, step.details["done"]) for step in consult.steps] == [("team_informed", True)]
    team = team_of(session, world, consult)
    assert team.mission is mission
    assert (team.free_at, team.may_change, team.consult_id) == (NOW + timedelta(hours=3), True, consult.id)
    # Who drives sees the consult from now on.
    driver = world.actor(world.second_neurologist)
    assert access.get_urgent(session, driver, consult.id) is consult


def test_a_team_that_is_away_says_where_until_when_and_is_free_again(session: Session, world: World) -> None:
    line, consult, other = add_team(session, world), taken(session, world), taken(session, world)
    actor = world.actor(world.requester)
    mission = missions.request(session, actor, consult, line.id, now=NOW)
    with pytest.raises(Conflict) as refused:
        missions.request(session, actor, other, line.id, now=LATER)
    values = refused.value.message.values
    assert (values["site"], values["until"]) == (world.spoke.name, mission.until_at)
    missions.extend(session, actor, mission, minutes=30, now=LATER)
    assert mission.until_at == LATER + timedelta(minutes=30)
    missions.end(session, actor, mission, now=LATER)
    missions.end(session, actor, mission, now=LATER + timedelta(hours=1))
    assert mission.ended_at == LATER
    with pytest.raises(Conflict):
        missions.extend(session, actor, mission, minutes=30, now=LATER)
    assert missions.request(session, actor, other, line.id, now=LATER).consult_id == other.id


def test_a_team_that_should_be_back_stands_on_the_day_of_who_may_say_so_until_somebody_does(
    session: Session, world: World
) -> None:
    consult, actor = taken(session, world), world.actor(world.requester)
    mission = missions.request(session, actor, consult, add_team(session, world).id, now=NOW)
    people = [world.actor(one) for one in (world.requester, world.second_neurologist)]

    def told(at: datetime) -> list[list[uuid.UUID]]:
        return [[task.id for task in missions.list_tasks(session, one, now=at)] for one in people]

    assert told(mission.until_at - timedelta(seconds=1)) == [[], []]
    assert told(mission.until_at) == [[mission.id], [mission.id]]
    for nobody in (world.stranger, world.secretary):
        assert missions.list_tasks(session, world.actor(nobody), now=mission.until_at) == []
    missions.end(session, actor, mission, now=mission.until_at)
    assert told(mission.until_at) == [[], []]


def test_a_team_that_nobody_holds_is_not_to_be_had_and_says_from_when_on(
    session: Session, world: World
) -> None:
    line, consult = add_team(session, world, is_held=False), taken(session, world)
    actor = world.actor(world.neurologist)
    with pytest.raises(Conflict, match="Nobody holds Interventionsteam now"):
        missions.request(session, actor, consult, line.id, now=NOW)
    begins = NOW + timedelta(hours=5)
    put_on_duty(session, line, world.second_neurologist, Span(begins, begins + timedelta(hours=8)))
    with pytest.raises(Conflict) as refused:
        missions.request(session, actor, consult, line.id, now=NOW)
    assert refused.value.message.values["at"] == begins
    assert team_of(session, world, consult).free_at == begins


@pytest.mark.parametrize(
    "other",
    [
        {"kind": UrgentKind.TELERADIOLOGY, "state": UrgentState.READING},
        {"state": UrgentState.ALERTED, "consultant_id": None, "acknowledged_at": None},
        {"state": UrgentState.CLOSED, "ended_at": NOW},
    ],
)
def test_a_team_is_asked_for_while_a_stroke_is_treated_only(
    session: Session, world: World, other: dict[str, object]
) -> None:
    line, consult = add_team(session, world), taken(session, world, **other)
    with pytest.raises(Conflict):
        missions.request(session, world.actor(world.requester), consult, line.id, now=NOW)


def test_what_is_no_team_and_no_length_of_a_mission_is_refused(session: Session, world: World) -> None:
    line, consult = add_team(session, world), taken(session, world)
    actor = world.actor(world.requester)
    for line_id in (world.line.id, uuid.uuid4(), None):
        with pytest.raises(Refusal):
            missions.request(session, actor, consult, line_id, now=NOW)
    for minutes in (-1, 14, 721):
        with pytest.raises(Refusal):
            missions.request(session, actor, consult, line.id, minutes=minutes, now=NOW)


def test_strangers_see_no_team_and_no_mission(session: Session, world: World) -> None:
    line, consult = add_team(session, world), taken(session, world)
    mission = missions.request(session, world.actor(world.requester), consult, line.id, now=NOW)
    stranger = world.actor(world.stranger)
    assert missions.list_teams(session, stranger, now=NOW) == []
    with pytest.raises(NotFound):
        access.get_mission(session, stranger, mission.id)


def test_a_team_is_proposed_where_one_is_recommended_until_it_goes(session: Session, world: World) -> None:
    line, consult = add_team(session, world), taken(session, world)
    actor = world.actor(world.requester)

    def proposes() -> bool:
        teams = missions.list_teams(session, actor, now=NOW, consult=consult)
        return missions.proposes_team(consult, teams)

    assert not proposes()
    consult.recommendation = Recommendation.TEAM_DISPATCHED
    assert proposes()
    missions.request(session, actor, consult, line.id, now=NOW)
    assert not proposes()


def test_of_eight_who_ask_at_once_one_gets_the_team_and_the_others_read_who_has_it(
    database: Database,
) -> None:
    with database.transaction() as session:
        world = build_world(session)
        line_id = add_team(session, world).id
        consults = [taken(session, world).id for _ in range(8)]
    start, said = threading.Barrier(8), []

    def ask(consult_id: uuid.UUID) -> None:
        actor = world.actor(world.requester)
        start.wait()
        try:
            with database.transaction() as session:
                consult = access.get_urgent(session, actor, consult_id, to="change")
                missions.request(session, actor, consult, line_id, now=NOW)
        except Conflict as refusal:
            said.append(refusal.message.values["site"])

    _run(*(lambda one=one: ask(one) for one in consults))
    assert said == [world.spoke.name] * 7
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(TeamMission)) == 1


def _run(*deeds: Callable[[], None]) -> None:
    threads = [threading.Thread(target=deed) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
