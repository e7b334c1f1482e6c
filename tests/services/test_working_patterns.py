"""Working hours are entered, changed and ended by whom they concern; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy.orm import Session

from confsched.errors import NotFound, Refusal
from confsched.models.people import Person
from confsched.models.rosters import WorkingHoursRow
from confsched.services import access, audit, working_patterns
from confsched.services.working_patterns import NewPattern
from tests.world import NOW, SINCE, World

TODAY = date(2026, 11, 23)  # a Monday
LATER = date(2027, 1, 4)
SATURDAY, TUESDAY = 5, 1


def new(world: World, **changes: Any) -> NewPattern:
    """Return hours of a Saturday morning, at which nobody works yet, with changes."""
    usual: dict[str, Any] = {"weekdays": (SATURDAY,), "starts": time(9), "ends": time(12)}
    return NewPattern(
        **{"site_id": world.hub.id, "valid_from": TODAY, "valid_until": None, **usual, **changes}
    )


def add(
    session: Session, world: World, pattern: NewPattern, by: Person | None = None, key: str = "k"
) -> list[WorkingHoursRow]:
    actor = world.actor(by or world.neurologist)
    person = access.get_person(session, actor, world.neurologist.id, to="change")
    return working_patterns.add_pattern(session, actor, person, pattern, now=NOW, key=key)


def shown(session: Session, world: World, by: Person | None = None) -> list[tuple[int, date, date | None]]:
    actor = world.actor(by or world.neurologist)
    rows = working_patterns.list_patterns(session, actor, world.neurologist, now=NOW)
    return [(row.hours.weekday, row.hours.valid_from, row.hours.valid_until) for row in rows]


def test_hours_are_entered_a_row_for_each_weekday_and_once_however_often_they_are_sent(
    session: Session, world: World
) -> None:
    """Line 11."""
    pattern = new(world, weekdays=(6, SATURDAY), every_weeks=2)
    first, again = add(session, world, pattern), add(session, world, pattern)
    assert [row.id for row in again] == [row.id for row in first]
    assert [(row.weekday, row.every_weeks) for row in first] == [(5, 2), (6, 2)]
    assert len(shown(session, world)) == 7
    assert audit.count_events(session, "create", first[0].id) == 0  # written with the transaction
    audit.write_pending(session)
    assert audit.count_events(session, "create", first[0].id) == 1


def test_a_secretary_of_the_house_enters_them_and_nobody_else(session: Session, world: World) -> None:
    [row] = add(session, world, new(world), by=world.secretary)
    for stranger in (world.second_neurologist, world.coordinator, world.stranger):
        with pytest.raises(NotFound):
            add(session, world, new(world), by=stranger)
        with pytest.raises(NotFound):
            access.get_row(session, world.actor(stranger), WorkingHoursRow, row.id, to="change")
        assert shown(session, world, by=stranger) == []
    assert len(shown(session, world, by=world.secretary)) == 6


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weekdays": ()}, "weekdays"),
        ({"weekdays": (7,)}, "weekdays"),
        ({"valid_until": date(2026, 11, 22)}, "valid_until"),
        ({"valid_until": date(2090, 1, 1)}, "valid_until"),
        ({"valid_until": date(2026, 11, 25)}, "weekdays"),
        ({"valid_from": date(1926, 11, 23)}, "valid_from"),
        ({"valid_from": date(2226, 11, 23)}, "valid_from"),
        ({"every_weeks": 0}, "every_weeks"),
        ({"every_weeks": 9}, "every_weeks"),
        ({"ordinal": 6}, "ordinal"),
        ({"ordinal": 2, "every_weeks": 2}, "ordinal"),
    ],
)
def test_hours_that_cannot_be_meant_are_refused_at_their_field(
    session: Session, world: World, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        add(session, world, new(world, **changes))
    assert refused.value.field == field


def test_hours_at_a_house_that_is_not_the_person_s_are_refused(session: Session, world: World) -> None:
    with pytest.raises(Refusal) as refused:
        add(session, world, replace(new(world), site_id=world.stranger_site.id))
    assert refused.value.field == "site_id"


@pytest.mark.parametrize(
    "changes",
    [
        {"weekdays": (TUESDAY,), "starts": time(15), "ends": time(18)},
        {"weekdays": (0,), "starts": time(22), "ends": time(8, 30)},
        {"weekdays": (TUESDAY,), "ordinal": 2},
        {"weekdays": (TUESDAY,), "every_weeks": 8, "valid_from": LATER},
    ],
)
def test_hours_over_others_are_refused_in_a_sentence_that_names_them(
    session: Session, world: World, changes: dict[str, Any]
) -> None:
    with pytest.raises(Refusal, match="overlap others: 08:00 to 16:00 at Wendstadt") as refused:
        add(session, world, new(world, **changes))
    assert refused.value.field == "starts"


def test_floating_weeks_that_never_meet_do_not_overlap(session: Session, world: World) -> None:
    add(session, world, new(world, every_weeks=2), key="even")
    add(session, world, new(world, every_weeks=2, valid_from=date(2026, 11, 30)), key="odd")
    with pytest.raises(Refusal, match=r"On 06\.02\.2027 these hours overlap"):
        add(session, world, new(world, ordinal=1), key="first")


def test_a_night_that_ends_when_the_day_begins_does_not_overlap(session: Session, world: World) -> None:
    assert add(session, world, new(world, weekdays=(0,), starts=time(16), ends=time(8)))


def test_hours_that_hold_are_ended_and_the_past_stays(session: Session, world: World) -> None:
    actor = world.actor(world.neurologist)
    row = working_patterns.list_patterns(session, actor, world.neurologist, now=NOW)[0].hours
    for _ in range(2):
        working_patterns.end_pattern(session, actor, row, date(2026, 12, 31), now=NOW)
    assert shown(session, world)[0] == (0, SINCE, date(2026, 12, 31))
    with pytest.raises(Refusal, match="end on 2026-12-31 already"):
        working_patterns.end_pattern(session, actor, row, LATER, now=NOW)
    with pytest.raises(Refusal, match="begin on 2026-01-01 only"):
        working_patterns.end_pattern(session, actor, row, date(2025, 12, 31), now=NOW)
    with pytest.raises(Refusal, match="hold already"):
        working_patterns.remove_pattern(session, actor, row, now=NOW)


def test_hours_that_have_not_begun_are_removed(session: Session, world: World) -> None:
    actor = world.actor(world.neurologist)
    [row] = add(session, world, new(world, valid_from=date(2026, 11, 24)))
    working_patterns.remove_pattern(session, actor, row, now=NOW)
    session.flush()
    assert len(shown(session, world)) == 5


def test_other_hours_take_over_from_their_first_day(session: Session, world: World) -> None:
    actor = world.actor(world.neurologist)
    person = access.get_person(session, actor, world.neurologist.id, to="change")
    row = working_patterns.list_patterns(session, actor, person, now=NOW)[0].hours
    changed = new(world, weekdays=(0,), starts=time(7), ends=time(13), valid_from=LATER)
    for _ in range(2):
        [made] = working_patterns.change_pattern(session, actor, person, row, changed, now=NOW, key="c")
    assert (made.starts, row.valid_until) == (time(7), date(2027, 1, 3))
    assert shown(session, world)[:2] == [(0, LATER, None), (0, SINCE, date(2027, 1, 3))]


def test_hours_of_which_nothing_is_left_make_room_wholly(session: Session, world: World) -> None:
    actor = world.actor(world.neurologist)
    person = access.get_person(session, actor, world.neurologist.id, to="change")
    [row] = add(session, world, new(world, valid_from=LATER))
    working_patterns.change_pattern(session, actor, person, row, new(world), now=NOW, key="c")
    assert [entry for entry in shown(session, world) if entry[0] == SATURDAY] == [(SATURDAY, TODAY, None)]


def test_nobody_has_more_hours_than_a_list_can_show(session: Session, world: World) -> None:
    for number in range(55):
        minutes = {
            "starts": time(number // 6, number % 6 * 10),
            "ends": time(number // 6, number % 6 * 10 + 5),
        }
        session.add(
            WorkingHoursRow(
                person_id=world.neurologist.id, site_id=world.hub.id, weekday=6, valid_from=SINCE, **minutes
            )
        )
    session.flush()
    with pytest.raises(Refusal, match="60 working hours already"):
        add(session, world, new(world))
