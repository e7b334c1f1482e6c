"""Every calendar file that two installed libraries carry for their own tests is read or refused, fast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from time import perf_counter

import icalendar
import pytest
import recurring_ical_events

from confsched.domain.intervals import Span
from confsched.errors import Refusal
from confsched.formats.busy_calendar import read_busy
from confsched.sandbox import read_busy_safely

BERLIN = "Europe/Berlin"
SECONDS = 5.0
YEARS = (2014, 2019, 2024, 2026)
FOLDERS = {
    "icalendar": (Path(icalendar.__file__).parent / "tests", "*.ics", 163),
    # One of them is named .txt and is a calendar all the same.
    "recurring_ical_events": (Path(recurring_ical_events.__file__).parent / "test" / "calendars", "*.*", 96),
}


@dataclass(frozen=True)
class Outcome:
    """Hold what became of one file."""

    name: str
    sentence: str
    seconds: float
    spans: int


@pytest.mark.parametrize("package", FOLDERS)
def test_every_installed_calendar_is_imported_or_refused_with_a_sentence(
    package: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, pattern, number = FOLDERS[package]
    outcomes = [_read(path) for path in sorted(folder.rglob(pattern))]
    refused = [outcome for outcome in outcomes if outcome.sentence]
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    with capsys.disabled():
        print(
            f"\n{package}: {len(outcomes) - len(refused)} imported, {len(refused)} refused,"
            f" slowest {slowest.seconds:.2f} s ({slowest.name})"
        )
    assert len(outcomes) == number
    assert slowest.seconds < SECONDS
    assert all(outcome.sentence.endswith(".") for outcome in refused)
    assert any(outcome.spans for outcome in outcomes)


@pytest.mark.parametrize("package", FOLDERS)
def test_no_installed_file_with_events_is_refused_without_being_damaged(package: str) -> None:
    folder, pattern, _ = FOLDERS[package]
    for path in sorted(folder.rglob(pattern)):
        sentence = _read(path).sentence
        is_sound = path.read_bytes().lstrip(b"\xef\xbb\xbf\r\n ").upper().startswith(b"BEGIN:VCALENDAR")
        # Free/busy times of another year say nothing about this one.
        is_meant = "damaged" in sentence or "say nothing about" in sentence
        assert not sentence or not is_sound or is_meant, path.name


@pytest.mark.parametrize("package", FOLDERS)
def test_the_largest_files_are_read_alike_in_a_child(package: str) -> None:
    folder, pattern, _ = FOLDERS[package]
    paths = sorted(folder.rglob(pattern), key=lambda path: path.stat().st_size)[-3:]
    for path, window in ((path, window) for path in paths for window in _windows()):
        data = path.read_bytes()
        assert read_busy_safely(data, window, BERLIN) == read_busy(data, window, BERLIN)


@cache
def _read(path: Path) -> Outcome:
    data = path.read_bytes()
    started = perf_counter()
    spans, sentence = 0, ""
    try:
        spans = sum(len(read_busy(data, window, BERLIN).busy) for window in _windows())
    except Refusal as refusal:
        sentence = str(refusal)
    return Outcome(path.name, sentence, perf_counter() - started, spans)


def _windows() -> Iterator[Span]:
    for year in YEARS:
        starts_at = datetime(year, 1, 1, tzinfo=UTC)
        yield Span(starts_at, starts_at + timedelta(days=400))
