"""What a sheet means by a code: letters of the legend, a word that was explained once, a name of a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from confsched.domain.duty_codes import (
    MAX_CELL,
    MAX_CODE,
    SEPARATORS,
    DutyCode,
    Hours,
    Legend,
    split_cell,
)
from confsched.domain.roster_names import plain_letters

MAX_ALIAS = 60

Aliases = Mapping[str, str]  # what sheets write, as alias_key -> a code of the legend, or "" for nothing


@dataclass(frozen=True)
class Meanings:
    """Hold what explains the codes of a sheet: the legend, names of lines, and what was said before."""

    legend: Legend
    line_names: Mapping[UUID, str]
    aliases: Aliases


@dataclass(frozen=True)
class ReadCodes:
    """Hold the codes of one cell, what in it nobody can explain, and how much was to be passed over."""

    codes: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    ignored: int = 0


def alias_key(text: str) -> str:
    """Return the one way in which a foreign code is remembered, whatever its case."""
    return " ".join(text.upper().split())[:MAX_ALIAS]


def read_codes(text: str, hours: Hours | None, meanings: Meanings, *, is_heading: bool = False) -> ReadCodes:
    """Return what a cell says; letters of the legend come before what was explained, names last.

    A heading that nobody explained is asked for as a whole: "OA 1" is one duty.
    """
    if all(meanings.legend.find(part) for part in split_cell(text)):
        return ReadCodes(split_cell(text))
    whole = _explained(text, hours, meanings)
    if whole is not None:
        return _joined([whole])
    if is_heading:
        return ReadCodes((), (text,))
    # Unlike split_cell this keeps the case, so that questions quote what is written.
    parts = tuple(dict.fromkeys(part for part in SEPARATORS.split(text.strip()) if part))
    if len(text) > MAX_CELL or any(len(part) > MAX_CODE for part in parts):
        return ReadCodes((), (text,))
    return _joined([_read_part(part, hours, meanings) for part in parts])


def _read_part(part: str, hours: Hours | None, meanings: Meanings) -> ReadCodes:
    known = meanings.legend.find(part)
    if known:
        return ReadCodes((known.code,))
    explained = _explained(part, hours, meanings)
    return ReadCodes((), (part,)) if explained is None else explained


def _joined(parts: Sequence[ReadCodes]) -> ReadCodes:
    return ReadCodes(
        tuple(dict.fromkeys(code for part in parts for code in part.codes)),
        tuple(dict.fromkeys(text for part in parts for text in part.unknown)),
        sum(part.ignored for part in parts),
    )


def _explained(text: str, hours: Hours | None, meanings: Meanings) -> ReadCodes | None:
    alias = meanings.aliases.get(alias_key(text))
    if alias == "":
        return ReadCodes((), (), 1)
    if alias is not None and meanings.legend.find(alias):
        return ReadCodes((alias,))
    code = _by_name(text, hours, meanings)
    return ReadCodes((code,)) if code else None


def _by_name(text: str, hours: Hours | None, meanings: Meanings) -> str | None:
    """Return the code whose name, or whose line's name, is written out; several are told by their hours."""
    name = plain_letters(text).strip()
    known = meanings.legend.codes.values()
    named = [code for code in known if plain_letters(code.name) == name]
    named = named or [code for code in known if _line_name(code, meanings) == name]
    if len(named) > 1 and hours:
        named = [code for code in named if hours in (code.hours or {}).values()]
    return named[0].code if len(named) == 1 else None


def _line_name(code: DutyCode, meanings: Meanings) -> str | None:
    return plain_letters(meanings.line_names.get(code.line_id, "")) or None if code.line_id else None


def near_codes(text: str, legend: Legend) -> tuple[str, ...]:
    """Return the codes of the legend that begin like a foreign one, to be named beside the question."""
    return tuple(code for code in legend.codes if code[:1] == text[:1].upper())


def other_hours(
    written: Iterable[tuple[str, Hours | None]], legend: Legend
) -> list[tuple[str, Hours, Hours]]:
    """Return each code once whose written hours the legend does not have, with those it has."""
    found: dict[str, tuple[str, Hours, Hours]] = {}
    for code, hours in written:
        known = legend.find(code)
        times = list((known.hours or {}).values()) if known else []
        if hours and times and hours not in times:
            found.setdefault(code, (code, hours, times[0]))
    return list(found.values())
