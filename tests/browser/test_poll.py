"""A coordinator finds a date with a guest who has no account, and keeps who came: without barriers."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect
from sqlalchemy import select

from confsched.domain.signed_links import LinkPurpose
from confsched.mail.signed_links import signed
from confsched.models.people import Person
from confsched.models.polls import PollVoter
from tests.browser.conftest import Hospital

COORDINATOR = "jana.reuter@moorheide.example"
GUEST = "ines.holt@kasse-west.example"
TITLE = "Runder Tisch Notfallversorgung"


def link_of(hospital: Hospital) -> str:
    """Return the link that the guest gets by mail."""
    with hospital.database.read() as session:
        query = (
            select(PollVoter.id).join(Person, Person.id == PollVoter.person_id).where(Person.email == GUEST)
        )
        voter_id = session.scalars(query).one()
    return "/polls/vote/" + signed(LinkPurpose.VOTE, voter_id, hospital.app.config["SECRET_KEY"])


def test_from_a_poll_to_the_attendance_list(visit: Any, hospital: Hospital) -> None:
    coordinator = visit().sign_in(COORDINATOR)
    page = coordinator.page
    page.goto("/guests/")
    page.get_by_label("Name", exact=True).fill("Ines Holt")
    page.get_by_label("E-Mail-Adresse").fill(GUEST)
    page.get_by_role("button", name="Gast aufnehmen").click()

    page.goto("/polls/")
    page.get_by_role("link", name="Umfrage beginnen").first.click()
    page.get_by_label("Titel").fill(TITLE)
    page.get_by_label("Antworten bis").fill("2026-12-02")
    page.get_by_role("button", name="Weiter zu Zeiten und Personen").click()
    page.get_by_role("button", name="Hinzufügen").first.click()
    page.locator("input[name=day]").fill("2026-12-15")
    page.locator("input[name=at]").fill("16:00")
    page.get_by_role("button", name="Diese Zeit hinzufügen").click()
    page.get_by_label(re.compile("Ines Holt")).check()
    page.get_by_role("button", name="Diese Gäste fragen").click()
    coordinator.assert_no_barriers_in_either_scheme()
    page.get_by_role("button", name="Alle fragen").click()
    expect(page.locator("main")).to_contain_text("0 von 2 haben geantwortet")

    guest = visit()
    guest.page.goto(link_of(hospital))
    expect(guest.page.get_by_role("heading", level=1)).to_contain_text(TITLE)
    for answer, group in zip(("nein", "ja"), guest.page.get_by_role("group").all(), strict=True):
        group.get_by_text(answer, exact=True).click()
    guest.assert_no_barriers_in_either_scheme()
    guest.page.get_by_role("button", name="Antworten senden").click()
    expect(guest.page.locator("main")).to_contain_text("Ihre Antworten sind gespeichert")

    page.reload()
    expect(page.locator("main")).to_contain_text("1 von 2 haben geantwortet")
    coordinator.assert_no_barriers_in_either_scheme()
    page.get_by_role("button", name="Diese Zeit wählen und einladen").first.click()
    page.wait_for_url("**/conferences/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE)
    page.get_by_role("link", name="Gäste und Unterlagen").click()
    row = page.locator("section", has_text="Anwesenheit").locator("li", has_text="Ines Holt")
    row.get_by_role("button", name=re.compile("vor Ort")).click()
    expect(row).to_contain_text("vor Ort")
    assert coordinator.problems == [] and guest.problems == []
