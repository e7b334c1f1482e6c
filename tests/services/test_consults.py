"""Elective consults from the question to the booking, on both databases."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.bookings import BookingState, ClaimState
from confsched.domain.invites import Method
from confsched.domain.kinds import ConsultState, RequirementKind
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.audit import AuditEvent, AuditHead
from confsched.models.bookings import Booking
from confsched.models.catalogue import Requirement, Service
from confsched.models.claims import Claim, Hold
from confsched.models.consults import Consult
from confsched.models.network import CooperationAgreement
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Membership
from confsched.services import access, audit, bookings, consult_times, consults
from confsched.services.claims import Taken
from tests.world import NOW, World, ask, book, leave_one_neurologist, local, question

TUESDAY = date(2026, 11, 24)
NINE = local(TUESDAY, time(9))
TEN = local(TUESDAY, time(10))
LATER = NOW + timedelta(minutes=11)  # a hold taken at NOW has run out


def _claims(session: Session) -> list[Claim]:
    return list(session.scalars(select(Claim).order_by(Claim.starts_at, Claim.subject_id)))


def _count(session: Session, model: type[Booking | Consult | OutboxMessage | Hold | Claim]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def _actor_hold(session: Session, world: World, consult: Consult, at: datetime = NINE) -> Hold:
    return consult_times.hold(session, world.actor(consult.requester), consult, at, now=NOW)


class TestRequest:
    def test_the_question_is_recorded_for_the_asking_site(self, session: Session, world: World) -> None:
        consult = ask(session, world, case_ref=" fk-7q2m ")
        assert (consult.site_id, consult.requester_id) == (world.spoke.id, world.requester.id)
        assert (consult.case_ref, consult.state) == ("FK-7Q2M", ConsultState.OFFERED)

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"service_id": uuid.uuid4()}, "service_id"),
            ({"case_ref": "Müller"}, "case_ref"),
            ({"case_ref": "K"}, "case_ref"),
            ({"case_ref": "1970-01-02"}, "case_ref"),
            ({"case_ref": "A123456789"}, "case_ref"),
            ({"question": "  "}, "question"),
            ({"question": "x" * 2001}, "question"),
            ({"question": "Frau Anna Schmidt, geb. 02.01.1970, hat Schwindel."}, "question"),
            ({"reply_by_on": None}, "reply_by_on"),
            ({"reply_by_on": date(2026, 11, 22)}, "reply_by_on"),
            ({"reply_by_on": date(2027, 11, 22)}, "reply_by_on"),
        ],
    )
    def test_what_is_wrong_is_refused_at_its_field(
        self, session: Session, world: World, wrong: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Refusal) as refused:
            ask(session, world, **wrong)
        assert refused.value.field == field
        assert _count(session, Consult) == 0

    def test_a_site_without_agreement_is_refused_and_is_offered_nothing(
        self, session: Session, world: World
    ) -> None:
        assert consults.list_services(session, world.actor(world.stranger), now=NOW) == []
        with pytest.raises(Refusal) as refused:
            ask(session, world, by=world.stranger)
        assert refused.value.field == "service_id"

    @pytest.mark.parametrize(
        ("days", "is_open"),
        [
            ((date(2026, 1, 1), date(2026, 11, 23)), False),
            ((date(2026, 1, 1), date(2026, 11, 24)), True),
            ((date(2026, 11, 24), None), False),
            ((date(2026, 11, 23), None), True),
        ],
    )
    def test_an_agreement_opens_a_service_on_its_days_only(
        self, session: Session, world: World, days: tuple[date, date | None], is_open: bool
    ) -> None:
        agreement = session.merge(world.agreement)
        agreement.valid_from, agreement.valid_until = days
        session.flush()
        assert bool(consults.list_services(session, world.actor(world.requester), now=NOW)) is is_open

    def test_today_is_still_in_time(self, session: Session, world: World) -> None:
        assert ask(session, world, reply_by_on=NOW.date()).reply_by_on == NOW.date()

    def test_the_same_key_twice_is_one_request(self, database: Database, world: World) -> None:
        """Line 11: a retried POST books once."""
        with database.transaction() as session:
            first = ask(session, world).id
        with database.transaction() as session:
            assert ask(session, world).id == first
            assert ask(session, world, "key-2").id != first
            assert _count(session, Consult) == 2

    def test_a_request_is_on_record(self, database: Database, world: World) -> None:
        with database.transaction() as session:
            consult_id = ask(session, world).id
        with database.read() as session:
            assert audit.count_events(session, "consult.offered", consult_id) == 1


class TestHold:
    def test_the_time_of_both_sides_is_taken_for_ten_minutes(self, session: Session, world: World) -> None:
        hold = _actor_hold(session, world, ask(session, world))
        assert hold.expires_at == NOW + timedelta(minutes=10)
        claims = _claims(session)
        assert {claim.subject_id for claim in claims} >= {world.requester.id}
        assert [(c.state, c.blocking, c.hold_id, c.expires_at) for c in claims] == [
            (ClaimState.HELD, True, hold.id, hold.expires_at)
        ] * 2

    def test_buffers_are_taken_as_well(self, session: Session, world: World) -> None:
        service = session.get_one(Service, world.service.id)
        service.buffer_before_minutes, service.buffer_after_minutes = 10, 15
        _actor_hold(session, world, ask(session, world))
        assert {(c.starts_at, c.ends_at) for c in _claims(session)} == {
            (NINE - timedelta(minutes=10), NINE + timedelta(minutes=45))
        }

    def test_a_colleague_is_held_where_the_first_has_been_taken(self, session: Session, world: World) -> None:
        doctors = {world.neurologist.id, world.second_neurologist.id}
        _actor_hold(session, world, ask(session, world))
        _actor_hold(session, world, ask(session, world, "key-2", by=world.second_requester))
        assert {c.subject_id for c in _claims(session)} >= doctors

    @pytest.mark.parametrize("minutes", [-15, 0, 15])
    def test_a_time_that_another_holds_is_taken(self, session: Session, world: World, minutes: int) -> None:
        """Lines 2 and 3: neither the same time nor the inside of a longer one is given away twice."""
        leave_one_neurologist(session, world)
        _actor_hold(session, world, ask(session, world))
        other = ask(session, world, "key-2", by=world.second_requester)
        with pytest.raises(Taken):
            _actor_hold(session, world, other, NINE + timedelta(minutes=minutes))

    def test_the_times_before_and_after_stay_free(self, session: Session, world: World) -> None:
        leave_one_neurologist(session, world)
        _actor_hold(session, world, ask(session, world))
        for key, minutes in (("key-2", -30), ("key-3", 30)):
            other = ask(session, world, key, by=world.second_requester)
            _actor_hold(session, world, other, NINE + timedelta(minutes=minutes))
        assert len(_claims(session)) == 6

    def test_a_hold_of_another_that_ran_out_makes_room(self, session: Session, world: World) -> None:
        leave_one_neurologist(session, world)
        first = ask(session, world)
        _actor_hold(session, world, first)
        other = ask(session, world, "key-2", by=world.second_requester)
        consult_times.hold(session, world.actor(world.second_requester), other, NINE, now=LATER)
        owners = {claim.hold_id for claim in _claims(session) if claim.subject_id == world.neurologist.id}
        assert owners == {other.hold.id if other.hold else None}
        assert first.hold is not None, "the hold stays to say what happened"

    def test_another_time_gives_the_earlier_one_back(self, session: Session, world: World) -> None:
        consult = ask(session, world)
        _actor_hold(session, world, consult)
        hold = _actor_hold(session, world, consult, TEN)
        assert {(c.starts_at, c.hold_id) for c in _claims(session)} == {(TEN, hold.id)}
        assert _count(session, Hold) == 1

    def test_the_own_hold_does_not_stand_in_the_way_of_a_time_beside_it(
        self, session: Session, world: World
    ) -> None:
        leave_one_neurologist(session, world)
        consult = ask(session, world)
        _actor_hold(session, world, consult)
        hold = _actor_hold(session, world, consult, NINE + timedelta(minutes=15))
        assert hold.starts_at == NINE + timedelta(minutes=15)

    def test_the_same_time_twice_is_the_same_hold(self, session: Session, world: World) -> None:
        consult = ask(session, world)
        assert _actor_hold(session, world, consult) is _actor_hold(session, world, consult)

    def test_losing_another_time_keeps_the_one_held(self, database: Database, world: World) -> None:
        with database.transaction() as session:
            leave_one_neurologist(session, world)
            consult_id = ask(session, world).id
            _actor_hold(session, world, session.get_one(Consult, consult_id))
            other = ask(session, world, "key-2", by=world.second_requester)
            _actor_hold(session, world, other, TEN)
        with pytest.raises(Taken), database.transaction() as session:
            _actor_hold(session, world, session.get_one(Consult, consult_id), TEN)
        with database.read() as session:
            hold = session.get_one(Consult, consult_id).hold
            assert hold is not None
            assert hold.starts_at == NINE

    @pytest.mark.parametrize(
        ("at", "why"),
        [
            (NOW - timedelta(hours=1), "in the past"),
            (NOW + timedelta(minutes=30), "too soon"),
            (NOW + timedelta(days=50), "too far ahead"),
        ],
    )
    def test_a_time_nobody_may_book_says_why(
        self, session: Session, world: World, at: datetime, why: str
    ) -> None:
        with pytest.raises(Refusal, match=why) as refused:
            _actor_hold(session, world, ask(session, world), at)
        assert refused.value.field == "starts_at"

    @pytest.mark.parametrize("at", [time(7, 45), time(15, 45), time(22)])
    def test_a_time_outside_the_working_hours_is_not_to_be_had(
        self, session: Session, world: World, at: time
    ) -> None:
        with pytest.raises(Taken):
            _actor_hold(session, world, ask(session, world), local(TUESDAY, at))

    def test_a_time_after_the_day_of_the_reply_is_not_to_be_had(self, session: Session, world: World) -> None:
        consult = ask(session, world, reply_by_on=TUESDAY)
        with pytest.raises(Taken):
            _actor_hold(session, world, consult, NINE + timedelta(days=1))

    def test_a_room_of_the_service_is_taken_and_booked_with_it(self, session: Session, world: World) -> None:
        service = session.get_one(Service, world.service.id)
        service.buffer_after_minutes = 10
        service.requirements.append(
            Requirement(kind=RequirementKind.RESOURCE, resource_id=world.room.id, position=1)
        )
        booking = book(session, world, NINE)
        assert booking.resource_id == world.room.id
        room = next(c for c in _claims(session) if c.subject_id == world.room.id)
        assert (room.ends_at, room.state) == (NINE + timedelta(minutes=30), ClaimState.FIRM)
        assert world.room.id not in {p.person_id for p in booking.participations}


class TestBook:
    def test_a_booking_takes_the_time_and_invites_both_sides(self, database: Database, world: World) -> None:
        with database.transaction() as session:
            booking_id = book(session, world, NINE).id
        with database.read() as session:
            booking = session.get_one(Booking, booking_id)
            assert (booking.state, booking.starts_at, booking.sequence) == (BookingState.BOOKED, NINE, 0)
            assert {(c.booking_id, c.state, c.hold_id) for c in _claims(session)} == {
                (booking_id, ClaimState.FIRM, None)
            }
            messages = list(session.scalars(select(OutboxMessage)))
            people = [p.person_id for p in booking.participations]
            assert sorted(m.recipient_id for m in messages) == sorted(people)
            assert {(m.method, m.snapshot["uid"], m.snapshot["sequence"]) for m in messages} == {
                (Method.REQUEST, booking.uid, 0)
            }
            assert len({m.message_id for m in messages}) == 2
            assert _count(session, Hold) == 0
            assert audit.count_events(session, "booking.create", booking_id) == 1
            assert audit.find_break(session) is None

    def test_no_message_says_the_question(self, session: Session, world: World) -> None:
        book(session, world, NINE)
        for message in session.scalars(select(OutboxMessage)):
            assert "thrombectomy" not in str(message.snapshot)

    def test_each_takes_part_for_the_own_house(self, session: Session, world: World) -> None:
        booking = book(session, world, NINE)
        houses = {p.person_id: p.organisation_id for p in booking.participations}
        assert houses.pop(world.requester.id) == world.spoke.organisation_id
        assert set(houses.values()) == {world.hub.organisation_id}

    def test_a_doctor_who_moved_house_takes_part_for_the_house_asked(
        self, session: Session, world: World
    ) -> None:
        leave_one_neurologist(session, world)
        row = Membership(
            person_id=world.neurologist.id,
            organisation_id=world.stranger_site.organisation_id,
            site_id=world.stranger_site.id,
            function="consultant",
            valid_from=date(2025, 1, 1),
        )
        session.add(row)
        session.flush()
        session.expire_all()
        booking = book(session, world, NINE)
        houses = {p.person_id: p.organisation_id for p in booking.participations}
        assert houses[world.neurologist.id] == world.hub.organisation_id

    def test_two_bookings_never_share_a_uid(self, session: Session, world: World) -> None:
        """Line 8: a second booking must not overwrite the first in the calendars."""
        first = book(session, world, NINE)
        second = book(session, world, NINE, "key-2", by=world.second_requester)
        assert first.uid != second.uid

    def test_booking_twice_is_the_same_booking(self, database: Database, world: World) -> None:
        """Lines 1 and 11: confirmed once, whatever is sent again."""
        with database.transaction() as session:
            consult_id = ask(session, world).id
            _actor_hold(session, world, session.get_one(Consult, consult_id))
        ids = set()
        for _ in range(2):
            with database.transaction() as session:
                consult = access.get_consult(session, world.actor(world.requester), consult_id, to="change")
                ids.add(consult_times.book(session, world.actor(world.requester), consult, now=NOW).id)
        with database.read() as session:
            assert len(ids) == _count(session, Booking) == 1
            assert _count(session, OutboxMessage) == 2

    def test_what_is_rolled_back_leaves_no_trace(self, database: Database, world: World) -> None:
        with pytest.raises(LookupError), database.transaction() as session:
            book(session, world, NINE)
            raise LookupError
        with database.read() as session:
            assert [_count(session, m) for m in (Booking, OutboxMessage, Claim, Consult)] == [0, 0, 0, 0]
            assert audit.find_break(session) is None
            assert session.scalar(select(func.max(AuditHead.number))) == _events_of_the_world(session)

    def test_a_hold_that_ran_out_books_nothing_and_loses_nothing(
        self, database: Database, world: World
    ) -> None:
        with database.transaction() as session:
            consult_id = ask(session, world).id
            _actor_hold(session, world, session.get_one(Consult, consult_id))
        actor = world.actor(world.requester)
        with pytest.raises(Conflict, match="ran out"), database.transaction() as session:
            consult_times.book(session, actor, session.get_one(Consult, consult_id), now=LATER)
        with database.transaction() as session:
            consult = session.get_one(Consult, consult_id)
            assert consult.question == question(world).question
            assert _count(session, Booking) == 0
            consult_times.hold(session, actor, consult, NINE, now=LATER)
            assert consult_times.book(session, actor, consult, now=LATER).starts_at == NINE

    def test_a_time_given_away_by_a_faster_clock_is_not_booked(
        self, database: Database, world: World
    ) -> None:
        """Line 2: the claims decide, not the hold that still believes in them."""
        with database.transaction() as session:
            leave_one_neurologist(session, world)
            first = ask(session, world).id
            _actor_hold(session, world, session.get_one(Consult, first))
            other = ask(session, world, "key-2", by=world.second_requester)
            consult_times.hold(session, world.actor(world.second_requester), other, NINE, now=LATER)
        with pytest.raises(Conflict, match="ran out"), database.transaction() as session:
            consult = session.get_one(Consult, first)
            consult_times.book(session, world.actor(world.requester), consult, now=NOW)
        with database.read() as session:
            assert _count(session, Booking) == 0

    def test_without_a_hold_there_is_nothing_to_book(self, session: Session, world: World) -> None:
        with pytest.raises(Conflict, match="No time is held"):
            consult_times.book(session, world.actor(world.requester), ask(session, world), now=NOW)


class TestGivingBack:
    def test_a_released_time_is_free_at_once(self, session: Session, world: World) -> None:
        leave_one_neurologist(session, world)
        consult = ask(session, world)
        _actor_hold(session, world, consult)
        for _ in range(2):
            consult_times.release(session, world.actor(world.requester), consult, now=NOW)
        assert (consult.state, consult.hold, _claims(session)) == (ConsultState.OFFERED, None, [])
        _actor_hold(session, world, ask(session, world, "key-2", by=world.second_requester))

    def test_a_withdrawn_request_gives_its_time_back_and_stays_withdrawn(
        self, session: Session, world: World
    ) -> None:
        consult, actor = ask(session, world), world.actor(world.requester)
        _actor_hold(session, world, consult)
        for _ in range(2):
            consults.withdraw(session, actor, consult, now=NOW)
        assert (consult.state, _claims(session)) == (ConsultState.CANCELLED, [])
        assert consults.list_consults(session, actor, consults.Show.CURRENT).items == ()
        for act in (
            lambda: consult_times.hold(session, actor, consult, NINE, now=NOW),
            lambda: consult_times.book(session, actor, consult, now=NOW),
            lambda: consult_times.offers(session, consult, now=NOW),
        ):
            with pytest.raises(Conflict, match="ended"):
                act()

    def test_what_is_booked_is_neither_held_nor_withdrawn(self, session: Session, world: World) -> None:
        booking, actor = book(session, world, NINE), world.actor(world.requester)
        [consult] = consults.list_of_booking(session, actor, booking)
        with pytest.raises(Conflict, match="booked already"):
            consult_times.hold(session, actor, consult, TEN, now=NOW)
        with pytest.raises(Conflict, match="booked already"):
            consults.withdraw(session, actor, consult, now=NOW)

    def test_a_cancelled_time_is_bookable_at_once(self, session: Session, world: World) -> None:
        """Line 5: cancel, and the freed time can be booked again."""
        leave_one_neurologist(session, world)
        booking = book(session, world, NINE)
        bookings.cancel(session, world.actor(world.requester), booking, now=NOW)
        assert book(session, world, NINE, "key-2", by=world.second_requester).starts_at == NINE


def test_only_the_requester_finds_an_open_request(session: Session, world: World) -> None:
    consult = ask(session, world)
    for person in (world.stranger, world.second_requester, world.neurologist, world.secretary):
        with pytest.raises(NotFound):
            access.get_consult(session, world.actor(person), consult.id)
    listed = [
        consults.list_consults(session, world.actor(person), consults.Show.OPEN).items
        for person in (world.requester, world.second_requester)
    ]
    assert listed == [(consult,), ()]


def _events_of_the_world(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AuditEvent)) or 0


@pytest.mark.parametrize("is_held", [False, True], ids=["at the hold", "at the booking"])
def test_after_the_agreement_has_ended_an_open_request_gets_no_time(
    session: Session, world: World, is_held: bool
) -> None:
    """It may end on the very day on which the request was asked, or the time was held."""
    consult = ask(session, world)
    if is_held:
        _actor_hold(session, world, consult)
    agreement = session.scalars(select(CooperationAgreement)).one()
    agreement.valid_until = NOW.date()
    act = consult_times.book if is_held else partial(consult_times.hold, starts_at=NINE)
    with pytest.raises(Conflict, match="agreement of the two hospitals"):
        act(session, world.actor(world.requester), consult, now=NOW)


def test_what_is_booked_stays_when_the_agreement_ends(session: Session, world: World) -> None:
    booking = book(session, world, NINE)
    session.scalars(select(CooperationAgreement)).one().valid_until = NOW.date()
    consult = session.scalars(select(Consult)).one()
    assert consult_times.book(session, world.actor(world.requester), consult, now=NOW) is booking
