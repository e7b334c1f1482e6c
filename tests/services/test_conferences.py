"""Conferences: planned once, a time for everybody, one invitation each, conflicts overruled knowingly."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.kinds import BookingKind, ConferenceState, RequirementKind, SubjectKind
from confsched.domain.permissions import Actor, Function
from confsched.errors import Conflict, Forbidden, NotFound, Refusal
from confsched.models.bookings import Booking
from confsched.models.claims import Claim
from confsched.models.conferences import Conference
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Membership, Person
from confsched.services import access, claims, conferences, directory
from confsched.services.conferences import Draft, Wanted
from tests.world import NEUROLOGY, NOW, World, add_person, add_working_hours, build_world

NINE = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # Tuesday 09:00 in Berlin
MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
ANY_NEUROLOGIST = Wanted(discipline=NEUROLOGY)


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        return build_world(session)


def draft(*wanted: Wanted, **changes: object) -> Draft:
    base = Draft("Epilepsiekonferenz", 45, MONDAY, date(2026, 12, 4), wanted or (ANY_NEUROLOGIST,))
    return replace(base, **changes)  # type: ignore[arg-type]


def named(*people: Person, count: int = 1, is_optional: bool = False) -> Wanted:
    ids = tuple(person.id for person in people)
    return Wanted(person_ids=ids, count=count, is_optional=is_optional)


def planned(session: Session, actor: Actor, plan: Draft, key: str = "key-1") -> Conference:
    return conferences.plan(session, actor, plan, now=NOW, key=key)


def invited(session: Session, actor: Actor, plan: Draft, starts_at: datetime, reason: str = "") -> Booking:
    conference = planned(session, actor, plan, key=uuid.uuid4().hex)
    return conferences.invite(session, actor, conference, starts_at, now=NOW, override_reason=reason)


def test_a_plan_keeps_what_was_asked_and_waits_for_a_time(database: Database, world: World) -> None:
    wanted = (Wanted(discipline=NEUROLOGY, site_id=world.hub.id, count=2), named(world.requester))
    with database.transaction() as session:
        conference = planned(session, world.actor(world.secretary), draft(*wanted, resource_id=world.room.id))
        assert conference.state is ConferenceState.PLANNED
        assert [one.kind for one in conference.requirements] == [
            RequirementKind.DISCIPLINE,
            RequirementKind.PERSONS,
        ]
        assert conference.requirements[0].count == 2
        assert conferences.list_plans(session, world.actor(world.secretary)) == [conference]


def test_the_same_form_sent_twice_plans_once(database: Database, world: World) -> None:
    """Line 11 of the failures of others: a retried POST books twice."""
    actor = world.actor(world.secretary)
    with database.transaction() as session:
        first = planned(session, actor, draft())
        assert planned(session, actor, draft()) is first
        assert session.scalar(select(func.count(Conference.id))) == 1


def test_planning_needs_the_right_to_it(database: Database, world: World) -> None:
    with database.transaction() as session, pytest.raises(Forbidden):
        planned(session, world.actor(world.requester), draft())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"title": "Muster, Hans *12.3.51"}, "title"),
        ({"duration_minutes": 7}, "duration_minutes"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"duration_minutes": 485}, "duration_minutes"),
        ({"search_from_on": None}, "search_from_on"),
        ({"search_until_on": None}, "search_until_on"),
        ({"search_until_on": date(2026, 11, 20), "search_from_on": date(2026, 11, 19)}, "search_until_on"),
        ({"search_until_on": date(2026, 11, 22)}, "search_until_on"),
        ({"search_until_on": date(2027, 3, 1)}, "search_until_on"),
        ({"join_link": "http://video.example/x"}, "join_link"),
        ({"join_link": "https://video.example/a b"}, "join_link"),
        ({"resource_id": uuid.UUID(int=7)}, "resource_id"),
        ({"wanted": ()}, "wanted"),
        ({"wanted": (ANY_NEUROLOGIST,) * 21}, "wanted"),
        ({"wanted": (ANY_NEUROLOGIST, Wanted(discipline="alchemy"))}, "wanted-1"),
        ({"wanted": (Wanted(discipline=NEUROLOGY, count=0),)}, "wanted-0"),
        ({"wanted": (Wanted(discipline=NEUROLOGY, count=21),)}, "wanted-0"),
        ({"wanted": (Wanted(discipline=NEUROLOGY, site_id=uuid.UUID(int=7)),)}, "wanted-0"),
        ({"wanted": (Wanted(person_ids=(uuid.UUID(int=7),)),)}, "wanted-0"),
    ],
)
def test_a_wrong_plan_is_refused_at_its_field(
    database: Database, world: World, changes: dict[str, object], field: str
) -> None:
    with database.transaction() as session, pytest.raises(Refusal) as refused:
        planned(session, world.actor(world.secretary), draft(**changes))
    assert refused.value.field == field


def test_more_people_than_are_named_are_refused(database: Database, world: World) -> None:
    with database.transaction() as session, pytest.raises(Refusal) as refused:
        planned(session, world.actor(world.secretary), draft(named(world.neurologist, count=2)))
    assert refused.value.field == "wanted-0"


def test_two_of_a_pool_come_from_several_hospitals_and_each_gets_exactly_one_invitation(
    database: Database, world: World
) -> None:
    actor = world.actor(world.secretary)
    with database.transaction() as session:
        elsewhere = add_person(
            session, world.spoke, "Dr.", "Nora", "Petersen", Function.CONSULTANT, discipline=NEUROLOGY
        )
        add_working_hours(session, elsewhere, world.spoke)
        pool = Wanted(discipline=NEUROLOGY, count=3)
        booking = invited(session, actor, draft(pool), NINE)
        people = {world.neurologist.id, world.second_neurologist.id, elsewhere.id}
        assert {p.person_id for p in booking.participations} == people
        assert {p.organisation_id for p in booking.participations} == {
            world.hub.organisation_id,
            world.spoke.organisation_id,
        }
        messages = session.execute(select(OutboxMessage.method, OutboxMessage.recipient_id)).all()
        assert sorted(messages) == sorted(("REQUEST", person) for person in people)
        assert set(session.scalars(select(Claim.subject_id))) == people


def test_the_room_is_taken_with_the_people(database: Database, world: World) -> None:
    with database.transaction() as session:
        booking = invited(session, world.actor(world.secretary), draft(resource_id=world.room.id), NINE)
        rooms = select(Claim.subject_id).where(Claim.subject_kind == SubjectKind.RESOURCE)
        assert list(session.scalars(rooms)) == [world.room.id]
        assert booking.kind is BookingKind.CONFERENCE


def test_a_taken_room_is_not_offered_and_not_booked_again(database: Database, world: World) -> None:
    actor, plan = world.actor(world.secretary), draft(resource_id=world.room.id)
    with database.transaction() as session:
        invited(session, actor, plan, NINE)
        conference = planned(session, actor, plan, key="second")
        found = conferences.offers(session, conference, now=NOW)
        taken = [o for o in found.on(NINE.date()) if o.span.starts_at < NINE + timedelta(minutes=45)]
        assert all(offer.span.ends_at <= NINE for offer in taken)
        with pytest.raises(claims.Taken):
            conferences.invite(session, actor, conference, NINE, now=NOW)


def test_invited_twice_it_stays_one_booking(database: Database, world: World) -> None:
    """Line 11 of the failures of others: a retried POST books twice."""
    actor = world.actor(world.secretary)
    with database.transaction() as session:
        conference = planned(session, actor, draft())
        first = conferences.invite(session, actor, conference, NINE, now=NOW)
        again = conferences.invite(session, actor, conference, NINE + timedelta(hours=1), now=NOW)
        assert again is first
        assert session.scalar(select(func.count(Booking.id))) == 1
        assert session.scalar(select(func.count(OutboxMessage.id))) == 1


def test_a_conflict_is_overruled_with_a_reason_that_both_sides_see(database: Database, world: World) -> None:
    """Line 10 of the failures of others: staff cannot override a conflict knowingly, with a logged reason."""
    actor, both = world.actor(world.secretary), Wanted(discipline=NEUROLOGY, count=2)
    with database.transaction() as session:
        first = invited(session, actor, draft(both, resource_id=world.room.id), NINE)
        second = invited(session, actor, draft(both, resource_id=world.room.id), NINE, "Dringender Fall")
        for booking in (first, second):
            overlaps = claims.list_overlaps(session, booking.id)
            assert {claim.override_reason for claim in overlaps} == {"Dringender Fall"}
            assert {claim.override_by_id for claim in overlaps} == {world.secretary.id}
            assert world.room.id in {claim.subject_id for claim in overlaps}


def test_overruling_still_takes_the_free_before_the_busy_and_leaves_busy_guests_out(
    database: Database, world: World
) -> None:
    actor = world.actor(world.secretary)
    wanted = (
        Wanted(discipline=NEUROLOGY, count=1),
        named(world.neurologist, is_optional=True),
        named(world.coordinator),
    )
    with database.transaction() as session:
        invited(session, actor, draft(named(world.neurologist)), NINE)
        invited(session, actor, draft(named(world.coordinator)), NINE)
        booking = invited(session, actor, draft(*wanted), NINE, "Nur so möglich")
        people = {p.person_id for p in booking.participations}
        assert people == {world.second_neurologist.id, world.coordinator.id}


def test_without_anybody_in_the_pool_even_overruling_invites_nobody(database: Database, world: World) -> None:
    nobody = Wanted(discipline=NEUROLOGY, site_id=world.stranger_site.id)
    with database.transaction() as session, pytest.raises(Refusal, match="nobody to invite"):
        invited(session, world.actor(world.secretary), draft(nobody), NINE, "Trotzdem")


def test_a_coordinator_may_plan_but_not_overrule(database: Database, world: World) -> None:
    with database.transaction() as session, pytest.raises(Refusal) as refused:
        invited(session, world.actor(world.coordinator), draft(), NINE, "Bitte")
    assert refused.value.field == "override_reason"


def test_an_optional_person_who_is_not_free_is_left_out_and_named(database: Database, world: World) -> None:
    actor = world.actor(world.secretary)
    guest = named(world.second_neurologist, is_optional=True)
    with database.transaction() as session:
        invited(session, actor, draft(named(world.second_neurologist)), NINE)
        conference = planned(session, actor, draft(named(world.neurologist), guest))
        at_nine = conferences.offers(session, conference, now=NOW).plan.at(
            Span(NINE, NINE + timedelta(minutes=45))
        )
        assert at_nine is not None
        assert len(at_nine.missing_optional) == 1
        booking = conferences.invite(session, actor, conference, NINE, now=NOW)
        assert [p.person_id for p in booking.participations] == [world.neurologist.id]


def test_without_any_common_time_the_reason_stands_there(database: Database, world: World) -> None:
    """Line 33 of the failures of others: "No times available" without a reason."""
    too_many = Wanted(discipline=NEUROLOGY, count=3)
    with database.transaction() as session:
        conference = planned(session, world.actor(world.secretary), draft(too_many))
        found = conferences.offers(session, conference, now=NOW)
        assert found.offers == ()
        assert found.explanation.blocked[0].reasons


def test_each_day_has_its_own_best_times_and_days_outside_have_none(database: Database, world: World) -> None:
    with database.transaction() as session:
        conference = planned(session, world.actor(world.secretary), draft())
        found = conferences.offers(session, conference, now=NOW)
        assert {one.span.starts_at.date() for one in found.on(date(2026, 12, 4))} == {date(2026, 12, 4)}
        assert found.on(date(2026, 12, 5)) == ()


def test_a_change_replaces_who_is_looked_for_until_everybody_is_invited(
    database: Database, world: World
) -> None:
    actor = world.actor(world.secretary)
    with database.transaction() as session:
        conference = planned(session, actor, draft())
        conferences.change(session, actor, conference, draft(named(world.neurologist)), now=NOW)
        assert [one.kind for one in conference.requirements] == [RequirementKind.PERSONS]
        conferences.invite(session, actor, conference, NINE, now=NOW)
        with pytest.raises(Conflict):
            conferences.change(session, actor, conference, draft(), now=NOW)
        with pytest.raises(Conflict):
            conferences.withdraw(session, actor, conference, now=NOW)


def test_a_withdrawn_plan_is_gone_and_invites_nobody(database: Database, world: World) -> None:
    actor = world.actor(world.secretary)
    with database.transaction() as session:
        conference = planned(session, actor, draft())
        conferences.withdraw(session, actor, conference, now=NOW)
        assert conferences.list_plans(session, actor) == []
        with pytest.raises(Conflict):
            conferences.invite(session, actor, conference, NINE, now=NOW)


def test_a_stranger_does_not_find_the_plan(database: Database, world: World) -> None:
    with database.transaction() as session:
        conference = planned(session, world.actor(world.secretary), draft())
        assert conferences.list_plans(session, world.actor(world.stranger)) == []
        with pytest.raises(NotFound):
            access.get_conference(session, world.actor(world.stranger), conference.id)


def test_people_are_found_by_three_letters_of_the_family_name(database: Database, world: World) -> None:
    with database.transaction() as session:
        assert directory.suggest_people(session, "oka", now=NOW) == [
            session.get_one(Person, world.neurologist.id)
        ]
        assert directory.suggest_people(session, "ok", now=NOW) == []
        assert directory.suggest_people(session, "%%%", now=NOW) == []
        assert directory.suggest_people(session, "Lindner", now=NOW) == []  # a secretary is no clinician


def test_own_people_and_rooms_are_those_of_the_actors_houses(database: Database, world: World) -> None:
    ids = (world.neurologist.id, world.requester.id, world.room.id)
    with database.transaction() as session:
        assert directory.list_own(session, world.actor(world.secretary), ids) == {ids[0], ids[2]}
        assert directory.list_own(session, world.actor(world.requester), ids) == {ids[1]}


@pytest.mark.parametrize(("valid_from", "is_asked"), [(TUESDAY, True), (date(2026, 11, 25), False)])
def test_who_starts_work_on_the_first_day_of_the_search_is_asked(
    database: Database, world: World, valid_from: date, is_asked: bool
) -> None:
    """The first day begins at midnight in Berlin, when it is still the day before in UTC."""
    with database.transaction() as session:
        for membership in session.scalars(select(Membership)):
            if membership.person_id in (world.neurologist.id, world.second_neurologist.id):
                membership.valid_from = valid_from
        plan = draft(search_from_on=TUESDAY, search_until_on=TUESDAY)
        conference = planned(session, world.actor(world.secretary), plan)
        assert bool(conferences.offers(session, conference, now=NOW).offers) is is_asked
