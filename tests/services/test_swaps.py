"""Swaps from the proposal to the duty board, the bookings and the mails, on both databases."""

from __future__ import annotations

import uuid
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import AbsenceKind, SwapState, WishKind
from confsched.domain.rosters import duty_span
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.rotations import DutyWish
from confsched.services import access, duty_codes, rosters, swaps
from confsched.services.swaps import Proposal
from confsched.services.who_is_on import who_is_on
from tests.support.swaps import MONDAY, NIGHT, TEN, approval, give, holder, propose
from tests.world import NOW, ZONE, World, local

BEFORE = NIGHT.starts_at - timedelta(minutes=1)  # 21:59
NOTES = (Kind.SWAP_PROPOSAL, Kind.SWAP_RESULT, Kind.COVER_REQUEST)


@pytest.fixture
def duty(session: Session, world: World) -> Duty:
    """Give the first neurologist the night from Monday 22:00 to Tuesday 06:00."""
    return give(session, world, world.neurologist, NIGHT)


def mails(session: Session, *kinds: Kind) -> list[tuple[str, str]]:
    session.flush()
    query = select(OutboxMessage).where(OutboxMessage.kind.in_(kinds or NOTES))
    return sorted((row.kind.value, row.recipient) for row in session.scalars(query))


def test_a_yes_at_21_59_is_on_the_board_at_22_00(session: Session, world: World, duty: Duty) -> None:
    approval(session, world, needed=False)
    swap = propose(session, world, duty, to_person_id=world.second_neurologist.id)
    swaps.accept(session, world.actor(world.second_neurologist), swap, now=BEFORE)
    assert swap.state is SwapState.EFFECTIVE
    assert holder(session, world, NIGHT.starts_at) == "Dr. Tom Brandt"
    assert holder(session, world, NIGHT.ends_at - timedelta(minutes=1)) == "Dr. Tom Brandt"


def test_a_yes_at_22_01_counts_from_then_on_and_the_first_minute_stays(
    session: Session, world: World, duty: Duty
) -> None:
    approval(session, world, needed=False)
    swap = propose(session, world, duty)
    at = NIGHT.starts_at + timedelta(minutes=1)
    swaps.accept(session, world.actor(world.second_neurologist), swap, now=at)
    assert holder(session, world, NIGHT.starts_at) == "Dr. Jana Okafor"
    assert holder(session, world, at) == "Dr. Tom Brandt"
    standing = session.scalars(
        select(Duty).where(Duty.superseded_at.is_(None), Duty.line_id == world.line.id)
    )
    assert sorted((one.starts_at, one.ends_at) for one in standing) == [
        (NIGHT.starts_at, at),
        (at, NIGHT.ends_at),
    ]


def test_a_department_that_wants_it_waits_for_its_secretary(
    session: Session, world: World, duty: Duty
) -> None:
    swap = propose(session, world, duty)
    swaps.accept(session, world.actor(world.second_neurologist), swap, now=NOW)
    assert swap.state is SwapState.ACCEPTED
    assert holder(session, world, NIGHT.starts_at) == "Dr. Jana Okafor"
    with pytest.raises(Refusal, match="Only the secretary"):
        swaps.approve(session, world.actor(world.neurologist), swap, now=NOW)
    swaps.approve(session, world.actor(world.secretary), swap, now=NOW)
    assert holder(session, world, NIGHT.starts_at) == "Dr. Tom Brandt"
    assert (swap.decided_by_id, swap.decided_at) == (world.secretary.id, NOW)


