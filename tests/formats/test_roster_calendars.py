from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.clock import start_of_day
from confsched.domain.intervals import Span
from confsched.errors import Refusal
from confsched.formats.roster_calendars import calendar_table, is_calendar, read_calendar, split_summary
from confsched.formats.roster_sheets import guess_layout, read_entries
from tests.formats import hostile
from tests.formats.hostile import calendar, event

ZONE = "Europe/Berlin"
MONTH = date(2026, 12, 1)
WINDOW = Span(start_of_day(MONTH, ZONE), start_of_day(date(2027, 1, 1), ZONE))
DUTIES = (Path(__file__).parent / "roster_sheets" / "duties.ics").read_bytes()
# One month holds few enough hours of a year, and no duty stands in a list of busy times.
REFUSED = {
    name: data
    for name, (data, _) in hostile.refused().items()
    if name not in ("hourly for a year", "too many busy times")
}


def _entries(data: bytes, window: Span = WINDOW, month: date = MONTH) -> list[tuple[str, date, str, object]]:
    table = calendar_table(read_calendar(data, window, ZONE).duties, window, ZONE)
    layout = guess_layout(table, month)
    assert layout is not None
    sheet = read_entries(table, layout, month)
    assert sheet.problems == ()
    return [(entry.name, entry.day, entry.text, entry.hours) for entry in sheet.entries]


def test_a_calendar_of_duties_reads_as_a_list() -> None:
    """The date that was given to somebody else is theirs, transparent duties count, cancelled ones do not."""
    night = (time(16), time(8))
    assert _entries(DUTIES) == [
        ("Dr. Sölle", date(2026, 12, 1), "Nacht", (time(20), time(8))),
        ("Ahrend", date(2026, 12, 7), "R", night),
        ("Voß", date(2026, 12, 8), "R", (time(17), time(8))),
        ("Ahrend", date(2026, 12, 9), "R", night),
        ("Straßer, Renée", date(2026, 12, 30), "Urlaub", None),
        ("Straßer, Renée", date(2026, 12, 31), "Urlaub", None),
    ]


def test_a_duty_keeps_its_instants_and_its_uid() -> None:
    first = read_calendar(DUTIES, WINDOW, ZONE).duties[0]
    assert first.span == Span(datetime(2026, 12, 1, 19, tzinfo=UTC), datetime(2026, 12, 2, 7, tzinfo=UTC))
    assert (first.uid, first.is_whole_days) == ("nacht-1@dienst.example", False)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 28), 9), (date(2026, 10, 24), 11), (date(2026, 12, 5), 10)]
)
def test_a_night_over_a_clock_change_keeps_its_local_times(day: date, hours: int) -> None:
    """Line 13 of the failures of others: 22:00 to 08:00 lasts 9, 10 or 11 hours."""
    data = calendar(
        event("UID:a", f"DTSTART;TZID={ZONE}:{day:%Y%m%d}T220000", "DURATION:PT10H", "SUMMARY:N Voss"),
        event(
            "UID:b",
            f"DTSTART;TZID={ZONE}:{day:%Y%m%d}T220000",
            f"DTEND;TZID={ZONE}:{day:%Y%m}{day.day + 1:02}T080000",
            "SUMMARY:N Rieger",
        ),
    )
    month = day.replace(day=1)
    window = Span(start_of_day(month, ZONE), start_of_day(date(2027, 1, 1), ZONE))
    duties = {
        duty.summary: duty.span.duration.total_seconds() / 3600
        for duty in read_calendar(data, window, ZONE).duties
    }
    assert duties["N Rieger"] == hours
    entries = {name: (on, when) for name, on, _, when in _entries(data, window, month)}
    assert entries["Rieger"] == (day, (time(22), time(8)))


def test_a_day_of_24_hours_over_the_change_of_october_is_one_duty() -> None:
    data = calendar(
        event(
            "DTSTART;TZID=Europe/Berlin:20261024T080000",
            "DTEND;TZID=Europe/Berlin:20261025T080000",
            "SUMMARY:H Voss",
        )
    )
    window = Span(start_of_day(date(2026, 10, 1), ZONE), start_of_day(date(2026, 11, 1), ZONE))
    assert _entries(data, window, date(2026, 10, 1)) == [
        ("Voss", date(2026, 10, 24), "H", (time(8), time(8)))
    ]


