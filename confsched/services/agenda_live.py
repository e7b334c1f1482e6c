"""How long it will take until somebody's turn, by the agenda before it begins and by the run of it then."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsched.domain.conferences import AHEAD
from confsched.domain.kinds import CaseState, ConferenceState
from confsched.domain.permissions import Actor
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import agenda_facts
from confsched.services.agenda_facts import MINUTE, AgendaFacts

_TO_COME = frozenset({CaseState.SUBMITTED, CaseState.INCOMPLETE, CaseState.READY, CaseState.SCHEDULED})


@dataclass(frozen=True)
class Turn:
    """Hold a case for which somebody is needed; in how many minutes, 0: now or at any moment."""

    case_id: uuid.UUID
    case_ref: str
    minutes_to_go: int
    at: datetime
    is_now: bool
    presents: bool


@dataclass(frozen=True)
class LiveAgenda:
    """Hold what one reader sees: their turns that are to come, and how far the conference is."""

    state: ConferenceState
    turns: tuple[Turn, ...]
    done: int
    count: int
    late_minutes: int  # behind the times of the agenda; negative: before them
    starts_at: datetime | None

    @property
    def is_ahead(self) -> bool:
        return self.state in AHEAD

    @property
    def runs(self) -> bool:
        return self.state is ConferenceState.RUNNING


def live(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> LiveAgenda:
    """Return when the reader's turn comes; whole minutes, so that it reads the same for a while."""
    facts = agenda_facts.load(session, conference)
    if facts is None:
        return LiveAgenda(conference.state, (), 0, 0, 0, None)
    runs = conference.state is ConferenceState.RUNNING
    queue = _queue(facts) if runs or conference.state in AHEAD else []
    begins = max(now, facts.starts_at) if not runs else now
    turns, at = [], begins
    for case in queue:
        if _is_for(facts, case, actor.person_id):
            turns.append(_turn(case, at, now, actor))
        at += _left_of(case, now)
    planned = facts.at(sum(case.minutes for case in facts.cases))
    return LiveAgenda(
        state=conference.state,
        turns=tuple(turns),
        done=len(facts.cases) - len(queue),
        count=len(facts.cases),
        late_minutes=int((at - planned) // MINUTE) if runs and queue else 0,
        starts_at=facts.starts_at,
    )


def _queue(facts: AgendaFacts) -> list[CaseItem]:
    """Return the case that is talked about, then those to come; one that was put back comes last."""
    present = [case for case in facts.cases if case.state is CaseState.IN_DISCUSSION]
    to_come = [case for case in facts.cases if case.state in _TO_COME]
    return [*present, *sorted(to_come, key=lambda case: case.discussed_until is not None)]


def _left_of(case: CaseItem, now: datetime) -> timedelta:
    """Return what a case is going to take; one that takes longer than planned may end at any moment."""
    whole = case.minutes * MINUTE
    if case.state is not CaseState.IN_DISCUSSION or case.discussed_from is None:
        return whole
    return max(timedelta(0), whole - (now - case.discussed_from))


def _is_for(facts: AgendaFacts, case: CaseItem, person_id: uuid.UUID) -> bool:
    return person_id in {one.person_id for one in facts.people[case.id]}


def _turn(case: CaseItem, at: datetime, now: datetime, actor: Actor) -> Turn:
    return Turn(
        case_id=case.id,
        case_ref=case.case_ref,
        minutes_to_go=int((at - now) // MINUTE),
        at=at,
        is_now=case.state is CaseState.IN_DISCUSSION,
        presents=case.presenter_id == actor.person_id,
    )
