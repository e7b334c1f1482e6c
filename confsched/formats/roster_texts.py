"""Rows out of separated text, whatever program wrote it."""

from __future__ import annotations

import csv
import re
import unicodedata
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator

from confsched.errors import Refusal, msg
from confsched.formats.roster_sizes import MAX_ROWS

SEPARATORS = ";\t,|"
# A line of our own behind the text: it is swallowed where a quotation mark was opened and never closed.
_LAST_LINE = "\x00end"
_DECLARED = re.compile(r"sep=(.)\n", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*+(?:"|\Z)')
# How many bytes of a character may be missing at the end of a UTF-8 file that was cut off.
_CUT_BYTES = 3


def decode(data: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 or Windows-1252; raises Refusal for what is no text."""
    try:
        text = _decoded(data)
    except UnicodeDecodeError as error:
        raise _no_text() from error
    if any(unicodedata.category(char) == "Cc" and not char.isspace() for char in text):
        raise _no_text()
    return text


def _decoded(data: bytes) -> str:
    if data.startswith(BOM_UTF8):
        return data.decode("utf-8-sig")
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return data.decode("utf-16")
    if data[1::2].count(0) > len(data) // 4:
        return data.decode("utf-16-le")
    if data[::2].count(0) > len(data) // 4:
        return data.decode("utf-16-be")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if error.start >= len(data) - _CUT_BYTES and not data[: error.start].isascii():
            raise _cut_off("file") from error
        return data.decode("cp1252")


def split_rows(text: str, *, field: str) -> list[list[str]]:
    """Return the cells of separated text; raises Refusal where a quoted cell never ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    declared = _DECLARED.match(text)
    body = text[declared.end() :] if declared else text
    separator = declared[1] if declared and declared[1] in SEPARATORS else _separator(body)
    lines = (f"{line}\n" for line in (*body.removesuffix("\n").split("\n"), _LAST_LINE))
    try:
        rows = list(_limited(csv.reader(lines, delimiter=separator)))
    except csv.Error as error:
        raise _cut_off(field) from error
    if rows.pop() != [_LAST_LINE]:
        raise _cut_off(field)
    return rows


def _limited(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield all rows, but no cells in those beyond the limit plus one: the table is refused by its size."""
    for number, row in enumerate(rows):
        yield row if number <= MAX_ROWS or row == [_LAST_LINE] else ["…"]


def _separator(text: str) -> str:
    """Return the sign that most lines hold, and of such the most frequent one."""
    lines = _QUOTED.sub("", text).split("\n")
    return max(
        SEPARATORS,
        key=lambda sign: (sum(sign in line for line in lines), sum(line.count(sign) for line in lines)),
    )


def _no_text() -> Refusal:
    return Refusal(
        msg("This is neither an Excel workbook (.xlsx) nor a CSV file. Save the roster as one of them."),
        field="file",
    )


def _cut_off(field: str) -> Refusal:
    return Refusal(msg("The roster breaks off in the middle of a cell. Save or copy it again."), field=field)
