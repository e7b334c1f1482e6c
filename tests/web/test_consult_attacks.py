"""Attacks on the teleconsult: old links, changed services, foreign hands, and words that must not leave."""

from __future__ import annotations

import uuid
from datetime import date, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.bookings import BookingState
from confsched.domain.kinds import ConsultState, QuestionAnswer
from confsched.errors import Conflict, Refusal
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.consults import Consult
from confsched.models.people import Membership
from confsched.services import (
    bookings,
    conferences,
    consult_times,
    holds,
    questions,
    seats,
    triage,
    waiting_line,
    waitlist,
)
from confsched.services.conferences import Draft, Wanted
from confsched.services.questions import NoQuestion
from tests.support.questions import ask_about, make_unknown, token_for
from tests.support.web import SignIn
from tests.world import NEUROLOGY, NOW, World, add_agreement, add_service, ask, book, local

TUESDAY = date(2026, 11, 24)
NINE, TEN = local(TUESDAY, time(9)), local(TUESDAY, time(10))
LATE = local(date(2026, 12, 1), time(10))
HOUR = timedelta(hours=1)
YES, NO = QuestionAnswer.YES, QuestionAnswer.NO


def _confirmed(session: Session, world: World, consult: Consult) -> None:
    actor = world.actor(world.requester)
    consult_times.hold(session, actor, consult, TEN, now=NOW)
    assert questions.confirm(session, actor, consult, now=NOW) is None


def _asked_of(consult: Consult) -> uuid.UUID:
    assert consult.hold is not None
    [unknown] = holds.unknown_in(consult.hold)
    return unknown


