"""Offered times from rows on record: hours, holidays, duties, absences, rest, calendars, claims."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.kinds import (
    AbsenceKind,
    BusySourceKind,
    ConferenceState,
    DutyType,
    RequirementKind,
    ResourceKind,
)
from confsched.domain.matching import Offer
from confsched.errors import Refusal
from confsched.models.busy import BusySource, BusySpan
from confsched.models.catalogue import Requirement, RequirementPerson, RequirementSite, Service
from confsched.models.conferences import Conference
from confsched.models.network import Resource, Site
from confsched.models.people import Person
from confsched.models.rosters import Absence, Duty, DutyLine, WorkingHoursRow
from confsched.services import consult_times
from confsched.services.matching import Plan, plan_conference, plan_consult
from tests.world import NOW, SINCE, ZONE, World, ask, book, build_world, leave_one_neurologist, local

TUESDAY, FRIDAY, SATURDAY = date(2026, 11, 24), date(2026, 11, 27), date(2026, 11, 28)
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        world = build_world(session)
        leave_one_neurologist(session, world)
    return world


def _at(session: Session, world: World, starts_at: datetime, now: datetime = NOW) -> Offer | None:
    consult = ask(session, world, starts_at.isoformat(), reply_by_on=date(2027, 1, 20))
    plan = consult_times.offers(session, consult, now=now).plan
    return plan.at(Span(starts_at, starts_at + HALF_AN_HOUR))


def _is_free(session: Session, world: World, day: date, at: time = time(9)) -> bool:
    offer = _at(session, world, local(day, at))
    return offer is not None and not offer.unknown


def _duty(session: Session, world: World, starts_at: datetime, ends_at: datetime, **line: object) -> None:
    for name, value in line.items():
        setattr(session.get_one(DutyLine, world.line.id), name, value)
    values = {"line_id": world.line.id, "person_id": world.neurologist.id, "origin": "test"}
    values["day"] = starts_at.date()
    session.add(Duty(starts_at=starts_at, ends_at=ends_at, recorded_at=NOW, **values))
    session.flush()


def _works_on_saturdays(session: Session, world: World) -> None:
    hours = {"weekday": 5, "starts": time(8), "ends": time(16), "valid_from": SINCE}
    session.add(WorkingHoursRow(person_id=world.neurologist.id, site_id=world.hub.id, **hours))
    session.flush()


def test_offers_come_best_first_with_reasons(session: Session, world: World) -> None:
    found = consult_times.offers(session, ask(session, world), now=NOW)
    scores = [offer.score for offer in found.offers]
    assert scores == sorted(scores, reverse=True)
    assert all(offer.reasons for offer in found.offers)
    assert str(found.offers[0].reasons[0]) == "Earliest time with everyone."
    assert all(world.neurologist.id in sum(offer.assignment.values(), ()) for offer in found.offers)


def test_the_requester_does_not_count_as_knowing_the_case(session: Session, world: World) -> None:
    book(session, world, local(TUESDAY, time(9)))
    found = consult_times.offers(session, ask(session, world, "key-2"), now=NOW)
    said = {str(reason) for offer in found.offers for reason in offer.reasons}
    assert f"{world.neurologist.name} knows the case." in said
    assert f"{world.requester.name} knows the case." not in said


def test_nothing_is_offered_outside_hours_on_holidays_and_too_soon(session: Session, world: World) -> None:
    assert _is_free(session, world, FRIDAY)
    assert not _is_free(session, world, FRIDAY, time(15, 45))
    assert not _is_free(session, world, SATURDAY)
    assert not _is_free(session, world, date(2026, 12, 25))
    assert not _is_free(session, world, NOW.date(), time(8, 45))
    assert _is_free(session, world, NOW.date(), time(9, 0))


@pytest.mark.parametrize("night", [date(2026, 11, 27), date(2026, 12, 4)])
def test_an_absence_over_the_weekend_blocks_its_saturday(session: Session, world: World, night: date) -> None:
    """Line 16: Friday 18:00 to Monday 08:00 blocks Saturday."""
    saturday = night + timedelta(days=1)
    _works_on_saturdays(session, world)
    assert _is_free(session, world, saturday)
    span = {"starts_at": local(night, time(18)), "ends_at": local(night + timedelta(days=3), time(8))}
    kind = AbsenceKind.LEAVE
    session.add(Absence(person_id=world.neurologist.id, kind=kind, recorded_at=NOW, **span))
    session.flush()
    assert not _is_free(session, world, saturday)
    assert _is_free(session, world, night, time(15))
    assert _is_free(session, world, night + timedelta(days=3), time(8))


@pytest.mark.parametrize("sunday", [date(2026, 10, 25), date(2026, 3, 29)])
def test_hours_stay_on_the_wall_clock_after_a_clock_change(
    session: Session, world: World, sunday: date
) -> None:
    """Line 12: a search across a clock change is not an hour off."""
    now = clock.to_instant(sunday - timedelta(days=2), time(8), ZONE)
    monday = sunday + timedelta(days=1)
    assert _at(session, world, local(monday, time(8)), now) is not None
    assert _at(session, world, local(monday, time(7, 45)), now) is None
    assert _at(session, world, local(monday, time(15, 45)), now) is None


def test_a_duty_over_midnight_blocks_both_days_and_needs_rest(session: Session, world: World) -> None:
    """Line 17: a duty crossing midnight is not lost; eleven hours of rest follow it."""
    wednesday = TUESDAY + timedelta(days=1)
    _duty(session, world, local(TUESDAY, time(15)), local(wednesday, time(4)))
    assert not _is_free(session, world, TUESDAY, time(15))
    assert not _is_free(session, world, wednesday, time(14, 45))
    assert _is_free(session, world, wednesday, time(15))


def test_a_duty_for_the_service_makes_available_at_night(session: Session, world: World) -> None:
    assert not _is_free(session, world, TUESDAY, time(20))
    span = local(TUESDAY, time(18)), local(TUESDAY, time(23))
    _duty(session, world, *span, makes_available=True, duty_type=DutyType.ON_CALL_HOME)
    assert _is_free(session, world, TUESDAY, time(20))


def test_who_is_wanted_on_duty_is_not_asked_in_office_hours(session: Session, world: World) -> None:
    service = session.get_one(Service, world.service.id)
    service.requirements = [Requirement(kind=RequirementKind.DUTY_LINE, duty_line_id=world.line.id)]
    _duty(session, world, local(TUESDAY, time(18)), local(TUESDAY, time(23)))
    assert _is_free(session, world, TUESDAY, time(20))
    assert not _is_free(session, world, FRIDAY)


def _calendar(
    session: Session,
    person: Person,
    *,
    read_at: datetime | None,
    kind: BusySourceKind = BusySourceKind.URL,
) -> BusySource:
    source = BusySource(
        person_id=person.id,
        kind=kind,
        name="mine",
        created_at=NOW,
        read_at=read_at,
        known_from=NOW - timedelta(days=1),
        known_until=NOW + timedelta(days=60),
    )
    nine = local(TUESDAY, time(9))
    source.spans = [BusySpan(starts_at=nine, ends_at=nine + HALF_AN_HOUR)]
    session.add(source)
    session.flush()
    return source


def test_imported_busy_time_is_busy_and_the_rest_is_free(session: Session, world: World) -> None:
    _calendar(session, world.neurologist, read_at=NOW)
    assert not _is_free(session, world, TUESDAY)
    assert _is_free(session, world, TUESDAY, time(10))


@pytest.mark.parametrize("hours", [None, 25])
def test_a_silent_calendar_is_unknown_not_free_and_comes_last(
    session: Session, world: World, hours: int | None
) -> None:
    """Line 31: the source is down, and the person does not count as free."""
    read_at = None if hours is None else NOW - timedelta(hours=hours)
    _calendar(session, world.neurologist, read_at=read_at)
    offer = _at(session, world, local(TUESDAY, time(10)))
    assert offer is not None
    assert offer.unknown == (world.neurologist.id,)
    found = consult_times.offers(session, ask(session, world, "key-2"), now=NOW)
    assert all(offer.unknown for offer in found.offers)


@pytest.mark.parametrize(("days", "is_believed"), [(6, True), (8, False)])
def test_an_uploaded_file_is_believed_for_a_week(
    session: Session, world: World, days: int, is_believed: bool
) -> None:
    read_at = NOW - timedelta(days=days)
    _calendar(session, world.neurologist, read_at=read_at, kind=BusySourceKind.UPLOAD)
    offer = _at(session, world, local(TUESDAY, time(10)))
    assert offer is not None and (offer.unknown == ()) is is_believed


def test_buffers_keep_clear_of_other_claims(session: Session, world: World) -> None:
    session.get_one(Service, world.service.id).buffer_before_minutes = 15
    book(session, world, local(TUESDAY, time(9)), by=world.second_requester)
    assert not _is_free(session, world, TUESDAY, time(9, 30))
    assert _is_free(session, world, TUESDAY, time(9, 45))
    assert _is_free(session, world, TUESDAY, time(8, 15))
    assert not _is_free(session, world, TUESDAY, time(8, 30))


def _plan(session: Session, world: World, **service: object) -> Plan:
    for name, value in service.items():
        setattr(session.get_one(Service, world.service.id), name, value)
    session.flush()
    return plan_consult(session, ask(session, world), now=NOW)


def _named(person: Person, **wishes: object) -> Requirement:
    persons = [RequirementPerson(person_id=person.id)]
    return Requirement(kind=RequirementKind.PERSONS, persons=persons, **wishes)


def test_a_service_names_its_own_hours_first(session: Session, world: World) -> None:
    first, *_ = _plan(session, world, preferred_hours="14:00-15:00").offers()
    assert clock.to_local(first.span.starts_at, ZONE).time() in (time(14), time(14, 30))


def test_a_search_knows_the_place_and_the_most_a_day(session: Session, world: World) -> None:
    needs = [_named(world.neurologist, is_on_site=True), _named(world.second_neurologist, position=1)]
    asked = _plan(session, world, requirements=needs, cap_per_day=3).asked
    assert (set(asked.on_site), asked.site_id) == ({world.neurologist.id}, world.service.site_id)
    assert (asked.cap_per_day, asked.zone) == (3, ZONE)


def test_a_room_that_is_asked_for_says_where_the_meeting_is(session: Session, world: World) -> None:
    room = Resource(site_id=world.spoke.id, kind=ResourceKind.ROOM, name="Konferenzraum 2")
    session.add(room)
    session.flush()
    by_name = Requirement(kind=RequirementKind.RESOURCE, resource_id=room.id, position=1)
    plan = _plan(session, world, requirements=[_named(world.neurologist), by_name])
    assert plan.asked.site_id == world.spoke.id
    assert plan.offers()[0].assignment[str(by_name.id)] == (room.id,)


def test_any_room_of_a_site_is_a_pool_of_its_rooms_and_of_no_device(session: Session, world: World) -> None:
    kinds = {"Raum 1": ResourceKind.ROOM, "Raum 2": ResourceKind.ROOM, "Wagen": ResourceKind.DEVICE}
    rooms = [Resource(site_id=world.hub.id, kind=kind, name=name) for name, kind in kinds.items()]
    session.add_all(rooms)
    session.flush()
    at_hub = [RequirementSite(site_id=world.hub.id)]
    any_room = Requirement(kind=RequirementKind.RESOURCE, sites=at_hub, position=1)
    plan = _plan(session, world, requirements=[_named(world.neurologist), any_room])
    pool = set(plan.needs[1].pool)
    assert pool == plan.asked.resources
    assert [room.id in pool for room in rooms] == [True, True, False]
    assert plan.offers()


def test_the_same_person_twice_is_a_contradiction_unless_one_requirement_may_double(
    session: Session, world: World
) -> None:
    twice = [_named(world.neurologist), _named(world.neurologist, position=1)]
    plan = _plan(session, world, requirements=twice)
    assert [str(finding) for finding in plan.findings()] == [
        f"{world.neurologist.name}: 2 different people are needed, entered are 1. "
        "Enter more people, or let one person meet several requirements."
    ]
    assert plan.offers() == ()
    twice[1].may_double = True
    again = plan_consult(session, ask(session, world), now=NOW)
    assert again.findings() == () and again.offers()


def test_a_window_of_ten_years_is_refused_at_its_field(session: Session, world: World) -> None:
    conference = Conference(
        title="Tumorboard",
        duration_minutes=30,
        search_from_on=NOW.date(),
        search_until_on=NOW.date() + timedelta(days=3650),
        site=session.get_one(Site, world.hub.id),
        organisation_id=world.hub.organisation_id,
        organiser_id=world.requester.id,
        state=ConferenceState.PLANNED,
        created_at=NOW,
    )
    session.add(conference)
    session.flush()
    with pytest.raises(Refusal) as refusal:
        plan_conference(session, conference, now=NOW)
    assert (str(refusal.value), refusal.value.field) == ("Choose a day within 92 days.", "search_until_on")


def test_where_nothing_is_offered_it_is_said_why(session: Session, world: World) -> None:
    """Lines 32 and 33: a gap is seen, and never without a reason."""
    rows = select(WorkingHoursRow).where(WorkingHoursRow.person_id == world.neurologist.id)
    for row in session.scalars(rows):
        row.valid_until = date(2026, 2, 1)
    session.flush()
    found = consult_times.offers(session, ask(session, world), now=NOW)
    assert found.offers == ()
    said = {str(reason) for part in found.explanation.blocked for reason in part.reasons}
    assert any(world.neurologist.name in one for one in said)
