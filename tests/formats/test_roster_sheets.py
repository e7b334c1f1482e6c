from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.formats.roster_layouts import day_columns
from confsched.formats.roster_sheets import (
    Layout,
    LayoutKind,
    Sheet,
    SheetEntry,
    SkippedRow,
    find_month,
    guess_layout,
    read_entries,
)
from confsched.formats.roster_tables import Table, read_pasted, read_tables
from tests.formats.roster_books import workbook

MONTH = date(2026, 12, 1)
SAMPLES = Path(__file__).parent / "roster_sheets"
WEEKDAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
DAYS = [MONTH + timedelta(days=step) for step in range(31)]
Cells = Sequence[tuple[str, int, str]]


def _sample(name: str) -> Table:
    (table,) = read_tables((SAMPLES / name).read_bytes(), name)
    return table


def _layout(table: Table, month: date = MONTH) -> Layout:
    layout = guess_layout(table, month)
    assert layout is not None
    return layout


def _sheet(table: Table, month: date = MONTH) -> Sheet:
    return read_entries(table, _layout(table, month), month)


def _plain(sheet: Sheet) -> list[tuple[str, int, str]]:
    return [(entry.name, entry.day.day, entry.text) for entry in sheet.entries]


def _pasted(*rows: Sequence[str]) -> Table:
    return read_pasted("\n".join("\t".join(row) for row in rows))


def _month(*rows: tuple[str, Mapping[int, str]], head: Sequence[str] | None = None) -> Table:
    """Return a matrix of December with the name in the first column."""
    numbers = head or ["Name", *(str(day.day) for day in DAYS)]
    return _pasted(numbers, *([name, *(cells.get(day.day, "") for day in DAYS)] for name, cells in rows))


# ---- whole sheets ----


def test_a_german_excel_sheet_is_read_without_its_title_sections_sums_and_legend() -> None:
    table = _sample("matrix_excel_german.csv")
    sheet = _sheet(table)
    assert find_month(table) == MONTH
    assert _plain(sheet) == [
        *[
            ("Sölle, Katrin", day, text)
            for day, text in ((1, "N"), (2, "N/R"), (10, "N"), (24, "U"), (25, "U"))
        ],
        *[("Ahrend, Jörg", 3, "R"), ("Ahrend, Jörg", 31, "N")],
        *[("Straßer, Renée", 5, "T"), ("Straßer, Renée", 6, "T")],
    ]
    assert sheet.entries[0] == SheetEntry("Sölle, Katrin", MONTH, "N", row=6, column=3)
    assert sheet.names == ("Sölle, Katrin", "Ahrend, Jörg", "Straßer, Renée", "Voß, Anna")
    assert sheet.problems == ()
    assert [row.row for row in sheet.skipped] == [4, 5, 11, 13, 14, 15, 16]


def test_a_month_in_two_halves_below_each_other_is_one_month() -> None:
    table = _sample("matrix_two_halves.csv")
    assert find_month(table) == MONTH
    assert sorted(_plain(_sheet(table))) == sorted(_plain(_sheet(_sample("matrix_excel_german.csv"))))
    assert _layout(table).given_name_column == 2


def test_a_german_list_gives_hours_and_leaves_out_the_next_month() -> None:
    table = _sample("list_german.tsv")
    sheet = _sheet(table)
    assert find_month(table) == MONTH
    assert _plain(sheet) == [
        ("Fr. Dr. Sölle", 1, "N"),
        ("Fr. Dr. Sölle", 2, "N/R"),
        ("PD Dr. Ahrend", 3, "R"),
        ("Straßer R.", 5, "T"),
        ("Voß A.", 5, "H"),
        ("Straßer R.", 6, "T"),
    ]
    hours = [entry.hours for entry in sheet.entries]
    assert hours[:4] == [(time(20), time(8)), None, (time(16), time(0)), (time(8), time(16))]
    assert [str(problem) for problem in sheet.problems] == [
        "Left out because it is outside of 12/2026: 1 entry."
    ]
    assert sheet.skipped == (SkippedRow(12, "gez. Brandis"),)


def test_an_english_list_with_lines_and_given_names_is_read() -> None:
    assert _plain(_sheet(_sample("list_english.csv"))) == [
        ("Sölle, Katrin", 1, "Night"),
        ("Ahrend, Jörg", 3, "Backup"),
    ]


