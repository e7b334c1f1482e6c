"""Wishes: kept once, seen by whom they are meant for, withdrawn; on both databases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from confsched.domain.kinds import WishKind
from confsched.errors import NotFound, Refusal
from confsched.models.people import Person
from confsched.models.rotations import DutyWish
from confsched.services import access, wishes
from confsched.services.wishes import NewWish
from tests.world import NOW, World

FRIDAYS = NewWish(WishKind.DAY_OFF, date(2026, 12, 1), date(2026, 12, 31), weekday=4)


def add(session: Session, world: World, new: NewWish = FRIDAYS, key: str = "k") -> DutyWish:
    person = session.get_one(Person, world.neurologist.id)
    return wishes.add(session, world.actor(world.neurologist), person, new, now=NOW, key=key)


def test_a_wish_is_kept_once_however_often_it_is_sent(session: Session, world: World) -> None:
    """Line 11."""
    assert add(session, world).id == add(session, world).id == add(session, world, key="another").id


def test_the_person_and_the_secretary_see_it_and_nobody_else(session: Session, world: World) -> None:
    wish = add(session, world)
    for person in (world.neurologist, world.secretary):
        page = wishes.list_wishes(session, world.actor(person), now=NOW)
        assert [row.person.id for row in page.rows] == [world.neurologist.id]
    for person in (world.second_neurologist, world.coordinator, world.stranger):
        assert wishes.list_wishes(session, world.actor(person), now=NOW).total == 0
        with pytest.raises(NotFound):
            access.get_row(session, world.actor(person), DutyWish, wish.id, to="change")


def test_a_list_of_one_person_leaves_the_others_out(session: Session, world: World) -> None:
    add(session, world)
    actor = world.actor(world.secretary)
    other = world.second_neurologist.id
    assert wishes.list_wishes(session, actor, person_id=other, now=NOW).total == 0
    assert wishes.list_wishes(session, actor, person_id=world.neurologist.id, now=NOW).total == 1


def test_a_withdrawn_wish_no_longer_counts(session: Session, world: World) -> None:
    wish, actor = add(session, world), world.actor(world.neurologist)
    for _ in range(2):
        wishes.withdraw(session, actor, wish, now=NOW)
    assert wishes.list_wishes(session, actor, now=NOW).total == 0
    assert wish.withdrawn_at == NOW


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"ends_on": date(2026, 11, 30)}, "ends_on"),
        ({"starts_on": date(2026, 1, 1), "ends_on": date(2026, 1, 31)}, "ends_on"),
        ({"ends_on": date(2036, 1, 1)}, "ends_on"),
        ({"note": "x" * 121}, "note"),
        ({"ends_on": date(2026, 12, 2)}, "weekday"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_refused_at_its_field(
    session: Session, world: World, other: dict[str, Any], field: str
) -> None:
    values = {"kind": WishKind.DAY_OFF, "starts_on": FRIDAYS.starts_on, "ends_on": FRIDAYS.ends_on}
    with pytest.raises(Refusal) as caught:
        add(session, world, NewWish(**{**values, "weekday": 4, **other}))
    assert caught.value.field == field


def test_wishes_without_end_are_refused(
    session: Session, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes, "MAX_OPEN", 1)
    add(session, world)
    with pytest.raises(Refusal, match="Withdraw some"):
        add(session, world, NewWish(WishKind.RATHER, date(2026, 12, 5), date(2026, 12, 5)), key="b")
