"""Free/busy objects say when somebody is busy, and nothing about the time they do not speak of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain.intervals import Span
from confsched.errors import Refusal
from confsched.formats.busy_calendar import BusyReading, read_busy
from confsched.sandbox import read_busy_safely

BERLIN = "Europe/Berlin"
MARCH = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
SPOKEN = ("DTSTART:20260302T000000Z", "DTEND:20260330T000000Z")


def free_busy(*lines: str) -> bytes:
    parts = ("BEGIN:VCALENDAR", "METHOD:PUBLISH", "BEGIN:VFREEBUSY", *lines, "END:VFREEBUSY", "END:VCALENDAR")
    return "\r\n".join((*parts, "")).encode()


def read(*lines: str) -> BusyReading:
    return read_busy(free_busy(*lines), MARCH, BERLIN)


def span(starts: str, ends: str) -> Span:
    return Span(
        *(datetime.strptime(text, "%d %H:%M").replace(2026, 3, tzinfo=UTC) for text in (starts, ends))
    )


@pytest.mark.parametrize(
    ("line", "is_busy"),
    [
        ("FREEBUSY:", True),
        ("FREEBUSY;FBTYPE=BUSY:", True),
        ("FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:", True),
        ("FREEBUSY;FBTYPE=BUSY-TENTATIVE:", True),
        ("FREEBUSY;fbtype=busy-tentative:", True),
        ("FREEBUSY;FBTYPE=X-OUT-OF-OFFICE:", True),
        ('FREEBUSY;X-UID=a;X-SUMMARY="x:y;z";FBTYPE=BUSY:', True),
        ("FREEBUSY;FBTYPE=FREE:", False),
    ],
)
def test_every_kind_but_free_is_busy(line: str, is_busy: bool) -> None:
    busy = read(*SPOKEN, f"{line}20260304T090000Z/20260304T100000Z").busy
    assert busy == ((span("04 09:00", "04 10:00"),) if is_busy else ())


def test_periods_stand_in_lists_and_lines_with_an_end_or_a_length() -> None:
    lines = (
        "FREEBUSY:20260304T090000Z/PT1H,20260305T090000Z/20260305T100000Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260304T093000Z/PT1H30M,20260306T220000Z/P",
        " T8H",
    )
    assert read(*SPOKEN, *lines).busy == (
        span("04 09:00", "04 11:00"),
        span("05 09:00", "05 10:00"),
        span("06 22:00", "07 06:00"),
    )


def test_a_night_over_the_clock_change_lasts_as_long_as_it_says() -> None:
    """Periods are in UTC (RFC 5545, 3.8.2.6): 22:00 to 06:00 in Berlin is seven hours on this night."""
    busy = read(*SPOKEN, "FREEBUSY:20260328T210000Z/PT7H").busy
    assert busy == (span("28 21:00", "29 04:00"),)


def test_only_the_time_that_is_spoken_of_is_known() -> None:
    """Peer failure 31."""
    assert read(*SPOKEN).known == span("02 00:00", "30 00:00")
    assert read("DTSTART:20250101T000000Z", "DTEND:20280101T000000Z").known == MARCH


def test_a_file_without_bounds_speaks_from_its_first_to_its_last_period() -> None:
    reading = read(
        "FREEBUSY:20260310T090000Z/PT1H,20260304T090000Z/PT1H", "FREEBUSY;FBTYPE=FREE:20260311T090000Z/PT1H"
    )
    assert reading.known == span("04 09:00", "11 10:00")


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("DTSTART:20250101T000000Z", "DTEND:20250201T000000Z"),
        ("DTSTART:20260302T000000Z", "DTEND:20260302T000000Z"),
        ("DTSTART:soon", "DTEND:later"),
        ("DTSTART:20260302T000000Z",),
    ],
    ids=["nothing", "last year", "no time", "unreadable", "no end"],
)
def test_a_file_that_speaks_of_no_time_to_come_is_refused(lines: tuple[str, ...]) -> None:
    """Peer failure 31."""
    with pytest.raises(Refusal, match="say nothing about the coming weeks"):
        read(*lines)


def test_several_objects_are_known_where_they_touch() -> None:
    two = free_busy("DTSTART:20260302T000000Z", "DTEND:20260310T000000Z").replace(
        b"END:VFREEBUSY",
        b"END:VFREEBUSY\r\nBEGIN:VFREEBUSY\r\nDTSTART:20260310T000000Z\r\nDTEND:20260320T000000Z\r\nEND:VFREEBUSY\r\n"
        b"BEGIN:VFREEBUSY\r\nDTSTART:20260325T000000Z\r\nDTEND:20260326T000000Z\r\nEND:VFREEBUSY",
    )
    assert read_busy(two, MARCH, BERLIN).known == span("02 00:00", "20 00:00")


def test_an_unreadable_period_is_named_and_the_others_are_read() -> None:
    reading = read(*SPOKEN, "FREEBUSY:soon/later,20260304T090000Z/PT1H")
    assert len(reading.busy) == 1
    assert "1 busy times" in str(reading.skipped[0])


def test_a_calendar_with_appointments_is_known_as_a_whole() -> None:
    event = b"BEGIN:VEVENT\r\nDTSTART:20260304T090000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nBEGIN:VFREEBUSY"
    reading = read_busy(free_busy(*SPOKEN).replace(b"BEGIN:VFREEBUSY", event), MARCH, BERLIN)
    assert (len(reading.busy), reading.known) == (1, None)


def test_the_child_says_what_is_known_as_well() -> None:
    data = free_busy(*SPOKEN, "FREEBUSY:20260304T090000Z/PT1H")
    assert read_busy_safely(data, MARCH, BERLIN) == read_busy(data, MARCH, BERLIN)


@given(st.lists(st.tuples(st.integers(0, 700), st.integers(1, 50)), max_size=20), st.booleans())
def test_busy_and_known_never_leave_the_window(periods: list[tuple[int, int]], has_bounds: bool) -> None:
    starts = [MARCH.starts_at + timedelta(hours=hour) for hour, _ in periods]
    texts = [f"{at:%Y%m%dT%H%M%SZ}/PT{hours}H" for at, (_, hours) in zip(starts, periods, strict=True)]
    lines = [f"FREEBUSY:{text}" for text in texts]
    if not has_bounds and not periods:
        return
    reading = read(*(SPOKEN if has_bounds else ()), *lines)
    assert reading.known is not None
    for found in (*reading.busy, reading.known):
        assert MARCH.starts_at <= found.starts_at < found.ends_at <= MARCH.ends_at
    for at in starts:
        assert any(found.starts_at <= at < found.ends_at for found in reading.busy)
