"""Coverage over real rows: what is open, what is meant to be, and how many queries it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.domain.coverage import DayState
from confsched.domain.intervals import Span
from confsched.domain.rosters import duty_span
from confsched.services import coverage, declared_gaps, rosters
from confsched.services.coverage import Overview
from confsched.services.rosters import Assignment, NewLine
from tests.benchmarks.coverage import Size, fill, measure
from tests.world import NOW, ZONE, World

MONDAY = date(2026, 11, 23)
PUBLISHED = NOW - timedelta(days=30)


def _night(offset: int) -> Span:
    return duty_span(MONDAY + timedelta(days=offset), time(16), time(8), ZONE)


def _at(offset: int, hour: int) -> datetime:
    return clock.to_instant(MONDAY + timedelta(days=offset), time(hour), ZONE)


def _publish(session: Session, world: World, *duties: Assignment, now: datetime = PUBLISHED) -> None:
    rosters.record_duties(session, None, world.line, duties, now=now, origin="plan")


def _nights(world: World, *, but: tuple[int, ...] = ()) -> list[Assignment]:
    people = (world.neurologist, world.second_neurologist)
    return [(people[day % 2], _night(day)) for day in range(-1, 91) if day not in but]


def _overview(session: Session, world: World, *, now: datetime = NOW, **narrowed: object) -> Overview:
    return coverage.overview(session, world.actor(world.coordinator), now=now, **narrowed)  # type: ignore[arg-type]


def _gaps(session: Session, world: World, *, now: datetime = NOW) -> list[Span]:
    return [opening.span for opening in _overview(session, world, now=now).openings]


def test_ninety_held_nights_have_no_gap(session: Session, world: World) -> None:
    _publish(session, world, *_nights(world))

    found = _overview(session, world)

    assert found.openings == [] and len(found.days) == 90
    assert {cell.state for cell in found.lines[0].cells} == {DayState.COVERED}


def test_a_night_that_nobody_holds_is_a_gap_in_both_of_its_days(session: Session, world: World) -> None:
    """Covers PEER_FAILURES 32 and 17: the gap is found, also behind midnight."""
    _publish(session, world, *_nights(world, but=(40,)))

    [line] = _overview(session, world).lines

    assert line.holes.gaps == (_night(40),)
    assert [n for n, cell in enumerate(line.cells) if cell.state == DayState.GAP] == [40, 41]
    assert [line.cells[n].gap_minutes for n in (40, 41)] == [8 * 60, 8 * 60]


def test_a_line_without_any_duty_is_open_whenever_it_must_be_held(session: Session, world: World) -> None:
    gaps = _gaps(session, world)

    assert len(gaps) == 90
    assert gaps[0] == _night(0) and gaps[-1].ends_at == _at(90, 0)


def test_a_duty_that_began_a_month_ago_still_counts(session: Session, world: World) -> None:
    _publish(session, world, (world.neurologist, Span(_at(-29, 8), _at(2, 8))))

    assert _gaps(session, world)[0] == _night(2)


def test_overlapping_and_superseded_duties_neither_hide_nor_make_a_gap(
    session: Session, world: World
) -> None:
    _publish(session, world, (world.neurologist, Span(_at(0, 8), _at(30, 8))))
    _publish(
        session,
        world,
        *((world.second_neurologist, _night(day)) for day in range(10)),
        now=NOW - timedelta(days=1),
    )
    rosters.withdraw_duties(session, None, world.line, _night(5), now=NOW)

    assert _gaps(session, world)[:2] == [_night(5), _night(30)]


def test_what_is_published_shows_from_that_instant_on(session: Session, world: World) -> None:
    _publish(session, world, *_nights(world), now=NOW + timedelta(minutes=1))

    assert len(_gaps(session, world)) == 90
    assert _gaps(session, world, now=NOW + timedelta(minutes=1)) == []


def test_the_night_of_the_clock_change_has_an_hour_of_its_own(session: Session, world: World) -> None:
    """Covers PEER_FAILURES 13: 27 March 2027 is a night of 15 hours, and its missing hour is found."""
    night = duty_span(date(2027, 3, 27), time(16), time(8), ZONE)
    now = clock.to_instant(date(2027, 3, 20), time(9), ZONE)
    days = [date(2027, 3, 19) + timedelta(days=n) for n in range(91)]
    held = [(world.neurologist, duty_span(day, time(16), time(8), ZONE)) for day in days]
    held[8] = (world.neurologist, Span(night.starts_at, night.starts_at + timedelta(hours=14)))
    _publish(session, world, *held)

    [line] = _overview(session, world, now=now).lines

    assert line.holes.gaps == (Span(night.ends_at - timedelta(hours=1), night.ends_at),)
    assert [line.cells[n].gap_minutes for n in (7, 8)] == [0, 60]


def test_a_filter_narrows_the_lines_and_keeps_the_choices(session: Session, world: World) -> None:
    _publish(session, world, *_nights(world))
    rosters.add_line(session, None, world.neurology, NewLine("Radiologie", "CT", "+49 5555 7"), now=NOW)
    session.flush()

    narrowed = _overview(session, world, service_group="Radiologie", site_id=world.hub.id)

    assert [one.line.name for one in narrowed.lines] == ["CT"]
    assert [one.line.name for one in _overview(session, world, only_gaps=True).lines] == ["CT"]
    assert narrowed.group_names == ("Neurologie", "Radiologie")
    assert _overview(session, world, site_id=world.spoke.id).lines == ()


def test_the_number_of_queries_does_not_grow_with_the_lines(session: Session, world: World) -> None:
    counts = []
    for number in (0, 12):
        for place in range(number):
            new = NewLine("Neurologie", f"Linie {place}", "+49 5555 7")
            rosters.add_line(session, None, world.neurology, new, now=NOW)
        session.flush()
        with _counted(session) as statements:
            _overview(session, world)
        counts.append(len(statements))
    assert counts == [3, 3]


@contextmanager
def _counted(session: Session) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    bind = session.connection()
    event.listen(bind, "before_cursor_execute", count)
    yield statements
    event.remove(bind, "before_cursor_execute", count)


def test_a_declared_gap_is_no_alarm_and_stays_visible(session: Session, world: World) -> None:
    _publish(session, world, *_nights(world, but=(3, 40)))
    declared_gaps.declare_gap(
        session, world.actor(world.secretary), world.line, _night(40), "Umbau", now=NOW, key="k"
    )

    [line] = _overview(session, world).lines

    assert (line.holes.gaps, line.holes.intended) == ((_night(3),), (_night(40),))
    assert line.cells[40].state == DayState.INTENDED


def test_the_same_days_are_asked_as_they_were_known_before_each_change(
    session: Session, world: World
) -> None:
    """Covers PEER_FAILURES 32: who asks later sees which gap stood there, and since when it was meant."""
    steps = [NOW + timedelta(hours=hour) for hour in range(5)]
    later, secretary = steps[-1], world.actor(world.secretary)
    _publish(session, world, *_nights(world, but=(3, 40)), now=steps[0])
    declared = declared_gaps.declare_gap(
        session, secretary, world.line, _night(40), "Umbau", now=steps[1], key="k"
    )
    rosters.withdraw_duties(session, None, world.line, _night(60), now=steps[2])
    declared_gaps.withdraw_gap(session, secretary, declared, now=steps[3])

    before = steps[0] - timedelta.resolution
    holes = [
        _overview(session, world, now=later, known_at=at, first_day=MONDAY).lines[0].holes
        for at in (*steps[:4], later)
    ]

    assert len(_overview(session, world, now=later, known_at=before).openings) == 90
    assert [hole.gaps for hole in holes] == [
        (_night(3), _night(40)),
        (_night(3),),
        (_night(3), _night(60)),
        (_night(3), _night(40), _night(60)),
        (_night(3), _night(40), _night(60)),
    ]
    assert [hole.intended for hole in holes] == [(), (_night(40),), (_night(40),), (), ()]
    lists = [declared_gaps.list_declared(session, secretary, now=at) for at in steps[:4]]
    assert lists == [[], [declared], [declared], []]


@pytest.mark.parametrize(("day", "count"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_each_instant_of_the_clock_change_nights_has_its_own_knowledge(
    session: Session, world: World, day: date, count: int
) -> None:
    """Covers PEER_FAILURES 13: both passes of 02:30 in October are told apart, March loses no hour."""
    midnight = clock.start_of_day(day, ZONE)
    changes = [midnight + timedelta(hours=hour, minutes=30) for hour in range(4)]
    held = Span(midnight - timedelta(days=8), midnight + timedelta(days=20))
    for number, at in enumerate(changes):
        rosters.record_duties(session, None, world.line, [(world.neurologist, held)], now=at, origin="plan")
        if number % 2:
            rosters.withdraw_duties(session, None, world.line, held, now=at)

    found = [_overview(session, world, now=NOW, known_at=at, first_day=day) for at in changes]

    assert [one.openings[0].span.starts_at >= held.ends_at for one in found] == [True, False, True, False]
    assert found[0].starts_at == midnight
    assert found[0].lines[0].demand.days[0].duration == timedelta(hours=count)


def test_another_first_day_shows_what_is_over_by_what_is_known_now(session: Session, world: World) -> None:
    _publish(session, world, *_nights(world), (world.neurologist, _night(-9)))

    found = _overview(session, world, first_day=MONDAY - timedelta(days=10))

    assert (found.days[0], len(found.days)) == (MONDAY - timedelta(days=10), 90)
    assert found.openings[0].span == Span(_at(-10, 0), _at(-10, 8))
    assert found.openings[1].span == _night(-10)
    assert _night(-9) not in [opening.span for opening in found.openings]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_benchmark_finds_the_gaps_that_were_left(request: pytest.FixtureRequest, kind: str) -> None:
    name = {"sqlite": "sqlite_database", "postgresql": "postgres_database"}[kind]
    database: Database = request.getfixturevalue(name)
    with database.transaction() as session:
        fill(session, Size(lines=3, days_back=5, days_ahead=90))

    figures = measure(database, rounds=1)

    assert figures.duties > 500 and 0 < figures.gaps < 20
