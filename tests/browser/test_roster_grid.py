"""A secretary works on a month as in a spreadsheet: by keyboard, beside Excel and beside a colleague."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from werkzeug.serving import make_server

from confsched import clock
from confsched.create_app import create_app
from confsched.db import Database
from confsched.models.people import Person
from confsched.settings import load_settings
from tests.flows.processes import free_port
from tests.support import barriers
from tests.support.rosters import RosterWorld, build_department
from tests.world import NOW, PASSWORD

PASTE = "(text) => navigator.clipboard.writeText(text)"
AHREND, BRANDT, KOLB, OKAFOR, RIEGER = range(5)


@dataclass
class Ward:
    """Hold the running product with one department of eight people."""

    url: str
    roster: RosterWorld

    def month(self, month: str) -> str:
        """Return the address of a month; each test has one of its own."""
        return f"/rosters/{self.roster.department.id}/{month}"


@pytest.fixture(scope="module")
def ward(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    folder = tmp_path_factory.mktemp("ward")
    copy(_sqlite_template, folder / "confsched.sqlite")
    port = free_port()
    settings = load_settings({"CONFSCHED_DATA_DIR": str(folder), "PORT": str(port)})
    database = Database(settings.database_url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: NOW)
        with database.transaction() as session:
            roster = build_department(session)
            for actor in (roster.actor, roster.second_actor):
                session.get_one(Person, actor.person_id).language = "de"
        server = make_server("127.0.0.1", port, create_app(settings, database), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Ward(settings.public_url, roster)
        server.shutdown()
        thread.join()
        server.server_close()
    database.dispose()


class Desk:
    """Sit in front of one month."""

    def __init__(self, context: BrowserContext, ward: Ward) -> None:
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.page.on("console", lambda one: self.problems.append(one.text) if one.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self._ward = ward

    def open(self, month: str) -> Page:
        self.page.goto(self._ward.month(month))
        return self.page

    def cell(self, row: int, day: int) -> Locator:
        return self.page.locator(f".roster tbody tr:nth-child({row + 1}) td:nth-child({day + 1})")

    def go(self, row: int, day: int) -> None:
        self.cell(row, day).click()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def assert_texts(self, texts: dict[tuple[int, int], str]) -> None:
        for (row, day), text in texts.items():
            badge = self.cell(row, day).locator("b")
            if text:
                expect(badge).to_have_text(text)
            else:
                expect(badge).to_have_count(0)

    def assert_saved(self) -> None:
        """Wait until the server has answered everything."""
        expect(self.page.locator(".roster td[data-state]")).to_have_count(0)
        expect(self.page.locator("[data-bar=state]")).not_to_have_text("Speichert …")


class Office:
    """Keep one browser for each person and width, so that each signs in and loads scripts once."""

    def __init__(self, browser: Browser, ward: Ward) -> None:
        self._browser, self._ward = browser, ward
        self._contexts: dict[tuple[str, bool, int], BrowserContext] = {}

    def context(self, who: str, script: bool, width: int) -> BrowserContext:
        known = self._contexts.get((who, script, width))
        if known:
            return known
        signed_in = next((one for (name, *_), one in self._contexts.items() if name == who), None)
        context = self._contexts[who, script, width] = self._browser.new_context(
            base_url=self._ward.url,
            viewport={"width": width, "height": 900},
            color_scheme="light",
            java_script_enabled=script,
            locale="de-DE",
            timezone_id="Europe/Berlin",
            permissions=["clipboard-read", "clipboard-write"],
            storage_state=signed_in.storage_state() if signed_in else None,
        )
        if not signed_in:
            _sign_in(context, f"{who}@wendstadt.example")
        return context

    def close(self) -> None:
        for context in self._contexts.values():
            context.close()


def _sign_in(context: BrowserContext, email: str) -> None:
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("Dienstliche E-Mail").fill(email)
    page.get_by_label("Kennwort", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_url(lambda url: "/login" not in url, wait_until="commit")
    page.close()


@pytest.fixture(scope="module")
def office(browser: Browser, ward: Ward) -> Iterator[Office]:
    opened = Office(browser, ward)
    yield opened
    opened.close()


@pytest.fixture
def desk(office: Office, ward: Ward) -> Iterator[Any]:
    """Give a function that sits down as a secretary; a page that breaks fails the test."""
    desks: list[Desk] = []

    def sit_down(who: str = "petra.lindner", *, script: bool = True, width: int = 1280) -> Desk:
        desks.append(Desk(office.context(who, script, width), ward))
        return desks[-1]

    yield sit_down
    for one in desks:
        one.page.close()
    assert [
        p for one in desks for p in one.problems if "status of 4" not in p and "ERR_FAILED" not in p
    ] == []


def test_codes_are_typed_as_in_a_spreadsheet_and_saved_as_they_are_typed(desk: Any) -> None:
    own = desk()
    page = own.open("2027-01")
    own.go(AHREND, 4)
    own.press("t", "Enter", "n", "Tab", "r", "ArrowDown", "h")
    own.press("Escape", "ArrowLeft", "u", "Enter", "Home", "x", "Escape", "End", "t", "Enter")
    own.assert_saved()
    typed = {
        (AHREND, 4): "T",
        (BRANDT, 4): "N",
        (BRANDT, 5): "R",
        (KOLB, 4): "U",
        (KOLB, 5): "",
        (OKAFOR, 31): "T",
    }
    own.assert_texts(typed)
    own.press("F2", "/", "n", "Enter")
    own.assert_texts({(RIEGER, 31): "N"})
    own.assert_saved()
    page.reload()
    own.assert_texts(typed)
    expect(page.locator("#roster-state")).to_contain_text("6")
    expect(page.locator(".roster [tabindex='0']")).to_have_count(1)


def test_a_block_out_of_excel_is_pasted_undone_and_done_again(desk: Any) -> None:
    own = desk()
    page = own.open("2027-02")
    own.go(KOLB, 26)
    page.evaluate(PASTE, 'n\tR\tt\tT\r\n"u"\t\t"N\nR"\tT\r\n')
    own.press("Control+v")
    own.assert_saved()
    pasted = {(KOLB, 26): "N", (KOLB, 27): "R", (KOLB, 28): "T", (OKAFOR, 26): "U", (OKAFOR, 28): "N/R"}
    own.assert_texts(pasted)
    own.press("Control+z")
    own.assert_texts(dict.fromkeys(pasted, ""))
    own.press("Control+y")
    own.assert_texts(pasted)
    own.assert_saved()
    page.get_by_role("button", name=re.compile("Undo|Rückgängig")).click()
    own.assert_texts(dict.fromkeys(pasted, ""))
    assert page.url.endswith("/2027-02")


def test_what_lies_outside_of_the_month_is_left_out_with_a_sentence(desk: Any) -> None:
    own = desk()
    page = own.open("2027-03")
    own.go(AHREND, 31)
    page.evaluate(PASTE, "T\tT\tT")
    own.press("Control+v")
    own.assert_texts({(AHREND, 31): "T"})
    expect(page.locator("#roster-said")).to_contain_text("2")


def test_selections_are_filled_copied_cut_and_emptied(desk: Any) -> None:
    own = desk()
    page = own.open("2027-04")
    own.go(AHREND, 5)
    own.press("t", "Enter", "u", "Enter", "ArrowUp", "ArrowUp")
    own.press("Shift+ArrowRight", "Shift+ArrowRight", "Control+r")
    own.assert_texts({(AHREND, 6): "T", (AHREND, 7): "T"})
    own.press("ArrowDown", "ArrowDown", "Control+d")
    own.assert_texts({(KOLB, 7): ""})
    own.go(AHREND, 5)
    own.press("Shift+ArrowRight", "Shift+ArrowDown", "Control+c")
    assert page.evaluate("navigator.clipboard.readText()").replace("\r\n", "\n") == "T\tT\nU\t"
    own.go(AHREND, 9)
    own.press("Control+v")
    own.assert_texts({(AHREND, 9): "T", (AHREND, 10): "T", (BRANDT, 9): "U"})
    own.press("Control+x")
    own.assert_texts({(AHREND, 9): "", (BRANDT, 9): ""})
    own.go(AHREND, 5)
    own.press("Delete")
    own.assert_texts({(AHREND, 5): ""})
    own.assert_saved()


def test_a_mouse_selects_by_dragging_and_fills_by_the_handle(desk: Any) -> None:
    own = desk()
    page = own.open("2027-11")
    own.go(AHREND, 5)
    own.press("t", "Enter", "n", "Enter")
    own.cell(AHREND, 5).hover()
    page.mouse.down()
    own.cell(BRANDT, 5).hover()
    page.mouse.up()
    expect(page.locator(".roster [aria-selected=true]")).to_have_count(2)
    page.locator(".fill-handle").hover()
    page.mouse.down()
    own.cell(BRANDT, 9).hover()
    page.mouse.up()
    own.assert_texts({(AHREND, 6): "T", (BRANDT, 9): "N", (KOLB, 5): "", (AHREND, 10): ""})
    own.assert_saved()
    own.cell(KOLB, 9).dblclick()
    own.press("u", "Enter")
    own.assert_texts({(KOLB, 9): "U"})
    own.assert_saved()


def test_a_reason_is_given_from_the_bar(desk: Any) -> None:
    own = desk()
    page = own.open("2027-12")
    own.go(AHREND, 6)
    own.press("n", "Tab", "t", "Enter")
    own.assert_saved()
    own.go(AHREND, 7)
    page.locator("[data-bar=reason]").click()
    page.locator("#reason-text").fill("Auf eigenen Wunsch")
    page.locator("#reason-text").press("Enter")
    expect(page.locator("#warnings")).to_contain_text("Auf eigenen Wunsch")


def test_f8_goes_from_one_gap_or_warning_to_the_next(desk: Any) -> None:
    own = desk()
    page = own.open("2027-05")
    own.go(AHREND, 4)
    own.press("n", "Tab", "t", "Enter")  # at work the morning after the night
    own.assert_saved()
    expect(own.cell(AHREND, 5)).to_have_class(re.compile("wrn"))
    own.press("Control+Home", "F8")
    expect(own.cell(AHREND, 5)).to_be_focused()
    expect(page.locator("[data-bar=warning]")).to_be_visible()
    expect(page.locator("[data-bar=reason]")).to_be_visible()
    own.press("F8")
    expect(page.locator(".roster tfoot td:focus")).to_have_class(re.compile("gap"))
    expect(page.locator("[data-bar=wrong]")).to_be_visible()
    own.press("Shift+F8")
    expect(own.cell(AHREND, 5)).to_be_focused()
    own.press("?")
    expect(page.locator("#roster-keys")).to_be_visible()
    barriers.assert_no_barriers(page)
    own.press("Escape")
    expect(page.locator("#roster-keys")).to_be_hidden()


def test_two_editors_never_overwrite_each_other(desk: Any) -> None:
    """The second sees what stands there now, keeps what they typed, and decides."""
    mine, theirs = desk(), desk("lara.brandis")
    mine.open("2027-06"), theirs.open("2027-06")
    theirs.go(AHREND, 8)
    theirs.press("r", "Enter")
    theirs.assert_saved()
    mine.go(AHREND, 8)
    mine.press("n", "Enter", "t", "Enter")
    expect(mine.cell(AHREND, 8)).to_have_attribute("data-state", "conflict")
    mine.assert_texts({(AHREND, 8): "R", (BRANDT, 8): "T"})
    mine.go(AHREND, 8)
    expect(mine.page.locator("[data-bar=wrong]")).to_contain_text("Lara Brandis")
    mine.page.locator("[data-bar=mine]").click()
    mine.assert_texts({(AHREND, 8): "N"})
    mine.assert_saved()
    theirs.go(AHREND, 8)
    theirs.press("u", "Enter")
    theirs.go(AHREND, 8)
    theirs.page.locator("[data-bar=theirs]").click()
    theirs.assert_texts({(AHREND, 8): "N"})
    theirs.assert_saved()
    theirs.page.reload()
    theirs.assert_texts({(AHREND, 8): "N", (BRANDT, 8): "T"})


def test_what_the_network_loses_stays_marked_and_is_sent_again(desk: Any) -> None:
    own = desk()
    page = own.open("2027-07")
    page.route("**/cells", lambda route: route.abort())
    own.go(AHREND, 5)
    own.press("n", "Enter", "r", "Enter")
    expect(page.locator("[data-bar=again]")).to_be_visible()
    expect(own.cell(AHREND, 5)).to_have_attribute("data-state", "new")
    expect(own.cell(BRANDT, 5)).to_have_attribute("data-state", "new")
    page.unroute("**/cells")
    page.locator("[data-bar=again]").click()
    own.assert_saved()
    page.reload()
    own.assert_texts({(AHREND, 5): "N", (BRANDT, 5): "R"})


def test_a_month_is_published_read_by_colleagues_and_brought_back(desk: Any) -> None:
    own = desk()
    page = own.open("2027-08")
    own.go(AHREND, 2)
    own.press("n", "Enter", "r", "Enter")
    page.locator("#publish button").click()  # before the last cell has been answered
    page.get_by_role("button", name="Trotzdem veröffentlichen").click()
    expect(page.locator(".note-ok")).to_be_visible()
    own.assert_texts({(AHREND, 2): "N", (BRANDT, 2): "R"})
    expect(page.locator(".roster .chg")).to_have_count(0)
    own.go(AHREND, 2)
    own.press("t", "Enter")
    expect(own.cell(AHREND, 2)).to_have_class(re.compile("chg"))
    own.go(AHREND, 2)
    expect(page.locator("[data-bar=published]")).to_contain_text("N")

    colleague = desk("kim.rieger")
    colleague.open("2027-08")
    colleague.assert_texts({(AHREND, 2): "N", (BRANDT, 2): "R"})
    expect(colleague.page.locator("#publish")).to_have_count(0)
    colleague.go(AHREND, 2)
    colleague.press("t", "Enter")
    colleague.assert_texts({(AHREND, 2): "N"})

    page.locator("#publish button").click()
    page.get_by_role("button", name="Trotzdem veröffentlichen").click()
    own.assert_texts({(AHREND, 2): "T"})
    page.locator("#history summary").click()
    page.locator("#history form button").first.click()
    own.assert_texts({(AHREND, 2): "N"})


def test_without_script_each_day_is_a_form_that_keeps_what_was_typed(desk: Any) -> None:
    own, other = desk(script=False), desk("lara.brandis")
    page = own.open("2027-09")
    page.locator(".roster thead a").nth(9).click()
    page.get_by_label("Dr. Kim Ahrend").fill("n")
    page.get_by_label("Dr. Kim Kolb").fill("t")

    other.open("2027-09")
    other.go(AHREND, 10)
    other.press("r", "Enter")
    other.assert_saved()

    page.locator("main form .btn-primary").click()
    expect(page.locator("#errors")).to_contain_text("Lara Brandis")
    expect(page.get_by_label("Dr. Kim Ahrend")).to_have_value("n")
    expect(page.get_by_label("Dr. Kim Kolb")).to_have_value("T")
    page.locator("main form .btn-primary").click()
    own.assert_texts({(AHREND, 10): "N", (KOLB, 10): "T"})


def test_the_pages_of_a_month_have_no_barriers(desk: Any, ward: Ward) -> None:
    own = desk()
    page = own.open("2027-10?all=changes")
    own.go(AHREND, 4)
    page.evaluate(PASTE, "N\tT\tX\tN/R\tH\tU\r\nR\tR\tX\tN\tH\tF")
    own.press("Control+v")
    own.assert_saved()
    barriers.assert_no_barriers_in_either_scheme(page)
    for path in (f"{ward.month('2027-10')}?day=2027-10-05", ward.month("codes")):
        page.goto(path)
        barriers.assert_no_barriers_in_either_scheme(page)


def test_on_a_phone_the_table_scrolls_in_its_frame_and_names_stay(desk: Any) -> None:
    own = desk(width=390)
    page = own.open("2027-10")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    own.cell(AHREND, 28).click()
    page.locator("#cell-input").fill("t")
    page.locator("#cell-input").press("Enter")
    own.assert_texts({(AHREND, 28): "T"})
    own.assert_saved()
    box = page.locator(".roster tbody th").first.bounding_box()
    assert box is not None and box["x"] >= 0
