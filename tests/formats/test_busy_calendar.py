"""Foreign calendars become busy time, or are refused with a sentence that helps."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.clock import start_of_day, to_instant
from confsched.domain.intervals import Span, merge
from confsched.errors import Refusal
from confsched.formats.busy_calendar import BusyReading, read_busy
from confsched.formats.busy_limits import MAX_BYTES
from confsched.formats.busy_rules import read_rule
from confsched.formats.busy_zones import find_zone
from tests.formats import hostile
from tests.formats.hostile import calendar, event

BERLIN = "Europe/Berlin"
YEAR = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
REFUSED = hostile.refused()
HARMLESS = hostile.harmless()
OWN_ZONE = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""


def read(data: bytes, window: Span = YEAR) -> BusyReading:
    return read_busy(data, window, BERLIN)


def busy(*lines: str, head: str = "") -> list[str]:
    """Return the busy spans of one event as "MM-DD HH:MM/MM-DD HH:MM" in UTC."""
    return shown(read(calendar(event("UID:a", *lines), head=head)))


def shown(reading: BusyReading) -> list[str]:
    return [f"{span.starts_at:%m-%d %H:%M}/{span.ends_at:%m-%d %H:%M}" for span in reading.busy]


def local(day: date, at: time, hours: float = 1) -> Span:
    starts_at = to_instant(day, at, BERLIN)
    return Span(starts_at, starts_at + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART:20260302T080000Z", "DTEND:20260302T090000Z"], ["03-02 08:00/03-02 09:00"]),
        (["DTSTART:20260302T080000Z", "DURATION:PT1H30M"], ["03-02 08:00/03-02 09:30"]),
        (["DTSTART:20260302T080000", "DURATION:PT1H"], ["03-02 07:00/03-02 08:00"]),
        (["DTSTART;TZID=Europe/Berlin:20260702T080000", "DURATION:PT1H"], ["07-02 06:00/07-02 07:00"]),
        (
            ["DTSTART;TZID=W. Europe Standard Time:20260702T080000", "DURATION:PT1H"],
            ["07-02 06:00/07-02 07:00"],
        ),
        (
            ["DTSTART;TZID=/x.example/Europe/Berlin:20260702T080000", "DURATION:PT1H"],
            ["07-02 06:00/07-02 07:00"],
        ),
        (['DTSTART;TZID="America/New_York":20260702T080000', "DURATION:PT1H"], ["07-02 12:00/07-02 13:00"]),
        (["DTSTART;VALUE=DATE:20260302"], ["03-01 23:00/03-02 23:00"]),
        (["DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260304"], ["03-01 23:00/03-03 23:00"]),
        (["DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260302"], ["03-01 23:00/03-02 23:00"]),
        (["DTSTART:20260302T080000Z"], []),
        (["DTSTART:20260302T080000Z", "DTEND:20260302T080000Z"], []),
        (["DTSTART:20260302T090000Z", "DTEND:20260302T080000Z"], ["03-02 08:00/03-02 09:00"]),
        (["DTSTART:20260302T0800Z", "DURATION:P1D"], ["03-02 08:00/03-03 08:00"]),
        (["dtstart:20260302T080000Z", "duration:P1W"], ["03-02 08:00/03-09 08:00"]),
    ],
)
def test_an_event_is_busy_from_its_start_to_its_end(lines: list[str], expected: list[str]) -> None:
    assert busy(*lines) == expected


@pytest.mark.parametrize(
    ("line", "is_busy"),
    [
        ("TRANSP:OPAQUE", True),
        ("TRANSP:TRANSPARENT", False),
        ("STATUS:CONFIRMED", True),
        ("STATUS:TENTATIVE", True),
        ("STATUS:CANCELLED", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", True),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", True),
    ],
)
@pytest.mark.parametrize("start", ["DTSTART;VALUE=DATE:20260501", "DTSTART:20260501T080000Z"])
def test_what_its_owner_marks_as_free_is_free_and_nothing_else(start: str, line: str, is_busy: bool) -> None:
    """Covers line 20 of PEER_FAILURES: all-day holidays imported as free."""
    end = [] if "DATE" in start else ["DURATION:PT1H"]
    assert bool(busy(start, *end, line)) is is_busy


@pytest.mark.parametrize("clock_change", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_weekly_event_at_nine_stays_at_nine_over_a_clock_change(clock_change: date) -> None:
    """Covers line 19 of PEER_FAILURES: a rule in UTC drifts by an hour after the clock change."""
    first = clock_change - timedelta(days=17)
    data = calendar(
        event(f"DTSTART;TZID={BERLIN}:{first:%Y%m%d}T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=6")
    )
    assert list(read(data).busy) == [local(first + timedelta(weeks=week), time(9)) for week in range(6)]


def test_the_second_tuesday_is_the_second_tuesday_of_each_month() -> None:
    """Covers line 18 of PEER_FAILURES: "second Tuesday" means another day in the file than in the program."""
    data = calendar(
        event(
            f"DTSTART;TZID={BERLIN}:20150113T140000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYDAY=2TU;WKST=SU"
        )
    )
    days = [date(2026, month, day) for month in range(1, 13) for day in range(8, 15)]
    assert list(read(data).busy) == [local(day, time(14)) for day in days if day.weekday() == 1]


@pytest.mark.parametrize(
    ("night", "hours_by_clock", "hours_exact"), [(date(2026, 3, 28), 7, 8), (date(2026, 10, 24), 9, 8)]
)
def test_a_night_ends_at_its_time_of_day_unless_it_has_a_duration(
    night: date, hours_by_clock: int, hours_exact: int
) -> None:
    start = f"DTSTART;TZID={BERLIN}:{night - timedelta(days=1):%Y%m%d}T220000"
    end = f"DTEND;TZID={BERLIN}:{night:%Y%m%d}T060000"
    by_clock = read(calendar(event(start, end, "RRULE:FREQ=DAILY;COUNT=2")))
    exact = read(calendar(event(start, "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=2")))
    assert by_clock.busy[1] == local(night, time(22), hours_by_clock)
    assert exact.busy[1] == local(night, time(22), hours_exact)


def test_a_day_of_a_clock_change_is_busy_for_23_and_25_hours() -> None:
    data = calendar(*(event(f"UID:{day}", f"DTSTART;VALUE=DATE:{day}") for day in ("20260329", "20261025")))
    assert [span.duration for span in read(data).busy] == [timedelta(hours=23), timedelta(hours=25)]


def test_a_time_that_the_clock_skips_means_an_hour_later() -> None:
    assert busy(f"DTSTART;TZID={BERLIN}:20260329T023000", "DURATION:PT30M") == ["03-29 01:30/03-29 02:00"]


@pytest.mark.parametrize(
    ("rule", "first", "step"),
    [
        ("FREQ=DAILY;INTERVAL=3", date(2011, 5, 6), timedelta(days=3)),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=MO", date(2001, 3, 7), timedelta(weeks=2)),
    ],
)
def test_an_old_series_keeps_its_rhythm(rule: str, first: date, step: timedelta) -> None:
    data = calendar(event(f"DTSTART;TZID={BERLIN}:{first:%Y%m%d}T090000", "DURATION:PT1H", f"RRULE:{rule}"))
    days = [first + number * step for number in range(6_000)]
    expected = [local(day, time(9)) for day in days if day.year == 2026]
    assert list(read(data).busy) == expected


@pytest.mark.parametrize(
    ("first", "rule", "days"),
    [
        ("19880229", "FREQ=YEARLY", []),
        ("19880228", "FREQ=YEARLY", ["02-28"]),
        ("20050131", "FREQ=MONTHLY", ["01-31", "03-31", "05-31", "07-31", "08-31", "10-31", "12-31"]),
        ("20051115", "FREQ=MONTHLY;INTERVAL=5", ["04-15", "09-15"]),
        ("19990501", "FREQ=YEARLY;INTERVAL=3;BYMONTH=5;BYMONTHDAY=1", ["05-01"]),
        ("20000501", "FREQ=YEARLY;INTERVAL=3;BYMONTH=5;BYMONTHDAY=1", []),
        ("20260101", "FREQ=YEARLY;BYMONTH=5;BYDAY=2SU;COUNT=1", ["01-01", "05-10"]),
        ("20260105", "FREQ=DAILY;UNTIL=20260107", ["01-05", "01-06", "01-07"]),
        (
            "20260102",
            "FREQ=MONTHLY;BYDAY=2MO,FR;COUNT=6",
            ["01-02", "01-09", "01-12", "01-16", "01-23", "01-30"],
        ),
        (
            "20260105",
            "FREQ=YEARLY;BYMONTH=3;BYDAY=MO,1TU",
            ["01-05", *["03-02", "03-03", "03-09", "03-16", "03-23", "03-30"]],
        ),
        ("20261228", "FREQ=YEARLY;BYDAY=-1TH,MO", ["12-28", "12-31"]),
    ],
)
def test_days_of_old_months_and_years_fall_where_they_belong(first: str, rule: str, days: list[str]) -> None:
    data = calendar(event(f"DTSTART:{first}T120000Z", "DURATION:PT1H", f"RRULE:{rule}"))
    assert [f"{span.starts_at:%m-%d}" for span in read(data).busy] == days


@pytest.mark.parametrize("until", ["20260312", "20260312T080000Z", "20260312T090000"])
def test_the_last_day_of_a_rule_counts_however_it_is_written(until: str) -> None:
    lines = (f"DTSTART;TZID={BERLIN}:20260310T090000", "DURATION:PT1H", f"RRULE:FREQ=DAILY;UNTIL={until}")
    assert busy(*lines) == ["03-10 08:00/03-10 09:00", "03-11 08:00/03-11 09:00", "03-12 08:00/03-12 09:00"]


def test_moved_cancelled_extra_and_excepted_dates_are_honoured() -> None:
    series = event(
        "UID:a",
        f"DTSTART;TZID={BERLIN}:20260302T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;COUNT=5",
        f"EXDATE;TZID={BERLIN}:20260309T090000",
        "RDATE:20260304T080000Z",
    )
    moved = event("UID:a", "RECURRENCE-ID:20260316T080000Z", "DTSTART:20260317T120000Z", "DURATION:PT2H")
    cancelled = event(
        "UID:a",
        f"RECURRENCE-ID;TZID={BERLIN}:20260323T090000",
        "DTSTART:20260323T080000Z",
        "DURATION:PT1H",
        "STATUS:CANCELLED",
    )
    assert shown(read(calendar(series, moved, cancelled))) == [
        "03-02 08:00/03-02 09:00",
        "03-04 08:00/03-04 09:00",
        "03-17 12:00/03-17 14:00",
        "03-30 07:00/03-30 08:00",
    ]


def test_a_date_of_an_old_series_moved_into_the_window_is_busy() -> None:
    series = event("UID:a", "DTSTART:20200106T080000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=4")
    moved = event("UID:a", "RECURRENCE-ID:20200113T080000Z", "DTSTART:20260305T080000Z", "DURATION:PT1H")
    assert shown(read(calendar(series, moved))) == ["03-05 08:00/03-05 09:00"]


def test_the_newer_version_of_an_event_counts_and_two_events_under_one_uid_both_do() -> None:
    old = event("UID:a", "SEQUENCE:1", "DTSTART:20260302T080000Z", "DURATION:PT1H")
    new = event("UID:a", "SEQUENCE:2", "DTSTART:20260303T080000Z", "DURATION:PT1H")
    other = event("UID:a", "SEQUENCE:2", "DTSTART:20260304T080000Z", "DURATION:PT1H")
    assert shown(read(calendar(new, old, other))) == ["03-03 08:00/03-03 09:00", "03-04 08:00/03-04 09:00"]


def test_free_busy_objects_are_read_by_kind() -> None:
    data = calendar(
        "\n".join(
            (
                "BEGIN:VFREEBUSY",
                "FREEBUSY:20260302T080000Z/20260302T090000Z,20260302T100000Z/PT30M",
                "FREEBUSY;FBTYPE=FREE:20260303T080000Z/PT1H",
                "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260304T080000Z/PT1H",
                "FREEBUSY;FBTYPE=X-LUNCH:20260305T080000Z/PT1H",
                "FREEBUSY:nonsense",
                "END:VFREEBUSY",
            )
        )
    )
    reading = read(data)
    assert [f"{span.starts_at:%d %H}" for span in reading.busy] == ["02 08", "02 10", "04 08", "05 08"]
    assert ["1 busy times" in str(message) for message in reading.skipped] == [True]


def test_a_zone_defined_in_the_file_is_used_and_a_wrong_definition_of_a_known_zone_is_not() -> None:
    lines = ("DTSTART;TZID={name}:20260702T080000", "DURATION:PT1H")
    own = [line.format(name="Eigene Zone") for line in lines]
    known = [line.format(name="America/New_York") for line in lines]
    assert busy(*own, head=OWN_ZONE.format(name="Eigene Zone")) == ["07-02 06:00/07-02 07:00"]
    assert busy(*known, head=OWN_ZONE.format(name="America/New_York")) == ["07-02 12:00/07-02 13:00"]


def test_two_files_may_define_one_zone_name_differently() -> None:
    lines = ("DTSTART;TZID=Eigene:20260702T080000", "DURATION:PT1H")
    shifted = OWN_ZONE.replace("+0200", "+0300").replace("+0100", "+0200")
    assert busy(*lines, head=OWN_ZONE.format(name="Eigene")) == ["07-02 06:00/07-02 07:00"]
    assert busy(*lines, head=shifted.format(name="Eigene")) == ["07-02 05:00/07-02 06:00"]


@pytest.mark.parametrize(
    "head", ["", OWN_ZONE.format(name="Nirgendwo").replace("TZOFFSETTO:+0100", "TZOFFSETTO:x")]
)
def test_an_unknown_zone_is_read_as_the_readers_own_and_said(head: str) -> None:
    reading = read(calendar(event("DTSTART;TZID=Nirgendwo:20260702T080000", "DURATION:PT1H"), head=head))
    assert shown(reading) == ["07-02 06:00/07-02 07:00"]
    assert "Nirgendwo" in str(reading.skipped[0])
    assert BERLIN in str(reading.skipped[0])


def test_what_cannot_be_read_is_left_out_once_by_name_and_number() -> None:
    data = calendar(
        event("UID:a", "SUMMARY:no start"),
        event("UID:b", "DTSTART:soon"),
        event("UID:c", "DTSTART:20260302T080000Z", "DTEND:later"),
        event("UID:d", "DTSTART:20260302T080000Z", "DURATION:PT1H", "RRULE:FREQ=OFTEN"),
        event("UID:e", "DTSTART:20260304T080000Z", "DURATION:PT1H", "EXDATE:never"),
        "BEGIN:VAVAILABILITY\nEND:VAVAILABILITY",
    )
    reading = read(data)
    assert shown(reading) == ["03-02 08:00/03-02 09:00", "03-04 08:00/03-04 09:00"]
    assert sorted(str(message.values["count"]) for message in reading.skipped) == ["1", "1", "1", "1", "2"]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("X-WR-CALNAME:Dienst\\, OP", "Dienst, OP"),
        ("NAME:Neu\nX-WR-CALNAME:Alt", "Neu"),
        ("X-WR-CALNAME:Klinik\n  Süd", "Klinik Süd"),
        ("X-WR-CALNAME:\x1b[31m" + "x" * 500, "[31m" + "x" * 116),
        ("", None),
    ],
)
def test_the_name_is_the_calendars_own_fit_for_one_line(head: str, name: str | None) -> None:
    assert read(calendar(head=head)).name == name


def test_a_cancelled_invitation_is_free() -> None:
    assert busy("DTSTART:20260302T080000Z", "DURATION:PT1H", head="METHOD:CANCEL") == []


def test_busy_time_is_cut_to_the_window_and_merged() -> None:
    window = Span(datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC))
    data = calendar(
        event("UID:a", "DTSTART:20260302T070000Z", "DURATION:PT2H"),
        event("UID:b", "DTSTART:20260302T090000Z", "DURATION:PT1H"),
        event("UID:c", "DTSTART:20260302T113000Z", "DURATION:P9D"),
        event("UID:d", "DTSTART:20260302T120000Z", "DURATION:PT1H"),
    )
    assert shown(read(data, window)) == ["03-02 08:00/03-02 10:00", "03-02 11:30/03-02 12:00"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_harmful_file_is_refused_quickly_with_a_sentence(name: str) -> None:
    data, reason = REFUSED[name]
    started = perf_counter()
    with pytest.raises(Refusal, match=reason):
        read(data)
    assert perf_counter() - started < 5


@pytest.mark.parametrize("name", HARMLESS)
def test_a_file_that_probes_the_reader_is_read_quickly(name: str) -> None:
    started = perf_counter()
    read(HARMLESS[name])
    assert perf_counter() - started < 5


def test_a_full_calendar_within_the_limits_is_read() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number % 365) for number in range(4_900)]
    data = calendar(
        *(
            event(f"UID:{number}", f"DTSTART:{day:%Y%m%d}T{number % 24:02}0000Z", "DURATION:PT1H")
            for number, day in enumerate(days)
        )
    )
    assert len(data) < MAX_BYTES
    assert read(data).busy


@pytest.mark.parametrize(
    "name", ["Europe", "posix/../x", "", "/", "a" * 500, "Europe/Berlin\x00", "../Berlin"]
)
def test_names_that_are_no_zone_are_not_found(name: str) -> None:
    assert find_zone(name) is None


@pytest.mark.parametrize(
    "text", ["", "FREQ=", "FREQ=DAILY;BYMONTH=13", "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;COUNT=x"]
)
def test_a_rule_that_is_nonsense_is_told_from_an_attack(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_rule(text)


starts = st.integers(-40_000, 540_000).map(lambda minutes: YEAR.starts_at + timedelta(minutes=minutes))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(starts, st.integers(1, 3_000)), max_size=20))
def test_single_events_are_read_as_the_union_of_their_spans(times: list[tuple[datetime, int]]) -> None:
    data = calendar(
        *(
            event(f"UID:{number}", f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DURATION:PT{minutes}M")
            for number, (start, minutes) in enumerate(times)
        )
    )
    spans = [Span(start, start + timedelta(minutes=minutes)) for start, minutes in times]
    inside = [span for span in spans if span.overlaps(YEAR)]
    cut = [Span(max(s.starts_at, YEAR.starts_at), min(s.ends_at, YEAR.ends_at)) for s in inside]
    assert list(read(data).busy) == merge(cut)


@settings(deadline=None, max_examples=40)
@given(st.dates(date(2026, 1, 2), date(2026, 12, 20)), st.integers(1, 5))
def test_whole_days_are_busy_from_midnight_to_midnight(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    data = calendar(event(f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"DTEND;VALUE=DATE:{last:%Y%m%d}"))
    assert list(read(data).busy) == [Span(start_of_day(first, BERLIN), start_of_day(last, BERLIN))]


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=400), st.sampled_from(["", "BEGIN:VCALENDAR\n", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n"]))
def test_no_bytes_crash_the_reader(noise: bytes, head: str) -> None:
    tail = "".join(f"END:{name.removeprefix('BEGIN:')}\n" for name in reversed(head.split()))
    try:
        read(head.encode() + noise + b"\n" + tail.encode())
    except Refusal as refusal:
        assert str(refusal)


LINES = st.sampled_from(
    [
        *("DTSTART:20260301T080000Z", "DTSTART;VALUE=DATE:20260301", "DTSTART:20260301T080000", "DTSTART:x"),
        *(
            "DTEND:20260301T090000Z",
            "DTEND;VALUE=DATE:20260303",
            "DURATION:PT1H",
            "DURATION:-PT1H",
            "DURATION:P",
        ),
        *("RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=WEEKLY;UNTIL=20260401", "RRULE:FREQ=YEARLY;BYWEEKNO=53"),
        *("RRULE:FREQ=HOURLY;INTERVAL=30", "RRULE:FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO,TU", "RRULE:;;=;FREQ"),
        *("EXDATE;VALUE=DATE:20260302", "EXDATE:20260302T080000Z", "RDATE:20260305", "RDATE:20260305T080000"),
        *("RDATE;VALUE=PERIOD:20260306T080000Z/PT2H", "RDATE:20260306T080000Z/20260305T080000Z"),
        *("RECURRENCE-ID:20260302T080000Z", "RECURRENCE-ID;VALUE=DATE:20260302", "SEQUENCE:7", "SEQUENCE:x"),
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260302T080000Z",
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.lists(LINES, max_size=6), max_size=4))
def test_no_mixture_of_sound_lines_crashes_the_reader(events: list[list[str]]) -> None:
    read(calendar(*(event("UID:same", *lines) for lines in events)))
