"""Rosters with a row for each day and a column for each duty: where things stand, and who is named there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import Enum
from itertools import pairwise

from confsched.formats import roster_words as words
from confsched.formats.roster_tables import Table

MIN_DAYS = 5
MIN_SURE_DAYS = 2
HEADING_ROWS = 4
MAX_HEADING = 60
SHORT_NAME = 3
ONE_DAY = timedelta(days=1)
# How many cells of a column have to read alike where no heading says what it holds.
MOST = 0.6
# One step back in time for so many days: a date below the plan, or a second page.
DAYS_A_STEP_BACK = 5

_HOURS = re.compile(
    r"\(?\b(\d{1,2}(?:[:.]\d\d)?)\s*(?:uhr|h)?\s*(?:-|–|bis|to)\s*(\d{1,2}(?:[:.]\d\d)?)(?:\s*(?:uhr|h)\b)?\)?",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_TITLE = r"\b(?:dr|drs|prof|pd|priv|frau|fr|herr|hr|oa|oä|aa|aä|fa|fä)\b\.?"
_TITLES = re.compile(rf"{_TITLE}\s*", re.IGNORECASE)
_APART = re.compile(r"\s*[/;+&|]\s*|\s+(?:und|u\.|and|sowie)\s+", re.IGNORECASE)
# Two lines in one cell come as "Dr. Sölle Dr. Ahrend"; behind a comma the title belongs to the given name.
_BEFORE_TITLE = re.compile(rf"(?<=[^\W\d_])\s+(?={_TITLE}\s)", re.IGNORECASE)

Row = Sequence[str]


@dataclass(frozen=True)
class DutyColumn:
    """Hold the column of one duty, what stands over it, and the column in which its days stand."""

    column: int
    heading: str
    day_column: int
    hours: tuple[time, time] | None = None


@dataclass(frozen=True)
class Plan:
    """Hold where the headings and the duties stand, and columns of names that nothing stands over."""

    header_row: int
    duties: tuple[DutyColumn, ...]
    nameless: tuple[int, ...] = ()


def find_plan(table: Table, month: date) -> Plan | None:
    """Return where days stand below each other and duties beside each other, or None."""
    day_columns = _day_columns(table, month)
    if not day_columns:
        return None
    first = min(row for column in day_columns for row in days_of_rows(table, column, month, -1))
    header_row = _header_row(table.rows[:first], day_columns)
    return None if header_row is None else plan_at(table, month, header_row, day_columns)


def plan_at(table: Table, month: date, header_row: int, day_columns: Collection[int]) -> Plan | None:
    """Return the duties under a row of headings; None where no column holds names."""
    contents = _contents(table, month, header_row, day_columns)
    named = [column for column, cells in contents.items() if _are_names(cells)]
    headings = _headings(table, header_row, named, day_columns)
    duties = tuple(
        _duty(column, headings[column], day_columns)
        for column in named
        if headings[column] and not _is_beside(headings[column])
    )
    # Names in one column and codes in another are a list whose headings nobody knows.
    if {_shape(contents[duty.column]) for duty in duties} not in ({_Shape.SHORT}, {_Shape.LONG}):
        return None
    return Plan(header_row, duties, tuple(column for column in named if not headings[column]))


def days_of_rows(table: Table, column: int, month: date, header_row: int) -> dict[int, date]:
    """Return the day of each row below the headings, by its number from 0.

    A row between two days has the one that is missing there, or, where none is, that of the row above.
    """
    known = {
        row: day
        for row, line in enumerate(table.rows)
        if row > header_row and (day := words.read_day(line[column], month))
    }
    found = dict(known)
    for (row, day), (next_row, next_day) in pairwise(known.items()):
        is_one_a_row = next_row - row == (next_day - day).days
        for between in range(row + 1, next_row):
            if is_one_a_row:
                found[between] = day + (between - row) * ONE_DAY
            elif not table.rows[between][column]:
                found[between] = day
    return dict(sorted(found.items()))


# ---- days ----


def _day_columns(table: Table, month: date) -> list[int]:
    columns = enumerate(zip(*table.rows, strict=True))
    return [column for column, cells in columns if _are_days(cells, month)]


def _are_days(cells: Row, month: date) -> bool:
    """Tell days from counts, which do not rise; two are enough where a heading or the dates say so."""
    days = [(text, day) for text in cells if (day := words.read_day(text, month))]
    is_headed = any(words.first_word(text) in words.DAY_WORDS for text in cells)
    is_sure = is_headed or any(words.is_full_day(text) for text, _ in days)
    steps_back = sum(earlier > later for (_, earlier), (_, later) in pairwise(days))
    least = MIN_SURE_DAYS if is_sure else MIN_DAYS
    return len({day for _, day in days}) >= least and steps_back * DAYS_A_STEP_BACK <= len(days)


# ---- headings ----


def _header_row(above: Sequence[Row], day_columns: Collection[int]) -> int | None:
    """Return the nearest row over the days that names something; hours and a title are no names."""
    for row in range(len(above) - 1, max(len(above) - 1 - HEADING_ROWS, -1), -1):
        texts = [text for column, text in enumerate(above[row]) if column not in day_columns]
        named = {text for text in texts if words.word(_HOURS.sub("", text))}
        is_merged = len(set(filter(None, above[row]))) == 1 < sum(map(bool, above[row]))
        is_title = is_merged or any(words.months_in(text) for text in named)
        if named and not is_title:
            return row
    return None


def _headings(
    table: Table, header_row: int, columns: Sequence[int], day_columns: Collection[int]
) -> dict[int, str]:
    """Return what stands over each column; equal headings are told apart by the group above them."""
    row = table.rows[header_row]
    count = Counter(row[column] for column in columns)
    above: Row = table.rows[header_row - 1] if header_row else ()
    headings = {}
    for column in columns:
        group = _group(above, column, day_columns) if count[row[column]] > 1 else ""
        parts = dict.fromkeys(part for part in (group, row[column]) if part)
        headings[column] = " ".join(parts) if row[column] else ""
    return headings


def _group(above: Row, column: int, day_columns: Collection[int]) -> str:
    """Return what is written over several columns, in the first of them, and is no title of the sheet."""
    before = [day for day in day_columns if day < column]
    texts = [text for text in above[max(before, default=-1) + 1 : column + 1] if text]
    return texts[-1] if texts and not words.months_in(texts[-1]) and len(set(filter(None, above))) > 1 else ""


def _duty(column: int, heading: str, day_columns: Collection[int]) -> DutyColumn:
    """Return a duty with the nearest days on its left, its hours taken out of the heading."""
    day_column = max((day for day in day_columns if day < column), default=min(day_columns))
    found = _HOURS.search(heading)
    starts, ends = (words.read_time(found[1]), words.read_time(found[2])) if found else (None, None)
    if starts is None or ends is None:
        return DutyColumn(column, heading[:MAX_HEADING], day_column)
    name = " ".join(_HOURS.sub(" ", heading).split()).strip(" ,:–-")
    return DutyColumn(column, (name or heading)[:MAX_HEADING], day_column, (starts, ends))


def _is_beside(heading: str) -> bool:
    """Tell a column of remarks, holidays or numbers from one of a duty."""
    return words.first_word(heading) in words.BESIDE_WORDS or words.word(heading) in words.FAMILY_WORDS


# ---- cells ----


def _contents(
    table: Table, month: date, header_row: int, day_columns: Collection[int]
) -> dict[int, list[str]]:
    """Return what the other columns hold beside the days."""
    rows = {row for column in day_columns for row in days_of_rows(table, column, month, header_row)}
    lines = [table.rows[row] for row in sorted(rows)]
    columns = (column for column in range(len(table.rows[0])) if column not in day_columns)
    found = {column: [line[column] for line in lines if not is_nobody(line[column])] for column in columns}
    return {column: cells for column, cells in found.items() if cells}


def _are_names(cells: Sequence[str]) -> bool:
    fitting = sum(bool(words.word(text)) and words.find_weekday(text) is None for text in cells)
    return fitting > MOST * len(cells)


class _Shape(Enum):
    """Name what cells may hold: letters are codes, up to three of them codes or names, more are names."""

    LETTERS = 1
    SHORT = SHORT_NAME
    LONG = MAX_HEADING


def _shape(cells: Sequence[str]) -> _Shape:
    lengths = [len(words.word(text)) for text in cells]
    fitting = (shape for shape in _Shape if sum(one <= shape.value for one in lengths) > MOST * len(cells))
    return next(fitting, _Shape.LONG)


def is_nobody(text: str) -> bool:
    """Tell an empty cell, a dash, "N.N." and "frei" from a name."""
    return not any(char.isalnum() for char in text) or words.word(text) in words.NOBODY_WORDS


def names_alone(cells: Iterable[str]) -> frozenset[str]:
    """Return the names that stand alone in a cell, in one spelling: they tell two names from a long one."""
    plain = (_TITLES.sub("", text).strip() for text in cells)
    return frozenset(words.word(text) for text in plain if text and not re.search(r"[\s,/;+&|]", text))


def split_names(text: str, alone: Collection[str]) -> Iterator[str]:
    """Yield the names of a cell without what stands in brackets.

    A comma or a blank parts two people only where each of the words is a name alone elsewhere.
    """
    plain = " ".join(_BRACKETS.sub(" ", text).split()) or text
    for part in _APART.split(plain):
        for name in [part] if "," in part else _BEFORE_TITLE.split(part):
            yield from (one.strip() for one in _apart(name, alone) if not is_nobody(one))


def _apart(name: str, alone: Collection[str]) -> Sequence[str]:
    bare = _TITLES.sub("", name).strip()
    if not words.word(bare):
        return ()
    for parts in (name.split(","), re.split(r"[,\s]+", bare)):
        if len(parts) > 1 and all(words.word(_TITLES.sub("", part)) in alone for part in parts):
            return parts
    return (name,)
