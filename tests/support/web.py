"""Fixtures of the tests that ask over HTTP: the app on a fresh database, a client, and a way to sign in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from confsched.create_app import create_app
from confsched.db import Database
from confsched.models.people import Person
from confsched.services import accounts
from confsched.services.passwords import TRIFLING_COST
from confsched.settings import Settings, load_settings
from confsched.web.accounts import HASH_COST
from tests.world import NOW, World, build_world

SECRET_KEY = "tests-only-" + "0123456789abcdef" * 3
SignIn = Callable[[FlaskClient, Person], str]


class PageClient(FlaskClient):
    """Read English, and send forms as our own pages do, with a form token; `csrf=False` leaves it out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"

    def post(self, *args: Any, csrf: bool = True, **kwargs: Any) -> TestResponse:
        if csrf:
            kwargs["headers"] = {**dict(kwargs.get("headers") or {}), "X-CSRFToken": self._token()}
        return super().post(*args, **kwargs)

    def _token(self) -> str:
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", "0" * 40)
        return str(
            URLSafeTimedSerializer(self.application.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(raw)
        )


@pytest.fixture
def moment() -> Iterator[time_machine.Traveller]:
    """Stop the clock at NOW, Monday 08:00 in Berlin; `moment.shift(60)` moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    environ = {
        "CONFSCHED_PUBLIC_URL": "http://localhost:8000",
        "CONFSCHED_DATABASE_URL": sqlite_url,
        "CONFSCHED_SECRET_KEY": SECRET_KEY,
        "CONFSCHED_DATA_DIR": str(tmp_path),
    }
    return load_settings(environ)


@pytest.fixture
def app(settings: Settings, sqlite_database: Database, moment: time_machine.Traveller) -> Flask:
    """Give the app on a migrated database."""
    del moment  # asked for so that every page is made at NOW
    app = create_app(settings, sqlite_database)
    app.test_client_class = PageClient
    app.config[HASH_COST] = TRIFLING_COST
    return app


@pytest.fixture
def world(app: Flask, sqlite_database: Database) -> World:
    """Give the cast, already in the database of the app."""
    del app  # the world is written after the clock has stopped
    with sqlite_database.transaction() as session:
        return build_world(session)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in(sqlite_database: Database) -> SignIn:
    """Give `sign_in(client, person)`, which starts a session without the login page and returns its token."""

    def start(client: FlaskClient, person: Person) -> str:
        with sqlite_database.transaction() as session:
            credentials = accounts.find_credentials(session, person.email, now=NOW)
            token = accounts.sign_in(session, credentials, True, now=NOW)
        assert isinstance(token, str)
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return token

    return start
