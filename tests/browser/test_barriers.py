"""What looks for barriers finds one also where it has looked before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.barriers import assert_no_barriers, assert_no_barriers_in_either_scheme

LINES = "".join(f"<p>Line {number} of many</p>" for number in range(9))
PAGE = (
    '<!doctype html><html lang="en"><head><title>Lines</title></head>'
    f'<body><main><h1>Lines</h1>{LINES}<button style="color: #bbb" disabled>Send</button></main></body>'
)


@pytest.fixture
def page_of_lines(browser: Browser) -> Iterator[Page]:
    """Give a page of which every look is known already."""
    page = browser.new_page()
    page.set_content(PAGE)
    for _ in range(2):
        assert_no_barriers_in_either_scheme(page)
    yield page
    page.close()


@pytest.mark.parametrize(
    "style",
    [
        *("p { color: #bbb }", "p:nth-of-type(7) { color: #bbb }", "main { opacity: 0.4 }"),
        *("main { background: #444 }", "body { background: #444 }"),
        "@media (prefers-color-scheme: dark) { p { background: #222 } }",
    ],
)
def test_a_look_that_is_known_is_looked_at_again_when_its_colours_change(
    page_of_lines: Page, style: str
) -> None:
    page_of_lines.add_style_tag(content=style)
    with pytest.raises(AssertionError, match="contrast"):
        assert_no_barriers_in_either_scheme(page_of_lines)


def test_what_was_pale_because_it_could_not_be_used_must_be_read_once_it_can(page_of_lines: Page) -> None:
    page_of_lines.evaluate("document.querySelector('button').disabled = false")
    with pytest.raises(AssertionError, match="contrast"):
        assert_no_barriers(page_of_lines)


def test_a_rule_that_knows_no_colours_is_asked_each_time(page_of_lines: Page) -> None:
    page_of_lines.evaluate("document.querySelector('button').replaceChildren()")
    with pytest.raises(AssertionError, match="discernible text"):
        assert_no_barriers(page_of_lines)
