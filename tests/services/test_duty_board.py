"""The board over real rows: who, until when, what was known when, and how many queries it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.rosters import duty_span
from confsched.models.catalogue import Service
from confsched.models.people import Person
from confsched.services import declared_gaps, duty_board, rosters
from confsched.services.rosters import NewLine
from tests.support.alerting import add_point
from tests.world import NOW, ZONE, World, build_world

MONDAY = date(2026, 11, 23)
PUBLISHED = NOW - timedelta(days=30)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def cast(session: Session) -> World:
    return build_world(session)


def _night(offset: int) -> Span:
    return duty_span(MONDAY + timedelta(days=offset), time(16), time(8), ZONE)


def _publish(session: Session, cast: World, *duties: tuple[Person, Span], now: datetime = PUBLISHED) -> None:
    rosters.record_duties(session, None, cast.line, duties, now=now, origin="plan")


def _at(offset: int, hour: int) -> datetime:
    return clock.to_instant(MONDAY + timedelta(days=offset), time(hour), ZONE)


def test_a_row_says_who_until_when_who_follows_and_how_old_it_is(session: Session, cast: World) -> None:
    _publish(session, cast, (cast.neurologist, _night(0)), (cast.second_neurologist, _night(1)))

    [row] = duty_board.board(session, cast.actor(cast.requester), _at(0, 20)).rows

    assert row.holder and row.holder.name == "Dr. Jana Okafor"
    assert row.holder.span.ends_at == _at(1, 8)
    assert row.next_holder and row.next_holder.family_name == "Brandt"
    assert (row.site_short_name, row.phone) == ("Wendstadt", "+49 5555 2000")
    assert row.latest and (row.latest.origin, row.latest.recorded_at) == ("plan", PUBLISHED)
    assert row.gap is None and row.next_gap == Span(_at(2, 16), _at(3, 8))


def test_who_could_not_be_alerted_on_an_urgent_line_stands_out(session: Session, cast: World) -> None:
    """PEER_FAILURES 34: the person on duty has no working contact method."""
    _publish(session, cast, (cast.neurologist, _night(0)))

    def is_unalerted() -> bool:
        [row] = duty_board.board(session, cast.actor(cast.requester), _at(0, 20)).rows
        return row.is_unalerted

    assert not is_unalerted()
    session.get_one(Service, cast.service.id).is_urgent = True
    session.flush()
    assert is_unalerted()
    point = add_point(session, cast.neurologist)
    assert not is_unalerted()
    point.failed_at = NOW
    session.flush()
    assert is_unalerted()


def test_a_stranger_without_agreement_sees_the_board_of_the_network(session: Session, cast: World) -> None:
    board = duty_board.board(session, cast.actor(cast.stranger), NOW)

    assert [row.line_id for row in board.rows] == [cast.line.id]


def test_the_past_is_shown_as_it_was_known_then(session: Session, cast: World) -> None:
    _publish(session, cast, (cast.neurologist, _night(0)))
    changed_at = _at(0, 22)
    _publish(session, cast, (cast.second_neurologist, _night(0)), now=changed_at)

    actor = cast.actor(cast.requester)
    [before] = duty_board.board(session, actor, changed_at - timedelta(minutes=1)).rows
    [after] = duty_board.board(session, actor, changed_at).rows

    assert before.holder and before.holder.person_id == cast.neurologist.id
    assert after.holder and after.holder.person_id == cast.second_neurologist.id


def test_the_past_can_be_asked_with_the_knowledge_of_any_day(session: Session, cast: World) -> None:
    _publish(session, cast, (cast.neurologist, _night(0)))
    _publish(session, cast, (cast.second_neurologist, _night(0)), now=_at(3, 12))
    actor = cast.actor(cast.requester)

    def holder(known_at: datetime | None) -> str | None:
        [row] = duty_board.board(session, actor, _at(0, 20), known_at=known_at).rows
        return row.holder.family_name if row.holder else None

    known = (None, _at(3, 11), _at(3, 12), PUBLISHED, PUBLISHED - timedelta(days=1))
    assert [holder(at) for at in known] == ["Okafor", "Okafor", "Brandt", "Okafor", None]


def test_a_declared_gap_is_intended_from_the_instant_it_was_declared(session: Session, cast: World) -> None:
    actor = cast.actor(cast.secretary)
    declared_gaps.declare_gap(session, actor, cast.line, _night(0), "Umbau", now=NOW, key="k")

    [now_known] = duty_board.board(session, actor, _at(0, 20)).rows
    [before] = duty_board.board(session, actor, _at(0, 20), known_at=PUBLISHED).rows

    assert (now_known.gap, now_known.intended) == (None, _night(0))
    assert (before.gap, before.intended) == (_night(0), None)


def test_one_person_on_duties_in_a_row_is_one_duty(session: Session, cast: World) -> None:
    day = duty_span(MONDAY + timedelta(days=1), time(8), time(16), ZONE)
    _publish(session, cast, (cast.neurologist, _night(0)), (cast.neurologist, day))

    [row] = duty_board.board(session, cast.actor(cast.requester), _at(0, 20)).rows

    assert row.holder and row.holder.span.ends_at == day.ends_at


def test_gaps_now_and_within_a_day_are_told_apart(session: Session, cast: World) -> None:
    """PEER_FAILURES 32: an unnoticed gap is shown on top of the board."""
    actor = cast.actor(cast.requester)

    assert [row.line_id for row in duty_board.board(session, actor, _at(0, 20)).gaps_now] == [cast.line.id]
    soon = duty_board.board(session, actor, _at(0, 10))
    assert (soon.gaps_now, [row.line_id for row in soon.gaps_soon]) == ([], [cast.line.id])


def test_a_filter_narrows_the_rows_and_keeps_the_choices(session: Session, cast: World) -> None:
    rosters.add_line(session, None, cast.neurology, NewLine("Radiologie", "CT", "+49 5555 7"), now=NOW)
    session.flush()
    actor = cast.actor(cast.requester)

    board = duty_board.board(session, actor, NOW, site_id=cast.hub.id, service_group="Radiologie")

    assert [row.name for row in board.rows] == ["CT"]
    assert board.group_names == ("Neurologie", "Radiologie")
    assert [site.label for site in board.sites] == ["Uniklinik Wendstadt"]
    assert duty_board.board(session, actor, NOW, site_id=cast.spoke.id).rows == ()


def test_the_number_of_queries_does_not_grow_with_the_lines(session: Session, cast: World) -> None:
    actor = cast.actor(cast.requester)
    with _counted(session) as few:
        duty_board.board(session, actor, NOW)
    for number in range(12):
        line = rosters.add_line(
            session, None, cast.neurology, NewLine("Neurologie", f"Linie {number}", "+49 5555 7"), now=NOW
        )
        duties = [(cast.neurologist, _night(0))]
        rosters.record_duties(session, None, line, duties, now=PUBLISHED, origin="plan")
    session.flush()
    session.expire_all()

    with _counted(session) as many:
        board = duty_board.board(session, actor, NOW)

    assert len(board.rows) == 13
    assert len(many) == len(few) == 4


@contextmanager
def _counted(session: Session) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    bind = session.connection()
    event.listen(bind, "before_cursor_execute", count)
    yield statements
    event.remove(bind, "before_cursor_execute", count)


def test_a_site_sees_the_lines_of_the_services_it_may_ask(session: Session, cast: World) -> None:
    def lines_of(person: Person) -> list[str]:
        actor = cast.actor(person)
        rows = duty_board.rows_for_site(session, actor, actor.site_id, NOW)
        return [row.name for row in rows]

    assert lines_of(cast.requester) == ["Neurologie Dienst"]
    assert lines_of(cast.neurologist) == ["Neurologie Dienst"]
    assert lines_of(cast.stranger) == []
