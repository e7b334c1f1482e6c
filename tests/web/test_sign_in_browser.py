"""Signing in with a real browser, which sends what it likes under our headers, with script and without."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from confsched.create_app import create_app
from confsched.db import Database
from confsched.settings import Settings
from tests.world import PASSWORD, World, build_world


@pytest.fixture
def moment() -> None:
    """Leave the clock alone: the browser has its own."""


@pytest.fixture
def world(sqlite_database: Database) -> World:
    with sqlite_database.transaction() as session:
        return build_world(session)


@pytest.fixture
def address(settings: Settings, sqlite_database: Database) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(settings, sqlite_database), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, locale="en-GB", java_script_enabled=request.param)
    yield context.new_page()
    context.close()


def _sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("Mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_person_signs_in_changes_the_colours_and_signs_out(page: Page, world: World) -> None:
    page.goto("/login?next=/nowhere")
    _sign_in(page, world.requester.email, PASSWORD)
    page.wait_for_url("**/nowhere")
    menu = page.get_by_text(world.requester.name)
    menu.click()
    page.get_by_role("button", name="Dark colours").click()
    page.wait_for_url("**/nowhere")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    menu.click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    assert page.get_by_text(world.requester.name).count() == 0


def test_a_wrong_password_keeps_the_address_and_names_the_reason(page: Page, world: World) -> None:
    page.goto("/login")
    _sign_in(page, world.requester.email, "wrong")
    page.get_by_text("do not belong together").wait_for()
    assert page.get_by_label("Mail address").input_value() == world.requester.email


def test_the_pages_of_signing_in_have_no_barriers(browser: Browser, address: str, world: World) -> None:
    context = browser.new_context(base_url=address, locale="en-GB")
    page = context.new_page()
    found = []
    page.goto("/login")
    found.append(Axe().run(page).violations_count)
    _sign_in(page, world.requester.email, "wrong")
    page.get_by_text("do not belong together").wait_for()
    found.append(Axe().run(page).violations_count)
    _sign_in(page, world.requester.email, PASSWORD)
    page.get_by_text(world.requester.name).wait_for()
    page.goto("/nowhere")
    found.append(Axe().run(page).violations_count)
    context.close()
    assert found == [0, 0, 0]
