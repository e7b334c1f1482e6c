"""A secretary brings several hospitals to one table; a consultant answers and keeps a calendar."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Hospital
from tests.browser.test_main_job import CONSULTANT, SECRETARY, WITH_AND_WITHOUT


def plan(page: Page, title: str) -> None:
    page.goto("/conferences/")
    page.get_by_role("link", name="Konferenz planen").first.click()
    page.get_by_label("Titel").fill(title)
    page.get_by_label("Suchen bis").fill("2026-12-04")
    for row, discipline in enumerate(("Gefäßchirurgie", "Kardiologie")):
        page.locator(f"select[name=discipline_{row}]").select_option(label=discipline)
    page.get_by_label("Nachname").fill("Okafor")
    page.get_by_role("button", name="Personen suchen").click()
    page.get_by_label(re.compile("Mira Okafor")).check()
    page.get_by_role("button", name="Zeit finden").click()
    page.wait_for_url("**/times")


@WITH_AND_WITHOUT
def test_a_secretary_plans_a_conference_of_several_hospitals_once(
    visit: Any, hospital: Hospital, script: bool
) -> None:
    secretary = visit(script=script).sign_in(SECRETARY)
    page = secretary.page
    title = "Gefäßboard mit Skript" if script else "Gefäßboard ohne Skript"
    plan(page, title)
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    if script:
        secretary.assert_no_barriers()
    page.get_by_role("button", name=re.compile("einladen$")).first.click()
    page.wait_for_url("**/bookings/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    expect(page.locator("main")).to_contain_text("Dr. Mira Okafor")
    hospital.work()

    consultant = visit(script=script).sign_in(CONSULTANT)
    consultant.page.goto("/")
    consultant.page.get_by_role("link", name=re.compile(title)).first.click()
    consultant.page.get_by_role("button", name="Ich komme").click()
    expect(consultant.page.locator("main")).to_contain_text("zugesagt")


def test_a_patients_name_in_a_title_is_refused_and_nothing_typed_is_lost(visit: Any) -> None:
    secretary = visit().sign_in(SECRETARY)
    page = secretary.page
    page.goto("/conferences/new")
    page.get_by_label("Titel").fill("Fall Muster, Hans *12.3.51")
    page.locator("select[name=discipline_0]").select_option(label="Kardiologie")
    page.get_by_role("button", name="Zeit finden").click()
    expect(page.get_by_label("Titel")).to_have_value("Fall Muster, Hans *12.3.51")
    expect(page.get_by_label("Titel")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("select[name=discipline_0]")).to_have_value("Kardiologie")
    secretary.assert_no_barriers()


@WITH_AND_WITHOUT
def test_a_consultant_takes_the_meetings_into_their_own_calendar(
    visit: Any, hospital: Hospital, script: bool
) -> None:
    consultant = visit(script=script).sign_in(CONSULTANT)
    page = consultant.page
    page.goto("/feeds/")
    page.get_by_label("Programm oder Gerät").fill(f"Outlook {'mit' if script else 'ohne'} Skript")
    page.get_by_role("button", name="Adresse anlegen").click()
    address = page.locator("input[readonly]").first.input_value()
    assert address.startswith(hospital.url) and address.endswith(".ics")
    answer = page.request.get(address)
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/calendar")
    assert "BEGIN:VEVENT" in answer.text() and "ATTENDEE" not in answer.text()
    if script:
        consultant.assert_no_barriers()


@pytest.mark.parametrize("file", ["good", "hostile"])
def test_a_busy_calendar_out_of_a_file_counts_or_is_refused_with_a_sentence(visit: Any, file: str) -> None:
    rule = "RRULE:FREQ=DAILY;COUNT=5" if file == "good" else "RRULE:FREQ=SECONDLY;COUNT=100000000"
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", "UID:1",
        "DTSTAMP:20261101T000000Z", "DTSTART:20261126T080000Z", "DTEND:20261126T090000Z", rule,
        "END:VEVENT", "END:VCALENDAR", "",
    )  # fmt: skip
    consultant = visit().sign_in(CONSULTANT)
    page = consultant.page
    page.goto("/busy-calendars/")
    upload = {"name": "praxis.ics", "mimeType": "text/calendar", "buffer": "\r\n".join(lines).encode()}
    page.get_by_label("Name").last.fill("Praxis")
    page.locator("input[type=file]").last.set_input_files([upload])
    page.get_by_role("button", name="Datei hinzufügen").click()
    wanted = "aktuell" if file == "good" else "wiederholt sich"
    expect(page.locator("main")).to_contain_text(wanted)
    consultant.assert_no_barriers()
