"""What became of recommendations: said by code, corrected, asked about once on its day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.invites import Kind
from confsched.domain.kinds import CaseState, FollowUpState, NotDoneReason
from confsched.errors import Conflict, Refusal
from confsched.models.cases import CaseItem
from confsched.models.outbox import OutboxMessage
from confsched.services import follow_ups
from confsched.services.cases import list_cases
from confsched.services.follow_ups import Which
from tests.support.conference_run import begin, recommend
from tests.world import NOW, World

ADVICE = "Resection, then adjuvant therapy."
DUE = date(2026, 12, 21)
EIGHT = datetime(2026, 12, 21, 7, tzinfo=UTC)


@pytest.fixture
def case(session: Session, world: World) -> CaseItem:
    first = list_cases(session, begin(session, world))[0]
    recommend(session, world, first, ADVICE, now=NOW)
    return first


def test_what_was_not_done_needs_a_coded_reason_and_may_be_corrected(
    session: Session, world: World, case: CaseItem
) -> None:
    actor = world.actor(world.requester)
    with pytest.raises(Refusal) as refused:
        follow_ups.say(session, actor, case, FollowUpState.NOT_DONE, now=NOW)
    assert refused.value.field == "reason" and case.state is CaseState.RECOMMENDED
    reason = NotDoneReason.PAYMENT_REFUSED
    follow_ups.say(session, actor, case, FollowUpState.NOT_DONE, now=NOW, reason=reason)
    steps = len(case.steps)
    follow_ups.say(session, actor, case, FollowUpState.NOT_DONE, now=NOW, reason=reason)
    assert (case.state, case.not_done_reason, len(case.steps)) == (CaseState.NOT_IMPLEMENTED, reason, steps)
    follow_ups.say(session, actor, case, FollowUpState.COMPLETED, now=NOW, reason=reason)
    assert (case.state, case.not_done_reason) == (CaseState.IMPLEMENTED, None)
    with pytest.raises(Conflict):
        follow_ups.say(session, actor, case, FollowUpState.LOST, now=NOW)


def test_what_goes_on_is_asked_about_again_on_a_day(session: Session, world: World, case: CaseItem) -> None:
    actor = world.actor(world.requester)
    case.reminded_at = NOW
    with pytest.raises(Refusal) as refused:
        follow_ups.say(session, actor, case, FollowUpState.ONGOING, now=NOW, follow_up_on=NOW.date())
    assert refused.value.field == "follow_up_on"
    day = DUE + timedelta(days=30)
    follow_ups.say(session, actor, case, FollowUpState.ONGOING, now=NOW, follow_up_on=day)
    assert case.follow_up_on == day
    assert not case.reminded_at, "asked once more on that day"


def test_the_presenter_is_asked_once_by_a_mail_without_the_recommendation(
    session: Session, case: CaseItem
) -> None:
    assert follow_ups.remind_due(session, now=EIGHT - timedelta(seconds=1)) == 0
    assert follow_ups.remind_due(session, now=EIGHT) == 1
    assert follow_ups.remind_due(session, now=EIGHT + timedelta(days=1)) == 0
    query = select(OutboxMessage).where(OutboxMessage.kind == Kind.CASE_NEWS)
    mail = session.scalars(query.where(OutboxMessage.snapshot["path"].as_string().contains("follow"))).one()
    assert (mail.recipient_id, mail.snapshot["path"]) == (case.presenter_id, f"/follow-ups/{case.id}")
    assert ADVICE not in str(mail.snapshot)


def test_a_list_shows_what_is_due_open_or_settled_to_whom_it_concerns(
    session: Session, world: World, case: CaseItem
) -> None:
    def listed(which: Which, now: datetime = NOW) -> list[CaseItem]:
        return follow_ups.list_follow_ups(session, world.actor(world.requester), which, now=now).cases

    assert (listed(Which.DUE), listed(Which.OPEN), listed(Which.SETTLED)) == ([], [case], [])
    assert listed(Which.DUE, EIGHT) == [case]
    stranger = world.actor(world.stranger)
    assert follow_ups.list_follow_ups(session, stranger, Which.OPEN, now=EIGHT).total == 0
    follow_ups.say(session, world.actor(world.secretary), case, FollowUpState.LOST, now=NOW)
    assert (listed(Which.OPEN), listed(Which.SETTLED), case.state) == ([], [case], CaseState.RECOMMENDED)


def test_nothing_is_said_of_a_case_without_a_recommendation(session: Session, world: World) -> None:
    waiting = list_cases(session, begin(session, world))[0]
    with pytest.raises(Conflict):
        follow_ups.say(session, world.actor(world.requester), waiting, FollowUpState.LOST, now=NOW)
