"""The line for freed times: who gets them, in which order, until when, and only one at once."""

from __future__ import annotations

import threading
import uuid
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import ConsultState, SlotAnswer, SubjectKind
from confsched.domain.permissions import Function
from confsched.errors import Conflict
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.claims import Claim, Hold
from confsched.models.consults import Consult
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.waitlist import SlotOffer, WaitlistEntry
from confsched.services import bookings, claims, consult_times, freed_times, seats, waitlist
from confsched.services.claims import Taking
from confsched.services.freed_times import Opening
from confsched.worker.waitlist import give_back_unanswered, serve_waiting
from tests.support.questions import mails
from tests.support.waiting import free_again, join_when_nothing_is_free, take_up
from tests.world import (
    NEUROLOGY,
    NOW,
    World,
    add_crowd,
    add_membership,
    ask,
    book,
    build_world,
    leave_one_neurologist,
    local,
)

TUESDAY, LAST_DAY = date(2026, 11, 24), date(2026, 12, 4)
NINE, TEN = local(TUESDAY, time(9)), local(TUESDAY, time(10))
LATE = local(date(2026, 12, 1), time(10))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
REACHES_IN = NINE - 15 * MINUTE  # the first start that was not to be had while nine was taken


@pytest.fixture
def one(session: Session, world: World) -> World:
    """Give the cast with one neurologist only."""
    leave_one_neurologist(session, world)
    return world


def _serve(session: Session, now: datetime = NOW) -> list[Consult]:
    """Offer what is free to who waits, as the worker does; returns whose consults got an offer."""
    served = []
    passed: set[uuid.UUID] = set()
    for line in freed_times.list_lines(session):
        while opening := freed_times.find_opening(session, line, now=now, passed=passed):
            passed.add(opening.entry_id)
            if waitlist.offer(session, opening, now=now):
                served.append(session.get_one(WaitlistEntry, opening.entry_id).consult)
            session.expire_all()
    return served


def _booked(session: Session, world: World, at: datetime, key: str = "key-1", **other: object) -> Consult:
    booking = book(session, world, at, key, **other)  # type: ignore[arg-type]
    return session.scalars(select(Consult).where(Consult.booking_id == booking.id)).one()


def _join(session: Session, world: World, consult: Consult, now: datetime = NOW) -> WaitlistEntry:
    return join_when_nothing_is_free(session, world, consult, now)


def _join_as_it_is(session: Session, world: World, consult: Consult) -> WaitlistEntry:
    return waitlist.join(session, world.actor(consult.requester), consult, now=NOW)


def test_who_wants_an_earlier_time_is_kept_one_beside_their_own(session: Session, one: World) -> None:
    consult = _booked(session, one, LATE)
    assert _join(session, one, consult).id == _join_as_it_is(session, one, consult).id
    assert _serve(session) == [consult]
    assert consult.hold is not None and consult.booking is not None
    assert consult.hold.starts_at < TEN and consult.booking.starts_at == LATE
    assert consult.state is ConsultState.BOOKED
    offer = session.scalars(select(SlotOffer)).one()
    assert offer.expires_at == min(NOW + timedelta(hours=4), offer.starts_at - HOUR)
    mail = mails(session, Kind.SLOT_OFFER)[-1]
    assert mail.snapshot["path"] == f"/consults/{consult.id}/waiting"
    assert _serve(session) == [], "one offer at once"
    waiting = waitlist.list_offers(session, one.actor(one.requester), now=NOW)
    assert [kept.id for kept in waiting] == [offer.id]


def test_taking_moves_the_meeting_and_tells_everybody_once(session: Session, one: World) -> None:
    consult = _booked(session, one, LATE)
    _join(session, one, consult)
    _serve(session)
    assert consult.hold is not None
    taken_at = consult.hold.starts_at
    first = waitlist.take(session, one.actor(one.requester), consult, now=NOW + MINUTE)
    again = waitlist.take(session, one.actor(one.requester), consult, now=NOW + MINUTE)
    assert (first.id, first.starts_at, first.sequence) == (again.id, taken_at, 1)
    assert len(mails(session, Kind.UPDATE)) == 2
    assert {claim.booking_id for claim in session.scalars(select(Claim))} == {first.id}
    assert {claim.starts_at for claim in session.scalars(select(Claim))} == {taken_at}
    assert waitlist.find_place(session, consult) is None
    assert session.scalars(select(SlotOffer.answer)).all() == [SlotAnswer.TAKEN]


