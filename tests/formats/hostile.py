"""Calendar files that mean harm, each made here, and the file around a few content lines."""

from __future__ import annotations

from collections.abc import Iterable

MEGABYTE = 1024 * 1024


def calendar(*entries: str, head: str = "") -> bytes:
    """Return a calendar file around entries, each written with plain line ends."""
    body = "".join(f"{entry.strip()}\n" for entry in (head, *entries) if entry.strip())
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def event(*lines: str) -> str:
    """Return a VEVENT of the given content lines."""
    return "\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT"))


def _repeating(rule: str, *lines: str, start: str = "20260301T080000Z") -> bytes:
    return calendar(event("UID:a", f"DTSTART:{start}", "DURATION:PT30M", f"RRULE:{rule}", *lines))


def _dates(number: int) -> Iterable[str]:
    return (f"2026{day % 12 + 1:02}{day % 28 + 1:02}T{day % 24:02}{day % 60:02}00Z" for day in range(number))


def _many(number: int, *lines: str) -> bytes:
    return calendar(*(event(f"UID:{index}", *lines) for index in range(number)))


def _nested(depth: int) -> bytes:
    opened = "".join(f"BEGIN:X-{level}\r\n" for level in range(depth))
    closed = "".join(f"END:X-{level}\r\n" for level in reversed(range(depth)))
    return f"BEGIN:VCALENDAR\r\n{opened}{closed}END:VCALENDAR\r\n".encode()


def refused() -> dict[str, tuple[bytes, str]]:
    """Return files that have to be refused, each with a part of the sentence that says why."""
    return {
        "nothing": (b" \r\n", "empty"),
        "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "not a calendar file"),
        "a login page": (b"<!doctype html><title>BEGIN:VCALENDAR</title>", "web page"),
        "a bare event": (event("DTSTART:20260301T080000Z").encode(), "not a calendar file"),
        "half a file": (calendar(event("UID:a"))[:-25], "damaged"),
        "crossed blocks": (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n", "damaged"),
        "an end too many": (calendar() + b"END:VCALENDAR\n", "damaged"),
        "two megabytes and a bit": (calendar() + b"x" * 2 * MEGABYTE, "larger than 2 MB"),
        "too many events": (_many(5_001), "more than 5000 entries"),
        "deep nesting": (_nested(1_000), "nests"),
        "endless line": (calendar(event("RRULE:" + "X" * 100_001)), "a line of more than"),
        "every second": (_repeating("FREQ=SECONDLY"), "every minute or second"),
        "every minute": (_repeating("FREQ=MINUTELY;COUNT=3"), "every minute or second"),
        "interval 0": (_repeating("FREQ=DAILY;INTERVAL=0"), "interval of 0"),
        "count 1e8": (_repeating("FREQ=DAILY;COUNT=100000000"), "repeats 100000000 times"),
        "hourly for a year": (_repeating("FREQ=HOURLY"), "too often"),
        "every second of a day": (
            _repeating(
                f"FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))}"
            ),
            "too often",
        ),
        "a long event every day": (
            calendar(
                event("UID:a", "DTSTART:19700101T000000Z", "DTEND:21000101T000000Z", "RRULE:FREQ=DAILY")
            ),
            "too often",
        ),
        "many busy series": (
            calendar(
                *(
                    event(f"UID:{index}", "DTSTART:20260101T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY")
                    for index in range(600)
                )
            ),
            "more than 5000 appointments",
        ),
        "80,000 extra dates": (
            calendar(event("DTSTART:20260301T080000Z", *(f"RDATE:{date}" for date in _dates(80_000)))),
            "single dates",
        ),
        "extra dates in one line": (
            calendar(event("DTSTART:20260301T080000Z", f"RDATE:{','.join(_dates(5_500))}")),
            "single dates",
        ),
        "too many busy times": (
            calendar(
                "BEGIN:VFREEBUSY\n"
                + "\n".join(f"FREEBUSY:{date}/PT1M" for date in _dates(5_500))
                + "\nEND:VFREEBUSY"
            ),
            "single dates",
        ),
        "a series cut to pieces": (
            calendar(
                event("UID:a", "DTSTART:20260301T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=90"),
                *(
                    event(
                        "UID:a",
                        f"RECURRENCE-ID;RANGE=THISANDFUTURE:{date}",
                        f"DTSTART:{date}",
                        "DURATION:PT1H",
                    )
                    for date in _dates(60)
                ),
            ),
            "this and following",
        ),
    }


def harmless() -> dict[str, bytes]:
    """Return files that look for a weak spot of a reader and have to be read without harm."""
    return {
        "a rule that never happens": _repeating("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
        "a day of the year by the day": _repeating("FREQ=DAILY;BYMONTH=1;BYYEARDAY=200"),
        "a position out of reach": _repeating("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=200"),
        "an unknown frequency": _repeating("FREQ=OFTEN"),
        "a rule that ends before it starts": _repeating("FREQ=DAILY;UNTIL=20010101T000000Z"),
        "the year 0": calendar(event("DTSTART:00000101T000000Z", "DURATION:PT1H")),
        "the year 9999": calendar(event("DTSTART:99991231T235959Z", "DURATION:PT1H")),
        "an endless duration": calendar(event("DTSTART:20260301T080000Z", "DURATION:P9999W")),
        "a duration beyond all numbers": calendar(
            event("DTSTART:20260301T080000Z", f"DURATION:P{'9' * 5000}D")
        ),
        "an interval beyond all numbers": _repeating(f"FREQ=DAILY;INTERVAL={'9' * 18}"),
        "letters for numbers": _repeating("FREQ=DAILY;COUNT=٣;INTERVAL=²"),
        "a million parameters": b"BEGIN:VCALENDAR\n" + b"A;" * 900_000 + b"\nEND:VCALENDAR\n",
        "a million quotes": b"BEGIN:VCALENDAR\nDTSTART;A=" + b'"' * 1_000_000 + b"\nEND:VCALENDAR\n",
        "a million folds": b"BEGIN:VCALENDAR\nX:" + b"\r\n " * 600_000 + b"\nEND:VCALENDAR\n",
        "a million carriage returns": b"BEGIN:VCALENDAR" + b"\r" * 1_500_000 + b"END:VCALENDAR\n",
        "bytes that are no text": b"BEGIN:VCALENDAR\nNAME:\xff\xfe\x00\x1b[31m\nEND:VCALENDAR\n",
        "a zone with a path": calendar(
            event("DTSTART;TZID=../../../../etc/passwd:20260301T080000", "DURATION:PT1H")
        ),
        "a zone that is a folder": calendar(event("DTSTART;TZID=Europe:20260301T080000", "DURATION:PT1H")),
        "a zone of a thousand parts": calendar(
            event(f"DTSTART;TZID={'/a' * 1000}:20260301T080000", "DURATION:PT1H")
        ),
    }
