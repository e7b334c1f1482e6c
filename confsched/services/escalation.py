"""The ladder of an urgent consult at work: written as a whole, entered step by step, stopped by who takes it.

What is due lies in the database. A rung is entered by whoever sets `entered_at` where it is empty, in one
transaction with all that follows: any number of workers call once, and a killed one loses nothing. Entering
and acknowledging lock the row of the consult first, so that nobody is called after the acknowledgement.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from confsched.domain.escalation import LadderState, alarms_owner, ladder_state, next_round, round_of
from confsched.domain.kinds import AlertPurpose, EscalationTarget, SkipReason, UrgentState, UrgentStepKind
from confsched.domain.urgent import RINGING_STATES
from confsched.models.catalogue import Service
from confsched.models.contacts import ReadinessCheck
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.models.urgent import UrgentConsult, UrgentRung
from confsched.services import alerts, escalation_alarms, urgent_steps
from confsched.services import escalation_rungs as rungs
from confsched.services.escalation_people import Reached, resolve_step
from confsched.services.escalation_words import call_heading, call_lines

__all__ = [
    "enter",
    "enter_due",
    "hurry",
    "is_due",
    "lock_due",
    "postpone",
    "resolve_step",
    "rings",
    "start",
    "state_of",
    "stop",
]

POSTPONED_BY = timedelta(seconds=2)
# What is said of a consult: loaded with it, since every statement of a call costs all others time.
_TOLD = (
    joinedload(UrgentConsult.service).joinedload(Service.site),
    joinedload(UrgentConsult.site),
)
MOST_AT_ONCE = 100  # rungs of one consult in one transaction: more than a ladder has

_log = structlog.get_logger(__name__)


def start(session: Session, consult: UrgentConsult, *, now: datetime) -> None:
    """Write every call of the first round and make those that are due, in the caller's transaction."""
    rungs.write_round(session, consult, now, 0)
    _call_due(session, consult, now)


def hurry(session: Session, consult: UrgentConsult, rung: UrgentRung, *, now: datetime) -> None:
    """Begin the step behind a rung that was passed on, unless it has begun already.

    The rest comes earlier with it; the step itself is called no more where all it called have passed it on.
    """
    is_left = rungs.stop_repeats(session, rung, now)
    rungs.bring_forward(session, rung, now)
    session.flush()
    _call_due(session, consult, now)
    if is_left:
        _go_on(session, consult, rung, now)


def _call_due(session: Session, consult: UrgentConsult, now: datetime) -> None:
    """Make the calls that are due.

    A fault leaves them to the worker: what was asked is never refused because of it.
    """
    try:
        with session.begin_nested():
            _enter_all_due(session, consult, now)
    except Exception as error:  # what was asked must stand; the rungs are written and still due
        _log.error("call_crashed", consult=str(consult.id), exc_info=error)


def _enter_all_due(session: Session, consult: UrgentConsult, now: datetime) -> None:
    due = rungs.waiting().where(UrgentRung.consult_id == consult.id, UrgentRung.due_at <= now)
    for _ in range(MOST_AT_ONCE):
        rung = session.scalars(due.order_by(UrgentRung.due_at, UrgentRung.position).limit(1)).first()
        if rung is None:
            return
        enter(session, rung, now=now)


def enter_due(session: Session, *, now: datetime, limit: int = 1) -> int:
    """Enter at most `limit` rungs that are due and return how many that were."""
    for count in range(limit):
        rung = lock_due(session, now=now)
        if rung is None:
            return count
        enter(session, rung, now=now)
    return limit


def is_due(session: Session, *, now: datetime) -> bool:
    """Tell, without any lock, whether something is to be entered."""
    return session.scalar(select(rungs.waiting().where(UrgentRung.due_at <= now).exists())) is True


def lock_due(session: Session, *, now: datetime) -> UrgentRung | None:
    """Return the rung that is due longest, its consult locked; those that others have in hand are passed."""
    query = (
        rungs.waiting()
        .join(UrgentConsult, UrgentConsult.id == UrgentRung.consult_id)
        .where(UrgentRung.due_at <= now)
        .order_by(UrgentRung.due_at, UrgentRung.position, UrgentRung.repeat)
        .limit(1)
        .with_for_update(of=UrgentConsult, skip_locked=True)
    )
    return session.scalars(query).one_or_none()


def enter(session: Session, rung: UrgentRung, *, now: datetime) -> bool:
    """Do all that a rung is for, unless somebody else has, or somebody has taken the consult."""
    consult = session.get_one(UrgentConsult, rung.consult_id, options=_TOLD)
    urgent_steps.lock(session, consult)
    if not rings(consult):
        stop(session, consult, now=now)
        return False
    if not rungs.take(session, rung, now):
        return False
    if rung.target is EscalationTarget.PHONE_CARD:
        _show_number(session, consult, rung, now)
    elif rungs.is_just_called(session, rung, now):
        rung.skipped = SkipReason.ALREADY_ALERTED
    else:
        _call(session, consult, rung, now)
    _go_on(session, consult, rung, now)
    return True


