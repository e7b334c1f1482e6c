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
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from confsched import clock
from confsched.create_app import create_app
from confsched.db import Database
from confsched.demo import build_demo
from confsched.mail.envelopes import House as Sender
from confsched.settings import load_settings
from confsched.worker import scheduler
from tests.flows.processes import free_port

PASSWORD = "confsched-demo"
WEDNESDAY_MORNING = datetime(2026, 11, 25, 7, 30, tzinfo=UTC)
AXE_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # all of them in full; of what is well only the names
}
SCHEMES = ("light", "dark")
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

    def work(self) -> None:
        """Let the worker do every job once."""
        sender = Sender(self.url, "termine@confsched.example")
        scheduler.run_once(scheduler.Engine(self.database, sender, None, "browser-test"))


@pytest.fixture(scope="module")
def standing_clock() -> Iterator[Clock]:
    with pytest.MonkeyPatch.context() as patch:
        standing = Clock()
        patch.setattr(clock, "now", standing.now)
        yield standing


@pytest.fixture(scope="module")
def hospital(
    standing_clock: Clock, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hospital]:
    """Serve the demo network as it is on a Wednesday at 08:30 in Berlin."""
    folder = tmp_path_factory.mktemp("hospital")
    shutil.copy(_sqlite_template, folder / "confsched.sqlite")
    port = free_port()
    settings = load_settings({"CONFSCHED_DATA_DIR": str(folder), "PORT": str(port)})
    database = Database(settings.database_url)
    build_demo(database, now=standing_clock.now(), password=PASSWORD, secret=settings.secret_key)
    server = make_server("127.0.0.1", port, create_app(settings, database), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    running = Hospital(settings.public_url, standing_clock, database)
    running.work()
    yield running
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


class Visitor:
    """Sit in front of the product as one person."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _note(self, message: Any) -> None:
        # A page that answers 409 or 422 is an answer, not a broken page.
        if message.type == "error" and "status of 4" not in message.text:
            self.problems.append(message.text)

    def sign_in(self, email: str) -> Visitor:
        self.page.goto("/login")
        self.page.get_by_label("Dienstliche E-Mail").fill(email)
        self.page.get_by_label("Kennwort", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Anmelden").click()
        self.page.wait_for_url(lambda url: "/login" not in url)
        return self

    def assert_no_barriers_in_either_scheme(self) -> None:
        """Look twice at the page as it stands: the colours are the style sheet's answer to the system's."""
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour on its way
            self.assert_no_barriers()

    def assert_no_barriers(self) -> None:
        results = Axe().run(self.page, options=AXE_OPTIONS)
        assert results.violations_count == 0, f"{self.page.url}\n{results.generate_report()}"


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
        visitors.append(Visitor(context))
        return visitors[-1]

    yield sit_down
    for visitor in visitors:
        visitor.context.close()
    assert [problem for visitor in visitors for problem in visitor.problems] == []
