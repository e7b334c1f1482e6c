"""Where people have to be in person, and the time it takes from one place to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from confsched.domain.intervals import Span

USUAL_TRAVEL = timedelta(minutes=60)  # between two sites of which nobody has said how far they are apart


@dataclass(frozen=True, slots=True)
class Stay:
    """Hold a time at which somebody has to be at a site."""

    span: Span
    site_id: UUID


def away_from(site_id: UUID, stays: Iterable[Stay], travel: Mapping[UUID, timedelta]) -> tuple[Span, ...]:
    """Return when somebody is elsewhere or on the way, there and back; `travel` says how far each site is.

    Who is needed at one site right after a meeting at another has to get there first; what takes place at the
    site itself takes no travel.
    """
    return tuple(_with_travel(stay, travel) for stay in stays if stay.site_id != site_id)


def _with_travel(stay: Stay, travel: Mapping[UUID, timedelta]) -> Span:
    way = travel.get(stay.site_id, USUAL_TRAVEL)
    return stay.span.widen(way, way)
