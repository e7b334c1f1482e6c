from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from confsched.domain.intervals import Span
from confsched.formats.dates import format_day, format_span, format_time, zone_name

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


SPANS = [
    ("2026-11-25T14:00", "2026-11-25T14:45", "Mi 25.11.2026, 15:00–15:45", "Wed 25 Nov 2026, 15:00–15:45"),
    ("2026-07-01T06:05", "2026-07-01T07:00", "Mi 01.07.2026, 08:05–09:00", "Wed 1 Jul 2026, 08:05–09:00"),
    # over midnight, up to midnight, a whole day, several days
    (
        "2026-11-25T21:00",
        "2026-11-26T05:00",
        "Mi 25.11.2026, 22:00 – Do 26.11.2026, 06:00",
        "Wed 25 Nov 2026, 22:00 – Thu 26 Nov 2026, 06:00",
    ),
    ("2026-11-25T21:00", "2026-11-25T23:00", "Mi 25.11.2026, 22:00–24:00", "Wed 25 Nov 2026, 22:00–24:00"),
    ("2026-11-24T23:00", "2026-11-25T23:00", "Mi 25.11.2026, 00:00–24:00", "Wed 25 Nov 2026, 00:00–24:00"),
    (
        "2026-11-24T23:00",
        "2026-11-26T23:00",
        "Mi 25.11.2026, 00:00 – Fr 27.11.2026, 00:00",
        "Wed 25 Nov 2026, 00:00 – Fri 27 Nov 2026, 00:00",
    ),
    # the clocks go forward
    (
        "2026-03-28T21:00",
        "2026-03-29T04:00",
        "Sa 28.03.2026, 22:00 MEZ – So 29.03.2026, 06:00 MESZ",
        "Sat 28 Mar 2026, 22:00 CET – Sun 29 Mar 2026, 06:00 CEST",
    ),
    (
        "2026-03-29T00:30",
        "2026-03-29T01:30",
        "So 29.03.2026, 01:30 MEZ–03:30 MESZ",
        "Sun 29 Mar 2026, 01:30 CET–03:30 CEST",
    ),
    ("2026-03-29T07:00", "2026-03-29T08:00", "So 29.03.2026, 09:00–10:00", "Sun 29 Mar 2026, 09:00–10:00"),
    # the clocks go back: 02:30 comes twice
    (
        "2026-10-24T20:00",
        "2026-10-25T05:00",
        "Sa 24.10.2026, 22:00 MESZ – So 25.10.2026, 06:00 MEZ",
        "Sat 24 Oct 2026, 22:00 CEST – Sun 25 Oct 2026, 06:00 CET",
    ),
    (
        "2026-10-25T00:30",
        "2026-10-25T00:45",
        "So 25.10.2026, 02:30–02:45 MESZ",
        "Sun 25 Oct 2026, 02:30–02:45 CEST",
    ),
    (
        "2026-10-25T01:30",
        "2026-10-25T01:45",
        "So 25.10.2026, 02:30–02:45 MEZ",
        "Sun 25 Oct 2026, 02:30–02:45 CET",
    ),
    (
        "2026-10-25T00:30",
        "2026-10-25T01:30",
        "So 25.10.2026, 02:30 MESZ–02:30 MEZ",
        "Sun 25 Oct 2026, 02:30 CEST–02:30 CET",
    ),
    ("2026-10-25T08:00", "2026-10-25T09:00", "So 25.10.2026, 09:00–10:00", "Sun 25 Oct 2026, 09:00–10:00"),
]


@pytest.mark.parametrize(("starts", "ends", "german", "english"), SPANS)
def test_a_span_is_written_so_that_nobody_can_misread_it(
    starts: str, ends: str, german: str, english: str
) -> None:
    span = Span(at(starts), at(ends))
    assert format_span(span, BERLIN, "de") == german
    assert format_span(span, BERLIN, "en") == english


def test_the_zone_is_named_once_when_asked() -> None:
    span = Span(at("2026-11-25T14:00"), at("2026-11-25T14:45"))
    assert format_span(span, BERLIN, "de", with_zone=True) == "Mi 25.11.2026, 15:00–15:45 MEZ"
    assert format_span(span, "Europe/London", "en", with_zone=True) == "Wed 25 Nov 2026, 14:00–14:45 GMT"


@pytest.mark.parametrize(
    ("instant", "zone", "german", "english"),
    [
        ("2026-11-25T14:00", BERLIN, "15:00", "15:00"),
        ("2026-11-25T23:00", BERLIN, "00:00", "00:00"),
        ("2026-10-25T00:30", BERLIN, "02:30 MESZ", "02:30 CEST"),
        ("2026-10-25T01:30", BERLIN, "02:30 MEZ", "02:30 CET"),
        ("2026-03-29T01:00", BERLIN, "03:00", "03:00"),
    ],
)
def test_a_time_is_named_where_it_comes_twice(instant: str, zone: str, german: str, english: str) -> None:
    assert format_time(at(instant), zone, "de") == german
    assert format_time(at(instant), zone, "en") == english


@pytest.mark.parametrize(
    ("zone", "german", "english"),
    [
        (BERLIN, "MESZ", "CEST"),
        ("Europe/London", "BST", "BST"),
        ("America/New_York", "EDT", "EDT"),
        ("America/Sao_Paulo", "UTC-03:00", "UTC-03:00"),
        ("Asia/Kathmandu", "UTC+05:45", "UTC+05:45"),
        ("UTC", "UTC", "UTC"),
    ],
)
def test_a_zone_has_the_name_people_use_or_its_offset(zone: str, german: str, english: str) -> None:
    assert zone_name(at("2026-07-01T12:00"), zone, "de") == german
    assert zone_name(at("2026-07-01T12:00"), zone, "en") == english


def test_a_day_carries_its_weekday() -> None:
    assert format_day(date(2026, 3, 29), "de") == "So 29.03.2026"
    assert format_day(date(2026, 3, 29), "en") == "Sun 29 Mar 2026"