def test_taking_a_time_of_another_consultant_changes_who_comes(session: Session, world: World) -> None:
    consult = _booked(session, world, LATE)
    booking = consult.booking
    assert booking is not None
    before = {p.person_id for p in booking.participations}
    other = world.second_neurologist if world.neurologist.id in before else world.neurologist
    (former,) = before - {world.requester.id}
    _absent(session, former, NOW, LATE - timedelta(hours=3))
    _join(session, world, consult)
    _serve(session)
    waitlist.take(session, world.actor(world.requester), consult, now=NOW + MINUTE)
    taking_part = {p.person_id for p in booking.participations if p.removed_at is None}
    assert taking_part == {world.requester.id, other.id}
    told = {(mail.recipient_id, mail.kind) for mail in session.scalars(select(OutboxMessage))}
    assert {(former, Kind.REMOVAL), (other.id, Kind.INVITATION), (world.requester.id, Kind.UPDATE)} <= told


def _absent(session: Session, person_id: uuid.UUID, starts_at: datetime, ends_at: datetime) -> None:
    """Take a person's time with something else."""
    claims.take(
        session,
        [Taking(person_id, SubjectKind.PERSON, Span(starts_at, ends_at))],
        now=NOW,
        state=ClaimState.FIRM,
    )


def test_a_declined_time_is_not_offered_again_and_goes_to_the_next(session: Session, one: World) -> None:
    first = _booked(session, one, LATE)
    second = _booked(session, one, LATE + timedelta(hours=1), "key-2", by=one.second_requester)
    _join(session, one, first)
    _join(session, one, second, NOW + MINUTE)
    assert _serve(session) == [first, second]
    assert first.hold is not None
    declined = first.hold.starts_at
    waitlist.decline(session, one.actor(one.requester), first, now=NOW)
    waitlist.decline(session, one.actor(one.requester), first, now=NOW)
    assert first.hold is None
    assert first.state is ConsultState.BOOKED
    waitlist.decline(session, one.actor(one.second_requester), second, now=NOW)
    assert _serve(session) == [first, second]
    assert first.hold is not None and first.hold.starts_at != declined
    assert second.hold is not None and second.hold.starts_at == declined


def test_an_offer_that_nobody_takes_goes_to_the_next_in_line(session: Session, one: World) -> None:
    first = _booked(session, one, LATE)
    second = _booked(session, one, LATE + timedelta(hours=1), "key-2", by=one.second_requester)
    _join(session, one, first)
    _serve(session)
    _join(session, one, second, NOW + MINUTE)
    offer = session.scalars(select(SlotOffer)).one()
    assert waitlist.expire(session, now=offer.expires_at - MINUTE) == 0
    assert waitlist.expire(session, now=offer.expires_at) == 1
    with pytest.raises(Conflict, match="next in line"):
        waitlist.take(session, one.actor(one.requester), first, now=offer.expires_at)
    assert first.hold is None
    place = waitlist.find_place(session, second)
    assert place is not None and place.ahead == 1, "who missed an offer keeps their place"


def test_who_has_no_time_is_offered_only_what_they_have_not_seen(session: Session, one: World) -> None:
    consult = ask(session, one)
    seen = {offer.span.starts_at for offer in consult_times.offers(session, consult, now=NOW).offers}
    _join_as_it_is(session, one, consult)
    assert _serve(session) == [] and seen
    waitlist.leave(session, one.actor(one.requester), consult, now=NOW)
    waitlist.leave(session, one.actor(one.requester), consult, now=NOW)
    assert consult.hold is None and waitlist.find_place(session, consult) is None


def test_booking_any_time_ends_the_wait(session: Session, one: World) -> None:
    consult = ask(session, one)
    _join(session, one, consult)
    consult_times.hold(session, one.actor(one.requester), consult, LATE, now=NOW)
    consult_times.book(session, one.actor(one.requester), consult, now=NOW)
    assert waitlist.find_place(session, consult) is None


