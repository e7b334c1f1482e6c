"""Cases of conferences: registered, changed, triaged, let in late, put off to a later date, taken back.

Every change waits for the row of its conference, so that two people never give away the same minutes.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched.domain.cases import WAITING
from confsched.domain.conferences import AHEAD
from confsched.domain.intervals import Span
from confsched.domain.kinds import CaseLane, CaseState, CaseTriage, Lamp
from confsched.domain.permissions import Actor
from confsched.domain.registration import Needs, is_there, judge, may_change, ready_state, seniority
from confsched.errors import Conflict, Message, Refusal, msg
from confsched.models.cases import CaseItem, CaseNeed
from confsched.models.conferences import Conference
from confsched.services import (
    access,
    boards,
    case_checks,
    case_notices,
    case_steps,
    idempotency,
)
from confsched.services.case_checks import CaseDraft as CaseDraft
from confsched.services.case_checks import Content
from confsched.services.case_deferrals import defer as defer
from confsched.services.findings import Findings

APPROVED = "late_approved"


class BoardChanged(Conflict):
    """Say that a date is not any more what the page had shown; pressed again, what stands there counts."""

    def __init__(self) -> None:
        super().__init__(
            msg(
                "This date has changed meanwhile: registration, minutes or who comes. Look, then press again."
            )
        )


def register(
    session: Session,
    actor: Actor,
    conference: Conference,
    draft: CaseDraft,
    *,
    now: datetime,
    key: str,
    seen: str | None = None,
) -> CaseItem:
    """Put a case on the list of a date, in the lane that its cut-off and its rules say; twice is once.

    `conference` comes from boards.get_open. `seen` is the mark of what the page had shown of the date; where
    another one holds now, BoardChanged is raised. Raises Unfit with all that is wrong with the draft.
    """
    known = idempotency.find_result(session, actor, "case", key)
    if known is not None:
        return access.get_case(session, actor, known)
    case = _checked(session, actor, conference, draft, seen, now)
    session.add(case)
    session.flush()
    idempotency.remember(session, actor, "case", key, case.id, now=now)
    case_steps.record_step(session, actor, case, now=now)
    heading = msg("%(name)s has registered a case for you", name=actor.name)
    case_notices.tell_presenter(session, actor, case, heading, now=now)
    return case


def _checked(
    session: Session, actor: Actor, conference: Conference, draft: CaseDraft, seen: str | None, now: datetime
) -> CaseItem:
    """Return the case as it would be, on no record."""
    boards.lock(session, conference)
    found = Findings()
    content = case_checks.check_content(session, draft, found)
    seat = found.keep(case_checks.check_presenter, session, actor, conference, draft.presenter_id, now)
    if content and seat:
        found.keep(case_checks.check_unique, session, seat[1], conference, content.case_ref)
    found.keep(case_checks.check_day, session, actor, now=now)
    found.raise_all()
    assert content and seat, "what is missing was refused"
    presenter, site = seat
    window = boards.window_of(boards.span_of(conference), draft.window, actor.zone)
    case = CaseItem(
        conference=conference,
        site=site,
        presenter=presenter,
        registered_by_id=actor.person_id,
        state=CaseState.SUBMITTED,
        lane=_lane(session, conference, content, draft, window, seen, now),
        is_urgent=draft.is_urgent,
        registered_at=now,
        first_registered_at=now,
    )
    _write(case, content, window)
    return case


def _lane(
    session: Session,
    conference: Conference,
    content: Content,
    draft: CaseDraft,
    window: Span | None,
    seen: str | None,
    now: datetime,
) -> CaseLane:
    needs = Needs(frozenset(content.disciplines), content.minutes, draft.is_standard_care, window)
    verdict = judge(boards.date_of(session, conference), needs, now=now)
    if seen is not None and seen != verdict.mark:
        raise BoardChanged
    if not verdict.may_register:
        raise Conflict(msg("This date does not take the case. %(why)s", why=verdict.hindrances[0].words))
    assert verdict.lane is not None, "without a lane nothing may be registered"
    return verdict.lane


def _write(case: CaseItem, content: Content, window: Span | None) -> None:
    case.case_ref, case.question, case.minutes = content.case_ref, content.question, content.minutes
    case.needs_pathology = content.needs_pathology
    case.imaging, case.pathology = content.imaging, content.pathology
    case.present_from = window.starts_at if window else None
    case.present_until = window.ends_at if window else None
    kept = {need.discipline: need for need in case.needs}
    case.needs = [kept.get(name) or CaseNeed(discipline=name) for name in content.disciplines]


def change(
    session: Session, actor: Actor, case: CaseItem, draft: CaseDraft, *, now: datetime, revision: int
) -> None:
    """Write what a case says anew, while it may be; `revision` is the one that the form had shown.

    Lane and presenter stay. Raises Unfit with all that is wrong with the draft.
    """
    boards.lock(session, case.conference)
    if not is_changeable(actor, case, now=now):
        raise Conflict(msg("This case can no longer be changed: registration has closed, or it has ended."))
    if revision != case.revision:
        raise Conflict(msg("Somebody else has changed this case meanwhile. Compare, then save again."))
    meeting = boards.span_of(case.conference)
    window = boards.window_of(meeting, draft.window, actor.zone)
    found = Findings()
    content = case_checks.check_content(session, draft, found)
    if content:
        check = case_checks.check_unique
        found.keep(check, session, case.site, case.conference, content.case_ref, without=case)
        found.keep(_check_minutes, session, case, content.minutes)
        found.keep(_check_window, meeting, window, content.minutes)
    found.raise_all()
    assert content, "what is missing was refused"
    _write(case, content, window)
    case.is_urgent = draft.is_urgent
    _settle(session, actor, case, now)
    case_steps.record_step(session, actor, case, now=now, code="changed")


def is_changeable(actor: Actor, case: CaseItem, *, now: datetime) -> bool:
    """Tell whether the actor may change now what the case says."""
    conference = case.conference
    if conference.booking is None or conference.booking.starts_at <= now:
        return False
    is_late = boards.has_closed(conference, now)
    is_desk = boards.leads(actor, conference)
    return may_change(case.state, case.lane, conference.state, is_late=is_late, is_desk=is_desk)


def _check_minutes(session: Session, case: CaseItem, minutes: int) -> None:
    """Refuse a case that takes minutes which its date does not have."""
    free = boards.date_of(session, case.conference, without=case).free_minutes
    if case.lane is not CaseLane.STANDARD_CARE and minutes > max(free, 0) and minutes > case.minutes:
        raise Refusal(_no_minutes(free), field="minutes")


def _check_window(meeting: Span, window: Span | None, minutes: int) -> None:
    if not is_there(meeting, window, minutes):
        words = msg("The presenter is not to be had long enough.")
        raise Refusal(words, field="present_from")


def _no_minutes(free: int) -> Message:
    return msg(
        "Only %(count)s minutes of this date are free. Make it shorter, or defer it.", count=max(0, free)
    )


def set_lamps(
    session: Session, actor: Actor, case: CaseItem, imaging: Lamp, pathology: Lamp, *, now: datetime
) -> None:
    """Say what is there of a case; one that was accepted is ready as soon as nothing is missing.

    A case that is scheduled stays so: the desk sees the lamp and decides. The same twice is once.
    """
    if (imaging, pathology) == (case.imaging, case.pathology):
        return
    if case.state not in WAITING or case.conference.state not in AHEAD:
        raise Conflict(msg("This case can no longer be changed: registration has closed, or it has ended."))
    case.imaging, case.pathology = imaging, pathology
    _settle(session, actor, case, now)
    case_steps.record_step(session, actor, case, now=now, code="lamps")


def _settle(session: Session, actor: Actor, case: CaseItem, now: datetime) -> None:
    """Call an accepted case ready or incomplete, by its lamps."""
    state = ready_state(case.imaging, case.pathology)
    if case.state in (CaseState.READY, CaseState.INCOMPLETE) and case.state is not state:
        case_steps.enter(session, actor, case, state, now=now)


def triage(
    session: Session, actor: Actor, case: CaseItem, decision: CaseTriage, *, now: datetime, reason: str = ""
) -> None:
    """Decide as the desk whether a case is discussed, only listed, or rejected with a reason.

    Decided otherwise later, the last word counts; the same twice is once, and one mail.
    """
    boards.lock(session, case.conference)
    if case.triage is decision:
        return
    is_open = case.state in WAITING or case.state in (CaseState.NOTED, CaseState.REJECTED)
    if not is_open or case.conference.state not in AHEAD:
        raise Conflict(msg("This case has moved on meanwhile. Look at where it stands now."))
    reason = case_checks.check_reason(reason, is_needed=decision is CaseTriage.REJECT)
    if decision is CaseTriage.DISCUSS:
        _accept(session, actor, case, reason, now)
    else:
        _turn_away(session, actor, case, decision, reason, now)


def _accept(session: Session, actor: Actor, case: CaseItem, reason: str, now: datetime) -> None:
    if case.lane is CaseLane.STANDARD_CARE or case.state not in WAITING:
        _check_room(session, case)
    if case.state not in WAITING:
        case_checks.check_unique(session, case.site, case.conference, case.case_ref, without=case)
        case_steps.enter(session, actor, case, CaseState.SUBMITTED, now=now)
    case.triage = CaseTriage.DISCUSS
    if case.lane is CaseLane.STANDARD_CARE:
        case.lane = CaseLane.DISCUSSION
    if case.state is CaseState.SUBMITTED:
        state = ready_state(case.imaging, case.pathology)
        case_steps.enter(session, actor, case, state, now=now, reason=reason)
    is_late = case.lane is CaseLane.LATE
    more = [msg("It came after the cut-off: the chair still has to approve.")] if is_late else []
    lines = [*more, *_missing(case), *case_notices.reason_lines(reason)]
    case_notices.tell_presenter(session, actor, case, msg("Your case is accepted"), lines, now=now)


def _missing(case: CaseItem) -> list[Message]:
    if case.state is not CaseState.INCOMPLETE:
        return []
    return [msg("Something is still missing: imaging or pathology. Set the lamps as soon as it is there.")]


def _turn_away(
    session: Session, actor: Actor, case: CaseItem, decision: CaseTriage, reason: str, now: datetime
) -> None:
    is_listed = decision is CaseTriage.NOTE_ONLY
    if case.state not in WAITING:  # from the one way of not being discussed to the other
        case_steps.enter(session, actor, case, CaseState.SUBMITTED, now=now)
    state = CaseState.NOTED if is_listed else CaseState.REJECTED
    case_steps.enter(session, actor, case, state, now=now, reason=reason)
    case.triage = decision
    if is_listed:
        case.lane = CaseLane.STANDARD_CARE
    _leave_agenda(case)
    heading = msg("Your case is listed without discussion") if is_listed else msg("Your case was rejected")
    case_notices.tell_presenter(session, actor, case, heading, case_notices.reason_lines(reason), now=now)


def _leave_agenda(case: CaseItem) -> None:
    case.position, case.starts_at, case.is_pinned = None, None, False


def _check_room(session: Session, case: CaseItem) -> None:
    free = boards.date_of(session, case.conference, without=case).free_minutes
    if case.minutes > free:
        raise Conflict(_no_minutes(free))


def approve_late(session: Session, actor: Actor, case: CaseItem, *, now: datetime) -> None:
    """Let in a case that came after the cut-off, as the chair, where its minutes are free; twice is once."""
    boards.lock(session, case.conference)
    if case.lane is CaseLane.DISCUSSION and any(step.code == APPROVED for step in case.steps):
        return
    if case.lane is not CaseLane.LATE or case.state not in WAITING or case.conference.state not in AHEAD:
        raise Conflict(msg("This case has moved on meanwhile. Look at where it stands now."))
    if not boards.chairs(actor, case.conference):
        raise Refusal(
            msg("Only the chair or the deputy lets a late case in. Move it to a later date, or ask them.")
        )
    _check_room(session, case)
    case.lane, case.triage = CaseLane.DISCUSSION, CaseTriage.DISCUSS
    if case.state is CaseState.SUBMITTED:
        case_steps.enter(session, actor, case, ready_state(case.imaging, case.pathology), now=now)
    case_steps.record_step(session, actor, case, now=now, code=APPROVED)
    heading = msg("Your late case is accepted")
    case_notices.tell_presenter(session, actor, case, heading, _missing(case), now=now)


def withdraw(session: Session, actor: Actor, case: CaseItem, *, now: datetime) -> None:
    """Take a case back before it is discussed; its minutes are free at once, twice is once."""
    if case.state is CaseState.WITHDRAWN:
        return
    case_steps.enter(session, actor, case, CaseState.WITHDRAWN, now=now)
    _leave_agenda(case)
    case_notices.tell_presenter(session, actor, case, msg("Your case was withdrawn"), now=now)


def list_cases(session: Session, conference: Conference) -> list[CaseItem]:
    """Return all cases of a date in the order of its agenda, those without a place behind, by seniority."""
    query = (
        select(CaseItem)
        .where(CaseItem.conference_id == conference.id)
        .options(joinedload(CaseItem.presenter), joinedload(CaseItem.site), selectinload(CaseItem.needs))
    )
    return sorted(session.scalars(query), key=_place)


def _place(case: CaseItem) -> tuple[object, ...]:
    senior = seniority(
        is_urgent=case.is_urgent, deferrals=case.deferrals, first_registered_at=case.first_registered_at
    )
    return (case.position is None, case.position or 0, *senior, case.case_ref)
