from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from time import perf_counter
from warnings import catch_warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from confsched.errors import Refusal
from confsched.formats.roster_sizes import MAX_TEXT
from confsched.formats.roster_tables import Table, read_pasted, read_tables
from tests.formats.roster_books import SHEET, refused, saved, with_parts, with_sheet, with_strings, workbook

REFUSED = refused()
ROWS = (("Name", "1", "2"), ("Sölle, Käthe", "N", ""), ("O'Brien “Kalle”", "", "N/R"))


def _only(data: bytes) -> tuple[tuple[str, ...], ...]:
    (table,) = read_tables(data)
    return table.rows


def _text(separator: str) -> str:
    return "\r\n".join(separator.join(f'"{cell}"' if "," in cell else cell for cell in row) for row in ROWS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_a_csv_file_reads_alike_in_each_separator_and_encoding(separator: str, encoding: str) -> None:
    assert _only(_text(separator).encode(encoding)) == ROWS
    assert _only(f"{_text(separator)}\n".encode(encoding)) == ROWS


def test_names_with_commas_do_not_make_the_comma_the_separator() -> None:
    assert _only(b"Rieger, Eva;N\nVoss, Jan;R\n") == (("Rieger, Eva", "N"), ("Voss, Jan", "R"))


def test_the_separator_that_excel_declares_is_believed() -> None:
    assert _only(b"sep=,\nRieger;Eva,N\nVoss;Jan,R") == (("Rieger;Eva", "N"), ("Voss;Jan", "R"))


def test_a_quoted_cell_may_hold_separators_marks_and_line_ends() -> None:
    assert _only(b'Name;"Mo\n1"\n"Voss; ""Kalle""";N') == (("Name", "Mo 1"), ('Voss; "Kalle"', "N"))


def test_pasted_cells_keep_their_places_and_lose_what_is_empty_around_them() -> None:
    pasted = read_pasted("Name\t1\t2\t\n\nVoss\t\tN\t\n\t\t\t\n")
    assert pasted == Table("", (("Name", "1", "2"), ("", "", ""), ("Voss", "", "N")))


def test_an_empty_or_broken_paste_names_its_field() -> None:
    for text in ("", " \t\n", 'Name\t"N', "x" * 2_100_000):
        with pytest.raises(Refusal) as refusal:
            read_pasted(text)
        assert refusal.value.field == "text"


def test_cells_lose_controls_and_what_is_longer_than_a_cell() -> None:
    assert _only(b"a\x0bb;" + b"x" * 300) == (("a b", "x" * MAX_TEXT),)
    assert read_pasted("N\x00\x07\tR").rows == (("N", "R"),)


def test_formulas_in_csv_are_text_and_nothing_more() -> None:
    assert _only(b"Name;1\n=cmd|'/c calc'!A1;@SUM(1)") == (("Name", "1"), ("=cmd|'/c calc'!A1", "@SUM(1)"))


def test_the_cells_of_a_workbook_read_as_people_see_them() -> None:
    days = [date(2026, 12, 1), datetime(2026, 12, 1, 20, 30), time(8, 0), timedelta(hours=24)]  # noqa: DTZ001
    assert _only(workbook([[*days, 7, 8.0, 1.5, " N\nR ", None, "#REF!"]])) == (
        ("2026-12-01", "2026-12-01 20:30", "08:00", "24:00", "7", "8", "1.5", "N R", "", "#REF!"),
    )


def test_a_merged_cell_stands_in_each_of_its_places() -> None:
    rows = [["Dezember", None, None], ["Name", 1, 2], ["Voss", "N", None], [None, None, "R"]]
    assert _only(workbook(rows, merged=["A1:C1", "A3:A4"])) == (
        ("Dezember", "Dezember", "Dezember"),
        ("Name", "1", "2"),
        ("Voss", "N", ""),
        ("Voss", "", "R"),
    )


def test_a_title_merged_over_all_columns_of_excel_stays_in_its_cell() -> None:
    merge = '<mergeCells><mergeCell ref="A1:XFD1"/></mergeCells>'
    data = with_sheet(lambda xml: xml.replace("</sheetData>", f"</sheetData>{merge}"))
    assert _only(data) == (("Name", "1", "2"), ("Rieger", "N", "R"))


def test_hidden_sheets_are_left_out_and_hidden_rows_and_columns_are_not() -> None:
    book = Workbook()
    sheet, lists = book.active, book.create_sheet("Listen")
    assert sheet is not None
    sheet.append(["Voss", "N"])
    lists.append(["N", "R"])
    lists.sheet_state = "hidden"
    sheet.row_dimensions[1].hidden = True
    sheet.column_dimensions["B"].hidden = True
    assert [(table.name, table.rows) for table in read_tables(saved(book))] == [("Sheet", (("Voss", "N"),))]


def test_each_sheet_is_a_table_with_its_name() -> None:
    book = Workbook()
    book.active.append(["Voss"])  # type: ignore[union-attr]
    book.create_sheet("leer")
    book.create_sheet("Jan 27").append(["Rieger"])
    assert [table.name for table in read_tables(saved(book), "plan.xlsx")] == ["Sheet", "Jan 27"]


def test_a_formula_counts_with_its_saved_value() -> None:
    cell = '<c r="B1"><f>HYPERLINK("http://a.example")</f><v>1</v></c>'
    data = with_sheet(lambda xml: xml.replace('<c r="B1" t="n"><v>1</v></c>', cell))
    assert _only(data)[0] == ("Name", "1", "2")


def test_a_formula_whose_value_is_an_empty_text_is_an_empty_cell() -> None:
    cell = '<c r="B1" t="str"><f>IF(1,"","N")</f><v></v></c>'
    data = with_sheet(lambda xml: xml.replace('<c r="B1" t="n"><v>1</v></c>', cell))
    assert _only(data)[0] == ("Name", "", "2")


def test_names_beside_the_sheet_are_read_without_their_looks_and_their_sound() -> None:
    runs = "<r><rPr><b/></rPr><t>Rie</t></r><r><t>ger</t></r>"
    sound = '<rPh sb="0" eb="1"><t>laut</t></rPh>'
    assert _only(with_strings(f"<si>{runs}{sound}</si>"))[1] == ("Rieger", "N", "R")


def test_a_wrong_ending_does_not_matter() -> None:
    (table,) = read_tables(b"Name;1\nVoss;N", "Dezember.xlsx")
    assert (table.name, table.rows) == ("Dezember.xlsx", (("Name", "1"), ("Voss", "N")))


def test_macros_pictures_and_links_never_reach_the_library() -> None:
    junk = {
        "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0",
        "xl/drawings/drawing1.xml": b"<not xml",
        "xl/externalLinks/externalLink1.xml": b"<!DOCTYPE a><a/>",
        "xl/worksheets/_rels/sheet1.xml.rels": b"<not xml",
    }
    extras = '<legacyDrawing r:id="x" xmlns:r="http://a.example"/><tableParts><tablePart/></tableParts>'
    data = with_sheet(lambda xml: xml.replace("</worksheet>", f"{extras}</worksheet>"))
    assert _only(with_parts(data, junk)) == (("Name", "1", "2"), ("Rieger", "N", "R"))


def test_broken_looks_do_not_keep_a_sheet_from_being_read() -> None:
    styles = (
        b'<styleSheet><fills><fill><nonsense/></fill></fills><cellXfs><xf fontId="9"/></cellXfs></styleSheet>'
    )
    with catch_warnings(record=True) as warned:
        data = with_parts(workbook([["Voss", "N"]]), {"xl/styles.xml": styles})
        assert _only(data) == (("Voss", "N"),)
    assert not warned


def test_a_number_format_longer_than_any_of_excel_is_left_out() -> None:
    """The library would look at 200,000 brackets for a minute."""
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    code = "[" * 200_000
    formats = f'<numFmts><numFmt numFmtId="200" formatCode="{code}"/></numFmts>'
    cells = '<cellXfs><xf numFmtId="200"/></cellXfs>'
    styles = f'<styleSheet xmlns="{namespace}">{formats}{cells}</styleSheet>'
    assert _only(with_parts(workbook([["Voss", 1]]), {"xl/styles.xml": styles.encode()})) == (("Voss", "1"),)


def test_a_sheet_that_only_claims_a_million_rows_is_read() -> None:
    def declare(xml: str) -> str:
        empty = "".join(f'<row r="{row}" s="1"><c r="A{row}" s="0"/></row>' for row in range(3, 5_000))
        return xml.replace('ref="A1:C2"', 'ref="A1:XFD1048576"').replace(
            "</sheetData>", f"{empty}</sheetData>"
        )

    assert _only(with_sheet(declare)) == (("Name", "1", "2"), ("Rieger", "N", "R"))


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_roster_is_refused_with_a_way_on(name: str) -> None:
    data, reason = REFUSED[name]
    with pytest.raises(Refusal) as refusal:
        read_tables(data, "plan.xlsx")
    assert reason in str(refusal.value)
    assert refusal.value.field == "file"


def test_a_bomb_is_refused_before_it_is_unpacked(record_property: Callable[[str, object], None]) -> None:
    started = perf_counter()
    for name in ("a zip bomb", "billion laughs", "merged over and over", "a cell far away"):
        with pytest.raises(Refusal):
            read_tables(REFUSED[name][0])
    record_property("figure", f"four hostile workbooks refused in {perf_counter() - started:.2f} s")


def test_a_month_of_54_people_is_read_at_once(record_property: Callable[[str, object], None]) -> None:
    data = workbook([["Name", *range(1, 32)], *([f"Arzt {number}", *["N/R"] * 31] for number in range(54))])
    started = perf_counter()
    rows = _only(data)
    record_property("figure", f"54 x 31 cells of a workbook in {(perf_counter() - started) * 1000:.0f} ms")
    assert len(rows) == 55


SEED = workbook([["Name", 1], ["Voss", "N"]])


@given(data=st.binary(max_size=300), at=st.integers(0, len(SEED)), kind=st.integers(0, 2))
@example(data=b"PK\x03\x04", at=0, kind=0)
@example(data=b"PK\x05\x06" + bytes(18), at=0, kind=0)
@settings(deadline=None, max_examples=100)
def test_any_bytes_give_tables_or_a_refusal(data: bytes, at: int, kind: int) -> None:
    damaged = [data, SEED[:at] + data + SEED[at + len(data) :], with_parts(SEED, {SHEET: data})][kind]
    try:
        tables = read_tables(damaged)
    except Refusal as refusal:
        assert refusal.field == "file"
    else:
        assert all(len({len(row) for row in table.rows}) == 1 for table in tables)
