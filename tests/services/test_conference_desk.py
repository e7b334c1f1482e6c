"""The desk of a conference: freezing, merging, carrying over, a lost place, its details, its list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.domain.invites import Kind
from confsched.domain.kinds import (
    CaseLane,
    CaseState,
    ConferenceState,
    LateRule,
    RequirementKind,
    StandardCare,
)
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.claims import Claim
from confsched.models.conferences import Conference, ConferenceStep
from confsched.models.network import Resource
from confsched.models.outbox import OutboxMessage
from confsched.services import (
    carry_over,
    conference_desk,
    conference_details,
    conference_lists,
    conference_merge,
    conference_places,
)
from confsched.services.conference_details import Details, Needed
from confsched.services.conference_lists import Show
from confsched.services.findings import problems_of
from tests.support.conferences import LINK, START, WEEK, add_case, add_conference
from tests.world import NEUROLOGY, NOW, World

DAY = timedelta(days=1)


def kinds(session: Session, recipient: str) -> list[Kind]:
    query = select(OutboxMessage).where(OutboxMessage.recipient == recipient)
    return [one.kind for one in session.scalars(query.order_by(OutboxMessage.created_at))]


def news(session: Session) -> list[OutboxMessage]:
    query = select(OutboxMessage).where(OutboxMessage.kind == Kind.CONFERENCE_NEWS)
    return list(session.scalars(query))


# ---- freezing ----


def test_freezing_schedules_what_is_ready_and_thawing_takes_it_back(session: Session, world: World) -> None:
    conference, actor = add_conference(session, world), world.actor(world.secretary)
    ready = add_case(session, world, conference)
    late = add_case(session, world, conference, lane=CaseLane.LATE)
    missing = add_case(session, world, conference, state=CaseState.INCOMPLETE)
    for _ in range(2):
        conference_desk.freeze(session, actor, conference, now=NOW)
    assert conference.state is ConferenceState.FROZEN
    states = [ready.state, late.state, missing.state]
    assert states == [CaseState.SCHEDULED, CaseState.READY, CaseState.INCOMPLETE]
    for _ in range(2):
        conference_desk.thaw(session, actor, conference, now=NOW)
    assert (conference.state, ready.state) == (ConferenceState.REGISTRATION_OPEN, CaseState.READY)
    assert [step.code for step in conference.steps][-1] == "thawed"


@pytest.mark.parametrize("state", [ConferenceState.RUNNING, ConferenceState.CANCELLED])
def test_what_has_begun_or_is_off_is_neither_thawed_nor_frozen(
    session: Session, world: World, state: ConferenceState
) -> None:
    conference, actor = add_conference(session, world, state=state), world.actor(world.secretary)
    with pytest.raises(Conflict):
        conference_desk.thaw(session, actor, conference, now=NOW)
    if state is ConferenceState.CANCELLED:
        with pytest.raises(Conflict):
            conference_desk.freeze(session, actor, conference, now=NOW)


# ---- merging ----


def test_a_merged_date_gives_its_cases_away_with_their_seniority_and_is_called_off(
    session: Session, world: World
) -> None:
    one, actor = add_conference(session, world), world.actor(world.secretary)
    other = add_conference(session, world, starts_at=START + WEEK, title="Next board")
    window = {"present_from": START, "present_until": START + timedelta(minutes=10)}
    case = add_case(session, world, one, deferrals=2, state=CaseState.SCHEDULED, position=3, **window)
    gone = add_case(session, world, one, state=CaseState.WITHDRAWN)
    assert conference_merge.list_others(session, actor, one) == [other]
    for _ in range(2):
        assert conference_merge.merge(session, actor, one, other.id, now=NOW) is other
    assert (one.state, one.merged_into_id) == (ConferenceState.MERGED, other.id)
    assert (case.conference_id, case.deferrals, case.state) == (other.id, 2, CaseState.READY)
    assert (case.position, case.present_from) == (None, START + WEEK)
    assert gone.conference_id == one.id
    taken = select(func.count(Claim.id)).where(Claim.booking_id == one.booking_id)
    assert session.scalar(taken) == 0
    told = kinds(session, world.requester.email)
    assert told == [Kind.CONFERENCE_NEWS]
    assert one.booking is not None
    invited = {part.person.email for part in one.booking.participations}
    for email in invited:
        assert {Kind.CANCELLATION, Kind.CONFERENCE_NEWS} <= set(kinds(session, email))
    assert "Next board" in str(news(session)[0].snapshot["lines"])


def test_a_date_is_not_merged_with_itself_with_a_foreign_one_or_with_one_that_is_over(
    session: Session, world: World
) -> None:
    one, actor = add_conference(session, world), world.actor(world.secretary)
    other = add_conference(session, world, starts_at=START + WEEK)
    with pytest.raises(Refusal):
        conference_merge.merge(session, actor, one, one.id, now=NOW)
    with pytest.raises(Conflict):
        conference_merge.merge(session, actor, one, other.id, now=START)
    foreign = world.actor(world.stranger)
    with pytest.raises(NotFound):
        conference_merge.merge(session, foreign, one, other.id, now=NOW)
    other.state = ConferenceState.RUNNING
    session.flush()
    with pytest.raises(Conflict):
        conference_merge.merge(session, actor, one, other.id, now=NOW)


# ---- carrying over ----


def test_what_was_not_discussed_goes_on_once_and_keeps_its_seniority(session: Session, world: World) -> None:
    one, actor = add_conference(session, world), world.actor(world.secretary)
    other = add_conference(session, world, starts_at=START + WEEK)
    case = add_case(session, world, one, deferrals=1)
    add_case(session, world, one, state=CaseState.RECOMMENDED)
    with pytest.raises(Conflict):
        carry_over.carry_over(session, actor, one, other, now=NOW)
    one.state = ConferenceState.MINUTES_DRAFT
    (later,) = carry_over.carry_over(session, actor, one, other, now=START)
    assert carry_over.carry_over(session, actor, one, other, now=START) == []
    assert (later.conference_id, later.former_id, later.deferrals) == (other.id, case.id, 2)
    assert later.first_registered_at == case.first_registered_at
    assert case.state is CaseState.DEFERRED


def test_without_a_later_date_a_case_waits_and_goes_on_as_soon_as_there_is_one(
    session: Session, world: World
) -> None:
    one, actor = add_conference(session, world), world.actor(world.secretary)
    case = add_case(session, world, one)
    one.state = ConferenceState.MINUTES_DRAFT
    assert carry_over.carry_over(session, actor, one, now=START) == []
    assert case.state is CaseState.DEFERRED
    assert carry_over.list_left(session, one) == [case]
    other = add_conference(session, world, starts_at=START + WEEK)
    assert len(carry_over.carry_over(session, actor, one, other, now=START)) == 1


# ---- the place ----


def test_a_conference_that_loses_its_place_says_so_once_and_again_after_the_next_loss(
    session: Session, world: World
) -> None:
    conference = add_conference(session, world, chair_id=world.neurologist.id)
    assert conference.booking is not None
    desk, other = world.actor(world.secretary), world.actor(world.requester)
    assert conference_places.tell_lost(session, now=NOW) == 0
    conference.booking.join_link = ""
    session.flush()
    assert conference_places.find_lacks(session, conference) == [conference_places.NO_PLACE]
    assert [conference_places.tell_lost(session, now=NOW) for _ in range(2)] == [1, 0]
    assert {one.recipient for one in news(session)} == {world.neurologist.email, world.secretary.email}
    assert [task.id for task in conference_places.list_tasks(session, desk, now=NOW)] == [conference.id]
    assert conference_places.list_tasks(session, other, now=NOW) == []
    conference.booking.join_link = LINK
    session.flush()
    conference_places.tell_lost(session, now=NOW)
    assert conference_places.list_tasks(session, desk, now=NOW) == []
    conference.booking.join_link = ""
    session.flush()
    conference_places.tell_lost(session, now=NOW)
    assert len(news(session)) == 4
    codes = session.scalars(select(ConferenceStep.code).where(ConferenceStep.code.startswith("place")))
    assert sorted(codes) == ["place_found", "place_lost", "place_lost"]


def test_a_room_that_another_meeting_has_taken_is_lost(session: Session, world: World) -> None:
    room = session.get_one(Resource, world.room.id)
    conference = add_conference(session, world)
    actor = world.actor(world.secretary)
    change(session, world, conference, resource_id=room.id)
    assert conference_places.find_lacks(session, conference) == []
    claim = session.scalars(select(Claim).where(Claim.subject_id == room.id)).one()
    session.delete(claim)
    session.flush()
    assert conference_places.find_lacks(session, conference) == [conference_places.ROOM_TAKEN]
    assert conference_desk.view(session, actor, conference, now=NOW).lacks == (conference_places.ROOM_TAKEN,)


# ---- details ----


def details(conference: Conference, **changes: object) -> Details:
    known = Details(
        chair_id=None,
        deputy_id=None,
        capacity_minutes=45,
        cutoff_minutes=2880,
        late_rule=LateRule.NEXT_DATE,
        standard_care=StandardCare.DISCUSSED,
        retime_minutes=10,
        join_link=LINK,
        resource_id=None,
        needs=tuple(conference_details.list_needs(conference)),
        seen=conference.revision,
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def change(session: Session, world: World, conference: Conference, **changes: object) -> None:
    actor, wanted = world.actor(world.secretary), details(conference, **changes)
    conference_details.change(session, actor, conference, wanted, now=NOW)


def test_the_desk_changes_chair_minutes_cut_off_and_required_disciplines(
    session: Session, world: World
) -> None:
    conference = add_conference(session, world, world.requester)
    (known,) = conference_details.list_needs(conference)
    needs = (replace(known, specialists_only=True, count=2), Needed(NEUROLOGY, is_optional=True))
    change(session, world, conference, chair_id=world.requester.id, needs=needs)
    assert conference.chair is not None and conference.chair.id == world.requester.id
    assert (conference.capacity_minutes, conference.cutoff_minutes) == (45, 2880)
    kept, added, named = conference.requirements
    assert (kept.id, kept.count, kept.specialists_only) == (known.id, 2, True)
    assert (added.is_optional, named.kind) == (True, RequirementKind.PERSONS)
    assert kinds(session, world.requester.email) == [Kind.INVITATION]


def test_a_new_room_is_taken_and_everybody_is_told(session: Session, world: World) -> None:
    conference = add_conference(session, world, world.requester)
    change(session, world, conference, resource_id=world.room.id)
    assert kinds(session, world.requester.email) == [Kind.INVITATION, Kind.UPDATE]
    other = add_conference(session, world, title="Same time", starts_at=START + timedelta(minutes=30))
    with pytest.raises(Conflict) as refused:
        change(session, world, other, resource_id=world.room.id)
    assert refused.value.field == "resource_id"
    change(session, world, conference, resource_id=None, seen=conference.revision)
    query = select(func.count(Claim.id)).where(Claim.subject_id == world.room.id)
    assert session.scalar(query) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"capacity_minutes": 61}, "capacity_minutes"),
        ({"cutoff_minutes": -60}, "cutoff_minutes"),
        ({"cutoff_minutes": 15 * 1440}, "cutoff_minutes"),
        ({"retime_minutes": 61}, "retime_minutes"),
        ({"join_link": "http://video.example/"}, "join_link"),
        ({"needs": (Needed("alchemy"),)}, "needs-0"),
        ({"needs": (Needed(NEUROLOGY, 0),)}, "needs-0"),
        ({"needs": (Needed(NEUROLOGY),) * 21}, "needs-20"),
    ],
)
def test_wrong_details_are_refused_at_their_field(
    session: Session, world: World, changes: dict[str, object], field: str
) -> None:
    conference = add_conference(session, world)
    with pytest.raises(Refusal) as refused:
        change(session, world, conference, **changes)
    assert [one.field for one in problems_of(refused.value)] == [field]


def test_nobody_chairs_who_does_not_take_part_and_nobody_stands_in_for_themselves(
    session: Session, world: World
) -> None:
    conference = add_conference(session, world, world.requester)
    with pytest.raises(Refusal):
        change(session, world, conference, chair_id=world.stranger.id)
    me = world.requester.id
    with pytest.raises(Refusal) as refused:
        change(session, world, conference, chair_id=me, deputy_id=me)
    assert refused.value.field == "deputy_id"


def test_what_another_person_saved_meanwhile_is_not_overwritten(session: Session, world: World) -> None:
    conference = add_conference(session, world)
    seen = conference.revision
    change(session, world, conference)
    with pytest.raises(Conflict):
        change(session, world, conference, seen=seen)
    conference.state = ConferenceState.RUNNING
    with pytest.raises(Conflict):
        change(session, world, conference)


# ---- the list ----


def test_the_list_shows_what_each_date_has_and_finds_words_of_titles(session: Session, world: World) -> None:
    conference, actor = add_conference(session, world), world.actor(world.secretary)
    add_conference(session, world, starts_at=START + WEEK, state=ConferenceState.CANCELLED)
    add_case(session, world, conference, minutes=7)
    add_case(session, world, conference, minutes=9, lane=CaseLane.LATE)
    (row,) = conference_lists.list_conferences(session, actor, now=NOW).items
    assert (row.minutes_used, row.capacity, row.waiting, row.late) == (7, 60, 1, 1)
    assert row.forecast is not None and not row.forecast.has_quorum
    found = [
        conference_lists.list_conferences(session, actor, text=text, now=NOW).total
        for text in ("neuro", "spine", "%")
    ]
    assert found == [1, 0, 0]
    assert conference_lists.list_conferences(session, actor, show=Show.OFF, now=NOW).total == 1
    left = conference_lists.list_conferences(session, actor, show=Show.TO_FINISH, now=START + DAY)
    assert left.total == 1
    assert conference_lists.list_conferences(session, world.actor(world.stranger), now=NOW).total == 0