def test_days_down_and_duties_across_are_read_with_two_names_a_cell_and_without_title_and_footer() -> None:
    table = _sample("plan_german.csv")
    sheet = _sheet(table)
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    for entry in sheet.entries:
        found[entry.day.day, entry.text].append(entry.name)
    assert find_month(table) == MONTH
    assert [found[day, "Haus 1"] for day in (1, 3, 4, 5, 6, 24, 31)] == [
        *(["Dr. Sölle"], ["Sölle", "Ahrend"], ["Sölle", "Straßer"], ["Fr. Dr. Sölle", "Dr. Ahrend"]),
        *(["Sölle"], ["Straßer"], ["Dr. Sölle"]),
    ]
    assert len([entry for entry in sheet.entries if entry.name == "Voß, Anna"]) == 30
    assert {entry.hours for entry in sheet.entries if entry.text == "OA 1"} == {(time(16), time(8))}
    assert {text for _, text in found} == {"Haus 1", "OA 1"}
    assert sheet.days == set(DAYS)
    assert [str(problem) for problem in sheet.problems] == [
        "Row 9: “Sölle (bis 22 Uhr)” is more or less than a name."
    ]
    assert [row.row for row in sheet.skipped] == [36, 37]


@pytest.mark.parametrize(
    "write",
    [
        lambda day: str(day.day),
        lambda day: f"{WEEKDAYS[day.weekday()]} {day.day}.",
        lambda day: f"{day:%d.%m.}",
        lambda day: f"{day.day}. Dez",
        lambda day: f"{day.day} Dec",
        lambda day: f"{day:%d} December 2026",
        lambda day: f"{WEEKDAYS[day.weekday()]}, December {day.day}, 2026",
        lambda day: day,
    ],
)
def test_a_plan_reads_alike_however_its_days_are_written(write: Callable[[date], object]) -> None:
    rows = [[write(day), "Dr. Sölle", None if day.day == 9 else "Voss"] for day in DAYS]
    (table,) = read_tables(workbook([["Tag", "Nacht", "Ruf"], *rows]))
    plan = {(entry.day, entry.text, entry.name) for entry in _sheet(table).entries}
    assert plan == {(day, "Nacht", "Dr. Sölle") for day in DAYS} | {
        (day, "Ruf", "Voss") for day in DAYS if day.day != 9
    }


def test_a_plan_may_have_two_halves_beside_each_other_and_two_rows_a_day() -> None:
    head = ["Datum", "Ruf", "Datum", "Ruf"]
    halves = [[f"{day}.12.", "Voss", f"{day + 15}.12.", "Sölle"] for day in range(1, 16)]
    assert len(_sheet(_pasted(head, *halves)).entries) == 30
    rows = [["Datum", "Ruf"], ["1.12.", "Voss"], ["", "Sölle"], ["2.12.", "Ahrend"], ["", "gez. Brandis"]]
    assert _plain(_sheet(_pasted(*rows))) == [("Voss", 1, "Ruf"), ("Sölle", 1, "Ruf"), ("Ahrend", 2, "Ruf")]


def test_names_in_a_plan_without_a_heading_and_other_weekdays_are_said() -> None:
    rows = [[str(day), "Sölle", "Voss"] for day in range(1, 9)]
    (problem,) = _sheet(_pasted(["Tag", "Nacht", ""], *rows)).problems
    assert str(problem) == "Column C has entries but no heading."
    shifted = [[f"{WEEKDAYS[day % 7]} {day}.", "Sölle"] for day in range(1, 9)]
    assert "not those of 01/2027" in str(
        _sheet(_pasted(["Tag", "Nacht"], *shifted), date(2027, 1, 1)).problems[0]
    )


