"""How the month of a department looks: columns, badges, marks and sums, the same for page and script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from markupsafe import Markup

from confsched.domain.duty_codes import DutyCode, split_cell
from confsched.domain.kinds import CountsAs, DayClass, WishKind
from confsched.errors import Message, NotFound, msg
from confsched.services.duty_rosters import CellView, DayHead, MonthView, PersonRow
from confsched.web.context import reader_language
from confsched.web.instants import YEARS
from confsched.web.pages import sentence

AWAY = "–"  # what colleagues read for an absence
_MONTH = re.compile("([0-9]{4})-([0-9]{2})")
_WEEKEND = frozenset({DayClass.SATURDAY, DayClass.SUNDAY})
_HOLIDAYS = frozenset({DayClass.HOLIDAY, DayClass.HOLIDAY_EVE})
# By what a code counts as, not by its letter: each house has letters of its own.
_STYLES = {
    CountsAs.NIGHT: "code-n",
    CountsAs.ON_CALL: "code-r",
    CountsAs.BACKGROUND: "code-h",
    CountsAs.DAY: "code-t",
    CountsAs.NOTHING: "code-u",
}
_SUMS = (
    (CountsAs.DAY, msg("Days")),
    (CountsAs.NIGHT, msg("Nights")),
    (CountsAs.ON_CALL, msg("On call")),
    (CountsAs.BACKGROUND, msg("Background")),
)
_WISHES = {
    WishKind.DAY_OFF: ("off", msg("fixed day off")),
    WishKind.RATHER_NOT: ("not", msg("rather not")),
    WishKind.RATHER: ("yes", msg("would like to")),
}


@dataclass(frozen=True)
class Column:
    """Hold the head of a day; `kind` is we, hol or empty, `note` what makes the day another than usual."""

    day: date
    weekday: str
    kind: str
    note: str


@dataclass(frozen=True)
class Sum:
    """Hold a column of figures: the first code that counts there stands for it."""

    counts_as: CountsAs
    letters: str
    name: Message


@dataclass(frozen=True)
class Look:
    """Hold what templates show of a month beside its rows."""

    columns: list[Column]
    sums: list[Sum]
    badges: Mapping[str, Markup]
    month_name: str
    codes_json: str

    @property
    def holidays(self) -> list[Column]:
        return [column for column in self.columns if column.kind == "hol"]


def parse_month(text: str) -> date:
    """Return the first day of "2026-12"; raises NotFound for what is no month of our time."""
    found = _MONTH.fullmatch(text)
    if not found or int(found[1]) not in YEARS or not 1 <= int(found[2]) <= 12:
        raise NotFound
    return date(int(found[1]), int(found[2]), 1)


def month_name(month: date) -> str:
    """Write "Dezember 2026"."""
    return format_date(month, "LLLL yyyy", locale=reader_language())


def look_of(view: MonthView) -> Look:
    """Return how a month looks to the reader."""
    styles = {AWAY: "code-u"} | {code.code: style_of(code) for code in view.codes}
    texts = {cell.text for row in view.rows for cell in row.cells}
    return Look(
        columns=[_column(head) for head in view.days],
        sums=list(_sums(view.codes)),
        badges={text: _badge(text, styles) for text in texts},
        month_name=month_name(view.month),
        codes_json=json.dumps({code.code: [styles[code.code], code_words(code)] for code in view.codes}),
    )


def style_of(code: DutyCode) -> str:
    """Return the class of a code's badge."""
    return _STYLES[code.counts_as]


def code_words(code: DutyCode) -> str:
    """Write "Nacht 20–08": what a code means, with its usual hours where it has some."""
    hours = code.hours or {}
    times = hours.get(DayClass.WORKDAY) or next(iter(hours.values()), None)
    if times is None:
        return code.name
    starts, ends = (f"{at:%H}" if at.minute == 0 else f"{at:%H:%M}" for at in times)
    return f"{code.name} {starts}–{ends}"


def _column(head: DayHead) -> Column:
    kind = "hol" if head.day_class in _HOLIDAYS else "we" if head.day_class in _WEEKEND else ""
    is_eve = head.day_class is DayClass.HOLIDAY_EVE
    note = head.holiday or (sentence(msg("Eve of a public holiday")) if is_eve else "")
    return Column(head.day, format_date(head.day, "ccc", locale=reader_language()), kind, note)


def _sums(codes: Iterable[DutyCode]) -> Iterable[Sum]:
    letters: dict[CountsAs, str] = {}
    for code in codes:
        letters.setdefault(code.counts_as, code.code)
    duties = {code.counts_as for code in codes if code.line_id}
    return (Sum(counts_as, letters[counts_as], name) for counts_as, name in _SUMS if counts_as in duties)


def _badge(text: str, styles: Mapping[str, str]) -> Markup:
    codes = split_cell(text)
    if not codes:
        return Markup("")
    style = next((styles[code] for code in codes if code in styles), "code-x")
    return Markup("<b class={}>{}</b>").format(style, text)


def marks_of(cell: CellView, edition: int) -> str:
    """Return the classes of a cell; the words for each stand inside of it.

    Before the first edition everything is new, and nothing is marked as changed.
    """
    marks = (
        ("chg", edition and cell.is_changed),
        ("wrn", cell.warnings),
        ("bad", cell.problem),
        ("cut", cell.part),
        ("abs", cell.absence and not cell.text),
        (_WISHES[cell.wish][0] if cell.wish else "", cell.wish and not cell.text),
    )
    return " ".join(name for name, is_set in marks if is_set)


def has_words(cell: CellView, edition: int) -> bool:
    """Tell whether a cell holds more than its code."""
    is_marked = (edition and cell.is_changed) or cell.warnings or cell.problem or cell.part
    return bool(is_marked or (not cell.text and (cell.absence or cell.wish)))


def wish_words(wish: WishKind) -> Message:
    return _WISHES[wish][1]


def versions_of(row: PersonRow) -> str:
    """Write the versions of a row's cells, in the order of the days."""
    return " ".join(str(cell.version) for cell in row.cells)
