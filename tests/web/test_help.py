"""The help: open to everybody, true of the pages it names, and readable by all."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from confsched.domain.permissions import Function, Permission
from confsched.web.help import SECTIONS
from tests.support.barriers import assert_no_barriers
from tests.support.web import SignIn
from tests.web.test_look import MAX_WIRE_BYTES
from tests.world import World

ROOT = Path(__file__).parents[2]
PARTS = ROOT / "templates" / "help"
# A label of another page, quoted in a sentence of the help: button=_("Send request").
QUOTED = re.compile(r'\b\w+=_\("([^"]+)"\)')
LINKS = re.compile(r'<a href="([^"#]+)"')


def links_of(text: str) -> set[str]:
    """Return where the content leads, without the frame of the page."""
    return set(LINKS.findall(text.partition("<main")[2].partition("</main>")[0]))


def test_a_visitor_reads_the_help_and_is_asked_to_sign_in_by_its_links(client: FlaskClient) -> None:
    page = client.get("/help")
    assert page.status_code == 200
    assert all(client.get(link).location == f"/login?next={link}" for link in links_of(page.text))
    assert len(links_of(page.text)) == sum(section.way is not None for section in SECTIONS)


@pytest.mark.parametrize("function", list(Function))
def test_every_function_reads_the_help_and_each_link_in_it_opens(
    client: FlaskClient, world: World, sign_in: SignIn, function: Function
) -> None:
    person = next(p for p in world.cast if function in world.actor(p).functions)
    sign_in(client, person)
    page = client.get("/help")
    assert page.status_code == 200
    assert "/feeds/" in links_of(page.text)
    assert {client.get(link).status_code for link in links_of(page.text)} == {200}
    may_book = world.actor(person).may(Permission.REQUEST_CONSULT)
    assert ("/consults/new" in links_of(page.text)) == may_book


def test_the_contents_name_every_section_once(client: FlaskClient) -> None:
    page = client.get("/help").text
    anchors = re.findall(r'<a href="#([\w-]+)">', page.partition("<main")[2])
    assert anchors == [section.anchor for section in SECTIONS]
    assert all(page.count(f'id="{anchor}"') == 1 for anchor in anchors)


def test_every_part_of_the_help_is_shown() -> None:
    parts = {f"help/{path.name}" for path in PARTS.glob("_*.html")}
    assert parts == {section.template for section in SECTIONS}


def test_every_label_that_the_help_quotes_stands_on_another_page() -> None:
    quoted = {label for path in PARTS.glob("*.html") for label in QUOTED.findall(path.read_text("utf-8"))}
    pages = [path for path in (ROOT / "templates").rglob("*.html") if path.parent != PARTS]
    modules = [path for path in (ROOT / "confsched" / "web").rglob("*.py") if path.name != "help.py"]
    said = "\n".join(path.read_text("utf-8") for path in (*pages, *modules))
    assert len(quoted) > 15
    assert {label for label in quoted if f'"{label}"' not in said and f"'{label}'" not in said} == set()


def test_the_numbers_are_those_of_the_rules(client: FlaskClient) -> None:
    page = client.get("/help").text
    assert "held for you for 10 minutes" in page
    assert "silent for more than 24 hours" in page
    assert "not reported for more than 10 seconds" in page


@pytest.mark.parametrize(("language", "words"), [("de", ("Hilfe", "Notfallblatt")), ("en", ("Help", "Gap"))])
def test_the_help_is_complete_in_both_languages(
    client: FlaskClient, language: str, words: tuple[str, str]
) -> None:
    page = client.get("/help", headers={"Accept-Language": language})
    assert f'<html lang="{language}"' in page.text
    assert all(word in page.text for word in words)


def test_every_page_leads_to_the_help(client: FlaskClient) -> None:
    for path in ("/login", "/help"):
        assert '<a href="/help">' in client.get(path).text.partition("<footer")[2]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=address, locale="de-DE"
    )
    yield context.new_page()
    context.close()


def test_the_help_has_no_barriers_no_sideways_scrolling_and_little_weight(page: Page) -> None:
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto("/help", wait_until="networkidle")
    assert sum(sizes) < MAX_WIRE_BYTES
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert_no_barriers(page)
