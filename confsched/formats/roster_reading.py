"""What is found while a roster sheet is read: entries, people, days, and what nobody could read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time

from confsched.domain.duty_codes import MAX_CELL
from confsched.errors import Message, msg
from confsched.formats.roster_layouts import Layout, LayoutKind, Row
from confsched.formats.roster_tables import Table

MAX_PROBLEMS = 100


@dataclass(frozen=True)
class SheetEntry:
    """Hold one written cell; row and column count from 1 as Excel does, hours are local.

    The text of a plan is the heading of its column, which is one code however it is written.
    """

    name: str
    day: date
    text: str
    row: int
    column: int
    hours: tuple[time, time] | None = None
    is_heading: bool = False


@dataclass(frozen=True)
class SkippedRow:
    """Hold a row that is neither a person nor a duty: a heading, a sum, a legend, a signature."""

    row: int
    text: str


@dataclass(frozen=True)
class Sheet:
    """Hold what a sheet says about a month; `names` are all its people, also those without an entry.

    `days` are those of the month that a matrix or a plan speaks for, also where nobody has anything.
    """

    entries: tuple[SheetEntry, ...]
    names: tuple[str, ...]
    problems: tuple[Message, ...]
    skipped: tuple[SkippedRow, ...]
    days: frozenset[date] = frozenset()


@dataclass
class Reading:
    """Collect what is found while a sheet is read."""

    table: Table
    layout: Layout
    month: date
    entries: list[SheetEntry] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    problems: list[Message] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    outside: int = 0
    dayless: set[int] = field(default_factory=set)
    days: set[date] = field(default_factory=set)

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield the rows below the headings as Excel counts them."""
        first = self.layout.header_row + 1
        return enumerate(self.table.rows[first:], first + 1)

    def name(self, row: Row) -> str:
        given = cell_of(row, self.layout.given_name_column)
        family = row[self.layout.name_column]
        return f"{family}, {given}" if family and given and given != family else family or given

    def is_inside(self, day: date) -> bool:
        return (day.year, day.month) == (self.month.year, self.month.month)

    def add(self, entry: SheetEntry) -> None:
        if not self.is_inside(entry.day):
            self.outside += 1
        elif len(entry.text) > MAX_CELL and self.layout.kind is LayoutKind.MATRIX:
            self.warn(
                msg(
                    "Row %(row)s: “%(written)s” is too long for a code.",
                    row=entry.row,
                    written=entry.text[:40],
                )
            )
        else:
            self.entries.append(entry)

    def warn(self, problem: Message) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def skip(self, number: int, row: Row) -> None:
        text = next(filter(None, row), "")
        if text:
            self.skipped.append(SkippedRow(number, text))

    def sheet(self) -> Sheet:
        if self.outside:
            self.warn(_outside(self.outside, f"{self.month:%m/%Y}"))
        for column in sorted(self.dayless):
            self.warn(
                msg(
                    "Column %(column)s stands between the days, but its day cannot be read.",
                    column=column_letters(column),
                )
            )
        days = frozenset(filter(self.is_inside, self.days))
        return Sheet(tuple(self.entries), tuple(self.names), tuple(self.problems), tuple(self.skipped), days)


def _outside(count: int, month: str) -> Message:
    if count == 1:
        return msg("Left out because it is outside of %(month)s: 1 entry.", month=month)
    return msg("Left out because they are outside of %(month)s: %(count)s entries.", count=count, month=month)


def column_letters(column: int) -> str:
    """Return what Excel calls the column that counts from 0."""
    return column_letters(column // 26 - 1) + chr(ord("A") + column % 26) if column >= 0 else ""


def cell_of(row: Row, column: int | None) -> str:
    return row[column] if column is not None else ""
