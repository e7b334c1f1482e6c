"""Lists of guests as people keep them: name; mail; institution; role, a line each, typed or from Excel."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from confsched.domain.guests import (
    MAX_PARTNER,
    MAX_ROLE,
    NameParts,
    checked_mailbox,
    checked_name,
    checked_words,
    split_name,
)
from confsched.errors import Message, Refusal, msg
from confsched.formats.plain_text import many_lines

MAX_ROWS = 200
MAX_CHARACTERS = 60_000
_NAMES_OF_COLUMNS = frozenset({"name", "person", "teilnehmer", "gast", "guest"})
_COLUMNS = 4


@dataclass(frozen=True)
class ListedGuest:
    """Hold one row; `number` counts the lines of the text from 1, `problem` says what is wrong in it."""

    number: int
    name: NameParts
    email: str
    institution: str
    role: str
    problem: Message | None = None

    @property
    def shown(self) -> str:
        return " ".join(
            part for part in (self.name.title, self.name.given_name, self.name.family_name) if part
        )


def read_guests(text: str) -> list[ListedGuest]:
    """Return the rows of a list, headings left out; raises Refusal for none and for too many."""
    if len(text) > MAX_CHARACTERS:
        raise Refusal(msg("At most %(count)s rows at once.", count=MAX_ROWS), field="text")
    lines = many_lines(text.replace("\t", ";")).splitlines()  # a spreadsheet parts its cells by tabs
    rows = [(number, row) for number, row in enumerate(_cells(lines), 1) if any(cell.strip() for cell in row)]
    rows = [one for one in rows if one[1][0].strip().lower() not in _NAMES_OF_COLUMNS]
    if not rows:
        raise Refusal(msg("Type or paste one person a line: name; mail; institution; role."), field="text")
    if len(rows) > MAX_ROWS:
        raise Refusal(msg("At most %(count)s rows at once.", count=MAX_ROWS), field="text")
    return list(_marked(_read(number, row) for number, row in rows))


def _cells(lines: Sequence[str]) -> Iterator[list[str]]:
    for line in lines:
        yield next(csv.reader([line], delimiter=";"), [])


def _read(number: int, row: Sequence[str]) -> ListedGuest:
    name, email, institution, role = [cell.strip() for cell in (*row, *[""] * _COLUMNS)[:_COLUMNS]]
    parts, problem = split_name(name), None
    try:
        parts = checked_name(parts)
        email = checked_mailbox(email)
        institution = checked_words(institution, MAX_PARTNER, field="institution")
        role = checked_words(role, MAX_ROLE, field="role")
    except Refusal as refusal:
        problem = refusal.message
    return ListedGuest(number, parts, email, institution, role, problem)


def _marked(rows: Iterator[ListedGuest]) -> Iterator[ListedGuest]:
    """Name a mailbox that stands twice: one mailbox is one person."""
    seen: dict[str, int] = {}
    for row in rows:
        first = seen.setdefault(row.email, row.number)
        if row.problem is None and first != row.number:
            again = msg("This mail address stands in line %(number)s already.", number=first)
            yield ListedGuest(row.number, row.name, row.email, row.institution, row.role, again)
            continue
        yield row
