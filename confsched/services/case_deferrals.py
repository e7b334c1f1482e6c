"""Cases that the board puts off: they go to a later date, keep their seniority, and are counted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.kinds import CaseLane, CaseState, CaseTriage
from confsched.domain.permissions import Actor
from confsched.domain.registration import lane_of, ready_state
from confsched.errors import msg
from confsched.models.cases import CaseItem, CaseNeed
from confsched.models.conferences import Conference
from confsched.services import boards, case_checks, case_notices, case_steps
from confsched.services.boards import Window

CARRIED_OVER = "carried_over"


def defer(
    session: Session, actor: Actor, case: CaseItem, to: Conference | None, *, now: datetime, reason: str = ""
) -> CaseItem | None:
    """Put a case off, as the desk; return the row that stands for it on the later date, None without one.

    Without `to` that is the next open date of the series. A case that was put off keeps its seniority and is
    taken even where all minutes are given away: then the newest cases there are the ones to wait. What came
    too late and moves on is not counted as put off. Twice is once; one that found no date may be put on one
    later, with `to`.
    """
    boards.lock(session, case.conference)
    placed = find_later(session, case)
    if placed is not None:
        return placed
    if to is not None:
        boards.find_later_date(session, case.conference, to.id, now=now)
    reason = case_checks.check_reason(reason, is_needed=False)
    is_new = case.state is not CaseState.DEFERRED
    if is_new:
        case_steps.enter(session, actor, case, CaseState.DEFERRED, now=now, reason=reason)
    target = to or boards.find_next(session, case.conference, now=now)
    later = _carry_over(session, actor, case, target, now) if target else None
    if later or is_new:
        _tell_deferred(session, actor, case, later, reason, now)
    return later


def find_later(session: Session, case: CaseItem) -> CaseItem | None:
    """Return the row that stands for a deferred case on a later date."""
    return session.scalars(select(CaseItem).where(CaseItem.former_id == case.id)).one_or_none()


def _carry_over(
    session: Session, actor: Actor, case: CaseItem, target: Conference, now: datetime
) -> CaseItem:
    boards.lock(session, target)
    is_standard = case.lane is CaseLane.STANDARD_CARE
    is_late = case.lane is CaseLane.LATE
    lane = lane_of(boards.date_of(session, target), is_standard_care=is_standard, now=now)
    was_accepted = case.triage is CaseTriage.DISCUSS
    window = boards.window_of(boards.span_of(target), _window(case), target.site.zone)
    later = CaseItem(
        conference=target,
        case_ref=case.case_ref,
        site=case.site,
        presenter=case.presenter,
        registered_by_id=case.registered_by_id,
        question=case.question,
        minutes=case.minutes,
        state=ready_state(case.imaging, case.pathology) if was_accepted else CaseState.SUBMITTED,
        # What the board has put off comes to no cut-off too late.
        lane=(lane or CaseLane.LATE) if is_late or is_standard else CaseLane.DISCUSSION,
        triage=CaseTriage.DISCUSS if was_accepted else None,
        is_urgent=case.is_urgent,
        needs_pathology=case.needs_pathology,
        imaging=case.imaging,
        pathology=case.pathology,
        present_from=window.starts_at if window else None,
        present_until=window.ends_at if window else None,
        registered_at=now,
        first_registered_at=case.first_registered_at,
        deferrals=case.deferrals if is_late else case.deferrals + 1,
        former=case,
    )
    later.needs = [CaseNeed(discipline=need.discipline) for need in case.needs]
    session.add(later)
    session.flush()
    case_steps.record_step(session, actor, later, now=now, code=CARRIED_OVER)
    return later


def _window(case: CaseItem) -> Window | None:
    """Return between which times of day the presenter is to be had, at the place of the conference."""
    if case.present_from is None or case.present_until is None:
        return None
    zone = case.conference.site.zone
    starts, ends = (clock.to_local(at, zone).time() for at in (case.present_from, case.present_until))
    return Window(starts, ends)


def _tell_deferred(
    session: Session, actor: Actor, case: CaseItem, later: CaseItem | None, reason: str, now: datetime
) -> None:
    is_late = case.lane is CaseLane.LATE
    heading = msg("Your case was moved to a later date") if is_late else msg("Your case was deferred")
    none = msg("No later date is open yet; the desk puts it on one as soon as there is.")
    lines = case_notices.reason_lines(reason) if later else [*case_notices.reason_lines(reason), none]
    case_notices.tell_presenter(session, actor, later or case, heading, lines, now=now)
