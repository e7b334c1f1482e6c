"""Who has which code on which day, out of a roster sheet in either shape."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from confsched.domain.duty_codes import MAX_CELL
from confsched.errors import Message, msg
from confsched.formats import roster_words as words
from confsched.formats.roster_layouts import Layout, LayoutKind, Row, day_columns, guess_layout
from confsched.formats.roster_tables import Table

__all__ = [
    "Layout",
    "LayoutKind",
    "Sheet",
    "SheetEntry",
    "SkippedRow",
    "find_month",
    "guess_layout",
    "read_entries",
]

MAX_PROBLEMS = 100
MAX_NAME = 60
MIN_DATES = 5
TITLE_ROWS = 10
LONGEST_DUTY = timedelta(hours=24)

_ANY_MONTH = date(2000, 1, 1)
_NOTHING = re.compile(r"[-–—./_\s]*")
_STAND = frozenset({"stand", "version", "erstellt", "datum", "gedruckt", "printed"})


@dataclass(frozen=True)
class SheetEntry:
    """Hold one written cell; row and column count from 1 as Excel does, hours are local."""

    name: str
    day: date
    text: str
    row: int
    column: int
    hours: tuple[time, time] | None = None


@dataclass(frozen=True)
class SkippedRow:
    """Hold a row that is neither a person nor a duty: a heading, a sum, a legend, a signature."""

    row: int
    text: str


@dataclass(frozen=True)
class Sheet:
    """Hold what a sheet says about a month; `names` are all its people, also those without an entry."""

    entries: tuple[SheetEntry, ...]
    names: tuple[str, ...]
    problems: tuple[Message, ...]
    skipped: tuple[SkippedRow, ...]


@dataclass
class _Reading:
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

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield the rows below the headings as Excel counts them."""
        first = self.layout.header_row + 1
        return enumerate(self.table.rows[first:], first + 1)

    def name(self, row: Row) -> str:
        given = _cell(row, self.layout.given_name_column)
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
            self.warn(
                msg(
                    "Left out because they are outside of %(month)s: %(count)s entries.",
                    count=self.outside,
                    month=f"{self.month:%m/%Y}",
                )
            )
        for column in sorted(self.dayless):
            self.warn(
                msg(
                    "Column %(column)s stands between the days, but its day cannot be read.",
                    column=_column_letters(column),
                )
            )
        return Sheet(tuple(self.entries), tuple(self.names), tuple(self.problems), tuple(self.skipped))


def read_entries(table: Table, layout: Layout, month: date) -> Sheet:
    """Return the entries of the month; what cannot be read is said, and no row is dropped unseen."""
    reading = _Reading(table, layout, month)
    if layout.kind is LayoutKind.MATRIX:
        _read_matrix(reading)
    else:
        _read_list(reading)
    return reading.sheet()


def find_month(table: Table) -> date | None:
    """Return the first day of the month that the dates, the title or the sheet's name speak of."""
    dates = (cell for row in table.rows for cell in row if words.is_full_day(cell))
    days = (words.read_day(cell, _ANY_MONTH) for cell in dates)
    months = Counter(day.replace(day=1) for day in days if day)
    if months and (common := months.most_common(1)[0])[1] >= max(2, months.total() / 2):
        return common[0]
    titled = {month for row in table.rows[:TITLE_ROWS] for month in words.months_in(_title(row))}
    named = titled or words.months_in(table.name)
    return named.pop() if len(named) == 1 else None


def _title(row: Row) -> str:
    texts = dict.fromkeys(cell for cell in row if words.first_word(cell) not in _STAND)
    return " ".join(text for text in texts if words.read_day(text, _ANY_MONTH) is None)


# ---- names by days ----


def _read_matrix(reading: _Reading) -> None:
    columns = reading.layout.days
    _check_weekdays(reading)
    is_over = False
    for number, row in reading.rows():
        name = reading.name(row)
        is_over = is_over or words.first_word(name) in words.LAST_WORDS
        if is_over:
            reading.skip(number, row)
        elif not _is_footer(name) and (days := day_columns(row, reading.month)):
            columns = days  # the second half of the month below the first, or a second page
        else:
            _read_person(reading, number, row, columns)


def _read_person(reading: _Reading, number: int, row: Row, columns: Sequence[tuple[int, date]]) -> None:
    name = reading.name(row)
    cells = [(column, day) for column, day in columns if not _NOTHING.fullmatch(row[column])]
    texts = {row[column] for column, _ in cells}
    if _is_heading(name, texts) or _is_note(name, texts):
        reading.skip(number, row)
    elif words.word(name):
        reading.names[name] = None
        reading.dayless |= _dayless(row, columns)
        for column, day in cells:
            reading.add(SheetEntry(name, day, row[column], number, column + 1))
    elif _is_beside_names(reading, texts):
        reading.skip(number, row)
    else:
        reading.warn(msg("Row %(row)s has entries but no name.", row=number))