def test_after_one_said_no_the_yes_of_the_next_books_the_same_time(
    sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        both = {one.id: one for one in (world.neurologist, world.second_neurologist)}
        make_unknown(session, *both.values())
        consult = ask(session, world)
        _confirmed(session, world, consult)
        first = _asked_of(consult)
        old = token_for(session, both[first])
        questions.answer(session, old, NO, now=NOW)
        _confirmed(session, world, consult)
        second = _asked_of(consult)
        assert first != second
        for given in (YES, NO):
            with pytest.raises(NoQuestion):
                questions.answer(session, old, given, now=NOW)
        questions.answer(session, token_for(session, both[second]), YES, now=NOW)
        assert consult.state is ConsultState.BOOKED


def _shared(session: Session, world: World) -> tuple[Booking, list[Consult]]:
    """Return a meeting with two seats taken, of a service that has then got one seat only."""
    service = session.get_one(Service, world.service.id)
    service.seats = 3
    booking = book(session, world, LATE)
    second = ask(session, world, "key-2", by=world.second_requester, case_ref="FK-2XXX")
    actor = world.actor(world.second_requester)
    consult_times.hold_seat(session, actor, second, booking.id, now=NOW)
    consult_times.book(session, actor, second, now=NOW)
    service.seats = 1
    session.flush()
    session.expire_all()
    first = session.scalars(
        select(Consult).where(Consult.booking_id == booking.id, Consult.id != second.id)
    ).one()
    return booking, [first, second]


def test_a_shared_meeting_is_not_moved_for_one_when_the_service_is_no_longer_shared(
    sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        _, (first, _second) = _shared(session, world)
        assert not waiting_line.may_wait(first, NOW)


def test_a_seat_is_given_back_also_when_the_service_is_no_longer_shared(
    sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        booking, (first, second) = _shared(session, world)
        seats.leave(session, world.actor(world.requester), first.id, now=NOW)
        assert (first.state, second.state) == (ConsultState.CANCELLED, ConsultState.BOOKED)
        assert booking.state is BookingState.BOOKED


def test_last_out_while_somebody_holds_a_seat_leaves_no_meeting_of_nobody(
    sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        session.get_one(Service, world.service.id).seats = 3
        booking = book(session, world, LATE)
        first = session.scalars(select(Consult).where(Consult.booking_id == booking.id)).one()
        second = ask(session, world, "key-2", by=world.second_requester, case_ref="FK-2XXX")
        actor = world.actor(world.second_requester)
        consult_times.hold_seat(session, actor, second, booking.id, now=NOW)
        seats.leave(session, world.actor(world.requester), first.id, now=NOW)
        assert booking.state is BookingState.CANCELLED
        with pytest.raises(Refusal):
            consult_times.book(session, actor, second, now=NOW)
        consult_times.release(session, actor, second, now=NOW)
        consult_times.hold(session, actor, second, LATE, now=NOW)


def test_who_is_passed_on_waits_no_longer_in_the_line_of_the_former_service(
    sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        service = session.get_one(Service, world.service.id)
        service.needs_triage = True
        other = add_service(session, service.site, name="Epilepsy")
        add_agreement(session, other, world.spoke)
        consult = ask(session, world)
        consult.state = ConsultState.TRIAGED
        waitlist.join(session, world.actor(world.requester), consult, now=NOW)
        triage.redirect(session, world.actor(world.neurologist), consult, other.id, "Better.", now=NOW)
        assert waitlist.find_place(session, consult) is None


def test_who_has_left_the_house_answers_no_question(sqlite_database: Database, world: World) -> None:
    with sqlite_database.transaction() as session:
        consult = ask_about(session, world, TEN)
        token = token_for(session, world.neurologist)
        left = select(Membership).where(Membership.person_id == world.neurologist.id)
        session.scalars(left).one().valid_until = date(2026, 11, 1)
        with pytest.raises(NoQuestion):
            questions.answer(session, token, YES, now=NOW)
        assert consult.state is ConsultState.HELD


def test_a_planner_asks_only_for_a_time_that_the_meeting_could_have(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    draft = Draft("Board", 30, TUESDAY, TUESDAY + timedelta(days=3), (Wanted(discipline=NEUROLOGY),))
    with sqlite_database.transaction() as session:
        planned = conferences.plan(session, world.actor(world.secretary), draft, now=NOW, key="key-1")
        path = f"/conferences/{planned.id}/questions"
    sign_in(client, world.secretary)
    for starts_at, ends_at in ((TEN, TEN + 9000 * HOUR), (TEN, TEN + HOUR / 60), (TEN + 9000 * HOUR,) * 2):
        times = {"starts_at": starts_at.isoformat(), "ends_at": (ends_at + HOUR / 60).isoformat()}
        form = {**times, "person_id": str(world.neurologist.id)}
        assert client.post(path, data=form).status_code == 404


@pytest.mark.parametrize("action", ["remove-²", "remove-" + "9" * 5000, "up--1", "find-٣", "down-"])
def test_no_button_of_a_row_breaks_the_editor(
    client: FlaskClient, world: World, sign_in: SignIn, action: str
) -> None:
    sign_in(client, world.admin)
    assert client.post("/services/", data={"action": action}).status_code == 422


def test_names_of_services_are_one_line_and_links_name_a_host(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    sign_in(client, world.admin)
    form = {
        "name": "A\r\nBcc: x@elsewhere.example\x1b\u202e\u2028B",
        "discipline": NEUROLOGY,
        "site_id": str(world.hub.id),
        "needs": "0",
        "need-0-kind": "discipline",
        "need-0-discipline": NEUROLOGY,
        "need-0-count": "1",
        "is_open": "y",
    }
    for link in ("https://", "https://[x", "https://name:word@video.example", "https:video"):
        answer = client.post("/services/", data={**form, "join_base": link, "form_key": link})
        assert (answer.status_code, 'id="join_base-error"' in answer.text) == (422, True)
    assert client.post("/services/", data={**form, "form_key": "last"}).status_code == 303
    with sqlite_database.read() as session:
        assert "A Bcc: x@elsewhere.example B" in set(session.scalars(select(Service.name)))


def test_the_seat_of_a_meeting_that_has_moved_can_be_held_anew(
    sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        session.get_one(Service, world.service.id).seats = 3
        booking = book(session, world, LATE)
        consult = ask(session, world, "key-2", by=world.second_requester, case_ref="FK-2XXX")
        actor = world.actor(world.second_requester)
        consult_times.hold_seat(session, actor, consult, booking.id, now=NOW)
        organiser = next(one for one in world.actors.values() if one.person_id == booking.organiser_id)
        bookings.move(session, organiser, booking, LATE + HOUR, now=NOW)
        with pytest.raises(Conflict):
            consult_times.book(session, actor, consult, now=NOW)
        consult_times.hold_seat(session, actor, consult, booking.id, now=NOW)
        assert consult_times.book(session, actor, consult, now=NOW) is booking


def test_a_request_is_not_passed_around_for_ever(sqlite_database: Database, world: World) -> None:
    with sqlite_database.transaction() as session:
        service = session.get_one(Service, world.service.id)
        other = add_service(session, service.site, name="Epilepsy")
        service.needs_triage = other.needs_triage = True
        add_agreement(session, other, world.spoke)
        consult, actor = ask(session, world), world.actor(world.neurologist)
        for target in (other, service, other):
            triage.redirect(session, actor, consult, target.id, "Not ours.", now=NOW)
        with pytest.raises(Refusal, match="passed on"):
            triage.redirect(session, actor, consult, service.id, "Not ours.", now=NOW)
        triage.accept(session, actor, consult, now=NOW)
