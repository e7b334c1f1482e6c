"""Why a time does not work, what would help, and the best weekday, over HTTP."""

from __future__ import annotations

import html
import re
import uuid
from datetime import date, time, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from confsched.db import Database
from confsched.domain.changes import OtherService
from confsched.domain.kinds import AbsenceKind, ConsultState
from confsched.models.catalogue import Service
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.models.network import Site
from confsched.models.people import Person
from confsched.models.rosters import Absence, WorkingHoursRow
from confsched.services import consult_times
from confsched.services.conferences import Wanted
from tests.support.web import SignIn
from tests.web.test_conferences import plan
from tests.world import NEUROLOGY, NOW, World, add_agreement, add_service, ask, local

NINE = local(date(2026, 11, 24), time(9))


@pytest.fixture
def consult_id(sqlite_database: Database, world: World) -> uuid.UUID:
    with sqlite_database.transaction() as session:
        return ask(session, world).id


@pytest.fixture
def conference_id(sqlite_database: Database, world: World) -> uuid.UUID:
    return plan(sqlite_database, world, Wanted(discipline=NEUROLOGY, count=2))


@pytest.fixture
def requester(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.requester)
    return client


@pytest.fixture
def secretary(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.secretary)
    return client


def _away(database: Database, world: World, *, both: bool = True) -> None:
    people = [world.neurologist, world.second_neurologist][: 2 if both else 1]
    with database.transaction() as session:
        for person in people:
            values = {"starts_at": NOW - timedelta(days=1), "ends_at": NOW + timedelta(days=60)}
            session.add(Absence(person_id=person.id, kind=AbsenceKind.LEAVE, recorded_at=NOW, **values))


def test_a_time_of_ones_own_is_answered_person_by_person(
    secretary: FlaskClient, sqlite_database: Database, world: World, conference_id: uuid.UUID
) -> None:
    """Cover line 33 of the failures of others."""
    _away(sqlite_database, world, both=False)
    here = f"/conferences/{conference_id}"
    assert f'action="{here}/why"' in secretary.get(f"{here}/times").text
    page = secretary.get(f"{here}/why?day=2026-11-24&at=09:00").text
    assert "This time does not do." in page
    assert f"{world.neurologist.name} is absent." in page
    assert world.second_neurologist.name in page
    assert "1 free of 2 needed" in page


def test_of_people_of_another_house_a_requester_reads_only_that_they_are_busy(
    requester: FlaskClient, sqlite_database: Database, world: World, consult_id: uuid.UUID
) -> None:
    _away(sqlite_database, world)
    page = requester.get(f"/consults/{consult_id}/why?day=2026-11-24&at=09:00").text
    assert f"{world.neurologist.name} is busy." in page
    assert "absent" not in page


def test_a_time_that_does_is_said_to_do(requester: FlaskClient, consult_id: uuid.UUID) -> None:
    page = requester.get(f"/consults/{consult_id}/why?day=2026-11-24&at=09:00").text
    assert "This time would do for everybody required." in page
    assert "Hold this time" in page
    assert f'action="/consults/{consult_id}/hold"' in page


@pytest.mark.parametrize("query", ["day=2026-11-24", "at=09:00", "day=x&at=09:00", "day=2026-11-24&at=x"])
def test_half_a_time_is_named_at_its_field(requester: FlaskClient, consult_id: uuid.UUID, query: str) -> None:
    answer = requester.get(f"/consults/{consult_id}/why?{query}")
    assert answer.status_code == 422
    assert "Choose a day and a time." in answer.text


def test_an_hour_that_the_clocks_skip_is_refused(requester: FlaskClient, consult_id: uuid.UUID) -> None:
    """Cover line 12 of the failures of others."""
    answer = requester.get(f"/consults/{consult_id}/why?day=2027-03-28&at=02:30")
    assert answer.status_code == 422
    assert "The clocks change at this hour." in answer.text


