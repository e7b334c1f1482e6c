"""Minutes over HTTP: drafted, released, corrected, read by whom they concern, and taken along as a file."""

from __future__ import annotations

import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import AttendanceMode, ConferenceState
from confsched.models.audit import AuditEvent
from confsched.models.conferences import Conference
from confsched.services import attendance
from confsched.services.cases import list_cases
from confsched.services.shared_texts import text_mark
from tests.support.conference_run import REFS, begin, end, recommend
from tests.support.web import SignIn
from tests.world import NOW, World

ADVICE, TEXT = "=Resection, then adjuvant therapy.", "Opened at nine."


@pytest.fixture
def held(sqlite_database: Database, world: World) -> uuid.UUID:
    with sqlite_database.transaction() as session:
        conference, actor = begin(session, world), world.actor(world.secretary)
        recommend(session, world, list_cases(session, conference)[0], ADVICE, now=NOW)
        mode = AttendanceMode.ON_SITE
        attendance.record(session, actor, conference, world.neurologist.id, mode=mode, now=NOW)
        end(session, world, conference, now=NOW)
        return conference.id


@pytest.fixture
def secretary(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.secretary)
    return client


def _save(client: FlaskClient, held: uuid.UUID, text: str = TEXT, mark: str = "", step: str = "save") -> int:
    values = {"minutes": text, "mark": mark or text_mark(""), "step": step}
    return client.post(f"/conferences/{held}/minutes", data=values).status_code


def test_minutes_are_saved_released_once_and_read_by_who_took_part(
    secretary: FlaskClient, sqlite_database: Database, held: uuid.UUID, world: World, sign_in: SignIn
) -> None:
    page = secretary.get(f"/conferences/{held}/minutes").text
    assert "The minutes are due on Tue 24 Nov 2026." in page and ADVICE in page
    assert _save(secretary, held) == 303
    sign_in(secretary, world.requester)
    assert "No minutes are released yet" in secretary.get(f"/conferences/{held}/minutes").text
    sign_in(secretary, world.secretary)
    assert _save(secretary, held, mark=text_mark(TEXT), step="release") == 303
    assert _save(secretary, held, mark=text_mark(TEXT), step="release") == 303, "pressed twice"
    sign_in(secretary, world.requester)
    page = secretary.get(f"/conferences/{held}/minutes").text
    assert all(word in page for word in (TEXT, ADVICE, world.neurologist.name, "Release 1"))
    with sqlite_database.read() as session:
        assert session.get_one(Conference, held).state is ConferenceState.RELEASED


def test_a_correction_needs_a_reason_and_leaves_the_first_version_to_be_read(
    secretary: FlaskClient, held: uuid.UUID
) -> None:
    _save(secretary, held, step="release")
    path = f"/conferences/{held}/minutes"
    refused = secretary.post(f"{path}/correction", data={"reason": " "})
    assert refused.status_code == 422 and "Say what is corrected" in refused.text
    assert secretary.post(f"{path}/correction", data={"reason": "Wrong hour"}).status_code == 303
    assert _save(secretary, held, "Opened at ten.", text_mark(TEXT), "release") == 303
    last, first = secretary.get(path).text, secretary.get(f"{path}?version=1").text
    assert "Opened at ten." in last and "Wrong hour" in last and TEXT not in last
    assert TEXT in first
    assert secretary.get(f"{path}?version=3").status_code == 404


def test_what_cannot_be_kept_stays_in_the_field(secretary: FlaskClient, held: uuid.UUID) -> None:
    path, name = f"/conferences/{held}/minutes", "Muster, Hans *12.3.51"
    refused = secretary.post(path, data={"minutes": name, "mark": text_mark(""), "step": "release"})
    assert refused.status_code == 422 and name in refused.text
    _save(secretary, held)
    both = secretary.post(path, data={"minutes": "Mine", "mark": text_mark(""), "step": "release"})
    assert both.status_code == 409 and TEXT in both.text and "Mine" in both.text


def test_the_text_of_minutes_outlives_the_session(client: FlaskClient, held: uuid.UUID) -> None:
    answer = client.post(f"/conferences/{held}/minutes", data={"minutes": TEXT, "step": "save"})
    assert answer.status_code == 401 and TEXT in answer.text


def test_files_are_tagged_free_of_formulas_and_on_record(
    secretary: FlaskClient, sqlite_database: Database, held: uuid.UUID
) -> None:
    path = f"/conferences/{held}/minutes/export"
    for what in ("pdf", "agenda"):
        file = secretary.post(path, data={"format": what})
        assert file.mimetype == "application/pdf"
        assert file.data.startswith(b"%PDF-") and b"pdfuaid:part" in file.data
    table = secretary.post(path, data={"format": "csv"}).data.decode("utf-8-sig")
    assert f"'{ADVICE}" in table and all(ref in table for ref in REFS)
    assert secretary.post(path, data={"format": "exe"}).status_code == 422
    with sqlite_database.read() as session:
        query = select(AuditEvent.detail).where(AuditEvent.action == "conference.export")
        assert list(session.scalars(query.order_by(AuditEvent.number))) == ["pdf", "agenda", "csv"]


def test_strangers_find_no_minutes_and_readers_change_none(
    client: FlaskClient, held: uuid.UUID, world: World, sign_in: SignIn
) -> None:
    path = f"/conferences/{held}/minutes"
    sign_in(client, world.stranger)
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/export", data={"format": "pdf"}).status_code == 404
    sign_in(client, world.requester)
    assert _save(client, held) == 404
    assert client.post(f"{path}/correction", data={"reason": "Mine"}).status_code == 404
    assert client.post(f"{path}/export", data={"format": "pdf"}).status_code == 404, "nothing is released"
    sign_in(client, world.auditor)
    assert client.get(path).status_code == 403
