"""People, functions and working hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.permissions import Function
from confsched.errors import Refusal
from confsched.models.rosters import WorkingHoursRow
from confsched.services import people
from confsched.services.people import NewPerson, WeeklyHours, office_hours
from tests.world import NOW, SINCE, World, build_world

DAY = date(2026, 12, 1)
NEW = NewPerson("Rieke", "Nagel", " Rieke.Nagel@Moorfeld.example ", title="Dr.")


@pytest.fixture
def session(sqlite_database: Database) -> Iterator[Session]:
    with sqlite_database.transaction() as opened:
        yield opened


@pytest.fixture
def cast(session: Session) -> World:
    return build_world(session)


def test_a_person_joins_with_a_plain_address(session: Session) -> None:
    person = people.add_person(session, None, NEW, now=NOW)

    assert (person.email, person.name) == ("rieke.nagel@moorfeld.example", "Dr. Rieke Nagel")


def test_an_address_is_given_once_also_within_one_list(session: Session, cast: World) -> None:
    taken = NewPerson("Mia", "Sander", cast.requester.email.upper())

    for new in ([taken], [NEW, NEW]):
        with pytest.raises(Refusal) as refusal:
            people.add_people(session, None, new, now=NOW)
        assert refusal.value.field == "email"


def test_a_rotation_doctor_holds_functions_at_two_sites(session: Session, cast: World) -> None:
    people.add_membership(
        session,
        None,
        cast.neurologist,
        Function.REQUESTER,
        site=cast.spoke,
        valid_from=DAY,
        valid_until=date(2027, 6, 1),
        now=NOW,
    )
    session.flush()
    session.expire(cast.neurologist)

    assert {row.site_id for row in cast.neurologist.memberships} == {cast.hub.id, cast.spoke.id}


@pytest.mark.parametrize("percent", [0, 101, -50])
def test_a_share_of_employment_lies_between_nothing_and_a_whole_post(
    session: Session, cast: World, percent: int
) -> None:
    with pytest.raises(Refusal) as refusal:
        people.add_membership(
            *(session, None, cast.neurologist, Function.REQUESTER),
            site=cast.spoke,
            valid_from=DAY,
            employment_percent=percent,
            now=NOW,
        )
    assert refusal.value.field == "employment_percent"


def test_a_function_that_ends_before_it_begins_is_refused(session: Session, cast: World) -> None:
    with pytest.raises(Refusal) as refusal:
        people.add_membership(
            session,
            None,
            cast.neurologist,
            Function.REQUESTER,
            site=cast.spoke,
            valid_from=DAY,
            valid_until=DAY,
            now=NOW,
        )

    assert refusal.value.field == "valid_until"


def test_new_hours_leave_the_days_before_them_as_they_were(session: Session, cast: World) -> None:
    hours = [WeeklyHours(0, time(10), time(18))]
    people.set_working_hours(session, None, cast.neurologist, hours, site=cast.hub, valid_from=DAY, now=NOW)

    rows = _hours(session, cast)
    assert [(row.valid_from, row.valid_until) for row in rows] == [
        *[(SINCE, date(2026, 11, 30))] * 5,
        (DAY, None),
    ]


def test_hours_set_twice_from_the_same_day_hold_once(session: Session, cast: World) -> None:
    for _ in range(2):
        people.set_working_hours(
            session, None, cast.neurologist, office_hours(), site=cast.hub, valid_from=DAY, now=NOW
        )

    assert len([row for row in _hours(session, cast) if row.valid_from == DAY]) == 5


def _hours(session: Session, cast: World) -> list[WorkingHoursRow]:
    session.expire_all()
    query = select(WorkingHoursRow).where(WorkingHoursRow.person_id == cast.neurologist.id)
    return list(session.scalars(query.order_by(WorkingHoursRow.valid_from, WorkingHoursRow.weekday)))
