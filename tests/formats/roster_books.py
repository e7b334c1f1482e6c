"""Excel workbooks for the tests: proper ones, and those that mean harm, each made here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook

MEGABYTE = 1024 * 1024
SHEET = "xl/worksheets/sheet1.xml"
MERGED_ALL = '<mergeCell ref="A1:CV2000"/>'
LAUGHS = (
    '<?xml version="1.0"{encoding}?><!DOCTYPE a [<!ENTITY b "haha"><!ENTITY c "&b;&b;&b;&b;">]>'
    "<worksheet>&c;</worksheet>"
)


def workbook(rows: Iterable[Sequence[object]], *, merged: Sequence[str] = (), name: str = "Plan") -> bytes:
    """Return a workbook of one sheet."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    for row in rows:
        sheet.append(list(row))
    for area in merged:
        sheet.merge_cells(area)
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def with_parts(data: bytes, parts: Mapping[str, bytes | None]) -> bytes:
    """Return the workbook with some of its parts replaced, added or (None) taken away."""
    copy = BytesIO()
    with ZipFile(BytesIO(data)) as source, ZipFile(copy, "w", ZIP_DEFLATED) as target:
        kept = {info.filename: source.read(info) for info in source.infolist()}
        for name, content in {**kept, **parts}.items():
            if content is not None:
                target.writestr(name, content)
    return copy.getvalue()


def with_sheet(change: Callable[[str], str]) -> bytes:
    """Return a small workbook whose sheet was written by another hand."""
    data = workbook([["Name", 1, 2], ["Rieger", "N", "R"]])
    xml = part_of(data, SHEET)
    changed = change(xml)
    assert changed != xml, "the change found its place"
    return with_parts(data, {SHEET: changed.encode()})


def with_strings(strings: str) -> bytes:
    """Return the small workbook as Excel writes it: the name stands in a list of strings beside the sheet."""
    name = '<c r="A2" t="inlineStr"><is><t>Rieger</t></is></c>'
    data = with_sheet(lambda xml: xml.replace(name, '<c r="A2" t="s"><v>0</v></c>'))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    types = part_of(data, "[Content_Types].xml").replace(
        "</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    )
    listed = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{strings}</sst>'
    return with_parts(data, {"[Content_Types].xml": types.encode(), "xl/sharedStrings.xml": listed.encode()})


def part_of(data: bytes, name: str) -> str:
    with ZipFile(BytesIO(data)) as source:
        return source.read(name).decode()


def _flipped(data: bytes) -> bytes:
    at = data.index(SHEET.encode()) + len(SHEET) + 20
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def _cells(number: int) -> str:
    return "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(1, number + 1))


def _merges(number: int) -> str:
    return "".join(f'<mergeCell ref="A{row}:B{row}"/>' for row in range(1, number))


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return file.getvalue()


def refused() -> dict[str, tuple[bytes, str]]:
    """Return files that have to be refused, each with a part of the sentence that says why."""
    good = workbook([["Name", 1, 2], ["Rieger", "N", "R"]])
    bomb = b'<worksheet><sheetData><row r="1"/></sheetData>' + b" " * 40 * MEGABYTE + b"</worksheet>"
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    return {
        "nothing": (b" \r\n", "empty"),
        "no table": (b";;\n;;\n", "no table"),
        "an empty workbook": (workbook([]), "no table"),
        "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "neither"),
        "a PDF": (b"%PDF-1.7\n", "PDF"),
        "a web page called .xls": (b"\xef\xbb\xbf <html><table><tr><td>N", "web page"),
        "XML": (b'<?xml version="1.0"?><Workbook/>', "web page or XML"),
        "an old .xls": (ole, "old Excel file"),
        "a workbook with a password": (ole + "EncryptedPackage".encode("utf-16-le"), "password"),
        "a text document": (_zipped({"mimetype": b"application/x"}), "not an Excel workbook"),
        "two megabytes and a bit": (good + b"x" * 2 * MEGABYTE, "larger than 2 MB"),
        "half a workbook": (good[: len(good) // 2], "damaged"),
        "a workbook without its end": (good[:-30], "damaged"),
        "a flipped byte": (_flipped(good), "damaged"),
        "half a sheet": (with_sheet(lambda xml: xml[: len(xml) // 2]), "damaged"),
        "no sheet": (with_parts(good, {SHEET: None}), "no table"),
        "no workbook": (with_parts(good, {"xl/workbook.xml": None}), "cannot be read"),
        "a zip bomb": (with_parts(good, {SHEET: bomb}), "far more than a roster"),
        "many small parts": (with_parts(good, {f"x{n}.xml": b"<a/>" for n in range(501)}), "far more"),
        "a million tags": (
            with_sheet(lambda xml: xml.replace("</row>", "</row>" + "<x/>" * 1_000_001)),
            "far more",
        ),
        "billion laughs": (with_parts(good, {SHEET: LAUGHS.format(encoding="").encode()}), "far more"),
        "laughs in UTF-16": (
            with_parts(good, {SHEET: LAUGHS.format(encoding=' encoding="UTF-16"').encode("utf-16")}),
            "far more",
        ),
        "a file named in an entity": (
            with_parts(good, {"xl/sharedStrings.xml": b'<!DOCTYPE a SYSTEM "file:///x"><sst/>'}),
            "far more",
        ),
        "three thousand rows": (
            with_sheet(lambda xml: xml.replace("<sheetData>", f"<sheetData>{_cells(3_000)}")),
            "2000 rows",
        ),
        "a cell far away": (with_sheet(lambda xml: xml.replace('r="B2"', 'r="XFD1048576"')), "2000 rows"),
        "merged over and over": (
            with_sheet(
                lambda xml: xml.replace(
                    "</sheetData>",
                    f"</sheetData><mergeCells>{MERGED_ALL * 2}</mergeCells>",
                )
            ),
            "far more",
        ),
        "two thousand merged cells": (
            with_sheet(
                lambda xml: xml.replace(
                    "</sheetData>", f"</sheetData><mergeCells>{_merges(2_000)}</mergeCells>"
                )
            ),
            "far more",
        ),
        "a formula nobody calculated": (workbook([["Name", "=1+1"]]), "cell B1 was never calculated"),
        "a word for a number": (
            with_sheet(lambda xml: xml.replace("<v>1</v>", "<v>eins</v>")),
            "cannot be read",
        ),
        "a string that is missing": (with_strings(""), "cannot be read"),
        "a quotation mark that never closes": (b'Name;1;2\nRieger;"N;R\nVoss;N;R\n', "breaks off"),
        "a letter cut in half": ("Name;1\nVoß;N\nSö".encode()[:-1], "breaks off"),
        "three thousand lines": (b"Name;1\n" * 3_000, "2000 rows"),
        "a hundred and one columns": (b"N;" * 101 + b"\n", "2000 rows and 100 columns"),
        "a cell of a megabyte": (b"Name;" + b"x" * MEGABYTE, "breaks off"),
        "a binary with a CSV's name": (bytes(range(256)) * 4, "neither"),
    }
