"""Alerts: written with what they are about, claimed, sent by the worker, settled; none is lost on the way.

An alert is worded when it is sent, in its reader's language and zone, and says kind, site, time and link.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_, select, update
from sqlalchemy.orm import Session

from confsched.clock import to_local
from confsched.domain.alerts import Life, chosen, retry_at
from confsched.domain.kinds import AlertPurpose, Channel
from confsched.errors import Message
from confsched.formats.stored_messages import store_message
from confsched.models.contacts import AlertGateway, ContactPoint, ReadinessCheck
from confsched.models.people import Person
from confsched.models.urgent import Alert, UrgentConsult, UrgentRung
from confsched.services import urgent_steps
from confsched.services.contact_points import reachable
from confsched.services.urgent_lines import is_held

LEASE = timedelta(seconds=15)
BATCH = 20
MAX_ERROR = 400
RECENT = 10


def alert(
    session: Session,
    person: Person,
    *,
    purpose: AlertPurpose,
    consult: UrgentConsult | None = None,
    rung: UrgentRung | None = None,
    readiness: ReadinessCheck | None = None,
    heading: Message,
    lines: Sequence[Message] = (),
    path: str,
    now: datetime,
) -> list[Alert]:
    """Alert a person by every proven contact point at once, quiet ones only where nothing else is left.

    The heading and the lines name kind, site and time, never a case. `path` is the page of ours that the
    signed link leads to. Returns no alert where the person has no proven contact point. One with a rung
    is called off by the acknowledgement; one without a rung only when the consult has ended.
    """
    points = reachable(session, [person.id], now=now).get(person.id, [])
    snapshot = _snapshot(person, heading, lines, path, now)
    written = [
        _alert(point, purpose, snapshot, now) for point in chosen(points, to_local(now, person.zone).time())
    ]
    for one in written:
        one.consult_id = consult.id if consult else None
        one.rung_id = rung.id if rung else None
        one.readiness_id = readiness.id if readiness else None
    session.add_all(written)
    session.flush()
    return written


def test(
    session: Session,
    point: ContactPoint,
    *,
    heading: Message,
    lines: Sequence[Message],
    path: str,
    now: datetime,
) -> Alert:
    """Send one message by one contact point, proven or not."""
    snapshot = _snapshot(point.person, heading, lines, path, now)
    one = _alert(point, AlertPurpose.CONTACT_PROOF, snapshot, now)
    session.add(one)
    session.flush()
    return one


def _alert(point: ContactPoint, purpose: AlertPurpose, snapshot: dict[str, Any], now: datetime) -> Alert:
    return Alert(
        purpose=purpose,
        person_id=point.person_id,
        contact_id=point.id,
        snapshot=snapshot,
        created_at=now,
        due_at=now,
        attempts=0,
    )


def _snapshot(
    person: Person, heading: Message, lines: Sequence[Message], path: str, now: datetime
) -> dict[str, Any]:
    return {
        "heading": store_message(heading),
        "lines": [store_message(line) for line in lines],
        "path": path,
        "at": now.isoformat(),
        "name": person.name,
        "language": person.language,
        "zone": person.zone,
    }


@dataclass(frozen=True)
class Outgoing:
    """Hold a claimed alert with the contact point that it goes to, and that one's gateway."""

    alert: Alert
    point: ContactPoint
    gateway: AlertGateway | None


def list_recent(session: Session, person_id: uuid.UUID) -> list[tuple[Alert, ContactPoint]]:
    """Return the last alerts of a person with the way they took, the newest first."""
    query = (
        select(Alert, ContactPoint)
        .join(ContactPoint, ContactPoint.id == Alert.contact_id)
        .where(Alert.person_id == person_id)
        .order_by(Alert.created_at.desc(), Alert.id)
        .limit(RECENT)
    )
    return [(one, point) for one, point in session.execute(query)]


def has_due(session: Session, channel: Channel, *, now: datetime) -> bool:
    """Tell cheaply, without a lock, whether it may be worth claiming."""
    query = select(Alert.id).join(ContactPoint, ContactPoint.id == Alert.contact_id)
    return session.scalar(query.where(*_due(channel, now)).limit(1)) is not None


def outgoing(session: Session, one: Alert) -> Outgoing:
    """Return the alert with what is needed to send it."""
    point = session.get_one(ContactPoint, one.contact_id)
    gateway = session.get_one(AlertGateway, point.gateway_id) if point.gateway_id else None
    return Outgoing(one, point, gateway)


