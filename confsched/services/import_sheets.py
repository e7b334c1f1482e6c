"""What an imported file says: which of its sheets, where things stand in it, and the month it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any

from confsched.domain.roster_import import SheetSays, Written
from confsched.domain.roster_month import days_of
from confsched.domain.roster_names import plain_letters
from confsched.errors import Refusal, msg
from confsched.formats.roster_files import stored_tables
from confsched.formats.roster_layouts import day_columns, few_day_columns, of_plan
from confsched.formats.roster_plans import plan_at
from confsched.formats.roster_sheets import (
    Layout,
    LayoutKind,
    Sheet,
    find_month,
    guess_layout,
    read_entries,
)
from confsched.formats.roster_tables import Table
from confsched.models.duty_rosters import RosterImport

SHEET, MONTH_IS_RIGHT = "sheet", "month_is_right"


@dataclass(frozen=True)
class Columns:
    """Hold where somebody said that things stand; rows and columns count from 0."""

    kind: LayoutKind
    header_row: int
    name: int
    given_name: int | None = None
    day: int | None = None
    code: int | None = None
    starts: int | None = None
    ends: int | None = None

    def values(self) -> dict[str, Any]:
        return {**self.__dict__, "kind": self.kind.value}


@dataclass(frozen=True)
class OpenedSheet:
    """Hold the sheet of a file that is imported, as far as it can be read.

    `other_month` is the one that the sheet speaks of, where that is not the month it is imported into.
    """

    tables: tuple[Table, ...]
    chosen: int
    is_certain: bool
    layout: Layout | None
    fingerprint: str
    other_month: date | None
    sheet: Sheet | None

    @property
    def table(self) -> Table:
        return self.tables[self.chosen]

    @property
    def is_readable(self) -> bool:
        return self.is_certain and self.sheet is not None and self.other_month is None


def open_sheet(row: RosterImport, layouts: Mapping[str, Mapping[str, Any]]) -> OpenedSheet:
    """Return the sheet that was chosen or fits best, read by the columns that are known or guessed."""
    month, choices = row.roster.month, row.choices
    tables = stored_tables(row.tables)
    best, is_certain = _best_sheet(tables, month)
    chosen = choices.get(SHEET, best)
    table = tables[chosen]
    guess = guess_layout(table, month)
    fingerprint = guess.fingerprint if guess else _first_words(table)
    known = layouts.get(fingerprint)
    layout = _layout(table, month, guess, _columns(known)) if known else guess
    said = None if choices.get(MONTH_IS_RIGHT) else find_month(table)
    return OpenedSheet(
        tables=tables,
        chosen=chosen,
        is_certain=is_certain or SHEET in choices,
        layout=layout,
        fingerprint=fingerprint,
        other_month=said if said and said != month else None,
        sheet=read_entries(table, layout, month) if layout else None,
    )


def _best_sheet(tables: Sequence[Table], month: date) -> tuple[int, bool]:
    """Return the sheet that looks like a roster of the month, and whether no other does."""
    layouts = [guess_layout(table, month) for table in tables]
    # A plan of the duties may stand beside the matrix that it was made from.
    fits = [
        (layout is not None, find_month(table) == month, _is_by_person(layout))
        for table, layout in zip(tables, layouts, strict=True)
    ]
    best = max(range(len(tables)), key=lambda number: fits[number])
    return best, not fits[best][0] or fits.count(fits[best]) == 1


def _is_by_person(layout: Layout | None) -> bool:
    return layout is not None and layout.kind is not LayoutKind.PLAN


def _columns(known: Mapping[str, Any]) -> Columns:
    return Columns(**{**known, "kind": LayoutKind(known["kind"])})


def _layout(table: Table, month: date, guess: Layout | None, columns: Columns) -> Layout | None:
    """Return the layout with the columns that somebody named; None where this sheet does not have them."""
    width = len(table.rows[0])
    used = (columns.name, columns.given_name, columns.day, columns.code, columns.starts, columns.ends)
    if any(column is not None and column >= width for column in used):
        return guess
    layout = Layout(
        columns.kind,
        columns.header_row,
        "",
        columns.name,
        given_name_column=columns.given_name,
        day_column=columns.day,
        code_column=columns.code,
        start_column=columns.starts,
        end_column=columns.ends,
    )
    if columns.kind is LayoutKind.LIST:
        return layout
    if columns.header_row >= len(table.rows):
        return guess
    if columns.kind is LayoutKind.PLAN:
        return _plan(table, month, columns) or guess
    days = _days_at(table, month, columns)
    return replace(layout, days=days) if days else guess


def _days_at(table: Table, month: date, columns: Columns) -> tuple[tuple[int, date], ...]:
    """Return the days of the row that somebody named, where two bare numbers will do."""
    row = table.rows[max(0, columns.header_row)]
    return day_columns(row, month) or few_day_columns(row, month, is_head=True)


def _plan(table: Table, month: date, columns: Columns) -> Layout | None:
    if columns.day is None:
        return None
    plan = plan_at(table, month, columns.header_row, [columns.day])
    return of_plan(plan) if plan else None


def checked_columns(table: Table, month: date, columns: Columns) -> Columns:
    """Return columns that can be read in this sheet; raises Refusal with the field at fault."""
    width, height = len(table.rows[0]), len(table.rows)
    used = (columns.name, columns.given_name, columns.day, columns.code, columns.starts, columns.ends)
    if any(column is not None and not 0 <= column < width for column in used):
        raise Refusal(msg("Choose columns that the sheet has."), field="name_column")
    if not -1 <= columns.header_row < height:
        raise Refusal(msg("Choose a row that the sheet has."), field="header_row")
    if columns.kind is LayoutKind.LIST and (columns.day is None or columns.code is None):
        raise Refusal(msg("A list needs a column for the day and one for the duty."), field="day_column")
    if columns.kind is LayoutKind.PLAN and _plan(table, month, columns) is None:
        raise Refusal(
            msg("Under the headings of this row nobody is named. Choose the row and the column of the days."),
            field="day_column",
        )
    if columns.kind is LayoutKind.MATRIX and not _days_at(table, month, columns):
        raise Refusal(
            msg(
                "There are no days in row %(row)s. Choose the row in which the days stand.",
                row=max(0, columns.header_row) + 1,
            ),
            field="header_row",
        )
    return columns


def _first_words(table: Table) -> str:
    """Name a sheet that cannot be read by itself by the words of its first row, without figures."""
    first = next(row for row in table.rows if any(row))
    words = "\n".join("".join(char for char in plain_letters(text) if char.isalpha()) for text in first)
    return sha256(words.encode()).hexdigest()[:32]


def says(opened: OpenedSheet, month: date) -> SheetSays:
    """Return what the sheet says about the month, for a sheet that can be read."""
    assert opened.sheet is not None and opened.layout is not None, "asked for what can be read only"
    sheet, layout = opened.sheet, opened.layout
    entries = tuple(Written(one.name, one.day, one.text, one.hours, one.is_heading) for one in sheet.entries)
    days = _list_days(entries, month) if layout.kind is LayoutKind.LIST else sheet.days
    return SheetSays(entries, frozenset(sheet.names), days, layout.kind is not LayoutKind.MATRIX)


def _list_days(entries: Sequence[Written], month: date) -> frozenset[date]:
    written = {entry.day for entry in entries}
    if not written:
        return frozenset()
    return frozenset(day for day in days_of(month) if min(written) <= day <= max(written))
