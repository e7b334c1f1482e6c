"""What a sheet would change in the draft of a month: the cells, and each duty as new, changed or removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from confsched.domain.duty_codes import MAX_CODES_A_CELL, Hours, Legend, join_codes, split_cell
from confsched.domain.roster_import_codes import Meanings, ReadCodes, read_codes
from confsched.domain.roster_month import Cell, CellDiff, Cells, diff_cells

People = Mapping[str, UUID | None]  # by name in the sheet; None is to be left out, a missing one is unclear


class ImportKind(StrEnum):
    """Say what becomes of one entry."""

    NEW = "new"
    CHANGED = "changed"
    REMOVED = "removed"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Written:
    """Hold one cell as a sheet says it; hours are local. The heading of a column is one code."""

    name: str
    day: date
    text: str
    hours: Hours | None = None
    is_heading: bool = False


@dataclass(frozen=True)
class SheetSays:
    """Hold a sheet of a month.

    A matrix speaks for its people (`names`, also those without an entry) on its `days`. A list speaks for
    the lines it names, from its first day to its last, and for its people's other codes there; so does a
    plan of days by duties, on the days that have a row.
    """

    entries: tuple[Written, ...]
    names: frozenset[str]
    days: frozenset[date]
    is_list: bool


@dataclass(frozen=True)
class ImportChange:
    """Hold one code of a day that another person holds than before, or that cannot be understood.

    `before` and `after` are people; for what is unclear `written` and `name` are the sheet's own words.
    """

    day: date
    kind: ImportKind
    code: str
    before: UUID | None = None
    after: UUID | None = None
    written: str = ""
    name: str = ""


@dataclass(frozen=True)
class Comparison:
    """Hold the cells that differ, the changes they make, and how many entries there were of which kind."""

    diffs: tuple[CellDiff, ...]
    changes: tuple[ImportChange, ...]
    read: int
    unchanged: int
    left_out: int

    @property
    def cells(self) -> dict[Cell, str]:
        """Return what is to be written into the draft."""
        return {diff.cell: diff.after for diff in self.diffs}

    @property
    def fingerprint(self) -> str:
        """Return a hash that is equal where the same changes were shown."""
        shown = [(str(diff.person_id), f"{diff.day}", diff.before, diff.after) for diff in self.diffs]
        return sha256(repr((shown, len(self.changes))).encode()).hexdigest()[:32]

    def count(self, kind: str) -> int:
        return sum(change.kind == kind for change in self.changes)


@dataclass
class _Reading:
    """Collect what the entries of a sheet mean."""

    said: dict[Cell, list[str]] = field(default_factory=lambda: defaultdict(list))
    frozen: set[Cell] = field(default_factory=set)  # what is unclear stays as it is
    open_places: set[tuple[date, str]] = field(default_factory=set)  # a code with an unclear name
    unclear: list[ImportChange] = field(default_factory=list)
    read: int = 0
    left_out: int = 0


def compare(sheet: SheetSays, people: People, meanings: Meanings, draft: Cells) -> Comparison:
    """Return what taking a sheet over would change in a draft.

    Nothing is guessed: a cell with something unclear stays as it is, and so does whoever is not in the sheet.
    """
    reading = _read(sheet, people, meanings)
    wanted = _list_cells(sheet, people, reading, draft, meanings.legend) if sheet.is_list else None
    target = _matrix_cells(sheet, people, reading) if wanted is None else wanted
    before = {cell: draft.get(cell, "") for cell in target}
    changed = {cell: text for cell, text in target.items() if not _is_same(before[cell], text)}
    diffs = diff_cells({cell: before[cell] for cell in changed}, changed)
    changes = [*_changes(diffs, meanings.legend), *reading.unclear]
    order = {code: place for place, code in enumerate(meanings.legend.codes)}
    return Comparison(
        diffs=tuple(diffs),
        changes=tuple(sorted(changes, key=lambda one: (one.day, order.get(one.code, len(order)), one.kind))),
        read=reading.read,
        unchanged=sum(code in split_cell(draft.get(cell, "")) for cell, code in _clear_codes(reading)),
        left_out=reading.left_out,
    )


def _is_same(one: str, other: str) -> bool:
    return set(split_cell(one)) == set(split_cell(other))


def _clear_codes(reading: _Reading) -> Iterator[tuple[Cell, str]]:
    for cell, codes in reading.said.items():
        if cell not in reading.frozen:
            yield from ((cell, code) for code in dict.fromkeys(codes))


def _read(sheet: SheetSays, people: People, meanings: Meanings) -> _Reading:
    reading = _Reading()
    for entry in sheet.entries:
        found = read_codes(entry.text, entry.hours, meanings, is_heading=entry.is_heading)
        count = len(found.codes) + len(found.unknown) + found.ignored
        reading.read += count
        person_id = people.get(entry.name)
        if entry.name in people and person_id is None:
            reading.left_out += count
            continue
        reading.left_out += found.ignored
        if person_id is None:
            _note_unclear_name(reading, entry, found)
        else:
            _note_codes(reading, (person_id, entry.day), entry, found)
    return reading


def _note_unclear_name(reading: _Reading, entry: Written, found: ReadCodes) -> None:
    for code in (*found.codes, *found.unknown):
        reading.open_places.add((entry.day, code))
        reading.unclear.append(
            ImportChange(
                day=entry.day, kind=ImportKind.UNCLEAR, code=code, written=entry.text, name=entry.name
            )
        )


def _note_codes(reading: _Reading, cell: Cell, entry: Written, found: ReadCodes) -> None:
    reading.said[cell] += found.codes
    is_full = len(set(reading.said[cell])) > MAX_CODES_A_CELL
    if not found.unknown and not is_full:
        return
    reading.frozen.add(cell)
    for text in found.unknown or (entry.text,):
        reading.unclear.append(
            ImportChange(
                day=entry.day,
                kind=ImportKind.UNCLEAR,
                code="" if found.unknown else text,
                before=cell[0],
                written=text,
                name=entry.name,
            )
        )


def _matrix_cells(sheet: SheetSays, people: People, reading: _Reading) -> dict[Cell, str]:
    """Return the cells of everybody who has a row; an empty one is empty."""
    listed = {people[name] for name in sheet.names if people.get(name)}
    cells = [(person, day) for person in listed if person for day in sheet.days]
    return {cell: _text(reading, cell) for cell in cells if cell not in reading.frozen}


def _text(reading: _Reading, cell: Cell) -> str:
    return join_codes(dict.fromkeys(reading.said.get(cell, ())))


def _list_cells(
    sheet: SheetSays, people: People, reading: _Reading, draft: Cells, legend: Legend
) -> dict[Cell, str]:
    """Return the cells in the list's range without the codes it speaks for, and with those it says."""
    spoken = {code for codes in reading.said.values() for code in codes}
    on_lines = {code for code in spoken if (known := legend.find(code)) and known.is_duty}
    listed = {people[name] for name in sheet.names if people.get(name)}
    target: dict[Cell, str] = {}
    for cell in {*(cell for cell in draft if cell[1] in sheet.days), *reading.said} - reading.frozen:
        covered = spoken if cell[0] in listed else on_lines
        kept = [
            code
            for code in split_cell(draft.get(cell, ""))
            if code not in covered or (cell[1], code) in reading.open_places
        ]
        codes = dict.fromkeys([*kept, *reading.said.get(cell, ())])
        if len(codes) <= MAX_CODES_A_CELL:
            target[cell] = join_codes(codes)
        else:
            _note_too_many(reading, cell, codes)
    return target


