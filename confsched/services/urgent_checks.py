"""What is looked at before a site scans on the word of somebody elsewhere, and why it was passed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import LineKind, TeleradiologyKind, UrgentKind, UrgentStepKind
from confsched.domain.permissions import Actor
from confsched.domain.teleradiology import OperatingSite, Readiness, Warning, find_warnings
from confsched.models.network import Department, Site
from confsched.models.rosters import Duty, DutyLine
from confsched.models.urgent import UrgentConsult, UrgentStep
from confsched.services import link_tests, urgent_steps
from confsched.services.standing import standing

MAX_REASON = 400


def list_warnings(
    session: Session, site: Site, kind: TeleradiologyKind | None, at: datetime, *, names_physician: bool
) -> list[Warning]:
    """Return what is missing at a site that asks for teleradiology at an instant."""
    operating = OperatingSite(site.zone, site.state, site.teleradiology, site.night_from, site.night_until)
    readiness = Readiness(
        has_arrival=_has_arrival(session, site, at),
        has_tested_link=link_tests.has_worked_today(session, site, at),
        names_physician=names_physician,
    )
    return find_warnings(operating, readiness, kind, at)


def warnings_of(session: Session, consult: UrgentConsult) -> list[Warning]:
    """Return what was missing when a consult was requested, by what is told of it now."""
    if consult.kind is not UrgentKind.TELERADIOLOGY:
        return []
    names_physician = "physician" in consult.facts
    at = consult.requested_at
    return list_warnings(session, consult.site, consult.legal_kind, at, names_physician=names_physician)


def keep_overrides(
    session: Session, actor: Actor, consult: UrgentConsult, reasons: Mapping[str, str], *, now: datetime
) -> None:
    """Record each warning that was passed over, with its reason; without one until somebody gives it."""
    known = kept_reasons(session, consult)
    for warning in warnings_of(session, consult):
        code = warning.check.value
        reason = reasons.get(code, "").strip()[:MAX_REASON]
        if code in known and (not reason or reason == known[code]):
            continue
        step = UrgentStepKind.OVERRIDE
        urgent_steps.add_step(session, actor, consult, step, code, now=now, reason=reason)


def kept_reasons(session: Session, consult: UrgentConsult) -> dict[str, str]:
    """Return the last reason for each warning that was passed over."""
    query = (
        select(UrgentStep.code, UrgentStep.reason)
        .where(UrgentStep.consult_id == consult.id, UrgentStep.kind == UrgentStepKind.OVERRIDE)
        .order_by(UrgentStep.number)
    )
    return {row.code: row.reason for row in session.execute(query)}


def _has_arrival(session: Session, site: Site, at: datetime) -> bool:
    """Tell whether a line of the site is held by somebody who can be there within 45 minutes."""
    held = (
        exists()
        .where(Duty.line_id == DutyLine.id, DutyLine.kind == LineKind.ON_SITE_ARRIVAL)
        .where(Department.id == DutyLine.department_id, Department.site_id == site.id)
        .where(*standing(Span(at, at + timedelta.resolution), at))
    )
    return session.scalar(select(held)) is True
