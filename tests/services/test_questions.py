"""Questions to people of unknown time: asked once, answered by a link, settled by answers or the clock."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import ConsultState, QuestionAnswer
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.claims import Claim, Hold
from confsched.models.consults import Consult
from confsched.models.questions import AvailabilityQuestion
from confsched.services import asked_times, audit, conferences, consult_times, questions
from confsched.services.conferences import Draft, Wanted
from confsched.services.questions import NoQuestion
from tests.support.questions import ask_about, mails, make_unknown, token_for
from tests.world import NEUROLOGY, NOW, World, ask, build_world, local

TUESDAY = date(2026, 11, 24)
TEN, ELEVEN = local(TUESDAY, time(10)), local(TUESDAY, time(11))
YES, NO, OTHER = QuestionAnswer.YES, QuestionAnswer.NO, QuestionAnswer.OTHER
HALF_HOUR = timedelta(minutes=30)


def _count(session: Session, model: type[Booking | Hold | Claim]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_confirmed_time_with_somebody_unknown_is_kept_and_asked_about(
    session: Session, world: World
) -> None:
    """Line 31: unknown is not free."""
    consult = ask_about(session, world, TEN)
    assert consult.hold is not None and consult.booking is None
    assert (consult.hold.confirmed_at, consult.hold.expires_at) == (NOW, NOW + timedelta(hours=24))
    assert {claim.expires_at for claim in session.scalars(select(Claim))} == {consult.hold.expires_at}
    mail, *more = mails(session, Kind.AVAILABILITY_QUESTION)
    assert (mail.recipient_id, more) == (world.neurologist.id, [])
    text = str(mail.snapshot)
    assert "Krankenhaus Moorfeld" in text and "Mia Sander" in text and "FK-7Q2M" in text
    assert "thrombectomy" not in text and "Neurologie-Konsil" not in text
    question = session.scalars(select(AvailabilityQuestion)).one()
    assert mail.snapshot["secret"] not in question.token_hash
    assert questions.confirm(session, world.actor(world.requester), consult, now=NOW) is None
    assert len(mails(session, Kind.AVAILABILITY_QUESTION)) == 1


def test_yes_from_all_books_by_itself_and_invites(session: Session, world: World) -> None:
    consult = ask_about(session, world, TEN)
    token = token_for(session, world.neurologist)
    questions.answer(session, token, YES, now=NOW + timedelta(hours=1))
    assert consult.booking is not None and consult.booking.starts_at == TEN
    assert consult.booking.organiser_id == world.requester.id
    assert len(mails(session, Kind.INVITATION)) == 2
    assert _count(session, Hold) == 0
    with pytest.raises(NoQuestion):
        questions.answer(session, token, NO, now=NOW + timedelta(hours=2))


def test_two_unknown_people_are_asked_and_the_last_yes_books(session: Session, world: World) -> None:
    make_unknown(session, world.neurologist, world.second_neurologist)
    session.get_one(Service, world.service.id).requirements[0].count = 2
    consult = ask(session, world)
    consult_times.hold(session, world.actor(world.requester), consult, TEN, now=NOW)
    questions.confirm(session, world.actor(world.requester), consult, now=NOW)
    questions.answer(session, token_for(session, world.neurologist), YES, now=NOW)
    assert consult.booking is None
    questions.answer(session, token_for(session, world.second_neurologist), YES, now=NOW)
    assert consult.booking is not None


def test_a_no_gives_the_time_back_and_tells_who_asks(session: Session, world: World) -> None:
    consult = ask_about(session, world, TEN)
    questions.answer(session, token_for(session, world.neurologist), NO, now=NOW)
    assert (consult.hold, consult.state) == (None, ConsultState.OFFERED)
    assert _count(session, Claim) == 0
    mail = mails(session, Kind.CONSULT_NEWS)[-1]
    assert mail.recipient_id == world.requester.id
    assert mail.snapshot["path"] == f"/consults/{consult.id}/times"


def test_another_time_is_proposed_and_holding_it_asks_nobody_again(session: Session, world: World) -> None:
    consult = ask_about(session, world, TEN)
    actor = world.actor(world.requester)
    token = token_for(session, world.neurologist)
    questions.answer(session, token, OTHER, now=NOW, other_starts_at=ELEVEN)
    assert consult.hold is not None, "the answer may still change"
    assert [one.other_starts_at for one in asked_times.list_proposed(session, consult, now=NOW)] == [ELEVEN]
    assert len(mails(session, Kind.CONSULT_NEWS)) == 1
    consult_times.hold(session, actor, consult, ELEVEN, now=NOW)
    booking = questions.confirm(session, actor, consult, now=NOW)
    assert booking is not None and booking.starts_at == ELEVEN
    assert len(mails(session, Kind.AVAILABILITY_QUESTION)) == 1


def test_an_answer_may_be_changed_until_it_is_settled(session: Session, world: World) -> None:
    consult = ask_about(session, world, TEN)
    token = token_for(session, world.neurologist)
    questions.answer(session, token, OTHER, now=NOW, other_starts_at=ELEVEN)
    questions.answer(session, token, OTHER, now=NOW, other_starts_at=ELEVEN)
    assert len(mails(session, Kind.CONSULT_NEWS)) == 1
    questions.answer(session, token, YES, now=NOW)
    assert consult.booking is not None


@pytest.mark.parametrize(
    "other_at", [None, NOW - timedelta(hours=1), local(date(2026, 12, 5), time(9))], ids=str
)
def test_a_proposed_time_lies_ahead_and_before_the_deadline(
    session: Session, world: World, other_at: datetime | None
) -> None:
    ask_about(session, world, TEN)
    with pytest.raises(Refusal) as refused:
        questions.answer(
            session, token_for(session, world.neurologist), OTHER, now=NOW, other_starts_at=other_at
        )
    assert refused.value.field == "day"


def test_an_answer_that_changes_all_the_time_is_stopped(session: Session, world: World) -> None:
    ask_about(session, world, TEN)
    token = token_for(session, world.neurologist)
    with pytest.raises(Conflict, match="many times"):
        for minute in range(questions.MAX_ANSWERS + 1):
            other_at = ELEVEN + timedelta(minutes=5 * minute)
            questions.answer(session, token, OTHER, now=NOW, other_starts_at=other_at)
            audit.write_pending(session)


def test_without_an_answer_the_time_is_given_back_at_the_deadline(session: Session, world: World) -> None:
    consult = ask_about(session, world, TEN)
    token = token_for(session, world.neurologist)
    assert asked_times.expire(session, now=NOW + timedelta(hours=23, minutes=59)) == 0
    ends_at = NOW + timedelta(hours=24)
    with pytest.raises(NoQuestion):
        questions.answer(session, token, YES, now=ends_at)
    assert asked_times.expire(session, now=ends_at) == 1
    assert asked_times.expire(session, now=ends_at) == 0
    assert (consult.hold, consult.state) == (None, ConsultState.OFFERED)
    assert world.neurologist.name in str(mails(session, Kind.CONSULT_NEWS)[-1].snapshot["heading"])


def test_what_is_no_longer_held_can_no_longer_be_answered(session: Session, world: World) -> None:
    consult = ask_about(session, world, TEN)
    token = token_for(session, world.neurologist)
    assert questions.get_open(session, token, now=NOW).span == Span(TEN, TEN + HALF_HOUR)
    consult_times.release(session, world.actor(world.requester), consult, now=NOW)
    for unknown in (token, "x", ""):
        with pytest.raises(NoQuestion):
            questions.get_open(session, unknown, now=NOW)


def test_too_soon_to_ask_is_said_and_changes_nothing(session: Session, world: World) -> None:
    make_unknown(session, world.neurologist, world.second_neurologist)
    consult = ask(session, world)
    actor = world.actor(world.requester)
    consult_times.hold(session, actor, consult, NOW + timedelta(hours=2), now=NOW)
    with pytest.raises(Refusal, match="too soon to ask"):
        questions.confirm(session, actor, consult, now=NOW)
    assert consult.hold is not None and consult.hold.confirmed_at is None


def test_a_planner_asks_one_of_the_conference_and_learns_the_answer(session: Session, world: World) -> None:
    actor = world.actor(world.secretary)
    draft = Draft("Board", 30, TUESDAY, TUESDAY + timedelta(days=3), (Wanted(discipline=NEUROLOGY),))
    conference = conferences.plan(session, actor, draft, now=NOW, key="key-1")
    span = Span(TEN, TEN + HALF_HOUR)
    asked = [
        questions.ask_for_conference(session, actor, conference, world.neurologist.id, span, now=NOW).id
        for _ in range(2)
    ]
    assert len(set(asked)) == 1
    questions.answer(session, token_for(session, world.neurologist), YES, now=NOW)
    mail = mails(session, Kind.CONSULT_NEWS)[-1]
    assert (mail.recipient_id, mail.snapshot["path"]) == (
        world.secretary.id,
        f"/conferences/{conference.id}/times",
    )
    with pytest.raises(NotFound):
        questions.ask_for_conference(session, actor, conference, world.requester.id, span, now=NOW)


def test_of_two_yes_at_once_one_books_and_both_count(database: Database) -> None:
    with database.transaction() as session:
        world = build_world(session)
        make_unknown(session, world.neurologist, world.second_neurologist)
        session.get_one(Service, world.service.id).requirements[0].count = 2
        consult_id = ask(session, world).id
        consult = session.get_one(Consult, consult_id)
        consult_times.hold(session, world.actor(world.requester), consult, TEN, now=NOW)
        questions.confirm(session, world.actor(world.requester), consult, now=NOW)
        tokens = [token_for(session, one) for one in (world.neurologist, world.second_neurologist)]
    barrier = threading.Barrier(2)

    def press(token: str) -> None:
        barrier.wait(60)
        with database.transaction() as session:
            questions.answer(session, token, YES, now=NOW)

    threads = [threading.Thread(target=press, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.get_one(Consult, consult_id).state is ConsultState.BOOKED
        assert _count(session, Booking) == 1