def test_who_is_told_what(session: Session, world: World, duty: Duty) -> None:
    giver, taker, secretary = (
        person.email for person in (world.neurologist, world.second_neurologist, world.secretary)
    )
    swap = propose(session, world, duty)
    assert mails(session) == [("swap_proposal", taker)]
    swaps.accept(session, world.actor(world.second_neurologist), swap, now=NOW)
    assert mails(session, Kind.SWAP_RESULT) == [("swap_result", giver), ("swap_result", secretary)]
    swaps.approve(session, world.actor(world.secretary), swap, now=NOW)
    assert mails(session, Kind.SWAP_RESULT) == [
        *[("swap_result", giver)] * 2,
        *[("swap_result", secretary)],
        *[("swap_result", taker)],
    ]


def test_a_part_from_a_time_on_leaves_the_first_part_where_it_was(
    session: Session, world: World, duty: Duty
) -> None:
    approval(session, world, needed=False)
    midnight = local(date(2026, 11, 24), time(0))
    swap = propose(session, world, duty, starts_at=midnight)
    swaps.accept(session, world.actor(world.second_neurologist), swap, now=NOW)
    assert holder(session, world, midnight - timedelta(minutes=1)) == "Dr. Jana Okafor"
    assert holder(session, world, midnight) == "Dr. Tom Brandt"


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 7), (date(2026, 10, 24), 9)])
def test_a_night_with_a_clock_change_goes_over_whole(
    session: Session, world: World, day: date, hours: int
) -> None:
    """Line 13: no minute is lost and none is held twice on either night."""
    approval(session, world, needed=False)
    span = duty_span(day, TEN, time(6), ZONE)
    before = span.starts_at - timedelta(days=1)
    night = give(session, world, world.neurologist, span, before)
    swap = propose(session, world, night, before)
    swaps.accept(session, world.actor(world.second_neurologist), swap, now=before)
    standing = session.scalars(select(Duty).where(Duty.superseded_at.is_(None))).all()
    assert [(one.person_id, one.ends_at - one.starts_at) for one in standing] == [
        (world.second_neurologist.id, timedelta(hours=hours))
    ]


def test_two_duties_change_places(session: Session, world: World, duty: Duty) -> None:
    thursday = duty_span(date(2026, 11, 26), TEN, time(6), ZONE)
    back = give(session, world, world.second_neurologist, thursday)
    approval(session, world, needed=False)
    swap = propose(session, world, duty, in_return_id=back.id)
    assert swap.to_person_id == world.second_neurologist.id
    swaps.accept(session, world.actor(world.second_neurologist), swap, now=NOW)
    assert holder(session, world, NIGHT.starts_at) == "Dr. Tom Brandt"
    later = who_is_on(session, thursday.starts_at, line_id=world.line.id)
    assert later[0].name == "Dr. Jana Okafor"


def test_who_waits_for_a_duty_that_has_gone_otherwise_gets_a_mail(
    session: Session, world: World, duty: Duty
) -> None:
    """The colleague offers to all what they then give in return: their own question is over."""
    approval(session, world, needed=True)
    colleague, secretary = world.actor(world.second_neurologist), world.actor(world.secretary)
    thursday = duty_span(date(2026, 11, 26), TEN, time(6), ZONE)
    back = give(session, world, world.second_neurologist, thursday)
    asked = swaps.propose(session, colleague, back, Proposal(), now=NOW, key="all")
    swap = propose(session, world, duty, in_return_id=back.id)
    swaps.accept(session, colleague, swap, now=NOW)
    swaps.approve(session, secretary, swap, now=NOW)
    session.flush()
    told = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == Kind.SWAP_RESULT)).all()
    about = [row.recipient for row in told if str(asked.id) in str(row.snapshot)]
    assert (asked.state, about) == (SwapState.WITHDRAWN, [world.second_neurologist.email])


def test_a_gap_is_filled_by_who_takes_it_without_further_approval(session: Session, world: World) -> None:
    line = access.get_line(session, world.actor(world.secretary), world.line.id, to="change")
    swap = swaps.ask_cover(session, world.actor(world.secretary), line, NIGHT, now=NOW, key="k")
    asked = (world.neurologist, world.second_neurologist)
    assert mails(session) == sorted(("cover_request", one.email) for one in asked)
    swaps.accept(session, world.actor(world.second_neurologist), swap, now=NOW)
    assert swap.state is SwapState.EFFECTIVE
    assert holder(session, world, NIGHT.starts_at) == "Dr. Tom Brandt"


