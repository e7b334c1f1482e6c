"""Swaps over HTTP: they work, strangers, wrong functions, wrong input, twice."""

from __future__ import annotations

import uuid
from datetime import date, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.kinds import SwapState
from confsched.domain.rosters import duty_span
from confsched.models.audit import AuditEvent
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.swaps import DutySwap
from confsched.services import rosters
from confsched.services.who_is_on import who_is_on
from tests.support.web import SignIn
from tests.world import NOW, ZONE, World

NIGHT = duty_span(date(2026, 11, 24), time(22), time(6), ZONE)


def give(database: Database, world: World, person: Person, span: Span = NIGHT) -> uuid.UUID:
    with database.transaction() as session:
        line, holder = session.get_one(DutyLine, world.line.id), session.get_one(Person, person.id)
        return rosters.record_duties(session, None, line, [(holder, span)], now=NOW, origin="plan")[0].id


@pytest.fixture
def duty_id(sqlite_database: Database, world: World) -> uuid.UUID:
    return give(sqlite_database, world, world.neurologist)


@pytest.fixture
def me(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    sign_in(client, world.neurologist)
    return client


def browser_of(me: FlaskClient, sign_in: SignIn, person: Person) -> FlaskClient:
    other = me.application.test_client()
    sign_in(other, person)
    return other


def ask(client: FlaskClient, duty_id: uuid.UUID, **typed: object) -> str:
    data = {"form_key": "k", "duty_id": str(duty_id), **typed}
    answer = client.post("/swaps/", data=data)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def swaps_of(database: Database) -> list[DutySwap]:
    with database.read() as session:
        return list(session.scalars(select(DutySwap)))


def test_a_duty_is_given_away_taken_and_approved(
    me: FlaskClient, sign_in: SignIn, world: World, duty_id: uuid.UUID, sqlite_database: Database
) -> None:
    assert f"/swaps/new?duty={duty_id}" in me.get("/swaps/").text
    form = me.get(f"/swaps/new?duty={duty_id}").text
    assert 'value="2026-11-24T22:00"' in form
    assert "Dr. Tom Brandt" in form
    page = ask(me, duty_id, starts_at="2026-11-24T22:00", ends_at="2026-11-25T06:00")
    taker, secretary = (browser_of(me, sign_in, one) for one in (world.second_neurologist, world.secretary))
    assert page in taker.get("/swaps/").text
    assert "Take it" in taker.get(page).text
    assert "Take it" not in me.get(page).text
    assert taker.post(f"{page}/acceptance").status_code == 303
    assert "Waits for my approval" in secretary.get("/swaps/").text
    assert "Approve" in secretary.get(page).text
    assert secretary.post(f"{page}/approval").status_code == 303
    assert "changed hands" in me.get(page).text
    with sqlite_database.read() as session:
        on = who_is_on(session, NIGHT.starts_at, line_id=world.line.id)
    assert [one.name for one in on] == ["Dr. Tom Brandt"]


def test_a_part_is_asked_for_in_the_readers_zone(
    me: FlaskClient, duty_id: uuid.UUID, sqlite_database: Database
) -> None:
    ask(me, duty_id, starts_at="2026-11-25T00:00", ends_at="2026-11-25T06:00")
    (swap,) = swaps_of(sqlite_database)
    assert swap.starts_at == NIGHT.starts_at + timedelta(hours=2)


def test_the_first_click_may_show_what_follows_and_asks_nobody(
    me: FlaskClient, world: World, duty_id: uuid.UUID, sqlite_database: Database
) -> None:
    rest = Span(NIGHT.ends_at + timedelta(hours=2), NIGHT.ends_at + timedelta(hours=4))
    give(sqlite_database, world, world.second_neurologist, rest)
    data = {"form_key": "k", "duty_id": str(duty_id), "action": "check", "note": "Wedding"}
    data["to_person_id"] = str(world.second_neurologist.id)
    answer = me.post("/swaps/", data=data)
    assert answer.status_code == 200
    assert "Rest of 2 h instead of 11 h" in answer.text
    assert 'value="Wedding"' in answer.text
    assert swaps_of(sqlite_database) == []


def test_an_exchange_names_the_duty_in_return(
    me: FlaskClient, sign_in: SignIn, world: World, duty_id: uuid.UUID, sqlite_database: Database
) -> None:
    thursday = duty_span(date(2026, 11, 26), time(22), time(6), ZONE)
    back = give(sqlite_database, world, world.second_neurologist, thursday)
    assert str(back) in me.get(f"/swaps/new?duty={duty_id}").text
    page = ask(me, duty_id, in_return_id=str(back))
    assert "In return" in browser_of(me, sign_in, world.second_neurologist).get(page).text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"starts_at": "2026-11-24T20:00"}, "The duty begins later"),
        ({"starts_at": "rubbish"}, "Choose a day and a time."),
        ({"ends_at": "2026-11-25T09:00"}, "The duty ends earlier"),
        ({"ends_at": "9999-11-25T09:00"}, "year of four digits"),
        ({"to_person_id": "rubbish"}, "Choose one from the list."),
        ({"in_return_id": str(uuid.UUID(int=5))}, "Choose a duty to come"),
        ({"note": "x" * 201}, "at most 200 characters"),
        ({"note": "Herr Testmann, geb. 01.02.1950"}, "looks like"),
    ],
)
def test_wrong_input_is_named_and_kept(
    me: FlaskClient, duty_id: uuid.UUID, typed: dict[str, str], said: str, sqlite_database: Database
) -> None:
    for action in ("ask", "check"):
        data = {"form_key": "k", "duty_id": str(duty_id), "action": action, **typed}
        if (action, "note") == ("check", next(iter(typed))):
            continue  # only asking writes the note
        answer = me.post("/swaps/", data=data)
        assert answer.status_code == 422
        assert said in answer.text
    assert swaps_of(sqlite_database) == []


