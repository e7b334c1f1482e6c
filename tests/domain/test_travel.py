"""Being needed at one site after a meeting at another takes the way between them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from confsched.domain.intervals import Span
from confsched.domain.travel import USUAL_TRAVEL, Stay, away_from

HERE, NEAR, FAR = UUID(int=1), UUID(int=2), UUID(int=3)
SPAN = Span(datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC))


def test_the_way_there_and_back_is_as_long_as_the_sites_are_apart() -> None:
    way = timedelta(minutes=25)
    assert away_from(HERE, [Stay(SPAN, NEAR)], {NEAR: way}) == (SPAN.widen(way, way),)


def test_sites_of_unknown_distance_are_an_hour_apart_also_in_the_night_of_two_hours_at_two() -> None:
    assert away_from(HERE, [Stay(SPAN, FAR)], {NEAR: timedelta(minutes=25)}) == (
        SPAN.widen(USUAL_TRAVEL, USUAL_TRAVEL),
    )
    assert timedelta(hours=1) == USUAL_TRAVEL


def test_what_takes_place_at_the_site_itself_takes_no_travel() -> None:
    assert away_from(HERE, [Stay(SPAN, HERE)], {}) == ()