def test_a_gap_that_was_half_filled_meanwhile_gives_what_is_left(session: Session, world: World) -> None:
    line = access.get_line(session, world.actor(world.secretary), world.line.id, to="change")
    swap = swaps.ask_cover(session, world.actor(world.secretary), line, NIGHT, now=NOW, key="k")
    midnight = local(date(2026, 11, 24), time(0))
    give(session, world, world.neurologist, Span(midnight, NIGHT.ends_at))
    swaps.accept(session, world.actor(world.second_neurologist), swap, now=NOW)
    assert holder(session, world, NIGHT.starts_at) == "Dr. Tom Brandt"
    assert holder(session, world, midnight) == "Dr. Jana Okafor"


def test_no_cover_is_asked_for_what_somebody_holds(session: Session, world: World, duty: Duty) -> None:
    del duty
    line = access.get_line(session, world.actor(world.secretary), world.line.id, to="change")
    with pytest.raises(Conflict, match="no gap"):
        swaps.ask_cover(session, world.actor(world.secretary), line, NIGHT, now=NOW, key="k")


def test_a_duty_that_was_planned_anew_is_not_taken(session: Session, world: World, duty: Duty) -> None:
    approval(session, world, needed=False)
    swap = propose(session, world, duty)
    line = session.get_one(DutyLine, world.line.id)
    rosters.withdraw_duties(session, None, line, NIGHT, now=NOW)
    with pytest.raises(Conflict, match="has changed since"):
        swaps.accept(session, world.actor(world.second_neurologist), swap, now=NOW)


def test_a_form_sent_twice_asks_once(session: Session, world: World, duty: Duty) -> None:
    """Line 11."""
    actor = world.actor(world.neurologist)
    one, two = (swaps.propose(session, actor, duty, Proposal(), now=NOW, key="same") for _ in "ab")
    assert one.id == two.id
    assert len(mails(session)) == 1


def test_a_yes_sent_twice_takes_once(session: Session, world: World, duty: Duty) -> None:
    approval(session, world, needed=False)
    swap, actor = propose(session, world, duty), world.actor(world.second_neurologist)
    for _ in range(2):
        swaps.accept(session, actor, swap, now=NOW)
    taken = session.scalars(select(Duty).where(Duty.person_id == actor.person_id)).all()
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"to_person_id": "requester"}, "to_person_id"),
        ({"to_person_id": "neurologist"}, "to_person_id"),
        ({"note": "x" * 201}, "note"),
        ({"starts_at": NIGHT.ends_at}, "ends_at"),
        ({"ends_at": NIGHT.ends_at + timedelta(hours=1)}, "ends_at"),
        ({"in_return_id": uuid.UUID(int=7)}, "in_return_id"),
    ],
)
def test_a_proposal_that_cannot_come_about_is_refused_at_its_field(
    session: Session, world: World, duty: Duty, asked: dict[str, Any], field: str
) -> None:
    person = asked.get("to_person_id")
    if person:
        asked = {"to_person_id": getattr(world, str(person)).id}
    with pytest.raises(Refusal) as caught:
        propose(session, world, duty, **asked)
    assert caught.value.field == field


def test_the_same_minutes_are_not_promised_twice(session: Session, world: World, duty: Duty) -> None:
    propose(session, world, duty)
    with pytest.raises(Conflict, match="asked for this time already"):
        propose(session, world, duty, starts_at=NIGHT.starts_at + timedelta(hours=2))


