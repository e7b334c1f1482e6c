"""Sheets of Excel workbooks (ECMA-376): zipped XML, hostile until nothing but plain cells is left of it."""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from confsched.errors import Refusal, msg
from confsched.formats.roster_sizes import (
    MAX_CELL_FORMATS,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_FORMAT_CODE,
    MAX_MARKUP,
    MAX_MERGES,
    MAX_NUMBER_FORMATS,
    MAX_PARTS,
    MAX_ROWS,
    MAX_SHEETS,
    MAX_UNPACKED_BYTES,
    too_large,
)

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Rows = list[list[str]]

# What is kept of each part, by the name of its root: no links, drawings, comments, macros or fonts, over
# which the library stumbles and which no roster needs.
_KEPT = {
    "Types": {"Default", "Override"},
    "Relationships": {"Relationship"},
    "workbook": {"workbookPr", "sheets"},
    "sst": {"si"},
    "styleSheet": {"numFmts", "cellXfs"},
    "worksheet": {"sheetData", "mergeCells"},
}
_RANGE = re.compile(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})", re.ASCII)
_BROKEN_ZIP = (BadZipFile, EOFError, OSError, RuntimeError, ValueError, zlib.error)
# What the library raises for sheets that no program should write; it has no error of its own.
_STUMBLES = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError),
    *(OSError, RecursionError, TypeError, ValueError),
)


