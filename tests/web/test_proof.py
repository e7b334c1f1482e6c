"""Proof over HTTP: the lists, sealed files, the check of a file, and who may ask for it."""

from __future__ import annotations

import io
import re
from importlib import import_module

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from confsched.db import Database
from tests.support.conference_run import begin
from tests.support.web import SignIn
from tests.world import World

TITLE = "=Tumorkonferenz"


@pytest.fixture
def auditor(client: FlaskClient, sqlite_database: Database, world: World, sign_in: SignIn) -> FlaskClient:
    with sqlite_database.transaction() as session:
        begin(session, world, title=TITLE)
    sign_in(client, world.auditor)
    return client


def _check(client: FlaskClient, body: bytes) -> TestResponse:
    return client.post("/proof/check", data={"file": (io.BytesIO(body), "proof.csv")})


def test_both_lists_are_shown_and_a_filter_that_says_nothing_shows_the_usual_one(
    auditor: FlaskClient,
) -> None:
    page = auditor.get("/proof/").text
    assert TITLE in page and "23" in page
    assert "Krankenhaus Moorfeld" not in auditor.get("/proof/?show=partners").text
    assert "Nothing in this year" in auditor.get("/proof/?year=2024").text
    assert TITLE in auditor.get("/proof/?year=soon&show=else&page=99").text


def test_a_file_that_was_exported_is_known_and_one_that_was_changed_is_not(auditor: FlaskClient) -> None:
    file = auditor.post("/proof/export", data={"format": "csv", "year": "2026"})
    assert file.mimetype == "text/csv" and f"'{TITLE}".encode() in file.data, "no formula"
    assert "Unchanged: exported on Mon 23 Nov 2026" in _check(auditor, file.data).text
    changed = file.data.replace(b"case conference", b"case conferenc3")
    assert "Changed: row 3" in _check(auditor, changed).text
    shortened = b"\r\n".join(file.data.splitlines()[:-1])
    assert "Not known" in _check(auditor, shortened).text


def test_a_list_on_paper_is_tagged_and_its_seal_is_known(
    auditor: FlaskClient, sqlite_database: Database
) -> None:
    file = auditor.post("/proof/export", data={"format": "pdf"})
    assert file.mimetype == "application/pdf" and b"pdfuaid:part" in file.data
    with sqlite_database.read() as session:
        found = session.connection().exec_driver_sql(
            "SELECT detail FROM audit_event WHERE action='proof.export'"
        )
        seal = str(found.scalar_one())
    assert re.fullmatch("[0-9a-f]{64}", seal)
    assert "Unchanged" in auditor.post("/proof/check", data={"seal": seal.upper()}).text


@pytest.mark.parametrize(
    ("path", "told"),
    [("/proof/export", "Choose one of the entries"), ("/proof/check", "Choose the exported file")],
)
def test_what_is_missing_is_said(auditor: FlaskClient, path: str, told: str) -> None:
    answer = auditor.post(path, data={"format": "exe"})
    assert answer.status_code == 422 and told in answer.text


def test_what_is_no_list_of_ours_is_refused_with_a_sentence(
    auditor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Changed: row 1" in _check(auditor, b"").text
    assert _check(auditor, b"\xff\xfe\x00").status_code == 422
    assert _check(auditor, b'"open').status_code == 422
    monkeypatch.setattr(import_module("confsched.web.proof"), "MAX_FILE", 3)
    assert "larger than" in _check(auditor, b"four").text


def test_requesters_see_no_proof(client: FlaskClient, world: World, sign_in: SignIn) -> None:
    sign_in(client, world.requester)
    assert client.get("/proof/").status_code == 403
    assert client.post("/proof/export", data={"format": "csv"}).status_code == 403
    sign_in(client, world.secretary)
    assert client.get("/proof/?show=partners").status_code == 200
