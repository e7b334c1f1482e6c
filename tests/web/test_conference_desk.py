"""The page of a conference over HTTP: what desk, people and presenters see, and what the desk does there."""

from __future__ import annotations

import re
import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from confsched.db import Database
from confsched.domain.kinds import CaseLane, CaseState, ConferenceState, Partstat
from confsched.models.bookings import Participation
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.models.people import Person
from confsched.services import conferences
from confsched.services.conferences import Draft, Wanted
from tests.support.conferences import START, WEEK, add_case, add_conference, answer
from tests.support.web import SignIn
from tests.world import NEUROLOGY, NOW, World


@pytest.fixture
def ids(sqlite_database: Database, world: World) -> dict[str, uuid.UUID]:
    """Give a conference with its cases: one on the agenda, one late, one of standard of care."""
    with sqlite_database.transaction() as session:
        conference = add_conference(session, world)
        case = add_case(session, world, conference, case_ref="FK-5KR8")
        late = add_case(session, world, conference, case_ref="FK-1VB5", lane=CaseLane.LATE)
        by = {"presenter_id": world.neurologist.id, "registered_by_id": world.neurologist.id}
        listed = {"lane": CaseLane.STANDARD_CARE, "case_ref": "FK-3STD", "site_id": world.hub.id}
        add_case(session, world, conference, **by, **listed)
        return {"conference": conference.id, "case": case.id, "late": late.id}


@pytest.fixture
def secretary(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.secretary)
    return client


def page(conference_id: uuid.UUID) -> str:
    return f"/conferences/{conference_id}"


def test_the_desk_sees_agenda_quorum_late_lane_and_its_next_step(
    secretary: FlaskClient, ids: dict[str, uuid.UUID]
) -> None:
    text = secretary.get(page(ids["conference"])).text
    assert "Neuro board" in text and "Freeze the agenda" in text
    assert "FK-5KR8" in text and "Operate or wait?" in text
    assert "After the cut-off" in text and "FK-1VB5" in text
    assert "Standard of care, without discussion: 1" in text
    assert "no reply yet" in text


def test_a_presenter_sees_their_own_case_marked_and_none_of_the_others(
    client: FlaskClient, world: World, sign_in: SignIn, ids: dict[str, uuid.UUID]
) -> None:
    sign_in(client, world.requester)
    text = client.get(page(ids["conference"])).text
    assert "your case" in text and "FK-5KR8" in text
    assert "FK-3STD" not in text  # the hub brings it
    for word in ("Freeze the agenda", "Change chair", "Merge with another date", "Who could come"):
        assert word not in text


def test_a_participant_reads_every_case_and_changes_nothing(
    client: FlaskClient, sign_in: SignIn, ids: dict[str, uuid.UUID], sqlite_database: Database
) -> None:
    with sqlite_database.read() as session:
        conference = session.get_one(Conference, ids["conference"])
        query = select(Participation.person_id).where(Participation.booking_id == conference.booking_id)
        person = session.get_one(Person, session.scalars(query).one())
    sign_in(client, person)
    text = client.get(page(ids["conference"])).text
    assert "FK-3STD" in text and "Freeze the agenda" not in text
    for part in ("freezing", "thawing", "merger", "carry-over", "substitutes", "details"):
        assert client.post(f"{page(ids['conference'])}/{part}").status_code == 404
    assert client.get(f"{page(ids['conference'])}/details").status_code == 404


def test_a_stranger_finds_no_conference(
    client: FlaskClient, world: World, sign_in: SignIn, ids: dict[str, uuid.UUID]
) -> None:
    sign_in(client, world.stranger)
    assert client.get(page(ids["conference"])).status_code == 404
    assert "Neuro board" not in client.get("/conferences/").text


def test_an_auditor_has_no_conferences(
    client: FlaskClient, world: World, sign_in: SignIn, ids: dict[str, uuid.UUID]
) -> None:
    sign_in(client, world.auditor)
    assert client.get(page(ids["conference"])).status_code == 403


