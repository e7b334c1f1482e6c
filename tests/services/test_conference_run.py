"""A conference as it runs: begun with its quorum, case by case, texts of two assistants, ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.kinds import CaseLane, CaseState, ConferenceState, FollowUpState, LateRule, Partstat
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference, QuorumCheck
from confsched.services import conference_run
from confsched.services.cases import list_cases
from confsched.services.conference_run import BELOW_QUORUM
from confsched.services.shared_texts import TextChanged, text_mark
from tests.support.conference_run import (
    REFS,
    add_case,
    add_conference,
    begin,
    end,
    recommend,
    require_neurologist,
)
from tests.world import NOW, World

MINUTE = timedelta(minutes=1)
ADVICE = "Resection, then adjuvant therapy."


def _states(session: Session, conference: Conference) -> list[str]:
    return [case.state.value for case in list_cases(session, conference)]


def test_a_conference_begins_once_and_not_before_its_day(session: Session, world: World) -> None:
    actor, conference = world.actor(world.secretary), add_conference(session, world, NOW + timedelta(hours=2))
    with pytest.raises(Conflict, match="an hour before"):
        conference_run.start(session, actor, conference, now=NOW)
    begun_at = NOW + timedelta(hours=1)
    conference_run.start(session, actor, conference, now=begun_at)
    conference_run.start(session, actor, conference, now=begun_at + MINUTE)
    assert (conference.state, conference.started_at) == (ConferenceState.RUNNING, begun_at)
    assert [step.state for step in conference.steps] == [ConferenceState.RUNNING]


def test_below_quorum_it_begins_only_with_a_reason_that_is_kept(session: Session, world: World) -> None:
    actor, conference = world.actor(world.secretary), add_conference(session, world)
    require_neurologist(conference)
    assert conference.booking is not None
    conference.booking.participations[0].partstat = Partstat.DECLINED
    session.flush()
    with pytest.raises(Refusal) as refused:
        conference_run.start(session, actor, conference, now=NOW)
    assert refused.value.field == "below_quorum_reason" and conference.started_at is None
    conference_run.start(session, actor, conference, now=NOW, below_quorum_reason="The chair decides alone")
    assert (conference.steps[-1].code, conference.steps[-1].reason) == (
        BELOW_QUORUM,
        "The chair decides alone",
    )
    assert session.scalars(select(QuorumCheck)).one().has_quorum is False


def test_case_after_case_is_called_recommended_and_timed(session: Session, world: World) -> None:
    conference = begin(session, world)
    first, second, _third = list_cases(session, conference)
    assert conference_run.view(session, conference, now=NOW).next is first
    recommend(session, world, first, ADVICE, now=NOW)
    assert first.discussed_until is not None and first.discussed_from == NOW
    assert first.discussed_until - first.discussed_from == 5 * MINUTE
    assert (first.follow_up_state, str(first.follow_up_on)) == (FollowUpState.ONGOING, "2026-12-21")
    shown = conference_run.view(session, conference, now=NOW + 5 * MINUTE)
    assert (shown.present, shown.next, shown.former, shown.done) == (None, second, first, 1)
    conference_run.call_case(session, world.actor(world.secretary), second, now=NOW + 6 * MINUTE)
    shown = conference_run.view(session, conference, now=NOW + 9 * MINUTE)
    assert (shown.present, shown.elapsed) == (second, 3 * MINUTE)


def test_calling_another_puts_the_present_one_back_with_what_was_written(
    session: Session, world: World
) -> None:
    conference, actor = begin(session, world), world.actor(world.secretary)
    first, second, third = list_cases(session, conference)
    conference_run.call_case(session, actor, first, now=NOW)
    conference_run.write(session, actor, first, ADVICE, mark=text_mark(""), now=NOW + MINUTE)
    conference_run.call_case(session, actor, second, now=NOW + 2 * MINUTE)
    assert (first.state, first.recommendation) == (CaseState.SCHEDULED, ADVICE)
    # What was put back comes last, and its clock goes on where it stood.
    assert conference_run.view(session, conference, now=NOW + 2 * MINUTE).next is third
    conference_run.call_case(session, actor, first, now=NOW + 20 * MINUTE)
    assert conference_run.view(session, conference, now=NOW + 21 * MINUTE).elapsed == 3 * MINUTE


def test_one_goes_back_to_a_case_that_has_its_recommendation(session: Session, world: World) -> None:
    conference, actor = begin(session, world), world.actor(world.secretary)
    first = list_cases(session, conference)[0]
    recommend(session, world, first, ADVICE, now=NOW)
    conference_run.call_case(session, actor, first, now=NOW + 10 * MINUTE)
    assert (first.state, first.follow_up_state) == (CaseState.IN_DISCUSSION, None)
    mark = text_mark(first.recommendation)
    conference_run.recommend(session, actor, first, "Watch.", mark=mark, now=NOW + 12 * MINUTE)
    assert (first.recommendation, first.state) == ("Watch.", CaseState.RECOMMENDED)


def test_two_assistants_never_overwrite_each_other_unseen(session: Session, world: World) -> None:
    conference, actor = begin(session, world), world.actor(world.secretary)
    case = list_cases(session, conference)[0]
    conference_run.call_case(session, actor, case, now=NOW)
    seen_by_both = text_mark(case.recommendation)
    conference_run.write(session, actor, case, "One", mark=seen_by_both, now=NOW)
    with pytest.raises(TextChanged) as changed:
        conference_run.recommend(session, actor, case, "Two", mark=seen_by_both, now=NOW)
    assert (changed.value.theirs, case.recommendation, case.state) == ("One", "One", CaseState.IN_DISCUSSION)
    conference_run.write(
        session, actor, case, "One", mark=seen_by_both, now=NOW
    )  # the same words are no change
    joined = text_mark(changed.value.theirs)
    conference_run.recommend(session, actor, case, "One and two", mark=joined, now=NOW)
    assert case.recommendation == "One and two"


@pytest.mark.parametrize(
    ("text", "field"),
    [("  ", "recommendation"), ("x" * 8001, "recommendation"), ("Muster, Hans *12.3.51", "recommendation")],
)
def test_what_cannot_be_kept_is_refused_and_changes_nothing(
    session: Session, world: World, text: str, field: str
) -> None:
    conference, actor = begin(session, world), world.actor(world.secretary)
    case = list_cases(session, conference)[0]
    conference_run.call_case(session, actor, case, now=NOW)
    with pytest.raises(Refusal) as refused:
        conference_run.recommend(session, actor, case, text, mark=text_mark(""), now=NOW)
    assert (refused.value.field, case.recommendation, case.state) == (field, "", CaseState.IN_DISCUSSION)


def test_a_late_case_waits_for_the_chair_and_a_case_of_another_date_is_not_found(
    session: Session, world: World
) -> None:
    conference, actor = begin(session, world), world.actor(world.secretary)
    late = add_case(session, world, conference, "FK-LATE", lane=CaseLane.LATE, state=CaseState.READY)
    with pytest.raises(Conflict, match="chair"):
        conference_run.call_case(session, actor, late, now=NOW)
    other = add_conference(session, world, NOW + timedelta(hours=3), people=(world.second_neurologist,))
    foreign = add_case(session, world, other, "FK-OTHR")
    with pytest.raises(NotFound):
        conference_run.get_case(session, conference, foreign.id)


def test_at_the_end_listed_cases_are_noted_and_what_was_not_reached_waits_to_be_carried_over(
    session: Session, world: World
) -> None:
    conference, actor = begin(session, world), world.actor(world.secretary)
    add_case(session, world, conference, "FK-STND", lane=CaseLane.STANDARD_CARE, position=4)
    first, second, third = list_cases(session, conference)[:3]
    recommend(session, world, first, ADVICE, now=NOW)
    conference_run.note(session, actor, second, now=NOW)
    conference_run.call_case(session, actor, third, now=NOW)
    with pytest.raises(Conflict, match=REFS[2]):
        end(session, world, conference, now=NOW + MINUTE)
    conference_run.put_back(session, actor, third, now=NOW + MINUTE)
    end(session, world, conference, now=NOW + 2 * MINUTE)
    end(session, world, conference, now=NOW + 3 * MINUTE)
    assert _states(session, conference) == ["recommended", "noted", "scheduled", "noted"]
    assert (conference.state, conference.ended_at) == (ConferenceState.MINUTES_DRAFT, NOW + 2 * MINUTE)


def test_what_began_or_ended_by_mistake_is_undone_as_long_as_nothing_is_lost(
    session: Session, world: World
) -> None:
    conference, actor = begin(session, world), world.actor(world.secretary)
    conference_run.take_back_start(session, actor, conference, now=NOW)
    assert (conference.state, conference.started_at) == (ConferenceState.FROZEN, None)
    conference_run.start(session, actor, conference, now=NOW)
    recommend(session, world, list_cases(session, conference)[0], ADVICE, now=NOW)
    with pytest.raises(Conflict, match="talked about"):
        conference_run.take_back_start(session, actor, conference, now=NOW)
    end(session, world, conference, now=NOW)
    conference_run.resume(session, actor, conference, now=NOW)
    assert (conference.state, conference.ended_at) == (ConferenceState.RUNNING, None)
    conference.state, conference.released_at = ConferenceState.MINUTES_DRAFT, NOW
    with pytest.raises(Conflict, match="Correct them"):
        conference_run.resume(session, actor, conference, now=NOW)


def test_a_deferred_case_keeps_its_minutes_and_is_not_written_on_any_more(
    session: Session, world: World
) -> None:
    conference = begin(session, world, late_rule=LateRule.CHAIR_APPROVES)
    actor, case = world.actor(world.secretary), list_cases(session, conference)[0]
    conference_run.call_case(session, actor, case, now=NOW)
    conference_run.defer(session, actor, case, None, now=NOW + 3 * MINUTE, reason="Imaging is missing")
    assert (case.state, case.discussed_until) == (CaseState.DEFERRED, NOW + 3 * MINUTE)
    conference_run.defer(session, actor, case, None, now=NOW + 4 * MINUTE, reason="Imaging is missing")
    assert (
        session.scalars(select(CaseItem.discussed_until).where(CaseItem.id == case.id)).one()
        == NOW + 3 * MINUTE
    )
    with pytest.raises(Conflict):
        conference_run.write(session, actor, case, ADVICE, mark=text_mark(""), now=NOW)
