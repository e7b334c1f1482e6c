"""Who has which code on which day, out of a roster sheet of any shape."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from confsched.domain.duty_codes import MAX_CELL
from confsched.errors import msg
from confsched.formats import roster_words as words
from confsched.formats.roster_layouts import (
    Layout,
    LayoutKind,
    Row,
    day_columns,
    few_day_columns,
    guess_layout,
)
from confsched.formats.roster_plans import DutyColumn, days_of_rows, is_nobody, names_alone, split_names
from confsched.formats.roster_reading import Reading, Sheet, SheetEntry, SkippedRow, cell_of, column_letters
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

MAX_NAME = 60
MIN_DATES = 5
TITLE_ROWS = 10
LONGEST_DUTY = timedelta(hours=24)

_ANY_MONTH = date(2000, 1, 1)
_NOTHING = re.compile(r"[-–—./_\s]*")
_STAND = frozenset({"stand", "version", "erstellt", "datum", "gedruckt", "printed"})


def read_entries(table: Table, layout: Layout, month: date) -> Sheet:
    """Return the entries of the month; what cannot be read is said, and no row is dropped unseen."""
    reading = Reading(table, layout, month)
    read = {LayoutKind.MATRIX: _read_matrix, LayoutKind.LIST: _read_list, LayoutKind.PLAN: _read_plan}
    read[layout.kind](reading)
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


def _read_matrix(reading: Reading) -> None:
    columns = reading.layout.days
    reading.days.update(day for _, day in columns)
    _check_heading_weekdays(reading)
    is_over = False
    for number, row in reading.rows():
        name = reading.name(row)
        is_over = is_over or words.first_word(name) in words.LAST_WORDS
        if is_over:
            reading.skip(number, row)
        elif days := _next_days(name, row, reading.month):
            columns = days  # the second half of the month below the first, or a second page
            reading.days.update(day for _, day in days)
        else:
            _read_person(reading, number, row, columns)


def _next_days(name: str, row: Row, month: date) -> tuple[tuple[int, date], ...]:
    """Return the days of another row of headings; the last week of a month may have two of them."""
    if _is_footer(name):
        return ()
    is_head = words.word(name) in words.NAME_WORDS
    return day_columns(row, month) or (
        few_day_columns(row, month, is_head=is_head) if is_head or not name else ()
    )


def _read_person(reading: Reading, number: int, row: Row, columns: Sequence[tuple[int, date]]) -> None:
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


def _is_beside_names(reading: Reading, texts: set[str]) -> bool:
    """Tell whether a row without a name holds holidays above the people, sums or remarks below them."""
    return not reading.names or all(text.isdigit() or len(text) > MAX_CELL for text in texts)


def _check_heading_weekdays(reading: Reading) -> None:
    header_row, rows = reading.layout.header_row, reading.table.rows
    for row in rows[max(header_row - 1, 0) : header_row + 2]:
        if _check_weekdays(reading, ((row[column], day) for column, day in reading.layout.days)):
            return


def _check_weekdays(reading: Reading, written: Iterable[tuple[str, date]]) -> bool:
    """Warn where the weekdays beside the days belong to another month."""
    pairs = [(words.find_weekday(text), day) for text, day in written]
    known = [weekday == day.weekday() for weekday, day in pairs if weekday is not None]
    if len(known) < MIN_DATES or sum(known) >= len(known) / 2:
        return False
    reading.warn(
        msg(
            "The weekdays of this sheet are not those of %(month)s. Check the month.",
            month=f"{reading.month:%m/%Y}",
        )
    )
    return True


# ---- days by duties ----


def _read_plan(reading: Reading) -> None:
    plan, rows = reading.layout.plan, reading.table.rows
    assert plan is not None, "a layout of this kind has its plan"
    columns = {duty.day_column for duty in plan.duties}
    days = {column: _plan_days(reading, column) for column in columns}
    _check_weekdays(reading, _weekdays(reading, days))
    alone = names_alone(rows[row][duty.column] for duty in plan.duties for row in days[duty.day_column])
    for number, row in reading.rows():
        duties = [duty for duty in plan.duties if number - 1 in days[duty.day_column]]
        if not duties:
            reading.skip(number, row)
        for duty in duties:
            _read_duty(reading, number, duty, days[duty.day_column][number - 1], alone)
    for column in plan.nameless:
        reading.warn(msg("Column %(column)s has entries but no heading.", column=column_letters(column)))


def _plan_days(reading: Reading, column: int) -> dict[int, date]:
    layout = reading.layout
    days = days_of_rows(reading.table, column, reading.month, layout.header_row)
    reading.days.update(days.values())
    for number, row in reading.rows():
        written = row[column]
        if number - 1 not in days and written[:1].isdigit() and days:
            reading.warn(
                msg("Row %(row)s: the day “%(written)s” cannot be read.", row=number, written=written[:40])
            )
    return days


def _weekdays(reading: Reading, days: Mapping[int, Mapping[int, date]]) -> Iterator[tuple[str, date]]:
    for column, by_row in days.items():
        for row, day in by_row.items():
            for text in reading.table.rows[row][max(column - 1, 0) : column + 2]:
                yield text, day


def _read_duty(reading: Reading, number: int, duty: DutyColumn, day: date, alone: Collection[str]) -> None:
    text = reading.table.rows[number - 1][duty.column]
    if is_nobody(text):
        return
    names = list(split_names(text, alone))
    if not names or any(char.isdigit() for char in text):
        reading.warn(
            msg("Row %(row)s: “%(written)s” is more or less than a name.", row=number, written=text[:40])
        )
    for name in names:
        if reading.is_inside(day):
            reading.names[name] = None
        reading.add(SheetEntry(name, day, duty.heading, number, duty.column + 1, duty.hours, is_heading=True))


# ---- a line for each duty ----


def _read_list(reading: Reading) -> None:
    day: date | None = None
    for number, row in reading.rows():
        written = cell_of(row, reading.layout.day_column)
        if words.word(written) in words.DAY_WORDS or not (written or _is_full_line(reading, row, day)):
            reading.skip(number, row)
            continue
        # A day that is written once counts for the lines below it.
        day = words.read_day(written, reading.month) if written else day
        _read_line(reading, number, row, day)


def _is_full_line(reading: Reading, row: Row, day: date | None) -> bool:
    return day is not None and bool(reading.name(row) and _code(row, reading.layout))


def _read_line(reading: Reading, number: int, row: Row, day: date | None) -> None:
    layout = reading.layout
    name, text = reading.name(row), _code(row, layout)
    if day is None and not (name and text):
        reading.skip(number, row)
    elif day is None:
        written = cell_of(row, layout.day_column)
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
    return cell_of(row, layout.code_column) or cell_of(row, layout.line_column)


def _hours(row: Row, layout: Layout) -> tuple[time, time] | None:
    starts = words.read_time(cell_of(row, layout.start_column))
    ends = words.read_time(cell_of(row, layout.end_column))
    return (starts, ends) if starts is not None and ends is not None else None


def _lasts_too_long(row: Row, layout: Layout, day: date, month: date) -> bool:
    """Tell whether the end names a day that is too far from the start to be one duty."""
    text = cell_of(row, layout.end_column)
    last = words.read_day(text, month) if words.is_full_day(text) else None
    if last is None:
        return False
    starts, ends = _hours(row, layout) or (time.min, time.min)
    return datetime.combine(last, ends) - datetime.combine(day, starts) > LONGEST_DUTY
