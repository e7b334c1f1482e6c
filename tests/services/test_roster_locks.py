"""Whoever had to wait for the lock writes after whom they waited for, though their clock was read before."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.models.duty_rosters import DutyRoster, RosterEdition
from confsched.models.network import Department
from confsched.models.rosters import Duty
from confsched.services import duty_rosters, rosters, swaps
from confsched.services.swaps import Proposal
from confsched.services.who_is_on import who_is_on
from tests.support.rosters import DECEMBER, RosterWorld, build_department, publish_cells, type_cells
from tests.world import NOW, World, local

FIRST, READ_BEFORE = NOW + timedelta(seconds=2), NOW + timedelta(seconds=1)
LATE = local(DECEMBER, time(23))


@pytest.fixture
def rw(session: Session, world: World) -> RosterWorld:
    rw = build_department(session, world)
    session.get_one(Department, rw.department.id).swaps_need_approval = False
    return rw


def _roster(session: Session) -> DutyRoster:
    return session.scalars(select(DutyRoster)).one()


def _on(session: Session, rw: RosterWorld, known_at: datetime) -> list[str]:
    on = who_is_on(session, LATE, line_id=rw.lines["N"].id, known_at=known_at)
    return [one.name.split()[-1] for one in on]


def _published_at(session: Session) -> list[datetime]:
    query = select(RosterEdition.published_at).where(RosterEdition.number > 0)
    return list(session.scalars(query.order_by(RosterEdition.number)))


def _check_order(session: Session) -> None:
    """See that no row ends before it begins, and that no two hold the line at any instant of knowledge."""
    rows = session.scalars(select(Duty)).all()
    assert all(row.superseded_at is None or row.superseded_at >= row.recorded_at for row in rows)
    for known_at in {row.recorded_at for row in rows}:
        known = [row for row in rows if row.recorded_at <= known_at]
        held = [row for row in known if row.superseded_at is None or row.superseded_at > known_at]
        spans = sorted((row.line_id, Span(row.starts_at, row.ends_at)) for row in held)
        for (line, one), (other_line, other) in pairwise(spans):
            assert line != other_line or not one.overlaps(other)


def test_of_two_publications_the_later_bears_no_earlier_instant(session: Session, rw: RosterWorld) -> None:
    type_cells(session, rw, {("Voss", 1): "N"})
    publish_cells(session, rw, {("Kolb", 1): "R"}, now=FIRST)
    publish_cells(session, rw, {("Voss", 1): "", ("Wendt", 1): "N"}, now=READ_BEFORE)

    assert _published_at(session) == [FIRST, FIRST]
    assert (_on(session, rw, READ_BEFORE), _on(session, rw, FIRST)) == ([], ["Wendt"])
    view = duty_rosters.load_month(session, rw.actor, rw.department, DECEMBER, now=FIRST, known_at=FIRST)
    assert (view.edition, view.published_at) == (2, FIRST)
    _check_order(session)


def test_what_is_taken_back_bears_no_earlier_instant(session: Session, rw: RosterWorld) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"}, now=FIRST)
    duty_rosters.restore(session, rw.actor, _roster(session), 0, seen_edition=1, now=READ_BEFORE)
    assert (_published_at(session), _on(session, rw, FIRST)) == ([FIRST, FIRST], [])
    _check_order(session)


@pytest.mark.parametrize("starts", [None, local(DECEMBER, time(22))], ids=["whole", "part"])
def test_a_swap_bears_no_earlier_instant_than_the_publication_it_follows(
    session: Session, rw: RosterWorld, starts: datetime | None
) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"}, now=FIRST)
    duty = session.scalars(select(Duty)).one()
    asked = Proposal(starts_at=starts, to_person_id=rw.person("Kolb").id)
    swap = swaps.propose(session, rw.actor_of("Voss"), duty, asked, now=NOW, key="k")
    swaps.accept(session, rw.actor_of("Kolb"), swap, now=READ_BEFORE)
    assert (_on(session, rw, READ_BEFORE), _on(session, rw, FIRST)) == ([], ["Kolb"])
    _check_order(session)


def test_a_publication_bears_no_earlier_instant_than_what_was_taken_away(
    session: Session, rw: RosterWorld
) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"})
    rosters.withdraw_duties(session, None, rw.lines["N"], _all_of(date(2026, 12, 1)), now=FIRST)
    publish_cells(session, rw, {("Voss", 1): "", ("Kolb", 1): "N"}, now=READ_BEFORE)
    assert (_on(session, rw, READ_BEFORE), _on(session, rw, FIRST)) == (["Voss"], ["Kolb"])
    _check_order(session)


def _all_of(day: date) -> Span:
    return Span(local(day, time(8)), local(day + timedelta(days=1), time(8)))
