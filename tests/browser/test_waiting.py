"""What waits for somebody, in a browser: a question by mail, the line for freed times."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from confsched.domain.invites import Kind
from confsched.domain.kinds import ConsultState
from confsched.models.consults import Consult
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.rosters import Duty, WorkingHoursRow
from confsched.models.waitlist import SlotOffer
from tests.browser.conftest import Hospital, Visitor
from tests.browser.test_every_page import PEOPLE

NARROW = 320


def _path_of(hospital: Hospital, *states: ConsultState) -> str:
    """Return the page of a consult of the requester in one of these states."""
    query = (
        select(Consult.id)
        .join(Person, Person.id == Consult.requester_id)
        .where(Person.email == PEOPLE["requester"], Consult.state.in_(states))
        .order_by(Consult.created_at.desc())
    )
    with hospital.database.read() as session:
        return f"/consults/{session.scalars(query).first()}"


def _forget_times(hospital: Hospital) -> None:
    """Let nothing be known of anybody's time, so that who is needed has to be asked."""
    with hospital.database.transaction() as session:
        session.execute(delete(WorkingHoursRow))
        session.execute(update(Duty).values(superseded_at=hospital.clock.now()))


def _link(hospital: Hospital) -> str:
    query = select(OutboxMessage).where(OutboxMessage.kind == Kind.AVAILABILITY_QUESTION)
    with hospital.database.read() as session:
        return f"/questions/{session.scalars(query).all()[-1].snapshot['secret']}"


def _look(visitor: Visitor) -> None:
    """Look for barriers in either scheme, and on a phone also for what would scroll sideways."""
    visitor.assert_no_barriers_in_either_scheme()
    visitor.page.set_viewport_size({"width": NARROW, "height": 900})
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= NARROW, visitor.page.url
    visitor.assert_no_barriers()  # what lies side by side on a desk is close together here
    visitor.page.set_viewport_size({"width": 1280, "height": 900})


def _press(visitor: Visitor, name: str) -> None:
    """Reach a button by the keyboard and press it."""
    button = visitor.page.get_by_role("button", name=name).first
    button.focus()
    visitor.page.keyboard.press("Enter")


def test_waiting_for_an_earlier_time_until_it_is_taken(visit: Any, hospital: Hospital) -> None:
    visitor = visit().sign_in(PEOPLE["requester"])
    page = visitor.page
    path = _path_of(hospital, ConsultState.BOOKED)
    page.goto(f"{path}/waiting")
    _look(visitor)
    _press(visitor, "Auf die Warteliste")
    page.get_by_text("0 vor Ihnen").wait_for()
    _look(visitor)
    page.goto(path)
    page.get_by_role("heading", name="Sie warten auf eine frühere Zeit").wait_for()
    _look(visitor)
    with hospital.database.transaction() as session:
        session.execute(delete(SlotOffer))  # as if all that is free now had been freed since
    hospital.work()
    page.goto(f"{path}/waiting")
    left = page.locator("[data-left]")
    before = left.inner_text()
    assert re.fullmatch(r"\d:\d\d:\d\d|\d+:\d\d", before)
    page.wait_for_function("text => document.querySelector('[data-left]').textContent !== text", arg=before)
    _look(visitor)
    _press(visitor, "Diese Zeit nehmen")
    page.wait_for_url("**/bookings/**")


@pytest.mark.parametrize("script", [True, False])
def test_who_is_unknown_is_asked_and_answers_by_the_link(
    visit: Any, hospital: Hospital, script: bool
) -> None:
    _forget_times(hospital)
    visitor = visit(script=script).sign_in(PEOPLE["requester"])
    page, path = visitor.page, _path_of(hospital, ConsultState.OFFERED, ConsultState.HELD)
    page.goto(path + "/times")
    page.locator("button.offer-unknown").last.click()
    page.wait_for_url("**/times#held")
    if script:
        _look(visitor)
    page.get_by_role("button", name="Anfragen, dann von selbst buchen").click()
    page.get_by_text("Gehalten, bis alle geantwortet haben").wait_for()
    if script:
        _look(visitor)
    guest = visit(script=script)
    guest.page.goto(_link(hospital))
    if script:
        _look(guest)
        guest.page.get_by_label("Tag").fill("2026-12-01")
        guest.page.get_by_label("Uhrzeit").fill("03:00")
        _press(guest, "Diese Zeit vorschlagen")
    else:
        guest.page.get_by_role("button", name="Nein, ich kann nicht kommen").click()
    guest.page.get_by_role("heading", name="Danke").wait_for()
    if script:
        _look(guest)
    page.goto(path + "/times")
    assert page.get_by_text("Gehalten, bis alle geantwortet haben").count() == int(script)
    if script:
        assert page.get_by_text("Ihnen vorgeschlagen").count() == 1
        _look(visitor)
        page.get_by_role("button", name="Diese Zeit zurückgeben").click()