def test_the_question_alone_shows_an_empty_form(requester: FlaskClient, consult_id: uuid.UUID) -> None:
    answer = requester.get(f"/consults/{consult_id}/why")
    assert answer.status_code == 200
    assert "Requirements at this time" not in answer.text


def test_a_shorter_time_is_shown_held_and_booked(
    requester: FlaskClient, sqlite_database: Database, consult_id: uuid.UUID
) -> None:
    """Cover line 33 of the failures of others."""
    with sqlite_database.transaction() as session:
        session.execute(update(WorkingHoursRow).values(starts=time(9), ends=time(9, 20)))
    here = f"/consults/{consult_id}"
    times = requester.get(f"{here}/times").text
    assert "20 instead of 30 minutes." in times
    assert f'href="{here}/wished?change=shorter.20"' in times
    page = requester.get(f"{here}/wished?change=shorter.20").text
    assert NINE.isoformat() in page
    data = {"starts_at": NINE.isoformat(), "change": "shorter.20"}
    answer = requester.post(f"{here}/wished-hold", data=data)
    assert (answer.status_code, answer.location) == (303, f"{here}/times#held")
    assert requester.post(f"{here}/wished-hold", data=data).status_code == 303
    requester.post(f"{here}/booking")
    with sqlite_database.read() as session:
        booking = session.get_one(Consult, consult_id).booking
        assert booking is not None
        assert booking.ends_at - booking.starts_at == timedelta(minutes=20)
    answer = requester.get(f"{here}/wished?change=shorter.20")
    assert answer.location == f"/bookings/{booking.id}"


@pytest.mark.parametrize("change", ["", "x", "shorter.7", "notice", "without.a.0"])
def test_a_wish_that_is_none_leads_back_or_shows_the_usual_times(
    requester: FlaskClient, consult_id: uuid.UUID, change: str
) -> None:
    answer = requester.get(f"/consults/{consult_id}/wished?change={change}")
    assert answer.status_code in (200, 303)
    data = {"starts_at": NINE.isoformat(), "change": "shorter.7"}
    assert requester.post(f"/consults/{consult_id}/wished-hold", data=data).status_code == 409


def test_another_hospital_is_asked_with_what_was_typed(
    requester: FlaskClient, sqlite_database: Database, world: World, consult_id: uuid.UUID
) -> None:
    with sqlite_database.transaction() as session:
        other = add_service(session, session.get_one(Site, world.stranger_site.id), name="Steinach")
        other.needs_triage = True
        add_agreement(session, other, session.get_one(Site, world.spoke.id))
        code = f"service.{other.id}"
    answer = requester.post(f"/consults/{consult_id}/changes", data={"change": code})
    assert (answer.status_code, answer.location) == (303, f"/consults/{consult_id}")
    assert requester.post(f"/consults/{consult_id}/changes", data={"change": code}).status_code == 303
    with sqlite_database.read() as session:
        consult = session.get_one(Consult, consult_id)
        assert (consult.state, consult.case_ref) == (ConsultState.REQUESTED, "FK-7Q2M")
        assert session.get_one(Service, consult.service_id).name == "Steinach"


def test_a_service_nobody_agreed_on_cannot_be_asked(requester: FlaskClient, consult_id: uuid.UUID) -> None:
    data = {"change": f"service.{OtherService(uuid.uuid4()).service_id}"}
    assert requester.post(f"/consults/{consult_id}/changes", data=data).status_code == 409


def test_a_proposal_for_a_conference_has_a_button_that_works(
    secretary: FlaskClient, sqlite_database: Database, world: World, conference_id: uuid.UUID
) -> None:
    """Cover line 33 of the failures of others."""
    _away(sqlite_database, world, both=False)
    here = f"/conferences/{conference_id}"
    page = secretary.get(f"{here}/times").text
    assert "1 instead of 2 people." in page
    with sqlite_database.read() as session:
        [requirement] = session.get_one(Conference, conference_id).requirements
        code = f"without.{requirement.id}.1"
    assert f'name="change" value="{code}"' in page
    data = {"change": code, "starts_at": NINE.isoformat()}
    for _twice in range(2):
        answer = secretary.post(f"{here}/changes", data=data)
        assert answer.status_code == 303
    assert "Best times" in secretary.get(answer.location).text
    with sqlite_database.read() as session:
        assert session.get_one(Conference, conference_id).requirements[0].count == 1


