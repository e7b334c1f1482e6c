"""Pages of mobile teams, and of planned meetings that an urgent consult lies over."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import LineKind, UrgentState
from confsched.models.bookings import Participation
from confsched.models.catalogue import Service
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.models.urgent import TeamMission
from confsched.services import urgent_claims
from tests.support.alerting import add_consult
from tests.support.ladders import add_line, put_on_duty
from tests.support.web import SignIn
from tests.world import NOW, World, book

UNKNOWN = uuid.UUID("00000000-0000-4000-8000-000000000000")
TEAM = "Interventionsteam"


@pytest.fixture
def line(sqlite_database: Database, world: World) -> DutyLine:
    """Give a mobile team of the hub that somebody drives with."""
    with sqlite_database.transaction() as session:
        session.get_one(Service, world.service.id).is_urgent = True
        line = add_line(session, world, TEAM)
        line.kind = LineKind.MOBILE_TEAM
        put_on_duty(session, line, world.second_neurologist)
    return line


def taken(sqlite_database: Database, world: World, **other: object) -> uuid.UUID:
    with sqlite_database.transaction() as session:
        values = {"state": UrgentState.CONNECTED, "consultant_id": world.neurologist.id}
        consult = add_consult(session, world, **{**values, "acknowledged_at": NOW, **other})
        urgent_claims.take(session, consult, world.neurologist.id, now=NOW)
        return consult.id


def missions_of(sqlite_database: Database) -> list[TeamMission]:
    with sqlite_database.read() as session:
        return list(session.scalars(select(TeamMission)))


def test_a_team_is_asked_for_on_the_page_of_the_consult_and_seen_on_the_board(
    client: FlaskClient, sign_in: SignIn, sqlite_database: Database, world: World, line: DutyLine
) -> None:
    consult_id = taken(sqlite_database, world)
    sign_in(client, world.requester)
    assert "Ask for this team" in client.get(f"/urgent/{consult_id}").text
    sent = {"line_id": str(line.id), "minutes": "90"}
    for _ in range(2):
        assert client.post(f"/urgent/{consult_id}/missions", data=sent).status_code == 303
    (mission,) = missions_of(sqlite_database)
    assert mission.until_at - mission.starts_at == timedelta(minutes=90)
    said = f"At {world.spoke.name} until"
    assert said in client.get(f"/urgent/{consult_id}").text
    assert said in client.get("/missions/").text
    assert f"at {world.spoke.name} until" in client.get("/duty-board").text
    later = client.get("/duty-board", query_string={"day": "2026-11-24", "time": "08:00"})
    assert "at Krankenhaus" not in later.text

    assert client.post(f"/missions/{mission.id}/until", data={"minutes": "x"}).status_code == 422
    longer = client.post(f"/missions/{mission.id}/until", data={"minutes": "240", "to": "consult"})
    assert longer.location == f"/urgent/{consult_id}"
    for _ in range(2):
        assert client.post(f"/missions/{mission.id}/end").location == "/missions/"
    assert missions_of(sqlite_database)[0].ended_at is not None


def test_who_comes_second_reads_who_has_the_team_and_how_to_call_it(
    client: FlaskClient, sign_in: SignIn, sqlite_database: Database, world: World, line: DutyLine
) -> None:
    first, second = taken(sqlite_database, world), taken(sqlite_database, world)
    sign_in(client, world.neurologist)
    sent = {"line_id": str(line.id)}
    assert client.post(f"/urgent/{first}/missions", data=sent).status_code == 303
    answer = client.post(f"/urgent/{second}/missions", data=sent)
    assert answer.status_code == 409
    assert f"This team is at {world.spoke.name} until" in answer.text
    assert "call it: +49 5555 2001" in answer.text
    assert client.post(f"/urgent/{second}/missions", data={"line_id": "x"}).status_code == 422


def test_strangers_and_secretaries_reach_no_mission(
    client: FlaskClient, sign_in: SignIn, sqlite_database: Database, world: World, line: DutyLine
) -> None:
    consult_id = taken(sqlite_database, world)
    sign_in(client, world.requester)
    client.post(f"/urgent/{consult_id}/missions", data={"line_id": str(line.id)})
    (mission,) = missions_of(sqlite_database)
    sign_in(client, world.stranger)
    assert TEAM not in client.get("/missions/").text
    for path in (f"/urgent/{consult_id}/missions", f"/missions/{mission.id}/end"):
        unknown = path.replace(str(consult_id), str(UNKNOWN)).replace(str(mission.id), str(UNKNOWN))
        foreign, missing = client.post(path), client.post(unknown)
        assert (foreign.status_code, foreign.data) == (404, missing.data)
    sign_in(client, world.secretary)
    assert client.get("/missions/").status_code == 403
    assert client.post(f"/missions/{mission.id}/end").status_code == 403
    assert missions_of(sqlite_database)[0].ended_at is None


@pytest.fixture
def meeting(sqlite_database: Database, world: World) -> tuple[uuid.UUID, Person, Person]:
    """Give a meeting in twenty minutes, who answers there, and the colleague who does not."""
    with sqlite_database.transaction() as session:
        booking = book(session, world, NOW + timedelta(hours=1))
        present = {part.person_id for part in booking.participations}
        here, free = world.neurologist, world.second_neurologist
        return (booking.id, here, free) if here.id in present else (booking.id, free, here)


def test_a_meeting_in_the_way_stands_on_three_pages_and_goes_to_a_substitute(
    client: FlaskClient,
    sign_in: SignIn,
    sqlite_database: Database,
    world: World,
    meeting: tuple[uuid.UUID, Person, Person],
) -> None:
    booking_id, here, free = meeting
    with sqlite_database.transaction() as session:
        service = session.get_one(Service, world.service.id)
        service.duration_minutes = 90
        consult = add_consult(
            session, world, state=UrgentState.ACKNOWLEDGED, consultant_id=here.id, acknowledged_at=NOW
        )
        urgent_claims.take(session, consult, here.id, now=NOW)
    sign_in(client, here)
    assert f"Give to {free.name}" in client.get(f"/urgent/{consult.id}").text
    assert f"{here.name} is taken by an urgent consult" in client.get("/").text
    assert f"Give to {free.name}" in client.get(f"/bookings/{booking_id}").text
    sent = {"person_id": str(here.id), "substitute_id": str(free.id)}
    path = f"/bookings/{booking_id}/substitution"
    assert client.post(path, data={**sent, "substitute_id": "x"}).status_code == 422
    assert client.post(path, data={**sent, "substitute_id": str(world.stranger.id)}).status_code == 409
    for _ in range(2):
        assert client.post(path, data=sent).status_code in (303, 404)
    with sqlite_database.read() as session:
        query = select(Participation.person_id).where(
            Participation.booking_id == booking_id, Participation.removed_at.is_(None)
        )
        assert set(session.scalars(query)) == {world.requester.id, free.id}
    assert "Give to" not in client.get(f"/urgent/{consult.id}").text
    sign_in(client, world.stranger)
    assert (
        client.post(path, data=sent).data == client.post(f"/bookings/{UNKNOWN}/substitution", data=sent).data
    )
