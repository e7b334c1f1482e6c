"""The one place that changes an urgent consult: checked, counted, kept; what people remember is marked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.kinds import Recommendation, UrgentKind, UrgentStepKind
from confsched.domain.kinds import UrgentState as State
from confsched.errors import Conflict
from confsched.models.urgent import UrgentConsult
from confsched.services import urgent_steps
from tests.world import NOW, World


@pytest.fixture
def consult(session: Session, world: World) -> UrgentConsult:
    row = UrgentConsult(
        service_id=world.service.id,
        site_id=world.spoke.id,
        requester_id=world.requester.id,
        kind=UrgentKind.TELESTROKE,
        state=State.REQUESTED,
        case_ref="FK-7Q2M",
        facts={},
        requested_at=NOW,
        recorded_at=NOW,
    )
    urgent_steps.begin(session, world.actor(world.requester), row, now=NOW)
    return row


def test_each_move_is_a_step_with_its_number_and_raises_the_revision(
    session: Session, world: World, consult: UrgentConsult
) -> None:
    consultant = world.actor(world.neurologist)
    first = consult.revision
    urgent_steps.enter(session, None, consult, State.ALERTED, now=NOW)
    urgent_steps.enter(session, None, consult, State.ACKNOWLEDGED, now=NOW, person_id=consultant.person_id)
    urgent_steps.enter(session, consultant, consult, State.RECOMMENDED, code="transfer", now=NOW)
    urgent_steps.add_step(session, consultant, consult, UrgentStepKind.TRANSFER, "departed", now=NOW)
    assert [(step.number, step.kind.value, step.code) for step in consult.steps] == [
        (1, "state", "requested"),
        (2, "state", "alerted"),
        (3, "state", "acknowledged"),
        (4, "state", "recommended"),
        (5, "transfer", "departed"),
    ]
    assert [step.person_id for step in consult.steps[1:3]] == [None, world.neurologist.id]
    assert consult.steps[3].details == {"code": "transfer"}
    assert (consult.acknowledged_at, consult.recommendation) == (NOW, Recommendation.TRANSFER)
    assert consult.revision == first + 4
    assert consult.ended_at is None


def test_what_people_remember_is_marked_and_the_end_is_when_it_ended(
    session: Session, world: World, consult: UrgentConsult
) -> None:
    later = NOW + timedelta(hours=2)
    step = urgent_steps.enter(
        session, world.actor(world.requester), consult, State.CANCELLED, now=later, taken_at=NOW, reason="no"
    )
    assert (step.is_reconstructed, step.taken_at, step.recorded_at) == (True, NOW, later)
    assert consult.ended_at == NOW
    assert not consult.steps[0].is_reconstructed


def test_what_cannot_follow_is_refused_and_leaves_everything_as_it_was(
    session: Session, consult: UrgentConsult
) -> None:
    before = consult.revision
    with pytest.raises(Conflict, match="moved on"):
        urgent_steps.enter(session, None, consult, State.REPORTED, now=NOW)
    assert (consult.state, consult.revision, len(consult.steps)) == (State.REQUESTED, before, 1)


def test_a_page_learns_of_a_change_that_is_no_step(session: Session, consult: UrgentConsult) -> None:
    before = consult.revision
    urgent_steps.touch(session, consult)
    assert (consult.revision, len(consult.steps)) == (before + 1, 1)
