"""Roster files of every kind become tables, and tables become values and come back."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from confsched import sandbox
from confsched.domain.roster_month import month_span
from confsched.errors import Refusal
from confsched.formats.roster_files import read_roster_file, stored_tables, write_tables
from confsched.sandbox import read_roster_safely
from tests.formats.roster_books import refused, workbook

WINDOW, ZONE = month_span(date(2026, 12, 1), "Europe/Berlin"), "Europe/Berlin"
SHEETS = Path(__file__).parent / "roster_sheets"


@pytest.mark.parametrize("name", sorted(path.name for path in SHEETS.iterdir()))
def test_a_file_is_the_same_after_it_was_stored(name: str) -> None:
    read = read_roster_file((SHEETS / name).read_bytes(), name, WINDOW, ZONE)

    assert read.tables
    assert stored_tables(json.loads(json.dumps(write_tables(read.tables)))) == read.tables


def test_a_calendar_without_a_duty_in_the_month_and_one_too_large_are_refused() -> None:
    calendar = (SHEETS / "duties.ics").read_bytes()
    with pytest.raises(Refusal, match="no duty in this month"):
        read_roster_file(calendar, "x.ics", month_span(date(2031, 1, 1), ZONE), ZONE)
    with pytest.raises(Refusal, match="larger than 2 MB"):
        read_roster_file(calendar + b" " * 2 * 1024 * 1024, "x.ics", WINDOW, ZONE)


def test_a_child_process_reads_alike_and_gives_refusals_back() -> None:
    data = workbook([["Name", 1, 2], ["Rieger", "N", "R"]])
    assert read_roster_safely(data, "x.xlsx", WINDOW, ZONE) == read_roster_file(data, "x.xlsx", WINDOW, ZONE)
    with pytest.raises(Refusal, match="far more") as caught:
        read_roster_safely(refused()["a zip bomb"][0], "x.xlsx", WINDOW, ZONE)
    assert caught.value.field == "file"


def test_a_workbook_that_takes_too_long_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_arguments: object, **_options: object) -> dict[str, object]:
        raise sandbox.ChildFailed("time")

    monkeypatch.setattr(sandbox, "run", hang)
    with pytest.raises(Refusal, match="takes too long to read") as caught:
        read_roster_safely(b"PK", "x.xlsx", WINDOW, ZONE)
    assert caught.value.field == "file"
