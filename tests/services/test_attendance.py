"""Who is at a conference: recorded by one press, once, with where they come from; found by name when late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.kinds import AttendanceMode, ConferenceState, PartnerKind
from confsched.domain.permissions import Function
from confsched.errors import Conflict, NotFound
from confsched.models.guests import Guest, Partner
from confsched.models.people import Person
from confsched.services import attendance
from tests.support.conference_run import add_conference, begin, end
from tests.world import NEUROLOGY, NOW, World, add_person

ON_SITE, REMOTE = AttendanceMode.ON_SITE, AttendanceMode.REMOTE
LATER = NOW + timedelta(minutes=20)


def test_one_press_records_who_came_left_and_is_back(session: Session, world: World) -> None:
    conference, actor = begin(session, world), world.actor(world.secretary)
    person_id = world.neurologist.id
    row = attendance.record(session, actor, conference, person_id, mode=ON_SITE, now=NOW)
    assert attendance.record(session, actor, conference, person_id, mode=ON_SITE, now=LATER) is row
    assert (row.came_at, row.serves, row.institution) == (NOW, NEUROLOGY, world.hub.name)
    attendance.leave(session, actor, conference, person_id, now=LATER)
    attendance.leave(session, actor, conference, person_id, now=LATER + timedelta(minutes=1))
    assert row.left_at == LATER
    attendance.record(session, actor, conference, person_id, mode=REMOTE, now=LATER)
    assert (row.mode, row.came_at) == (REMOTE, NOW)
    assert not row.left_at
    first, second = attendance.roll(session, conference)
    assert (first.person.id, first.is_there) == (world.neurologist.id, True)
    assert (second.person.id, second.attendance) == (world.requester.id, None)
    attendance.strike(session, actor, conference, person_id, now=LATER)
    assert attendance.list_attendance(session, conference) == []


def test_a_late_guest_is_found_by_name_and_stands_for_their_institution(
    session: Session, world: World
) -> None:
    conference, actor = begin(session, world), world.actor(world.secretary)
    guest = _add_guest(session, world, "Meinhardt", conference.organisation_id)
    _add_guest(session, world, "Meinolf", world.spoke.organisation_id)
    assert attendance.find_people(session, conference, "mei", now=NOW) == [guest]
    assert attendance.find_people(session, conference, "me", now=NOW) == []
    row = attendance.record(session, actor, conference, guest.id, mode=REMOTE, now=NOW)
    assert (row.institution, row.serves) == ("Health office Moorfeld", "Health planning")
    assert attendance.roll(session, conference)[-1].person == guest


def _add_guest(session: Session, world: World, name: str, organisation_id: object) -> Person:
    person = Person(given_name="Ute", family_name=name, email=f"{name}@office.example")
    partner = Partner(organisation_id=organisation_id, name="Health office Moorfeld", kind=PartnerKind.OTHER)
    session.add_all([person, partner])
    session.flush()
    values = {"organisation_id": organisation_id, "partner_id": partner.id, "role": "Health planning"}
    session.add(Guest(person_id=person.id, added_by_id=world.secretary.id, added_at=NOW, **values))
    session.flush()
    return person


def test_whom_the_house_does_not_know_is_not_found(session: Session, world: World) -> None:
    conference, actor = begin(session, world), world.actor(world.secretary)
    foreign = _add_guest(session, world, "Meinolf", world.spoke.organisation_id)
    with pytest.raises(NotFound):
        attendance.record(session, actor, conference, foreign.id, mode=REMOTE, now=NOW)
    with pytest.raises(NotFound):
        attendance.leave(session, actor, conference, world.requester.id, now=NOW)


@pytest.mark.parametrize(
    "state", [ConferenceState.PLANNED, ConferenceState.RELEASED, ConferenceState.CANCELLED]
)
def test_attendance_is_closed_before_there_is_a_time_and_after_the_release(
    session: Session, world: World, state: ConferenceState
) -> None:
    conference = add_conference(session, world, state=state)
    with pytest.raises(Conflict):
        attendance.record(session, None, conference, world.neurologist.id, mode=ON_SITE, now=NOW)


def test_who_is_added_after_the_end_was_there_from_the_start_and_left_by_the_end(
    session: Session, world: World
) -> None:
    conference, actor = begin(session, world), world.actor(world.secretary)
    end(session, world, conference, now=LATER)
    person = add_person(session, world.spoke, "", "Lea", "Moor", Function.REQUESTER)
    row = attendance.record(
        session, actor, conference, person.id, mode=REMOTE, now=LATER + timedelta(hours=3)
    )
    attendance.leave(session, actor, conference, person.id, now=LATER + timedelta(hours=3))
    assert (row.came_at, row.left_at, row.institution) == (NOW, LATER, world.spoke.name)
