"""Availability made of the times that a test names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from confsched.domain.availability import Availability, Facts
from confsched.domain.intervals import Span, subtract

ALL_TIME = Span(datetime(2025, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC))


def known_times(
    free: Iterable[Span] = (), unknown: Iterable[Span] = (), taken: Iterable[Span] = ()
) -> Availability:
    """Return somebody who is free and unknown at these times, claimed at others, and busy at the rest."""
    free = tuple(free)
    busy = tuple(subtract([ALL_TIME], (*free, *unknown)))
    return Availability(
        Facts(confirmed=free, refused=busy, claims=tuple(taken)), ALL_TIME, ALL_TIME.starts_at
    )
