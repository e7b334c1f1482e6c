"""Cells of a month as the browser sends them: a day of a form, or the batch of a script; and the answers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request

from confsched.clock import to_local
from confsched.domain.duty_codes import MAX_CELL
from confsched.errors import Message, Refusal, msg
from confsched.services.duty_rosters import (
    CellConflict,
    CellEdit,
    CellView,
    EditResult,
    MonthView,
    PersonRow,
    check_size,
)
from confsched.web.pages import sentence

MAX_TYPED = 80  # letters: more than any cell holds, enough to say what is wrong with it
MAX_VERSION = 1_000_000_000
MAX_DIGITS = len(str(MAX_VERSION))
_NO_TEXT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_NO_PAGE = msg("The browser sent something that cannot be read. Open the page again and send it once more.")


@dataclass(frozen=True)
class DayField:
    """Hold one person's input of a day: what is typed, what was there, and what is to be said of it."""

    person_id: uuid.UUID
    name: str
    text: str
    was: str
    seen_version: int
    error: str = ""
    notes: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"cell-{self.person_id}"


def read_json() -> Any:
    """Return what a script sent; None for what is no JSON, and for lists so deep that reading them breaks."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def edits_of_script(sent: Any) -> list[CellEdit]:
    """Read {"edits": [[person, day, text, version], ...]}; raises Refusal for anything else."""
    edits = sent.get("edits") if isinstance(sent, dict) else None
    if not isinstance(edits, list):
        raise Refusal(_NO_PAGE)
    check_size(edits)
    return [_edit(entry) for entry in edits]


def seen_by_script(sent: Any) -> Mapping[str, object]:
    """Read {"seen": {piece: digest}}: what a page shows; to any other everything is new."""
    seen = sent.get("seen") if isinstance(sent, dict) else None
    return seen if isinstance(seen, dict) else {}


def _edit(entry: Any) -> CellEdit:
    if not isinstance(entry, list) or len(entry) != 4 or not isinstance(entry[2], str):
        raise Refusal(_NO_PAGE)
    person_id, day, text, version = entry
    if type(version) is not int or not 0 <= version <= MAX_VERSION:
        raise Refusal(_NO_PAGE)
    return CellEdit(_uuid(person_id), parse_day(day), _text(text), version)


def _text(text: str) -> str:
    """Return what was typed with signs that no cell holds as blanks, cut where it is longer than any."""
    return _NO_TEXT.sub(" ", text).strip()[:MAX_TYPED]


def _uuid(text: Any) -> uuid.UUID:
    try:
        return uuid.UUID(str(text))
    except ValueError as error:
        raise Refusal(_NO_PAGE) from error


def parse_day(text: Any, month: date | None = None) -> date:
    """Read "2026-12-10"; raises Refusal for anything else, and for a day outside of `month`."""
    try:
        day = date.fromisoformat(str(text))
    except ValueError as error:
        raise Refusal(msg("Choose a day of this month."), field="day") from error
    if month is not None and day.replace(day=1) != month:
        raise Refusal(msg("Choose a day of this month."), field="day")
    return day


def edits_of_form(form: Mapping[str, str], month: date) -> list[CellEdit]:
    """Read the fields of a day; those left as they were are no edits, whatever a colleague did meanwhile."""
    day = parse_day(form.get("day"), month)
    people = [name.removeprefix("cell-") for name in form if name.startswith("cell-")]
    typed = {person: _text(form[f"cell-{person}"]) for person in people}
    changed = [person for person in people if typed[person].upper() != form.get(f"was-{person}", "").upper()]
    return [CellEdit(_uuid(person), day, typed[person], _version(form, person)) for person in changed]


def _version(form: Mapping[str, str], person: str) -> int:
    text = form.get(f"seen-{person}", "")
    if not (text.isascii() and text.isdecimal()) or len(text) > MAX_DIGITS or int(text) > MAX_VERSION:
        raise Refusal(_NO_PAGE)
    return int(text)


def day_fields(view: MonthView, day: date, result: EditResult | None = None) -> list[DayField]:
    """Return one field for each person; after a refused sending with what was typed."""
    return [_field(row, row.cells[day.day - 1], view.zone, result) for row in view.rows]


def _field(row: PersonRow, cell: CellView, zone: str, result: EditResult | None) -> DayField:
    conflict, problem = _findings(row.person_id, cell.day, result)
    notes = [sentence(one) for one in (cell.problem, cell.part, *(w.message for w in cell.warnings)) if one]
    if cell.is_changed:
        notes.insert(0, sentence(msg("published: %(code)s", code=cell.published or "–")))
    error = conflict_words(conflict, zone) if conflict else sentence(problem.message) if problem else ""
    return DayField(
        person_id=row.person_id,
        name=row.name,
        text=conflict.mine if conflict else problem.text if problem else cell.text,
        was=cell.text,
        seen_version=cell.version,
        error=error,
        notes=tuple(notes),
    )


def _findings(person_id: uuid.UUID, day: date, result: EditResult | None) -> tuple[Any, Any]:
    if result is None:
        return None, None
    cell = (person_id, day)
    return (
        next((one for one in result.conflicts if (one.person_id, one.day) == cell), None),
        next((one for one in refused(result) if (one.person_id, one.day) == cell), None),
    )


def refused(result: EditResult) -> list[Any]:
    """Return the problems of cells that were not written; the others stand in the draft with their mark."""
    saved = {(one.person_id, one.day) for one in result.saved}
    return [one for one in result.problems if (one.person_id, one.day) not in saved]


def conflict_words(conflict: CellConflict, zone: str) -> str:
    """Say whose cell stands now, and what was typed here."""
    values = {"name": conflict.by, "theirs": conflict.theirs or "–", "mine": conflict.mine or "–"}
    if conflict.at is None:
        return sentence(msg("Somebody changed this to %(theirs)s; you typed %(mine)s.", **values))
    text = msg("%(name)s changed this to %(theirs)s at %(time)s; you typed %(mine)s.", **values)
    return sentence(_with(text, time=f"{to_local(conflict.at, zone):%H:%M}"))


def _with(message: Message, **values: object) -> Message:
    return Message(message.text, {**message.values, **values})


def answer_of(result: EditResult, zone: str, done: Message | None = None) -> dict[str, Any]:
    """Return what the script needs beside the new pieces: versions, conflicts, refused texts, a sentence."""
    problems = refused(result)
    return {
        "saved": [{"key": _key(one), "version": one.version} for one in result.saved],
        "conflicts": [
            {
                "key": _key(one),
                "mine": one.mine,
                "theirs": one.theirs,
                "version": one.version,
                "sentence": conflict_words(one, zone),
            }
            for one in result.conflicts
        ],
        "problems": [
            {"key": _key(one), "text": one.text[:MAX_CELL], "sentence": sentence(one.message)}
            for one in problems
        ],
        "sentence": _summary(result, len(problems), done),
    }


def _key(one: Any) -> str:
    return f"{one.person_id} {one.day.isoformat()}"


def _summary(result: EditResult, problems: int, done: Message | None) -> str:
    parts: Iterable[Message | None] = (
        done or msg("Saved."),
        msg("Changed by somebody else meanwhile: %(count)s.", count=len(result.conflicts))
        if result.conflicts
        else None,
        msg("Not saved: %(count)s.", count=problems) if problems else None,
    )
    return " ".join(sentence(part) for part in parts if part)
