"""What would help, taken up: a plan or a request becomes what was proposed."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.changes import (
    AskUnknown,
    Change,
    Longer,
    OtherService,
    Remote,
    Shift,
    Shorter,
    Without,
    each_of,
    shorter_lengths,
)
from confsched.domain.consults import OPEN_STATES
from confsched.domain.kinds import ConferenceState, ConsultState, SlotAnswer
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, msg
from confsched.models.catalogue import Requirement
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.services import audit, consult_notices, consult_steps, holds, waiting_line
from confsched.services.explanations import list_alternatives
from confsched.services.matching import ROOM_KEY, SEARCH_DAYS


class OutOfDate(Conflict):
    """Say that a proposal cannot be taken up, or no longer."""

    def __init__(self) -> None:
        super().__init__(msg("This proposal is no longer up to date. Look at what would help now."))


def change_conference(
    session: Session, actor: Actor, conference: Conference, change: Change | None, *, now: datetime
) -> None:
    """Make the plan what a proposal says; twice is once, and the form changes it back.

    A start between the steps and a question to somebody need no change of the plan.
    """
    if conference.state is not ConferenceState.PLANNED:
        raise Conflict(msg("Everybody is invited already. Move the meeting instead."))
    if change is None:
        raise OutOfDate
    for one in each_of(change):
        _change_plan(conference, one, clock.local_day(now, conference.site.zone))
    audit.record(session, actor, "conference.change", conference, now=now)


def _change_plan(conference: Conference, change: Change, today: date) -> None:
    match change:
        case Shift() | AskUnknown():
            return
        case Shorter(minutes):
            if not 0 < minutes <= conference.duration_minutes or minutes % 5:
                raise OutOfDate
            conference.duration_minutes = minutes
        case Longer(last_on):
            conference.search_until_on = _later(conference.search_until_on, last_on, today)
        case Without(key) if key == ROOM_KEY:
            conference.resource_id = None
        case Without(key, left):
            _require_less(_requirement(conference, key), left)
        case Remote(key):
            _requirement(conference, key).is_on_site = False
        case _:
            raise OutOfDate


def _requirement(conference: Conference, key: str) -> Requirement:
    for requirement in conference.requirements:
        if str(requirement.id) == key:
            return requirement
    raise OutOfDate


def _require_less(requirement: Requirement, left: int) -> None:
    if left > requirement.count:
        raise OutOfDate
    if left:
        requirement.count = left
    else:
        requirement.is_optional = True


def _later(known: date, last_on: date, today: date) -> date:
    """Return the later day, as far as a search may reach; going back is no extension."""
    if last_on > min(known + timedelta(days=7), today + timedelta(days=SEARCH_DAYS)):
        raise OutOfDate
    return max(known, last_on)


def change_consult(
    session: Session, actor: Actor, consult: Consult, change: Change | None, *, now: datetime
) -> None:
    """Wait longer for the reply, or ask another service; what was typed stays. Twice is once.

    What the hospital asked decides itself, nobody changes here.
    """
    if consult.booking_id is not None or consult.state not in OPEN_STATES:
        raise Conflict(msg("This consult has moved on meanwhile. Look at where it stands now."))
    match change:
        case Longer(last_on):
            today = clock.local_day(now, consult.service.site.zone)
            consult.reply_by_on = _later(consult.reply_by_on, last_on, today)
            audit.record(session, actor, "consult.prolong", consult, now=now)
        case OtherService(service_id):
            if service_id != consult.service_id:
                _ask_instead(session, actor, consult, service_id, now)
        case _:
            raise OutOfDate


def _ask_instead(
    session: Session, actor: Actor, consult: Consult, service_id: uuid.UUID, now: datetime
) -> None:
    alternatives = list_alternatives(session, consult, now=now)
    target = next((service for service in alternatives if service.id == service_id), None)
    if target is None:
        raise OutOfDate
    holds.give_back(session, actor, consult, now=now)
    waiting_line.leave(session, consult, SlotAnswer.WITHDRAWN, now=now)
    former, consult.service = consult.service, target
    consult_steps.enter(session, actor, consult, ConsultState.REQUESTED, now=now, former_service_id=former.id)
    if not target.needs_triage:
        consult_steps.enter(session, actor, consult, ConsultState.OFFERED, now=now)
        return
    heading = msg("A teleconsult waits for your decision")
    consult_notices.tell_triagers(session, consult, heading, now=now)


def wished_minutes(consult: Consult, change: Change | None) -> int | None:
    """Return the length that a change wishes for a consult, None for its usual one.

    Raises Conflict for a length that was never proposed, and for what is not for the asking side to change.
    """
    minutes = None
    for one in each_of(change) if change else (change,):
        match one:
            case Shift():
                continue
            case Shorter(length) if length in shorter_lengths(consult.service.duration_minutes):
                minutes = length
            case _:
                raise OutOfDate
    return minutes