def test_a_weekend_in_one_event_is_asked_for_by_the_day() -> None:
    data = calendar(event("DTSTART:20261204T170000Z", "DTEND:20261207T070000Z", "SUMMARY:H Voss"))
    table = calendar_table(read_calendar(data, WINDOW, ZONE).duties, WINDOW, ZONE)
    layout = guess_layout(table, MONTH)
    assert layout is not None
    (problem,) = read_entries(table, layout, MONTH).problems
    assert "longer than 24 hours" in str(problem)


def test_what_cannot_be_read_is_said() -> None:
    data = calendar(
        event("DTSTART:morgen", "SUMMARY:N Voss"),
        event("DTSTART;TZID=Mond/Krater:20261201T200000", "DURATION:PT8H", "SUMMARY:N Voss"),
    )
    reading = read_calendar(data, WINDOW, ZONE)
    assert [duty.summary for duty in reading.duties] == ["N Voss"]
    assert len(reading.skipped) == 2


@pytest.mark.parametrize(
    ("summary", "attendee", "expected"),
    [
        ("Nacht: Dr. Sölle", "", ("Nacht", "Dr. Sölle")),
        ("Nacht - Dr. Sölle", "", ("Nacht", "Dr. Sölle")),
        ("Nacht – Meier-Kunz", "", ("Nacht", "Meier-Kunz")),
        ("N Sölle", "", ("N", "Sölle")),
        ("N/R Sölle K.", "", ("N/R", "Sölle K.")),
        ("Rufdienst", "", ("Rufdienst", "")),
        ("Rufdienst", "Eva Voss", ("Rufdienst", "Eva Voss")),
        ("Nacht: Dr. Voss", "Eva Voss", ("Nacht", "Eva Voss")),
        ("Dienst: Nacht", "Eva Voss", ("Dienst: Nacht", "Eva Voss")),
        ("", "", ("", "")),
    ],
)
def test_a_title_says_what_and_who(summary: str, attendee: str, expected: tuple[str, str]) -> None:
    assert split_summary(summary, attendee) == expected


def test_a_series_changed_from_a_day_on_is_refused() -> None:
    data = calendar(
        event(
            "UID:a", "DTSTART:20261201T200000Z", "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=9", "SUMMARY:N Voss"
        ),
        event(
            "UID:a",
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20261203T200000Z",
            "DTSTART:20261203T210000Z",
            "DURATION:PT8H",
            "SUMMARY:N Rieger",
        ),
    )
    with pytest.raises(Refusal, match="one by one"):
        read_calendar(data, WINDOW, ZONE)


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_calendar_is_refused_as_a_file(name: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_calendar(REFUSED[name], WINDOW, ZONE)
    assert refusal.value.field == "file"


def test_more_lines_than_a_sheet_may_have_are_refused() -> None:
    leave = [
        event(f"UID:{n}", "DTSTART;VALUE=DATE:20261201", "DURATION:P31D", "SUMMARY:U Voss") for n in range(70)
    ]
    with pytest.raises(Refusal, match="2000 rows"):
        calendar_table(read_calendar(calendar(*leave), WINDOW, ZONE).duties, WINDOW, ZONE)


def test_a_calendar_is_told_from_a_table() -> None:
    assert is_calendar(DUTIES)
    assert is_calendar(b"\xef\xbb\xbf\r\nbegin:vcalendar\r\n")
    assert not is_calendar(b"Name;1;2")


@given(data=st.binary(max_size=80), at=st.integers(0, len(DUTIES)))
@settings(deadline=None, max_examples=40)
def test_any_bytes_give_duties_or_a_refusal(data: bytes, at: int) -> None:
    try:
        reading = read_calendar(DUTIES[:at] + data + DUTIES[at + len(data) :], WINDOW, ZONE)
    except Refusal as refusal:
        assert refusal.field == "file"
    else:
        calendar_table(reading.duties, WINDOW, ZONE)
