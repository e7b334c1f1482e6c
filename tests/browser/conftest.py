"""The whole product in a real browser: the demo network, pages, a worker, and a clock that stands still."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from confsched import clock
from confsched.create_app import create_app
from confsched.db import Database
from confsched.demo import build_demo
from confsched.mail.envelopes import House as Sender
from confsched.services import accounts
from confsched.settings import Settings, load_settings
from confsched.worker import scheduler
from tests.flows.processes import free_port
from tests.support import barriers

PASSWORD = "confsched-demo"
WEDNESDAY_MORNING = datetime(2026, 11, 25, 7, 30, tzinfo=UTC)
MAX_PAGE_BYTES = 150_000


class Clock:
    """Stand still until told to move."""

    def __init__(self) -> None:
        self.at = WEDNESDAY_MORNING

    def now(self) -> datetime:
        return self.at

    def pass_by(self, length: timedelta) -> None:
        self.at += length


@dataclass
class Hospital:
    """Hold the running product: its address, its clock, its database and a worker that works when told."""

    url: str
    clock: Clock
    database: Database
    app: Flask

    def work(self) -> None:
        """Let the worker do every job once."""
        _work(self.database, self.url, self.app.config["SECRET_KEY"])

    def cookie_of(self, email: str) -> str:
        """Start a session without the login page, which costs a second and has tests of its own."""
        with self.database.transaction() as session:
            now = self.clock.now()
            credentials = accounts.find_credentials(session, email, now=now)
            token = accounts.sign_in(session, credentials, True, now=now)
        signer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert isinstance(token, str) and signer is not None
        return str(signer.dumps({"_user_id": token}))


def _work(database: Database, url: str, secret_key: str) -> None:
    sender = Sender(url, "termine@confsched.example", secret_key=secret_key)
    scheduler.run_once(scheduler.Engine(database, sender, None, "browser-test", is_demo=True))


@pytest.fixture(scope="module")
def standing_clock() -> Iterator[Clock]:
    with pytest.MonkeyPatch.context() as patch:
        standing = Clock()
        patch.setattr(clock, "now", standing.now)
        yield standing


@pytest.fixture(scope="session")
def _port() -> int:
    """Give one port to all servers of this process: addresses stand in the mails of the demo network."""
    return free_port()


@pytest.fixture(scope="session")
def _demo_folder(_sqlite_template: Path, _port: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the demo network as it is on a Wednesday at 08:30 in Berlin, to be copied: it takes seconds."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(_sqlite_template, folder / "confsched.sqlite")
    settings = _settings(folder, _port)
    database = Database(settings.database_url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", Clock().now)
        build_demo(database, now=clock.now(), password=PASSWORD, secret=settings.secret_key)
        _work(database, settings.public_url, settings.secret_key)
    database.dispose()
    return folder


def _settings(folder: Path, port: int) -> Settings:
    return load_settings({"CONFSCHED_DATA_DIR": str(folder), "PORT": str(port)})


@pytest.fixture(scope="module")
def hospital(
    standing_clock: Clock, _demo_folder: Path, _port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hospital]:
    """Serve a copy of the demo network, which the tests of one file share."""
    folder = shutil.copytree(_demo_folder, tmp_path_factory.mktemp("hospital") / "data")
    settings = _settings(folder, _port)
    database = Database(settings.database_url)
    app = create_app(settings, database)
    server = make_server("127.0.0.1", _port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Hospital(settings.public_url, standing_clock, database, app)
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


class Visitor:
    """Sit in front of the product as one person."""

    def __init__(self, context: BrowserContext, hospital: Hospital) -> None:
        self.context = context
        self._hospital = hospital
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _note(self, message: Any) -> None:
        # A page that answers 409 or 422 is an answer, not a broken page.
        if message.type == "error" and "status of 4" not in message.text:
            self.problems.append(message.text)

    def sign_in(self, email: str) -> Visitor:
        """Be somebody from now on; no page is open yet."""
        name, url = str(self._hospital.app.config["SESSION_COOKIE_NAME"]), self._hospital.url
        self.context.add_cookies([{"name": name, "value": self._hospital.cookie_of(email), "url": url}])
        return self

    def sign_in_by_form(self, email: str) -> Visitor:
        self.page.goto("/login")
        self.page.get_by_label("Dienstliche E-Mail").fill(email)
        self.page.get_by_label("Kennwort", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Anmelden").click()
        self.page.wait_for_url(lambda url: "/login" not in url)
        return self

    def assert_no_barriers_in_either_scheme(self) -> None:
        barriers.assert_no_barriers_in_either_scheme(self.page)

    def assert_no_barriers(self) -> None:
        barriers.assert_no_barriers(self.page)


@pytest.fixture
def visit(browser: Browser, hospital: Hospital) -> Iterator[Any]:
    """Give a function that sits down at a browser, with or without script; broken pages fail the test."""
    visitors: list[Visitor] = []

    def sit_down(*, script: bool = True, width: int = 1280, scheme: str = "light") -> Visitor:
        context = browser.new_context(
            base_url=hospital.url,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
            locale="de-DE",
            timezone_id="Europe/Berlin",
        )
        visitors.append(Visitor(context, hospital))
        return visitors[-1]

    yield sit_down
    for visitor in visitors:
        visitor.context.close()
    assert [problem for visitor in visitors for problem in visitor.problems] == []
