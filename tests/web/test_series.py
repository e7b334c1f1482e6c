"""Series over HTTP: the form, the dates before anybody is invited, changes of one, some and all of them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from confsched.db import Database
from confsched.domain.kinds import ConferenceState, HolidayRule
from confsched.models.bookings import Booking
from confsched.models.conferences import Conference
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.series import ConferenceSeries
from confsched.services import series
from confsched.services.series_drafts import SeriesDraft
from tests.support.web import SignIn
from tests.world import NEUROLOGY, NOW, World, book, local

TITLE = "Tumour board thorax"
THURSDAYS = "FREQ=WEEKLY;BYDAY=TH;WKST=MO"
FIRST = date(2026, 11, 26)


@pytest.fixture
def secretary(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.secretary)
    return client


def draft(world: World, **changes: Any) -> SeriesDraft:
    base = SeriesDraft(
        TITLE,
        THURSDAYS,
        FIRST,
        date(2027, 1, 14),
        time(15),
        45,
        world.neurologist.id,
        member_ids=(world.requester.id,),
        holiday_rule=HolidayRule.MOVE,
    )
    return replace(base, **changes)


@pytest.fixture
def series_id(sqlite_database: Database, world: World) -> uuid.UUID:
    with sqlite_database.transaction() as session:
        return series.create(session, world.actor(world.secretary), draft(world), now=NOW, key="made").id


def typed(world: World, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "title": TITLE,
        "kind": "case_conference",
        "pattern": "weekly",
        "weekdays": ["3"],
        "interval_weeks": "1",
        "first_on": "2026-11-26",
        "until_on": "2027-01-14",
        "starts_at_local": "15:00",
        "duration_minutes": "45",
        "holiday_rule": "move",
        "chair_id": str(world.neurologist.id),
        "deputy_id": "",
        "person_ids": [str(world.requester.id)],
        "discipline_0": NEUROLOGY,
        "count_0": "1",
        "specialist_0": "y",
        "partner_ids": [str(world.spoke.id)],
        "cutoff_hours": "24",
        "late_rule": "chair_approves",
        "standard_care": "listed",
        "retime_minutes": "5",
        "form_key": "one-key",
    }
    return {**values, **changes}


def count(database: Database, model: type[Any]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count(model.id))) or 0


def mark_in(answer: TestResponse) -> str:
    found = re.search(r'name="seen" value="(\w+)"', answer.text)
    assert found, "the dates carry a mark"
    return found[1]


def dates_of(database: Database, series_id: uuid.UUID) -> list[tuple[uuid.UUID, ConferenceState]]:
    query = select(Conference.id, Conference.state).where(Conference.series_id == series_id)
    with database.read() as session:
        return [(row.id, row.state) for row in session.execute(query.order_by(Conference.occurs_at))]


# ---- a new one ----


def test_the_form_offers_rules_in_words_and_the_people_of_the_network(secretary: FlaskClient) -> None:
    page = secretary.get("/series/new").text
    assert "monthly, such as on the second Wednesday" in page
    assert "on the last working day of the month" in page
    found = secretary.post("/series/", data={"action": "search", "person_text": "Okaf"})
    assert found.status_code == 200
    assert "Dr. Jana Okafor, neurology, Wendstadt" in found.text


def test_the_dates_are_shown_first_and_nothing_is_booked(
    secretary: FlaskClient, world: World, sqlite_database: Database
) -> None:
    answer = secretary.post("/series/", data=typed(world, action="look"))
    assert answer.status_code == 200
    assert "Nobody is taken on any of the dates." in answer.text
    assert answer.text.count(f"{world.requester.name}: not known") == 8  # no hours are on record
    assert count(sqlite_database, ConferenceSeries) == 0


def test_a_series_is_booked_with_one_invitation_each(
    secretary: FlaskClient, world: World, sqlite_database: Database
) -> None:
    seen = mark_in(secretary.post("/series/", data=typed(world, action="look")))
    answer = secretary.post("/series/", data=typed(world, action="save", seen=seen))
    assert answer.status_code == 303
    with sqlite_database.read() as session:
        row = session.scalars(select(ConferenceSeries)).one()
        assert answer.location == f"/series/{row.id}?made=1"
        assert [one.discipline for one in row.requirements] == [NEUROLOGY]
        assert len(list(session.scalars(select(OutboxMessage)))) == 2
    page = secretary.get(answer.location).text
    assert "All dates are booked." in page
    assert "weekly: Thursday" in page


def test_the_form_sent_twice_makes_one_series(
    secretary: FlaskClient, world: World, sqlite_database: Database
) -> None:
    """Line 11 of the failures of others: a retried POST books twice."""
    places = {secretary.post("/series/", data=typed(world, action="save")).location for _time in range(2)}
    assert len(places) == 1
    assert count(sqlite_database, ConferenceSeries) == 1
    assert count(sqlite_database, Booking) == 8


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title": "Muster, Hans *12.3.51"}, "title", None),
        ({"title": ""}, "title", "Give the conference a title"),
        ({"weekdays": []}, "weekdays", "Choose at least one weekday."),
        ({"pattern": "month_day", "month_day": "31"}, "month_day", "Choose a day from 1 to 28"),
        ({"until_on": "2026-11-01"}, "until_on", "must not be before the first"),
        ({"until_on": "2030-11-01"}, "until_on", "A series ends within 2 years"),
        ({"first_on": "2026-11-19"}, "first_on", "This day is over"),
        ({"first_on": "9999-12-31", "until_on": "9999-12-31"}, "first_on", "a year of four digits"),
        ({"first_on": "0001-01-01", "until_on": "0001-01-07"}, "first_on", "a year of four digits"),
        ({"interval_weeks": "9" * 30}, "interval_weeks", "Choose every week"),
        ({"starts_at_local": "later"}, "starts_at_local", "Choose a time of day"),
        ({"duration_minutes": "7"}, "duration_minutes", "Choose a length"),
        ({"chair_id": ""}, "chair_id", "Say who chairs"),
        ({"discipline_0": "alchemy"}, "discipline_0", "Choose a discipline from the list."),
        ({"count_0": "0"}, "discipline_0", "Ask for 1 to 20 people."),
        ({"join_link": "http://video"}, "join_link", "starts with https://"),
        ({"resource_id": "00000000-0000-4000-8000-000000000000"}, "resource_id", "Choose a room"),
        ({"cutoff_hours": "9999"}, "cutoff_hours", "Choose a number from 0"),
        ({"person_ids": [str(uuid.uuid4())]}, "person_ids", "no longer in the network"),
    ],
)
def test_a_wrong_entry_is_said_at_its_field_and_kept(
    secretary: FlaskClient,
    world: World,
    sqlite_database: Database,
    changes: dict[str, object],
    field: str,
    sentence: str | None,
) -> None:
    answer = secretary.post("/series/", data=typed(world, action="look", **changes))
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert sentence is None or sentence in answer.text
    assert 'value="2026-11-26"' in answer.text or "first_on" in changes
    assert count(sqlite_database, ConferenceSeries) == 0


def test_everything_that_is_wrong_is_said_at_once(secretary: FlaskClient, world: World) -> None:
    answer = secretary.post(
        "/series/", data=typed(world, action="save", title="", chair_id="", join_link="x")
    )
    assert answer.status_code == 422
    assert all(f'href="#{field}"' in answer.text for field in ("title", "chair_id", "join_link"))


def test_who_is_taken_is_named_and_left_out_or_overruled(
    secretary: FlaskClient, world: World, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        booked = book(session, world, local(FIRST, time(15)))
        taken = next(p.person for p in booked.participations if p.person_id != world.requester.id)
    free = next(one for one in (world.neurologist, world.second_neurologist) if one.id != taken.id)
    chaired = typed(world, chair_id=str(taken.id), deputy_id=str(free.id))
    looked = secretary.post("/series/", data={**chaired, "action": "look"})
    assert "On 1 date somebody or the room is taken." in looked.text
    assert f"<b>{taken.name}</b>: already booked" in looked.text
    seen = mark_in(looked)
    undecided = secretary.post("/series/", data={**chaired, "action": "save", "seen": seen})
    assert undecided.status_code == 409
    no_reason = {**chaired, "action": "save", "seen": seen, "solution": "overrule"}
    assert "Give a reason" in secretary.post("/series/", data=no_reason).text
    left_out = {**chaired, "action": "save", "seen": seen, "solution": "leave_out"}
    assert secretary.post("/series/", data=left_out).status_code == 303
    assert count(sqlite_database, ConferenceSeries) == 1


def test_a_conflict_that_comes_meanwhile_shows_the_same_dates_again(
    secretary: FlaskClient, world: World, sqlite_database: Database
) -> None:
    seen = mark_in(secretary.post("/series/", data=typed(world, action="look")))
    with sqlite_database.transaction() as session:
        book(session, world, local(FIRST, time(15)))
    answer = secretary.post("/series/", data=typed(world, action="save", seen=seen, solution="leave_out"))
    assert answer.status_code == 409
    assert "Something has come between meanwhile." in answer.text
    assert mark_in(answer) != seen
    assert count(sqlite_database, ConferenceSeries) == 0


def test_a_time_in_the_hour_of_a_clock_change_is_shown_and_cannot_be_booked(
    secretary: FlaskClient, world: World
) -> None:
    night = typed(world, weekdays=["6"], starts_at_local="02:30", until_on="2027-04-30")
    looked = secretary.post("/series/", data={**night, "action": "look"})
    assert "no such hour" in looked.text
    assert 'value="save"' not in looked.text
    assert secretary.post("/series/", data={**night, "action": "save"}).status_code == 422


def test_a_weekday_is_proposed_with_its_reason_and_taken_over(secretary: FlaskClient, world: World) -> None:
    answer = secretary.post("/series/", data=typed(world, action="weekdays"))
    assert "Everybody is free in" in answer.text
    taken = secretary.post("/series/", data=typed(world, action="take-1-09:30"))
    assert 'value="09:30"' in taken.text
    assert re.search(r'<input checked id="weekdays-1"[^>]*value="1"', taken.text)


def test_a_series_needs_the_right_to_run_conferences(
    client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    sign_in(client, world.requester)
    assert client.get("/series/new").status_code == 403
    assert client.post("/series/", data=typed(world, action="save")).status_code == 403


# ---- one that stands ----


def test_the_list_costs_as_many_queries_for_many_as_for_one(
    secretary: FlaskClient, world: World, sqlite_database: Database, series_id: uuid.UUID
) -> None:
    assert secretary.get(f"/series/{series_id}").status_code == 200
    counts = [_queries(secretary, sqlite_database, "/series/")]
    with sqlite_database.transaction() as session:
        for number in range(4):
            other = draft(world, starts_at_local=time(9 + number))
            series.create(session, world.actor(world.secretary), other, now=NOW, key=f"more-{number}")
    counts.append(_queries(secretary, sqlite_database, "/series/"))
    assert counts[0] == counts[1]


def test_the_page_of_a_series_costs_as_many_queries_for_many_dates(
    secretary: FlaskClient, world: World, sqlite_database: Database, series_id: uuid.UUID
) -> None:
    with sqlite_database.transaction() as session:
        long = draft(world, rule="FREQ=WEEKLY;BYDAY=MO;WKST=MO", until_on=date(2027, 9, 30))
        other = series.create(session, world.actor(world.secretary), long, now=NOW, key="long").id
    counts = [_queries(secretary, sqlite_database, f"/series/{one}") for one in (series_id, other)]
    assert counts[0] == counts[1]


def _queries(client: FlaskClient, database: Database, path: str) -> int:
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    assert client.get(path).status_code == 200
    event.remove(database.engine, "before_cursor_execute", note)
    return len(statements)


def test_all_dates_are_looked_at_then_changed(
    secretary: FlaskClient, world: World, sqlite_database: Database, series_id: uuid.UUID
) -> None:
    assert 'value="15:00"' in secretary.get(f"/series/{series_id}/edit").text
    changes = typed(world, starts_at_local="14:00")
    looked = secretary.post(f"/series/{series_id}/changes", data={**changes, "action": "look"})
    assert looked.status_code == 200
    answer = secretary.post(
        f"/series/{series_id}/changes", data={**changes, "action": "save", "seen": mark_in(looked)}
    )
    assert answer.location == f"/series/{series_id}"
    with sqlite_database.read() as session:
        hours = {row.starts_at.hour for row in session.scalars(select(Booking))}
    assert hours == {13}


def test_one_date_and_those_after_it_go_over_to_a_new_series(
    secretary: FlaskClient, world: World, sqlite_database: Database, series_id: uuid.UUID
) -> None:
    since = dates_of(sqlite_database, series_id)[3][0]
    assert "earlier ones stay" in secretary.get(f"/series/{series_id}/edit?since={since}").text
    changes = typed(world, weekdays=["2"], since=str(since), action="save")
    answer = secretary.post(f"/series/{series_id}/changes", data=changes)
    assert answer.status_code == 303
    new_id = uuid.UUID(answer.location.rpartition("/")[2])
    assert new_id != series_id
    assert len(dates_of(sqlite_database, series_id)) == 3
    assert dates_of(sqlite_database, new_id)[0][0] == since


def test_one_date_is_moved_and_another_called_off(
    secretary: FlaskClient, sqlite_database: Database, series_id: uuid.UUID
) -> None:
    (moved, _), (off, _), *_rest = dates_of(sqlite_database, series_id)
    assert secretary.get(f"/series/dates/{moved}").status_code == 200
    when = {"day": "2026-11-27", "at": "14:00"}
    for _time in range(2):
        assert secretary.post(f"/series/dates/{moved}/move", data=when).status_code == 303
        assert secretary.post(f"/series/dates/{off}/cancellation").status_code == 303
    assert [state for _, state in dates_of(sqlite_database, series_id)][:2] == [
        ConferenceState.REGISTRATION_OPEN,
        ConferenceState.CANCELLED,
    ]
    page = secretary.get(f"/series/{series_id}").text
    assert "instead of" in page
    assert f'href="/series/{series_id}"' in secretary.get(f"/conferences/{moved}").text
    past = secretary.post(f"/series/dates/{moved}/move", data={"day": "2026-11-20", "at": "14:00"})
    assert past.status_code == 422
    assert secretary.post(f"/series/dates/{moved}/move", data={"day": ""}).status_code == 422
    assert secretary.post(f"/series/dates/{off}/move", data=when).status_code == 409


def test_the_series_is_called_off_on_a_page_that_names_it(
    secretary: FlaskClient, sqlite_database: Database, series_id: uuid.UUID
) -> None:
    page = secretary.get(f"/series/{series_id}/end").text
    assert f"Call off “{TITLE}”?" in page
    assert "8 dates to come are called off." in page
    refused = secretary.post(f"/series/{series_id}/cancellation", data={"reason": "Hans Muster *12.3.1951"})
    assert refused.status_code == 422
    for _time in range(2):
        assert secretary.post(f"/series/{series_id}/cancellation").status_code == 303
    assert {state for _, state in dates_of(sqlite_database, series_id)} == {ConferenceState.CANCELLED}
    assert "This series was called off" in secretary.get(f"/series/{series_id}").text


def test_a_date_of_another_series_is_no_date_to_change_from(
    secretary: FlaskClient, world: World, sqlite_database: Database, series_id: uuid.UUID
) -> None:
    with sqlite_database.transaction() as session:
        other = draft(world, rule="FREQ=WEEKLY;BYDAY=MO;WKST=MO")
        other_id = series.create(session, world.actor(world.secretary), other, now=NOW, key="other").id
    foreign = dates_of(sqlite_database, other_id)[0][0]
    assert secretary.get(f"/series/{series_id}/edit?since={foreign}").status_code == 404


@pytest.mark.parametrize(
    ("who", "sees", "changes"),
    [
        (lambda world: world.neurologist, 200, 200),  # chairs it
        (lambda world: world.requester, 200, 404),  # belongs to it
        (lambda world: world.stranger, 404, 404),
    ],
)
def test_members_see_a_series_its_desk_changes_it_and_strangers_find_nothing(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    sqlite_database: Database,
    series_id: uuid.UUID,
    who: Callable[[World], Person],
    sees: int,
    changes: int,
) -> None:
    sign_in(client, who(world))
    date_id = dates_of(sqlite_database, series_id)[0][0]
    assert client.get(f"/series/{series_id}").status_code == sees
    assert client.get("/series/").text.count(TITLE) == (sees == 200)
    pages = (f"/series/{series_id}/edit", f"/series/{series_id}/end", f"/series/dates/{date_id}")
    assert [client.get(page).status_code for page in pages] == [changes] * 3
    if changes == 404:
        posts = (f"/series/{series_id}/changes", f"/series/{series_id}/cancellation")
        more = (f"/series/dates/{date_id}/move", f"/series/dates/{date_id}/cancellation")
        when = {"day": "2026-11-27", "at": "14:00"}
        assert {client.post(one, data=when).status_code for one in (*posts, *more)} == {404}
