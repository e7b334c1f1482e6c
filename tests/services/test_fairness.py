"""The ledger of a department: whose nights, against which part, as known when, and who may look."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.models.people import Membership
from confsched.services import duty_codes, fairness, rosters
from confsched.services.fairness import Column, Fairness, Row
from tests.support.rosters import DECEMBER, RosterWorld, build_department
from tests.world import NOW, World, local


@pytest.fixture
def roster(session: Session, world: World) -> RosterWorld:
    return build_department(session, world)


def _night(day: int) -> Span:
    """Return the night that starts on a day of December."""
    first = DECEMBER.replace(day=day)
    return Span(local(first, time(16)), local(first + timedelta(days=1), time(8)))


def _hold(session: Session, roster: RosterWorld, name: str, *days: int, code: str = "N") -> None:
    nights = [(roster.person(name), _night(day)) for day in days]
    rosters.record_duties(session, None, roster.lines[code], nights, now=NOW, origin="plan")


def _show(session: Session, roster: RosterWorld, *, by: str = "Voss", **more: object) -> Fairness:
    values: dict[str, object] = {"known_at": NOW, **more}
    return fairness.show(session, roster.actor_of(by), roster.department, DECEMBER, **values)  # type: ignore[arg-type]


def _row(book: Fairness, name: str) -> Row:
    return next(row for row in book.rows if row.holder.sorted_by[0] == name)


def test_each_stands_beside_their_part_of_what_the_year_held(session: Session, roster: RosterWorld) -> None:
    _hold(session, roster, "Voss", 1, 4, 7, 10, 13, 16)
    _hold(session, roster, "Kolb", 2, 25)
    _hold(session, roster, "Kolb", 8, code="R")

    book = _show(session, roster)

    assert (book.first, book.until) == (date(2026, 1, 1), DECEMBER)
    voss, kolb, rieger = (_row(book, name).figures for name in ("Voss", "Kolb", "Rieger"))
    assert [voss[Column.NIGHTS].held, kolb[Column.NIGHTS].held, rieger[Column.NIGHTS].held] == [6, 2, 0]
    assert voss[Column.NIGHTS].expected == 1
    assert voss[Column.NIGHTS].difference == 5
    assert rieger[Column.NIGHTS].difference == -1
    assert kolb[Column.HOLIDAYS].held == 1
    assert kolb[Column.ON_CALL].held == 1
    assert voss[Column.HOURS].held == 6 * 16
    assert book.total[Column.NIGHTS].held == 8


def test_half_time_and_half_a_year_owe_half(session: Session, roster: RosterWorld) -> None:
    _hold(session, roster, "Voss", *range(1, 16))
    _seat(session, roster, "Kolb").employment_percent = 50
    _seat(session, roster, "Rieger").valid_until = date(2026, 7, 2)
    session.flush()

    book = _show(session, roster)

    assert _row(book, "Kolb").holder.percent == 50
    assert _row(book, "Rieger").holder.share == Fraction(182, 365)
    full = _row(book, "Ahrend").figures[Column.NIGHTS].expected
    assert _row(book, "Kolb").figures[Column.NIGHTS].expected == full / 2


def _seat(session: Session, roster: RosterWorld, name: str) -> Membership:
    return session.scalars(select(Membership).where(Membership.person_id == roster.person(name).id)).one()


def test_two_functions_at_once_are_one_person(session: Session, roster: RosterWorld) -> None:
    seat = _seat(session, roster, "Kolb")
    second = {
        name: getattr(seat, name) for name in ("person_id", "organisation_id", "site_id", "department_id")
    }
    session.add(Membership(**second, function="requester", employment_percent=80, valid_from=seat.valid_from))
    session.flush()

    assert _row(_show(session, roster), "Kolb").holder.percent == 100


def test_only_who_may_hold_a_line_owes_its_duties(session: Session, roster: RosterWorld) -> None:
    pair = [roster.person("Voss").id, roster.person("Kolb").id]
    duty_codes.set_qualified(session, None, roster.lines["N"], pair, now=NOW)
    _hold(session, roster, "Voss", 1, 4)

    book = _show(session, roster, line_id=roster.lines["N"].id)

    assert [row.holder.sorted_by[0] for row in book.rows] == ["Kolb", "Voss"]
    assert [row.figures[Column.NIGHTS].expected for row in book.rows] == [1, 1]


def test_a_line_by_itself_shows_its_own_duties(session: Session, roster: RosterWorld) -> None:
    _hold(session, roster, "Voss", 1)
    _hold(session, roster, "Voss", 5, code="R")

    book = _show(session, roster, line_id=roster.lines["R"].id)

    figures = _row(book, "Voss").figures
    assert [figures[column].held for column in (Column.NIGHTS, Column.ON_CALL)] == [0, 1]
    assert book.line is not None
    assert len(book.lines) == 3


def test_what_was_known_before_a_swap_still_stands(session: Session, roster: RosterWorld) -> None:
    _hold(session, roster, "Voss", 1)
    later = NOW + timedelta(days=1)
    swapped = [(roster.person("Kolb"), _night(1))]
    rosters.record_duties(session, None, roster.lines["N"], swapped, now=later, origin="swap")

    def nights(known_at: datetime) -> list[Fraction]:
        book = _show(session, roster, known_at=known_at)
        return [_row(book, name).figures[Column.NIGHTS].held for name in ("Voss", "Kolb")]

    assert nights(NOW) == [1, 0]
    assert nights(later) == [0, 1]


def test_the_window_is_the_twelve_months_and_not_a_day_more(session: Session, roster: RosterWorld) -> None:
    _hold(session, roster, "Voss", 31)
    actor = roster.actor_of("Voss")

    for until, count in (
        (date(2026, 11, 1), 0),
        (DECEMBER, 1),
        (date(2027, 11, 15), 1),
        (date(2027, 12, 1), 0),
    ):
        book = fairness.show(session, actor, roster.department, until, known_at=NOW)
        assert book.total[Column.NIGHTS].held == count


def test_one_s_own_row_is_marked_and_everybody_is_seen(session: Session, roster: RosterWorld) -> None:
    book = _show(session, roster, by="Kolb")

    assert [row.holder.sorted_by[0] for row in book.rows if row.is_own] == ["Kolb"]
    assert len(book.rows) == 8


def test_hours_the_legend_does_not_know_count_by_the_type_of_the_line(
    session: Session, roster: RosterWorld
) -> None:
    for code in duty_codes.list_codes(session, roster.department):
        duty_codes.remove_code(session, None, code, now=NOW)
    _hold(session, roster, "Voss", 1)

    assert _row(_show(session, roster), "Voss").figures[Column.NIGHTS].held == 1


def test_departments_are_those_of_the_own_house_that_have_a_line(
    session: Session, roster: RosterWorld
) -> None:
    world = roster.world

    assert [one.id for one in fairness.list_departments(session, roster.actor)] == [roster.department.id]
    assert fairness.list_departments(session, world.actor(world.stranger)) == []


def test_a_full_year_asks_no_more_queries_than_an_empty_one(session: Session, roster: RosterWorld) -> None:
    statements: list[str] = []

    def count(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    def queries() -> int:
        session.expire_all()
        statements.clear()
        _show(session, roster)
        return len(statements)

    event.listen(session.get_bind(), "before_cursor_execute", count)
    _hold(session, roster, "Voss", 1)
    few = queries()
    for number, name in enumerate(("Kolb", "Rieger", "Wendt")):
        _hold(session, roster, name, *range(2 + number, 30, 3), code="R")
    many = queries()
    event.remove(session.get_bind(), "before_cursor_execute", count)
    assert few == many
