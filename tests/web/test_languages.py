"""Times on pages follow the reader's language and zone, on the nights of the clock change as well."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from confsched.domain.intervals import Span
from confsched.web.languages import ReaderTimes, stopwatch


def reader(language: str = "de", zone: str = "Europe/Berlin") -> ReaderTimes:
    return ReaderTimes(lambda: language, lambda: zone)


def span(first: str, last: str) -> Span:
    return Span(
        datetime.fromisoformat(first).replace(tzinfo=UTC), datetime.fromisoformat(last).replace(tzinfo=UTC)
    )


MEETING = span("2026-11-25T14:00", "2026-11-25T14:45")


@pytest.mark.parametrize(
    ("language", "written"), [("de", "Mi 25.11.2026, 15:00–15:45"), ("en", "Wed 25 Nov 2026, 15:00–15:45")]
)
def test_a_meeting_is_written_in_the_language_of_the_reader(language: str, written: str) -> None:
    assert reader(language).when(MEETING) == written


def test_where_the_clock_of_the_site_agrees_the_zone_goes_without_saying() -> None:
    assert reader().when(MEETING, "Europe/Vienna") == "Mi 25.11.2026, 15:00–15:45"


def test_where_the_clock_of_the_site_differs_both_zones_are_named() -> None:
    """Failure 15: the reader's zone differs from the roster's."""
    written = reader().when(MEETING, "Europe/Helsinki")
    assert written == "Mi 25.11.2026, 15:00–15:45 MEZ (Mi 25.11.2026, 16:00–16:45 OEZ)"


@pytest.mark.parametrize(
    ("first", "last", "written"),
    [
        ("2026-11-25T14:00", "2026-11-25T14:45", "15:00–15:45"),
        ("2026-11-25T21:00", "2026-11-26T05:00", "22:00–06:00"),
        ("2026-11-25T21:00", "2026-11-25T23:00", "22:00–24:00"),
        ("2026-03-29T00:30", "2026-03-29T01:30", "01:30 MEZ–03:30 MESZ"),
        ("2026-10-25T00:30", "2026-10-25T01:30", "02:30 MESZ–02:30 MEZ"),
    ],
)
def test_hours_alone_are_written_so_that_nobody_misreads_them(first: str, last: str, written: str) -> None:
    assert reader().hours(span(first, last)) == written


def test_an_instant_falls_on_the_day_of_the_reader() -> None:
    """Failure 15: the reader's zone differs from the roster's."""
    late = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    assert reader().day(late) == "Do 26.11.2026"
    assert reader(zone="Europe/London").short_day(late) == "Mi 25.11."
    assert reader().stamp(late) == "Do 26.11., 00:30"


@pytest.mark.parametrize(
    ("language", "written"), [("de", "Mittwoch, 25.11.2026"), ("en", "Wednesday 25 Nov 2026")]
)
def test_a_day_is_written_out_on_top_of_a_page(language: str, written: str) -> None:
    assert reader(language).long_day(date(2026, 11, 25)) == written


@pytest.mark.parametrize(("seconds", "written"), [(552, "9:12"), (59, "0:59"), (0, "0:00"), (-5, "0:00")])
def test_time_left_is_written_like_a_stopwatch(seconds: int, written: str) -> None:
    assert stopwatch(timedelta(seconds=seconds)) == written
