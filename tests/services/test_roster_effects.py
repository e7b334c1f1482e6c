"""What a cell has said of its day goes with it, whatever became of the duty and of the legend since."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import DayClass
from confsched.domain.rosters import duty_span
from confsched.models.network import Department
from confsched.models.rosters import Duty
from confsched.services import duty_codes, swaps
from confsched.services.duty_codes import NewCode
from confsched.services.swaps import Proposal
from tests.support.rosters import DECEMBER, NIGHT, RosterWorld, build_department, publish_cells
from tests.world import NOW, ZONE, World, local

HOUR = timedelta(hours=1)


@pytest.fixture
def rw(session: Session, world: World) -> RosterWorld:
    rw = build_department(session, world)
    session.get_one(Department, rw.department.id).swaps_need_approval = False
    return rw


def _standing(session: Session) -> list[tuple[str, Span, date, str]]:
    rows = session.scalars(select(Duty).where(Duty.superseded_at.is_(None)).order_by(Duty.starts_at))
    return [(row.person.family_name, Span(row.starts_at, row.ends_at), row.day, row.origin) for row in rows]


def _swap(
    session: Session, rw: RosterWorld, name: str, span: Span | None = None, *, now: datetime = NOW
) -> None:
    """Let a colleague take the only duty there is, or a part of it."""
    duty = session.scalars(select(Duty).where(Duty.superseded_at.is_(None))).one()
    giver, taker = rw.actor_of(duty.person.family_name), rw.actor_of(name)
    times = (span.starts_at, span.ends_at) if span else (None, None)
    asked = Proposal(*times, to_person_id=taker.person_id)
    swap = swaps.propose(session, giver, duty, asked, now=now, key=uuid.uuid4().hex)
    swaps.accept(session, taker, swap, now=now + HOUR)


def _shorten(session: Session, rw: RosterWorld, hours: tuple[time, time] = (time(16), time(20))) -> None:
    row = next(row for row in duty_codes.list_codes(session, rw.department) if row.code == "N")
    new = NewCode("N", "Nacht", rw.lines["N"].id, hours=dict.fromkeys(DayClass, hours))
    duty_codes.save_code(session, rw.actor, rw.department, new, now=NOW, code_id=row.id)


@pytest.mark.parametrize("day", [date(2026, 12, 31), date(2026, 10, 24), date(2027, 3, 27)])
def test_a_giver_keeps_nothing_after_midnight_when_their_shortened_code_is_removed(
    session: Session, rw: RosterWorld, day: date
) -> None:
    """Cover lines 13 and 17: in the night of a clock change and over the end of the year as well."""
    month, night, now = day.replace(day=1), duty_span(day, *NIGHT, ZONE), local(day, time(6))
    publish_cells(session, rw, {("Voss", day.day): "N"}, month=month, now=now)
    part = Span(local(day, time(22)), local(day + timedelta(days=1), time(1)))
    _swap(session, rw, "Wendt", part, now=now)
    assert _standing(session) == [
        ("Voss", Span(night.starts_at, part.starts_at), day, "roster"),
        ("Wendt", part, day, "swap"),
        ("Voss", Span(part.ends_at, night.ends_at), day, "roster"),
    ]
    _shorten(session, rw)

    publish_cells(session, rw, {("Voss", day.day): ""}, month=month, now=now + 2 * HOUR)

    assert _standing(session) == [("Wendt", part, day, "swap")]


def test_who_took_a_whole_duty_keeps_nothing_of_it_when_its_shortened_code_is_removed(
    session: Session, rw: RosterWorld
) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"})
    _swap(session, rw, "Wendt")
    assert [(name, origin) for name, *_, origin in _standing(session)] == [("Wendt", "roster")]
    _shorten(session, rw, (time(8), time(16)))
    publish_cells(session, rw, {("Wendt", 1): ""}, now=NOW + 2 * HOUR)
    assert _standing(session) == []


def test_a_part_with_the_hours_that_the_code_has_by_now_leaves_the_code_where_it_is(
    session: Session, rw: RosterWorld
) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"})
    _shorten(session, rw)
    evening = duty_span(DECEMBER, time(16), time(20), ZONE)
    _swap(session, rw, "Wendt", evening)
    publish_cells(session, rw, {("Voss", 1): ""}, now=NOW + 2 * HOUR)
    assert _standing(session) == [("Wendt", evening, DECEMBER, "swap")]


def test_what_a_colleague_leaves_to_a_code_after_midnight_belongs_to_its_day(
    session: Session, rw: RosterWorld
) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"})
    night = duty_span(DECEMBER, *NIGHT, ZONE)
    early = Span(night.starts_at, local(DECEMBER + timedelta(days=1), time(0)))
    _swap(session, rw, "Wendt", early)
    publish_cells(session, rw, {("Voss", 1): "", ("Kolb", 1): "N"}, now=NOW + 2 * HOUR)
    assert _standing(session)[1] == ("Kolb", Span(early.ends_at, night.ends_at), DECEMBER, "roster")
    _shorten(session, rw)
    publish_cells(session, rw, {("Kolb", 1): ""}, now=NOW + 3 * HOUR)
    assert _standing(session) == [("Wendt", early, DECEMBER, "swap")]
