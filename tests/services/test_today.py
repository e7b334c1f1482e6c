"""What the person's day holds, and what of others it does not."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.domain.rosters import duty_span
from confsched.models.consults import Consult
from confsched.models.people import Person
from confsched.services import conferences, consult_times, consults, rosters, today
from confsched.services.conferences import Draft, Wanted
from confsched.services.consults import Question
from confsched.services.tasks import TaskKind
from confsched.services.today import Today
from tests.world import NEUROLOGY, NOW, ZONE, World, add_working_hours, build_world

MONDAY = date(2026, 11, 23)


@pytest.fixture
def session(sqlite_database: Database) -> Iterator[Session]:
    with sqlite_database.transaction() as opened:
        yield opened


@pytest.fixture
def cast(session: Session) -> World:
    world = build_world(session)
    add_working_hours(session, world.requester, world.spoke)
    return world


def _today(session: Session, cast: World, person: Person, now: datetime = NOW) -> Today:
    session.flush()
    return today.my_day(session, cast.actor(person), now=now)


def _ask(session: Session, cast: World, case_ref: str = "FK-7Q2M") -> Consult:
    question = Question(cast.service.id, case_ref, "Umstellung sinnvoll?", date(2026, 12, 4))
    return consults.request(session, cast.actor(cast.requester), question, now=NOW, key=case_ref)


def _hold(session: Session, cast: World, consult: Consult) -> datetime:
    starts_at = consult_times.offers(session, consult, now=NOW).offers[0].span.starts_at
    consult_times.hold(session, cast.actor(cast.requester), consult, starts_at, now=NOW)
    return starts_at


def _book(session: Session, cast: World) -> tuple[uuid.UUID, datetime]:
    consult = _ask(session, cast)
    starts_at = _hold(session, cast, consult)
    return consult_times.book(session, cast.actor(cast.requester), consult, now=NOW).id, starts_at


def test_an_empty_day_is_empty(session: Session, cast: World) -> None:
    day = _today(session, cast, cast.requester)

    assert (day.tasks, day.meetings, day.duties) == ((), (), ())


def test_a_held_time_waits_until_it_runs_out_then_the_choice_waits(session: Session, cast: World) -> None:
    consult = _ask(session, cast)
    starts_at = _hold(session, cast, consult)

    [held] = _today(session, cast, cast.requester).tasks
    assert (held.kind, held.id, held.starts_at) == (TaskKind.CONFIRM_CONSULT, consult.id, starts_at)

    [open_again] = _today(session, cast, cast.requester, NOW + timedelta(minutes=11)).tasks
    assert (open_again.kind, open_again.due_on) == (TaskKind.CHOOSE_TIME, date(2026, 12, 4))


def test_what_runs_out_first_comes_first(session: Session, cast: World) -> None:
    _ask(session, cast, "FK-3ZK6")
    _hold(session, cast, _ask(session, cast))

    kinds = [task.kind for task in _today(session, cast, cast.requester).tasks]

    assert kinds == [TaskKind.CONFIRM_CONSULT, TaskKind.CHOOSE_TIME]


def test_a_booked_consult_is_a_meeting_of_both_and_an_invitation_to_one(
    session: Session, cast: World
) -> None:
    booking_id, starts_at = _book(session, cast)

    [mine] = _today(session, cast, cast.requester).meetings
    assert (mine.booking.id, mine.span.starts_at) == (booking_id, starts_at)
    [name] = mine.names
    consultant = cast.neurologist if name == cast.neurologist.name else cast.second_neurologist
    theirs = _today(session, cast, consultant)
    assert [meeting.names for meeting in theirs.meetings] == [(cast.requester.name,)]
    assert [(task.kind, task.id) for task in theirs.tasks] == [(TaskKind.ANSWER, booking_id)]


def test_nobody_else_sees_the_meeting_on_their_day(session: Session, cast: World) -> None:
    _book(session, cast)

    for person in (cast.second_requester, cast.secretary, cast.stranger, cast.admin):
        day = _today(session, cast, person)
        assert (day.meetings, day.tasks) == ((), ())


def test_the_link_opens_ten_minutes_before_and_closes_at_the_end(session: Session, cast: World) -> None:
    _, starts_at = _book(session, cast)
    [meeting] = _today(session, cast, cast.requester).meetings
    meeting.booking.join_link = "https://video.wendstadt.example/abc"

    table = {
        starts_at - timedelta(minutes=11): False,
        starts_at - timedelta(minutes=10): True,
        meeting.span.ends_at - timedelta(minutes=1): True,
        meeting.span.ends_at: False,
    }
    assert {at: meeting.may_join(at) for at in table} == table
    meeting.booking.join_link = ""
    assert not meeting.may_join(starts_at)


def test_a_planned_conference_waits_for_its_organiser(session: Session, cast: World) -> None:
    draft = Draft("Fallkonferenz", 30, MONDAY, date(2026, 12, 4), (Wanted(discipline=NEUROLOGY),))
    conference = conferences.plan(session, cast.actor(cast.secretary), draft, now=NOW, key="k")

    tasks = _today(session, cast, cast.secretary).tasks

    assert [(task.kind, task.id) for task in tasks] == [(TaskKind.INVITE, conference.id)]
    assert _today(session, cast, cast.neurologist).tasks == ()


def test_the_next_fourteen_days_of_duty_stand_there_and_superseded_ones_do_not(
    session: Session, cast: World
) -> None:
    days = [MONDAY + timedelta(days=offset) for offset in (0, 5, 13, 15)]
    duties = [(cast.neurologist, duty_span(day, time(16), time(8), ZONE)) for day in days]
    rosters.record_duties(session, None, cast.line, duties, now=NOW, origin="plan")
    swapped = [(cast.second_neurologist, duties[1][1])]
    rosters.record_duties(session, None, cast.line, swapped, now=NOW, origin="swap")

    mine = _today(session, cast, cast.neurologist).duties

    assert [clock.local_day(duty.span.starts_at, ZONE) for duty in mine] == [days[0], days[2]]
    assert mine[0].site_name == "Uniklinik Wendstadt"


def test_the_lines_are_those_of_the_services_my_site_may_ask(session: Session, cast: World) -> None:
    assert [row.line_id for row in _today(session, cast, cast.requester).lines] == [cast.line.id]
    assert _today(session, cast, cast.stranger).lines == ()
