"""What has to be said about a sheet before it can be taken over: names and codes, and what was said once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from confsched.domain.duty_codes import DutyCode
from confsched.domain.roster_import_codes import (
    Meanings,
    alias_key,
    near_codes,
    other_hours,
    read_codes,
)
from confsched.errors import Conflict, Message, msg
from confsched.models.duty_rosters import RosterImport
from confsched.services.import_memory import Memory, load_memory
from confsched.services.import_names import Choosable, NameQuestion, ask_names, load_choosable
from confsched.services.import_sheets import OpenedSheet, open_sheet, says
from confsched.services.roster_cells import MonthState

NOTES = "notes"


@dataclass(frozen=True)
class CodeQuestion:
    """Hold a code that the legend does not have: where it stands first, what it means, what is like it."""

    text: str
    name: str
    day: date
    code: str | None  # "" is to be passed over
    near: tuple[str, ...]
    is_open: bool


@dataclass(frozen=True)
class ImportView:
    """Hold an import as far as it is understood; without a readable sheet there are no questions yet."""

    row: RosterImport
    opened: OpenedSheet
    choosable: Choosable
    names: Sequence[NameQuestion] = ()
    codes: Sequence[CodeQuestion] = ()
    legend: Sequence[DutyCode] = ()
    notes: Sequence[Message] = ()

    @property
    def open_names(self) -> list[NameQuestion]:
        return [one for one in self.names if one.is_open]

    @property
    def open_codes(self) -> list[CodeQuestion]:
        return [one for one in self.codes if one.is_open]

    @property
    def remembered_names(self) -> list[NameQuestion]:
        return [one for one in self.names if one.is_remembered]

    @property
    def remembered_codes(self) -> list[CodeQuestion]:
        return [one for one in self.codes if not one.is_open]

    @property
    def is_clear(self) -> bool:
        return self.opened.is_readable and not self.open_names and not self.open_codes


def is_over(row: RosterImport) -> bool:
    """Tell whether an import was taken over or dropped."""
    return row.taken_over_at is not None or row.dropped_at is not None


def check_open(row: RosterImport) -> None:
    """Refuse an import that was taken over or dropped."""
    if row.taken_over_at:
        raise Conflict(msg("This import was taken over already. Bring the sheet again to see what differs."))
    if row.dropped_at:
        raise Conflict(msg("This import was discarded. Bring the sheet again."))


def look_at(session: Session, row: RosterImport, state: MonthState) -> ImportView:
    """Return an import with everything that has to be said about its sheet."""
    check_open(row)
    memory = load_memory(session, state.department.id)
    opened = open_sheet(row, memory.layouts)
    choosable = load_choosable(session, state.department, state.month)
    if opened.sheet is None:
        return ImportView(row, opened, choosable)
    sheet = says(opened, state.month)
    meanings = meanings_of(state, memory)
    return ImportView(
        row=row,
        opened=opened,
        choosable=choosable,
        names=ask_names(sheet, choosable, memory),
        codes=_ask_codes(opened, meanings),
        legend=tuple(meanings.legend.codes.values()),
        notes=(*_stored_notes(row), *opened.sheet.problems, *_hour_notes(opened, meanings)),
    )


def meanings_of(state: MonthState, memory: Memory) -> Meanings:
    """Return what explains the codes of a department's sheets."""
    return Meanings(state.legend, {line.id: line.name for line in state.lines}, memory.codes)


def _ask_codes(opened: OpenedSheet, meanings: Meanings) -> list[CodeQuestion]:
    """Return each code once that the legend alone does not explain."""
    assert opened.sheet is not None
    bare = Meanings(meanings.legend, meanings.line_names, {})
    found: dict[str, CodeQuestion] = {}
    for entry in opened.sheet.entries:
        for text in read_codes(entry.text, entry.hours, bare, is_heading=entry.is_heading).unknown:
            key = alias_key(text)
            if key not in found:
                code = meanings.aliases.get(key)
                is_known = code == "" or (code is not None and meanings.legend.find(code) is not None)
                near = near_codes(text, meanings.legend)
                found[key] = CodeQuestion(
                    text, entry.name, entry.day, code if is_known else None, near, not is_known
                )
    return list(found.values())


def _stored_notes(row: RosterImport) -> tuple[Message, ...]:
    return tuple(Message(note["text"], note["values"]) for note in row.choices.get(NOTES, ()))


def _hour_notes(opened: OpenedSheet, meanings: Meanings) -> tuple[Message, ...]:
    assert opened.sheet is not None
    written = (
        (code, entry.hours)
        for entry in opened.sheet.entries
        if entry.hours
        for code in read_codes(entry.text, entry.hours, meanings, is_heading=entry.is_heading).codes
    )
    return tuple(
        msg(
            "The sheet says %(written)s for %(code)s, the legend %(known)s. The legend counts.",
            code=code,
            written=_times(hours),
            known=_times(known),
        )
        for code, hours, known in other_hours(written, meanings.legend)
    )


def _times(hours: Sequence[Any]) -> str:
    return f"{hours[0]:%H:%M}–{hours[1]:%H:%M}"
