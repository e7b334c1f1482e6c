"""Load when people are at other sites, or on the way, while they are wanted at one."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.travel import Stay, away_from
from confsched.models.claims import Claim
from confsched.models.network import TravelTime


def load_elsewhere(
    session: Session, people: Iterable[uuid.UUID], site_id: uuid.UUID, *standing: ColumnElement[bool]
) -> dict[uuid.UUID, tuple[Span, ...]]:
    """Return when each person cannot be at the site, by the claims that stand and bind them elsewhere."""
    query = select(Claim.subject_id, Claim.starts_at, Claim.ends_at, Claim.site_id).where(
        Claim.subject_id.in_(list(people)), Claim.site_id.is_not(None), Claim.site_id != site_id, *standing
    )
    stays: dict[uuid.UUID, list[Stay]] = defaultdict(list)
    for person_id, starts_at, ends_at, at in session.connection().execute(query):
        assert at is not None, "the query asks for claims at a site"
        stays[person_id].append(Stay(Span(starts_at, ends_at), at))
    travel = _load_travel(session, site_id)
    return {person_id: away_from(site_id, own, travel) for person_id, own in stays.items()}


def _load_travel(session: Session, site_id: uuid.UUID) -> dict[uuid.UUID, timedelta]:
    query = select(TravelTime.site_id, TravelTime.other_site_id, TravelTime.minutes).where(
        or_(TravelTime.site_id == site_id, TravelTime.other_site_id == site_id)
    )
    return {
        other if one == site_id else one: timedelta(minutes=minutes)
        for one, other, minutes in session.connection().execute(query)
    }