@pytest.mark.parametrize(
    "rows",
    [
        [["Wann", "Wieso", "Wobei"], *([f"{day}.12.", "Kolb", "N"] for day in range(1, 9))],
        [["Datum", "Feiertag"], ["24.12.2026", "Heiligabend"], ["25.12.2026", "Weihnachten"]],
        [["Datum", "Betten"], *([f"{day}.12.2026", str(day)] for day in range(1, 9))],
        [["Name", "1", "2"], ["Voss", "N", "R"]],
        [["Name", "1.5", "2.5"], ["Voss", "N", "R"]],
        [["Wo", "Wann", "Wieder"], *(["A", f"{day}.12.2026", f"{day + 1}.12.2026"] for day in range(1, 4))],
    ],
)
def test_what_only_looks_like_a_plan_or_like_days_is_left_to_the_reader(rows: list[list[str]]) -> None:
    assert guess_layout(_pasted(*rows), MONTH) is None


@pytest.mark.parametrize("head", [["Di 1", "Mi 2"], ["1.12.", "2.12."], ["01.12.2026", "02.12.2026"]])
def test_two_days_are_enough_where_they_cannot_be_anything_else(head: list[str]) -> None:
    table = _pasted(["Name", *head], ["Voss", "N", "R"], ["Sölle", "", "T"], ["Summe", "1", "2"])
    assert _plain(_sheet(table)) == [("Voss", 1, "N"), ("Voss", 2, "R"), ("Sölle", 2, "T")]


def test_a_last_week_of_few_days_below_the_others_keeps_its_days() -> None:
    weeks = [["Name", *map(str, range(1, 8))], ["Voss", "N"], ["Name", "29", "30", "31"], ["Voss", "R"]]
    assert _plain(_sheet(_pasted(*weeks))) == [("Voss", 1, "N"), ("Voss", 29, "R")]
    weeks = [["Name", *(f"Di {day}" if day == 1 else str(day) for day in range(1, 8))], ["Voss", "N"]]
    weeks += [["", "Mi 30", "Do 31"], ["Voss", "R"]]
    assert _plain(_sheet(_pasted(*weeks))) == [("Voss", 1, "N"), ("Voss", 30, "R")]


def test_a_list_without_headings_is_understood_by_what_its_columns_hold() -> None:
    table = _pasted(["01.12.2026", "N", "Sölle", "20:00", "08:00"], ["02.12.2026", "R", "Voss", "", ""])
    assert _plain(_sheet(table)) == [("Sölle", 1, "N"), ("Voss", 2, "R")]
    assert _sheet(table).entries[0].hours == (time(20), time(8))


def test_a_workbook_with_merged_title_names_and_leave_is_read() -> None:
    rows: list[list[object]] = [
        ["Dienstplan", *["Dezember 2026", *[None] * 30]],
        ["", *DAYS],
        ["", *DAYS],
        ["Oberärzte", *[None] * 31],
        ["Dr. Sölle", "N", "U", *[None] * 29],
        [None, None, None, None, "R", *[None] * 27],
    ]
    (table,) = read_tables(workbook(rows, merged=["B1:AF1", "A4:AF4", "A5:A6", "C5:D5"]))
    sheet = _sheet(table)
    assert find_month(table) == MONTH
    assert _plain(sheet) == [
        ("Dr. Sölle", day, text) for day, text in ((1, "N"), (2, "U"), (3, "U"), (4, "R"))
    ]
    assert sheet.skipped == (SkippedRow(4, "Oberärzte"),)
    assert sheet.problems == ()


def test_two_columns_may_share_a_day() -> None:
    days = [str(number) for number in range(1, 9) for _ in range(2)]
    table = _pasted(["Name", *days], ["Voss", "T", "N", "", "R"])
    assert _plain(_sheet(table)) == [("Voss", 1, "T"), ("Voss", 1, "N"), ("Voss", 2, "R")]


# ---- months ----


@pytest.mark.parametrize(
    ("title", "month"),
    [
        ("Dienstplan Dezember 2026", MONTH),
        ("Dez. 26", MONTH),
        ("December 2026", MONTH),
        ("12/2026", MONTH),
        ("Plan 2026-12", MONTH),
        ("NEU_Dez26_rev4", MONTH),
        ("Jänner 2027", date(2027, 1, 1)),
        ("Stand: Mai 2026", None),
        ("Oktober 2026 / November 2026", None),
        ("Raum 12, 2026", None),
        ("Dienstplan", None),
    ],
)
def test_the_month_is_found_in_the_title(title: str, month: date | None) -> None:
    assert find_month(_pasted([title, "x"], ["Name", "1"])) == month