def test_what_has_ended_leaves_the_line(session: Session, one: World) -> None:
    consult = _booked(session, one, LATE)
    _join(session, one, consult)
    _serve(session)
    assert consult.booking is not None
    bookings.cancel(session, one.actor(one.requester), consult.booking, now=NOW)
    assert waitlist.close_ended(session, now=NOW) == 1
    assert (consult.hold, waitlist.find_place(session, consult)) == (None, None)
    assert session.scalars(select(SlotOffer.answer)).all() == [SlotAnswer.WITHDRAWN]
    with pytest.raises(Conflict, match="cannot wait"):
        _join(session, one, consult)


def test_the_time_of_a_cancelled_meeting_reaches_the_next_in_line_within_a_minute(
    database: Database,
) -> None:
    """Line 5: a freed slot can be booked again, here by who waits for it."""
    with database.transaction() as session:
        world = build_world(session)
        leave_one_neurologist(session, world)
        freed = _booked(session, world, NINE).booking_id
        consult = _booked(session, world, TEN, "key-2", by=world.second_requester)
        _absent(session, world.neurologist.id, NOW, NINE)
        _absent(session, world.neurologist.id, NINE + timedelta(minutes=30), TEN)
        _join(session, world, consult)
    with time_machine.travel(NOW, tick=False) as moment:
        assert serve_waiting(database) == 0
        with database.transaction() as session:
            bookings.cancel(session, world.actor(world.requester), session.get_one(Booking, freed), now=NOW)
        moment.shift(MINUTE)
        assert serve_waiting(database) == 1
        moment.shift(timedelta(hours=5))
        give_back_unanswered(database)
    with database.read() as session:
        offer = session.scalars(select(SlotOffer)).one()
        assert (offer.starts_at, offer.answer) == (NINE, SlotAnswer.EXPIRED)
        assert session.scalars(select(Hold)).all() == []


def test_two_workers_at_once_offer_one_freed_time_once(database: Database) -> None:
    with database.transaction() as session:
        world = build_world(session)
        leave_one_neurologist(session, world)
        waiting = []
        for number, person in enumerate(add_crowd(session, world, 3)):
            at = LATE + timedelta(hours=number)
            consult = _booked(session, world, at, f"key-{number}", by=person)
            waiting.append(_join(session, world, consult, NOW + number * MINUTE).id)
    span = Span(TEN, TEN + timedelta(minutes=30))
    barrier, won = threading.Barrier(2), []

    def work() -> None:
        barrier.wait(60)
        for entry_id in waiting:
            with database.transaction() as session:
                if waitlist.offer(session, Opening(entry_id, span), now=NOW):
                    won.append(entry_id)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    with database.read() as session:
        assert len(session.scalars(select(SlotOffer)).all()) == 1


def test_a_seat_that_is_given_back_goes_to_who_waits(session: Session, one: World) -> None:
    session.get_one(Service, one.service.id).seats = 1 + 1
    booking = book(session, one, NINE)
    second, third = add_crowd(session, one, 2)
    consult = ask(session, one, "key-2", by=second)
    consult_times.hold_seat(session, one.actor(second), consult, booking.id, now=NOW)
    consult_times.book(session, one.actor(second), consult, now=NOW)
    _absent(session, one.neurologist.id, NOW, NINE)
    _absent(session, one.neurologist.id, NINE + timedelta(minutes=30), LATE + timedelta(days=9))
    waiting = ask(session, one, "key-3", by=third)
    _join(session, one, waiting)
    assert _serve(session) == []
    seats.leave(session, one.actor(second), consult.id, now=NOW)
    assert _serve(session) == [waiting]
    assert waiting.hold is not None and waiting.hold.booking_id == booking.id
    assert waitlist.take(session, one.actor(third), waiting, now=NOW) is booking
    _join_refused(session, one, waiting)


def _join_refused(session: Session, world: World, consult: Consult) -> None:
    """Show that a shared meeting is not moved for one of those who share it."""
    with pytest.raises(Conflict, match="cannot wait"):
        _join(session, world, consult)


def test_what_could_be_had_when_somebody_joined_is_not_called_freed(session: Session, one: World) -> None:
    take_up(session, one, NINE, TEN)
    consult = _booked(session, one, LATE)
    _join_as_it_is(session, one, consult)
    assert _serve(session) == [], "they saw it when they joined"
    free_again(session, NINE)
    assert _serve(session) == [consult]
    assert consult.hold is not None and consult.hold.starts_at == REACHES_IN