def read_sheets(data: bytes) -> list[tuple[str, Rows]]:
    """Return name and cells of the visible sheets; a formula counts with the value it had when saved.

    Hidden sheets are lists and leftovers; hidden rows and columns count, so that no duty is lost unseen.
    """
    from openpyxl import load_workbook  # an import that takes longer than the reading

    plain = BytesIO(_plain_copy(data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sheets = load_workbook(plain, data_only=True, keep_links=False).worksheets
            visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
            _check_area(visible)
            return [(sheet.title, _rows(sheet)) for sheet in visible]
    except _STUMBLES as error:
        raise _unreadable() from error


def _plain_copy(data: bytes) -> bytes:
    """Return the workbook with nothing in it but cells, merged ranges and number formats."""
    copy = BytesIO()
    try:
        with ZipFile(BytesIO(data)) as source, ZipFile(copy, "w") as target:
            unpacking = _Unpacking(source)
            for info in unpacking.parts():
                part = _plain_part(unpacking.read(info))
                if part is not None:
                    target.writestr(info.filename, part)
    except _BROKEN_ZIP as error:
        raise _damaged() from error
    return copy.getvalue()


@dataclass
class _Unpacking:
    """Unpack the parts of a workbook that matter, and stop before they cost too much."""

    source: ZipFile
    left: int = MAX_UNPACKED_BYTES

    def parts(self) -> list[ZipInfo]:
        infos = self.source.infolist()
        names = {info.filename for info in infos}
        if len(infos) > MAX_PARTS:
            raise _hostile()
        if len(names) < len(infos):
            raise _damaged()
        if "[Content_Types].xml" not in names:
            raise _other_zip()
        return [info for info in infos if _may_matter(info.filename)]

    def read(self, info: ZipInfo) -> bytes:
        """Return the content by what comes out and not by the size that the file claims."""
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise _damaged()
        with self.source.open(info) as file:
            content = file.read(self.left + 1)
        self.left -= len(content)
        if self.left < 0 or content.count(b"<") > MAX_MARKUP:
            raise _hostile()
        return content


def _may_matter(name: str) -> bool:
    if name.endswith(".rels"):
        return name.endswith("/workbook.xml.rels")
    is_beside = re.search(r"(?:^|/)(?:drawings|charts|theme|docProps|externalLinks|pivot\w*)/", name)
    return name.endswith(".xml") and not is_beside


class _Builder(ElementTree.TreeBuilder):
    """Build a tree from XML without a document type: it could define entities, and no workbook has one."""

    def doctype(self, *_names: str | None) -> None:
        raise _hostile()


def _plain_part(content: bytes) -> bytes | None:
    try:
        root = ElementTree.fromstring(content, ElementTree.XMLParser(target=_Builder()))
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise _damaged() from error
    name = _local(root)
    if name not in _KEPT:
        return None
    root[:] = [part for part in root if _local(part) in _KEPT[name]]
    for part in root:
        _PLAINER.get(_local(part), _keep)(part)
    return ElementTree.tostring(root)


def _local(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _keep(part: ElementTree.Element) -> None:
    """Leave the part as it is."""


def _plain_sheets(sheets: ElementTree.Element) -> None:
    if len(sheets) > MAX_SHEETS:
        raise Refusal(
            msg(
                "This workbook has more than %(limit)s sheets. Keep the one with your roster.",
                limit=MAX_SHEETS,
            ),
            field="file",
        )


def _plain_formats(formats: ElementTree.Element) -> None:
    if len(formats) > MAX_CELL_FORMATS:
        raise _hostile()
    for entry in formats:
        entry[:] = []


def _plain_number_formats(formats: ElementTree.Element) -> None:
    """Keep what Excel could have written: the library takes long over longer ones."""
    kept = [entry for entry in formats if len(entry.get("formatCode", "")) <= MAX_FORMAT_CODE]
    formats[:] = kept[:MAX_NUMBER_FORMATS]


def _plain_rows(rows: ElementTree.Element) -> None:
    """Keep the cells that hold something; one without an address counts by its place."""
    for row in rows:
        row.attrib = {name: value for name, value in row.attrib.items() if name == "r"}
        row[:] = [cell for cell in row if "r" not in cell.attrib or _holds_value(cell)]


def _holds_value(cell: ElementTree.Element) -> bool:
    parts = {_local(part): part.text for part in cell}
    # An empty text is a value as well; programs that do not calculate leave out the type with the value.
    if "f" in parts and not parts.get("v") and cell.get("t") != "str":
        raise Refusal(
            msg(
                "The formula in cell %(cell)s was never calculated. Open the workbook in Excel and save it.",
                cell=cell.attrib["r"][:10],
            ),
            field="file",
        )
    return bool(parts.keys() & {"v", "is"})


def _plain_merges(merges: ElementTree.Element) -> None:
    """Keep the ranges inside a sheet of our size; a title may be merged over all the columns of Excel."""
    merges.attrib = {}
    areas = {merge: _area(merge.get("ref", "")) for merge in merges}
    merges[:] = [merge for merge, area in areas.items() if area]
    if len(merges) > MAX_MERGES or sum(areas.values()) > MAX_CELLS:
        raise _hostile()


def _area(reference: str) -> int:
    """Return the number of cells of a range, 0 where it is none or reaches too far."""
    found = _RANGE.fullmatch(reference)
    if not found or int(found[4]) > MAX_ROWS or _column_number(found[3]) > MAX_COLUMNS:
        return 0
    columns = _column_number(found[3]) - _column_number(found[1]) + 1
    return max(columns, 0) * max(int(found[4]) - int(found[2]) + 1, 0)


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


_PLAINER = {
    "sheets": _plain_sheets,
    "numFmts": _plain_number_formats,
    "cellXfs": _plain_formats,
    "sheetData": _plain_rows,
    "mergeCells": _plain_merges,
}


def _check_area(sheets: Iterable[Worksheet]) -> None:
    """Refuse by the size that the cells span, whatever size the sheet declares."""
    sizes = [(sheet.max_row, sheet.max_column) for sheet in sheets]
    is_wide = any(rows > MAX_ROWS or columns > MAX_COLUMNS for rows, columns in sizes)
    if is_wide or sum(rows * columns for rows, columns in sizes) > MAX_CELLS:
        raise too_large("file")


def _rows(sheet: Worksheet) -> Rows:
    rows = [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    for area in sheet.merged_cells.ranges:
        text = rows[area.min_row - 1][area.min_col - 1]
        for row in rows[area.min_row - 1 : area.max_row]:
            row[area.min_col - 1 : area.max_col] = [text] * (area.max_col - area.min_col + 1)
    return rows


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.replace(microsecond=0)
        return value.date().isoformat() if value.time() == time.min else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, timedelta):
        hours, minutes = divmod(int(value.total_seconds()) // 60, 60)
        return f"{hours:02}:{minutes:02}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _damaged() -> Refusal:
    # Half a workbook would read as duties that were struck off.
    return Refusal(
        msg("This workbook is damaged or breaks off in the middle. Open it in Excel and save it again."),
        field="file",
    )


def _unreadable() -> Refusal:
    return Refusal(
        msg("This workbook cannot be read. Open it in Excel and save it again as .xlsx, or as CSV."),
        field="file",
    )


def _hostile() -> Refusal:
    return Refusal(
        msg("This workbook holds far more than a roster and is not read. Copy the month into a new one."),
        field="file",
    )


def _other_zip() -> Refusal:
    return Refusal(
        msg("This is not an Excel workbook. Save the roster as Excel workbook (.xlsx) or as CSV."),
        field="file",
    )