def test_a_form_sent_twice_leads_to_the_same_swap(me: FlaskClient, duty_id: uuid.UUID) -> None:
    """Line 11."""
    assert ask(me, duty_id) == ask(me, duty_id)


def test_the_second_taker_is_told_that_a_colleague_was_faster(
    me: FlaskClient, sign_in: SignIn, world: World, duty_id: uuid.UUID, sqlite_database: Database
) -> None:
    """Line 6."""
    page = ask(me, duty_id)
    with sqlite_database.transaction() as session:
        swap = session.get_one(DutySwap, uuid.UUID(page.rpartition("/")[2]))
        swap.state, swap.taken_by_id, swap.taken_at = SwapState.ACCEPTED, world.secretary.id, NOW
    answer = browser_of(me, sign_in, world.second_neurologist).post(f"{page}/acceptance")
    assert answer.status_code == 409
    assert "A colleague was faster" in answer.text


def test_yes_and_no_sent_twice_are_harmless(
    me: FlaskClient, sign_in: SignIn, world: World, duty_id: uuid.UUID
) -> None:
    page = ask(me, duty_id, to_person_id=str(world.second_neurologist.id))
    taker = browser_of(me, sign_in, world.second_neurologist)
    assert [taker.post(f"{page}/acceptance").status_code for _ in "ab"] == [303, 303]
    assert [taker.post(f"{page}/decline").status_code for _ in "ab"] == [303, 303]
    assert "declined" in me.get(page).text


def test_a_rejection_needs_no_reason_and_keeps_a_long_one_for_correction(
    me: FlaskClient, sign_in: SignIn, world: World, duty_id: uuid.UUID
) -> None:
    page = ask(me, duty_id)
    browser_of(me, sign_in, world.second_neurologist).post(f"{page}/acceptance")
    secretary = browser_of(me, sign_in, world.secretary)
    long = secretary.post(f"{page}/rejection", data={"reason": "y" * 201})
    assert (long.status_code, "y" * 201 in long.text) == (422, True)
    assert secretary.post(f"{page}/rejection", data={"reason": "Course"}).status_code == 303
    assert "Course" in me.get(page).text


def test_a_stranger_finds_neither_duty_nor_swap(
    me: FlaskClient, sign_in: SignIn, world: World, duty_id: uuid.UUID
) -> None:
    page = ask(me, duty_id)
    for person in (world.stranger, world.requester):
        stranger = browser_of(me, sign_in, person)
        assert stranger.get(page).status_code == 404
        assert stranger.get(f"/swaps/new?duty={duty_id}").status_code == 404
        assert stranger.post("/swaps/", data={"duty_id": str(duty_id)}).status_code == 404
        for move in ("acceptance", "decline", "withdrawal", "approval", "rejection"):
            assert stranger.post(f"{page}/{move}").status_code == 404


def test_who_gives_cannot_approve_or_take(me: FlaskClient, duty_id: uuid.UUID) -> None:
    page = ask(me, duty_id)
    assert me.post(f"{page}/acceptance").status_code == 422
    assert me.post(f"{page}/approval").status_code == 409
    assert me.post(f"{page}/withdrawal").status_code == 303
    assert "withdrawn" in me.get(page).text


