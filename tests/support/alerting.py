"""Urgent consults and contact points as tests need them, without the pages that make them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.kinds import AlertPurpose, Channel, EscalationTarget, UrgentKind, UrgentState
from confsched.errors import msg
from confsched.models.contacts import ContactPoint, ReadinessCheck
from confsched.models.people import Person
from confsched.models.urgent import Alert, UrgentConsult, UrgentRung
from confsched.services import alerts
from tests.world import NOW, World

LEASE_KEY = "worker-1"


def add_consult(session: Session, world: World, **other: Any) -> UrgentConsult:
    """Add a telestroke request of the spoke, alerted and not acknowledged."""
    values: dict[str, Any] = {
        "service_id": world.service.id,
        "site_id": world.spoke.id,
        "requester_id": world.requester.id,
        "kind": UrgentKind.TELESTROKE,
        "state": UrgentState.ALERTED,
        "case_ref": "FK-7Q2M",
        "callback_phone": "+49 5555 4711",
        "question": "Hemiparesis on the left",
        "requested_at": NOW,
        "recorded_at": NOW,
    }
    consult = UrgentConsult(**{**values, **other})
    session.add(consult)
    session.flush()
    return consult


def add_rung(session: Session, consult: UrgentConsult, position: int = 0) -> UrgentRung:
    """Add a rung that was entered at once."""
    rung = UrgentRung(
        consult_id=consult.id,
        position=position,
        target=EscalationTarget.DUTY_LINE,
        label="Neurologie Dienst",
        due_at=NOW,
        entered_at=NOW,
    )
    session.add(rung)
    session.flush()
    return rung


def add_point(session: Session, person: Person, address: str = "", **other: Any) -> ContactPoint:
    """Add a proven mailbox, the person's own by default."""
    values: dict[str, Any] = {
        "person_id": person.id,
        "channel": Channel.EMAIL,
        "address": address or person.email,
        "position": 0,
        "created_at": NOW - timedelta(days=9),
        "proven_at": NOW - timedelta(days=9),
    }
    point = ContactPoint(**{**values, **other})
    session.add(point)
    session.flush()
    return point


def add_alerts(
    session: Session, world: World, person: Person, *, now: datetime = NOW, with_rung: bool = True
) -> list[Alert]:
    """Alert a person about a new consult by all their contact points."""
    consult = add_consult(session, world)
    return alert_about(session, consult, add_rung(session, consult) if with_rung else None, person, now=now)


def alert_about(
    session: Session,
    consult: UrgentConsult | None,
    rung: UrgentRung | None,
    person: Person,
    readiness: ReadinessCheck | None = None,
    *,
    now: datetime = NOW,
) -> list[Alert]:
    """Alert a person about a consult, or about a duty."""
    return alerts.alert(
        session,
        session.get_one(Person, person.id),
        purpose=AlertPurpose.READINESS if readiness else AlertPurpose.URGENT_CONSULT,
        consult=consult,
        rung=rung,
        readiness=readiness,
        heading=msg("Stroke request from %(site)s", site="Krankenhaus Moorfeld"),
        path=f"/urgent/{consult.id}" if consult else "/contact-points/",
        now=now,
    )


def claim(session: Session, *, now: datetime = NOW, channel: Channel = Channel.EMAIL) -> Sequence[Alert]:
    """Claim what is due as one worker."""
    return alerts.claim_due(session, now=now, lease_key=LEASE_KEY, channel=channel)


def all_alerts(session: Session) -> list[Alert]:
    return list(session.scalars(select(Alert).order_by(Alert.created_at, Alert.id)))


QUIET_NIGHT = {"quiet_from": time(22), "quiet_until": time(6)}
