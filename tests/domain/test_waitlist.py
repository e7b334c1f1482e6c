"""Which freed time is worth offering, and until when it is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from confsched.domain.intervals import Span
from confsched.domain.waitlist import is_worth_offering, take_by

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


def at(hours: float) -> Span:
    start = NOW + timedelta(hours=hours)
    return Span(start, start + timedelta(minutes=30))


@pytest.mark.parametrize(
    ("offered_at", "lead", "kept"),
    [
        (NOW, timedelta(days=2), timedelta(hours=4)),
        (NOW, timedelta(hours=3), timedelta(hours=2)),
        (NOW, timedelta(minutes=75), timedelta(minutes=15)),
        (NOW, timedelta(minutes=74), None),
        # Over midnight, and on both nights of the clock change in Berlin: hours as they pass.
        (datetime(2026, 11, 23, 22, 30, tzinfo=UTC), timedelta(hours=12), timedelta(hours=4)),
        (datetime(2026, 3, 28, 23, tzinfo=UTC), timedelta(hours=12), timedelta(hours=4)),
        (datetime(2026, 10, 24, 23, tzinfo=UTC), timedelta(hours=12), timedelta(hours=4)),
    ],
)
def test_a_time_is_kept_for_four_hours_or_until_an_hour_before_the_start(
    offered_at: datetime, lead: timedelta, kept: timedelta | None
) -> None:
    assert take_by(offered_at, offered_at + lead) == (offered_at + kept if kept else None)


@pytest.mark.parametrize(
    ("start", "earlier_than", "expected"),
    [(5, None, True), (5, 40, True), (30, 30, False), (30, 5, False), (0.5, None, False), (0.5, 5, False)],
)
def test_a_time_that_is_earlier_and_not_too_near_is_worth_offering(
    start: float, earlier_than: int | None, expected: bool
) -> None:
    before = at(earlier_than).starts_at if earlier_than else None
    assert is_worth_offering(at(start), offered_at=NOW, earlier_than=before) is expected
