"""Fixtures of the tests that ask over HTTP: the app on a fresh database, a client, and a way to sign in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.test import TestResponse

from confsched.create_app import create_app
from confsched.db import Database
from confsched.models.people import Person
from confsched.services import accounts
from confsched.services.passwords import TRIFLING_COST
from confsched.settings import Settings, load_settings
from confsched.web.accounts import HASH_COST
from confsched.web.context import SETTINGS
from tests.world import NOW, World, build_world

SECRET_KEY = "tests-only-" + "0123456789abcdef" * 3
ANYWHERE = Path("data")
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


class CompiledTemplates(BytecodeCache):
    """Keep what one app has compiled for those of the next tests: it takes longer than most pages."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


TEMPLATES = CompiledTemplates()


def make_app(settings: Settings, database: Database) -> Flask:
    """Return the app with clients that send form tokens, compiled templates and cheap passwords."""
    app = create_app(settings, database)
    app.test_client_class = PageClient
    app.jinja_env.bytecode_cache = TEMPLATES
    app.config[HASH_COST] = TRIFLING_COST
    return app


@dataclass(frozen=True)
class _KeptApp:
    """Hold an app with what a test may have changed in it."""

    app: Flask
    extensions: dict[str, Any]
    config: dict[str, Any]


@cache
def _kept_app(settings: Settings, database: Database) -> _KeptApp:
    app = make_app(settings, database)
    return _KeptApp(app, dict(app.extensions), dict(app.config))


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
    """Give the app on a migrated database; the same app to all tests of this process, with nothing kept."""
    del moment  # asked for so that every page is made at NOW
    kept = _kept_app(replace(settings, data_dir=ANYWHERE), sqlite_database)
    for held, at_first in ((kept.app.extensions, kept.extensions), (kept.app.config, kept.config)):
        held.clear()
        held.update(at_first)
    kept.app.extensions[SETTINGS] = settings
    return kept.app


@pytest.fixture
def fresh_app(settings: Settings, sqlite_database: Database, moment: time_machine.Traveller) -> Flask:
    """Give an app to which a test may add pages: that is possible only before the first request."""
    del moment
    return make_app(settings, sqlite_database)


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
