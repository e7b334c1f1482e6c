"""Tables for a spreadsheet, with nothing in them that it would run."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as something else
# A text that starts so is a formula to Excel, LibreOffice and Google Sheets (OWASP, CSV injection); the wide
# forms are one where a spreadsheet is set to a language that writes them.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """Return a text that a spreadsheet shows as it is; a leading apostrophe keeps it from being a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_table(rows: Iterable[Iterable[str]], delimiter: str = ",") -> bytes:
    """Write rows as CSV (RFC 4180) in UTF-8; texts of people go through harmless() before."""
    text = _Text()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return (BYTE_ORDER_MARK + "".join(text)).encode()


def read_table(body: bytes, delimiter: str = ",") -> list[list[str]]:
    """Read what write_table() has written; empty lines at the end are left out.

    Raises ValueError for what is no such table.
    """
    try:
        text = StringIO(body.decode("utf-8-sig"), newline="")
        return [row for row in csv.reader(text, delimiter=delimiter, strict=True) if row]
    except csv.Error as error:
        raise ValueError("not a table") from error


class _Text(list[str]):
    """Collect what a writer of lines writes."""

    def write(self, line: str) -> None:
        self.append(line)
