"""What a sheet would change: cells and changes agree, nothing is guessed, a second time nothing changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.duty_codes import MAX_CODES_A_CELL, DutyCode, Legend, split_cell
from confsched.domain.kinds import AbsenceKind, DayClass
from confsched.domain.roster_import import Comparison, ImportKind, SheetSays, Written, compare
from confsched.domain.roster_import_codes import Meanings, ReadCodes, read_codes
from confsched.domain.roster_month import Cell, overlay

LINE_N, LINE_R = UUID(int=1), UUID(int=2)
SOELLE, VOSS, KOLB = UUID(int=11), UUID(int=12), UUID(int=13)
PEOPLE = {"Sölle": SOELLE, "Voss": VOSS, "Kolb": KOLB, "Springer": None}
NIGHT, EVENING = (time(20), time(8)), (time(16), time(20))
LEGEND = Legend(
    {
        code.code: code
        for code in (
            DutyCode("N", "Nacht", LINE_N, hours={DayClass.WORKDAY: NIGHT}),
            DutyCode("S", "Spät", LINE_N, hours={DayClass.WORKDAY: EVENING}),
            DutyCode("R", "Rufbereitschaft", LINE_R, hours={DayClass.WORKDAY: NIGHT}),
            DutyCode("T", "Tag"),
            DutyCode("U", "Urlaub", absence=AbsenceKind.LEAVE),
        )
    },
    "Europe/Berlin",
    lambda _day: False,
)
MEANINGS = Meanings(LEGEND, {LINE_N: "Neuro", LINE_R: "Ruf"}, {"RD": "R", "FREI": "", "ALT": "GONE"})


def day(number: int) -> date:
    return date(2026, 12, number)


@pytest.mark.parametrize(
    ("text", "hours", "expected"),
    [
        ("n", None, ReadCodes(("N",))),
        (" n / r ", None, ReadCodes(("N", "R"))),
        ("N R+T", None, ReadCodes(("N", "R", "T"))),
        ("rd", None, ReadCodes(("R",))),
        ("N/RD", None, ReadCodes(("N", "R"))),
        ("frei", None, ReadCodes((), (), 1)),
        ("Hg", None, ReadCodes((), ("Hg",))),
        ("N/Hg", None, ReadCodes(("N",), ("Hg",))),
        ("alt", None, ReadCodes((), ("alt",))),  # the legend has lost what it once meant
        ("Nacht", None, ReadCodes(("N",))),
        ("URLAUB", None, ReadCodes(("U",))),
        ("Ruf", None, ReadCodes(("R",))),
        ("Neuro", NIGHT, ReadCodes(("N",))),
        ("Neuro", EVENING, ReadCodes(("S",))),
        ("Neuro", None, ReadCodes((), ("Neuro",))),
        ("Dienst am Telefon", None, ReadCodes((), ("Dienst am Telefon",))),
    ],
)
def test_a_cell_is_read_by_the_legend_by_what_was_explained_and_by_names(
    text: str, hours: tuple[time, time] | None, expected: ReadCodes
) -> None:
    assert read_codes(text, hours, MEANINGS) == expected


def matrix(plan: Mapping[str, Mapping[int, str]], days: int = 5) -> SheetSays:
    entries = tuple(
        Written(name, day(one), text) for name, cells in plan.items() for one, text in cells.items()
    )
    return SheetSays(entries, frozenset(plan), frozenset(map(day, range(1, days + 1))), is_list=False)


def kinds(found: Comparison) -> list[tuple[int, str, str, UUID | None, UUID | None]]:
    return [(one.day.day, one.kind.value, one.code, one.before, one.after) for one in found.changes]


def test_who_gives_a_line_to_whom_is_one_change_and_leave_is_each_persons_own() -> None:
    draft = {(SOELLE, day(1)): "N", (VOSS, day(2)): "U", (KOLB, day(3)): "R"}
    found = compare(matrix({"Sölle": {2: "U"}, "Voss": {1: "N"}, "Kolb": {3: "r"}}), PEOPLE, MEANINGS, draft)

    assert kinds(found) == [
        (1, "changed", "N", SOELLE, VOSS),
        (2, "new", "U", None, SOELLE),
        (2, "removed", "U", VOSS, None),
    ]
    assert (found.read, found.unchanged) == (3, 1)


def test_what_is_unclear_leaves_its_cell_alone_and_what_is_left_out_is_counted() -> None:
    draft = {(SOELLE, day(1)): "N", (VOSS, day(1)): "T"}
    plan = {"Sölle": {1: "N/Hg"}, "Unbekannt": {1: "R"}, "Springer": {1: "N/R"}, "Voss": {1: "N/S/R/T"}}
    found = compare(matrix(plan), PEOPLE, MEANINGS, draft)

    assert found.cells == {}
    assert [(one.written, one.name) for one in found.changes] == [
        ("R", "Unbekannt"),
        ("Hg", "Sölle"),
        ("N/S/R/T", "Voss"),
    ]
    assert (found.left_out, found.count(ImportKind.UNCLEAR)) == (2, 3)


def test_the_order_of_codes_in_a_cell_is_no_change() -> None:
    draft = {(SOELLE, day(1)): "R/N"}
    assert compare(matrix({"Sölle": {1: "N/R"}}), PEOPLE, MEANINGS, draft).cells == {}


TEXTS = st.sampled_from(["", "N", "R", "T", "U", "N/R", "n", "S/T", "RD", "frei", "Hg", "N/XX"])
NAMES = st.sampled_from([*PEOPLE, "Unbekannt"])
PLANS = st.dictionaries(NAMES, st.dictionaries(st.integers(1, 5), TEXTS.filter(bool)))
DRAFTS = st.dictionaries(
    st.tuples(st.sampled_from([SOELLE, VOSS, KOLB]), st.integers(1, 6).map(day)),
    st.sampled_from(["N", "R", "T", "U", "N/R", "XX"]),
)


def _says(plan: Mapping[str, Mapping[int, str]], *, is_list: bool) -> SheetSays:
    sheet = matrix(plan)
    return SheetSays(sheet.entries, sheet.names, sheet.days, is_list)


def _slots(cells: Mapping[Cell, str]) -> set[tuple[Cell, str]]:
    return {(cell, code) for cell, text in cells.items() for code in split_cell(text)}


@settings(max_examples=60, deadline=None)
@given(PLANS, DRAFTS, st.booleans())
def test_the_changes_are_exactly_those_of_the_cells_and_the_second_time_there_are_none(
    plan: dict[str, dict[int, str]], draft: dict[Cell, str], is_list: bool
) -> None:
    sheet = _says(plan, is_list=is_list)
    found = compare(sheet, PEOPLE, MEANINGS, draft)
    after = overlay(draft, found.cells)

    slots = [
        {(cell, code) for cell, text in cells.items() for code in split_cell(text)}
        for cells in (draft, after)
    ]
    clear = [one for one in found.changes if one.kind is not ImportKind.UNCLEAR]
    gone = {((one.before, one.day), one.code) for one in clear if one.before}
    come = {((one.after, one.day), one.code) for one in clear if one.after}
    assert (gone, come) == (slots[0] - slots[1], slots[1] - slots[0])
    again = compare(sheet, PEOPLE, MEANINGS, after)
    assert again.cells == {}
    assert again.count(ImportKind.UNCLEAR) == found.count(ImportKind.UNCLEAR)
    assert all(len(split_cell(text)) <= MAX_CODES_A_CELL for text in found.cells.values())


@settings(max_examples=60, deadline=None)
@given(PLANS, DRAFTS)
def test_nobody_outside_the_sheet_and_no_day_outside_it_is_touched(
    plan: dict[str, dict[int, str]], draft: dict[Cell, str]
) -> None:
    found = compare(matrix(plan), PEOPLE, MEANINGS, draft)
    listed = {PEOPLE.get(name) for name in plan}

    assert all(person in listed and on <= day(5) for person, on in found.cells)


def test_a_list_replaces_the_holders_of_its_lines_but_not_where_a_name_is_unclear() -> None:
    draft = {(VOSS, day(1)): "N/T", (VOSS, day(2)): "N", (KOLB, day(3)): "R"}
    entries = (
        Written("Sölle", day(1), "N"),
        Written("Unbekannt", day(2), "N"),
        Written("Sölle", day(3), "N"),
    )
    days = frozenset(map(day, (1, 2, 3)))
    sheet = SheetSays(entries, frozenset({"Sölle", "Unbekannt"}), days, is_list=True)

    assert compare(sheet, PEOPLE, MEANINGS, draft).cells == {
        (SOELLE, day(1)): "N",
        (VOSS, day(1)): "T",
        (SOELLE, day(3)): "N",
    }
