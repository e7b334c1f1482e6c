"""What people type, in a real browser whose policy is off: escaping alone has to keep every script asleep."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Dialog
from werkzeug.serving import make_server

from confsched.create_app import create_app
from confsched.db import Database
from confsched.settings import Settings
from tests.support.matrix import Objects
from tests.web.test_bad_input import PAYLOADS
from tests.world import PASSWORD, World, build_world

LISTS = ("/conferences/", "/bookings/?since=2026-01-01", "/deliveries/")


@pytest.fixture
def world(sqlite_database: Database) -> World:
    with sqlite_database.transaction() as session:
        world = build_world(session)
        made = Objects(session, world)
        for payload in PAYLOADS:
            made.make(world.actor(world.secretary), world.neurologist, title=payload)
        return world


@pytest.fixture
def address(settings: Settings, sqlite_database: Database) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(settings, sqlite_database), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_title_runs_as_a_script_even_without_the_policy(
    browser: Browser, address: str, world: World, record_property: Callable[[str, object], None]
) -> None:
    context = browser.new_context(base_url=address, locale="en-GB", bypass_csp=True)
    page = context.new_page()
    said: list[str] = []

    def note(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    page.goto("/login")
    page.get_by_label("Mail address").fill(world.secretary.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)
    seen: set[str] = set()
    pages = 0
    for path in LISTS:
        page.goto(path)
        shown = page.locator("main").inner_text()
        seen |= {payload for payload in PAYLOADS if payload in shown}
        links = page.eval_on_selector_all("main li a", "all => all.map(a => a.getAttribute('href'))")
        for link in dict.fromkeys(links[:8]):
            page.goto(link)
            pages += 1
    context.close()
    assert said == []
    assert seen == set(PAYLOADS)
    record_property(
        "figure", f"{len(seen)} payloads shown as text in a browser, {pages} pages opened, none ran"
    )
