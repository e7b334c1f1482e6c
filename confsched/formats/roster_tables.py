"""Tables out of foreign roster files: CSV, Excel workbooks and what is pasted from a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from confsched.errors import Message, Refusal, msg
from confsched.formats.plain_text import one_line
from confsched.formats.roster_sizes import (
    MAX_BYTES,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_MEGABYTES,
    MAX_ROWS,
    MAX_TEXT,
    too_large,
)
from confsched.formats.roster_texts import decode, split_rows
from confsched.formats.roster_workbooks import read_sheets

_ZIP = b"PK"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True)
class Table:
    """Hold the cells of one sheet as clean text, each row as long as the others.

    Days of date cells are written 2026-12-01, times 08:00; a merged cell stands in each of its places.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]


def read_tables(data: bytes, filename: str = "") -> tuple[Table, ...]:
    """Return the visible sheets of a file that hold anything, by its content and not by its ending.

    Raises Refusal with field "file" for what is no table, damaged, hostile or too large.
    """
    _check_kind(data)
    if data.startswith(_ZIP):
        sheets = read_sheets(data)
    else:
        sheets = [(filename, split_rows(decode(data), field="file"))]
    tables = tuple(table for name, rows in sheets if (table := _table(name, rows, "file")).rows)
    if not tables:
        raise _refused(msg("There is no table in this file. Check that it holds your roster."))
    if sum(len(table.rows) * len(table.rows[0]) for table in tables) > MAX_CELLS:
        raise too_large("file")
    return tables


def read_pasted(text: str) -> Table:
    """Return what was copied out of a spreadsheet; raises Refusal with field "text"."""
    if len(text) > MAX_BYTES:
        raise too_large("text")
    table = _table("", split_rows(text, field="text"), "text")
    if not table.rows:
        raise Refusal(msg("Paste the cells of your roster here."), field="text")
    return table


def _check_kind(data: bytes) -> None:
    if not data.strip():
        raise _refused(msg("This file is empty. Save the roster again."))
    if len(data) > MAX_BYTES:
        raise _refused(
            msg("This file is larger than %(limit)s MB. Keep one month of it.", limit=MAX_MEGABYTES)
        )
    if data.startswith(_OLE):
        raise _refused(_protected() if _ENCRYPTED in data else _old_excel())
    if data.startswith(b"%PDF"):
        raise _refused(msg("This is a PDF. Save the roster as Excel workbook (.xlsx) or as CSV."))
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise _refused(
            msg("This is a web page or XML. Open it in Excel and save it as workbook (.xlsx) or as CSV.")
        )


def _protected() -> Message:
    return msg("This workbook is protected by a password. Save it without one.")


def _old_excel() -> Message:
    return msg("This is an old Excel file (.xls). Open it in Excel and save it as workbook (.xlsx).")


def _table(name: str, rows: Iterable[Sequence[str]], field: str) -> Table:
    """Clean each cell, drop what is empty below and on the right, and give all rows one length."""
    cleaned = [[one_line(cell)[:MAX_TEXT].strip() for cell in row] for row in rows]
    width = max((_used(row) for row in cleaned), default=0)
    height = _used(["".join(row) for row in cleaned])
    if height > MAX_ROWS or width > MAX_COLUMNS:
        raise too_large(field)
    padded = (tuple((row + [""] * width)[:width]) for row in cleaned[:height])
    return Table(one_line(name)[:MAX_TEXT], tuple(padded))


def _used(cells: Sequence[str]) -> int:
    return max((place for place, cell in enumerate(cells, 1) if cell), default=0)


def _refused(message: Message) -> Refusal:
    return Refusal(message, field="file")