def test_the_dates_say_the_month_before_the_title_and_the_name_after_it() -> None:
    dated = [f"{day:%d.%m.%Y}" for day in DAYS]
    assert find_month(_pasted(["November 2026"], ["Name", *dated])) == MONTH
    assert find_month(Table("Dez26.csv", (("Name", "1"),))) == MONTH
    assert find_month(Table("Dez26.csv", (("Januar 2027", ""),))) == date(2027, 1, 1)


def test_a_sheet_of_another_month_gives_no_entries_and_says_so() -> None:
    table = _month(("Voss", {1: "N"}), head=["Name", *(f"{day:%d.%m.%Y}" for day in DAYS)])
    sheet = _sheet(table, date(2026, 11, 1))
    assert sheet.entries == ()
    assert "outside of 11/2026" in str(sheet.problems[0])


def test_weekdays_of_another_month_are_noticed_where_the_days_are_bare_numbers() -> None:
    head = ["Name", *(f"{WEEKDAYS[day.weekday()]} {day.day}" for day in DAYS)]
    table = _month(("Voss", {1: "N"}), head=head)
    assert _sheet(table).problems == ()
    assert "not those of 01/2027" in str(_sheet(table, date(2027, 1, 1)).problems[0])


@pytest.mark.parametrize("month", [date(2026, 2, 1), date(2026, 3, 1), date(2026, 10, 1)])
def test_days_that_the_month_does_not_have_are_no_days(month: date) -> None:
    row = ["Name", *map(str, range(1, 32))]
    days = [day for _, day in day_columns(row, month)]
    assert days[-1] == date(month.year, month.month, 28 if month.month == 2 else 31)
    assert len(days) == days[-1].day


# ---- headings ----


@pytest.mark.parametrize(
    "write",
    [
        lambda day: str(day.day),
        lambda day: f"{day.day}.",
        lambda day: f"{day.day:02}",
        lambda day: f"{WEEKDAYS[day.weekday()]} {day.day}",
        lambda day: f"{WEEKDAYS[day.weekday()]}, {day.day}.",
        lambda day: f"{day.day}. {WEEKDAYS[day.weekday()]}",
        lambda day: f"{day:%a} {day.day}",
        lambda day: f"{day:%d.%m.}",
        lambda day: f"{day.day}.{day.month}.",
        lambda day: f"{day:%d.%m.%y}",
        lambda day: f"{WEEKDAYS[day.weekday()]}. {day:%d.%m.%Y}",
        lambda day: f"{day.day}. Dez",
        lambda day: f"{day.day}. Dezember 2026",
        lambda day: f"{day:%d/%m/%Y}",
        lambda day: f"{day:%d.%m.} Feiertag",
        lambda day: day.isoformat(),
    ],
)
def test_days_are_read_as_people_write_them(write: Callable[[date], str]) -> None:
    assert _layout(_month(("Voss", {1: "N"}), head=["Name", *map(write, DAYS)])).days == tuple(
        enumerate(DAYS, 1)
    )


@pytest.mark.parametrize(
    "row",
    [
        ["Summe", "1", "1", "2", "2", "3", "3", "1"],
        ["x", "1", "3", "5", "7", "9", "11"],
        ["x", "1", "2", "3", "4"],
        ["x", "N", "R", "T", "N", "R", "T"],
        [*(f"{day}.12.9999" for day in range(25, 32)), "1. Neujahr"],
        ["x", "1,5", "2,5", "3,5", "4,5", "5,5", "6,5"],
    ],
)
def test_a_row_of_sums_or_codes_heads_no_days(row: list[str]) -> None:
    assert day_columns(row, MONTH) == ()


def test_a_holiday_in_the_heading_does_not_cost_its_day() -> None:
    head = ["Name", *(str(day.day) for day in DAYS)]
    head[24:27] = ["24. Hl. Abend", "1. Weihnachtstag", "Stephanstag"]
    table = _month(("Voss", {24: "N", 25: "R", 26: "T", 31: "N"}), head=head)
    assert _layout(table).days == tuple(enumerate(DAYS, 1))