@pytest.mark.parametrize(("data", "status"), [({"change": "x"}, 409), ({"starts_at": "x"}, 422)])
def test_a_broken_proposal_changes_no_plan(
    secretary: FlaskClient, conference_id: uuid.UUID, data: dict[str, str], status: int
) -> None:
    values = {"change": "shorter.30", "starts_at": NINE.isoformat(), **data}
    assert secretary.post(f"/conferences/{conference_id}/changes", data=values).status_code == status


def test_the_best_weekday_is_named_with_its_weeks(secretary: FlaskClient, conference_id: uuid.UUID) -> None:
    """Cover line 37 of the failures of others."""
    here = f"/conferences/{conference_id}"
    assert f'href="{here}/weekdays"' in secretary.get(f"{here}/times").text
    page = secretary.get(f"{here}/weekdays").text
    assert "Tuesday 08:00" in page
    assert "26 of 26" in page
    assert '<th scope="col">Friday</th>' in page
    assert '<th scope="row">13:00</th>' in page


@pytest.mark.parametrize("path", ["consults/{consult}/why", "consults/{consult}/wished"])
def test_a_stranger_finds_no_consult(
    client: FlaskClient, world: World, sign_in: SignIn, consult_id: uuid.UUID, path: str
) -> None:
    sign_in(client, world.stranger)
    assert client.get("/" + path.format(consult=consult_id)).status_code == 404
    for target in ("changes", "wished-hold"):
        data = {"change": "shorter.20", "starts_at": NINE.isoformat()}
        assert client.post(f"/consults/{consult_id}/{target}", data=data).status_code == 404


@pytest.mark.parametrize("path", ["why", "weekdays"])
def test_a_requester_of_another_house_finds_no_conference(
    requester: FlaskClient, conference_id: uuid.UUID, path: str
) -> None:
    assert requester.get(f"/conferences/{conference_id}/{path}").status_code in (403, 404)


def test_a_consult_that_is_booked_leads_to_its_meeting(
    requester: FlaskClient, sqlite_database: Database, world: World, consult_id: uuid.UUID
) -> None:
    with sqlite_database.transaction() as session:
        consult, actor = session.get_one(Consult, consult_id), world.actor(world.requester)
        consult_times.hold(session, actor, consult, NINE, now=NOW)
        booking = consult_times.book(session, actor, consult, now=NOW).id
    answer = requester.get(f"/consults/{consult_id}/why?day=2026-11-24&at=09:00")
    assert (answer.status_code, answer.location) == (303, f"/bookings/{booking}")


def test_a_day_without_an_offer_stands_among_the_others_and_leads_to_its_reasons(
    requester: FlaskClient, sqlite_database: Database, consult_id: uuid.UUID
) -> None:
    """Cover line 33 of the failures of others."""
    with sqlite_database.transaction() as session:
        monday = WorkingHoursRow.weekday == 0
        session.execute(update(WorkingHoursRow).where(monday).values(valid_until=NOW.date()))
        session.execute(update(WorkingHoursRow).where(monday).values(starts=time(5), ends=time(6)))
    page = requester.get(f"/consults/{consult_id}/times").text
    assert "No offer." in page
    assert '<a href="#why">Why?' in page
    assert "is missing." in page


