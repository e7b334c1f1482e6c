"""What the link of an alert shows, to whom it was sent and without signing in, and what it lets them do.

The link holder sees kind, site, time and state. The number to call back is theirs once they have taken
the consult: until then nobody needs it, and a link can be looked at by a mail scanner.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.intervals import Span
from confsched.domain.kinds import AlertPurpose
from confsched.domain.urgent import RINGING_STATES
from confsched.errors import Conflict, NotFound, msg
from confsched.models.contacts import ReadinessCheck
from confsched.models.people import Person
from confsched.models.urgent import Alert, UrgentConsult
from confsched.services import readiness, urgent_live, urgent_passing

VALID_AFTER_END = timedelta(hours=24)


@dataclass(frozen=True)
class Linked:
    """Hold what the page of an alert shows; a consult or a duty, one of both."""

    person: Person
    path: str
    consult: UrgentConsult | None = None
    check: ReadinessCheck | None = None
    is_held: bool = True

    @property
    def is_ringing(self) -> bool:
        """Tell whether nobody has taken the consult yet."""
        consult = self.consult
        return consult is not None and consult.acknowledged_at is None and consult.state in RINGING_STATES

    @property
    def is_mine(self) -> bool:
        """Tell whether the reader has taken it, or joined it."""
        consult = self.consult
        return consult is not None and self.person.id in (
            consult.consultant_id,
            consult.second_consultant_id,
        )

    @property
    def may_pass_on(self) -> bool:
        return self.consult is not None and urgent_passing.may_pass_on(self.consult, self.person.id)

    @property
    def has_passed_on(self) -> bool:
        return self.consult is not None and urgent_passing.has_passed_on(self.consult, self.person.id)

    @property
    def duty(self) -> Span | None:
        return Span(self.check.duty_starts_at, self.check.duty_ends_at) if self.check else None


def get_linked(session: Session, alert_id: uuid.UUID | None, *, now: datetime) -> Linked:
    """Return what an alert is about; raises NotFound alike for none, for one that is too old, for a test."""
    query = select(Alert).where(Alert.id == alert_id).options(joinedload(Alert.person))
    alert = session.scalars(query).one_or_none()
    if alert is None:
        raise NotFound
    linked = _linked(session, alert)
    ends_at = _ends_at(linked)
    if (linked.consult or linked.check) is None or (ends_at and now >= ends_at + VALID_AFTER_END):
        raise NotFound
    return linked


def _linked(session: Session, alert: Alert) -> Linked:
    path: str = alert.snapshot["path"]
    if alert.purpose is AlertPurpose.URGENT_CONSULT and alert.consult_id is not None:
        return Linked(alert.person, path, consult=session.get_one(UrgentConsult, alert.consult_id))
    if alert.purpose is AlertPurpose.READINESS and alert.readiness_id is not None:
        check = session.get_one(ReadinessCheck, alert.readiness_id)
        return Linked(alert.person, path, check=check, is_held=readiness.holds(session, check))
    return Linked(alert.person, path)


def _ends_at(linked: Linked) -> datetime | None:
    if linked.check is not None:
        return linked.check.duty_ends_at
    return linked.consult.ended_at if linked.consult else None


def acknowledge(session: Session, alert_id: uuid.UUID | None, *, now: datetime) -> None:
    """Take the consult as the person who was alerted; raises Conflict that names who was faster."""
    linked = get_linked(session, alert_id, now=now)
    if linked.consult is None:
        raise NotFound
    urgent_live.acknowledge(session, linked.person.id, linked.consult, now=now)
    _see(session, alert_id, now)


def pass_on(session: Session, alert_id: uuid.UUID | None, *, now: datetime) -> None:
    """Call the next step of the ladder, since the person who was alerted cannot take the consult."""
    linked = get_linked(session, alert_id, now=now)
    if linked.consult is None:
        raise NotFound
    urgent_passing.pass_on(session, linked.person.id, linked.consult, now=now)
    _see(session, alert_id, now)


def answer_ready(session: Session, alert_id: uuid.UUID | None, *, now: datetime) -> None:
    """Say "ready" as the person who was asked."""
    linked = get_linked(session, alert_id, now=now)
    if linked.check is None:
        raise NotFound
    if not linked.is_held:
        raise Conflict(msg("This duty has gone to somebody else."))
    readiness.answer(linked.check, now=now)
    _see(session, alert_id, now)


def _see(session: Session, alert_id: uuid.UUID | None, now: datetime) -> None:
    alert = session.get_one(Alert, alert_id)
    alert.seen_at = alert.seen_at or now
