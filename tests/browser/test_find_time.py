"""Requirements changed beside the times, by keyboard, without losing the place on the page."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.test_conference import plan
from tests.browser.test_main_job import SECRETARY

MOST_SHEETS = 4
WHITE = ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")


def met(page: Page) -> str:
    return page.get_by_role("heading", name="Erfüllte Anforderungen").inner_text()


def added(page: Page, kind: str) -> Locator:
    return page.get_by_role("group", name="Anforderung hinzufügen").get_by_role("button", name=kind)


def test_a_requirement_is_added_by_keyboard_and_the_times_follow_without_losing_the_place(visit: Any) -> None:
    secretary = visit().sign_in(SECRETARY)
    page = secretary.page
    plan(page, "Gefäßboard, Sondersitzung")
    page.locator(".daytabs a").nth(2).click()
    day = page.locator(".daytabs [aria-current]").inner_text().split("\n")[0]
    page.locator(".day-table summary").press("Enter")
    page.locator("#wanted > summary").press("Enter")
    before = met(page)
    added(page, "Fachrichtung").press("Enter")
    row = page.locator("#need-3-first")
    expect(row).to_be_focused()
    row.scroll_into_view_if_needed()
    where = page.evaluate("window.scrollY")
    row.press("K")
    expect(page.locator("[data-find-said]")).not_to_be_empty()
    expect(row).to_be_focused()
    assert met(page) != before
    assert abs(page.evaluate("window.scrollY") - where) <= 12, "no more than a line that grew"
    assert page.locator(".daytabs [aria-current]").inner_text().split("\n")[0] == day
    expect(page.locator(".day-table")).to_have_attribute("open", "")
    secretary.assert_no_barriers_in_either_scheme()
    page.locator("#need-3-count").fill("0")
    expect(page.locator("#need-3-error")).to_contain_text("1 bis 20 Personen")
    expect(page.locator("#need-3-count")).to_be_focused()
    expect(page.locator("#need-3-count")).to_have_value("0")


def test_without_script_a_button_does_the_same_and_a_narrow_page_never_moves_sideways(visit: Any) -> None:
    secretary = visit(script=False, width=390, scheme="dark").sign_in(SECRETARY)
    page = secretary.page
    plan(page, "Gefäßboard auf dem Telefon")
    page.locator("#wanted > summary").click()
    added(page, "Wer Dienst hat").click()
    page.locator("#need-3-first").select_option(index=1)
    page.locator("#need-3-is_optional").check()
    page.get_by_role("button", name="Zeiten zeigen").last.click()
    page.wait_for_url("**/times?**#board")
    expect(page.locator("#need-3-is_optional")).to_be_checked()
    expect(page.get_by_role("heading", name="Erfüllte Anforderungen")).to_contain_text("von 4")
    assert page.locator("main").evaluate("main => document.documentElement.scrollWidth") == 390
    _read_on_paper(page)


def _read_on_paper(page: Page) -> None:
    """Print what is folded and dark on the screen: across, the bands and the table of the day, light."""
    table = page.locator(".day-table")
    expect(table.locator("td").first).to_be_hidden()
    printed = page.pdf(prefer_css_page_size=True)
    sheets = re.findall(rb"/MediaBox\s*\[0 0 (\d+)[.\d]* (\d+)", printed)
    assert set(sheets) == {(b"841", b"594")} and len(sheets) <= MOST_SHEETS
    page.emulate_media(media="print")
    for cell in (table.locator("caption"), *table.locator("td").all()):
        expect(cell).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") in WHITE
    page.emulate_media(media="screen")
