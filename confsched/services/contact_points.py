"""How a person is reached: their contact points, each proven by a test message before it counts."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.clock import to_local
from confsched.domain.alerts import in_order
from confsched.models.contacts import ContactPoint


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
