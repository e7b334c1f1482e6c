"""A conference while it runs, for the chair's assistant: the present case, its recommendation, the end."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.cases import WAITING
from confsched.domain.conference_run import WAYS, is_to_come, runs_since, talked_for, why_not_called
from confsched.domain.conferences import AHEAD
from confsched.domain.follow_ups import LONGEST, USUAL_DAYS
from confsched.domain.kinds import CaseLane, CaseState, ConferenceState, FollowUpState
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import access, carry_over, case_steps, cases, conference_steps, quorum
from confsched.services.cases import list_cases
from confsched.services.shared_texts import demand_seen, tidy

EARLIEST = timedelta(hours=1)  # before its time; sooner it is the wrong date that was opened
MAX_RECOMMENDATION = 8000
BELOW_QUORUM = "below_quorum"
_WRITTEN_WHILE = frozenset({ConferenceState.RUNNING, ConferenceState.MINUTES_DRAFT})
_WITHOUT_TEXT = frozenset({CaseState.WITHDRAWN, CaseState.REJECTED, CaseState.DEFERRED})


@dataclass(frozen=True)
class RunView:
    """Hold what the screen shows: the present case, the one to come, the one before, and all of them."""

    cases: list[CaseItem]
    present: CaseItem | None
    next: CaseItem | None
    former: CaseItem | None
    done: int
    elapsed: timedelta
    is_ahead: bool  # it has not begun, and may


def start(
    session: Session, actor: Actor, conference: Conference, *, now: datetime, below_quorum_reason: str = ""
) -> None:
    """Begin; below quorum only with a reason, which is kept. Pressed twice it begins once."""
    if conference.state is ConferenceState.RUNNING:
        return
    booking = conference.booking
    if booking is None or conference.state not in AHEAD:
        raise Conflict(msg("This conference cannot begin. Look at where it stands now."))
    if now < booking.starts_at - EARLIEST:
        raise Conflict(msg("This conference can begin an hour before its time, not earlier."))
    reason = quorum.demand(session, conference, below_quorum_reason, now)
    conference_steps.enter(session, actor, conference, ConferenceState.RUNNING, now=now)
    conference.started_at = now
    if reason:
        conference_steps.record_step(session, actor, conference, now=now, reason=reason, code=BELOW_QUORUM)


def take_back_start(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> None:
    """Undo a beginning by mistake, as long as no case was talked about."""
    if conference.state is not ConferenceState.RUNNING:
        return
    if any(case.discussed_from for case in list_cases(session, conference)):
        raise Conflict(msg("A case was talked about already. End the conference instead."))
    conference_steps.enter(session, actor, conference, ConferenceState.FROZEN, now=now)
    conference.started_at = None


def view(session: Session, conference: Conference, *, now: datetime) -> RunView:
    """Return what the screen shows; cases that were put back come last."""
    listed = list_cases(session, conference)
    present = next((case for case in listed if case.state is CaseState.IN_DISCUSSION), None)
    to_come = [case for case in listed if is_to_come(case.state, case.lane)]
    to_come.sort(key=lambda case: case.discussed_until is not None)
    former = [case for case in listed if case.state is CaseState.RECOMMENDED and case.discussed_until]
    former.sort(key=lambda case: case.discussed_until or now)
    return RunView(
        cases=listed,
        present=present,
        next=to_come[0] if to_come else None,
        former=former[-1] if former else None,
        done=sum(case.state not in WAITING | {CaseState.IN_DISCUSSION} for case in listed),
        is_ahead=conference.state in AHEAD and conference.booking is not None,
        elapsed=talked_for(present.discussed_from, present.discussed_until, now) if present else timedelta(0),
    )


def get_for_desk(session: Session, actor: Actor, conference_id: uuid.UUID) -> Conference:
    """Return a conference whose desk the actor runs, to be shown; NotFound alike for all others."""
    query = access.visible(actor, Conference, to="change").where(Conference.id == conference_id)
    conference = session.scalars(query).one_or_none()
    if conference is None:
        raise NotFound
    return conference


def get_case(session: Session, conference: Conference, case_id: uuid.UUID) -> CaseItem:
    """Return a case of a conference whose desk the actor runs, locked."""
    query = select(CaseItem).where(CaseItem.id == case_id, CaseItem.conference_id == conference.id)
    case = session.scalars(query.with_for_update(of=CaseItem)).one_or_none()
    if case is None:
        raise NotFound
    return case


def call_case(session: Session, actor: Actor, case: CaseItem, *, now: datetime) -> None:
    """Take a case up; the one that is talked about goes back in line, with all that was written on it.

    One that has its recommendation already is taken up once more.
    """
    _demand_running(case.conference)
    if case.state is CaseState.IN_DISCUSSION:
        return
    why = why_not_called(case.state, case.lane)
    if why is not None:
        raise Conflict(why)
    for other in list_cases(session, case.conference):
        put_back(session, actor, other, now=now)
    for state in WAYS[case.state]:
        case_steps.enter(session, actor, case, state, now=now)
    case.discussed_from = runs_since(case.discussed_from, case.discussed_until, now)
    case.discussed_until = None
    case.follow_up_state = case.follow_up_on = None


def put_back(session: Session, actor: Actor, case: CaseItem, *, now: datetime) -> None:
    """Let a case wait again that is talked about: it comes last."""
    if case.state is CaseState.IN_DISCUSSION:
        case_steps.enter(session, actor, case, CaseState.SCHEDULED, now=now, code="put_back")
        case.discussed_until = now


def write(session: Session, actor: Actor, case: CaseItem, text: str, *, mark: str, now: datetime) -> None:
    """Keep what is written as the recommendation so far; `mark` is that of the text which the form has shown.

    Raises TextChanged where somebody else has written meanwhile, Refusal for patient data.
    """
    text = tidy(text)
    if case.conference.state not in _WRITTEN_WHILE or case.state in _WITHOUT_TEXT:
        raise Conflict(msg("Nothing can be written on this case now. Look at where it stands."))
    if len(text) > MAX_RECOMMENDATION:
        raise Refusal(
            msg("Keep it to %(count)s characters.", count=MAX_RECOMMENDATION), field="recommendation"
        )
    check_text(text, "recommendation")
    demand_seen(case.recommendation, text, mark, "recommendation")
    if text != case.recommendation:
        case.recommendation = text
        case_steps.record_step(session, actor, case, now=now, code="written")


def recommend(
    session: Session,
    actor: Actor,
    case: CaseItem,
    text: str,
    *,
    mark: str,
    now: datetime,
    follow_up_on: date | None = None,
) -> None:
    """Keep the recommendation and end the discussion of the case; what becomes of it is asked about later."""
    if not tidy(text):
        raise Refusal(msg("Write the recommendation, or put the case back."), field="recommendation")
    day = follow_up_on or usual_follow_up_on(case.conference, now)
    if not now.date() - USUAL_DAYS <= day <= now.date() + LONGEST:
        raise Refusal(msg("Choose a day within the next two years."), field="follow_up_on")
    write(session, actor, case, text, mark=mark, now=now)
    if case.state is CaseState.IN_DISCUSSION:
        case_steps.enter(session, actor, case, CaseState.RECOMMENDED, now=now)
        case.discussed_until = now
        case.follow_up_state = FollowUpState.ONGOING
    if case.state is CaseState.RECOMMENDED and case.follow_up_on != day:
        case.follow_up_on, case.reminded_at = day, None


def usual_follow_up_on(conference: Conference, now: datetime) -> date:
    """Return when it is usually asked what became of a recommendation."""
    return clock.local_day(now, conference.site.zone) + USUAL_DAYS


def note(session: Session, actor: Actor, case: CaseItem, *, now: datetime) -> None:
    """Record a case without a discussion of its own."""
    _demand_running(case.conference)
    if case.state is CaseState.NOTED:
        return
    put_back(session, actor, case, now=now)
    case_steps.enter(session, actor, case, CaseState.NOTED, now=now)


def defer(
    session: Session, actor: Actor, case: CaseItem, to: Conference | None, *, now: datetime, reason: str
) -> CaseItem | None:
    """Put a case off to another date, None: the next one that is open; what was talked about it is kept."""
    _demand_running(case.conference)
    if case.state is CaseState.DEFERRED:
        return None
    if case.state is CaseState.IN_DISCUSSION:
        case.discussed_until = now
    return cases.defer(session, actor, case, to, now=now, reason=reason)


def end(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> None:
    """End the conference: what was only listed is noted, what was not reached goes to the next date."""
    if conference.state is ConferenceState.MINUTES_DRAFT:
        return
    _demand_running(conference)
    for case in list_cases(session, conference):
        if case.state is CaseState.IN_DISCUSSION:
            raise Conflict(
                msg("%(ref)s is being talked about. End that, or put the case back.", ref=case.case_ref)
            )
        if case.state in WAITING and case.lane is CaseLane.STANDARD_CARE:
            case_steps.enter(session, actor, case, CaseState.NOTED, now=now, code="standard_care")
    conference_steps.enter(session, actor, conference, ConferenceState.MINUTES_DRAFT, now=now)
    conference.ended_at = now
    # Without a later date they wait on the page of the conference, whose desk carries them over by hand.
    if carry_over.find_next(session, conference, now=now) is not None:
        carry_over.carry_over(session, actor, conference, now=now)


def resume(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> None:
    """Go on with a conference that was ended too soon; released minutes are corrected instead."""
    if conference.state is ConferenceState.RUNNING:
        return
    if conference.released_at is not None:
        raise Conflict(msg("The minutes were released already. Correct them instead."))
    conference_steps.enter(session, actor, conference, ConferenceState.RUNNING, now=now, code="resumed")
    conference.ended_at = None


def _demand_running(conference: Conference) -> None:
    if conference.state is not ConferenceState.RUNNING:
        raise Conflict(msg("This conference does not run. Look at where it stands now."))
