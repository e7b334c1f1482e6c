"""The link of an alert and the worker that shows it, in a real browser with script."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, CDPSession, Page
from werkzeug.serving import make_server

from confsched.channels.links import signed
from confsched.create_app import create_app
from confsched.db import Database
from confsched.settings import Settings
from tests.support.alerting import add_consult, add_point, add_rung, alert_about
from tests.support.matrix import Watch
from tests.support.web import SECRET_KEY
from tests.world import build_world

SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const shown = await registration.getNotifications();
  return shown.length === 1 && shown[0].title === "Second" ? shown[0].data.path : null;
}"""


@pytest.fixture
def address(settings: Settings, sqlite_database: Database) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(settings, sqlite_database), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def link(sqlite_database: Database, settings: Settings) -> str:
    """Give the address of the alert of a neurologist."""
    del settings  # its key signs the link
    with sqlite_database.transaction() as session:
        world = build_world(session)
        consult = add_consult(session, world)
        add_point(session, world.neurologist)
        (alert,) = alert_about(session, consult, add_rung(session, consult), world.neurologist)
    return f"/alerts/{signed(alert.id, SECRET_KEY)}"


def test_a_scanner_with_script_changes_nothing_and_a_person_takes_it_by_one_press(
    browser: Browser, address: str, link: str, sqlite_database: Database
) -> None:
    page = browser.new_context(base_url=address, locale="en-GB").new_page()
    with closing(Watch(sqlite_database)) as watch:
        before = watch.picture()
        page.goto(link)
        page.wait_for_load_state("networkidle")
        assert watch.picture() == before
    page.get_by_role("button", name="I take it").click()
    page.get_by_text("You have taken this consult").wait_for()
    assert (
        page.get_by_role("link", name="Call back: +49 5555 4711").get_attribute("href") == "tel:+4955554711"
    )
    page.context.close()


def test_a_push_is_shown_and_the_next_about_the_same_takes_its_place(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address)
    context.grant_permissions(["notifications"], origin=address)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.goto("/login")
    session = context.new_cdp_session(page)
    registration = _register(page, session)
    for title in ("First", "Second"):
        data = {
            "title": title,
            "body": "Called at 03:10",
            "tag": "consult",
            "language": "de",
            "url": "/alerts/x",
        }
        session.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": address, "registrationId": registration, "data": json.dumps(data)},
        )
    assert page.wait_for_function(SHOWN).json_value() == "/alerts/x"
    assert problems == []
    context.close()


def _register(page: Page, session: CDPSession) -> str:
    """Register the worker as the page of contact points does, and return the browser's name for it."""
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda said: found.extend(one["registrationId"] for one in said["registrations"]),
    )
    session.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.register('/service_worker.js')")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return found[-1]
