"""The editor of a service by keyboard alone, its offers moving as one types; and the same without script."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

ADMIN = "uwe.falkner@wendstadt.example"


def _open(page: Page, name: str) -> None:
    page.goto("/services/")
    page.get_by_role("link", name=name).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/services/[0-9a-f-]{36}$"))


def test_the_offers_follow_what_is_typed_and_the_focus_stays(visit: Any) -> None:
    visitor = visit().sign_in(ADMIN)
    page = visitor.page
    _open(page, "Epileptologie")
    preview = page.locator("[data-live-preview]")
    expect(preview.locator("ol > li")).to_have_count(5)

    hours = page.get_by_label("Bevorzugte Zeiten")
    hours.focus()
    page.keyboard.type("15:00-16:00")
    expect(preview).to_contain_text("Bisher frühestens: Mi 25.11., 09:30, hiermit: Mi 25.11., 15:00")
    expect(page.get_by_role("status").last).to_contain_text("hiermit: Mi 25.11., 15:00")
    expect(hours).to_be_focused()

    page.get_by_role("button", name="Raum oder Gerät").focus()
    page.keyboard.press("Enter")
    room = page.locator("#need-1-first")
    expect(room).to_be_focused()
    room.select_option(label="Videoraum 1, Wendstadt")
    expect(preview.locator("ol > li").first).to_contain_text("Videoraum 1")
    page.locator("#need-1-up").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#need-0 > legend")).to_have_text("1. Raum oder Gerät")
    expect(page.locator("#need-0-down")).to_be_focused()
    expect(hours).to_have_value("15:00-16:00")
    visitor.assert_no_barriers()


def test_without_script_buttons_show_the_offers_and_keep_everything(visit: Any) -> None:
    page = visit(script=False).sign_in(ADMIN).page
    _open(page, "Epileptologie")
    page.get_by_label("Bevorzugte Zeiten").fill("15:00-16:00")
    page.get_by_role("button", name="Zeigen, was das ergibt").click()
    expect(page.locator("#preview")).to_contain_text("hiermit: Mi 25.11., 15:00")

    page.get_by_role("button", name="Genannte Personen").click()
    page.get_by_label("Nachname").fill("Oka")
    page.get_by_role("button", name="Personen suchen").click()
    expect(page.get_by_label(re.compile("Mira Okafor"))).to_be_checked()
    expect(page.get_by_label("Bevorzugte Zeiten")).to_have_value("15:00-16:00")

    page.get_by_role("button", name="Leistung speichern").first.click()
    expect(page.get_by_role("alert").or_(page.locator(".note-ok")).first).to_be_visible()
