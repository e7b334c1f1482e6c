"""The Today page of each function."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.rosters import duty_span
from confsched.models.bookings import Booking
from confsched.models.consults import Consult
from confsched.models.people import Person
from confsched.services import accounts, conferences, consult_times, consults, rosters
from confsched.services.conferences import Draft, Wanted
from confsched.services.consults import Question
from tests.support.web import SignIn
from tests.world import NEUROLOGY, NOW, ZONE, World, add_working_hours

MONDAY = date(2026, 11, 23)
LINK = "https://video.wendstadt.example/raum"


def _page(client: FlaskClient) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.text


def _sign_in_again(database: Database, client: FlaskClient, person: Person, now: datetime) -> None:
    """Start a session later in the day, when that of the morning has ended."""
    with database.transaction() as session:
        credentials = accounts.find_credentials(session, person.email, now=now)
        token = accounts.sign_in(session, credentials, True, now=now)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token


def _held(database: Database, world: World) -> Consult:
    actor = world.actor(world.requester)
    with database.transaction() as session:
        add_working_hours(session, world.requester, world.spoke)
        question = Question(world.service.id, "FK-7Q2M", "Umstellung sinnvoll?", date(2026, 12, 4))
        consult = consults.request(session, actor, question, now=NOW, key="k")
        starts_at = consult_times.offers(session, consult, now=NOW).offers[0].span.starts_at
        consult_times.hold(session, actor, consult, starts_at, now=NOW)
    return consult


def _booked(database: Database, world: World) -> Booking:
    consult = _held(database, world)
    with database.transaction() as session:
        again = session.get_one(Consult, consult.id)
        booking = consult_times.book(session, world.actor(world.requester), again, now=NOW)
        booking.join_link = LINK
    return booking


def test_an_empty_day_says_what_will_stand_there(client: FlaskClient, world: World, sign_in: SignIn) -> None:
    sign_in(client, world.requester)

    page = _page(client)

    assert "Nothing waits for you." in page
    assert "No meeting is booked." in page
    assert "You have no duty in the next 14 days." in page
    assert "Neurologie Dienst" in page


@pytest.mark.parametrize(
    ("person", "starts"),
    [
        ("requester", {"/consults/new", "/cases/new", "/duty-board"}),
        ("neurologist", {"/cases/new", "/conferences/new", "/duty-board"}),
        ("secretary", {"/consults/new", "/cases/new", "/conferences/new", "/duty-board"}),
        ("coordinator", {"/conferences/new", "/duty-board"}),
        ("admin", {"/duty-board"}),
        ("auditor", set()),
    ],
)
def test_each_function_may_start_what_it_may_do(
    client: FlaskClient, world: World, sign_in: SignIn, person: str, starts: set[str]
) -> None:
    sign_in(client, getattr(world, person))

    page = _page(client)

    all_of_them = ("/consults/new", "/cases/new", "/conferences/new", "/duty-board")
    beginnings = {url for url in all_of_them if f'href="{url}"' in page}
    assert beginnings == starts


def test_a_held_time_waits_for_its_requester_and_for_nobody_else(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    consult = _held(sqlite_database, world)
    sign_in(client, world.requester)
    assert f'href="/consults/{consult.id}/times"' in _page(client)

    sign_in(client, world.second_requester)
    page = _page(client)
    assert str(consult.id) not in page and "FK-7Q2M" not in page


def test_a_planned_conference_waits_with_a_link_to_its_times(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    draft = Draft("Fallkonferenz", 30, MONDAY, date(2026, 12, 4), (Wanted(discipline=NEUROLOGY),))
    with sqlite_database.transaction() as session:
        actor = world.actor(world.secretary)
        conference = conferences.plan(session, actor, draft, now=NOW, key="k")
    sign_in(client, world.secretary)

    assert f'href="/conferences/{conference.id}/times"' in _page(client)


def test_the_link_of_a_meeting_opens_ten_minutes_before(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    moment: time_machine.Traveller,
) -> None:
    booking = _booked(sqlite_database, world)
    sign_in(client, world.requester)
    before = _page(client)
    assert f'href="/bookings/{booking.id}"' in before and LINK not in before

    moment.move_to(booking.starts_at - timedelta(minutes=10))
    _sign_in_again(sqlite_database, client, world.requester, booking.starts_at - timedelta(minutes=10))
    assert f'href="{LINK}"' in _page(client)


def test_a_meeting_of_others_is_on_nobody_elses_day(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    booking = _booked(sqlite_database, world)

    for person in (world.second_requester, world.stranger, world.secretary, world.admin):
        sign_in(client, person)
        page = _page(client)
        assert str(booking.id) not in page and "FK-7Q2M" not in page


def test_the_invitation_waits_for_the_consultant(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    booking = _booked(sqlite_database, world)
    people = {p.person_id for p in booking.participations}
    consultant = world.neurologist if world.neurologist.id in people else world.second_neurologist
    sign_in(client, consultant)

    assert "Invitation: Neurologie-Konsil" in _page(client)


def test_my_duty_and_who_is_on_stand_there(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    moment: time_machine.Traveller,
) -> None:
    night = duty_span(MONDAY, world.line.covered_from, world.line.covered_until, ZONE)
    with sqlite_database.transaction() as session:
        duties = [(world.neurologist, night)]
        rosters.record_duties(session, None, world.line, duties, now=NOW, origin="plan")
    sign_in(client, world.neurologist)
    assert "16:00–08:00" in _page(client)

    moment.move_to(night.starts_at + timedelta(hours=1))
    _sign_in_again(sqlite_database, client, world.requester, night.starts_at + timedelta(hours=1))
    page = _page(client)
    assert "Dr. Jana Okafor" in page and "+49 5555 2000" in page


def test_a_visitor_is_asked_to_sign_in(client: FlaskClient) -> None:
    answer = client.get("/")

    assert answer.status_code == 302 and "/login" in answer.headers["Location"]
