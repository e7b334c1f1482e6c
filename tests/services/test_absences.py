"""Absences: entered, looked at beforehand, imported, withdrawn; on both databases."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import AbsenceKind
from confsched.domain.rosters import duty_span
from confsched.errors import NotFound, Refusal
from confsched.formats.roster_tables import read_pasted
from confsched.models.claims import Claim
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.rosters import Absence, Duty, DutyLine
from confsched.models.swaps import DutySwap
from confsched.services import absence_imports, absences, access, rosters
from confsched.services.absence_imports import RowState
from confsched.services.absences import AbsenceFilter, NewAbsence, whole_days
from tests.world import NOW, ZONE, World, book, local

LEAVE, SICK = AbsenceKind.LEAVE, AbsenceKind.SICK
FRIDAY, SATURDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 28), date(2026, 11, 30)
WEEKEND = Span(local(FRIDAY, time(18)), local(MONDAY, time(8)))
LIST = "Name\tArt\tVon\tBis\nDr. Okafor\tUrlaub\t21.12.2026\t03.01.2027\nBrandt, Tom\tkrank\t27.11.2026\t"


def person_of(session: Session, person: Person) -> Person:
    return session.get_one(Person, person.id)


def enter(
    session: Session, world: World, span: Span, kind: AbsenceKind = LEAVE, key: str = "k", **more: object
) -> Absence:
    new = NewAbsence(person_of(session, world.neurologist), kind, span)
    actor = world.actor(world.neurologist)
    return absences.enter(session, actor, new, now=NOW, key=key, **more)  # type: ignore[arg-type]


def give(session: Session, world: World, day: date) -> Duty:
    line = session.get_one(DutyLine, world.line.id)
    span = duty_span(day, time(16), time(8), ZONE)
    holder = person_of(session, world.neurologist)
    return rosters.record_duties(session, None, line, [(holder, span)], now=NOW, origin="plan")[0]


def test_a_weekend_away_from_friday_evening_to_monday_morning_blocks_saturday(
    session: Session, world: World
) -> None:
    """Line 16."""
    saturday_night = give(session, world, SATURDAY)
    found = absences.breaks(session, world.actor(world.neurologist), world.neurologist.id, WEEKEND, now=NOW)
    assert [(one.duty.id, one.part) for one in found.duties] == [
        (saturday_night.id, Span(saturday_night.starts_at, saturday_night.ends_at))
    ]
    enter(session, world, WEEKEND)
    at = local(SATURDAY, time(12))
    query = select(Claim).where(Claim.starts_at <= at, Claim.ends_at > at, Claim.blocking)
    assert [claim.subject_id for claim in session.scalars(query)] == [world.neurologist.id]


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 2), 24)]
)
def test_a_whole_day_is_as_long_as_its_day(day: date, hours: int) -> None:
    assert whole_days(day, day, ZONE).duration == timedelta(hours=hours)


def test_what_it_breaks_comes_with_who_could_stand_in(session: Session, world: World) -> None:
    duty = give(session, world, FRIDAY)
    booking = book(session, world, local(FRIDAY, time(9)))
    doctor = next(p.person_id for p in booking.participations if p.person_id != world.requester.id)
    span = whole_days(FRIDAY, FRIDAY, ZONE)
    actor = world.actor(world.secretary)
    found = absences.breaks(session, actor, world.neurologist.id, span, now=NOW)
    (broken,) = found.duties
    assert broken.part == Span(duty.starts_at, span.ends_at)
    assert [one.name for one in broken.substitutes] == ["Dr. Tom Brandt"]
    assert broken.swap_id is None
    theirs = absences.breaks(session, actor, doctor, span, now=NOW)
    assert [one.booking_id for one in theirs.meetings] == [booking.id]


def test_an_absence_without_duties_breaks_nothing(session: Session, world: World) -> None:
    actor = world.actor(world.neurologist)
    assert absences.breaks(session, actor, world.neurologist.id, WEEKEND, now=NOW).is_nothing


def test_colleagues_are_asked_for_the_part_that_is_lost(session: Session, world: World) -> None:
    duty = give(session, world, FRIDAY)
    enter(session, world, WEEKEND, SICK, ask_for=[duty.id, uuid.UUID(int=1)])
    (swap,) = session.scalars(select(DutySwap)).all()
    assert (swap.starts_at, swap.ends_at) == (WEEKEND.starts_at, duty.ends_at)
    assert (swap.from_person_id, swap.to_person_id) == (world.neurologist.id, None)
    (mail,) = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == Kind.SWAP_PROPOSAL))
    assert mail.recipient_id == world.second_neurologist.id
    assert "sick" not in str(mail.snapshot).lower()
    actor = world.actor(world.neurologist)
    again = absences.breaks(session, actor, world.neurologist.id, WEEKEND, now=NOW)
    assert [one.swap_id for one in again.duties] == [swap.id]


def test_a_form_sent_twice_enters_one_absence(session: Session, world: World) -> None:
    """Line 11."""
    first, second, other_key = (
        enter(session, world, WEEKEND),
        enter(session, world, WEEKEND),
        enter(session, world, WEEKEND, key="another"),
    )
    assert first.id == second.id == other_key.id


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (MONDAY, FRIDAY, "until_day"),
        (FRIDAY, date(2028, 12, 1), "until_day"),
        (date(2020, 1, 1), date(2020, 1, 2), "from_day"),
        (date(2035, 1, 1), date(2035, 1, 2), "from_day"),
        (date(2026, 1, 1), date(9999, 12, 31), "from_day"),
    ],
)
def test_an_absence_that_cannot_be_meant_is_refused(
    session: Session, world: World, first: date, last: date, field: str
) -> None:
    with pytest.raises(Refusal) as caught:
        enter(session, world, whole_days(first, last, ZONE))
    assert caught.value.field == field


def test_a_withdrawn_absence_gives_the_time_back_and_leaves_the_list(session: Session, world: World) -> None:
    absence, actor = enter(session, world, WEEKEND), world.actor(world.neurologist)
    for _ in range(2):
        absences.withdraw(session, actor, absence, now=NOW)
    assert absences.list_absences(session, actor, AbsenceFilter()).total == 0
    assert session.scalars(select(Claim)).all() == []


def test_the_kind_is_read_by_the_person_and_the_secretary_alone(session: Session, world: World) -> None:
    absence = enter(session, world, WEEKEND, SICK)
    for person in (world.neurologist, world.secretary):
        assert access.get_absence(session, world.actor(person), absence.id).kind is SICK
    for person in (world.second_neurologist, world.coordinator, world.admin, world.stranger):
        with pytest.raises(NotFound):
            access.get_absence(session, world.actor(person), absence.id)
        assert absences.list_absences(session, world.actor(person), AbsenceFilter()).total == 0


def test_a_list_is_narrowed_by_person_kind_and_days(session: Session, world: World) -> None:
    enter(session, world, WEEKEND, SICK)
    enter(session, world, whole_days(date(2026, 12, 21), date(2026, 12, 23), ZONE), key="b")
    actor = world.actor(world.secretary)

    def found(**wanted: object) -> list[AbsenceKind]:
        page = absences.list_absences(session, actor, AbsenceFilter(**wanted))  # type: ignore[arg-type]
        return [row.absence.kind for row in page.rows]

    assert found() == [LEAVE, SICK]
    assert found(kind=SICK) == [SICK]
    assert found(person_id=world.second_neurologist.id) == []
    assert found(since=date(2026, 12, 1)) == [LEAVE]
    assert found(until=date(2026, 12, 1)) == [SICK]
    assert found(since=SATURDAY, until=SATURDAY) == [SICK]


def test_a_list_of_absences_is_taken_over_once(session: Session, world: World) -> None:
    actor, rows = world.actor(world.secretary), read_pasted(LIST).rows
    dry = absence_imports.look_through(session, actor, rows, now=NOW)
    assert [(row.state, row.person.name if row.person else "") for row in dry.rows] == [
        (RowState.NEW, "Dr. Jana Okafor"),
        (RowState.NEW, "Dr. Tom Brandt"),
    ]
    assert session.scalars(select(Absence)).all() == []
    assert absence_imports.take_over(session, actor, rows, now=NOW) == 2
    assert absence_imports.take_over(session, actor, rows, now=NOW) == 0
    again = absence_imports.look_through(session, actor, rows, now=NOW)
    assert {row.state for row in again.rows} == {RowState.KNOWN}


def test_a_name_that_nobody_has_waits_for_a_choice(session: Session, world: World) -> None:
    actor, rows = world.actor(world.secretary), read_pasted("Okafer\tUrlaub\t21.12.2026").rows
    (row,) = absence_imports.look_through(session, actor, rows, now=NOW).rows
    assert (row.state, [one.name for one in row.candidates]) == (RowState.UNCLEAR, ["Dr. Jana Okafor"])
    assert absence_imports.take_over(session, actor, rows, now=NOW) == 0
    assert absence_imports.take_over(session, actor, rows, {1: world.neurologist.id}, now=NOW) == 1


def test_nobody_is_entered_from_another_house(session: Session, world: World) -> None:
    actor, rows = world.actor(world.secretary), read_pasted("Eva Roth\tUrlaub\t21.12.2026").rows
    (row,) = absence_imports.look_through(session, actor, rows, {1: world.stranger.id}, now=NOW).rows
    assert row.state is RowState.UNCLEAR


@pytest.mark.parametrize("row", ["Okafor\tUrlaub\t21.12.2035", "Okafor\tUrlaub\t22.12.2026\t21.12.2026"])
def test_a_row_that_cannot_be_meant_is_left_out_with_its_reason(
    session: Session, world: World, row: str
) -> None:
    actor, rows = world.actor(world.secretary), read_pasted(row).rows
    (read,) = absence_imports.look_through(session, actor, rows, now=NOW).rows
    assert read.state is RowState.WRONG
    assert read.problem is not None


def test_a_list_may_name_times(session: Session, world: World) -> None:
    rows = read_pasted("Okafor\tUrlaub\t27.11.2026 18:00\t30.11.2026 08:00").rows
    actor = world.actor(world.secretary)
    assert absence_imports.take_over(session, actor, rows, now=NOW) == 1
    (absence,) = session.scalars(select(Absence)).all()
    assert Span(absence.starts_at, absence.ends_at) == WEEKEND


def test_what_is_over_breaks_nothing_any_more(session: Session, world: World) -> None:
    give(session, world, FRIDAY)
    later: datetime = clock.to_instant(MONDAY, time(12), ZONE)
    actor = world.actor(world.neurologist)
    assert absences.breaks(session, actor, world.neurologist.id, WEEKEND, now=later).is_nothing