def _note_too_many(reading: _Reading, cell: Cell, codes: Iterable[str]) -> None:
    reading.frozen.add(cell)
    reading.unclear.append(
        ImportChange(day=cell[1], kind=ImportKind.UNCLEAR, code="", before=cell[0], written=join_codes(codes))
    )


# ---- changes as people read them ----


def _changes(diffs: Sequence[CellDiff], legend: Legend) -> Iterator[ImportChange]:
    """Yield what changes by day and code; who gives a line to whom is one change."""
    gone: dict[tuple[date, str], list[UUID]] = defaultdict(list)
    come: dict[tuple[date, str], list[UUID]] = defaultdict(list)
    for diff in diffs:
        for code in diff.removed:
            gone[diff.day, code].append(diff.person_id)
        for code in diff.added:
            come[diff.day, code].append(diff.person_id)
    for place in dict.fromkeys([*gone, *come]):
        known = legend.find(place[1])
        is_line = known is not None and known.is_duty
        yield from _changes_at(place, gone[place], come[place], is_line=is_line)


def _changes_at(
    place: tuple[date, str], gone: Sequence[UUID], come: Sequence[UUID], *, is_line: bool
) -> Iterator[ImportChange]:
    pairs = min(len(gone), len(come)) if is_line else 0
    for before, after in zip(gone[:pairs], come[:pairs], strict=True):
        yield ImportChange(place[0], ImportKind.CHANGED, place[1], before, after)
    for before in gone[pairs:]:
        yield ImportChange(place[0], ImportKind.REMOVED, place[1], before)
    for after in come[pairs:]:
        yield ImportChange(place[0], ImportKind.NEW, place[1], None, after)
