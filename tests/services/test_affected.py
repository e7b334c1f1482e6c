"""What a lost duty or an absence breaks, and the best way out of each."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind, BookingKind, DutyType, Partstat
from confsched.errors import msg
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.services import bookings, rosters
from confsched.services.affected import AffectedMeeting, Loss, affected_meetings
from tests.services.test_rebinding import DAY, TEN, consult_at, hold_line, line
from tests.world import NOW, World, leave_one_neurologist, local

__all__ = ["line"]
GONE = msg("Absence")


def lost(world: World, line_id: object = None, span: Span = DAY) -> Loss:
    """Say that the neurologist loses a line, or is away."""
    return Loss(world.neurologist.id, span, line_id, GONE)  # type: ignore[arg-type]


def broken_by(session: Session, *losses: Loss) -> list[AffectedMeeting]:
    return affected_meetings(session, losses, now=NOW)


def test_without_a_loss_nothing_breaks(session: Session, world: World) -> None:
    consult_at(session, world, TEN)
    assert broken_by(session) == []


def test_a_lost_duty_breaks_what_was_booked_through_it_and_names_who_holds_it_now(
    session: Session, world: World, line: DutyLine
) -> None:
    booking = consult_at(session, world, TEN)
    hold_line(session, world.second_neurologist, line)
    (meeting,) = broken_by(session, lost(world, line.id))
    assert (meeting.booking_id, meeting.is_bound) == (booking.id, True)
    assert meeting.substitute_id == world.second_neurologist.id
    assert str(meeting.proposal) == "Dr. Tom Brandt holds the line then and is free."
    assert (meeting.person_name, meeting.kind) == ("Dr. Jana Okafor", BookingKind.TELECONSULT)
    assert (meeting.starts_at, meeting.why) == (TEN, GONE)


def test_without_a_holder_the_qualified_who_are_free_are_proposed(
    session: Session, world: World, line: DutyLine
) -> None:
    consult_at(session, world, TEN)
    (meeting,) = broken_by(session, lost(world, line.id))
    assert meeting.substitute_id == world.second_neurologist.id
    assert str(meeting.proposal) == "Dr. Tom Brandt is free and could take it over."


def test_a_lost_duty_breaks_no_meeting_that_had_nothing_to_do_with_it(session: Session, world: World) -> None:
    consult_at(session, world, TEN)
    assert broken_by(session, lost(world, world.line.id)) == []


def test_an_absence_breaks_every_meeting_it_touches(session: Session, world: World) -> None:
    booking = consult_at(session, world, TEN)
    touching = Span(TEN + timedelta(minutes=29), TEN + timedelta(hours=1))
    beside = Span(TEN + timedelta(minutes=30), TEN + timedelta(hours=1))
    (meeting,) = broken_by(session, lost(world, span=touching))
    assert (meeting.booking_id, meeting.is_bound) == (booking.id, False)
    assert meeting.substitute_id == world.second_neurologist.id
    assert broken_by(session, lost(world, span=beside)) == []


def test_an_absence_during_a_duty_knows_the_line_of_the_consult(
    session: Session, world: World, line: DutyLine
) -> None:
    consult_at(session, world, TEN)
    hold_line(session, world.neurologist, line)
    assert [one.is_bound for one in broken_by(session, lost(world))] == [True]


def test_a_weekend_away_reaches_the_saturday_in_between(session: Session, world: World) -> None:
    """Cover line 16: away from Friday 18:00 to Monday 08:00."""
    booking = consult_at(session, world, TEN)
    saturday = date(2026, 11, 28)
    booking.starts_at, booking.ends_at = local(saturday, time(10)), local(saturday, time(11))
    session.flush()
    weekend = Span(local(date(2026, 11, 27), time(18)), local(date(2026, 11, 30), time(8)))
    assert [one.booking_id for one in broken_by(session, lost(world, span=weekend))] == [booking.id]


def test_who_is_away_already_is_no_substitute(session: Session, world: World, line: DutyLine) -> None:
    consult_at(session, world, TEN)
    hold_line(session, world.second_neurologist, line)
    second = session.get_one(Person, world.second_neurologist.id)
    rosters.record_absence(session, None, second, DAY, kind=AbsenceKind.LEAVE, now=NOW)
    (meeting,) = broken_by(session, lost(world, line.id))
    assert meeting.substitute_id is None
    assert str(meeting.proposal) == "Nobody else is free then. Find another time."


def test_a_requester_who_is_away_needs_another_time(session: Session, world: World) -> None:
    consult_at(session, world, TEN)
    away = Loss(world.requester.id, DAY, None, GONE)
    (meeting,) = broken_by(session, away)
    assert (str(meeting.proposal), meeting.substitute_id) == ("Find another time.", None)


def test_a_conference_looks_for_another_time_and_does_without_its_optional_guests(
    session: Session, world: World
) -> None:
    booking = consult_at(session, world, TEN)
    booking.kind = BookingKind.CONFERENCE
    session.flush()
    assert [str(one.proposal) for one in broken_by(session, lost(world))] == ["Find another time."]
    next(p for p in booking.participations if p.person_id == world.neurologist.id).is_optional = True
    session.flush()
    assert "without them" in str(broken_by(session, lost(world))[0].proposal)


def test_what_is_over_called_off_or_declined_is_not_broken(session: Session, world: World) -> None:
    booking = consult_at(session, world, TEN)
    assert affected_meetings(session, [lost(world)], now=TEN + timedelta(minutes=1)) == []
    bookings.reply(session, world.actor(world.neurologist), booking, Partstat.DECLINED, now=NOW)
    session.flush()
    assert broken_by(session, lost(world)) == []
    bookings.cancel(session, world.actor(world.requester), booking, now=NOW)
    assert broken_by(session, Loss(world.requester.id, DAY, None, GONE)) == []


def test_a_meeting_is_named_once_a_person_however_often_it_is_hit(
    session: Session, world: World, line: DutyLine
) -> None:
    consult_at(session, world, TEN)
    found = broken_by(session, lost(world), lost(world, line.id), lost(world))
    assert [one.is_bound for one in found] == [True]


def test_titles_are_for_who_may_read_them(session: Session, world: World) -> None:
    consult_at(session, world, TEN)
    for person, shown in (
        (world.requester, ("Neurologie-Konsil", "FK-7Q2M")),
        (world.secretary, ("", "")),
        (world.stranger, ("", "")),
    ):
        (meeting,) = affected_meetings(session, [lost(world)], now=NOW, actor=world.actor(person))
        assert (meeting.label, meeting.case_ref) == shown
    assert broken_by(session, lost(world))[0].label == ""


@pytest.mark.parametrize("kind", [DutyType.ON_SITE_STANDBY, DutyType.ON_CALL_HOME])
def test_one_person_alone_leaves_nobody_to_propose(
    session: Session, world: World, line: DutyLine, kind: DutyType
) -> None:
    line.duty_type = kind
    consult_at(session, world, TEN)
    leave_one_neurologist(session, world)
    assert broken_by(session, lost(world, line.id))[0].substitute_id is None
