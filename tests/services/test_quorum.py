"""The quorum on record: forecast at once, checked once for each occasion, substitutes by one press."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.invites import Kind
from confsched.domain.kinds import AbsenceKind, AttendanceMode, ConferenceState, Partstat
from confsched.domain.quorum import Chance, Occasion
from confsched.errors import Conflict, Refusal
from confsched.models.claims import Claim
from confsched.models.conferences import Attendance, Conference, QuorumCheck
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.rosters import Absence
from confsched.services import bookings, quorum, quorum_substitutes
from tests.support.conferences import START, WEEK, add_conference, answer
from tests.world import NOW, World, local

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def mails(session: Session) -> list[OutboxMessage]:
    query = select(OutboxMessage).where(OutboxMessage.kind == Kind.CONFERENCE_NEWS)
    return list(session.scalars(query))


def invited(conference: Conference, world: World) -> tuple[Person, Person]:
    """Return the neurologist who is invited, and the one who is not."""
    assert conference.booking is not None
    ids = {part.person_id for part in conference.booking.participations}
    one, other = world.neurologist, world.second_neurologist
    return (one, other) if one.id in ids else (other, one)


def chance(session: Session, conference: Conference) -> Chance:
    return quorum.forecast(session, conference, now=NOW).chance


def test_a_decline_changes_the_forecast_at_once(session: Session, world: World) -> None:
    """Line 9 of the failures of others: a declined person still counts as busy."""
    conference = add_conference(session, world)
    one, _ = invited(conference, world)
    assert chance(session, conference) is Chance.MAYBE
    assert conference.booking is not None
    for partstat, expected in ((Partstat.ACCEPTED, Chance.SURE), (Partstat.DECLINED, Chance.MISSING)):
        bookings.reply(session, world.actor(one), conference.booking, partstat, now=NOW)
        assert chance(session, conference) is expected
    assert session.scalar(select(func.count(Claim.id)).where(Claim.subject_id == one.id)) == 0


def test_an_absence_outweighs_a_yes(session: Session, world: World) -> None:
    conference = add_conference(session, world)
    one, _ = invited(conference, world)
    answer(conference, one, Partstat.ACCEPTED)
    assert chance(session, conference) is Chance.SURE
    day = local(date(2026, 11, 26), time(0))
    session.add(
        Absence(person_id=one.id, kind=AbsenceKind.SICK, starts_at=day, ends_at=day + DAY, recorded_at=NOW)
    )
    assert chance(session, conference) is Chance.MISSING


def test_a_specialist_is_wanted_and_who_is_none_does_not_count(session: Session, world: World) -> None:
    conference = add_conference(session, world)
    one, _ = invited(conference, world)
    answer(conference, one, Partstat.ACCEPTED)
    conference.requirements[0].specialists_only = True
    session.get_one(Person, one.id).is_specialist = False
    session.flush()
    found = quorum.forecast(session, conference, now=NOW)
    assert not found.has_quorum
    assert [person.id for person, _ in found.lines[0].unfit] == [one.id]


def test_the_claim_of_the_meeting_itself_is_nothing_against_it_and_another_one_is(
    session: Session, world: World
) -> None:
    conference = add_conference(session, world)
    one, _ = invited(conference, world)
    answer(conference, one, Partstat.ACCEPTED)
    assert chance(session, conference) is Chance.SURE
    other = add_conference(session, world, one, title="Other board")
    assert other.booking is not None
    assert chance(session, conference) is Chance.MAYBE


def test_somebody_who_has_come_counts_whatever_they_replied(session: Session, world: World) -> None:
    conference = add_conference(session, world)
    _, other = invited(conference, world)
    seen = {"mode": AttendanceMode.ON_SITE, "came_at": START}
    session.add(Attendance(conference_id=conference.id, person_id=other.id, **seen))
    session.flush()
    assert chance(session, conference) is Chance.SURE


def test_each_occasion_is_checked_once_and_warns_chair_and_organiser_with_substitutes(
    session: Session, world: World
) -> None:
    conference = add_conference(session, world, chair_id=world.neurologist.id, cutoff_minutes=2880)
    _, other = invited(conference, world)
    for at in (
        START - 3 * DAY,
        START - 2 * DAY,
        START - 2 * DAY + MINUTE,
        START - DAY,
        START,
        START + MINUTE,
    ):
        quorum.check_due(session, now=at)
    rows = session.scalars(select(QuorumCheck).order_by(QuorumCheck.checked_at)).all()
    assert [row.occasion for row in rows] == ["cut_off", "day_before", "start"]
    assert [row.has_quorum for row in rows] == [False] * 3
    assert rows[0].missing[0]["maybe"] == 1
    told = mails(session)
    assert {one.recipient for one in told} == {world.neurologist.email, world.secretary.email}
    assert len(told) == 6
    assert other.name in str(told[0].snapshot["lines"])


def test_a_conference_with_a_quorum_is_checked_and_nobody_is_warned(session: Session, world: World) -> None:
    conference = add_conference(session, world)
    one, _ = invited(conference, world)
    answer(conference, one, Partstat.ACCEPTED)
    assert quorum.check_due(session, now=START - DAY) == 1
    assert quorum.check_due(session, now=START - DAY) == 0
    assert mails(session) == []


def test_a_decline_ten_minutes_before_the_start_is_told_once(session: Session, world: World) -> None:
    conference = add_conference(session, world)
    one, _ = invited(conference, world)
    assert conference.booking is not None
    bookings.reply(session, world.actor(one), conference.booking, Partstat.ACCEPTED, now=NOW)
    quorum.check_due(session, now=START - DAY)
    late = START - 10 * MINUTE
    bookings.reply(session, world.actor(one), conference.booking, Partstat.DECLINED, now=late)
    assert quorum.check_due(session, now=late + MINUTE) == 1
    assert quorum.check_due(session, now=late + 2 * MINUTE) == 0
    (mail,) = mails(session)
    assert "late reply" in str(mail.snapshot["heading"])


def test_a_conference_that_has_moved_is_checked_anew(session: Session, world: World) -> None:
    conference = add_conference(session, world)
    quorum.check_due(session, now=START - DAY)
    assert conference.booking is not None
    conference.booking.starts_at += WEEK
    conference.booking.ends_at += WEEK
    session.flush()
    assert quorum.check_due(session, now=START) == 0
    assert quorum.check_due(session, now=START + WEEK - DAY) == 1


def test_below_quorum_it_begins_only_with_a_reason(session: Session, world: World) -> None:
    conference = add_conference(session, world)
    one, _ = invited(conference, world)
    for reason in ("", "  ", "x" * 401, "Muster, Hans *12.3.51"):
        with pytest.raises(Refusal) as refused:
            quorum.demand(session, conference, reason, START)
        assert refused.value.field == quorum.REASON
    assert quorum.demand(session, conference, " Radiology by phone ", START) == "Radiology by phone"
    answer(conference, one, Partstat.ACCEPTED)
    assert quorum.demand(session, conference, "Not needed", START) == ""
    query = select(func.count(QuorumCheck.id)).where(QuorumCheck.occasion == Occasion.START)
    assert session.scalar(query) == 1


def test_what_is_over_or_off_is_not_checked(session: Session, world: World) -> None:
    add_conference(session, world, state=ConferenceState.RUNNING)
    assert quorum.check_due(session, now=START) == 0


# ---- substitutes ----


def test_one_press_invites_a_substitute_takes_their_time_and_tells_their_calendar(
    session: Session, world: World
) -> None:
    conference = add_conference(session, world)
    one, other = invited(conference, world)
    answer(conference, one, Partstat.DECLINED)
    found = quorum.forecast(session, conference, now=NOW)
    key = found.lines[0].required.key
    proposed = quorum_substitutes.propose(session, conference, found, now=NOW)
    assert [person.person_id for person in proposed[key]] == [other.id]
    actor, need = world.actor(world.secretary), conference.requirements[0].id
    for _ in range(2):
        quorum_substitutes.invite(session, actor, conference, need, other.id, now=NOW)
    sent = select(OutboxMessage).where(OutboxMessage.recipient_id == other.id)
    assert [mail.kind for mail in session.scalars(sent)] == [Kind.INVITATION]
    taken = select(func.count(Claim.id)).where(Claim.subject_id == other.id)
    assert session.scalar(taken) == 1
    assert chance(session, conference) is Chance.MAYBE


def test_who_is_taken_or_does_not_fit_is_not_invited(session: Session, world: World) -> None:
    conference = add_conference(session, world)
    _, other = invited(conference, world)
    actor, need = world.actor(world.secretary), conference.requirements[0].id
    with pytest.raises(Refusal):
        quorum_substitutes.invite(session, actor, conference, need, world.requester.id, now=NOW)
    add_conference(session, world, other, title="Other board")
    with pytest.raises(Conflict), session.begin_nested():
        quorum_substitutes.invite(session, actor, conference, need, other.id, now=NOW)
    with pytest.raises(Conflict):
        quorum_substitutes.invite(session, actor, conference, need, other.id, now=START)


def test_the_forecast_of_many_asks_as_often_as_that_of_one(database: Database, world: World) -> None:
    with database.transaction() as session:
        rows = [add_conference(session, world, starts_at=START + number * DAY) for number in (0, 1, 4)]
        found = quorum.forecasts(session, rows, now=NOW)
        assert [found[row.id].chance for row in rows] == [Chance.MAYBE] * 3


def test_two_workers_at_once_check_and_warn_once(database: Database, world: World) -> None:
    """Line 7 of the failures of others: a lock that is released before the commit."""
    with database.transaction() as session:
        add_conference(session, world)
    gate = threading.Barrier(2)

    def work(_number: int) -> int:
        gate.wait()
        with database.transaction() as session:
            return quorum.check_due(session, now=START - DAY)

    with ThreadPoolExecutor(2) as workers:
        assert sorted(workers.map(work, range(2))) == [0, 1]
    with database.read() as session:
        assert session.scalar(select(func.count(QuorumCheck.id))) == 1
        assert len(mails(session)) == 1
