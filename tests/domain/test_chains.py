"""Rows bound by hashes: whatever is changed, dropped, put in or moved breaks the chain where it happened."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from confsched.domain.chains import chained, find_break

ROWS = st.lists(st.lists(st.text("abc;,", max_size=4), min_size=1, max_size=3), min_size=2, max_size=6)


@given(ROWS)
def test_a_chain_that_nobody_has_touched_is_whole(rows: list[list[str]]) -> None:
    assert find_break(chained(rows)) is None


@given(ROWS, st.data())
def test_a_cell_that_was_changed_is_found_in_its_row(rows: list[list[str]], data: st.DataObject) -> None:
    found = [list(row) for row in chained(rows)]
    number = data.draw(st.integers(0, len(found) - 1))
    place = data.draw(st.integers(0, len(found[number]) - 1))
    found[number][place] += "x"
    assert find_break(found) == number + 1


@given(ROWS, st.data())
def test_a_row_that_is_missing_is_found_unless_it_was_the_last(
    rows: list[list[str]], data: st.DataObject
) -> None:
    found = chained(rows)
    number = data.draw(st.integers(0, len(found) - 2))
    assert find_break([*found[:number], *found[number + 1 :]]) == number + 1


def test_two_cells_are_not_the_same_as_one_that_holds_both() -> None:
    assert chained([["a", "b"]])[0][-1] != chained([["ab"]])[0][-1]