def test_cover_for_a_gap_is_asked_from_the_list_of_gaps(
    me: FlaskClient, sign_in: SignIn, world: World, sqlite_database: Database
) -> None:
    secretary = browser_of(me, sign_in, world.secretary)
    gap = {"starts_at": NIGHT.starts_at.isoformat(), "ends_at": NIGHT.ends_at.isoformat()}
    data = {"form_key": "k", "line_id": str(world.line.id), **gap}
    answers = [secretary.post("/swaps/cover", data=data) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [303, 303]
    (swap,) = swaps_of(sqlite_database)
    assert (swap.from_person_id, swap.to_person_id) == (None, None)
    assert me.post(f"/swaps/{swap.id}/acceptance").status_code == 303
    with sqlite_database.read() as session:
        on = who_is_on(session, NIGHT.starts_at, line_id=world.line.id)
    assert [one.name for one in on] == ["Dr. Jana Okafor"]


@pytest.mark.parametrize("left_out", ["line_id", "starts_at", "ends_at", "form_key"])
def test_half_a_request_for_cover_is_refused(
    client: FlaskClient, sign_in: SignIn, world: World, left_out: str
) -> None:
    sign_in(client, world.secretary)
    gap = {"starts_at": NIGHT.starts_at.isoformat(), "ends_at": NIGHT.ends_at.isoformat()}
    data = {"form_key": "k", "line_id": str(world.line.id), **gap}
    del data[left_out]
    assert client.post("/swaps/cover", data=data).status_code in (409, 422)
    backwards = {**data, "form_key": "k", "starts_at": gap["ends_at"], "ends_at": gap["starts_at"]}
    assert client.post("/swaps/cover", data=backwards).status_code == 422


def test_cover_is_asked_for_by_who_edits_the_roster(me: FlaskClient) -> None:
    assert me.post("/swaps/cover").status_code == 403


def test_the_day_of_who_is_asked_begins_with_it(
    me: FlaskClient, sign_in: SignIn, world: World, duty_id: uuid.UUID
) -> None:
    page = ask(me, duty_id)
    taker = browser_of(me, sign_in, world.second_neurologist)
    assert page in taker.get("/").text
    assert page not in me.get("/").text
    taker.post(f"{page}/acceptance")
    assert page in browser_of(me, sign_in, world.secretary).get("/").text
    assert page not in taker.get("/").text


def test_what_is_over_shows_that_nobody_answered(
    me: FlaskClient, duty_id: uuid.UUID, sqlite_database: Database
) -> None:
    page = ask(me, duty_id)
    with sqlite_database.transaction() as session:
        for row in (session.scalars(select(DutySwap)).one(), session.get_one(Duty, duty_id)):
            row.starts_at, row.ends_at = NOW - timedelta(hours=9), NOW - timedelta(hours=1)
    text = me.get(page).text
    assert "Nobody answered in time" in text
    assert "ran out" in me.get("/swaps/").text


def test_the_secretary_finds_a_duty_of_somebody_else_and_proposes_who_takes_it(
    me: FlaskClient, sign_in: SignIn, world: World, duty_id: uuid.UUID, sqlite_database: Database
) -> None:
    secretary = browser_of(me, sign_in, world.secretary)
    assert 'href="/swaps/others"' in secretary.get("/swaps/").text
    giver = world.neurologist
    assert f'<option value="{giver.id}">' in secretary.get("/swaps/others").text
    page = secretary.get(f"/swaps/others?person={giver.id}").text
    assert f"/swaps/new?duty={duty_id}" in page
    ask(secretary, duty_id, to_person_id=str(world.second_neurologist.id))
    with sqlite_database.read() as session:
        messages = list(session.scalars(select(OutboxMessage)))
        events = list(session.scalars(select(AuditEvent.action)))
    assert {message.recipient_id for message in messages} == {giver.id, world.second_neurologist.id}
    assert "propose_swap" in events


def test_a_person_who_is_not_in_the_list_is_named_as_such(
    me: FlaskClient, sign_in: SignIn, world: World, duty_id: uuid.UUID
) -> None:
    secretary = browser_of(me, sign_in, world.secretary)
    page = secretary.get(f"/swaps/others?person={world.stranger.id}").text
    assert 'id="person-error"' in page and str(duty_id) not in page
    assert me.get("/swaps/others").status_code == 403
    assert "Propose a swap for others" not in me.get("/swaps/").text
