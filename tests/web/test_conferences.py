"""Planning a conference over HTTP: the plan, the search for people, the times, the invitation."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from confsched.db import Database
from confsched.domain.kinds import AbsenceKind, ConferenceState
from confsched.domain.permissions import Function
from confsched.models.bookings import Booking
from confsched.models.conferences import Conference
from confsched.models.outbox import OutboxMessage
from confsched.models.rosters import Absence
from confsched.services import conferences
from confsched.services.conferences import Draft, Wanted
from tests.support.web import SignIn
from tests.world import NEUROLOGY, NOW, World, add_person

NINE = "2026-11-24T08:00:00+00:00"  # Tuesday 09:00 in Berlin
TUESDAY = date(2026, 11, 24)
TITLE = "Epilepsiekonferenz"


@pytest.fixture
def secretary(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.secretary)
    return client


@pytest.fixture
def conference_id(sqlite_database: Database, world: World) -> uuid.UUID:
    return plan(sqlite_database, world, Wanted(discipline=NEUROLOGY))


def plan(database: Database, world: World, *wanted: Wanted, **values: Any) -> uuid.UUID:
    draft = Draft(TITLE, 45, NOW.date(), date(2026, 12, 4), wanted, **values)
    with database.transaction() as session:
        actor = world.actor(world.secretary)
        return conferences.plan(session, actor, draft, now=NOW, key=uuid.uuid4().hex).id


def book(database: Database, world: World, conference_id: uuid.UUID) -> uuid.UUID:
    with database.transaction() as session:
        conference = session.get_one(Conference, conference_id)
        actor, at = world.actor(world.secretary), datetime.fromisoformat(NINE)
        return conferences.invite(session, actor, conference, at, now=NOW).id


def typed(**changes: object) -> dict[str, object]:
    values = {
        "title": TITLE,
        "duration_minutes": "45",
        "search_from_on": "2026-11-23",
        "search_until_on": "2026-12-04",
        "discipline_0": NEUROLOGY,
        "count_0": "1",
        "form_key": "one-key",
    }
    return {**values, **changes}


def count(database: Database, model: type[Any]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count(model.id))) or 0


# ---- the list ----


def test_without_conferences_the_list_explains_the_first_step(secretary: FlaskClient) -> None:
    page = secretary.get("/conferences/").text
    assert "No conference is planned" in page
    assert "/conferences/new" in page


def test_the_list_holds_plans_and_booked_conferences(
    secretary: FlaskClient, sqlite_database: Database, world: World, conference_id: uuid.UUID
) -> None:
    booked_id = plan(sqlite_database, world, Wanted(discipline=NEUROLOGY))
    book(sqlite_database, world, booked_id)
    page = secretary.get("/conferences/").text
    assert f"/conferences/{conference_id}/times" in page
    assert f'/conferences/{booked_id}"' in page


def test_who_may_not_plan_sees_the_list_without_the_button(
    client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.requester)
    answer = client.get("/conferences/")
    assert answer.status_code == 200
    assert "/conferences/new" not in answer.text


# ---- the plan ----


def test_a_plan_is_recorded_and_leads_to_the_times(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    people = [str(world.requester.id), str(world.neurologist.id)]
    values = typed(
        person_ids=people,
        person_count="1",
        resource_id=str(world.room.id),
        join_link="https://video.example/raum",
        optional_0="y",
        site_0=str(world.hub.id),
    )
    answer = secretary.post("/conferences/", data=values)
    assert answer.status_code == 303
    with sqlite_database.read() as session:
        conference = session.scalars(select(Conference)).one()
        first, second = conference.requirements
        assert (first.discipline, first.is_optional) == (NEUROLOGY, True)
        assert [one.site_id for one in first.sites] == [world.hub.id]
        assert {str(member.person_id) for member in second.persons} == set(people)
        assert second.count == 1
        assert answer.location == f"/conferences/{conference.id}/times"


def test_without_a_number_each_named_person_has_to_be_there(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    people = [str(world.requester.id), str(world.neurologist.id)]
    secretary.post("/conferences/", data=typed(person_ids=people, discipline_0=""))
    with sqlite_database.read() as session:
        assert [len(one.persons) for one in session.scalars(select(Conference)).one().requirements] == [1, 1]


def test_the_form_sent_twice_plans_once(secretary: FlaskClient, sqlite_database: Database) -> None:
    """Line 11 of the failures of others: a retried POST books twice."""
    places = {secretary.post("/conferences/", data=typed()).location for _time in range(2)}
    assert len(places) == 1
    assert count(sqlite_database, Conference) == 1


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title": "Muster, Hans *12.3.51"}, "title", None),
        ({"title": ""}, "title", "Give the conference a title"),
        ({"duration_minutes": "abc"}, "duration_minutes", "Choose a length"),
        ({"search_from_on": "gestern"}, "search_from_on", "Choose a day."),
        ({"search_until_on": "2026-11-01"}, "search_until_on", "The last day must not be"),
        ({"join_link": "http://video.example"}, "join_link", "A join link starts with https://"),
        ({"resource_id": "cellar"}, "resource_id", "Choose one from the list."),
        ({"resource_id": str(uuid.UUID(int=7))}, "resource_id", "Choose a room of your own sites."),
        ({"discipline_0": ""}, "discipline_0", "Say who has to be there"),
        ({"discipline_0": "", "discipline_3": NEUROLOGY, "count_3": "0"}, "count_3", "Ask for 1 to 20"),
        ({"discipline_2": "alchemy", "count_2": "1"}, "count_2", "Choose a discipline from the list."),
        ({"site_0": "elsewhere"}, "site_0", "Choose one from the list."),
        ({"person_ids": [str(uuid.UUID(int=7))]}, "person_ids", "no longer in the network"),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_everything_typed_is_kept(
    secretary: FlaskClient,
    sqlite_database: Database,
    changes: dict[str, object],
    field: str,
    sentence: str | None,
) -> None:
    answer = secretary.post("/conferences/", data=typed(**changes))
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert (sentence or "patient") in answer.text
    for value in (text for text in changes.values() if isinstance(text, str) and " " in text):
        assert f'value="{value}"' in answer.text
    assert count(sqlite_database, Conference) == 0


def test_all_that_is_wrong_with_a_conference_is_said_at_once(secretary: FlaskClient) -> None:
    wrong = {"title": "", "duration_minutes": "7", "search_until_on": "2026-11-01"}
    rows = {"count_0": "0", "discipline_2": "alchemy", "count_2": "1", "join_link": "http://video.example"}
    answer = secretary.post("/conferences/", data=typed(**wrong, **rows))
    assert answer.status_code == 422
    fields = (*wrong, "count_0", "count_2", "join_link")
    assert [field for field in fields if f'href="#{field}"' not in answer.text] == []


def test_people_are_searched_without_losing_what_was_typed(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    chosen = [str(world.requester.id)]
    values = typed(
        action="search", person_text="oka", person_ids=chosen, title="Noch ohne Termin", count_0="2"
    )
    answer = secretary.post("/conferences/", data=values)
    assert answer.status_code == 200
    assert 'value="Noch ohne Termin"' in answer.text
    boxes = re.findall(r'<input[^>]*name="person_ids"[^>]*>', answer.text)
    ticked = {box.split('value="')[1].split('"')[0] for box in boxes if "checked" in box}
    assert len(boxes) == 2
    assert ticked == set(chosen)
    assert world.neurologist.name in answer.text
    assert count(sqlite_database, Conference) == 0


def test_a_name_left_in_the_search_is_looked_up_before_anything_is_sent(
    secretary: FlaskClient, sqlite_database: Database
) -> None:
    answer = secretary.post("/conferences/", data=typed(person_text="oka"))
    assert 'name="person_ids"' in answer.text
    assert count(sqlite_database, Conference) == 0


@pytest.mark.parametrize(
    ("text", "sentence"), [("ok", "at least three letters"), ("xyz", "Nobody in the network")]
)
def test_a_search_that_finds_nobody_says_so_at_the_field(
    secretary: FlaskClient, text: str, sentence: str
) -> None:
    page = secretary.post("/conferences/", data=typed(action="search", person_text=text)).text
    assert sentence in page
    assert f'value="{text}"' in page


def test_a_plan_is_changed(secretary: FlaskClient, world: World, conference_id: uuid.UUID) -> None:
    assert f'value="{TITLE}"' in secretary.get(f"/conferences/{conference_id}/edit").text
    values = typed(title="Andere Konferenz", discipline_0="", person_ids=[str(world.requester.id)])
    answer = secretary.post(f"/conferences/{conference_id}/change", data=values)
    assert answer.location == f"/conferences/{conference_id}/times"
    page = secretary.get(f"/conferences/{conference_id}/edit").text
    assert 'value="Andere Konferenz"' in page
    assert "wanted=open" in page
    times = secretary.get(f"/conferences/{conference_id}/times").text
    assert re.search(rf'<option value="{NEUROLOGY}" selected', times), "requirements stay: they stand there"


def test_a_wrong_change_is_refused_and_changes_nothing(
    secretary: FlaskClient, conference_id: uuid.UUID
) -> None:
    wrong = secretary.post(f"/conferences/{conference_id}/change", data=typed(duration_minutes="7"))
    assert wrong.status_code == 422
    assert f"/conferences/{conference_id}/change" in wrong.text
    assert f'value="{TITLE}"' in secretary.get(f"/conferences/{conference_id}/edit").text


def test_an_invited_conference_is_no_longer_changed(
    secretary: FlaskClient, sqlite_database: Database, world: World, conference_id: uuid.UUID
) -> None:
    booking_id = book(sqlite_database, world, conference_id)
    for page in ("edit", "times"):
        assert secretary.get(f"/conferences/{conference_id}/{page}").location == f"/bookings/{booking_id}"
    answer = secretary.post(f"/conferences/{conference_id}/change", data=typed())
    assert answer.status_code == 409


# ---- the times ----


def test_people_stand_by_time_with_every_hour_in_words(
    secretary: FlaskClient, conference_id: uuid.UUID
) -> None:
    page = secretary.get(f"/conferences/{conference_id}/times?day=2026-11-24").text
    assert 'aria-current="date"' in page
    assert "free 08:00–16:00" in page
    assert "not at work 16:00–18:00" in page
    assert "08:00 met" in page
    assert "Requirements met" in page


def test_a_person_of_another_house_shows_only_that_they_are_busy(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        for person in (world.neurologist, world.requester):
            absence = Absence(
                person_id=person.id,
                kind=AbsenceKind.SICK,
                starts_at=datetime.fromisoformat(NINE),
                ends_at=datetime.fromisoformat(NINE) + timedelta(hours=2),
                recorded_at=NOW,
                withdrawn_at=None,
            )
            session.add(absence)
    people = [Wanted(person_ids=(one.id,)) for one in (world.neurologist, world.requester)]
    page = secretary.get(f"/conferences/{plan(sqlite_database, world, *people)}/times?day=2026-11-24").text
    assert page.count("absent 09:00–11:00") == 1
    assert page.count("busy 09:00–11:00") == 1
    assert "unknown 08:00–09:00" in page
    assert "no hours, no calendar" in page


def test_of_a_large_pool_a_few_people_are_shown_and_the_others_are_one_link_away(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        for number in range(8):
            name = ("Dr.", "Kim", f"Nord{'abcdefgh'[number]}")
            add_person(session, world.spoke, *name, Function.CONSULTANT, discipline=NEUROLOGY)
    url = f"/conferences/{plan(sqlite_database, world, Wanted(discipline=NEUROLOGY))}/times"
    page = secretary.get(url).text
    assert "Show 4 more people" in page
    assert "people=all" in page
    everybody = secretary.get(f"{url}?people=all").text
    assert everybody.count('aria-label="Dr. Kim') == 8


def test_a_chosen_time_is_marked_and_offered_to_invite_to(
    secretary: FlaskClient, conference_id: uuid.UUID
) -> None:
    page = secretary.get(f"/conferences/{conference_id}/times", query_string={"at": NINE}).text
    assert "09:00 met" in page
    assert re.search(rf'name="starts_at" value="{re.escape(NINE)}"', page)
    assert ">chosen<" in page


def test_a_time_that_does_not_fit_is_not_chosen_but_said(
    secretary: FlaskClient, conference_id: uuid.UUID
) -> None:
    night = "2026-11-24T02:00:00+00:00"
    page = secretary.get(f"/conferences/{conference_id}/times", query_string={"at": night}).text
    assert "does not fit, or no longer" in page


@pytest.mark.parametrize(
    "query", ["?day=never", "?day=1999-01-01", "?at=soon", "?day=2026-12-04", "?people=all"]
)
def test_whatever_stands_in_the_address_the_page_is_shown(
    secretary: FlaskClient, conference_id: uuid.UUID, query: str
) -> None:
    assert secretary.get(f"/conferences/{conference_id}/times{query}").status_code == 200


def test_without_a_time_the_page_says_why_and_what_would_help(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    """Line 33 of the failures of others: "No times available" without a reason."""
    conference_id = plan(sqlite_database, world, Wanted(discipline=NEUROLOGY, count=3))
    page = secretary.get(f"/conferences/{conference_id}/times").text
    assert "No time suits everybody" in page
    assert "needs 3 people, fewer are entered" in page
    assert "Invite to Mon" not in page


def test_a_plan_whose_days_are_over_asks_for_later_ones(
    secretary: FlaskClient, sqlite_database: Database, conference_id: uuid.UUID
) -> None:
    with sqlite_database.transaction() as session:
        conference = session.get_one(Conference, conference_id)
        conference.search_from_on = conference.search_until_on = date(2026, 11, 20)
    answer = secretary.get(f"/conferences/{conference_id}/times")
    assert answer.location == f"/conferences/{conference_id}/edit"
    assert "This day is over" in secretary.get(answer.location).text


# ---- the invitation ----


def test_everybody_is_invited_once_however_often_the_button_is_pressed(
    secretary: FlaskClient, sqlite_database: Database, conference_id: uuid.UUID
) -> None:
    """Line 11 of the failures of others: a retried POST books twice."""
    url = f"/conferences/{conference_id}/invitation"
    first, second = (secretary.post(url, data={"starts_at": NINE}) for _time in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert count(sqlite_database, Booking) == 1
    assert count(sqlite_database, OutboxMessage) == 1


def test_a_time_that_somebody_else_took_answers_409_with_the_next_best_ones(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    first, second = (
        plan(sqlite_database, world, Wanted(discipline=NEUROLOGY, count=2)) for _time in range(2)
    )
    book(sqlite_database, world, first)
    answer = secretary.post(f"/conferences/{second}/invitation", data={"starts_at": NINE})
    assert answer.status_code == 409
    assert "Somebody was faster" in answer.text
    assert "Best times" in answer.text
    assert "busy 09:00–09:45" in answer.text


def test_an_own_time_at_which_somebody_is_busy_needs_a_reason_and_both_sides_see_it(
    secretary: FlaskClient, sqlite_database: Database, world: World
) -> None:
    """Line 10 of the failures of others: staff cannot override a conflict knowingly, with a logged reason."""
    first, second = (
        plan(sqlite_database, world, Wanted(discipline=NEUROLOGY, count=2)) for _time in range(2)
    )
    booked = book(sqlite_database, world, first)
    values = {"day": "2026-11-24", "at": "09:00"}
    refused = secretary.post(f"/conferences/{second}/invitation", data=values)
    assert refused.status_code == 409
    assert "Not everybody is free then" in refused.text
    assert 'value="09:00"' in refused.text
    done = secretary.post(
        f"/conferences/{second}/invitation", data={**values, "override_reason": "Nur heute möglich"}
    )
    assert done.status_code == 303
    for page in (done.location, f"/bookings/{booked}"):
        assert "Nur heute möglich" in secretary.get(page).text


def test_who_may_not_overrule_is_refused(
    client: FlaskClient, world: World, sign_in: SignIn, conference_id: uuid.UUID
) -> None:
    sign_in(client, world.coordinator)
    page = client.get(f"/conferences/{conference_id}/times").text
    assert "override_reason" not in page
    values = {"starts_at": NINE, "override_reason": "Bitte"}
    assert client.post(f"/conferences/{conference_id}/invitation", data=values).status_code == 422


@pytest.mark.parametrize("values", [{}, {"starts_at": "soon"}, {"day": "2026-11-24"}, {"at": "09:00"}])
def test_what_is_no_time_is_refused_on_the_same_page(
    secretary: FlaskClient, sqlite_database: Database, conference_id: uuid.UUID, values: dict[str, str]
) -> None:
    answer = secretary.post(f"/conferences/{conference_id}/invitation", data=values)
    assert answer.status_code == 422
    assert "Find a time" in answer.text
    assert count(sqlite_database, Booking) == 0


def test_a_plan_is_dropped_twice_as_well_as_once(
    secretary: FlaskClient, sqlite_database: Database, conference_id: uuid.UUID
) -> None:
    for _time in range(2):
        assert secretary.post(f"/conferences/{conference_id}/withdrawal").location == "/conferences/"
    with sqlite_database.read() as session:
        assert session.get_one(Conference, conference_id).state is ConferenceState.CANCELLED


def test_a_dropped_plan_leads_back_to_the_list(secretary: FlaskClient, conference_id: uuid.UUID) -> None:
    secretary.post(f"/conferences/{conference_id}/withdrawal")
    for page in ("times", "edit"):
        assert secretary.get(f"/conferences/{conference_id}/{page}").location == "/conferences/"
    assert secretary.post(f"/conferences/{conference_id}/change", data=typed()).status_code == 409
    assert (
        secretary.post(f"/conferences/{conference_id}/invitation", data={"starts_at": NINE}).status_code
        == 409
    )


# ---- who may ----

PAGES = ("edit", "times")
CHANGES = ("change", "invitation", "withdrawal")


def test_a_planner_of_another_hospital_finds_nothing(
    client: FlaskClient, sqlite_database: Database, world: World, sign_in: SignIn, conference_id: uuid.UUID
) -> None:
    with sqlite_database.transaction() as session:
        stranger = add_person(session, world.stranger_site, "", "Karl", "Weiss", Function.SECRETARY)
    sign_in(client, stranger)
    answers = [client.get(f"/conferences/{conference_id}/{page}") for page in PAGES]
    answers += [
        client.post(f"/conferences/{conference_id}/{change}", data=typed(starts_at=NINE))
        for change in CHANGES
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert TITLE not in client.get("/conferences/").text


def test_another_function_may_not_plan(
    client: FlaskClient, world: World, sign_in: SignIn, conference_id: uuid.UUID
) -> None:
    sign_in(client, world.requester)
    answers = [client.get(f"/conferences/{conference_id}/{page}") for page in PAGES]
    answers += [client.post(f"/conferences/{conference_id}/{change}") for change in CHANGES]
    answers += [client.get("/conferences/new"), client.post("/conferences/", data=typed())]
    assert {answer.status_code for answer in answers} == {403}
