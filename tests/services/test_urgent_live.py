"""Moves on an urgent consult: the first wins, twice is as good as once, and whose it is stays known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import Recommendation, TransferItem, UrgentState, UrgentStepKind
from confsched.domain.urgent import UrgentNext
from confsched.domain.urgent_clocks import ClockState
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.urgent import Alert, UrgentConsult
from confsched.services import access, urgent_lists, urgent_live, urgent_people, urgent_view
from tests.support.alerting import add_consult, add_point
from tests.support.ladders import line_step, put_on_duty, ring, rungs_of, set_ladder
from tests.world import NOW, World

LATER = NOW + timedelta(seconds=90)


@pytest.fixture
def consult(session: Session, world: World) -> UrgentConsult:
    """Give a telestroke request that rings at the neurologist; the second one is next on duty."""
    set_ladder(session, world, line_step(world.line), line_step(world.line, 180))
    for person in (world.neurologist, world.second_neurologist):
        add_point(session, person)
    put_on_duty(session, world.line, world.neurologist)
    begins = NOW + timedelta(hours=8)
    put_on_duty(session, world.line, world.second_neurologist, Span(begins, begins + timedelta(hours=12)))
    return ring(session, world)


def test_the_first_who_takes_it_has_it_and_nobody_else_is_called(
    session: Session, world: World, consult: UrgentConsult
) -> None:
    """PEER_FAILURES 35."""
    for _ in range(2):
        urgent_live.acknowledge(session, world.neurologist.id, consult, now=LATER)
    with pytest.raises(Conflict, match="Jana Okafor"):
        urgent_live.acknowledge(session, world.second_neurologist.id, consult, now=LATER)
    assert (consult.consultant_id, consult.acknowledged_at) == (world.neurologist.id, LATER)
    assert [step.code for step in consult.steps] == ["requested", "alerted", "acknowledged"]
    assert all(rung.entered_at or rung.stopped_at for rung in rungs_of(session, consult))


def test_what_is_over_or_only_announced_is_not_taken(session: Session, world: World) -> None:
    for state, sentence in ((UrgentState.CANCELLED, "is over"), (UrgentState.PRE_ALERT, "Nobody has been")):
        with pytest.raises(Conflict, match=sentence):
            urgent_live.acknowledge(
                session, world.neurologist.id, add_consult(session, world, state=state), now=NOW
            )


def test_at_the_change_of_shift_it_stays_until_it_is_handed_over_and_both_are_seen(
    session: Session, world: World, consult: UrgentConsult
) -> None:
    first, second = world.neurologist, world.second_neurologist
    urgent_live.acknowledge(session, first.id, consult, now=NOW)
    change = NOW + timedelta(hours=8, minutes=1)
    assert consult.consultant_id == first.id
    proposed = urgent_people.list_successors(session, consult, now=change)
    assert [(one.person_id, one.line_name, one.is_on(change)) for one in proposed] == [
        (second.id, world.line.name, True)
    ]
    for _ in range(2):
        urgent_people.hand_over(session, world.actor(first), consult, second.id, now=change)
    step = consult.steps[-1]
    assert (step.kind, step.person_id, step.other_id) == (UrgentStepKind.HANDED_OVER, first.id, second.id)
    assert step.details == {"from": str(first.id)}
    assert consult.consultant_id == second.id
    told = session.scalars(select(Alert).where(Alert.person_id == second.id)).all()
    assert [(one.rung_id, one.snapshot["path"]) for one in told] == [(None, f"/urgent/{consult.id}")]
    with pytest.raises(Refusal, match="proposed"):
        urgent_people.hand_over(session, world.actor(second), consult, world.stranger.id, now=change)


def test_another_recommendation_takes_its_place_and_both_stay_on_record(
    session: Session, world: World, consult: UrgentConsult
) -> None:
    actor = world.actor(world.neurologist)
    urgent_live.acknowledge(session, actor.person_id, consult, now=NOW)
    for wanted in (Recommendation.STAY, Recommendation.STAY, Recommendation.TRANSFER):
        urgent_live.recommend(session, actor, consult, wanted, now=LATER)
    codes = [step.details["code"] for step in consult.steps if step.code == "recommended"]
    assert codes == ["stay", "transfer"]
    assert consult.recommendation is Recommendation.TRANSFER
    urgent_live.tick(session, actor, consult, TransferItem.DEPARTED, now=LATER)
    urgent_live.report(session, actor, consult, now=LATER)
    urgent_live.close(session, actor, consult, now=LATER)
    with pytest.raises(Conflict, match="is over"):
        urgent_live.tick(session, actor, consult, TransferItem.DEPARTED, is_done=False, now=LATER)


def test_what_will_be_told_cannot_have_been_told(
    session: Session, world: World, consult: UrgentConsult
) -> None:
    actor = world.actor(world.neurologist)
    urgent_live.acknowledge(session, actor.person_id, consult, now=NOW)
    with pytest.raises(Refusal, match="not come yet"):
        urgent_live.phoned(
            session, actor, consult, to="Ward", at=NOW + timedelta(hours=1), read_back=True, now=NOW
        )
    ahead = NOW + timedelta(minutes=2)  # the clock on the wall
    urgent_live.phoned(session, actor, consult, to="Ward", at=ahead, read_back=True, now=NOW)
    assert consult.steps[-1].taken_at == NOW


def test_a_page_shows_each_side_what_is_theirs_and_how_long_it_stands(
    session: Session, world: World, consult: UrgentConsult
) -> None:
    answering, asking = world.actor(world.neurologist), world.actor(world.requester)
    loaded = urgent_view.load(session, answering, consult.id)
    shown = urgent_view.view(session, answering, loaded, LATER)
    assert (shown.step, shown.called_on, shown.may_join) == (UrgentNext.TAKE, 1, False)
    assert {one.name.value: one.state(LATER) for one in shown.clocks}["acknowledge"] is ClockState.RUNNING
    assert shown.stands_until == NOW + timedelta(seconds=120)  # the goal of the acknowledgement
    assert [row.names for row in shown.ladder] == [("Dr. Jana Okafor",), (), ()]
    other_side = urgent_view.view(session, asking, loaded, LATER)
    assert (other_side.step, other_side.called_on) == (UrgentNext.CALL, None)
    seen = urgent_view.glance(session, asking, consult.id, now=NOW)
    assert (seen.revision, seen.engine_is_late) == (consult.revision, True)
    for nobody in (world.actor(world.stranger), world.actor(world.admin)):
        for ask in (urgent_view.load, access.get_urgent):
            with pytest.raises(NotFound):
                ask(session, nobody, consult.id)
        with pytest.raises(NotFound):
            urgent_view.glance(session, nobody, consult.id, now=NOW)


def test_the_lists_hold_it_for_both_sides(session: Session, world: World, consult: UrgentConsult) -> None:
    found = urgent_lists.worklist(session, world.actor(world.neurologist), now=LATER)
    assert [(one.consult.id, one.calls_me) for one in found.incoming] == [(consult.id, True)]
    history = urgent_lists.list_history(
        session, world.actor(world.requester), urgent_lists.HistoryFilter(), page=9
    )
    assert (history.total, history.page, history.pages) == (1, 1, 1)
    choices = urgent_lists.history_choices(session, world.actor(world.requester))
    assert [name for _, name in choices.services] == [world.service.name]
