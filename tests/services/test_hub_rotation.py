"""Whose turn it is: the hand-over at the local hour, both clock changes, gaps that nobody papers over."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType, LineKind
from confsched.models.network import Department
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.rotations import DutyRotation, DutyRotationMember
from confsched.services.hub_rotation import Resolution, resolve
from tests.services.test_rebinding import hold_line
from tests.world import NOW, ZONE, World, local

MONDAY = date(2026, 11, 23)
EIGHT = time(8)
MINUTE = timedelta(minutes=1)
ALWAYS = Span(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC))


@pytest.fixture
def lines(session: Session, world: World) -> tuple[DutyLine, DutyLine]:
    """Give the line of the hub and one of another hospital for the same service."""
    department = Department(site_id=world.spoke.id, name="Neurologie", discipline="neurology")
    session.add(department)
    session.flush()
    other = DutyLine(
        department_id=department.id,
        service_id=world.service.id,
        group_name="Neurologie",
        name="Neurologie Moorfeld",
        kind=LineKind.PRIMARY,
        duty_type=DutyType.ON_CALL_HOME,
        phone="+49 5555 3000",
        covered_from=time(0),
        covered_until=time(0),
        position=1,
    )
    session.add(other)
    session.flush()
    return session.get_one(DutyLine, world.line.id), other


def rotate(session: Session, world: World, lines: tuple[DutyLine, ...], **other: object) -> DutyRotation:
    """Let the lines take turns of a week from Monday at 08:00; name what is to be different."""
    values: dict[str, object] = {
        "name": "Hubs",
        "starts_on": MONDAY,
        "every_days": 7,
        "at": EIGHT,
        "code": "",
    }
    rotation = DutyRotation(
        service_id=world.service.id,
        zone=ZONE,
        members=[DutyRotationMember(position=n, line_id=line.id) for n, line in enumerate(lines)],
        **{**values, **other},
    )
    session.add(rotation)
    session.flush()
    return rotation


def turn_at(session: Session, world: World, at: datetime) -> object:
    return resolve(session, world.service.id, at).line_id


def words(found: Resolution) -> list[str]:
    return [str(step.message) for step in found.steps]


def test_the_way_from_the_service_to_the_number_is_told_step_by_step(
    session: Session, world: World, lines: tuple[DutyLine, DutyLine]
) -> None:
    rotate(session, world, lines)
    hold_line(session, world.neurologist, lines[0], ALWAYS)
    hold_line(session, world.second_neurologist, lines[1], ALWAYS)
    found = resolve(session, world.service.id, NOW + MINUTE)
    assert found.line_id == lines[0].id
    assert [(one.name, one.phone) for one in found.on] == [("Dr. Jana Okafor", "+49 5555 2000")]
    assert words(found) == [
        "Asked for: Neurologie-Konsil, Uniklinik Wendstadt.",
        "Rotation “Hubs”: it is the turn of Neurologie Dienst, Uniklinik Wendstadt.",
        "Dr. Jana Okafor holds Neurologie Dienst.",
        "Neurologie Dienst is reached at +49 5555 2000.",
    ]
    next_monday = local(MONDAY + timedelta(days=7), EIGHT)
    assert [step.until for step in found.steps] == [None, next_monday, ALWAYS.ends_at, None]


def test_the_turn_changes_on_monday_at_eight(
    session: Session, world: World, lines: tuple[DutyLine, DutyLine]
) -> None:
    rotate(session, world, lines)
    for weeks, before, after in ((1, 0, 1), (2, 1, 0), (3, 0, 1)):
        eight = local(MONDAY + timedelta(weeks=weeks), EIGHT)
        assert turn_at(session, world, eight - MINUTE) == lines[before].id
        assert turn_at(session, world, eight) == lines[after].id


@pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25)])
@pytest.mark.parametrize("at", [time(1), time(2, 30), EIGHT])
def test_the_hand_over_keeps_its_local_hour_when_the_clocks_change(
    session: Session, world: World, lines: tuple[DutyLine, DutyLine], sunday: date, at: time
) -> None:
    """Cover lines 13 and 14: a rotation made in one half of the year is not an hour off in the other."""
    rotate(session, world, lines, starts_on=sunday - timedelta(days=1), every_days=1, at=at)
    for days, before, after in ((0, 0, 1), (1, 1, 0)):
        change = local(sunday + timedelta(days=days), at)
        assert turn_at(session, world, change - MINUTE) == lines[before].id
        assert turn_at(session, world, change) == lines[after].id


def test_every_line_counts_without_a_rotation_before_it_begins_and_after_it_ends(
    session: Session, world: World, lines: tuple[DutyLine, DutyLine]
) -> None:
    hold_line(session, world.neurologist, lines[0], ALWAYS)
    hold_line(session, world.second_neurologist, lines[1], ALWAYS)

    def names(at: datetime) -> list[str]:
        found = resolve(session, world.service.id, at, known_at=ALWAYS.ends_at)
        assert (found.line_id is None) == ("No rotation" in words(found)[1])
        return [one.name for one in found.on]

    everybody = ["Dr. Jana Okafor", "Dr. Tom Brandt"]
    assert names(NOW) == everybody
    rotate(session, world, lines, ends_on=MONDAY + timedelta(days=2))
    ends_at = local(MONDAY + timedelta(days=2), EIGHT)
    assert [names(NOW - MINUTE), names(NOW), names(ends_at - MINUTE), names(ends_at)] == [
        everybody, everybody[:1], everybody[:1], everybody,
    ]  # fmt: skip


def test_the_rotation_that_began_last_counts(
    session: Session, world: World, lines: tuple[DutyLine, DutyLine]
) -> None:
    rotate(session, world, lines, starts_on=date(2026, 1, 5))
    rotate(session, world, lines[1:])
    assert turn_at(session, world, local(MONDAY, EIGHT)) == lines[1].id
    assert turn_at(session, world, local(date(2026, 1, 5), EIGHT)) == lines[0].id


def test_a_line_that_nobody_holds_is_said_to_be_open_and_nobody_stands_in(
    session: Session, world: World, lines: tuple[DutyLine, DutyLine]
) -> None:
    """Cover line 32: a visible gap, not somebody chosen in silence."""
    rotate(session, world, lines)
    hold_line(session, world.second_neurologist, lines[1], ALWAYS)
    found = resolve(session, world.service.id, NOW + MINUTE)
    assert (found.line_id, found.on) == (lines[0].id, ())
    assert words(found)[-1] == "Nobody holds Neurologie Dienst then."


def test_a_line_without_a_number_is_reached_through_its_hospital(
    session: Session, world: World, lines: tuple[DutyLine, DutyLine]
) -> None:
    """Cover line 34: the person on duty can always be reached, and the page says how."""
    lines[0].phone = ""
    hold_line(session, world.neurologist, lines[0], ALWAYS)
    found = resolve(session, world.service.id, NOW + MINUTE)
    assert "Neurologie Dienst has no number. Call Uniklinik Wendstadt: +49 5555 1000." in words(found)


def test_a_service_without_lines_says_so(session: Session, world: World) -> None:
    session.get_one(DutyLine, world.line.id).service_id = None
    session.flush()
    found = resolve(session, world.service.id, NOW)
    assert found.on == ()
    assert "No duty line serves it" in words(found)[-1]


def test_who_was_on_as_known_then_differs_from_what_is_known_now(session: Session, world: World) -> None:
    line, person = session.get_one(DutyLine, world.line.id), session.get_one(Person, world.neurologist.id)
    later = NOW + timedelta(hours=2)
    late = Duty(
        line_id=line.id,
        person_id=person.id,
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        day=NOW.date(),
        origin="test",
        recorded_at=later,
    )
    session.add(late)
    session.flush()
    assert resolve(session, world.service.id, NOW).on == ()
    assert [one.person_id for one in resolve(session, world.service.id, NOW, known_at=later).on] == [
        person.id
    ]
