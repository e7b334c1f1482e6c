"""The changes of an import as people read them: names instead of ids, and what comes of each."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from confsched.domain.duty_codes import DutyCode, day_class
from confsched.domain.kinds import DayClass
from confsched.domain.roster_import import ImportChange, ImportKind
from confsched.errors import Message, msg
from confsched.services.import_effects import Effects
from confsched.services.roster_cells import MonthState

EVE, HOLIDAY = msg("eve of a public holiday"), msg("public holiday")


@dataclass(frozen=True)
class ImportRow:
    """Hold one change as a person reads it."""

    day: date
    kind: ImportKind
    line: str
    before: str
    after: str
    is_quoted: bool  # `after` is the sheet's own word
    effects: tuple[Message, ...]


def row_of(
    change: ImportChange, state: MonthState, names: Mapping[uuid.UUID, str], effects: Effects
) -> ImportRow:
    """Return a change with names for people and codes, and with what it brings about."""
    code = state.legend.find(change.code) if change.code else None
    is_unclear = change.kind is ImportKind.UNCLEAR
    return ImportRow(
        day=change.day,
        kind=change.kind,
        line=code.name if code else "",
        before=_before(change, state, names),
        after=_written(change) if is_unclear else _name(change.after, names),
        is_quoted=is_unclear,
        effects=_unclear_effects(change) if is_unclear else _effects(change, code, state, effects),
    )


def _name(person_id: uuid.UUID | None, names: Mapping[uuid.UUID, str]) -> str:
    return names.get(person_id, "?") if person_id else ""


def _before(change: ImportChange, state: MonthState, names: Mapping[uuid.UUID, str]) -> str:
    if change.kind is not ImportKind.UNCLEAR or change.before is None:
        return _name(change.before, names)
    return f"{_name(change.before, names)} {state.draft.get((change.before, change.day), '')}".strip()


def _written(change: ImportChange) -> str:
    return change.written if change.before else change.name


def _unclear_effects(change: ImportChange) -> tuple[Message, ...]:
    if change.before is None:
        return (msg("Nobody is known by this name"),)
    if change.code or not change.name:
        return (msg("More codes than a cell holds"),)
    return (msg("The legend does not know %(code)s.", code=change.written),)


def _effects(
    change: ImportChange, code: DutyCode | None, state: MonthState, effects: Effects
) -> tuple[Message, ...]:
    """Return what one change brings about, what is worst first."""
    found: list[Message] = []
    for person_id in dict.fromkeys((change.before, change.after)):
        count = effects.meetings_of(person_id, change.day, state) if person_id else 0
        if count:
            found.append(
                msg("1 meeting affected") if count == 1 else msg("%(count)s meetings affected", count=count)
            )
    if change.after:
        found += effects.findings.get((change.after, change.day), ())
    if code and code.line_id and (code.line_id, change.day) in effects.gaps:
        found.append(effects.gaps[code.line_id, change.day])
    if change.after and code and code.line_id:
        found += _day_notes(change.day, state)
    return tuple(found)


def _day_notes(day: date, state: MonthState) -> list[Message]:
    kind = day_class(day, state.legend.is_holiday)
    return [EVE] if kind is DayClass.HOLIDAY_EVE else [HOLIDAY] if kind is DayClass.HOLIDAY else []
