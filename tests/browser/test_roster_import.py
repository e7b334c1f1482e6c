"""A secretary brings the month from Excel and publishes it, with the keyboard alone and nobody to help."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from playwright.sync_api import FileChooser, Locator, Page, TimeoutError
from sqlalchemy import select

from confsched.demo.offers import NEUROLOGY
from confsched.models.duty_codes import DutyCodeRow
from confsched.models.network import Department, Site
from confsched.models.people import Membership, Person
from confsched.services.duty_codes import StaffMember, list_codes, staff_of
from tests.browser.conftest import Hospital, Visitor
from tests.formats.roster_books import workbook

PETRA = "petra.lindholm@wendstadt.example"
FEBRUARY = date(2029, 2, 1)
FEBRUARY_DAYS = 28
MOST_TABS = 90
MOST_PRESSES = 5
PRESS_PATIENCE = 3_000  # milliseconds
FIVE_MINUTES = 300
STEPS_OF_TEN = 10


def _department(hospital: Hospital) -> tuple[Department, list[StaffMember], list[DutyCodeRow]]:
    """Return the neurologists of the secretary's house, with the legend of their department."""
    with hospital.database.read() as session:
        houses = select(Membership.organisation_id).join(Person, Person.id == Membership.person_id)
        of_house = Site.organisation_id.in_(houses.where(Person.email == PETRA))
        query = select(Department).join(Site).where(of_house, Department.name == NEUROLOGY)
        department = session.scalars(query).one()
        return department, staff_of(session, department, FEBRUARY), list_codes(session, department)


def _sheet(staff: list[StaffMember], code: str) -> bytes:
    """Return the month as a workbook: a night for each day, one name misspelt, one of nobody."""
    names = [f"{one.title} {one.family_name}, {one.given_name}".strip() for one in staff]
    names[0] = f"{staff[0].family_name}x"
    cells = [["" for _ in range(FEBRUARY_DAYS)] for _ in names]
    for day in range(FEBRUARY_DAYS):
        cells[(day // 2) % len(names)][day] = code
    rows: list[list[object]] = [
        ["Dienstplan Neurologie Februar 2029"],
        [],
        ["Name", *range(1, FEBRUARY_DAYS + 1)],
    ]
    rows += [[name, *entries] for name, entries in zip(names, cells, strict=True)]
    return workbook([*rows, ["Springer", code], [], ["gez. Brandis"]], merged=("A1:H1",), name="Februar")


class Keyboard:
    """Work on a page without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> None:
        """Press Tab until the element has the focus."""
        for _ in range(MOST_TABS):
            if target.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way by keyboard to {target}")

    def press(self, target: Locator) -> None:
        self.reach(target)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def open_files(self) -> FileChooser:
        """Press Enter on the file field, again where a busy browser has missed it."""
        for _ in range(MOST_PRESSES):
            try:
                with self.page.expect_file_chooser(timeout=PRESS_PATIENCE) as chooser:
                    self.page.keyboard.press("Enter")
            except TimeoutError:
                continue
            return chooser.value
        raise AssertionError("no choice of files opens")

    def choose(self, target: Locator, value: str) -> None:
        """Go to an option of a list by the arrows."""
        self.reach(target)
        here, there = target.evaluate(
            "(one, value) => [one.selectedIndex, [...one.options].findIndex(each => each.value === value)]",
            value,
        )
        for _ in range(abs(there - here)):
            self.page.keyboard.press("ArrowDown" if there > here else "ArrowUp")
        assert target.input_value() == value


def test_a_month_from_excel_is_published_by_keyboard_in_far_less_than_five_minutes(
    visit: Any, hospital: Hospital, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    department, staff, codes = _department(hospital)
    night = next(code.code for code in codes if code.line_id and len(code.hours) > 5)
    file = tmp_path / "NEU_Feb29.xlsx"
    file.write_bytes(_sheet(staff, night))
    visitor: Visitor = visit().sign_in(PETRA)
    page, keys = visitor.page, Keyboard(visitor.page)
    page.goto(f"/rosters/{department.id}/2029-02")
    began = time.perf_counter()

    keys.press(page.locator('a[href$="/import"]'))
    visitor.assert_no_barriers()
    keys.reach(page.locator("#file"))
    keys.open_files().set_files(file)
    keys.press(page.locator('form[enctype] button[type="submit"]'))

    page.wait_for_url("**/columns")
    visitor.assert_no_barriers()
    assert page.locator("#name-0").input_value() == str(staff[0].person_id), "the likely one is suggested"
    keys.choose(page.locator("#name-1"), "-")
    keys.press(page.locator('form:has([name="names_seen"]) button[type="submit"]'))

    page.wait_for_url(lambda url: "/imports/" in url and not url.endswith("/columns"))
    visitor.assert_no_barriers()
    assert page.locator(".sums li").nth(1).locator("b").inner_text() == str(FEBRUARY_DAYS)
    keys.press(page.locator('form[action$="/takeover"] button'))

    page.wait_for_url("**/2029-02")
    visitor.assert_no_barriers()
    keys.press(page.locator("#publish button"))
    page.wait_for_url("**/publication")
    visitor.assert_no_barriers()
    keys.press(page.locator('form[action$="/publication"] button'))
    page.wait_for_url("**/2029-02")
    took = time.perf_counter() - began

    assert page.locator(".tag-ok").first.is_visible()
    assert page.locator('[role="status"]', has_text=str(FEBRUARY_DAYS)).first.is_visible()
    record_property("figure", f"a month from an Excel file to published by keyboard: {took:.1f} s")
    assert took < FIVE_MINUTES / STEPS_OF_TEN


def test_it_works_without_script_and_on_a_phone(visit: Any, hospital: Hospital) -> None:
    department, staff, codes = _department(hospital)
    line = "\t".join(["Name", *map(str, range(1, FEBRUARY_DAYS + 1))])
    visitor: Visitor = visit(script=False, width=390).sign_in(PETRA)
    page = visitor.page
    page.goto(f"/rosters/{department.id}/2029-03/import")
    page.locator("#text").fill(
        f"{line}\t29\t30\t31\n{staff[1].family_name}\t{codes[0].code}\nNiemand\t{codes[0].code}\n"
    )
    page.locator('form[enctype] button[type="submit"]').click()
    page.locator('form:has([name="names_seen"]) button[type="submit"]').click()

    assert page.locator("#open select").count() == 1
    page.locator('form[action$="/discard"] button').click()
    assert page.url.endswith("/2029-03")