def test_a_holiday_at_either_end_of_the_heading_does_not_cost_its_day() -> None:
    january = date(2027, 1, 1)
    table = _pasted(["Name", "1. Neujahr", *map(str, range(2, 31)), "31. Ende", "32. x"], ["Voss", "N"])
    assert [day.day for _, day in _layout(table, january).days] == list(range(1, 32))
    assert [day for _, _, day in _plain(_sheet(table, january))] == ["N"]


def test_a_month_of_working_days_has_no_weekends() -> None:
    days = [day for day in DAYS if day.weekday() < 5]
    table = _pasted(["Name", *(str(day.day) for day in days)], ["Voss", *["N"] * len(days)])
    assert [entry.day for entry in _sheet(table).entries] == days


def test_a_column_whose_day_cannot_be_read_is_named() -> None:
    table = _pasted(["Name", *map(str, range(1, 7)), "?", "frei", "9", "10"], ["Voss", *["N"] * 10])
    assert _sheet(table).problems == ()
    table = _pasted(["Name", *map(str, range(1, 7)), "KW 50", "7", "8"], ["Voss", *["N"] * 9])
    (problem,) = _sheet(table).problems
    assert str(problem) == "Column H stands between the days, but its day cannot be read."


def test_weekdays_may_stand_over_or_under_the_numbers() -> None:
    numbers = ["Name", *(str(day.day) for day in DAYS)]
    weekdays = ["", *(WEEKDAYS[day.weekday()] for day in DAYS)]
    voss = ["Voss", "N"]
    for rows in ((weekdays, numbers, voss), (numbers, weekdays, voss)):
        sheet = _sheet(_pasted(*rows))
        assert (_plain(sheet), sheet.problems) == ([("Voss", 1, "N")], ())


def test_the_name_column_is_found_by_its_content_where_no_heading_names_it() -> None:
    table = _pasted(
        ["", "", "", *map(str, range(1, 9))], ["1", "OA", "Sölle", "N"], ["2", "OA", "Voss", "", "R"]
    )
    assert _layout(table).name_column == 2


def test_headings_are_recognised_again_in_another_month() -> None:
    def december(name: str) -> Table:
        return _pasted([name, "Dez 26", *map(str, range(1, 32))], ["Voss", "", "N"])

    february = _pasted(["Name", "Februar 2027", *map(str, range(1, 29))], ["Rieger", "", "R"])
    same = {_layout(december("Name")).fingerprint, _layout(february, date(2027, 2, 1)).fingerprint}
    assert len(same) == 1
    assert _layout(december("Name Kürzel")).fingerprint not in same


def test_what_is_neither_matrix_nor_list_is_left_to_the_reader() -> None:
    assert guess_layout(_pasted(["a", "b"], ["c", "d"]), MONTH) is None
    assert guess_layout(_pasted(["Datum", "Name"], ["01.12.2026", "Voss"]), MONTH) is None
    assert guess_layout(_pasted(["", *map(str, range(1, 9))], ["", "N"]), MONTH) is None


# ---- rows ----


@pytest.mark.parametrize("nothing", ["-", "–", ".", "/", "--", " "])
def test_a_dash_is_an_empty_cell(nothing: str) -> None:
    assert _plain(_sheet(_month(("Voss", {1: nothing, 2: "N"})))) == [("Voss", 2, "N")]


def test_rows_that_cannot_be_read_are_named_and_the_others_kept() -> None:
    sheet = _sheet(_month(("Voss", {1: "N", 2: "siehe Aushang"}), ("", {3: "R"}), ("Rieger", {4: "R"})))
    assert _plain(sheet) == [("Voss", 1, "N"), ("Rieger", 4, "R")]
    assert [str(problem) for problem in sheet.problems] == [
        "Row 2: “siehe Aushang” is too long for a code.",
        "Row 3 has entries but no name.",
    ]


@pytest.mark.parametrize(
    "footer",
    ["T = Tag 08-16", "Summe", "Anzahl Nacht", "gez. Brandis", "Stand 25.11.2026", "N: Nachtdienst", "KW 49"],
)
def test_a_footer_is_not_a_person(footer: str) -> None:
    sheet = _sheet(_month(("Voss", {1: "N"}), (footer, {})))
    assert sheet.names == ("Voss",)
    assert sheet.skipped == (SkippedRow(3, footer),)


