"""The gateways of a house: its ways to SMS, calls, Matrix, ntfy and webhooks, kept sealed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from confsched.domain.kinds import GatewayKind
from confsched.domain.permissions import Actor, Permission
from confsched.domain.privacy import check_text
from confsched.errors import Forbidden, Refusal, msg
from confsched.formats.plain_text import one_line
from confsched.models.contacts import AlertGateway, ContactPoint
from confsched.services import access, audit, idempotency
from confsched.services.sealed import Purpose, seal

MAX_GATEWAYS = 20
MAX_NAME = 80


@dataclass(frozen=True)
class Usage:
    """Say how many contact points of people use a gateway, and how many of them failed at the last try."""

    proven: int = 0
    failed: int = 0


def list_gateways(session: Session, actor: Actor) -> list[AlertGateway]:
    """Return the gateways that the actor may set up."""
    query = access.visible(actor, AlertGateway, to="change")
    return list(session.scalars(query.order_by(AlertGateway.name, AlertGateway.id)))


def usage_of(session: Session, gateways: list[AlertGateway]) -> Mapping[uuid.UUID, Usage]:
    """Return by how many people each gateway is used."""
    query = (
        select(
            ContactPoint.gateway_id, func.count(ContactPoint.proven_at), func.count(ContactPoint.failed_at)
        )
        .where(ContactPoint.gateway_id.in_([one.id for one in gateways]), ContactPoint.removed_at.is_(None))
        .group_by(ContactPoint.gateway_id)
    )
    return {
        gateway_id: Usage(proven, failed)
        for gateway_id, proven, failed in session.execute(query)
        if gateway_id
    }


def add(
    session: Session,
    actor: Actor,
    kind: GatewayKind,
    name: str,
    url: str,
    *,
    secret_key: str,
    now: datetime,
    key: str,
) -> AlertGateway:
    """Add a gateway by its checked address; the same key returns the first one."""
    known = idempotency.find_result(session, actor, "gateway", key)
    if known is not None:
        return access.get_row(session, actor, AlertGateway, known)
    if len(list_gateways(session, actor)) >= MAX_GATEWAYS:
        raise Refusal(msg("Your house has %(count)s gateways. Remove one first.", count=MAX_GATEWAYS))
    gateway = AlertGateway(
        organisation_id=_house(actor), kind=kind, name=_checked_name(name), sealed_url="", created_at=now
    )
    session.add(gateway)
    session.flush()
    gateway.sealed_url = seal(url, secret_key=secret_key, row_id=gateway.id, purpose=Purpose.GATEWAY)
    idempotency.remember(session, actor, "gateway", key, gateway.id, now=now)
    audit.record(session, actor, "gateway.add", gateway, now=now)
    return gateway


def _house(actor: Actor) -> uuid.UUID:
    """Return where the actor works today, or else a house whose gateways are theirs to set up."""
    houses = actor.organisations_with(Permission.EDIT_ALERTING)
    if not houses:
        raise Forbidden(msg("Gateways are set up by the administrator of the house."))
    return actor.organisation_id if actor.organisation_id in houses else min(houses)


def _checked_name(name: str) -> str:
    name = one_line(name)
    if not name:
        raise Refusal(msg("Give the gateway a name."), field="name")
    if len(name) > MAX_NAME:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_NAME), field="name")
    check_text(name, field="name")
    return name


def change_url(
    session: Session, actor: Actor, gateway: AlertGateway, url: str, *, secret_key: str, now: datetime
) -> None:
    """Keep another checked address, as after a change of password; what was proven stays proven."""
    gateway.sealed_url = seal(url, secret_key=secret_key, row_id=gateway.id, purpose=Purpose.GATEWAY)
    audit.record(session, actor, "gateway.change_url", gateway, now=now)


def remove(session: Session, actor: Actor, gateway: AlertGateway, *, now: datetime) -> None:
    """Close a gateway; whom it reached sees with their contact point that it is no more."""
    if gateway.removed_at is not None:
        return
    gateway.removed_at, gateway.sealed_url = now, ""
    reason = str(msg("Your house has removed this gateway."))
    lost = update(ContactPoint).where(
        ContactPoint.gateway_id == gateway.id, ContactPoint.removed_at.is_(None)
    )
    session.execute(lost.values(proven_at=None, failed_at=now, last_error=reason))
    audit.record(session, actor, "gateway.remove", gateway, now=now)
