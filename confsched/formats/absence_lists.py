"""Lists of absences as people keep them: a name, a kind, from when until when; in German or English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time

from confsched.domain.kinds import AbsenceKind
from confsched.errors import Message, Refusal, msg
from confsched.formats.roster_words import (
    END_WORDS,
    GIVEN_NAME_WORDS,
    NAME_WORDS,
    START_WORDS,
    read_day,
    word,
)

MAX_ROWS = 500
HEADING_ROWS = 10  # titles may stand above the headings
Row = Sequence[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KIND_HEADINGS = _words("art grund abwesenheit abwesenheitsart typ kind type reason absence")
_MORE_STARTS = _words("vom ab erstertag datum datumvon vondatum firstday startdate")
_MORE_ENDS = _words("letztertag datumbis bisdatum lastday enddate einschliesslich")
_KINDS = {
    AbsenceKind.LEAVE: (
        "urlaub erholungsurlaub jahresurlaub resturlaub sonderurlaub ferien elternzeit mutterschutz "
        "leave vacation holiday holidays annualleave parentalleave u ur urlb el"
    ),
    AbsenceKind.SICK: (
        "krank krankheit krankmeldung krankgemeldet arbeitsunfaehig arbeitsunfaehigkeit kindkrank reha kur "
        "sick sickness sickleave illness ill k kr au krk"
    ),
    AbsenceKind.TRAINING: (
        "fortbildung weiterbildung kongress tagung kurs seminar lehrgang dienstreise bildungsurlaub "
        "training course congress conference education studyleave fb wb fobi"
    ),
    AbsenceKind.OTHER: (
        "sonstiges sonstige andere anderes abwesend frei freizeitausgleich ausgleich ueberstunden "
        "ueberstundenabbau zeitausgleich forschung forschungstag other absent away off research fza za ab"
    ),
}
_KIND_BY_WORD = {name: kind for kind, names in _KINDS.items() for name in names.split()}
_TIME = re.compile(
    r"(?P<day>.*\S)[\s,T]+(?P<hour>\d{1,2})[:.](?P<minute>[0-5]\d)(?::\d\d)?(?:\s*(?:Uhr|h))?$"
)


@dataclass(frozen=True)
class When:
    """Hold a local day, and a time of it where one is said."""

    day: date
    at: time | None = None


@dataclass(frozen=True)
class ListedAbsence:
    """Hold one row of a list; `number` counts its rows from 1, `problem` says what cannot be read in it."""

    number: int
    name: str
    kind: AbsenceKind
    starts: When | None
    ends: When | None
    problem: Message | None = None


@dataclass(frozen=True)
class _Columns:
    """Hold in which places the parts of a row stand; names may be written in two."""

    names: tuple[int, ...]
    kind: int | None
    starts: int
    ends: int | None


def find_kind(text: str) -> AbsenceKind | None:
    """Return the kind that a word or an abbreviation names, in German or English."""
    if (kind := _KIND_BY_WORD.get(word(text))) is not None:
        return kind
    found = {
        _KIND_BY_WORD[part] for part in map(word, text.split()) if part in _KIND_BY_WORD and len(part) > 3
    }
    return found.pop() if len(found) == 1 else None


def read_absences(rows: Sequence[Row], today: date) -> list[ListedAbsence]:
    """Return the absences of a list, with or without headings; a day without a year is the nearest one.

    Raises Refusal where nothing of it is a list of absences, or more than we take at once.
    """
    heading = _find_heading(rows)
    if heading is None:
        listed = [one for number, row in enumerate(rows, 1) if (one := _read_bare(number, row, today))]
    else:
        place, columns = heading
        below = enumerate(rows[place + 1 :], place + 2)
        listed = [_read_row(number, row, columns, today) for number, row in below if any(row)]
    if not listed:
        raise Refusal(
            msg("There is no absence in this list. It needs columns for name, kind, from and until."),
            field="text",
        )
    if len(listed) > MAX_ROWS:
        raise Refusal(msg("Take over at most %(count)s rows at once.", count=MAX_ROWS), field="text")
    return listed


def _find_heading(rows: Sequence[Row]) -> tuple[int, _Columns] | None:
    for place, row in enumerate(rows[:HEADING_ROWS]):
        columns = _columns_of([word(cell) for cell in row])
        if columns:
            return place, columns
    return None


def _columns_of(words: Sequence[str]) -> _Columns | None:
    """Return the columns that headings name; a name and a start are the least."""
    given = _places(words, lambda text: text in GIVEN_NAME_WORDS)
    family = _places(words, lambda text: text in NAME_WORDS)
    starts = _places(words, lambda text: text in START_WORDS | _MORE_STARTS)
    ends = _places(words, lambda text: text in END_WORDS | _MORE_ENDS)
    kinds = _places(words, lambda text: text in _KIND_HEADINGS)
    if not family or not starts:
        return None
    return _Columns((*given[:1], *family[:1]), next(iter(kinds), None), starts[0], next(iter(ends), None))


def _places(words: Sequence[str], fits: Callable[[str], bool]) -> list[int]:
    return [place for place, text in enumerate(words) if fits(text)]


def _read_row(number: int, row: Row, columns: _Columns, today: date) -> ListedAbsence:
    kind_text = row[columns.kind] if columns.kind is not None else ""
    ends_text = row[columns.ends] if columns.ends is not None else ""
    name = " ".join(row[place] for place in columns.names if row[place])
    return _listed(number, name, kind_text, row[columns.starts], ends_text, today)


def _read_bare(number: int, row: Row, today: date) -> ListedAbsence | None:
    """Read a row by what its cells look like: days, a known word for the kind, the rest is the name."""
    days = [cell for cell in row if _is_day(cell, today)]
    if not days:
        return None
    others = [cell for cell in row if cell and cell not in days]
    kind_text = next((cell for cell in reversed(others) if find_kind(cell)), "")
    name = next((cell for cell in others if cell != kind_text), "")
    return _listed(number, name, kind_text, days[0], days[1] if len(days) > 1 else "", today)


def _is_day(cell: str, today: date) -> bool:
    return any(sign.isdigit() for sign in cell) and len(cell) > 3 and _read_when(cell, today) is not None


def _listed(
    number: int, name: str, kind_text: str, starts_text: str, ends_text: str, today: date
) -> ListedAbsence:
    starts = _read_when(starts_text, today)
    ends = _read_when(ends_text or starts_text, starts.day if starts else today)
    kind = find_kind(kind_text) if kind_text else AbsenceKind.OTHER
    problem = _problem([(starts_text, starts), (ends_text, ends)], name, kind_text, kind)
    return ListedAbsence(number, name, kind or AbsenceKind.OTHER, starts, ends, problem)


def _problem(
    whens: Sequence[tuple[str, When | None]], name: str, kind_text: str, kind: AbsenceKind | None
) -> Message | None:
    if not name:
        return msg("The name is missing.")
    for text, when in whens:
        if when is None:
            return msg("“%(written)s” is no day. Write it as 24.12.2026.", written=text)
    if kind is None:
        return msg(
            "The kind “%(written)s” is unknown: write leave, sick, training or other.", written=kind_text
        )
    return None


def _read_when(text: str, near: date) -> When | None:
    found = _TIME.fullmatch(text.strip())
    if found is None:
        day = read_day(text, near) if text.strip() else None
        return When(day) if day else None
    day, hour = read_day(found["day"], near), int(found["hour"])
    if day is None or hour > 23:
        return None
    return When(day, time(hour, int(found["minute"])))


def as_text(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the rows as they would be pasted, so that a file that was read need not be sent again."""
    return ("\t".join(row) for row in rows)