def test_the_agenda_is_frozen_and_opened_again_twice_as_well_as_once(
    secretary: FlaskClient, ids: dict[str, uuid.UUID], sqlite_database: Database
) -> None:
    here = page(ids["conference"])
    for part, state in (("freezing", ConferenceState.FROZEN), ("thawing", ConferenceState.REGISTRATION_OPEN)):
        for _ in range(2):
            assert secretary.post(f"{here}/{part}").status_code == 303
        with sqlite_database.read() as session:
            assert session.get_one(Conference, ids["conference"]).state is state
    secretary.post(f"{here}/freezing")
    text = secretary.get(here).text
    assert "Start the conference" in text and "Open the agenda again" in text


def test_after_the_cut_off_the_page_says_so_and_the_agenda_is_not_frozen_by_itself(
    secretary: FlaskClient, ids: dict[str, uuid.UUID], sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        session.get_one(Conference, ids["conference"]).cutoff_minutes = 5 * 1440
    text = secretary.get(page(ids["conference"])).text
    assert "registration closed since" in text and "until you freeze it" in text


def test_a_substitute_is_proposed_and_invited_by_one_press(
    secretary: FlaskClient, ids: dict[str, uuid.UUID], sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        conference = session.get_one(Conference, ids["conference"])
        assert conference.booking is not None
        (part,) = conference.booking.participations
        answer(conference, part.person, Partstat.DECLINED)
        both = (world.neurologist, world.second_neurologist)
        other = both[1] if part.person_id == both[0].id else both[0]
        sent = {"requirement_id": str(conference.requirements[0].id), "person_id": str(other.id)}
    here = page(ids["conference"])
    text = secretary.get(here).text
    assert f"{part.person.name}, declined" in text and f"> {other.name}</span></button>" in text
    for _ in range(2):
        assert secretary.post(f"{here}/substitutes", data=sent).status_code == 303
    assert f"{other.name}, no reply yet" in secretary.get(here).text
    for wrong in ({}, {**sent, "person_id": str(world.requester.id)}, {**sent, "person_id": "x"}):
        assert secretary.post(f"{here}/substitutes", data=wrong).status_code == 422


def test_two_dates_are_merged_and_the_page_leads_to_the_other(
    secretary: FlaskClient, ids: dict[str, uuid.UUID], sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        other = add_conference(session, world, starts_at=START + WEEK, title="Next board").id
    here = page(ids["conference"])
    assert "Next board" in secretary.get(here).text
    for wrong in ({}, {"into": "x"}, {"into": str(ids["conference"])}):
        assert secretary.post(f"{here}/merger", data=wrong).status_code == 422
    assert secretary.post(f"{here}/merger", data={"into": str(uuid.uuid4())}).status_code == 404
    for _ in range(2):
        assert secretary.post(f"{here}/merger", data={"into": str(other)}).location == page(other)
    text = secretary.get(here).text
    assert "merged with another one" in text and page(other) in text
    assert "FK-5KR8" in secretary.get(page(other)).text


def test_what_was_not_discussed_is_carried_over(
    secretary: FlaskClient, ids: dict[str, uuid.UUID], sqlite_database: Database
) -> None:
    here = page(ids["conference"])
    assert secretary.post(f"{here}/carry-over").status_code == 409
    with sqlite_database.transaction() as session:
        session.get_one(Conference, ids["conference"]).state = ConferenceState.MINUTES_DRAFT
    assert "3 cases were not discussed here." in secretary.get(here).text
    for _ in range(2):
        assert secretary.post(f"{here}/carry-over").status_code == 303
    with sqlite_database.read() as session:
        query = select(func.count(CaseItem.id)).where(CaseItem.state == CaseState.DEFERRED)
        assert session.scalar(query) == 3


def test_a_lost_join_link_stands_on_the_page_on_today_and_in_the_list(
    secretary: FlaskClient, ids: dict[str, uuid.UUID], sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        conference = session.get_one(Conference, ids["conference"])
        assert conference.booking is not None
        conference.booking.join_link = ""
    assert "neither a room nor a join link" in secretary.get(page(ids["conference"])).text
    assert "no place" in secretary.get("/conferences/").text
    assert "has lost its room or its join link" in secretary.get("/").text


def typed(**changes: str) -> dict[str, str]:
    known = {
        "chair_id": "",
        "deputy_id": "",
        "capacity_minutes": "45",
        "cutoff_hours": "48",
        "late_rule": "next_date",
        "standard_care": "discussed",
        "retime_minutes": "10",
        "join_link": "https://video.example/new",
        "resource_id": "",
        "discipline_0": NEUROLOGY,
        "count_0": "2",
        "specialists_0": "on",
        "seen": "2",
    }
    return {**known, **changes}


def test_the_details_are_changed_and_what_is_wrong_is_said_at_its_field(
    secretary: FlaskClient, ids: dict[str, uuid.UUID], sqlite_database: Database
) -> None:
    here = f"{page(ids['conference'])}/details"
    seen = re.search(r'name="seen"[^>]*value="(\d+)"', secretary.get(here).text)
    assert seen is not None
    right = typed(seen=seen[1])
    for wrong in ({"cutoff_hours": ""}, {"count_0": "0"}, {"join_link": "ftp://x"}, {"late_rule": "x"}):
        answered = secretary.post(here, data={**right, **wrong})
        assert answered.status_code == 422 and "is-invalid" in answered.text
    assert secretary.post(here, data={**right, "seen": "999"}).status_code == 409
    assert secretary.post(here, data=right).status_code == 303
    assert secretary.post(here, data=right).status_code == 409
    with sqlite_database.read() as session:
        conference = session.get_one(Conference, ids["conference"])
        (need,) = conference.requirements
        assert (conference.cutoff_minutes, need.count, need.specialists_only) == (2880, 2, True)
        assert conference.booking is not None and conference.booking.join_link.endswith("/new")


def test_a_meeting_links_to_its_conference_and_back(
    secretary: FlaskClient, ids: dict[str, uuid.UUID], sqlite_database: Database
) -> None:
    with sqlite_database.read() as session:
        booking_id = session.get_one(Conference, ids["conference"]).booking_id
    assert page(ids["conference"]) in secretary.get(f"/bookings/{booking_id}").text
    assert f"/bookings/{booking_id}" in secretary.get(page(ids["conference"])).text


def test_a_plan_without_a_time_has_a_page_too(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        draft = Draft("New board", 60, START.date(), START.date(), (Wanted(NEUROLOGY),))
        planned = conferences.plan(session, world.actor(world.secretary), draft, now=NOW, key="one").id
    text = secretary.get(page(planned)).text
    assert "No time yet" in text and f"{page(planned)}/times" in text


def test_the_list_is_filtered_by_address_and_a_longer_one_asks_no_more(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    counts = []
    for numbers in (range(2), range(2, 9)):
        with sqlite_database.transaction() as session:
            for number in numbers:
                add_case(session, world, add_conference(session, world, starts_at=START + number * WEEK))
        counts.append(queries(secretary, sqlite_database, "/conferences/"))
    assert counts[0] == counts[1]
    assert "Neuro board" not in secretary.get("/conferences/?q=spine").text
    assert "Neuro board" not in secretary.get("/conferences/?show=off").text
    assert "Neuro board" in secretary.get("/conferences/?show=nonsense&page=x&q=NEURO").text


def queries(client: FlaskClient, database: Database, path: str) -> int:
    statements: list[object] = []

    def count(*arguments: object) -> None:
        statements.append(arguments[2])

    event.listen(database.engine, "before_cursor_execute", count)
    assert client.get(path).status_code == 200
    event.remove(database.engine, "before_cursor_execute", count)
    return len(statements)
