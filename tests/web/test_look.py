"""Every part of the pages in a real browser: for everyone, in both colour schemes, on a narrow phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.support.barriers import assert_no_barriers
from tests.web.gallery import NOW, create_gallery

PAGES = ("/", "/?late=1&flash=1", "/login", "/login?visitor=1&ended=1", "/errors/409", "/errors/500")
MAX_WIRE_BYTES = 150_000


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_gallery(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(browser: Browser, gallery: str) -> Iterator[Any]:
    """Give a function that opens a page of the gallery; what the policy forbids fails the test."""
    contexts = []
    problems: list[str] = []

    def open_page(path: str, width: int = 1280, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=gallery, locale="de-DE"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [text for text in problems if "status of" not in text] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_free_of_barriers_that_a_machine_can_find(opened: Any, path: str, scheme: str) -> None:
    assert_no_barriers(opened(path, scheme=scheme))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chosen_colours_hold_against_those_of_the_system(opened: Any, scheme: str) -> None:
    other = "dark" if scheme == "light" else "light"
    assert_no_barriers(opened(f"/?theme={scheme}", scheme=other))


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(opened: Any, path: str, width: int) -> None:
    page = opened(path, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert_no_barriers(page)


def test_wrong_fields_are_named_at_the_field_and_on_top_and_keep_what_was_typed(opened: Any) -> None:
    page = opened("/")
    page.eval_on_selector("#question", "input => input.removeAttribute('maxlength')")
    page.fill("#question", "Darf sie heute schon essen?")
    page.click("text=Zeiten suchen")
    page.wait_for_selector("#errors")
    assert page.input_value("#question") == "Darf sie heute schon essen?"
    assert page.get_attribute("#question", "aria-invalid") == "true"
    assert page.get_attribute("#question", "aria-describedby") == "question-error question-help"
    assert page.inner_text("#question-error") == "Höchstens 5 Zeichen."
    page.click("#errors a")
    assert page.evaluate("document.activeElement.id") == "question"
    assert_no_barriers(page)


def test_a_slash_goes_to_the_search_but_stays_a_slash_while_typing(opened: Any) -> None:
    page = opened("/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.press("/")
    assert page.input_value("#search") == "/"


def test_a_form_on_its_way_says_so_and_is_not_sent_twice(opened: Any) -> None:
    page = opened("/")
    page.evaluate("""() => {
        window.sent = 0;
        document.addEventListener("submit", (event) => {
            if (!event.defaultPrevented) window.sent += 1;
            event.preventDefault();
        });
    }""")
    button = page.locator("button", has_text="Diesen Termin buchen").element_handle()
    button.click()
    button.click()
    assert button.inner_text() == "Bucht …"
    assert not button.is_disabled()
    assert page.evaluate("window.sent") == 1


def test_the_clock_of_a_hold_runs_and_says_when_it_is_over(opened: Any) -> None:
    page = opened("about:blank")
    page.clock.install(time=NOW)
    page.goto("/")
    left = page.locator(".hold b[data-left]")
    assert left.inner_text() in ("9:12", "9:11")
    page.clock.run_for(60_000)
    assert left.inner_text() in ("8:12", "8:11")
    page.clock.fast_forward(600_000)
    assert "Nicht mehr gehalten" in page.inner_text(".hold")


def test_a_page_stays_light_on_the_wire(opened: Any, gallery: str) -> None:
    page = opened("about:blank")
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto(f"{gallery}/", wait_until="networkidle")
    assert sum(sizes) < MAX_WIRE_BYTES


@pytest.mark.parametrize("width", [320, 1280])
def test_the_menu_of_the_person_opens_without_a_barrier_and_closes_on_escape(opened: Any, width: int) -> None:
    page = opened("/?theme=dark", width=width)
    page.click(".menu > summary")
    assert page.is_visible("text=Abmelden")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert_no_barriers(page)
    page.keyboard.press("Escape")
    assert not page.is_visible("text=Abmelden")
