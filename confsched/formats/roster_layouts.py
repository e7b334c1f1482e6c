"""Where days, names and codes stand in a roster sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import groupby, pairwise

from confsched.domain.roster_names import plain_letters
from confsched.formats import roster_words as words
from confsched.formats.roster_plans import Plan, find_plan
from confsched.formats.roster_tables import Table

SEARCHED_ROWS = 40
COMPARED_ROWS = 200
MIN_DAYS = 5
MIN_LEAPING_DAYS = 10
MIN_SURE_DAYS = 2
# Headings spread over rows: "Name" may stand two rows above the days or one below.
NEAR_ROWS = (0, -1, 1, -2)
LONGEST_LEAP = timedelta(days=4)  # from Thursday to Monday, where a bridge day is left out
ONE_DAY = timedelta(days=1)
_FIGURES = re.compile(r"[\d.,]*\d|\d+\.")
# How many of the rows of a column have to read alike where no heading says what it holds.
MOST = 0.6


class LayoutKind(StrEnum):
    """Name the shapes of a roster: names by days, a line for each duty, or days by duties with names."""

    MATRIX = "matrix"
    LIST = "list"
    PLAN = "plan"


@dataclass(frozen=True)
class Layout:
    """Hold where things stand; rows and columns count from 0, a list without headings has header_row -1.

    A matrix has `days` (column and day; two columns may share a day), a list the single columns, a plan
    its duties, of which the first has the name column. The fingerprint is the same for the same headings
    in every month.
    """

    kind: LayoutKind
    header_row: int
    fingerprint: str
    name_column: int
    given_name_column: int | None = None
    days: tuple[tuple[int, date], ...] = ()
    day_column: int | None = None
    code_column: int | None = None
    line_column: int | None = None
    start_column: int | None = None
    end_column: int | None = None
    plan: Plan | None = None


Row = Sequence[str]


def guess_layout(table: Table, month: date) -> Layout | None:
    """Return where things stand, or None where neither days nor a list are found.

    What is certain comes first: few days beside each other are days only where nothing else fits.
    """
    return (
        _matrix_layout(table, [day_columns(row, month) for row in table.rows[:SEARCHED_ROWS]])
        or _headed_list(table, month, is_exact=True)
        or _plan_layout(table, month)
        or _headed_list(table, month, is_exact=False)
        or _bare_list(table, month)
        or _matrix_layout(table, _few_days(table, month))
    )


def day_columns(row: Row, month: date) -> tuple[tuple[int, date], ...]:
    """Return column and day of a row that heads at least five days; empty for any other row.

    A column between two days whose heading nobody can read has the day that is missing there.
    """
    longest = _longest_run(row, month)
    return tuple(_filled(_with_ends(longest, row))) if _are_days(longest, row) else ()


def few_day_columns(row: Row, month: date, *, is_head: bool = False) -> tuple[tuple[int, date], ...]:
    """Return column and day of a row that heads two days or more, each with its weekday, month or year.

    Bare numbers may be sums or hours: they are days in a row that is known to be a heading only.
    """
    run = _longest_run(row, month)
    is_sure = is_head or all(_is_sure_day(row[column], day) for column, day in run)
    return tuple(run) if is_sure and len({day for _, day in run}) >= MIN_SURE_DAYS else ()


def _is_sure_day(text: str, day: date) -> bool:
    weekday = words.find_weekday(text)
    if weekday is not None:
        return weekday == day.weekday()
    return words.is_full_day(text) or not _FIGURES.fullmatch(text)


def _longest_run(row: Row, month: date) -> list[tuple[int, date]]:
    found = [(column, day) for column, text in enumerate(row) if (day := words.read_day(text, month))]
    runs: list[list[tuple[int, date]]] = []
    for column, day in found:
        if runs and timedelta() <= day - runs[-1][-1][1] <= LONGEST_LEAP:
            runs[-1].append((column, day))
        else:
            runs.append([(column, day)])
    return max(runs, key=lambda run: len({day for _, day in run}), default=[])


def _are_days(run: Sequence[tuple[int, date]], row: Row) -> bool:
    """Tell headings from a row of sums, which may rise as well: bare numbers that leap have to be many."""
    is_leaping = any(
        later[1] - earlier[1] > ONE_DAY
        and not _is_gap(earlier, later)
        and row[later[0]].strip(". ").isdigit()
        for earlier, later in pairwise(run)
    )
    return len({day for _, day in run}) >= (MIN_LEAPING_DAYS if is_leaping else MIN_DAYS)


def _with_ends(run: list[tuple[int, date]], row: Row) -> list[tuple[int, date]]:
    """Add "1. Neujahr" before the first day and "31. Silvester" behind the last, which head no gap."""
    (first, first_day), (last, last_day) = run[0], run[-1]
    if first and first_day.day > 1 and _starts_with(row[first - 1], first_day.day - 1):
        run = [(first - 1, first_day - ONE_DAY), *run]
    if last + 1 < len(row) and _starts_with(row[last + 1], (last_day + ONE_DAY).day):
        run = [*run, (last + 1, last_day + ONE_DAY)]
    return run


def _starts_with(text: str, number: int) -> bool:
    found = re.match(r"0?(\d{1,2})\.\s*[^\W\d]", text)
    return found is not None and int(found[1]) == number


def _is_gap(earlier: tuple[int, date], later: tuple[int, date]) -> bool:
    """Tell whether there is a column for each day between the two."""
    return later[0] - earlier[0] == (later[1] - earlier[1]).days


def _filled(run: Sequence[tuple[int, date]]) -> Iterator[tuple[int, date]]:
    for earlier, later in pairwise(run):
        yield earlier
        if _is_gap(earlier, later):
            missing = range(1, later[0] - earlier[0])
            yield from ((earlier[0] + step, earlier[1] + step * ONE_DAY) for step in missing)
    yield run[-1]


# ---- names by days ----


Heads = Sequence[tuple[tuple[int, date], ...]]


def _few_days(table: Table, month: date) -> Heads:
    """Return the rows that head few days, where below them no column of theirs holds days itself."""
    heads = [few_day_columns(row, month) for row in table.rows[:COMPARED_ROWS]]
    first = next((row for row, days in enumerate(heads) if days), len(heads))
    columns = [column for column, _ in heads[first]] if first < len(heads) else []
    below = [row for row, days in zip(table.rows[first + 1 :], heads[first + 1 :], strict=False) if not days]
    are_alone = bool(below) and not any(
        (day := words.read_day(row[column], month)) and _is_sure_day(row[column], day)
        for row in below
        for column in columns
    )
    # In a list each line has its start and its end, as two days would be.
    return heads[: first + 1] if are_alone and sum(map(bool, heads)) * 2 <= len(heads) else ()


def _matrix_layout(table: Table, heads: Heads) -> Layout | None:
    most = max(map(len, heads), default=0)
    if not most:
        return None
    # The first of two halves of a month may be the shorter one.
    header_row, days = next((row, days) for row, days in enumerate(heads) if 2 * len(days) >= most)
    taken = {column for column, _ in days}
    headings = [
        table.rows[header_row + step] for step in NEAR_ROWS if 0 <= header_row + step < len(table.rows)
    ]
    name_column = _headed(headings, words.NAME_WORDS, taken)
    if name_column is None:
        name_column = _most_names(table.rows[header_row + 1 :], days[0][0])
    if name_column is None:
        return None
    return Layout(
        LayoutKind.MATRIX,
        header_row,
        _fingerprint(LayoutKind.MATRIX, _without(table.rows[header_row], taken), (name_column, days[0][0])),
        name_column,
        given_name_column=_headed(headings, words.GIVEN_NAME_WORDS, taken | {name_column}),
        days=days,
    )


def _headed(headings: Iterable[Row], known: frozenset[str], taken: Iterable[int]) -> int | None:
    for row in headings:
        for column, text in enumerate(row):
            if column not in taken and (words.first_word(text) in known or words.word(text) in known):
                return column
    return None


def _most_names(rows: Sequence[Row], before: int) -> int | None:
    """Return the column left of the days with the most different words, the first of equals."""
    counts = [
        len({row[column] for row in rows if len(words.word(row[column])) > 2}) for column in range(before)
    ]
    best = max(counts, default=0)
    return counts.index(best) if best else None


def _without(row: Row, taken: Iterable[int]) -> list[str]:
    return [text for column, text in enumerate(row) if column not in taken]


# ---- days by duties ----


def _plan_layout(table: Table, month: date) -> Layout | None:
    plan = find_plan(table, month)
    return of_plan(plan) if plan else None


def of_plan(plan: Plan) -> Layout:
    """Return a plan as a layout."""
    day_column, name_column = plan.duties[0].day_column, plan.duties[0].column
    headings = [duty.heading for duty in plan.duties]
    return Layout(
        LayoutKind.PLAN,
        plan.header_row,
        _fingerprint(LayoutKind.PLAN, headings, (day_column, name_column)),
        name_column,
        day_column=day_column,
        plan=plan,
    )


# ---- a line for each duty ----

Roles = dict[str, int]
_ROLES = {
    "given_name_column": words.GIVEN_NAME_WORDS,
    "name_column": words.NAME_WORDS,
    "line_column": words.LINE_WORDS,
    "code_column": words.CODE_WORDS,
    "start_column": words.START_WORDS,
    "end_column": words.END_WORDS,
}


def _headed_list(table: Table, month: date, *, is_exact: bool) -> Layout | None:
    """Return a list by its headings; exact ones are words of their own: "Arzt Nord" may head a duty."""
    for number, row in enumerate(table.rows[:SEARCHED_ROWS]):
        roles = _roles(row)
        day_column = _best_day_column(row, table.rows[number + 1 :], month, roles)
        if (
            "name_column" in roles
            and day_column is not None
            and (found := roles.keys() & {"code_column", "line_column"})
            and (not is_exact or any(_is_exact(row[roles[role]], role) for role in ("name_column", *found)))
        ):
            return _list_layout(number, row, day_column, roles)
    return None


def _roles(row: Row) -> Roles:
    roles: Roles = {}
    for column, text in enumerate(row):
        role = _role_of(text)
        if role and role not in roles:
            roles[role] = column
    return roles


def _is_exact(text: str, role: str) -> bool:
    return words.word(text) in _ROLES[role]


def _role_of(text: str) -> str | None:
    whole, first = words.word(text), words.first_word(text)
    exact = (role for role, known in _ROLES.items() if whole in known)
    loose = (role for role, known in _ROLES.items() if first in known)
    return next(exact, None) or next(loose, None)


def _best_day_column(row: Row, body: Sequence[Row], month: date, roles: Roles) -> int | None:
    """Return the column headed as day that holds the most days; a start with its date will do."""
    headed = [column for column, text in enumerate(row) if words.first_word(text) in words.DAY_WORDS]
    columns = headed or [column for role, column in roles.items() if role == "start_column"]
    counts = {
        column: sum(_is_day(line[column], month, is_headed=bool(headed)) for line in body)
        for column in columns
    }
    best = max(counts, key=lambda column: counts[column], default=None)
    return best if best is not None and counts[best] else None


def _is_day(text: str, month: date, *, is_headed: bool) -> bool:
    return (is_headed or words.is_full_day(text)) and words.read_day(text, month) is not None


def _list_layout(number: int, row: Row, day_column: int, roles: Roles) -> Layout:
    return Layout(
        LayoutKind.LIST,
        number,
        _fingerprint(LayoutKind.LIST, row, (day_column, *roles.values())),
        roles["name_column"],
        given_name_column=roles.get("given_name_column"),
        day_column=day_column,
        code_column=roles.get("code_column"),
        line_column=roles.get("line_column"),
        start_column=roles.get("start_column"),
        end_column=roles.get("end_column"),
    )


def _bare_list(table: Table, month: date) -> Layout | None:
    """Find out what the columns of a list without headings hold: the shorter words are the codes."""
    columns = list(zip(*table.rows[:COMPARED_ROWS], strict=True))
    days = list(_columns_of(columns, lambda text: _is_day(text, month, is_headed=False)))
    times = list(_columns_of(columns, lambda text: ":" in text and words.read_time(text) is not None))
    used = {*days, *times}
    lengths = {
        column: sum(map(len, cells))
        for column, cells in enumerate(columns)
        if column not in used and sum(bool(words.word(cell)) for cell in cells) > MOST * len(cells)
    }
    if not days or len(lengths) != 2:
        return None
    code_column, name_column = sorted(lengths, key=lambda column: lengths[column])
    starts, ends, *_ = (*(column for column in times if column not in days), None, None)
    roles = {"name_column": name_column, "code_column": code_column}
    if starts is not None and ends is not None:
        roles |= {"start_column": starts, "end_column": ends}
    return _list_layout(-1, (), days[0], roles)


def _columns_of(columns: Iterable[Row], fits: Callable[[str], bool]) -> Iterator[int]:
    for column, cells in enumerate(columns):
        written = [cell for cell in cells if cell]
        if written and sum(map(fits, written)) > MOST * len(written):
            yield column


def _fingerprint(kind: LayoutKind, headings: Row, columns: tuple[int, ...]) -> str:
    """Name the headings by a hash without days, months and years, which differ from month to month."""
    plain = (re.sub(r"\d", "", plain_letters(text)) for text in headings)
    kept = [text for text, _ in groupby(part.strip() for part in plain if not words.names_month(part))]
    return sha256("\n".join((kind, *map(str, columns), *kept)).encode()).hexdigest()[:32]
