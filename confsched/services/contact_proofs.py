"""A contact point is proven by the code of a test message, typed in on the page.

The code belongs to the row of its message and needs the installation's key, so it stands in no table; only
its hash is kept, for ten minutes and five tries.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.domain.kinds import AlertPurpose
from confsched.domain.permissions import Actor
from confsched.errors import Message, Refusal, msg
from confsched.models.contacts import ContactPoint
from confsched.models.urgent import Alert
from confsched.services import alerts, audit
from confsched.services.sealed import digits_for

CODE_LIFE = timedelta(minutes=10)
MAX_TRIES = 5
PAUSE = timedelta(seconds=30)
MAX_AN_HOUR = 10
PATH = "/contact-points/"


def send_test(
    session: Session, actor: Actor, point: ContactPoint, *, secret_key: str, now: datetime
) -> Alert:
    """Send a test message with a code; raises Refusal where that is asked for too often."""
    _check_rate(session, actor, point, now)
    alert = alerts.test(
        session,
        point,
        heading=msg("Test message from confsched"),
        lines=[msg("The code is valid for %(count)s minutes.", count=CODE_LIFE // timedelta(minutes=1))],
        path=PATH,
        now=now,
    )
    point.proof_hash = _hash(point, digits_for(alert.id, secret_key=secret_key))
    point.proof_sent_at, point.proof_tries = now, 0
    audit.record(session, actor, "contact_point.test", point, now=now)
    return alert


def _check_rate(session: Session, actor: Actor, point: ContactPoint, now: datetime) -> None:
    """Keep test messages from flooding a stranger's mailbox, or from costing an SMS every second."""
    if point.proof_sent_at is not None and now < point.proof_sent_at + PAUSE:
        raise Refusal(msg("A test message has just been sent. Wait half a minute before the next one."))
    query = select(func.count()).where(
        Alert.person_id == actor.person_id,
        Alert.purpose == AlertPurpose.CONTACT_PROOF,
        Alert.created_at > now - timedelta(hours=1),
    )
    if (session.scalar(query) or 0) >= MAX_AN_HOUR:
        raise Refusal(msg("You have sent %(count)s test messages within an hour.", count=MAX_AN_HOUR))


def prove(session: Session, actor: Actor, point: ContactPoint, code: str, *, now: datetime) -> Message | None:
    """Take the code, and let the contact point count; returns why not.

    The try is counted in any case, so a wrong code is no exception that would undo the counting.
    """
    if point.proof_hash is None or point.proof_sent_at is None or now >= point.proof_sent_at + CODE_LIFE:
        return msg("The code has run out. Send another test message.")
    if point.proof_tries >= MAX_TRIES:
        return msg("That were too many wrong codes. Send another test message.")
    if not hmac.compare_digest(point.proof_hash, _hash(point, "".join(code.split()))):
        point.proof_tries += 1
        return msg("This is not the code of the last test message.")
    point.proven_at, point.proof_hash = now, None
    point.failed_at = point.last_error = None
    audit.record(session, actor, "contact_point.prove", point, now=now)
    return None


def awaits_code(point: ContactPoint, now: datetime) -> bool:
    """Tell whether a code can be typed in now."""
    if point.proof_hash is None or point.proof_sent_at is None or point.proof_tries >= MAX_TRIES:
        return False
    return now < point.proof_sent_at + CODE_LIFE


def find_code(session: Session, point: ContactPoint, *, secret_key: str) -> str | None:
    """Return the code of the last test message, for an installation that can send none."""
    query = (
        select(Alert.id)
        .where(Alert.contact_id == point.id, Alert.purpose == AlertPurpose.CONTACT_PROOF)
        .order_by(Alert.created_at.desc())
        .limit(1)
    )
    alert_id = session.scalar(query)
    return digits_for(alert_id, secret_key=secret_key) if alert_id else None


def _hash(point: ContactPoint, code: str) -> str:
    return hashlib.sha256(point.id.bytes + code.encode()).hexdigest()
