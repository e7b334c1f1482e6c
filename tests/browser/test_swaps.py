"""A duty changes hands in the browser, with and without script; an absence shows what it breaks first."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from confsched.models.accounts import Account
from confsched.models.people import Person
from confsched.models.rosters import Duty
from confsched.services import accounts
from confsched.services.passwords import TRIFLING_COST
from confsched.services.who_is_on import who_is_on
from tests.browser.conftest import PASSWORD, Hospital, Visitor

GIVER = "mira.okafor@wendstadt.example"
SECRETARY = "petra.lindholm@wendstadt.example"
WITH_AND_WITHOUT = pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])


def check(visitor: Visitor, script: bool) -> None:
    """Look for barriers; the machine that looks is a script itself."""
    if script:
        visitor.assert_no_barriers()


def press(page: Page, move: str) -> None:
    page.locator(f"form[action$='/{move}'] button").click()


def first_free_duty(page: Page) -> str:
    """Open the form for the own duty that comes last, and return its id."""
    page.goto("/swaps/")
    page.locator("main a[href*='/swaps/new']").last.press("Enter")
    page.wait_for_url("**/swaps/new**")
    return str(page.locator("[name=duty_id]").input_value())


def let_sign_in(hospital: Hospital, person_id: str) -> Person:
    """Give a colleague an account, unless the test before has."""
    with hospital.database.transaction() as session:
        person = session.get_one(Person, uuid.UUID(person_id))
        known = select(Account).where(Account.person_id == person.id)
        if session.scalars(known).first() is None:
            accounts.create_account(session, person, PASSWORD, now=hospital.clock.now(), cost=TRIFLING_COST)
        return person


def start_of(hospital: Hospital, duty_id: str) -> tuple[uuid.UUID, datetime]:
    with hospital.database.read() as session:
        duty = session.get_one(Duty, uuid.UUID(duty_id))
        return duty.line_id, duty.starts_at


@WITH_AND_WITHOUT
def test_a_duty_is_asked_for_taken_and_approved(visit: Any, hospital: Hospital, script: bool) -> None:
    giver = visit(script=script).sign_in(GIVER)
    line_id, starts_at = start_of(hospital, first_free_duty(giver.page))
    colleague = giver.page.locator("#to_person_id option").nth(1).get_attribute("value") or ""
    giver.page.locator("#to_person_id").select_option(colleague)
    giver.page.locator("button[value=check]").click()
    expect(giver.page.locator("#follows")).to_be_visible()
    expect(giver.page.locator("#to_person_id")).to_have_value(colleague)
    giver.page.locator("button[value=ask]").click()
    giver.page.wait_for_url(lambda url: url.count("-") == 4)
    address = giver.page.url
    check(giver, script)

    taker = let_sign_in(hospital, colleague)
    visitor = visit(script=script).sign_in(taker.email)
    visitor.page.goto("/")
    visitor.page.locator(f"main a[href='{address.removeprefix(hospital.url)}']").first.click()
    check(visitor, script)
    press(visitor.page, "acceptance")

    secretary = visit(script=script).sign_in(SECRETARY)
    secretary.page.goto(address)
    press(secretary.page, "approval")
    expect(secretary.page.locator(".note-ok")).to_be_visible()
    with hospital.database.read() as session:
        (on,) = who_is_on(session, starts_at, line_id=line_id)
    assert on.name == taker.name


@WITH_AND_WITHOUT
def test_an_absence_shows_what_it_breaks_before_it_is_entered(visit: Any, script: bool) -> None:
    visitor = visit(script=script).sign_in(GIVER)
    page = visitor.page
    page.goto("/absences/")
    day = "2027-01-05" if script else "2026-12-28"
    page.locator("#from_day").fill(day)
    page.locator("#until_day").fill(day)
    page.locator("button[value=check]").press("Enter")
    expect(page.locator("#breaks")).to_be_visible()
    expect(page.locator("[name=ask]")).to_be_checked()
    check(visitor, script)
    page.locator("button[value=enter]").press("Enter")
    expect(page.locator("main a[href^='/swaps/']").last).to_be_visible()
    check(visitor, script)
