"""Rows that are bound to each other by hashes: whoever changes, drops or inserts one breaks the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

FIRST_HASH = "0" * 64
_BETWEEN = "\x1f"  # stands in no text that a person types


def link(previous: str, cells: Sequence[str]) -> str:
    """Return the SHA-256 over a row and the hash of the one before, as 64 hex digits."""
    return hashlib.sha256(_BETWEEN.join((previous, *cells)).encode()).hexdigest()


def chained(rows: Iterable[Sequence[str]], first: str = FIRST_HASH) -> list[tuple[str, ...]]:
    """Return each row with its hash as the last cell."""
    found: list[tuple[str, ...]] = []
    for cells in rows:
        first = link(first, cells)
        found.append((*cells, first))
    return found


def find_break(rows: Iterable[Sequence[str]], first: str = FIRST_HASH) -> int | None:
    """Return the number, from 1, of the first row that does not follow from those before; None: all do."""
    for number, (*cells, told) in enumerate(rows, 1):
        first = link(first, cells)
        if first != told:
            return number
    return None