def _dayless(row: Row, columns: Sequence[tuple[int, date]]) -> set[int]:
    """Return the columns between the days that hold something like a code and belong to no day."""
    known = {column for column, _ in columns}
    between = range(min(known), max(known)) if known else ()
    return {column for column in between if column not in known and words.word(row[column])}


def _column_letters(column: int) -> str:
    """Return what Excel calls the column that counts from 0."""
    return _column_letters(column // 26 - 1) + chr(ord("A") + column % 26) if column >= 0 else ""


def _is_heading(name: str, texts: set[str]) -> bool:
    """Tell a row of weekdays or days, or one text merged over all columns, from a person."""
    is_named = bool(words.word(name)) and words.first_word(name) not in words.NAME_WORDS
    are_days = all(words.find_weekday(text) is not None for text in texts)
    return bool(texts) and (texts == {name} or (are_days and not is_named))


def _is_footer(name: str) -> bool:
    return words.first_word(name) in words.FOOTER_WORDS and "," not in name


def _is_note(name: str, texts: set[str]) -> bool:
    """Tell "Summe", "T = Tag 08-16", "gez. ..." and "Oberärzte" from a person."""
    if "=" in name or _is_footer(name):
        return True
    if texts:
        return False
    is_group = words.word(name).endswith(words.GROUP_ENDINGS)
    return is_group or len(name) > MAX_NAME or any(char.isdigit() or char in ":;" for char in name)


def _is_beside_names(reading: _Reading, texts: set[str]) -> bool:
    """Tell whether a row without a name holds holidays above the people, sums or remarks below them."""
    return not reading.names or all(text.isdigit() or len(text) > MAX_CELL for text in texts)


def _check_weekdays(reading: _Reading) -> None:
    """Warn where the weekdays beside the days belong to another month."""
    header_row, rows = reading.layout.header_row, reading.table.rows
    for row in rows[max(header_row - 1, 0) : header_row + 2]:
        pairs = [(words.find_weekday(row[column]), day) for column, day in reading.layout.days]
        known = [weekday == day.weekday() for weekday, day in pairs if weekday is not None]
        if len(known) >= MIN_DATES and sum(known) < len(known) / 2:
            reading.warn(
                msg(
                    "The weekdays of this sheet are not those of %(month)s. Check the month.",
                    month=f"{reading.month:%m/%Y}",
                )
            )
            return


# ---- a line for each duty ----


def _read_list(reading: _Reading) -> None:
    day: date | None = None
    for number, row in reading.rows():
        written = _cell(row, reading.layout.day_column)
        if words.word(written) in words.DAY_WORDS or not (written or _is_full_line(reading, row, day)):
            reading.skip(number, row)
            continue
        # A day that is written once counts for the lines below it.
        day = words.read_day(written, reading.month) if written else day
        _read_line(reading, number, row, day)


def _is_full_line(reading: _Reading, row: Row, day: date | None) -> bool:
    return day is not None and bool(reading.name(row) and _code(row, reading.layout))


def _read_line(reading: _Reading, number: int, row: Row, day: date | None) -> None:
    layout = reading.layout
    name, text = reading.name(row), _code(row, layout)
    if day is None and not (name and text):
        reading.skip(number, row)
    elif day is None:
        written = _cell(row, layout.day_column)
        reading.warn(
            msg("Row %(row)s: the day “%(written)s” cannot be read.", row=number, written=written[:40])
        )
    elif not words.word(name):
        reading.warn(msg("Row %(row)s has entries but no name.", row=number))
    elif not text:
        reading.warn(msg("Row %(row)s: %(name)s has no code.", row=number, name=name[:40]))
    elif _lasts_too_long(row, layout, day, reading.month):
        reading.warn(msg("Row %(row)s lasts longer than 24 hours. Write a line for each day.", row=number))
    else:
        if reading.is_inside(day):
            reading.names[name] = None
        column = layout.code_column if layout.code_column is not None else layout.line_column
        reading.add(SheetEntry(name, day, text, number, (column or 0) + 1, _hours(row, layout)))


def _code(row: Row, layout: Layout) -> str:
    return _cell(row, layout.code_column) or _cell(row, layout.line_column)


def _hours(row: Row, layout: Layout) -> tuple[time, time] | None:
    starts = words.read_time(_cell(row, layout.start_column))
    ends = words.read_time(_cell(row, layout.end_column))
    return (starts, ends) if starts is not None and ends is not None else None


def _lasts_too_long(row: Row, layout: Layout, day: date, month: date) -> bool:
    """Tell whether the end names a day that is too far from the start to be one duty."""
    text = _cell(row, layout.end_column)
    last = words.read_day(text, month) if words.is_full_day(text) else None
    if last is None:
        return False
    starts, ends = _hours(row, layout) or (time.min, time.min)
    return datetime.combine(last, ends) - datetime.combine(day, starts) > LONGEST_DUTY


def _cell(row: Row, column: int | None) -> str:
    return row[column] if column is not None else ""
