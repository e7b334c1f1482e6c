"""A request at three in the morning: keyboard only, on a phone, in the dark, without script, signed out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Hospital

REQUESTER = "julia.marquardt@moorfeld.example"
LIVE = re.compile(r"/urgent/[0-9a-f-]{36}$")
MAX_STEPS = 40


def tab_to(page: Page, name: str) -> None:
    """Press the tabulator until the field of this name, or the button of these words, has the focus."""
    for _ in range(MAX_STEPS):
        page.keyboard.press("Tab")
        focused = page.evaluate("[document.activeElement.name, document.activeElement.innerText.trim()]")
        if name in focused:
            return
    raise AssertionError(f"no way to {name} by keyboard")


def test_a_stroke_consult_is_requested_by_keyboard_alone(visit: Any) -> None:
    visitor = visit(scheme="dark", width=390).sign_in(REQUESTER)
    page = visitor.page
    page.goto("/")
    page.get_by_role("link", name="Schlaganfall-Konsil jetzt").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Schlaganfall-Konsil anfordern")
    visitor.assert_no_barriers_in_either_scheme()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name, typed in (("callback_phone", "214"), ("last_known_well", "01:40"), ("nihss", "11")):
        tab_to(page, name)
        page.keyboard.press("Control+A")
        page.keyboard.type(typed)
    tab_to(page, "lvo")
    page.keyboard.press("Space")
    tab_to(page, "Konsil anfordern")
    page.keyboard.press("Enter")
    page.wait_for_url(LIVE)
    page.goto(f"{page.url}/facts")
    visitor.assert_no_barriers_in_either_scheme()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_label("NIHSS gesamt")).to_have_value("11")
    expect(page.get_by_label("Ja", exact=True)).to_be_checked()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_session_that_ended_meanwhile_costs_a_password_and_nothing_else(
    visit: Any, hospital: Hospital, script: bool
) -> None:
    visitor = visit(script=script, width=390).sign_in(REQUESTER)
    page = visitor.page
    page.goto("/urgent/new?kind=teleradiology")
    page.get_by_label("CT", exact=True).check()
    page.get_by_label("Kopf").check()
    page.get_by_label("Hals").check()
    page.locator("input[name=urgency][value=emergency]").check()
    page.get_by_label("Telefon MTR oder Arzt").fill("Pforte")
    hospital.clock.pass_by(timedelta(minutes=31))
    page.get_by_role("button", name="Konsil anfordern").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Noch nicht gesendet")
    if script:
        visitor.assert_no_barriers_in_either_scheme()
    page.get_by_label("Dienstliche E-Mail").fill(REQUESTER)
    page.get_by_label("Kennwort", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Anmelden und Konsil anfordern").click()
    page.wait_for_url(LIVE)
    page.goto(f"{page.url}/facts")
    expect(page.get_by_label("Telefon MTR oder Arzt")).to_have_value("Pforte")
    expect(page.get_by_label("Hals")).to_be_checked()
    expect(page.locator("main")).to_contain_text("Unklar, bleibt wie eingegeben.")
