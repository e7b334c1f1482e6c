"""Lists of guests, typed or pasted from a spreadsheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.errors import Refusal
from confsched.formats.guest_lists import MAX_ROWS, read_guests


@pytest.mark.parametrize("separator", [";", "\t", " ; "])
def test_rows_are_read_with_or_without_headings(separator: str) -> None:
    rows = [
        ["Name", "Mail", "Institution", "Rolle"],
        ["Dr. Anna Berg", "Anna.Berg@kasse.example", "Kasse Nord", "Referentin"],
        ["Tal, Bo", "bo@amt.example"],
    ]
    first, second = read_guests("\r\n\r\n".join(separator.join(row) for row in rows))
    assert (first.shown, first.email, first.institution, first.role, first.problem) == (
        *("Dr. Anna Berg", "anna.berg@kasse.example", "Kasse Nord", "Referentin"),
        None,
    )
    assert (first.number, second.number) == (3, 5)
    assert (second.shown, second.institution, second.role) == ("Bo Tal", "", "")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("; a@b.example", "Type the name"),
        ("Anna Berg", "no mail address"),
        ("Anna Berg; anna", "no mail address"),
        ("Anna Berg; a@b.example; " + "x" * 201, "at most 200"),
        ("Anna Berg; a@b.example; Kasse; Muster, Hans *12.3.51", "looks like"),
    ],
)
def test_what_is_wrong_in_a_row_stands_at_the_row(line: str, said: str) -> None:
    (row,) = read_guests(line)
    assert row.problem is not None
    if said != "looks like":  # the words of the privacy check are its own
        assert said in str(row.problem)


def test_one_mailbox_is_one_person() -> None:
    first, second = read_guests("Anna Berg; a@b.example\nBo Tal; A@b.example")
    assert first.problem is None
    assert "line 1" in str(second.problem)


@pytest.mark.parametrize("text", ["", "\n \n", "Name; Mail", "x\n" * (MAX_ROWS + 1), "x" * 70_000])
def test_no_rows_and_too_many_are_refused(text: str) -> None:
    with pytest.raises(Refusal):
        read_guests(text)


@given(st.text(max_size=200))
def test_whatever_is_pasted_gives_rows_or_a_refusal(text: str) -> None:
    try:
        rows = read_guests(text)
    except Refusal:
        return
    assert all("\n" not in row.shown and len(row.email) <= 254 for row in rows if row.problem is None)
