"""Polls on both databases: times are kept, a no gives back, the decision books once and invites all."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.invites import Kind
from confsched.domain.kinds import ConferenceKind, ConferenceState, Partstat, PollAnswer, PollState
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.bookings import Booking, Participation
from confsched.models.claims import Claim
from confsched.models.conferences import Conference
from confsched.models.outbox import OutboxMessage
from confsched.models.polls import DatePoll
from confsched.services import claims, poll_rounds, polls
from confsched.services.polls import PollDraft
from tests.support.guests import add_guest
from tests.world import NOW, World, build_world, local

YES, MAYBE, NO = PollAnswer.YES, PollAnswer.IF_NEED_BE, PollAnswer.NO
DRAFT = PollDraft("Health conference", ConferenceKind.REGIONAL_CONFERENCE, 90, "", "", date(2026, 11, 30))
FIRST, SECOND = local(date(2026, 12, 8), time(10)), local(date(2026, 12, 9), time(10))


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        return build_world(session)


def open_poll(session: Session, world: World, *starts: datetime, send: bool = True) -> DatePoll:
    """Return a poll of the coordinator that asks a neurologist and a guest."""
    actor = world.actor(world.coordinator)
    poll = polls.create(session, actor, DRAFT, key="one", now=NOW)
    for start in starts or (FIRST, SECOND):
        polls.add_time(session, actor, poll, start, now=NOW)
    guest = add_guest(session, actor)
    polls.add_people(session, actor, poll, [world.neurologist.id], [guest.id], now=NOW)
    if send:
        poll_rounds.ask_all(session, actor, poll, now=NOW)
    session.flush()
    return poll


def say(session: Session, poll: DatePoll, number: int, *answers: PollAnswer) -> None:
    """Let one voter answer to the times in order."""
    given = {one.id: answer for one, answer in zip(poll.times, answers, strict=True)}
    polls.answer(session, poll, poll.voters[number], given, "", now=NOW)


def kept(session: Session, person_id: uuid.UUID) -> int:
    query = select(func.count()).where(Claim.subject_id == person_id, Claim.poll_time_id.is_not(None))
    return session.scalar(query) or 0


def mails(session: Session, kind: Kind) -> list[str]:
    query = select(OutboxMessage.recipient).where(OutboxMessage.kind == kind)
    return sorted(session.scalars(query))


def test_a_sent_poll_asks_everybody_once_and_keeps_the_times_of_who_has_a_calendar(
    database: Database, world: World
) -> None:
    with database.transaction() as session:
        poll = open_poll(session, world)
        poll_rounds.ask_all(session, world.actor(world.coordinator), poll, now=NOW)
        assert len(mails(session, Kind.DATE_POLL)) == 3
        assert [kept(session, voter.person_id) for voter in poll.voters] == [2, 2, 0]


def test_a_no_gives_the_time_back_and_a_later_yes_keeps_it_again(database: Database, world: World) -> None:
    with database.transaction() as session:
        poll = open_poll(session, world)
        say(session, poll, 1, NO, YES)
        assert kept(session, world.neurologist.id) == 1
        say(session, poll, 1, MAYBE, YES)
        assert kept(session, world.neurologist.id) == 2


def test_who_is_taken_at_a_time_is_asked_all_the_same_and_nothing_is_taken_from_them(
    database: Database, world: World
) -> None:
    with database.transaction() as session:
        other = open_poll(session, world)
        second = polls.create(session, world.actor(world.coordinator), DRAFT, key="two", now=NOW)
        for start in (FIRST + timedelta(minutes=30), SECOND + timedelta(hours=5)):
            polls.add_time(session, world.actor(world.coordinator), second, start, now=NOW)
        polls.add_people(session, world.actor(world.coordinator), second, [world.neurologist.id], [], now=NOW)
        poll_rounds.ask_all(session, world.actor(world.coordinator), second, now=NOW)
        assert len(other.times) == 2 and kept(session, world.neurologist.id) == 3


def test_the_decision_books_once_invites_all_and_gives_the_other_time_back(
    database: Database, world: World
) -> None:
    with database.transaction() as session:
        poll, actor = open_poll(session, world), world.actor(world.coordinator)
        say(session, poll, 1, NO, YES)
        say(session, poll, 2, YES, NO)
        assert polls.count(poll).best == polls.count(poll).tallies[0]
        made = poll_rounds.decide(session, actor, poll, poll.times[1].id, now=NOW)
        assert poll_rounds.decide(session, actor, poll, poll.times[0].id, now=NOW).id == made.id
    with database.read() as session:
        conference = session.scalars(select(Conference)).one()
        assert conference.state is ConferenceState.REGISTRATION_OPEN
        booking = session.scalars(select(Booking)).one()
        assert booking.starts_at == SECOND
        optional = select(Participation.is_optional).order_by(Participation.position)
        assert list(session.scalars(optional)) == [False, False, True]
        assert kept(session, world.neurologist.id) == 0
        firm = select(func.count()).where(Claim.booking_id == booking.id)
        assert session.scalar(firm) == 2
        assert len(mails(session, Kind.INVITATION)) >= 2


def test_who_was_taken_after_a_yes_is_a_conflict_that_a_reason_overrules(
    database: Database, world: World
) -> None:
    with database.transaction() as session:
        poll, actor = open_poll(session, world), world.actor(world.secretary)
        say(session, poll, 1, NO, YES)
        kept_for_poll = select(Claim).where(
            Claim.subject_id == world.neurologist.id, Claim.poll_time_id == poll.times[1].id
        )
        # As if something else had taken the time: the claim names the poll no more.
        session.scalars(kept_for_poll).one().poll_time_id = None
        session.flush()
        with pytest.raises(claims.Taken), session.begin_nested():
            poll_rounds.decide(session, actor, poll, poll.times[1].id, now=NOW)
        session.expire_all()
        poll_rounds.decide(session, actor, poll, poll.times[1].id, now=NOW, override_reason="Agreed by phone")
        assert poll.state is PollState.DECIDED


@pytest.mark.parametrize(
    "answers",
    [{}, {uuid.UUID(int=5): YES}],
    ids=["nothing said", "a time of another poll"],
)
def test_an_answer_that_leaves_times_out_is_refused_at_its_field(
    sqlite_database: Database, answers: dict[uuid.UUID, PollAnswer]
) -> None:
    with sqlite_database.transaction() as session:
        poll = open_poll(session, build_world(session))
        with pytest.raises(Refusal) as refusal:
            polls.answer(session, poll, poll.voters[1], answers, "", now=NOW)
        assert refusal.value.field == "answers"


def test_a_name_of_a_patient_in_a_note_is_refused(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        poll = open_poll(session, build_world(session))
        given = {one.id: YES for one in poll.times}
        with pytest.raises(Refusal) as refusal:
            polls.answer(session, poll, poll.voters[1], given, "wegen Muster, Hans *12.3.51", now=NOW)
        assert refusal.value.field == "note"


def test_answers_after_the_end_are_refused_and_drafts_open_for_nobody(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        world = build_world(session)
        poll, actor = open_poll(session, world, send=False), world.actor(world.coordinator)
        with pytest.raises(NotFound):
            polls.get_voter(session, poll.voters[1].id, now=NOW)
        poll_rounds.ask_all(session, actor, poll, now=NOW)
        poll_rounds.withdraw(session, actor, poll, now=NOW)
        poll_rounds.withdraw(session, actor, poll, now=NOW)
        with pytest.raises(Conflict):
            say(session, poll, 1, YES, YES)
        assert len(mails(session, Kind.DATE_POLL)) == 3 + 2  # the organiser knows
        assert kept(session, world.neurologist.id) == 0


def test_one_reminder_a_day_before_the_end_and_none_for_who_has_answered(
    database: Database, world: World
) -> None:
    with database.transaction() as session:
        poll = open_poll(session, world)
        say(session, poll, 1, YES, YES)
        before = poll.reply_by_at - timedelta(hours=20)
        assert poll_rounds.remind_due(session, now=poll.reply_by_at - timedelta(hours=25)) == 0
        assert poll_rounds.remind_due(session, now=before) == 2
        assert poll_rounds.remind_due(session, now=before + timedelta(hours=13)) == 0


def test_reminding_by_hand_asks_each_at_most_twice_a_day(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        world = build_world(session)
        poll, actor = open_poll(session, world), world.actor(world.coordinator)
        with pytest.raises(Conflict):
            poll_rounds.remind(session, actor, poll, now=NOW + timedelta(hours=1))
        assert poll_rounds.remind(session, actor, poll, now=NOW + timedelta(hours=12)) == 3


def test_proposed_times_suit_all_known_calendars(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        world = build_world(session)
        poll = open_poll(session, world, send=False)
        offers = polls.propose(session, poll, now=NOW)
        assert all(offer.span.starts_at not in (FIRST, SECOND) for offer in offers)
        assert all(offer.span.starts_at >= poll.reply_by_at - timedelta(days=1) for offer in offers)


def test_everybody_is_asked_anew_to_the_decided_time(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        world = build_world(session)
        poll, actor = open_poll(session, world), world.actor(world.coordinator)
        poll_rounds.decide(session, actor, poll, poll.times[0].id, now=NOW)
        query = select(Participation.partstat).where(Participation.person_id == world.neurologist.id)
        assert session.scalar(query) is Partstat.NEEDS_ACTION
