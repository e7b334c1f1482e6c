"""A stroke consult with two browsers: asked at the spoke, taken, seen, decided and reported at the hub."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from confsched.models.accounts import Account
from confsched.models.people import Person
from confsched.models.urgent import Alert
from confsched.services import accounts
from confsched.services.passwords import TRIFLING_COST
from tests.browser.conftest import PASSWORD, Hospital, Visitor
from tests.browser.test_urgent_request import LIVE, REQUESTER, tab_to

NARROW = 320


def _look(visitor: Visitor) -> None:
    """Look for barriers in either scheme, and on a phone also for what would scroll sideways."""
    visitor.assert_no_barriers_in_either_scheme()
    visitor.page.set_viewport_size({"width": NARROW, "height": 900})
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= NARROW, visitor.page.url
    visitor.assert_no_barriers()
    visitor.page.set_viewport_size({"width": 1280, "height": 900})


def _request(page: Page) -> str:
    """Ask for a stroke consult and return its page."""
    page.goto("/urgent/new?kind=telestroke")
    page.get_by_role("button", name="Konsil anfordern").click()
    page.wait_for_url(LIVE)
    return page.url


def _called(hospital: Hospital, url: str) -> str:
    """Return the address of whom the consult calls, with an account to sign in by."""
    path = re.sub(r"^https?://[^/]+", "", url)
    called = select(Person).join(Alert, Alert.person_id == Person.id)
    with hospital.database.transaction() as session:
        person = session.scalars(called.where(Alert.snapshot["path"].as_string() == path)).first()
        assert person is not None
        if session.scalar(select(Account.id).where(Account.person_id == person.id)) is None:
            accounts.create_account(session, person, PASSWORD, now=hospital.clock.now(), cost=TRIFLING_COST)
        return person.email


def _press(page: Page, words: str) -> None:
    """Reach what is named so by the tabulator alone, and press it."""
    tab_to(page, words)
    page.keyboard.press("Enter")


def test_a_consult_with_two_browsers_by_keyboard_alone(visit: Any, hospital: Hospital) -> None:
    spoke = visit().sign_in(REQUESTER)
    url = _request(spoke.page)
    hub = visit().sign_in(_called(hospital, url))
    hub.page.goto("/")
    expect(hub.page.get_by_text("Ein dringendes Konsil ruft Sie.").last).to_be_visible()
    hub.page.goto(url)
    for side in (spoke, hub):
        _look(side)
    _press(hub.page, "Quittieren, ich übernehme")
    expect(hub.page.get_by_text("Sie haben das Konsil übernommen.")).to_be_visible()
    # Nobody reloads the other side.
    expect(spoke.page.get_by_text("hat das Konsil übernommen.")).to_be_visible()
    hub.page.get_by_label("Bemerkung").fill("Beginn mit Alteplase")
    expect(spoke.page.get_by_role("button", name="Wir sind verbunden")).to_be_visible()
    _press(spoke.page, "Wir sind verbunden")
    expect(hub.page.get_by_text("Verbunden. Was empfehlen Sie?")).to_be_visible()
    # What somebody types in stands until they want to see what is new.
    expect(hub.page.get_by_label("Bemerkung")).to_have_value("Beginn mit Alteplase")
    hub.page.get_by_role("radio", name="Lyse und Verlegung").focus()
    hub.page.keyboard.press("Space")
    _press(hub.page, "Empfehlung geben")
    expect(spoke.page.get_by_text("Beginn mit Alteplase").first).to_be_visible()
    _press(spoke.page, "Lyse begonnen")
    box = spoke.page.get_by_role("checkbox", name="Lyse begonnen")
    expect(box).to_be_checked()
    expect(hub.page.get_by_role("checkbox", name="Lyse begonnen")).to_be_checked()
    for side in (spoke, hub):
        _look(side)
    _press(hub.page, "Der Bericht ist geschrieben")
    expect(spoke.page.get_by_text("Alles ist erledigt.")).to_be_visible()
    _press(spoke.page, "Konsil abschließen")
    expect(hub.page.get_by_text("Dieses Konsil ist beendet.").first).to_be_visible()
    _look(hub)


def test_a_lost_connection_is_said_at_once_and_goes_when_it_is_back(visit: Any) -> None:
    visitor = visit().sign_in(REQUESTER)
    page = visitor.page
    _request(page)
    lost = page.get_by_text("Keine Verbindung zu confsched.")
    expect(lost).to_be_hidden()
    visitor.context.set_offline(True)
    expect(lost).to_be_visible(timeout=5000)
    visitor.assert_no_barriers()
    visitor.context.set_offline(False)
    expect(lost).to_be_hidden(timeout=5000)
    visitor.problems.clear()  # the browser itself notes each request that got no answer


def test_an_engine_that_stands_still_is_said_on_the_open_page(visit: Any, hospital: Hospital) -> None:
    hospital.work()
    visitor = visit().sign_in(REQUESTER)
    _request(visitor.page)
    expect(visitor.page.get_by_text("Zurzeit geht nichts hinaus.")).to_be_hidden()
    hospital.clock.pass_by(timedelta(seconds=11))
    expect(visitor.page.get_by_text("Zurzeit geht nichts hinaus.")).to_be_visible()


@pytest.mark.parametrize("path", ["/urgent/", "/urgent/history"])
def test_the_lists_have_no_barriers_and_fit_a_phone(visit: Any, path: str) -> None:
    visitor = visit().sign_in(REQUESTER)
    visitor.page.goto(path)
    _look(visitor)


def test_without_script_a_consult_is_taken_and_called_off(visit: Any, hospital: Hospital) -> None:
    spoke = visit(script=False, width=390).sign_in(REQUESTER)
    url = _request(spoke.page)
    hub = visit(script=False, width=390).sign_in(_called(hospital, url))
    hub.page.goto(url)
    hub.page.get_by_role("button", name="Quittieren, ich übernehme").click()
    spoke.page.get_by_role("link", name="neu laden").click()
    expect(spoke.page.get_by_text("hat das Konsil übernommen.")).to_be_visible()
    spoke.page.get_by_text("Fehlalarm oder Doppelmeldung").click()
    spoke.page.get_by_role("radio", name="Fehlalarm").check()
    spoke.page.get_by_role("button", name="Konsil absagen").click()
    expect(spoke.page.get_by_text("Dieses Konsil ist beendet.").first).to_be_visible()
