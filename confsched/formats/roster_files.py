"""Any roster file as tables, and tables as values that fit into JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from confsched.domain.intervals import Span
from confsched.errors import Message, Refusal, msg
from confsched.formats.roster_calendars import calendar_table, is_calendar, read_calendar
from confsched.formats.roster_sizes import MAX_BYTES, MAX_MEGABYTES
from confsched.formats.roster_tables import Table, read_tables


@dataclass(frozen=True)
class RosterFile:
    """Hold the tables of a file and what was left out while it was read."""

    tables: tuple[Table, ...]
    notes: tuple[Message, ...] = ()


def read_roster_file(data: bytes, filename: str, window: Span, zone: str) -> RosterFile:
    """Return what a file holds, a calendar as a list; raises Refusal with field "file"."""
    if not is_calendar(data):
        return RosterFile(read_tables(data, filename))
    if len(data) > MAX_BYTES:
        raise Refusal(
            msg("This file is larger than %(limit)s MB. Keep one month of it.", limit=MAX_MEGABYTES),
            field="file",
        )
    reading = read_calendar(data, window, zone)
    if not reading.duties:
        raise Refusal(msg("This calendar has no duty in this month. Export the right month."), field="file")
    return RosterFile((calendar_table(reading.duties, window, zone),), reading.skipped)


def write_tables(tables: Iterable[Table]) -> list[dict[str, Any]]:
    """Return tables as they are stored."""
    return [{"name": table.name, "rows": [list(row) for row in table.rows]} for table in tables]


def stored_tables(values: Iterable[Mapping[str, Any]]) -> tuple[Table, ...]:
    """Return tables as write_tables has written them."""
    return tuple(Table(one["name"], tuple(tuple(row) for row in one["rows"])) for one in values)
