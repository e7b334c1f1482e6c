"""The pages of the downtime sheet: for the own house, as a file, and by an address that needs no database."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.services import downtime
from confsched.web.context import SETTINGS
from tests.support.web import SignIn
from tests.world import NOW, World


def test_the_sheet_of_the_own_site_is_a_page_and_a_file(
    client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.requester)
    page = client.get(f"/downtime/{world.spoke.id}").text
    assert "Downtime sheet Krankenhaus Moorfeld" in page
    assert '<p class="downtime-stamp">As of Mon 23 Nov 2026, 08:00</p>' in page
    assert "Neurologie Dienst" in page and "+49 5555 2000" in page
    file = client.get(f"/downtime/{world.spoke.id}/sheet.pdf")
    assert file.mimetype == "application/pdf" and file.data.startswith(b"%PDF-")
    assert client.get(f"/downtime/{world.hub.id}").status_code == 404
    for path in ("/duty-board", "/"):
        assert f'href="/downtime/{world.spoke.id}"' in client.get(path).text


def test_the_file_of_last_night_opens_without_signing_in_and_without_the_database(
    app: Flask,
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sign_in(client, world.requester)
    page = client.get(f"/downtime/{world.spoke.id}").text
    (address,) = re.findall(r'href="(/downtime/kept/[^"]+)"', page)
    folder = app.extensions[SETTINGS].data_dir / downtime.FOLDER
    monkeypatch.setattr(downtime, "FOLDER", str(tmp_path))
    assert not folder.exists() and client.get(address).status_code == 404, "no night has passed yet"
    (tmp_path / downtime.file_name(world.spoke.id)).write_bytes(b"%PDF-kept")

    def is_down(*_args: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(sqlite_database, "read", is_down)
    ward = app.test_client()
    assert ward.get(address).data == b"%PDF-kept"


def test_an_address_that_was_not_signed_here_or_is_older_than_a_year_opens_nothing(
    app: Flask,
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: time_machine.Traveller,
) -> None:
    sign_in(client, world.requester)
    page = client.get(f"/downtime/{world.spoke.id}").text
    (address,) = re.findall(r'href="(/downtime/kept/[^"]+)"', page)
    monkeypatch.setattr(downtime, "FOLDER", str(tmp_path))
    (tmp_path / downtime.file_name(world.spoke.id)).write_bytes(b"%PDF-kept")
    ward = app.test_client()
    assert ward.get(address.replace("/kept/", "/kept/x")).status_code == 404
    assert ward.get("/downtime/kept/x.pdf").status_code == 404
    moment.move_to(NOW + timedelta(days=365))
    assert ward.get(address).status_code == 200
    moment.move_to(NOW + timedelta(days=367))
    assert ward.get(address).status_code == 404