def test_an_earlier_time_with_somebody_unknown_is_held_by_its_button(
    requester: FlaskClient, sqlite_database: Database, world: World, consult_id: uuid.UUID
) -> None:
    """Cover line 31 of the failures of others."""
    with sqlite_database.transaction() as session:
        hours = WorkingHoursRow.person_id == world.neurologist.id
        session.execute(delete(WorkingHoursRow).where(hours))
        session.execute(update(WorkingHoursRow).values(starts=time(15), ends=time(16)))
    here = f"/consults/{consult_id}"
    page = requester.get(f"{here}/times").text
    assert f"If those say yes of whom nothing is known: {world.neurologist.name}." in page
    proposals = page[page.index("This would help") :]
    found = re.search(r'name="starts_at" value="([^"]+)"', proposals)
    assert found is not None
    assert "Hold and ask" in proposals
    data = {"starts_at": found.group(1), "change": "ask"}
    assert requester.post(f"{here}/hold", data=data).location == f"{here}/times#held"
    with sqlite_database.read() as session:
        hold = session.get_one(Consult, consult_id).hold
        assert hold is not None
        assert hold.starts_at.isoformat() == found.group(1)


@pytest.mark.parametrize(("language", "said"), [("de", "Diese Zeit geht nicht."), ("en", "does not do.")])
def test_the_answer_is_in_the_language_of_the_reader(
    requester: FlaskClient,
    sqlite_database: Database,
    world: World,
    consult_id: uuid.UUID,
    language: str,
    said: str,
) -> None:
    _away(sqlite_database, world)
    with sqlite_database.transaction() as session:
        session.get_one(Person, world.requester.id).language = language
    assert said in requester.get(f"/consults/{consult_id}/why?day=2026-11-24&at=09:00").text


def test_why_nothing_is_earlier_is_said_also_where_offers_start_at_once(
    requester: FlaskClient, secretary_page: str, consult_id: uuid.UUID
) -> None:
    page = requester.get(f"/consults/{consult_id}/times").text
    assert "Why not earlier?" in page and "those asked need 1 h notice." in page
    assert "Why not earlier?</b> Nothing earlier is possible" in secretary_page


@pytest.fixture
def secretary_page(app: Flask, world: World, sign_in: SignIn, conference_id: uuid.UUID) -> str:
    """Give the page on which a secretary finds a time for a conference."""
    client = app.test_client()
    sign_in(client, world.secretary)
    return client.get(f"/conferences/{conference_id}/times").text


def test_a_later_deadline_is_said_before_and_after_and_its_promise_is_shown(
    requester: FlaskClient, sqlite_database: Database, consult_id: uuid.UUID
) -> None:
    """Cover line 33 of the failures of others."""
    with sqlite_database.transaction() as session:
        early = {"starts": time(7, 30), "ends": time(8, 45), "valid_from": date(2026, 12, 7)}
        session.execute(update(WorkingHoursRow).values(**early))
    here = f"/consults/{consult_id}"
    page = requester.get(f"{here}/times").text
    assert "The reply is then needed by Fri 11 Dec 2026, not Fri 4 Dec 2026." in page
    assert "Mon 7 Dec, 07:30" in page and "0 times" not in page
    data = {"change": "longer.2026-12-11"}
    page = requester.post(f"{here}/changes", data=data, follow_redirects=True).text
    assert "The last day is now Fri 11 Dec 2026, no longer Fri 4 Dec 2026." in page
    assert local(date(2026, 12, 7), time(7, 30)).isoformat() in page


def test_a_sunday_is_outside_the_working_hours_and_nobody_is_called_busy(
    requester: FlaskClient, consult_id: uuid.UUID
) -> None:
    page = requester.get(f"/consults/{consult_id}/why?day=2026-11-29&at=09:00").text
    assert "Outside the working hours of all 2 who could come." in page
    assert "is busy" not in page


def test_a_time_that_suits_a_conference_after_all_is_one_press_away(
    secretary: FlaskClient, conference_id: uuid.UUID
) -> None:
    here = f"/conferences/{conference_id}"
    page = secretary.get(f"{here}/why?day=2026-11-24&at=09:00").text
    found = re.search(r'href="([^"]+)"[^>]*>(?:(?!</a>).)*Choose this time', page, re.DOTALL)
    assert found is not None
    assert "Invite to Tue 24 Nov, 09:00" in secretary.get(html.unescape(found.group(1))).text