def test_an_unreadable_line_of_a_list_is_named_and_the_others_kept() -> None:
    table = _pasted(
        ["Datum", "Kürzel", "Name", "bis"],
        ["morgen", "N", "Voss"],
        ["01.12.2026", "", "Voss"],
        ["02.12.2026", "N", ""],
        ["04.12.2026", "W", "Voss", "07.12.2026 08:00"],
        ["05.12.2026", "R", "Rieger", "06.12.2026"],
    )
    sheet = _sheet(table)
    assert _plain(sheet) == [("Rieger", 5, "R")]
    assert [str(problem) for problem in sheet.problems] == [
        "Row 2: the day “morgen” cannot be read.",
        "Row 3: Voss has no code.",
        "Row 4 has entries but no name.",
        "Row 5 lasts longer than 24 hours. Write a line for each day.",
    ]


def test_problems_end_before_they_fill_a_page() -> None:
    rows = [(f"Arzt {number}", {1: "viel zu lang für einen Code"}) for number in range(300)]
    assert len(_sheet(_month(*rows)).problems) == 100


# ---- every shape of one month reads alike ----

PEOPLE = ("Sölle, Käthe", "Dr. Voss", "O'Brien P.", "von Berg")
HEADS: tuple[Callable[[date], object], ...] = (
    lambda day: day.day,
    lambda day: f"{WEEKDAYS[day.weekday()]} {day.day}",
    lambda day: f"{day:%d.%m.}",
    lambda day: f"{day:%d.%m.%Y}",
    lambda day: day,
)
FILES: dict[str, Callable[[list[list[object]]], Table]] = {
    **{
        f"{separator} {encoding}": lambda rows, s=separator, e=encoding: read_tables(_csv(rows, s).encode(e))[
            0
        ]
        for separator, encoding in ((";", "cp1252"), (",", "utf-8"), ("\t", "utf-16"), ("|", "utf-8-sig"))
    },
    "workbook": lambda rows: read_tables(workbook(rows))[0],
    "paste": lambda rows: read_pasted(_csv(rows, "\t")),
}


def _csv(rows: list[list[object]], separator: str) -> str:
    return "\r\n".join(separator.join(f'"{"" if cell is None else cell}"' for cell in row) for row in rows)


@given(
    cells=st.dictionaries(
        st.tuples(st.sampled_from(PEOPLE), st.integers(1, 31)), st.sampled_from(["N", "R", "N/R", "Hg", "U"])
    ),
    head=st.sampled_from(HEADS),
)
@settings(deadline=None, max_examples=20)
def test_a_month_reads_alike_from_every_kind_of_file(
    cells: dict[tuple[str, int], str], head: Callable[[date], object]
) -> None:
    rows: list[list[object]] = [["Name", *map(head, DAYS)]]
    rows += [[name, *(cells.get((name, day.day)) for day in DAYS)] for name in PEOPLE]
    for kind, read in FILES.items():
        sheet = _sheet(read(rows))
        assert {(name, day): text for name, day, text in _plain(sheet)} == cells, kind
        assert (sheet.names, sheet.problems, sheet.skipped) == (PEOPLE, (), ()), kind


@given(
    rows=st.lists(
        st.lists(st.sampled_from(["Name", "Datum", "Dienst", "1", "2", "3", "4", "5", "6", "Mo", "N", "Voss",
                                  "01.12.2026", "08:00", "=", "", "31.02.", "99", "Summe", "٣"]),
                 min_size=8, max_size=8),
        min_size=1, max_size=6,
    )
)  # fmt: skip
@settings(deadline=None, max_examples=100)
def test_any_table_is_read_or_left_to_the_reader(rows: list[list[str]]) -> None:
    table = Table("", tuple(map(tuple, rows)))
    find_month(table)
    layout = guess_layout(table, MONTH)
    if layout is not None:
        sheet = read_entries(table, layout, MONTH)
        assert all(entry.day.month == 12 and entry.text and entry.name for entry in sheet.entries)
        assert {entry.name for entry in sheet.entries} <= set(sheet.names)


def test_a_layout_says_which_shape_it_found() -> None:
    assert _layout(_sample("matrix_excel_german.csv")).kind is LayoutKind.MATRIX
    assert _layout(_sample("list_german.tsv")).kind is LayoutKind.LIST
