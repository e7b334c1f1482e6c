"""How a person is reached: their contact points, each proven by a test message before it counts."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.clock import to_local
from confsched.domain.alerts import in_order
from confsched.domain.kinds import Channel
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.errors import Refusal, msg
from confsched.formats.plain_text import one_line
from confsched.models.contacts import AlertGateway, ContactPoint
from confsched.services import access, audit, idempotency
from confsched.services.sealed import Purpose, seal

MAX_POINTS = 10
MAX_LABEL = 80
MAX_ADDRESS = 254


def reachable(
    session: Session, person_ids: Collection[uuid.UUID], *, now: datetime
) -> Mapping[uuid.UUID, list[ContactPoint]]:
    """Return for each person the proven contact points in their order, quiet ones last.

    Who is missing from the answer cannot be alerted. What was refused at the last try stays, after what
    works: a poor way is better than none.
    """
    query = (
        select(ContactPoint)
        .where(
            ContactPoint.person_id.in_(person_ids),
            ContactPoint.proven_at.is_not(None),
            ContactPoint.removed_at.is_(None),
        )
        .options(joinedload(ContactPoint.person))
        .order_by(ContactPoint.position, ContactPoint.created_at, ContactPoint.id)
    )
    found: dict[uuid.UUID, list[ContactPoint]] = defaultdict(list)
    for point in session.scalars(query):
        found[point.person_id].append(point)
    return {
        person_id: in_order(points, to_local(now, points[0].person.zone).time())
        for person_id, points in found.items()
    }


def unreachable(session: Session, person_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Return who of these has no proven contact point that worked at its last try (PEER_FAILURES 34)."""
    query = select(ContactPoint.person_id).where(
        ContactPoint.person_id.in_(person_ids),
        ContactPoint.proven_at.is_not(None),
        ContactPoint.removed_at.is_(None),
        ContactPoint.failed_at.is_(None),
    )
    return frozenset(person_ids) - set(session.scalars(query))


def list_points(session: Session, actor: Actor) -> list[ContactPoint]:
    """Return the actor's contact points in their order, proven or not; they are at most MAX_POINTS."""
    query = access.visible(actor, ContactPoint).options(joinedload(ContactPoint.gateway))
    order = (ContactPoint.position, ContactPoint.created_at, ContactPoint.id)
    return list(session.scalars(query.order_by(*order)))


def list_gateways(session: Session, actor: Actor) -> list[AlertGateway]:
    """Return the gateways of the actor's houses."""
    query = access.visible(actor, AlertGateway).order_by(AlertGateway.name, AlertGateway.id)
    return list(session.scalars(query))


def add_mailbox(
    session: Session, actor: Actor, address: str, label: str, *, now: datetime, key: str
) -> ContactPoint:
    """Add a checked mail address; the same key returns the first one."""
    new = ContactPoint(channel=Channel.EMAIL, address=address, label=_checked_label(label))
    return _add(session, actor, new, now=now, key=key)


def add_gateway_address(
    session: Session,
    actor: Actor,
    gateway: AlertGateway,
    address: str,
    label: str,
    *,
    now: datetime,
    key: str,
) -> ContactPoint:
    """Add a checked address on a gateway of the house; the same key returns the first one."""
    new = ContactPoint(
        channel=Channel.GATEWAY, gateway_id=gateway.id, address=address, label=_checked_label(label)
    )
    return _add(session, actor, new, now=now, key=key)


def find_or_add_gateway_address(
    session: Session, actor: Actor, gateway: AlertGateway, address: str, *, now: datetime, key: str
) -> ContactPoint:
    """Return the actor's contact point of this address, added where there is none."""
    same = (one for one in list_points(session, actor) if one.gateway_id == gateway.id)
    known = next((one for one in same if one.address == address), None)
    return known or add_gateway_address(session, actor, gateway, address, "", now=now, key=key)


def add_browser(
    session: Session,
    actor: Actor,
    host: str,
    subscription: str,
    label: str,
    *,
    secret_key: str,
    now: datetime,
    key: str,
) -> ContactPoint:
    """Add a browser by its checked subscription, kept sealed; `host` is its push server's."""
    new = ContactPoint(channel=Channel.PUSH, address=host[:MAX_ADDRESS], label=_checked_label(label))
    point = _add(session, actor, new, now=now, key=key)
    if point.sealed_secret is None:
        point.sealed_secret = seal(
            subscription, secret_key=secret_key, row_id=point.id, purpose=Purpose.BROWSER
        )
    return point


def _checked_label(label: str) -> str:
    label = one_line(label)
    if len(label) > MAX_LABEL:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_LABEL), field="label")
    check_text(label, field="label")
    return label


def _add(session: Session, actor: Actor, new: ContactPoint, *, now: datetime, key: str) -> ContactPoint:
    known = idempotency.find_result(session, actor, "contact_point", key)
    if known is not None:
        return access.get_row(session, actor, ContactPoint, known)
    points = list_points(session, actor)
    if len(points) >= MAX_POINTS:
        raise Refusal(
            msg("You have %(count)s contact points. Remove one that you no longer use.", count=MAX_POINTS)
        )
    if new.channel is not Channel.PUSH and any(_is_same(point, new) for point in points):
        raise Refusal(msg("This contact point is there already."), field="address")
    new.person_id, new.created_at = actor.person_id, now
    new.position = max((point.position for point in points), default=-1) + 1
    session.add(new)
    session.flush()
    idempotency.remember(session, actor, "contact_point", key, new.id, now=now)
    audit.record(session, actor, "contact_point.add", new, now=now)
    return new


def _is_same(one: ContactPoint, other: ContactPoint) -> bool:
    is_same_way = (one.channel, one.gateway_id) == (other.channel, other.gateway_id)
    return is_same_way and one.address.casefold() == other.address.casefold()


def move(session: Session, actor: Actor, point: ContactPoint, places: int, *, now: datetime) -> None:
    """Put a contact point so many places later, or earlier; at the ends it stays where it is."""
    points = list_points(session, actor)
    at = points.index(point)
    points.insert(max(0, at + places), points.pop(at))
    for position, one in enumerate(points):
        one.position = position
    audit.record(session, actor, "contact_point.move", point, now=now)


def set_quiet_hours(
    session: Session,
    actor: Actor,
    point: ContactPoint,
    quiet_from: time | None,
    quiet_until: time | None,
    *,
    now: datetime,
) -> None:
    """Say in which local hours a contact point is used only where nothing else is left; none ends that."""
    if (quiet_from is None) is not (quiet_until is None):
        missing = "quiet_from" if quiet_from is None else "quiet_until"
        raise Refusal(msg("Quiet hours need a beginning and an end."), field=missing)
    if quiet_from is not None and quiet_from == quiet_until:
        raise Refusal(msg("Quiet hours cannot last all day."), field="quiet_until")
    point.quiet_from, point.quiet_until = quiet_from, quiet_until
    audit.record(session, actor, "contact_point.set_quiet_hours", point, now=now)


def remove(session: Session, actor: Actor, point: ContactPoint, *, now: datetime) -> None:
    """Forget a contact point; what has not left yet by it never will."""
    if point.removed_at is None:
        point.removed_at = now
        point.sealed_secret = point.proof_hash = None
        audit.record(session, actor, "contact_point.remove", point, now=now)
