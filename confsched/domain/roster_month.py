"""The month of a department as cells: a draft over what is published, and what stands against it."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from confsched import clock
from confsched.domain.duty_codes import (
    MAX_CODE,
    MAX_CODES_A_CELL,
    Legend,
    PlannedDuty,
    join_codes,
    span_on,
    split_cell,
)
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind
from confsched.errors import Message, msg

ONE_DAY = timedelta(days=1)

Cell = tuple[UUID, date]  # a person and a day
Cells = Mapping[Cell, str]
NO_CELLS: Cells = MappingProxyType({})


@dataclass(frozen=True)
class CellDiff:
    """Hold one cell that differs between two states of a month."""

    person_id: UUID
    day: date
    before: str
    after: str

    @property
    def cell(self) -> Cell:
        return self.person_id, self.day

    @property
    def removed(self) -> tuple[str, ...]:
        kept = split_cell(self.after)
        return tuple(code for code in split_cell(self.before) if code not in kept)

    @property
    def added(self) -> tuple[str, ...]:
        known = split_cell(self.before)
        return tuple(code for code in split_cell(self.after) if code not in known)

    @property
    def kept(self) -> tuple[str, ...]:
        return tuple(code for code in split_cell(self.before) if code in split_cell(self.after))


@dataclass(frozen=True)
class StandingDuty:
    """Hold a published duty and the day that it was written for.

    `is_roster` says that a cell of that day says it: not a part that was handed over, nor a program's duty.
    """

    line_id: UUID
    person_id: UUID
    span: Span
    day: date
    is_roster: bool = False


def month_of(day: date) -> date:
    """Return the first day of the month, which names it."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    return month_of(month_of(month) + 31 * ONE_DAY)


def previous_month(month: date) -> date:
    return month_of(month_of(month) - ONE_DAY)


def days_of(month: date) -> list[date]:
    _, days = monthrange(month.year, month.month)
    return [month.replace(day=number) for number in range(1, days + 1)]


def month_span(month: date, zone: str) -> Span:
    """Return the instants of the month's local days."""
    return Span(clock.start_of_day(month_of(month), zone), clock.start_of_day(next_month(month), zone))


def day_span(day: date, zone: str) -> Span:
    """Return the instants of one local day, 23 or 25 h where the clock changes."""
    return Span(clock.start_of_day(day, zone), clock.start_of_day(day + ONE_DAY, zone))


def clean_cell(text: str) -> str:
    """Return a cell in the one way in which we write it."""
    return join_codes(split_cell(text))


def find_unwritable(text: str) -> Message | None:
    """Return why a text cannot stand in a cell, even as a draft."""
    codes = split_cell(text)
    if len(codes) > MAX_CODES_A_CELL:
        return msg("A cell holds at most %(count)s codes.", count=MAX_CODES_A_CELL)
    if any(len(code) > MAX_CODE for code in codes):
        return msg("A code has at most %(count)s letters.", count=MAX_CODE)
    return None


def diff_cells(before: Cells, after: Cells) -> list[CellDiff]:
    """Return the cells that differ, by day and person; an empty cell is one that is not there."""
    found = ((cell, before.get(cell, ""), after.get(cell, "")) for cell in before.keys() | after.keys())
    differ = [CellDiff(*cell, old, new) for cell, old, new in found if old != new]
    return sorted(differ, key=lambda diff: (diff.day, diff.person_id))


def overlay(cells: Cells, edits: Cells) -> dict[Cell, str]:
    """Return the cells with the edits on top; an edit to nothing empties its cell."""
    return {cell: text for cell, text in {**cells, **edits}.items() if text}


def baseline_cells(duties: Iterable[StandingDuty], month: date, legend: Legend) -> dict[Cell, str]:
    """Return the cells that a legend reads from duties; those it has no code for are left out."""
    codes = _codes_by_span(month, legend)
    found: dict[Cell, list[str]] = defaultdict(list)
    for duty in sorted(duties, key=lambda duty: duty.span):
        known = codes.get((duty.line_id, duty.span))
        if known:
            day, code = known
            found[duty.person_id, day].append(code)
    return {cell: join_codes(texts[:MAX_CODES_A_CELL]) for cell, texts in found.items()}


def _codes_by_span(month: date, legend: Legend) -> dict[tuple[UUID, Span], tuple[date, str]]:
    found: dict[tuple[UUID, Span], tuple[date, str]] = {}
    for day in days_of(month):
        for code in legend.codes.values():
            span = span_on(code, day, legend) if code.line_id else None
            if code.line_id and span:
                found.setdefault((code.line_id, span), (day, code.code))
    return found


# ---- findings ----


def find_problems(
    cells: Cells, planned: Iterable[PlannedDuty], legend: Legend, names: Mapping[UUID, str]
) -> dict[Cell, Message]:
    """Return what stands against publishing each cell: unknown codes, and lines with two people at once.

    `planned` are the duties of the cells, in order.
    """
    texts = {(text, day) for (_, day), text in cells.items()}
    wrong = {key: message for key in texts if (message := find_text_problem(*key, legend))}
    problems = {cell: wrong[text, cell[1]] for cell, text in cells.items() if (text, cell[1]) in wrong}
    for one, other in _collisions(planned):
        problems.setdefault(_cell(one), _collision_message(one, other, names))
        problems.setdefault(_cell(other), _collision_message(other, one, names))
    return problems


def find_text_problem(text: str, day: date, legend: Legend) -> Message | None:
    """Return what is wrong with the codes of one cell by themselves."""
    for text_code in split_cell(text):
        code = legend.find(text_code)
        if code is None:
            return msg("The legend does not know %(code)s.", code=text_code)
        if code.is_duty and span_on(code, day, legend) is None:
            return msg("%(code)s has no hours on such a day.", code=text_code)
    return None


def _collisions(planned: Iterable[PlannedDuty]) -> Iterator[tuple[PlannedDuty, PlannedDuty]]:
    """Yield pairs of duties that would hold one line at once; also of one person, as with D and N."""
    by_line: dict[UUID, PlannedDuty] = {}
    for duty in planned:
        if duty.line_id is None:
            continue
        last = by_line.get(duty.line_id)
        if last is not None and duty.span.starts_at < last.span.ends_at:
            yield last, duty
        if last is None or duty.span.ends_at > last.span.ends_at:
            by_line[duty.line_id] = duty


def _cell(duty: PlannedDuty) -> Cell:
    return duty.person_id, duty.day


def _collision_message(duty: PlannedDuty, other: PlannedDuty, names: Mapping[UUID, str]) -> Message:
    if duty.person_id == other.person_id:
        return msg("%(code)s and %(other)s are the same line at once.", code=duty.code, other=other.code)
    return msg(
        "%(name)s holds the line then as well, with %(code)s.",
        name=names.get(other.person_id, "?"),
        code=other.code,
    )


def find_absence(text: str, legend: Legend) -> AbsenceKind | None:
    """Return the first absence that the codes of a cell stand for."""
    codes = (legend.find(code) for code in split_cell(text))
    return next((code.absence for code in codes if code and code.absence), None)


def is_within_notice(day: date, now: datetime, notice_days: int, zone: str) -> bool:
    """Tell whether a change of this day comes so late that whom it hits is told.

    Yesterday counts as well, since a night that began then may be running; what lies before is over.
    """
    today = clock.local_day(now, zone)
    return today - ONE_DAY <= day < today + notice_days * ONE_DAY