def test_a_long_line_is_served_by_as_few_questions_as_a_short_one(database: Database) -> None:
    def questions(waiting: list[Person]) -> int:
        with database.transaction() as session:
            for person in waiting:
                _join_as_it_is(session, world, ask(session, world, f"key-{person.id}", by=person))
        asked: list[object] = []
        event.listen(database.engine, "before_cursor_execute", lambda *arguments: asked.append(arguments))
        with database.read() as session:
            (line,) = freed_times.list_lines(session)
            assert freed_times.find_opening(session, line, now=NOW) is None
        return len(asked)

    with database.transaction() as session:
        world = build_world(session)
        leave_one_neurologist(session, world)
        people = add_crowd(session, world, 9)
    assert questions(people[:2]) == questions(people[2:])


def test_what_comes_free_during_a_run_goes_to_the_first_in_line(database: Database) -> None:
    with database.transaction() as session:
        world = build_world(session)
        leave_one_neurologist(session, world)
        take_up(session, world, NINE, TEN)
        people = add_crowd(session, world, 3)
        first, *others = [ask(session, world, f"key-{one.family_name}", by=one) for one in people]
        _join_as_it_is(session, world, first)
        for minutes, consult in enumerate(others, 1):
            _join(session, world, consult, NOW + minutes * MINUTE)
        ids = [one.id for one in (first, *others)]
    looks = iter([False, True])

    def free_between_two_offers() -> bool:
        with database.transaction() as session:
            if next(looks, False):
                free_again(session, NINE)
        return False

    with time_machine.travel(NOW, tick=False):
        assert serve_waiting(database, is_stopping=free_between_two_offers) == len(ids)
    with database.read() as session:
        hold = session.get_one(Consult, ids[0]).hold
        assert hold is not None and hold.starts_at == REACHES_IN


def test_an_offer_is_void_as_soon_as_the_meeting_is_called_off(session: Session, one: World) -> None:
    consult = _booked(session, one, LATE)
    _join(session, one, consult)
    _serve(session)
    place = waitlist.find_place(session, consult)
    assert waitlist.find_standing(session, consult, place, NOW) is not None
    assert consult.booking is not None
    bookings.cancel(session, one.actor(one.requester), consult.booking, now=NOW)
    assert waitlist.find_standing(session, consult, place, NOW) is None
    assert waitlist.list_offers(session, one.actor(one.requester), now=NOW) == []
    with pytest.raises(Conflict, match="has been called off"):
        waitlist.take(session, one.actor(one.requester), consult, now=NOW)


def test_a_seat_in_a_meeting_that_is_called_off_is_void_at_once(session: Session, one: World) -> None:
    session.get_one(Service, one.service.id).seats = 2
    booking = book(session, one, NINE)
    take_up(session, one, NOW, NINE)
    waiting = ask(session, one, "key-2", by=one.second_requester)
    _join(session, one, waiting)
    assert _serve(session) == [waiting]
    bookings.cancel(session, one.actor(one.neurologist), booking, now=NOW)
    assert waiting.hold is not None and seats.find_lost(session, waiting.hold) is not None
    with pytest.raises(Conflict, match="You keep your place"):
        waitlist.take(session, one.actor(one.second_requester), waiting, now=NOW)


def test_who_asks_and_could_answer_as_well_waits_like_everybody(session: Session, one: World) -> None:
    add_membership(session, one.requester, one.hub, Function.CONSULTANT)
    session.get_one(Person, one.requester.id).discipline = NEUROLOGY
    take_up(session, one, NINE, TEN)
    consult = _booked(session, one, LATE)
    _join_as_it_is(session, one, consult)
    assert _serve(session) == []
    free_again(session, NINE)
    assert _serve(session) == [consult]
    assert consult.hold is not None and consult.hold.starts_at == REACHES_IN


def test_the_own_meeting_takes_no_place_under_the_cap_of_an_earlier_time_that_day(
    session: Session, one: World
) -> None:
    consult = _booked(session, one, local(TUESDAY, time(14)))
    session.get_one(Service, one.service.id).cap_per_day = 1
    take_up(session, one, NOW, local(TUESDAY, time(8)))  # nothing before that day
    _join(session, one, consult)
    assert _serve(session) == [consult]
    offer = session.scalars(select(SlotOffer).where(SlotOffer.answer.is_(None))).one()
    assert offer.starts_at == local(TUESDAY, time(8))
