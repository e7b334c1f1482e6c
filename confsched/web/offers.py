"""Offered times as a page shows them: day columns, best first, each with names and one line of reason."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from confsched import clock
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate, Offer
from confsched.errors import Message
from confsched.services.matching import REQUESTER_KEY, ROOM_KEY


@dataclass(frozen=True)
class ShownOffer:
    """Hold one offered time with the family names of those who would serve."""

    span: Span
    names: str
    reasons: tuple[Message, ...]
    is_unknown: bool
    is_chosen: bool


@dataclass(frozen=True)
class OfferDay:
    """Hold a local day and its offers; an empty day shows that it was searched."""

    on: date
    offers: tuple[ShownOffer, ...]


def offer_days(
    offers: Sequence[Offer],
    candidates: Mapping[uuid.UUID, Candidate],
    zone: str,
    chosen: datetime | None = None,
) -> list[OfferDay]:
    """Return the offers by local day, days in order, within a day the best first."""
    by_day: dict[date, list[ShownOffer]] = {}
    for offer in offers:
        day = clock.local_day(offer.span.starts_at, zone)
        by_day.setdefault(day, []).append(_shown(offer, candidates, chosen))
    return [OfferDay(day, tuple(by_day[day])) for day in sorted(by_day)]


def _shown(offer: Offer, candidates: Mapping[uuid.UUID, Candidate], chosen: datetime | None) -> ShownOffer:
    return ShownOffer(
        span=offer.span,
        names=", ".join(_names(offer, candidates)),
        reasons=offer.reasons,
        is_unknown=bool(offer.unknown),
        is_chosen=offer.span.starts_at == chosen,
    )


def _names(offer: Offer, candidates: Mapping[uuid.UUID, Candidate]) -> list[str]:
    return [
        candidates[person_id].name.rsplit(" ", 1)[-1]
        for key, people in offer.assignment.items()
        if key not in (REQUESTER_KEY, ROOM_KEY)
        for person_id in people
    ]
