"""The main job as its people do it: a rural clinician books, a consultant finds it, a secretary moves it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Hospital, Visitor

REQUESTER = "julia.marquardt@moorfeld.example"
CONSULTANT = "mira.okafor@wendstadt.example"
SECRETARY = "petra.lindholm@wendstadt.example"
WITH_AND_WITHOUT = pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])


def ask(visitor: Visitor, case_ref: str, service: str = "Epileptologie") -> None:
    page = visitor.page
    page.goto("/consults/")
    page.get_by_role("link", name="Konsil-Termin buchen").first.click()
    offered = page.get_by_label("Leistung")
    offered.select_option(offered.locator("option", has_text=service).first.get_attribute("value"))
    page.get_by_label("Fallreferenz").fill(case_ref)
    page.get_by_label("Ihre Frage").fill("Zwei Anfälle unter Levetiracetam, Umstellung sinnvoll?")
    page.get_by_label("Antwort nötig bis").fill("2026-12-04")
    page.get_by_role("button", name="Anfrage senden").click()


def hold_first_offer(visitor: Visitor) -> str:
    offer = visitor.page.locator("button.offer").first
    hours = offer.locator("b").inner_text()
    offer.click()
    expect(visitor.page.get_by_role("heading", name="Für Sie gehalten")).to_be_visible()
    return hours


@WITH_AND_WITHOUT
def test_a_rural_clinician_books_a_university_specialist(visit: Any, script: bool) -> None:
    requester = visit(script=script).sign_in_by_form(REQUESTER)
    ask(requester, "FK-7Q2M" if script else "FK-8R3N")
    hours = hold_first_offer(requester)
    requester.page.get_by_role("button", name="Diesen Termin buchen").click()
    expect(requester.page.get_by_text("Gebucht.", exact=False).first).to_be_visible()
    expect(requester.page.get_by_role("heading", level=1)).to_contain_text("Epileptologie")
    expect(requester.page.locator(".page-head")).to_contain_text(hours)


def test_both_sides_get_an_invitation_that_says_nothing_about_the_case(
    visit: Any, hospital: Hospital
) -> None:
    hospital.clock.pass_by(timedelta(minutes=1))  # so that its mails are the newest
    requester = visit().sign_in(REQUESTER)
    ask(requester, "FK-9S4P")
    hold_first_offer(requester)
    requester.page.get_by_role("button", name="Diesen Termin buchen").click()
    hospital.work()
    secretary = visit().sign_in(SECRETARY)
    page = secretary.page
    requester.page.goto("/deliveries/")
    requester.page.get_by_role("link", name=re.compile("Einladung")).first.click()
    text = requester.page.locator("main").inner_text()
    assert "METHOD:REQUEST" in text and "FK-9S4P" in text
    assert "Levetiracetam" not in text
    page.goto("/deliveries/")
    expect(page.locator("main")).to_contain_text("hier abgelegt")


def test_a_consultant_sees_the_question_and_a_stranger_does_not(visit: Any) -> None:
    requester = visit().sign_in(REQUESTER)
    ask(requester, "FK-2T5Q", service="Kardiologie")
    hold_first_offer(requester)
    requester.page.get_by_role("button", name="Diesen Termin buchen").click()
    requester.page.wait_for_url("**/bookings/**")
    address = requester.page.url.split("?")[0]
    expect(requester.page.locator("main")).to_contain_text("Levetiracetam")
    stranger = visit().sign_in("thea.lohmann@elmshagen.example")
    answer = stranger.page.goto(address)
    assert answer is not None and answer.status == 404
    expect(stranger.page.locator("main")).not_to_contain_text("Kardiologie")


def test_a_meeting_is_moved_and_called_off_by_those_who_take_part(visit: Any) -> None:
    requester = visit().sign_in(REQUESTER)
    ask(requester, "FK-3U6R")
    hold_first_offer(requester)
    page = requester.page
    page.get_by_role("button", name="Diesen Termin buchen").click()
    page.wait_for_url("**/bookings/**")
    before = page.locator(".page-head p").inner_text()
    page.get_by_role("link", name="Andere Zeit finden").click()
    page.locator("button.offer").last.click()
    page.wait_for_url(re.compile(r"/bookings/[0-9a-f-]+$"))
    assert page.locator(".page-head p").inner_text() != before
    page.get_by_label("Grund (alle Beteiligten lesen ihn hier)").fill("Patient verlegt")
    page.get_by_role("button", name="Absagen und allen mitteilen").click()
    expect(page.locator("main")).to_contain_text("abgesagt")


def test_a_hold_that_ran_out_loses_nothing_that_was_typed(visit: Any, hospital: Hospital) -> None:
    requester = visit().sign_in(REQUESTER)
    ask(requester, "FK-4V7S")
    hold_first_offer(requester)
    hospital.clock.pass_by(timedelta(minutes=11))
    requester.page.get_by_role("button", name="Diesen Termin buchen").click()
    main = requester.page.locator("main")
    expect(main).to_contain_text("abgelaufen")
    expect(main).to_contain_text("FK-4V7S")
    expect(main).to_contain_text("Levetiracetam")
    expect(requester.page.locator("button.offer").first).to_be_visible()


def test_a_patients_name_is_refused_at_the_field_and_stays_there_to_be_mended(visit: Any) -> None:
    requester = visit().sign_in(REQUESTER)
    page = requester.page
    page.goto("/consults/new")
    page.get_by_label("Fallreferenz").fill("FK-5W8T")
    page.get_by_label("Ihre Frage").fill("Muster, Hans *12.3.51, Anfall")
    page.get_by_label("Antwort nötig bis").fill("2026-12-04")
    page.get_by_role("button", name="Anfrage senden").click()
    expect(page.get_by_label("Ihre Frage")).to_have_value("Muster, Hans *12.3.51, Anfall")
    expect(page.get_by_label("Ihre Frage")).to_have_attribute("aria-invalid", "true")
    requester.assert_no_barriers()


def test_the_whole_path_works_with_the_keyboard_alone(visit: Any) -> None:
    requester = visit().sign_in(REQUESTER)
    page = requester.page
    page.goto("/consults/new")
    page.get_by_label("Leistung").focus()
    # Chromium orders the parts of a date by its own language, which is English here.
    for text in ("", "FK-6X9U", "Verlaufskontrolle, weiter wie bisher?", "12042026"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Anfrage senden").focus()
    page.keyboard.press("Enter")
    expect(page.locator("button.offer").first).to_be_visible()
    page.locator("button.offer").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Für Sie gehalten")).to_be_visible()
    page.get_by_role("button", name="Diesen Termin buchen").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bookings/**")