def postpone(session: Session, rung_id: uuid.UUID, *, now: datetime) -> None:
    """Try a rung again a little later, after a fault: it neither spins nor holds up the others."""
    is_open = (UrgentRung.id == rung_id, UrgentRung.entered_at.is_(None))
    session.execute(update(UrgentRung).where(*is_open).values(due_at=now + POSTPONED_BY))


def stop(session: Session, consult: UrgentConsult, *, now: datetime) -> None:
    """Call nobody any more: acknowledged or ended; what has not left yet stays here (PEER_FAILURES 35)."""
    open_rungs = (UrgentRung.consult_id == consult.id, *rungs.OPEN)
    session.execute(update(UrgentRung).where(*open_rungs).values(stopped_at=now))
    alerts.stop_for(session, consult, now)


def state_of(consult: UrgentConsult) -> LadderState:
    """Return how far the ladder of a consult has come, for its page."""
    entered = [one for one in consult.rungs if one.entered_at is not None]
    return ladder_state(
        is_over=not rings(consult),
        is_waiting=any(one.entered_at is None and one.stopped_at is None for one in consult.rungs),
        shows_number=any(one.target is EscalationTarget.PHONE_CARD for one in entered),
    )


def rings(consult: UrgentConsult) -> bool:
    """Tell whether somebody may still be called for a consult."""
    return consult.acknowledged_at is None and consult.state in RINGING_STATES


def _show_number(session: Session, consult: UrgentConsult, rung: UrgentRung, now: datetime) -> None:
    service = consult.service
    rung.phone = rung.phone or service.hotline or service.site.phone
    _keep_step(session, consult, rung, (), now)


def _call(session: Session, consult: UrgentConsult, rung: UrgentRung, now: datetime) -> None:
    called = rungs.called_by_others(session, rung) | rungs.passed_on_by(session, rung)
    reached = resolve_step(session, consult.service, rung, now, called=called, is_repeat=rung.repeat > 0)
    if reached.line_id is not None and rung.line_id != reached.line_id:  # whose turn it is among hubs
        rung.line_id = reached.line_id
        rung.label = session.get_one(DutyLine, reached.line_id).name
    rung.skipped = reached.choice.skipped
    people = [session.get_one(Person, one.person_id) for one in reached.choice.called]
    for person in people:
        alerts.alert(
            session,
            person,
            purpose=AlertPurpose.URGENT_CONSULT,
            consult=consult,
            rung=rung,
            heading=call_heading(consult),
            lines=call_lines(consult),
            path=f"/urgent/{consult.id}",
            now=now,
        )
    _keep_step(session, consult, rung, people, now)
    if alarms_owner(rung.skipped):
        escalation_alarms.alarm_gap(session, consult, rung, now=now)
    if rung.skipped is not None:
        rungs.leave_step(session, rung, now)
    if rung.skipped is not None or _is_armed(session, reached, now):
        rungs.bring_forward(session, rung, now)


def _keep_step(
    session: Session, consult: UrgentConsult, rung: UrgentRung, people: Sequence[Person], now: datetime
) -> None:
    """Keep that somebody was called, or that the ladder has come further; repeats are seen on the rung."""
    is_first_call = bool(people) and consult.state is UrgentState.REQUESTED
    if is_first_call:
        urgent_steps.enter(session, None, consult, UrgentState.ALERTED, now=now)
    if rung.repeat > 0 or rung.position == 1:
        if not is_first_call:
            urgent_steps.touch(session, consult)
        return
    details = {
        "position": rung.position,
        "skipped": rung.skipped.value if rung.skipped else "",
        "called": [str(person.id) for person in people],
    }
    kind, code = UrgentStepKind.ESCALATED, rung.target.value
    urgent_steps.add_step(session, None, consult, kind, code, now=now, details=details)


def _is_armed(session: Session, reached: Reached, now: datetime) -> bool:
    """Tell whether somebody who is called has not said "ready": then the next step is called as well."""
    query = select(ReadinessCheck.id).where(
        ReadinessCheck.line_id == reached.line_id,
        ReadinessCheck.person_id.in_([one.person_id for one in reached.choice.called]),
        ReadinessCheck.duty_starts_at <= now,
        ReadinessCheck.duty_ends_at > now,
        ReadinessCheck.armed_at.is_not(None),
        ReadinessCheck.answered_at.is_(None),
    )
    return session.scalar(query.limit(1)) is not None


def _go_on(session: Session, consult: UrgentConsult, rung: UrgentRung, now: datetime) -> None:
    """Begin the ladder again after its last call, a few times, and say it to who keeps the rosters."""
    session.flush()
    is_waiting = rungs.waiting().where(UrgentRung.consult_id == consult.id).limit(1)
    if session.scalars(is_waiting).first() is not None:
        return
    following = next_round(rung.position, now)
    if following is not None:
        number, starts_at = following
        rungs.write_round(session, consult, starts_at, number)
    escalation_alarms.alarm_unanswered(session, consult, round_of(rung.position), now=now)