def claim_due(
    session: Session,
    *,
    now: datetime,
    lease_key: str,
    channel: Channel,
    full_lanes: Collection[str | uuid.UUID] = (),
    limit: int = BATCH,
) -> list[Alert]:
    """Lease the due alerts of one channel that are still wanted; a worker that dies leaves them to others.

    `full_lanes` leaves out servers and mailboxes with which the caller is busy enough, see lane_of.
    What was acknowledged, answered or ended in the meantime never leaves (PEER_FAILURES 35).
    """
    query = (
        select(Alert)
        .join(ContactPoint, ContactPoint.id == Alert.contact_id)
        .where(*_due(channel, now), _lane_column(channel).not_in(full_lanes))
        .order_by(Alert.due_at, Alert.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Alert)
    )
    alerts = list(session.scalars(query))
    for one in alerts:
        one.lease_until, one.lease_key = now + LEASE, lease_key
        one.attempts += 1
    session.flush()
    return alerts


def _due(channel: Channel, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        _waits(),
        Alert.due_at <= now,
        or_(Alert.lease_until.is_(None), Alert.lease_until <= now),
        ContactPoint.channel == channel,
        ContactPoint.removed_at.is_(None),
        not_(is_called_off()),
    )


def lane_of(point: ContactPoint) -> str | uuid.UUID:
    """Return what can be slow as a whole: a gateway, a push server, or a mailbox."""
    return point.gateway_id or point.address


def _lane_column(channel: Channel) -> ColumnElement[Any]:
    return (ContactPoint.gateway_id if channel is Channel.GATEWAY else ContactPoint.address).expression


def _waits() -> ColumnElement[bool]:
    return and_(Alert.sent_at.is_(None), Alert.failed_at.is_(None), Alert.stopped_at.is_(None))


def is_called_off() -> ColumnElement[bool]:
    """Return which alerts nobody needs any more: acknowledged, ended, answered, or of another's duty now."""
    over = select(UrgentConsult.id).where(
        UrgentConsult.id == Alert.consult_id,
        or_(
            UrgentConsult.ended_at.is_not(None),
            and_(Alert.rung_id.is_not(None), UrgentConsult.acknowledged_at.is_not(None)),
        ),
    )
    answered = select(ReadinessCheck.id).where(
        ReadinessCheck.id == Alert.readiness_id,
        or_(ReadinessCheck.answered_at.is_not(None), not_(is_held())),
    )
    return or_(over.exists(), answered.exists())


def settle_sent(session: Session, alert_id: uuid.UUID, lease_key: str, *, now: datetime) -> None:
    """Record that an alert left, and that its contact point works; ignored when the lease has passed on."""
    one = _settled(session, alert_id, lease_key)
    if one is None:
        return
    one.sent_at, one.last_error = now, None
    point = session.get_one(ContactPoint, one.contact_id)
    point.failed_at = point.last_error = None


def settle_failed(
    session: Session,
    alert_id: uuid.UUID,
    lease_key: str,
    *,
    now: datetime,
    reason: str,
    is_permanent: bool,
    is_gone: bool = False,
) -> None:
    """Record a refusal: one that passes is tried again soon, one that stays is told to its owner.

    Where the address is gone for good, its proof is void and it counts no longer.
    """
    one = _settled(session, alert_id, lease_key)
    if one is None:
        return
    point = session.get_one(ContactPoint, one.contact_id)
    one.last_error = point.last_error = reason[:MAX_ERROR]
    if is_gone:
        point.proven_at = None
    if is_permanent or Life(one.purpose, one.created_at).is_over(now):
        one.failed_at = point.failed_at = now
    else:
        one.due_at = retry_at(one.attempts, now)


def _settled(session: Session, alert_id: uuid.UUID, lease_key: str) -> Alert | None:
    """Return the alert without its lease, None where another worker has it now.

    The consult is locked before the alert, as by whoever acknowledges it: nobody waits in a circle. Its
    readers see the result of the alert.
    """
    consult_id = session.scalar(select(Alert.consult_id).where(Alert.id == alert_id))
    if consult_id is not None:
        urgent_steps.touch(session, session.get_one(UrgentConsult, consult_id))
    query = select(Alert).where(Alert.id == alert_id, Alert.lease_key == lease_key).with_for_update()
    one = session.scalars(query).one_or_none()
    if one is not None:
        one.lease_until = one.lease_key = None
    return one


def stop_for(session: Session, consult: UrgentConsult, now: datetime) -> None:
    """Call off what has not left yet about a consult; one that is just leaving may still arrive."""
    query = update(Alert).where(Alert.consult_id == consult.id, _waits()).values(stopped_at=now)
    session.execute(query)
