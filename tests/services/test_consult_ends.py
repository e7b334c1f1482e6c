"""What follows a deadline, a start and a meeting: reminders, the end, outcome, report, short notice."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.bookings import BookingState
from confsched.domain.invites import Kind
from confsched.domain.kinds import ConsultState, NoShowSide, Partstat
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, Refusal
from confsched.mail.compose import preview
from confsched.mail.envelopes import House, envelope_of
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.consults import Consult
from confsched.models.outbox import OutboxMessage
from confsched.services import (
    audit,
    bookings,
    consult_deadlines,
    consult_reports,
    consult_times,
    consults,
    reminders,
)
from tests.support.outbox import all_messages
from tests.world import NOW, World, ask, book, leave_one_neurologist, local

HOUSE = House("https://planung.example", "planung@haus.example")
TUESDAY, THURSDAY, FRIDAY = date(2026, 11, 24), date(2026, 12, 3), date(2026, 12, 4)
NINE = local(TUESDAY, time(9))
OVER = NINE + timedelta(minutes=30)
MIDNIGHT = local(date(2026, 12, 5), time(0))  # the end of the day until which the cast asks
MORNING_BEFORE = local(THURSDAY, time(8))


def _told(session: Session, kind: Kind) -> list[str]:
    session.flush()
    return sorted(message.recipient for message in all_messages(session) if message.kind is kind)


def _text(session: Session, kind: Kind) -> str:
    session.flush()
    found: list[OutboxMessage] = [one for one in all_messages(session) if one.kind is kind]
    return preview(envelope_of(found[-1], HOUSE)).text


class TestDeadline:
    def test_an_open_request_runs_out_at_the_end_of_the_local_day_and_its_held_time_is_free(
        self, session: Session, world: World
    ) -> None:
        leave_one_neurologist(session, world)
        consult = ask(session, world)
        late = local(FRIDAY, time(9))
        consult_times.hold(session, world.actor(world.requester), consult, late, now=NOW)
        assert consult_deadlines.expire_due(session, now=MIDNIGHT - timedelta(microseconds=1)) == 0
        assert [consult_deadlines.expire_due(session, now=MIDNIGHT) for _ in range(2)] == [1, 0]
        assert (consult.state, consult.hold) == (ConsultState.EXPIRED, None)
        assert consult.steps[-1].person_id is None
        assert _told(session, Kind.CONSULT_NEWS) == [world.requester.email]
        assert "+49 5555 1000" in _text(session, Kind.CONSULT_NEWS)

    def test_who_should_have_decided_is_told_as_well(self, session: Session, world: World) -> None:
        session.get_one(Service, world.service.id).needs_triage = True
        ask(session, world)
        assert consult_deadlines.expire_due(session, now=MIDNIGHT) == 1
        assert len(_told(session, Kind.CONSULT_NEWS)) == 4

    def test_what_is_booked_or_over_does_not_run_out(self, session: Session, world: World) -> None:
        book(session, world, NINE)
        consults.withdraw(session, world.actor(world.requester), ask(session, world, "key-2"), now=NOW)
        assert consult_deadlines.expire_due(session, now=MIDNIGHT) == 0

    @pytest.mark.parametrize(
        ("reply_by_on", "over_at"),
        [
            (date(2026, 3, 29), datetime.fromisoformat("2026-03-29T22:00+00:00")),
            (date(2026, 10, 25), datetime.fromisoformat("2026-10-25T23:00+00:00")),
        ],
    )
    def test_a_day_of_23_or_25_hours_ends_when_it_ends(
        self, session: Session, world: World, reply_by_on: date, over_at: datetime
    ) -> None:
        ask(session, world).reply_by_on = reply_by_on
        session.flush()
        assert consult_deadlines.expire_due(session, now=over_at - timedelta(microseconds=1)) == 0
        assert consult_deadlines.expire_due(session, now=over_at) == 1

    def test_the_reminder_comes_once_in_the_morning_of_the_working_day_before(
        self, session: Session, world: World
    ) -> None:
        ask(session, world)
        assert consult_deadlines.remind_due(session, now=MORNING_BEFORE - timedelta(minutes=1)) == 0
        assert [consult_deadlines.remind_due(session, now=MORNING_BEFORE) for _ in range(2)] == [1, 0]
        assert _told(session, Kind.DEADLINE_REMINDER) == [world.requester.email]
        assert "Choose one on its page" in _text(session, Kind.DEADLINE_REMINDER)

    def test_those_who_have_not_decided_are_reminded_too(self, session: Session, world: World) -> None:
        session.get_one(Service, world.service.id).needs_triage = True
        ask(session, world)
        consult_deadlines.remind_due(session, now=MORNING_BEFORE)
        told = (world.requester, world.neurologist, world.second_neurologist, world.secretary)
        assert _told(session, Kind.DEADLINE_REMINDER) == sorted(person.email for person in told)

    def test_who_asks_at_the_last_moment_is_not_reminded_of_it(self, session: Session, world: World) -> None:
        consult = ask(session, world, reply_by_on=TUESDAY)
        consult.created_at = NOW + timedelta(minutes=5)
        assert consult_deadlines.remind_due(session, now=NOW + timedelta(hours=1)) == 1
        assert _told(session, Kind.DEADLINE_REMINDER) == []


def test_two_workers_leave_each_other_what_they_have_in_hand(postgres_database: Database) -> None:
    from tests.world import build_world

    with postgres_database.transaction() as session:
        ask(session, build_world(session))
    with postgres_database.transaction() as first:
        assert consult_deadlines.expire_due(first, now=MIDNIGHT) == 1
        with postgres_database.transaction() as second:
            assert consult_deadlines.expire_due(second, now=MIDNIGHT) == 0


class TestMeetingReminder:
    def test_each_is_reminded_once_but_not_who_declined(self, session: Session, world: World) -> None:
        booking = book(session, world, local(date(2026, 11, 26), time(9)))
        consultant = next(p for p in booking.participations if p.person_id != world.requester.id)
        consultant.partstat = Partstat.DECLINED
        due = booking.starts_at - timedelta(days=1)
        assert reminders.remind_due(session, now=due - timedelta(microseconds=1)) == 0
        assert [reminders.remind_due(session, now=due) for _ in range(2)] == [1, 0]
        assert _told(session, Kind.MEETING_REMINDER) == [world.requester.email]
        assert "Thu 26 Nov 2026, 09:00–09:30 CET" in _text(session, Kind.MEETING_REMINDER)
        assert "thrombectomy" not in _text(session, Kind.MEETING_REMINDER)

    def test_another_time_is_reminded_of_anew(self, session: Session, world: World) -> None:
        booking = book(session, world, local(date(2026, 11, 26), time(9)))
        assert reminders.remind_due(session, now=booking.starts_at - timedelta(days=1)) == 2
        moved = local(date(2026, 12, 1), time(9))
        actor = world.actor(world.requester)
        bookings.move(session, actor, booking, moved, now=booking.starts_at - timedelta(hours=20))
        assert reminders.remind_due(session, now=moved - timedelta(days=2)) == 0
        assert reminders.remind_due(session, now=moved - timedelta(hours=1)) == 2
        assert len(_told(session, Kind.MEETING_REMINDER)) == 4

    @pytest.mark.parametrize(("minutes", "count"), [(0, 0), (30, 0), (120, 2)])
    def test_the_service_says_how_long_before(
        self, session: Session, world: World, minutes: int, count: int
    ) -> None:
        session.get_one(Service, world.service.id).reminder_minutes = minutes
        starts_at = local(date(2026, 11, 26), time(9))
        book(session, world, starts_at)
        assert reminders.remind_due(session, now=starts_at - timedelta(hours=1)) == count

    def test_what_is_booked_at_short_notice_or_has_begun_is_not_reminded_of(
        self, session: Session, world: World
    ) -> None:
        book(session, world, local(NOW.date(), time(11)))
        reminders.remind_due(session, now=NOW + timedelta(hours=1))
        assert _told(session, Kind.MEETING_REMINDER) == []
        book(session, world, NINE + timedelta(days=2), "key-2")
        assert reminders.remind_due(session, now=NINE + timedelta(days=2)) == 0


class Met(NamedTuple):
    """Hold a consult whose meeting is over, and both sides."""

    consult: Consult
    booking: Booking
    asking: Actor
    answering: Actor


@pytest.fixture
def met(session: Session, world: World) -> Met:
    leave_one_neurologist(session, world)
    booking = book(session, world, NINE)
    [consult] = consults.list_of_booking(session, world.actor(world.requester), booking)
    return Met(consult, booking, world.actor(world.requester), world.actor(world.neurologist))


class TestOutcome:
    def test_either_side_says_that_it_took_place_and_twice_is_once(self, session: Session, met: Met) -> None:
        for actor in (met.asking, met.answering):
            consult_reports.say_outcome(session, actor, met.consult, None, now=OVER)
        assert (met.consult.state, met.booking.state) == (ConsultState.TOOK_PLACE, BookingState.FULFILLED)
        assert [step.person_id for step in met.consult.steps][-2:] == [met.asking.person_id] * 2

    def test_nobody_says_it_before_the_end(self, session: Session, met: Met) -> None:
        with pytest.raises(Conflict, match="not over yet"):
            consult_reports.say_outcome(
                session, met.asking, met.consult, None, now=OVER - timedelta(microseconds=1)
            )

    def test_who_did_not_come_is_told_to_both_and_corrected_once(self, session: Session, met: Met) -> None:
        say = consult_reports.say_outcome
        say(session, met.answering, met.consult, NoShowSide.REQUESTER, now=OVER)
        assert (met.consult.state, met.consult.no_show_side) == (ConsultState.NO_SHOW, NoShowSide.REQUESTER)
        assert [met.booking.state] == [BookingState.BOOKED]
        assert len(_told(session, Kind.CONSULT_NEWS)) == 2
        say(session, met.asking, met.consult, None, now=OVER)
        assert (met.consult.state, met.consult.no_show_side) == (ConsultState.TOOK_PLACE, None)
        assert met.booking.state is BookingState.FULFILLED
        with pytest.raises(Conflict, match="corrected already"):
            say(session, met.answering, met.consult, NoShowSide.REQUESTER, now=OVER)

    def test_after_a_day_without_a_word_it_counts_as_held(self, session: Session, met: Met) -> None:
        day = timedelta(hours=24)
        assert consult_reports.settle_silent(session, now=OVER + day - timedelta(microseconds=1)) == 0
        assert [consult_reports.settle_silent(session, now=OVER + day) for _ in range(2)] == [1, 0]
        assert (met.consult.state, met.booking.state) == (ConsultState.TOOK_PLACE, BookingState.FULFILLED)
        assert met.consult.steps[-1].person_id is None
        consult_reports.say_outcome(session, met.asking, met.consult, NoShowSide.CONSULTANT, now=OVER + day)
        assert (met.consult.state, met.booking.state) == (ConsultState.NO_SHOW, BookingState.BOOKED)


class TestReport:
    def test_the_report_stays_in_the_house_is_read_on_record_and_closed(
        self, session: Session, world: World, met: Met
    ) -> None:
        text = "No thrombectomy. Anticoagulate after day 12."
        for _ in range(2):
            consult_reports.write_report(session, met.answering, met.consult, text, now=OVER)
        states = [step.state for step in met.consult.steps][-2:]
        assert states == [ConsultState.TOOK_PLACE, ConsultState.REPORTED]
        assert _told(session, Kind.CONSULT_NEWS) == [world.requester.email]
        assert "Anticoagulate" not in _text(session, Kind.CONSULT_NEWS)
        assert consult_reports.read_report(session, met.asking, met.consult, now=OVER) == text
        audit.write_pending(session)
        assert audit.count_events(session, "consult.read_report", met.consult.id) == 1
        for _ in range(2):
            consult_reports.close(session, met.asking, met.consult, now=OVER)
        assert met.consult.state is ConsultState.CLOSED

    @pytest.mark.parametrize("text", ["  ", "x" * 8001, "Frau Anna Schmidt, geb. 02.01.1970: kein Befund."])
    def test_what_is_no_report_is_refused_at_its_field(self, session: Session, met: Met, text: str) -> None:
        with pytest.raises(Refusal) as refused:
            consult_reports.write_report(session, met.answering, met.consult, text, now=OVER)
        assert refused.value.field == "report"
        assert met.consult.state is ConsultState.BOOKED

    def test_each_side_does_its_own_part_only(self, session: Session, world: World, met: Met) -> None:
        with pytest.raises(Conflict):
            consult_reports.write_report(session, met.asking, met.consult, "Mine.", now=OVER)
        consult_reports.write_report(session, met.answering, met.consult, "Fine.", now=OVER)
        with pytest.raises(Conflict):
            consult_reports.close(session, met.answering, met.consult, now=OVER)
        with pytest.raises(Conflict):
            consult_reports.read_report(session, world.actor(world.secretary), met.consult, now=OVER)

    def test_a_month_after_the_last_report_it_is_closed_by_itself(self, session: Session, met: Met) -> None:
        consult_reports.write_report(session, met.answering, met.consult, "Fine.", now=OVER)
        consult_reports.write_report(
            session, met.answering, met.consult, "Fine, with a date.", now=OVER + timedelta(days=3)
        )
        assert consult_reports.close_old(session, now=OVER + timedelta(days=30)) == 0
        assert [consult_reports.close_old(session, now=OVER + timedelta(days=33)) for _ in range(2)] == [1, 0]
        assert met.consult.state is ConsultState.CLOSED


class TestShortNotice:
    def test_who_asked_gives_a_reason_or_phones(self, session: Session, world: World, met: Met) -> None:
        met.consult.service.cancel_notice_minutes = 2880
        with pytest.raises(Refusal, match=r"\+49 5555 1000") as refused:
            bookings.cancel(session, met.asking, met.booking, now=NOW)
        assert refused.value.field == "reason"
        with pytest.raises(Refusal) as refused:
            bookings.move(session, met.asking, met.booking, NINE + timedelta(hours=1), now=NOW)
        assert refused.value.field == "short_reason"
        bookings.move(
            *(session, met.asking, met.booking, NINE + timedelta(hours=1)),
            now=NOW,
            reason="The scan is late.",
        )
        assert met.consult.steps[-1].reason == "The scan is late."
        assert _told(session, Kind.CONSULT_NEWS) == [world.neurologist.email]
        assert "At short notice: The scan is late." in _text(session, Kind.CONSULT_NEWS)
        bookings.cancel(session, met.asking, met.booking, now=NOW, reason="Transferred.")
        assert (met.consult.state, met.consult.steps[-1].reason) == (ConsultState.CANCELLED, "Transferred.")
        assert len(_told(session, Kind.CONSULT_NEWS)) == 2

    def test_in_time_or_from_the_other_side_no_reason_is_asked_for(self, session: Session, met: Met) -> None:
        met.consult.service.cancel_notice_minutes = 60
        bookings.move(session, met.asking, met.booking, NINE + timedelta(hours=1), now=NOW)
        met.consult.service.cancel_notice_minutes = 2880
        bookings.cancel(session, met.answering, met.booking, now=NOW)
        assert _told(session, Kind.CONSULT_NEWS) == []
