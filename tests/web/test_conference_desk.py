"""The page of a conference over HTTP: what desk, people and presenters see, and what the desk does there."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select

from confsched.db import Database
from confsched.domain.kinds import CaseLane, CaseState, ConferenceState, Partstat
from confsched.models.bookings import Participation
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.models.people import Person
from tests.support.conferences import START, WEEK, add_case, add_conference, answer, require
from tests.support.web import SignIn
from tests.world import World


@pytest.fixture
def ids(sqlite_database: Database, world: World) -> dict[str, uuid.UUID]:
    """Give a conference with its cases: one on the agenda, one late, one of standard of care."""
    with sqlite_database.transaction() as session:
        conference = add_conference(session, world)
        case = add_case(session, world, conference, case_ref="FK-5KR8")
        late = add_case(session, world, conference, case_ref="FK-1VB5", lane=CaseLane.LATE)
        listed = {"lane": CaseLane.STANDARD_CARE, "case_ref": "FK-3STD"}
        add_case(session, world, conference, site_id=world.hub.id, presenter_id=world.neurologist.id, **listed)
        return {"conference": conference.id, "case": case.id, "late": late.id}


@pytest.fixture
def secretary(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.secretary)
    return client


def page(conference_id: uuid.UUID) -> str:
    return f"/conferences/{conference_id}"


def test_the_desk_sees_agenda_quorum_late_lane_and_its_next_step(
    secretary: FlaskClient, ids: dict[str, uuid.UUID]
) -> None:
    text = secretary.get(page(ids["conference"])).text
    assert "Neuro board" in text and "Freeze the agenda" in text
    assert "FK-5KR8" in text and "Operate or wait?" in text
    assert "After the cut-off" in text and "FK-1VB5" in text
    assert "Standard of care, without discussion: 1" in text
    assert "no reply yet" in text