def test_only_the_qualified_are_asked_and_may_take(session: Session, world: World, duty: Duty) -> None:
    line = session.get_one(DutyLine, world.line.id)
    duty_codes.set_qualified(session, None, line, [world.neurologist.id], now=NOW)
    swap = propose(session, world, duty)
    assert mails(session) == []
    with pytest.raises(NotFound):
        access.get_swap(session, world.actor(world.second_neurologist), swap.id)
    with pytest.raises(Refusal, match="qualified"):
        swaps.accept(session, world.actor(world.second_neurologist), swap, now=NOW)


def test_a_stranger_gives_away_nobodys_duty(session: Session, world: World, duty: Duty) -> None:
    for person in (world.second_neurologist, world.stranger, world.coordinator):
        with pytest.raises(NotFound):
            swaps.get_duty(session, world.actor(person), duty.id)
    for person in (world.neurologist, world.secretary):
        assert swaps.get_duty(session, world.actor(person), duty.id) is duty


def test_who_steps_back_leaves_the_question_to_the_others(session: Session, world: World, duty: Duty) -> None:
    swap, taker = propose(session, world, duty), world.actor(world.second_neurologist)
    swaps.accept(session, taker, swap, now=NOW)
    swaps.decline(session, taker, swap, now=NOW)
    assert (swap.state, swap.taken_by_id) == (SwapState.PROPOSED, None)


def test_a_rejected_swap_says_why_and_changes_nothing(session: Session, world: World, duty: Duty) -> None:
    swap = propose(session, world, duty)
    swaps.accept(session, world.actor(world.second_neurologist), swap, now=NOW)
    with pytest.raises(Refusal, match="looks like"):
        swaps.reject(session, world.actor(world.secretary), swap, reason="Patient geb. 01.02.1950", now=NOW)
    swaps.reject(session, world.actor(world.secretary), swap, reason="Course  on Tuesday", now=NOW)
    assert (swap.state, swap.decision_reason) == (SwapState.DECLINED, "Course on Tuesday")
    assert holder(session, world, NIGHT.starts_at) == "Dr. Jana Okafor"


def test_what_follows_is_said_before_the_click(session: Session, world: World, duty: Duty) -> None:
    """The taker is on duty again two hours later, and has a fixed day off."""
    early = Span(NIGHT.ends_at + timedelta(hours=2), NIGHT.ends_at + timedelta(hours=6))
    give(session, world, world.second_neurologist, early)
    session.add(
        DutyWish(
            person_id=world.second_neurologist.id,
            kind=WishKind.DAY_OFF,
            starts_on=MONDAY,
            ends_on=MONDAY,
            created_at=NOW,
        )
    )
    swap = propose(session, world, duty)
    taker = world.actor(world.second_neurologist)
    found = swaps.consequences(session, taker, swap, taker.person_id, now=NOW)
    assert found is not None
    assert [(one.name, str(one.message)) for one in found.warnings] == [
        ("Dr. Tom Brandt", "On duty on a fixed day off."),
        ("Dr. Tom Brandt", "Rest of 2 h instead of 11 h before the duty on 24.11."),
    ]
    assert found.following == ()
    giver = swaps.consequences(session, world.actor(world.neurologist), swap, taker.person_id, now=NOW)
    assert giver is not None and "day off" not in str([str(one.message) for one in giver.warnings])
    secretary = swaps.consequences(session, world.actor(world.secretary), swap, taker.person_id, now=NOW)
    assert secretary is not None and secretary.warnings == found.warnings


def test_an_absence_of_the_taker_is_a_consequence(session: Session, world: World, duty: Duty) -> None:
    taker = session.get_one(Person, world.second_neurologist.id)
    rosters.record_absence(session, None, taker, NIGHT, kind=AbsenceKind.LEAVE, now=NOW)
    swap = propose(session, world, duty)
    found = swaps.consequences(session, world.actor(world.neurologist), swap, taker.id, now=NOW)
    assert found is not None
    assert [str(one.message) for one in found.warnings] == ["On duty during an absence."]
